/*
 * trace_probe.h - sends probes and follows them: through the mail server's
 * queue, and out of it again where they got stuck. They are the only messages
 * that are ever removed, each by its own id.
 */
#ifndef NAMESAKE_TRACE_PROBE_H
#define NAMESAKE_TRACE_PROBE_H

#include "agent/trace.h"

/* What is common to all probes. */
struct trace_wish {
    struct ip to[2];       /* the observer's address, one a family; IP_NONE: none */
    enum ip_family family; /* -4, -6; IP_NONE: both */
    const char *sender;    /* NULL: the mail server's own choice */
};

/*
 * The probes that show every way out of a machine that the mail server lets one choose: by route
 * and family. At most TRACE_PROBES_MAX a machine. ERR_NO_INPUT when there is no mail server that
 * takes probes; ERR_ROOT_NEEDED when they could not be taken back.
 */
#define TRACE_PROBES_MAX 32
bool trace_plan(struct machine *machine, const struct trace_wish *wish, struct trace *trace,
                struct error *e) MUST_USE;

/* Hand all of them to their mail servers; those that are refused say why. */
void trace_send(struct trace *trace, struct loop *loop);

/*
 * Follow them until the fate of each is known, until ended(arg) says that the observer is gone, or
 * until the deadline; then remove from the queues what is left there.
 */
void trace_follow(struct trace *trace, struct loop *loop, bool (*ended)(void *arg), void *arg,
                  int64_t deadline_ms);

#endif
