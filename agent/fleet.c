/* fleet.c - a stream of targets in, a stream of judgements out. */
#include "agent/fleet.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ability.h"
#include "agent/base/json.h"
#include "agent/fleet_line.h"
#include "agent/net/lines.h"
#include "agent/report_events.h"

#define PIECE_MAX (1U << 20) /* of one identity in any format */

/* Results of so many milliseconds, or bytes, are written at once: it is one call of the system. */
#define FLUSH_MS 1
#define FLUSH_BYTES (1U << 15)

struct fleet {
    struct session *session;
    struct lines lines;
    enum format format;
    size_t bad, counted[3]; /* lines not understood, identities by verdict */
    size_t findings[FIND_COUNT];
    size_t owners[OWNER_COUNT]; /* identities that each has to repair something of */
    struct events events;
    struct buf out;
    struct timer flush; /* armed while something has to be written soon */
};

static void flush_out(struct fleet *fleet)
{
    loop_timer_clear(fleet->session->collector.loop, &fleet->flush);
    fwrite(buf_string(&fleet->out), 1, fleet->out.length, stdout);
    fflush(stdout);
    buf_clear(&fleet->out);
}

static void on_flush_due(struct timer *timer)
{
    flush_out((struct fleet *)(void *)((char *)timer - offsetof(struct fleet, flush)));
}

/* Whoever reads the stream sees each result as it comes. */
static void flush_soon(struct fleet *fleet)
{
    if (fleet->out.length >= FLUSH_BYTES)
        flush_out(fleet);
    else if (!fleet->flush.armed)
        loop_timer_set(fleet->session->collector.loop, &fleet->flush, FLUSH_MS);
}

/* A line that is no target: told at once, and counted; the others go on. */
static void report_line(struct fleet *fleet, const char *why)
{
    struct buf text = BUF_INIT(PIECE_MAX);
    struct error e = {0};

    fleet->bad++;
    fail(&e, ERR_NO_INPUT, "%s", why);
    error_what(&e, "line %zu of %s is no target", fleet->lines.number,
               fleet->session->options->from);
    error_next(&e, "echo 203.0.113.25 mail.example.com | namesake audit --from -");
    if (fleet->format == FORMAT_JSONL)
        events_error(&fleet->events, &e, fleet->session->done);
    flush_soon(fleet);
    report_error(&e, fleet->session->done, &fleet->session->style, &text);
    fputs(buf_string(&text), stderr);
    buf_free(&text);
}

static bool is_left_out(const struct fleet *fleet, const struct target *target)
{
    enum ip_family family = fleet->session->options->family;

    return family != IP_NONE && family != target->address.family;
}

/* True when the line is a target that is wanted. */
static bool take_line(struct fleet *fleet, const char *line, struct target *out, char *why,
                      size_t size)
{
    switch (fleet_line_parse(line, out, why, size)) {
    case FLEET_LINE_TARGET:
        targets_configure(&fleet->session->config, fleet->session->options->name, out);
        return !is_left_out(fleet, out);
    case FLEET_LINE_BAD:
        report_line(fleet, why);
        break;
    case FLEET_LINE_EMPTY:
        break;
    }
    return false;
}

static enum supply next_line(void *arg, struct target *out)
{
    struct fleet *fleet = arg;
    const char *line;
    char why[400];

    for (;;) {
        enum lines_got got = lines_next(&fleet->lines, &line);

        if (got == LINES_LATER || got == LINES_END)
            return got == LINES_LATER ? SUPPLY_LATER : SUPPLY_END;
        if (got == LINES_TOO_LONG)
            report_line(fleet, "it is longer than any target, or no text");
        else if (take_line(fleet, line, out, why, sizeof why))
            return SUPPLY_TARGET;
    }
}

/* One line for people: verdict, address, name, and what was found. */
static void write_line(const struct identity *identity, bool strict, struct buf *out)
{
    const struct judgement *judged = &identity->judgement;

    buf_printf(out, "%-11s  %s  %s", verdict_text(judgement_verdict(judged, strict)),
               ip_text(&identity->facts.address).s,
               identity->facts.wanted.s[0] ? identity->facts.wanted.s : "-");
    for (size_t i = 0; i < judged->count; i++)
        buf_printf(out, "%s%s", i == 0 ? "  " : " ", catalog_entry(judged->findings[i].id)->id);
    buf_char(out, '\n');
}

