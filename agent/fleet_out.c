/* fleet_out.c - the formats of a fleet, and its summary. */
#include "agent/fleet_out.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"

#define PIECE_MAX (1U << 20) /* of one identity in any format */

/* Results of so many milliseconds, or bytes, are written at once: it is one call of the system. */
#define FLUSH_MS 1
#define FLUSH_BYTES (1U << 15)

void fleet_out_flush(struct fleet_out *out)
{
    loop_timer_clear(out->session->collector.loop, &out->flush);
    fwrite(buf_string(&out->text), 1, out->text.length, stdout);
    fflush(stdout);
    buf_clear(&out->text);
}

static void on_flush_due(struct timer *timer)
{
    fleet_out_flush(
        (struct fleet_out *)(void *)((char *)timer - offsetof(struct fleet_out, flush)));
}

/* Whoever reads the stream sees each result as it comes. */
static void flush_soon(struct fleet_out *out)
{
    if (out->text.length >= FLUSH_BYTES)
        fleet_out_flush(out);
    else if (!out->flush.armed)
        loop_timer_set(out->session->collector.loop, &out->flush, FLUSH_MS);
}

bool fleet_out_open(struct fleet_out *out, struct session *session, const char *command,
                    struct error *e)
{
    const struct options *options = session->options;
    bool streams;

    *out = (struct fleet_out){.session = session,
                              .command = command,
                              .text = BUF_INIT(PIECE_MAX),
                              .flush = {.expired = on_flush_due}};
    out->events = (struct events){.out = &out->text, .now = time(NULL)};
    out->format = options->output_count > 0 ? options->outputs[0].format : FORMAT_TEXT;
    streams = out->format == FORMAT_TEXT || out->format == FORMAT_TABLE ||
              out->format == FORMAT_JSON || out->format == FORMAT_JSONL ||
              out->format == FORMAT_NAGIOS;
    if (streams && options->output_count <= 1 &&
        (options->output_count == 0 || options->outputs[0].file == NULL))
        return true;
    return fail(e, ERR_USAGE,
                "with --from, results stream to standard output as text, table, json, "
                "jsonl or nagios");
}

bool fleet_out_begin(struct fleet_out *out, struct error *e)
{
    const char *record = out->session->options->record;

    if (record != NULL && !recorder_open(&out->recorder, record, e))
        return false;
    if (out->format == FORMAT_JSONL)
        events_start(&out->events, out->command);
    else if (out->format == FORMAT_JSON)
        buf_printf(&out->text,
                   "{\"format\":\"namesake.%s\",\"format_version\":\"1.0\","
                   "\"namesake\":\"%s\",\"identities\":[",
                   out->command, NAMESAKE_VERSION);
    fleet_out_flush(out);
    return true;
}

/* One line for people: verdict, address, name, and what was found. */
static void write_line(const struct identity *identity, bool strict, const char *pending,
                       struct buf *text)
{
    const struct judgement *judged = &identity->judgement;
    const char *verdict = verdict_text(judgement_verdict(judged, strict));

    buf_printf(text, "%-11s  %s  %s", pending != NULL ? "pending" : verdict,
               ip_text(&identity->facts.address).s,
               identity->facts.wanted.s[0] ? identity->facts.wanted.s : "-");
    for (size_t i = 0; i < judged->count; i++)
        buf_printf(text, "%s%s", i == 0 ? "  " : " ", catalog_entry(judged->findings[i].id)->id);
    buf_printf(text, "%s%s\n", pending != NULL ? "  " : "", pending != NULL ? pending : "");
}

/* The table's lines of one identity, its header only before the first. */
static void write_rows(struct fleet_out *out, const struct identity *identity, bool first)
{
    struct report report = session_report(out->session);
    struct buf text = BUF_INIT(PIECE_MAX);
    const char *rows;

    report.identities = identity;
    report.identity_count = 1;
    report_write(&report, FORMAT_TABLE, &out->session->style, &text);
    rows = buf_string(&text);
    buf_text(&out->text, first ? rows : rows + strcspn(rows, "\n") + 1);
    buf_free(&text);
}

static void write_object(struct fleet_out *out, const struct identity *identity, bool first)
{
    json_t *object = report_identity_json(identity, out->session->config.strict);
    char *text = json_canonical(object);

    buf_printf(&out->text, "%s\n%s", first ? "" : ",", text);
    free(text);
    json_decref(object);
}

static size_t all_of(const struct fleet_out *out)
{
    return out->counted[0] + out->counted[1] + out->counted[2];
}

static void count(struct fleet_out *out, const struct judgement *judged)
{
    bool has_work[OWNER_COUNT] = {false};

    out->counted[judgement_verdict(judged, out->session->config.strict)]++;
    for (size_t i = 0; i < judged->count; i++) {
        const struct finding *finding = &judged->findings[i];

        out->findings[finding->id]++;
        if (finding->severity == SEVERITY_FAIL)
            has_work[finding->owner] = true;
    }
    for (int i = 0; i < OWNER_COUNT; i++)
        out->owners[i] += has_work[i];
}

