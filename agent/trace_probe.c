/* trace_probe.c - probes through real mail servers. */
#include "agent/trace_probe.h"

#include <string.h>

#include "agent/base/mem.h"
#include "agent/log_files.h"
#include "agent/observer.h"

#define LOOK_MS 1000 /* between looks into the queue */
#define MISSES 2     /* a message is in no queue while it moves from one to the next */
#define TRIES 4      /* of each of several ways that are taken by chance (section 2.8) */

static const struct ip *expected_of(const struct mta_facts *mta, const struct mta_route *route,
                                    int family)
{
    const size_t n = strlen(route->transport);

    for (size_t i = 0; i < mta->service_count; i++) {
        const struct mta_service *s = &mta->services[i];
        if (s->role == MTA_SENDER && strncmp(s->title, route->transport, n) == 0 &&
            s->title[n] == ' ' && s->bind[family].family != IP_NONE)
            return &s->bind[family];
    }
    return &mta->source[family];
}

static bool add_probe(struct machine *machine, const struct mta_route *route, int family,
                      const struct trace_wish *wish, struct trace *trace, struct error *e)
{
    struct trace_probe one = {.machine = machine, .to = wish->to[family]};

    if (!observer_token(one.token, e))
        return false;
    one.expected = *expected_of(&machine->mta, route, family);
    str_cut(one.place, sizeof one.place, machine->host->title);
    str_cut(one.instance, sizeof one.instance, route->instance);
    str_cut(one.transport, sizeof one.transport, route->transport);
    str_cut(one.relay, sizeof one.relay, route->relay);
    str_cut(one.sender, sizeof one.sender,
            route->sender[0]       ? route->sender
            : wish->sender != NULL ? wish->sender
                                   : "");
    observer_recipient(one.token, &one.to, one.recipient, sizeof one.recipient);
    trace->probes = mem_resize(trace->probes, trace->count + 1, sizeof one);
    trace->probes[trace->count++] = one;
    return true;
}

/* A way that a probe can take: it is sent, and no recipient of ours is needed for it. */
static bool is_probed(const struct mta_facts *mta, size_t index)
{
    const struct mta_route *route = &mta->routes[index];

    if (!route->sends || route->unresolved)
        return false;
    for (size_t i = 0; i < index; i++)
        if (mta->routes[i].sends && str_equal(mta->routes[i].transport, route->transport) &&
            str_equal(mta->routes[i].relay, route->relay) && i > 0 &&
            mta->routes[i].sender[0] != '\0' && route->sender[0] != '\0')
            return false;
    return index == 0 || route->sender[0] != '\0' || route->shares > 0;
}

static bool is_used(const struct machine *machine, const struct trace_wish *wish, int family)
{
    const enum ip_family f = family == 1 ? IP_V6 : IP_V4;

    return wish->to[family].family != IP_NONE && !machine->mta.silent[family] &&
           (wish->family == IP_NONE || wish->family == f);
}

static bool plan_family(struct machine *machine, int family, const struct trace_wish *wish,
                        struct trace *trace, struct error *e)
{
    const struct mta_facts *mta = &machine->mta;
    size_t room = TRACE_PROBES_MAX / 2;

    for (size_t i = 0; i < mta->route_count; i++) {
        unsigned tries = mta->routes[i].shares > 0 ? TRIES : 1;

        for (; is_probed(mta, i) && tries > 0 && room > 0; tries--, room--)
            if (!add_probe(machine, &mta->routes[i], family, wish, trace, e))
                return false;
    }
    return true;
}

static bool can_trace(const struct machine *machine, struct error *e)
{
    const struct mta_facts *mta = &machine->mta;

    error_what(e, "cannot trace mail from %s", machine->host->title);
    if (mta->mta == NULL)
        fail(e, ERR_NO_INPUT, "there is no mail server that namesake knows");
    else if (mta->mta->submit == NULL)
        fail(e, ERR_NO_INPUT, "namesake cannot take a probe out of %s's queue yet",
             mta->mta->title);
    else if (mta->unknown[0] != '\0')
        fail(e, ERR_NO_INPUT, "%s", mta->unknown);
    else if (!host_is_root(machine->host))
        fail(e, ERR_ROOT_NEEDED, "only root can take a probe out of the queue again");
    else if (mta->route_count == 0 || !mta->routes[0].sends)
        fail(e, ERR_NO_INPUT, "its mail server sends no mail by SMTP (%s)",
             mta->route_count > 0 ? mta->routes[0].transport : "no route");
    else
        return true;
    if (mta->unknown_next[0] != '\0')
        error_next(e, "%s", mta->unknown_next);
    return error_what(e, "cannot trace mail from %s", machine->host->title);
}

bool trace_plan(struct machine *machine, const struct trace_wish *wish, struct trace *trace,
                struct error *e)
{
    const size_t before = trace->count;
    struct error ignored = {0};

