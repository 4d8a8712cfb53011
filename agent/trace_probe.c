/* trace_probe.c - probes through real mail servers. */
#include "agent/trace_probe.h"

#include <string.h>

#include "agent/base/log.h"
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

    if (route->leaves[family].family != IP_NONE)
        return &route->leaves[family];
    for (size_t i = 0; i < mta->service_count; i++) {
        const struct mta_service *s = &mta->services[i];
        if (s->role == MTA_SENDER && str_equal(s->instance, route->instance) &&
            strncmp(s->title, route->transport, n) == 0 &&
            (s->title[n] == ' ' || s->title[n] == '\0') && s->bind[family].family != IP_NONE)
            return &s->bind[family];
    }
    return &mta->source[family];
}

/* One family of a machine's probes: they all go to the same domain. */
struct course {
    struct machine *machine;
    const struct trace_wish *wish;
    int family;
    char domain[256]; /* that leads to the observer */
};

static bool find_domain(struct course *course, struct error *e)
{
    const struct machine *machine = course->machine;
    const struct ip *to = &course->wish->to[course->family];
    char literal[80];

    str_format(literal, sizeof literal, "[%s%s]", to->family == IP_V6 ? "IPv6:" : "",
               ip_text(to).s);
    str_cut(course->domain, sizeof course->domain, literal);
    return machine->mta.mta->domain_of == NULL ||
           machine->mta.mta->domain_of(machine->host, to, literal, course->domain,
                                       sizeof course->domain, e);
}

/* The instance that a local program hands mail to, so that it goes this way. */
static const char *entry_of(const struct mta_facts *mta, const struct mta_route *route)
{
    for (size_t i = 0; i < mta->instance_count; i++)
        if (str_equal(mta->instances[i].folder, route->instance) && mta->instances[i].entry[0])
            return mta->instances[i].entry;
    return route->instance;
}

static bool add_probe(const struct course *course, const struct mta_route *route,
                      struct trace *trace, struct error *e)
{
    const struct trace_wish *wish = course->wish;
    struct trace_probe one = {.machine = course->machine, .to = wish->to[course->family]};

    if (!observer_token(one.token, e))
        return false;
    one.expected = *expected_of(&course->machine->mta, route, course->family);
    str_cut(one.place, sizeof one.place, course->machine->host->title);
    str_cut(one.instance, sizeof one.instance, entry_of(&course->machine->mta, route));
    str_cut(one.transport, sizeof one.transport, route->transport);
    if (route->shares == 0) /* else chance decides */
        str_cut(one.relay, sizeof one.relay, route->relay);
    str_cut(one.sender, sizeof one.sender,
            route->sender[0]       ? route->sender
            : wish->sender != NULL ? wish->sender
                                   : "");
    observer_recipient(one.token, course->domain, one.recipient, sizeof one.recipient);
    trace->probes = mem_resize(trace->probes, trace->count + 1, sizeof one);
    trace->probes[trace->count++] = one;
    return true;
}

static bool is_same_way(const struct mta_route *a, const struct mta_route *b)
{
    return str_equal(a->instance, b->instance) && str_equal(a->transport, b->transport) &&
           str_equal(a->relay, b->relay) && ip_equal(&a->leaves[0], &b->leaves[0]) &&
           ip_equal(&a->leaves[1], &b->leaves[1]);
}