/* The table's lines of one identity, its header only before the first. */
static void write_rows(struct fleet *fleet, const struct identity *identity, bool first)
{
    struct report report = session_report(fleet->session);
    struct buf text = BUF_INIT(PIECE_MAX);
    const char *rows;

    report.identities = identity;
    report.identity_count = 1;
    report_write(&report, FORMAT_TABLE, &fleet->session->style, &text);
    rows = buf_string(&text);
    buf_text(&fleet->out, first ? rows : rows + strcspn(rows, "\n") + 1);
    buf_free(&text);
}

static void write_object(struct fleet *fleet, const struct identity *identity, bool first)
{
    json_t *object = report_identity_json(identity, fleet->session->config.strict);
    char *text = json_canonical(object);

    buf_printf(&fleet->out, "%s\n%s", first ? "" : ",", text);
    free(text);
    json_decref(object);
}

static void write_identity(struct fleet *fleet, const struct identity *identity, bool first)
{
    bool strict = fleet->session->config.strict;

    if (fleet->format == FORMAT_TEXT)
        write_line(identity, strict, &fleet->out);
    else if (fleet->format == FORMAT_TABLE)
        write_rows(fleet, identity, first);
    else if (fleet->format == FORMAT_JSON)
        write_object(fleet, identity, first);
    else if (fleet->format == FORMAT_JSONL)
        events_identity(&fleet->events, identity, strict);
    flush_soon(fleet);
}

static void count(struct fleet *fleet, const struct judgement *judged)
{
    bool has_work[OWNER_COUNT] = {false};

    fleet->counted[judgement_verdict(judged, fleet->session->config.strict)]++;
    for (size_t i = 0; i < judged->count; i++) {
        const struct finding *finding = &judged->findings[i];

        fleet->findings[finding->id]++;
        if (finding->severity == SEVERITY_FAIL)
            has_work[finding->owner] = true;
    }
    for (int i = 0; i < OWNER_COUNT; i++)
        fleet->owners[i] += has_work[i];
}

static void take_one(void *arg, size_t index, const struct target *target, struct facts *facts)
{
    struct fleet *fleet = arg;
    struct identity identity = {.facts = *facts};
    bool first = fleet->counted[0] + fleet->counted[1] + fleet->counted[2] == 0;

    (void)index;
    (void)target;
    fleet->events.now = time(NULL);
    ability_owners(&fleet->session->config, &identity.facts);
    audit_target(&identity.facts, &identity.judgement);
    write_identity(fleet, &identity, first);
    count(fleet, &identity.judgement);
    judgement_free(&identity.judgement);
    facts_free(&identity.facts);
}

static int exit_code(const struct fleet *fleet)
{
    if (loop_stop_signal() != 0)
        return 128 + loop_stop_signal();
    if (fleet->counted[VERDICT_NOT_ALIGNED] > 0)
        return EXIT_NO;
    if (fleet->counted[VERDICT_UNKNOWN] + fleet->bad > 0 || fleet->counted[VERDICT_ALIGNED] == 0)
        return EXIT_UNKNOWN;
    return EXIT_YES;
}

static void summarize(const struct fleet *fleet, char *out, size_t size)
{
    size_t all = fleet->counted[0] + fleet->counted[1] + fleet->counted[2];

    str_format(out, size, "%zu addresses: %zu aligned, %zu not aligned, %zu unknown%s", all,
               fleet->counted[VERDICT_ALIGNED], fleet->counted[VERDICT_NOT_ALIGNED],
               fleet->counted[VERDICT_UNKNOWN],
               fleet->bad > 0 ? "; some lines are no targets" : "");
}

/* What was found how often and whose it is to repair; then at how many addresses each has to. */
static void write_summary(struct fleet *fleet, const char *summary)
{
    buf_printf(&fleet->out, "\n");
    for (int i = 0; i < FIND_COUNT; i++) {
        const struct catalog_entry *entry = catalog_entry((enum finding_id)i);
        if (fleet->findings[i] > 0)
            buf_printf(&fleet->out, "  %6zu  %-20s %s\n", fleet->findings[i], entry->id,
                       owner_role_words(entry->owner));
    }
    for (int i = 0; i < OWNER_COUNT; i++)
        if (fleet->owners[i] > 0)
            buf_printf(&fleet->out, "%zu to repair by %s\n", fleet->owners[i],
                       owner_role_words((enum owner_role)i));
    buf_printf(&fleet->out, "%s\n", summary);
}