    if (!can_trace(machine, &ignored)) {
        *e = ignored;
        return false;
    }
    for (int family = 0; family < 2; family++)
        if (is_used(machine, wish, family) && !plan_family(machine, family, wish, trace, e))
            return false;
    if (trace->count > before)
        return true;
    fail(e, ERR_USAGE, "%s sends nothing over the family of the observer's address",
         machine->host->title);
    return error_what(e, "cannot trace mail from %s", machine->host->title);
}

static void compose(const struct trace_probe *probe, struct buf *out)
{
    if (probe->sender[0] != '\0')
        buf_printf(out, "From: <%s>\n", probe->sender);
    buf_printf(out,
               "To: <%s>\n"
               "Subject: namesake probe, " SMTP_PROBE_HEADER " %s\n" SMTP_PROBE_HEADER " %s\n"
               "Auto-Submitted: auto-generated\n"
               "\n"
               "A probe of namesake: it shows under which address and name this mail server is\n"
               "seen. Please delete it.\n",
               probe->recipient, probe->token, probe->token);
}

void trace_send(struct trace *trace, struct loop *loop)
{
    for (size_t i = 0; i < trace->count; i++) {
        struct trace_probe *probe = &trace->probes[i];
        struct machine *machine = probe->machine;
        struct buf message = BUF_INIT(SMTP_MESSAGE_MAX);
        struct error e = {0};

        compose(probe, &message);
        probe->sent_ms = loop_now_ms(loop);
        if (!machine->mta.mta->submit(machine->host, probe->instance, probe->sender,
                                      probe->recipient, buf_string(&message), &e)) {
            probe->state = TRACE_REFUSED;
            str_cut(probe->why, sizeof probe->why, e.why);
        }
        buf_free(&message);
    }
}

static bool look(struct trace_probe *probe, struct mta_queued *queued)
{
    struct machine *machine = probe->machine;
    struct error e = {0};

    if (machine->mta.mta->queued(machine->host, probe->instance, probe->recipient, queued, &e))
        return true;
    str_cut(probe->why, sizeof probe->why, e.why);
    return false;
}

/* Take it out of the queue, and look whether it is gone. */
static void take_back(struct trace_probe *probe)
{
    struct machine *machine = probe->machine;
    struct mta_queued queued;
    struct error e = {0};

    if (!look(probe, &queued) || queued.id[0] == '\0')
        return;
    str_cut(probe->id, sizeof probe->id, queued.id);
    if (queued.why[0] != '\0')
        str_cut(probe->why, sizeof probe->why, queued.why);
    if (machine->mta.mta->forget(machine->host, probe->instance, queued.id, &e) &&
        look(probe, &queued))
        probe->removed = queued.id[0] == '\0';
}

/* What became of a message that neither arrived nor waits is in the log, if anywhere. */
static void explain_gone(struct trace_probe *probe)
{
    if (!log_files_find(probe->machine->host, probe->token, probe->why, sizeof probe->why))
        str_cut(probe->why, sizeof probe->why,
                "it is in the queue no more, and no log that could be read tells of it");
}

static void follow_one(struct trace_probe *probe)
{
    struct mta_queued queued;

    if (probe->state != TRACE_SENT || !look(probe, &queued))
        return;
    probe->missed = queued.id[0] == '\0' ? probe->missed + 1 : 0;
    if (probe->missed >= MISSES) {
        probe->state = TRACE_GONE;
        explain_gone(probe);
    } else if (queued.why[0] != '\0') {
        probe->state = TRACE_DEFERRED;
        take_back(probe);
    }
}

static bool all_known(void *arg)
{
    const struct trace *trace = arg;

    for (size_t i = 0; i < trace->count; i++)
        if (trace->probes[i].state == TRACE_SENT)
            return false;
    return true;
}

static void give_up(struct trace_probe *probe)
{
    if (probe->state != TRACE_SENT)
        return;
    probe->state = TRACE_LATE;
    str_cut(probe->why, sizeof probe->why, "time was up before it arrived");
    take_back(probe);
}

void trace_follow(struct trace *trace, struct loop *loop, bool (*ended)(void *arg), void *arg,
                  int64_t deadline_ms)
{
    while (!all_known(trace) && !ended(arg) && loop_stop_signal() == 0 &&
           loop_now_ms(loop) < deadline_ms) {
        int64_t until = loop_now_ms(loop) + LOOK_MS;

        if (loop_run(loop, all_known, trace, until < deadline_ms ? until : deadline_ms))
            break;
        for (size_t i = 0; i < trace->count; i++)
            follow_one(&trace->probes[i]);
    }
    for (size_t i = 0; i < trace->count; i++)
        give_up(&trace->probes[i]);
}
