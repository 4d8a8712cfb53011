/* observe_command.c - listens until it is told to stop, and tells of every visitor. */
#include "agent/observe_command.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/observer.h"
#include "agent/report_events.h"
#include "agent/report_parts.h"

#define LINES_MAX (1U << 20)

struct observe {
    const struct options *options;
    struct buf out;
    struct events events;
    size_t counted; /* visits that count */
    bool broken;    /* standard output takes nothing any more */
};

/* What was added since goes out at once: somebody may be reading it. */
static void flush(struct observe *o)
{
    if (fputs(buf_string(&o->out), stdout) == EOF || fflush(stdout) != 0)
        o->broken = true;
    buf_clear(&o->out);
}

static json_t *visit_json(const struct smtp_visit *visit)
{
    const struct smtp_heard *heard = visit->heard;

    return need(json_pack(
        "{s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:s}", "address",
        ip_text(&visit->peer).s, "port", (int)visit->peer_port, "local", ip_text(&visit->local).s,
        "local_port", (int)visit->local_port, "helo", text_or_null(observer_helo(visit)), "hellos",
        json_from_strings(&heard->hellos), "senders", json_from_strings(&heard->senders),
        "recipients", json_from_strings(&heard->recipients), "received",
        json_from_strings(&heard->received), "probe", text_or_null(heard->token), "probes",
        (int)heard->probes, "refused", (int)heard->refused, "ended", smtp_end_text(heard->end)));
}

/* A visit counts when it answers the question: the probe came, or somebody said a name. */
static bool counts(const struct observe *o, const struct smtp_visit *visit)
{
    if (o->options->probe != NULL)
        return observer_has_probe(visit, o->options->probe);
    return visit->heard->hellos.count > 0;
}

static void on_seen(void *arg, const struct smtp_visit *visit)
{
    struct observe *o = arg;
    const char *helo = observer_helo(visit);
    char message[600];

    o->counted += counts(o, visit);
    str_format(message, sizeof message, "%s %s%.255s%s%s", ip_text(&visit->peer).s,
               helo[0] ? "says HELO " : "says no HELO", helo,
               visit->heard->token[0] ? ", with probe " : "", visit->heard->token);
    o->events.now = time(NULL);
    events_add(&o->events, "observed", "info", message, visit_json(visit));
    flush(o);
}

static bool is_over(void *arg)
{
    const struct observe *o = arg;

    return o->broken || (o->options->count > 0 && o->counted >= (size_t)o->options->count);
}

static bool check_options(const struct options *o, struct error *e)
{
    if (o->listen_count == 0) {
        fail(e, ERR_USAGE, "observe needs an address to listen at");
        return error_next(e, "namesake observe --listen 0.0.0.0:25 --listen [::]:25");
    }
    if (o->word_count > 0)
        return fail(e, ERR_USAGE, "observe takes no arguments");
    if (o->probe != NULL && !smtp_token_is_good(o->probe))
        return fail(e, ERR_USAGE, "--probe takes %d to %d letters and digits", SMTP_TOKEN_MIN,
                    SMTP_TOKEN_MAX);
    for (size_t i = 0; i < o->output_count; i++)
        if (o->outputs[i].format != FORMAT_JSONL || o->outputs[i].file != NULL)
            return fail(e, ERR_USAGE, "observe writes JSON Lines to standard output, nothing else");
    return true;
}

static bool listen_all(struct observe *o, struct smtp_server *server, struct error *e)
{
    for (size_t i = 0; i < o->options->listen_count; i++)
        if (!smtp_server_listen(server, &o->options->listen[i].ip, o->options->listen[i].port, NULL,
                                e))
            return false;
    return true;
}

static void tell_start(struct observe *o)
{
    char message[120];

    events_start(&o->events, "observe");
    for (size_t i = 0; i < o->options->listen_count; i++) {
        const struct ip_text address = ip_text(&o->options->listen[i].ip);
        const int port = o->options->listen[i].port;
        str_format(message, sizeof message, "listening at %s port %d", address.s, port);
        events_add(&o->events, "listening", "info", message,
                   need(json_pack("{s:s, s:i}", "address", address.s, "port", port)));
    }
    flush(o);
}

static int end(struct observe *o)
{
    int code = o->counted > 0 ? EXIT_YES : EXIT_UNKNOWN;
    char message[64];

    if (loop_stop_signal() != 0)
        code = 128 + loop_stop_signal();
    str_format(message, sizeof message, "%zu observed", o->counted);
    o->events.now = time(NULL);
    events_end(&o->events, message, code);
    flush(o);
    return o->broken ? error_exit_code(ERR_CANNOT_CREATE) : code;
}

int observe_run(struct session *session)
{
    const struct options *options = session->options;
    struct loop *loop = session->collector.loop;
    struct observe o = {.options = options, .out = BUF_INIT(LINES_MAX)};
    struct observer_settings settings = {.seen = on_seen, .arg = &o};
    struct smtp_server *server;
    struct error e = {0};
    int code;

    if (!check_options(options, &e))
        return session_fail(session, &e);
    o.events = (struct events){.out = &o.out, .now = time(NULL)};
    str_cut(settings.token, sizeof settings.token, options->probe ? options->probe : "");
    server = observer_new(loop, &settings);
    if (listen_all(&o, server, &e)) {
        tell_start(&o);
        (void)loop_run(loop, is_over, &o,
                       options->timeout_s > 0 ? loop_now_ms(loop) + options->timeout_s * 1000 : 0);
        smtp_server_free(server);
        code = end(&o);
    } else {
        smtp_server_free(server);
        code = session_fail(session, &e);
    }
    buf_free(&o.out);
    return code;
}
