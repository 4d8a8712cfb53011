/*
 * trace.h - PURE: probes on their way from a mail server to an observer, and
 * what their arrival proves: which address and which name the world sees.
 */
#ifndef NAMESAKE_TRACE_H
#define NAMESAKE_TRACE_H

#include "agent/net/smtp_server.h"
#include "agent/target.h"
#include "agent/trace_way.h"

struct trace {
    struct trace_probe *probes;
    size_t count;
    struct heard *heard; /* of the targets that trace_judge made or filled */
    size_t heard_count;
};

/* What a visit of the observer tells of its probe. */
void trace_take(struct trace_probe *probe, const struct smtp_visit *visit, int64_t now_ms);

/*
 * What the arrivals tell of the targets: what was heard of each, a private address becomes the
 * public one that was seen, a relay is added as a target of its own. allow_private: private
 * addresses count as public. The targets point into trace, which must live as long.
 */
void trace_judge(struct trace *trace, bool allow_private, struct targets *targets);

void trace_free(struct trace *trace);

#endif
