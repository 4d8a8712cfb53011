/* trace_command.c - an observer, probes to it, and the audit of what arrived. */
#include "agent/trace_command.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/observer_lines.h"
#include "agent/recorded.h"
#include "agent/trace_probe.h"

#define TIME_S 60

/* The observer of this run: a listener of ours, or one elsewhere that tells us. */
struct tracing {
    struct session *session;
    struct trace trace;
    struct trace_wish wish;
    struct smtp_server *server;
    struct observer_lines *lines;
};

static void on_seen(void *arg, const struct smtp_visit *visit)
{
    struct tracing *t = arg;

    for (size_t i = 0; i < t->trace.count; i++)
        if (observer_has_probe(visit, t->trace.probes[i].token))
            trace_take(&t->trace.probes[i], visit, loop_now_ms(t->session->collector.loop));
}

static bool is_over(void *arg)
{
    const struct tracing *t = arg;

    return observer_lines_ended(t->lines);
}

/* Where probes go: the observer's address, else the one that we listen at. */
static void find_addresses(struct tracing *t)
{
    const struct options *o = t->session->options;

    for (int family = 0; family < 2; family++)
        t->wish.to[family] = o->observer[family];
    for (size_t i = 0; i < o->listen_count; i++) {
        const struct ip *ip = &o->listen[i].ip;
        struct ip *to = &t->wish.to[ip->family == IP_V6];
        if (to->family == IP_NONE && ip_scope(ip) != IP_SCOPE_UNROUTABLE)
            *to = *ip;
    }
    t->wish.family = o->family;
    t->wish.sender = o->sender;
}

static bool refuse_without(const struct tracing *t, const char *why, struct error *e)
{
    const struct ip *to = &t->wish.to[t->wish.to[0].family == IP_NONE];
    const char *place = to->family != IP_NONE ? ip_text(to).s : "192.0.2.10";

    fail(e, ERR_USAGE, "%s", why);
    error_what(e, "cannot trace without an observer");
    error_next(e,
               "ssh root@%s namesake observe --listen %s:25 --count 1 --timeout 2m | "
               "namesake trace --observer %s",
               place, to->family == IP_V6 ? "[::]" : "0.0.0.0", place);
    return error_next(e, "namesake trace --ssh root@mail.example.com --listen ADDRESS-OF-THIS-ONE");
}

static bool check(struct tracing *t, struct error *e)
{
    const struct options *o = t->session->options;

    find_addresses(t);
    if (t->wish.to[0].family == IP_NONE && t->wish.to[1].family == IP_NONE)
        return refuse_without(t, "nothing says where a probe should go", e);
    if (o->listen_count == 0 && isatty(STDIN_FILENO))
        return refuse_without(t, "the lines of the observer there come on standard input", e);
    return true;
}

static bool open_observer(struct tracing *t, struct error *e)
{
    const struct options *o = t->session->options;
    struct observer_settings settings = {.seen = on_seen, .arg = t};
    struct loop *loop = t->session->collector.loop;

    if (o->listen_count == 0) {
        t->lines = observer_lines_new(loop, STDIN_FILENO, &settings);
        return true;
    }
    t->server = observer_new(loop, &settings);
    for (size_t i = 0; i < o->listen_count; i++)
        if (!smtp_server_listen(t->server, &o->listen[i].ip, o->listen[i].port, NULL, e))
            return false;
    return true;
}

/* Each machine whose mail server sends from one of the targets, once. */
static bool plan_machines(struct tracing *t, struct error *e)
{
    const struct machines *machines = &t->session->collector.machines;

    for (size_t i = 0; i < machines->count; i++)
        if (!trace_plan(machines->v[i], &t->wish, &t->trace, e))
            return false;
    if (t->trace.count > 0)
        return true;
    fail(e, ERR_USAGE, "none of the targets is an address of this machine, or of one of --ssh");
    return error_what(e, "cannot trace mail");
}

static bool send_and_follow(struct tracing *t, struct error *e)
{
    struct session *s = t->session;
    struct loop *loop = s->collector.loop;
    int64_t seconds = s->options->timeout_s > 0 ? s->options->timeout_s : TIME_S;
    bool ok = open_observer(t, e);

    if (ok && s->live_errors && log_level() == LOG_LEVEL_NORMAL)
        fprintf(stderr, "%zu probe%s under way ...\n", t->trace.count,
                t->trace.count == 1 ? "" : "s");
    if (ok) {
        trace_send(&t->trace, loop);
        trace_follow(&t->trace, loop, is_over, t, loop_now_ms(loop) + seconds * 1000);
    }
    smtp_server_free(t->server);
    observer_lines_free(t->lines);
    return ok;
}

/* A probe that did not arrive leaves something open; none at all leaves everything open. */
static int exit_code(const struct tracing *t)
{
    const struct session *s = t->session;
    size_t arrived = 0;
    int code;

    for (size_t i = 0; i < t->trace.count; i++)
        arrived += t->trace.probes[i].state == TRACE_ARRIVED;
    if (loop_stop_signal() != 0)
        return 128 + loop_stop_signal();
    code = report_exit_code(s->identities, s->targets.count, s->config.strict);
    if (arrived == 0 || (arrived < t->trace.count && code == EXIT_YES))
        return EXIT_UNKNOWN;
    return code;
}

static int report(struct tracing *t)
{
    struct session *s = t->session;
    struct report report;
    struct error e = {0};

    trace_judge(&t->trace, s->config.allow_private, &s->targets);
    for (size_t i = 0; i < s->targets.count; i++)
        if (s->targets.v[i].machine != NULL)
            targets_configure(&s->config, s->options->name, &s->targets.v[i]);
    /* Stopped midway: what became of the probes is told, and no more is asked. */
    if ((loop_stop_signal() == 0 && !session_look(s, &e)) ||
        (s->options->record != NULL && s->identities != NULL && !recorded_write(s, &e)))
        return session_fail(s, &e);
    report = session_report(s);
    report.probes = t->trace.probes;
    report.probe_count = t->trace.count;
    report.exit_code = exit_code(t);
    if (report.exit_code == EXIT_NO)
        str_cut(report.next, sizeof report.next, "namesake plan");
    return session_end(s, &report);
}

int trace_run(struct session *session)
{
    struct tracing t = {.session = session};
    struct error e = {0};
    int code;

    code = check(&t, &e) && session_find_targets(session, &e) && plan_machines(&t, &e) &&
                   send_and_follow(&t, &e)
               ? report(&t)
               : session_fail(session, &e);
    trace_free(&t.trace);
    return code;
}
