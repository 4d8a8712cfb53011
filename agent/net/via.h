/*
 * via.h - a viewpoint: another machine from which connections are opened as if
 * from here, without anything of ours on it.
 */
#ifndef NAMESAKE_NET_VIA_H
#define NAMESAKE_NET_VIA_H

#include "agent/base/error.h"
#include "agent/net/stream.h"

/* One way to have a viewpoint; the functions do what those of stream.h say. */
struct via_kind {
    void (*open)(struct via *via, struct stream *stream, const struct ip *ip, uint16_t port);
    size_t (*read)(struct stream *stream, void *bytes, size_t size);
    size_t (*write)(struct stream *stream, const void *bytes, size_t size);
    void (*close)(struct stream *stream);
    void (*free)(struct via *via);
};

struct via {
    const struct via_kind *kind;
    bool lost; /* it cannot be reached any more; why says it */
    struct error why;
};

/*
 * A viewpoint by its target, "[USER@]HOST[:PORT]": logs in there, and blocks meanwhile. NULL
 * after an error: ERR_USAGE, ERR_SSH_FAILED. The caller frees it with via_free after all of its
 * streams; the loop outlives it.
 */
struct via *via_open(const char *target, struct loop *loop, struct error *e) MUST_USE;

/* NULL is fine. */
void via_free(struct via *via);

#endif