/* The line and the exit code of a monitoring plugin (interface section 7). */
static int write_plugin_line(struct fleet *fleet, const char *summary, int code)
{
    const int state = code == EXIT_YES ? 0 : code == EXIT_NO ? 2 : 3;
    static const char *const states[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const size_t *counted = fleet->counted, all = counted[0] + counted[1] + counted[2];

    buf_printf(&fleet->out,
               "NAMESAKE %s - %s | aligned=%zu;;;0;%zu failed=%zu;;;0;%zu unknown=%zu;;;0;%zu\n",
               states[state], summary, counted[VERDICT_ALIGNED], all, counted[VERDICT_NOT_ALIGNED],
               all, counted[VERDICT_UNKNOWN], all);
    return state;
}

static void begin(struct fleet *fleet)
{
    if (fleet->format == FORMAT_JSONL)
        events_start(&fleet->events, "audit");
    else if (fleet->format == FORMAT_JSON)
        buf_printf(&fleet->out,
                   "{\"format\":\"namesake.audit\",\"format_version\":\"1.0\","
                   "\"namesake\":\"%s\",\"identities\":[",
                   NAMESAKE_VERSION);
    flush_out(fleet);
}

static int end(struct fleet *fleet)
{
    char summary[160];
    int code = exit_code(fleet);

    summarize(fleet, summary, sizeof summary);
    if (fleet->format == FORMAT_JSONL)
        events_end(&fleet->events, summary, code);
    else if (fleet->format == FORMAT_JSON)
        buf_printf(
            &fleet->out,
            "\n],\"diagnostics\":[],\"ok\":%s,\"exit_code\":%d,\"summary\":\"%s\",\"next\":null}\n",
            code == EXIT_YES ? "true" : "false", code, summary);
    else if (fleet->format == FORMAT_TEXT)
        write_summary(fleet, summary);
    else if (fleet->format == FORMAT_NAGIOS)
        code = write_plugin_line(fleet, summary, code);
    flush_out(fleet);
    if (fleet->format == FORMAT_TABLE)
        fprintf(stderr, "%s\n", summary);
    return fflush(stdout) == 0 ? code : error_exit_code(ERR_CANNOT_CREATE);
}

static bool choose_format(struct fleet *fleet, struct error *e)
{
    const struct options *options = fleet->session->options;
    bool streams;

    fleet->format = options->output_count > 0 ? options->outputs[0].format : FORMAT_TEXT;
    streams = fleet->format == FORMAT_TEXT || fleet->format == FORMAT_TABLE ||
              fleet->format == FORMAT_JSON || fleet->format == FORMAT_JSONL ||
              fleet->format == FORMAT_NAGIOS;
    if (streams && options->output_count <= 1 &&
        (options->output_count == 0 || options->outputs[0].file == NULL))
        return true;
    return fail(e, ERR_USAGE,
                "with --from, results stream to standard output as text, table, json, "
                "jsonl or nagios");
}

/* The place that looks: this machine, or the viewpoint that was named. */
static bool choose_place(struct session *session, struct collector *out, struct error *e)
{
    struct views *views = &session->views;

    if (session->options->via_count > 1)
        return fail(e, ERR_USAGE, "with --from, one place looks: give --via once");
    views_choose(views, &session->config, session->options, session->options->via_count == 0);
    if (view_open(&views->v[0], &session->collector, out))
        return true;
    fail(e, ERR_SSH_FAILED, "%s", views->v[0].vantage.why);
    error_what(e, "cannot look from %s", views->v[0].vantage.id);
    return error_next(e, "%s", views->v[0].vantage.next);
}

int fleet_audit(struct session *session)
{
    struct fleet fleet = {
        .session = session, .out = BUF_INIT(PIECE_MAX), .flush = {.expired = on_flush_due}};
    struct collector collector;
    struct error e = {0};
    int64_t deadline_ms = 0;
    int code;

    fleet.events = (struct events){.out = &fleet.out, .now = time(NULL)};
    if (!choose_format(&fleet, &e) || !choose_place(session, &collector, &e) ||
        !lines_open(&fleet.lines, session->collector.loop, session->options->from, &e))
        return session_fail(session, &e);
    if (session->options->timeout_s > 0)
        deadline_ms = loop_now_ms(session->collector.loop) + session->options->timeout_s * 1000;
    collector.brief = true;
    begin(&fleet);
    if (!collect_run(&collector, next_line, take_one, &fleet, deadline_ms) &&
        loop_stop_signal() == 0)
        fprintf(stderr, "Stopped by --timeout; what was complete by then is above.\n");
    if (!view_end(&session->views.v[0], &collector))
        fprintf(stderr, "Lost on the way: %s\n", session->views.v[0].vantage.why);
    code = end(&fleet);
    lines_close(&fleet.lines);
    buf_free(&fleet.out);
    return code;
}