void fleet_out_identity(struct fleet_out *out, const struct identity *identity, const char *pending)
{
    bool strict = out->session->config.strict, first = all_of(out) == 0;

    out->events.now = time(NULL);
    if (out->format == FORMAT_TEXT)
        write_line(identity, strict, pending, &out->text);
    else if (out->format == FORMAT_TABLE)
        write_rows(out, identity, first);
    else if (out->format == FORMAT_JSON)
        write_object(out, identity, first);
    else if (out->format == FORMAT_JSONL)
        events_identity(&out->events, identity, strict);
    if (out->recorder.open)
        recorder_add(&out->recorder, &identity->facts, false);
    flush_soon(out);
    count(out, &identity->judgement);
    out->pending += pending != NULL;
}

void fleet_out_bad_line(struct fleet_out *out, size_t number, const char *why)
{
    struct buf text = BUF_INIT(PIECE_MAX);
    struct error e = {0};

    out->bad++;
    fail(&e, ERR_NO_INPUT, "%s", why);
    error_what(&e, "line %zu of %s is no target", number, out->session->options->from);
    error_next(&e, "echo 203.0.113.25 mail.example.com | namesake %s --from -", out->command);
    if (out->format == FORMAT_JSONL)
        events_error(&out->events, &e, out->session->done);
    flush_soon(out);
    report_error(&e, out->session->done, &out->session->style, &text);
    fputs(buf_string(&text), stderr);
    buf_free(&text);
}

static int exit_code(const struct fleet_out *out)
{
    if (loop_stop_signal() != 0)
        return 128 + loop_stop_signal();
    if (out->counted[VERDICT_NOT_ALIGNED] > 0)
        return EXIT_NO;
    if (out->counted[VERDICT_UNKNOWN] + out->bad > 0 || all_of(out) == 0)
        return EXIT_UNKNOWN;
    return out->pending > 0 ? EXIT_PENDING : EXIT_YES;
}

static void summarize(const struct fleet_out *out, char *text, size_t size)
{
    char pending[64] = "";

    if (out->pending > 0)
        str_format(pending, sizeof pending, " (%zu not seen everywhere yet)", out->pending);
    str_format(text, size, "%zu addresses: %zu aligned%s, %zu not aligned, %zu unknown%s",
               all_of(out), out->counted[VERDICT_ALIGNED], pending,
               out->counted[VERDICT_NOT_ALIGNED], out->counted[VERDICT_UNKNOWN],
               out->bad > 0 ? "; some lines are no targets" : "");
}

/* What was found how often and whose it is to repair; then at how many addresses each has to. */
static void write_summary(struct fleet_out *out, const char *summary)
{
    buf_printf(&out->text, "\n");
    for (int i = 0; i < FIND_COUNT; i++) {
        const struct catalog_entry *entry = catalog_entry((enum finding_id)i);
        if (out->findings[i] > 0)
            buf_printf(&out->text, "  %6zu  %-20s %s\n", out->findings[i], entry->id,
                       owner_role_words(entry->owner));
    }
    for (int i = 0; i < OWNER_COUNT; i++)
        if (out->owners[i] > 0)
            buf_printf(&out->text, "%zu to repair by %s\n", out->owners[i],
                       owner_role_words((enum owner_role)i));
    buf_printf(&out->text, "%s\n", summary);
}

/* The line and the exit code of a monitoring plugin (interface section 7). */
static int write_plugin_line(struct fleet_out *out, const char *summary, int code)
{
    const int state = code == EXIT_YES ? 0 : code == EXIT_NO ? 2 : code == EXIT_PENDING ? 1 : 3;

    report_plugin_line(state, summary, out->counted[VERDICT_ALIGNED],
                       out->counted[VERDICT_NOT_ALIGNED], out->counted[VERDICT_UNKNOWN],
                       &out->text);
    return state;
}

static void write_json_end(struct fleet_out *out, const char *summary, int code)
{
    buf_printf(
        &out->text,
        "\n],\"diagnostics\":[],\"ok\":%s,\"exit_code\":%d,\"summary\":\"%s\",\"next\":null}\n",
        code == EXIT_YES ? "true" : "false", code, summary);
}

int fleet_out_end(struct fleet_out *out, struct error *e)
{
    char summary[200];
    int code = exit_code(out);

    summarize(out, summary, sizeof summary);
    if (out->format == FORMAT_JSONL)
        events_end(&out->events, summary, code);
    else if (out->format == FORMAT_JSON)
        write_json_end(out, summary, code);
    else if (out->format == FORMAT_TEXT)
        write_summary(out, summary);
    else if (out->format == FORMAT_NAGIOS)
        code = write_plugin_line(out, summary, code);
    fleet_out_flush(out);
    buf_free(&out->text);
    if (out->format == FORMAT_TABLE)
        fprintf(stderr, "%s\n", summary);
    if (!recorder_close(&out->recorder, e))
        return error_exit_code(e->code);
    return fflush(stdout) == 0 ? code : error_exit_code(ERR_CANNOT_CREATE);
}