/* A way that a probe can take: it is sent, and no recipient of ours is needed for it. */
static bool is_probed(const struct mta_facts *mta, size_t index)
{
    const struct mta_route *route = &mta->routes[index];

    if (!route->sends || route->unresolved)
        return false;
    for (size_t i = 1; i < index; i++)
        if (mta->routes[i].sends && mta->routes[i].sender[0] != '\0' && route->sender[0] != '\0' &&
            is_same_way(&mta->routes[i], route))
            return false;
    return index == 0 || route->general || route->sender[0] != '\0' || route->shares > 0;
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
    struct course course = {.machine = machine, .wish = wish, .family = family};
    size_t room = TRACE_PROBES_MAX / 2;

    if (!find_domain(&course, e))
        return false;
    for (size_t i = 0; i < mta->route_count; i++) {
        unsigned tries = mta->routes[i].shares > 0 ? TRIES : 1;

        for (; is_probed(mta, i) && tries > 0 && room > 0; tries--, room--)
            if (!add_probe(&course, &mta->routes[i], trace, e))
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
    struct error refused = {0};

    if (!can_trace(machine, &refused)) {
        *e = refused;
        return false;
    }
    fail(&refused, ERR_USAGE, "%s sends nothing over the family of the observer's address",
         machine->host->title);
    /* One family that nothing leads over is no reason to leave out the other. */
    for (int family = 0; family < 2; family++)
        if (is_used(machine, wish, family) && !plan_family(machine, family, wish, trace, &refused))
            continue;
    if (trace->count > before)
        return true;
    *e = refused;
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

/* Look for it in its instance's queue, then in those that it may have been handed on to. */
static bool look(struct trace_probe *probe, struct mta_queued *queued)
{
    struct machine *machine = probe->machine;
    const struct mta_facts *mta = &machine->mta;
    struct error e = {0};

    if (!mta->mta->queued(machine->host, probe->instance, probe->recipient, queued, &e)) {
        str_cut(probe->why, sizeof probe->why, e.why);
        return false;
    }
    str_cut(probe->queue, sizeof probe->queue, probe->instance);
    for (size_t i = 0; i < mta->instance_count && queued->id[0] == '\0'; i++) {
        const char *folder = mta->instances[i].folder;

        if (!mta->instances[i].enabled || str_equal(folder, probe->instance) ||
            !mta->mta->queued(machine->host, folder, probe->recipient, queued, &e))
            continue;
        str_cut(probe->queue, sizeof probe->queue, folder);
    }
    return true;
}

/* Take it out of the queue, and look whether it is gone. */
static void take_back(struct trace_probe *probe)
{
    struct machine *machine = probe->machine;
    struct mta_queued queued, left;
    struct error e = {0};
    bool done;

    if (!look(probe, &queued) || queued.id[0] == '\0')
        return;
    str_cut(probe->id, sizeof probe->id, queued.id);
    if (queued.why[0] != '\0')
        str_cut(probe->why, sizeof probe->why, queued.why);
    done = machine->mta.mta->forget(machine->host, probe->queue, queued.id, &e);
    probe->removed = look(probe, &left) && left.id[0] == '\0';
    if (!probe->removed && !done)
        str_format(probe->why, sizeof probe->why, "%.250s%s%.200s", queued.why,
                   queued.why[0] != '\0' ? "; " : "", e.why);
}

/* What became of a message that neither arrived nor waits is in the log, if anywhere. */
static void explain_gone(struct trace_probe *probe)
{
    if (!log_files_find(probe->machine->host, probe->token, probe->why, sizeof probe->why))
        str_cut(probe->why, sizeof probe->why,
                "it is in the queue no more, and no log that could be read tells of it");
}

/* One that was handed on may still be on its way through a relay; one that was given up is not. */
static void follow_one(struct trace_probe *probe)
{
    struct mta_queued queued;

    if (probe->state != TRACE_SENT || !look(probe, &queued))
        return;
    probe->missed = queued.id[0] == '\0' ? probe->missed + 1 : 0;
    if (probe->missed == MISSES) {
        explain_gone(probe);
        if (log_tells_failure(probe->why))
            probe->state = TRACE_GONE;
        else
            log_line(LOG_LEVEL_NORMAL, "a probe has left the queue, and may still arrive: %s",
                     probe->why);
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
    if (probe->missed >= MISSES) {
        probe->state = TRACE_GONE;
        explain_gone(probe);
        return;
    }
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
