/*
 * stream.h - a TCP connection, opened from here or from a viewpoint (via.h).
 * Whoever speaks a protocol over it does not know the difference.
 */
#ifndef NAMESAKE_NET_STREAM_H
#define NAMESAKE_NET_STREAM_H

#include "agent/base/ip.h"
#include "agent/net/loop.h"

struct via;

enum stream_state {
    STREAM_OPENING,
    STREAM_OPEN,
    STREAM_REFUSED,     /* nobody listens there; from a viewpoint also: no way to get there */
    STREAM_UNREACHABLE, /* no route, or the system forbids it */
    STREAM_TIMEOUT,     /* not connected in time */
    STREAM_RESET,       /* cut off by the other side */
    STREAM_CLOSED,      /* ended by the other side; what it sent first was read */
    STREAM_LOST,        /* the viewpoint is gone */
};

/*
 * Embedded in its owner, which outlives it and calls stream_close in the end. Zero-initialise all
 * but `ready`, which is called after every change: something to read, room to write, failed,
 * closed; from a viewpoint also: connected. Reading then tells what it was.
 */
struct stream {
    void (*ready)(struct stream *stream);
    enum stream_state state;
    /* its own: */
    struct loop *loop;
    struct via *via;
    struct watch watch; /* of a connection from here; in use while open */
    void *far;          /* of a connection from a viewpoint; NULL while closed */
    bool open;
};

/*
 * Begin to connect, from a viewpoint or from here (via NULL). Both outlive the stream. A failure
 * at once shows in `state` when this returns, and then `ready` is not called.
 */
void stream_open(struct stream *stream, struct loop *loop, struct via *via, const struct ip *ip,
                 uint16_t port);

/*
 * Take or give bytes: how many; 0 when there are none or no room for now, or at the end, which
 * shows in `state`. What did not go out is written again, the same bytes, when `ready` is called.
 * After the last bytes the owner closes at once: from here the end then goes in their segment.
 */
size_t stream_read(struct stream *stream, void *bytes, size_t size);
size_t stream_write(struct stream *stream, const void *bytes, size_t size, bool last);

/* Give the connection up; fine in every state, also in its own `ready`. */
void stream_close(struct stream *stream);

/* Whether it may still read or write some time. */
bool stream_is_up(const struct stream *stream);

#endif
