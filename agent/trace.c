/* trace.c - from a probe's arrival to the address and name that the world sees. */
#include "agent/trace.h"

#include <stdlib.h>

#include "agent/base/mem.h"
#include "agent/header_received.h"
#include "agent/observer.h"

_Static_assert(TRACE_TOKEN_MAX == SMTP_TOKEN_MAX, "a probe's token is one of the observer's");

static void add_hop(struct trace_probe *probe, const struct ip *from, const char *helo,
                    const char *by)
{
    struct trace_hop *hop;

    if (probe->hop_count == TRACE_HOPS_MAX)
        return;
    hop = &probe->hops[probe->hop_count++];
    *hop = (struct trace_hop){.from = *from};
    str_cut(hop->helo, sizeof hop->helo, helo);
    str_cut(hop->by, sizeof hop->by, by);
}

/* A filter on the machine itself hands the message back over loopback: that is no way out. */
static void add_received(struct trace_probe *probe, const char *value)
{
    struct hop hop;

    hop_parse(value, &hop);
    if (hop.peer.family != IP_NONE && ip_scope(&hop.peer) != IP_SCOPE_LOOPBACK)
        add_hop(probe, &hop.peer, hop.helo, hop.by);
}

void trace_take(struct trace_probe *probe, const struct smtp_visit *visit, int64_t now_ms)
{
    const struct strings *received = &visit->heard->received;

    if (probe->state == TRACE_ARRIVED)
        return;
    probe->state = TRACE_ARRIVED;
    probe->took_ms = (uint32_t)(now_ms - probe->sent_ms);
    probe->why[0] = '\0';
    probe->hop_count = 0;
    for (size_t i = received->count; i-- > 0 && probe->hop_count < TRACE_HOPS_MAX - 1;)
        add_received(probe, received->v[i]);
    add_hop(probe, &visit->peer, observer_helo(visit), "observer");
}

static bool is_of(const struct target *target, const struct trace_probe *probe)
{
    return target->machine != NULL && str_equal(target->machine, probe->machine->ssh);
}

/* The target that a probe was to leave from, or is seen to have left from. */
static struct target *target_of(struct targets *targets, const struct trace_probe *probe,
                                const struct ip *address)
{
    for (size_t i = 0; address->family != IP_NONE && i < targets->count; i++) {
        struct target *target = &targets->v[i];
        if (is_of(target, probe) &&
            (ip_equal(&target->address, address) || ip_equal(target_own_address(target), address)))
            return target;
    }
    return NULL;
}

static struct target *add_target(struct targets *targets, const struct target *like)
{
    struct target copy = *like;

    targets->v = mem_resize(targets->v, targets->count + 1, sizeof *targets->v);
    targets->v[targets->count] = copy;
    return &targets->v[targets->count++];
}

static bool says_same(const struct heard *a, const struct heard *b)
{
    return ip_equal(&a->from, &b->from) && str_equal_nocase(a->helo, b->helo) &&
           str_equal(a->relay, b->relay);
}

/* One address may have several names, by several transports: each pair is judged. */
static void hear(struct trace *trace, struct targets *targets, struct target *target,
                 const struct heard *heard)
{
    for (size_t i = 0; i < targets->count; i++)
        if (targets->v[i].heard != NULL && ip_equal(&targets->v[i].address, &target->address) &&
            says_same(targets->v[i].heard, heard))
            return;
    if (target->heard != NULL)
        target = add_target(targets, target);
    trace->heard[trace->heard_count] = *heard;
    target->heard = &trace->heard[trace->heard_count++];
}

static void judge_own(struct trace *trace, const struct trace_probe *probe, bool allow_private,
                      struct targets *targets)
{
    const struct trace_hop *first = &probe->hops[0];
    const bool relayed = probe->hop_count > 1;
    struct heard heard = {.from = first->from};
    struct target *target = target_of(targets, probe, &first->from);
    struct target fresh = {.address = first->from, .mta = "auto", .machine = probe->machine->ssh};

    if (target == NULL)
        target = target_of(targets, probe, &probe->expected);
    if (target == NULL)
        target = add_target(targets, &fresh);
    str_cut(heard.helo, sizeof heard.helo, first->helo);
    str_cut(heard.by, sizeof heard.by, first->by);
    if (relayed)
        str_cut(heard.relay, sizeof heard.relay,
                probe->relay[0] ? probe->relay : probe->hops[probe->hop_count - 2].by);
    if (!ip_equal(&target->address, &first->from) && !allow_private &&
        ip_scope(&target->address) != IP_SCOPE_PUBLIC && target->inside.family == IP_NONE) {
        target->inside = target->address;
        target->address = first->from;
    }
    if (target->inside.family != IP_NONE)
        heard.private_side = target->inside;
    hear(trace, targets, target, &heard);
}

/* The end of the way is what receivers judge; nobody has said which name it should have. */
static void judge_relay(struct trace *trace, const struct trace_probe *probe,
                        struct targets *targets)
{
    const struct trace_hop *last = &probe->hops[probe->hop_count - 1];
    struct target relay = {.address = last->from, .mta = "none"};
    struct heard heard = {.from = last->from};

    str_cut(heard.helo, sizeof heard.helo, last->helo);
    str_cut(heard.by, sizeof heard.by, last->by);
    for (size_t i = 0; i < targets->count; i++)
        if (targets->v[i].heard != NULL && ip_equal(&targets->v[i].address, &relay.address) &&
            says_same(targets->v[i].heard, &heard))
            return;
    hear(trace, targets, add_target(targets, &relay), &heard);
}

void trace_judge(struct trace *trace, bool allow_private, struct targets *targets)
{
    trace->heard = mem_new(2 * trace->count + 1, sizeof *trace->heard);
    for (size_t i = 0; i < trace->count; i++) {
        const struct trace_probe *probe = &trace->probes[i];

        if (probe->state != TRACE_ARRIVED)
            continue;
        if (probe->hops[0].helo[0] != '\0')
            judge_own(trace, probe, allow_private, targets);
        if (probe->hop_count > 1)
            judge_relay(trace, probe, targets);
    }
}

void trace_free(struct trace *trace)
{
    free(trace->probes);
    free(trace->heard);
    *trace = (struct trace){.count = 0};
}
