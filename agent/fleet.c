/* fleet.c - a stream of targets in, a stream of judgements out. */
#include "agent/fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/ability.h"
#include "agent/base/json.h"
#include "agent/report_events.h"

#define LINE_MAX_BYTES 4096
#define PIECE_MAX (1U << 20) /* of one identity in any format */

struct fleet {
    struct session *session;
    FILE *file;
    enum format format;
    size_t line, bad, counted[3]; /* lines read, lines not understood, identities by verdict */
    size_t findings[FIND_COUNT];
    struct events events;
    struct buf out;
};

static void flush_out(struct fleet *fleet)
{
    fwrite(buf_string(&fleet->out), 1, fleet->out.length, stdout);
    buf_clear(&fleet->out);
}

/* A line that is no target: told at once, and counted; the others go on. */
static void report_line(struct fleet *fleet, const char *why)
{
    struct error e = {0};

    fleet->bad++;
    fail(&e, ERR_NO_INPUT, "%s", why);
    error_what(&e, "line %zu of %s is no target", fleet->line, fleet->session->options->from);
    error_next(&e, "echo 203.0.113.25 mail.example.com | namesake audit --from -");
    if (fleet->format == FORMAT_JSONL)
        events_error(&fleet->events, &e, fleet->session->done);
    report_error(&e, fleet->session->done, &fleet->session->style, &fleet->out);
    fputs(buf_string(&fleet->out), stderr);
    buf_clear(&fleet->out);
}

static bool set_target(const char *address, const char *wanted, struct target *out, char *why,
                       size_t size)
{
    enum name_fault fault;

    *out = (struct target){.mta = "auto"};
    if (!ip_parse(address, &out->address)) {
        str_format(why, size, "\"%.80s\" is no address", address);
        return false;
    }
    if (*wanted == '\0')
        return true;
    fault = name_parse_host(wanted, &out->wanted);
    str_cut(out->wanted_from, sizeof out->wanted_from, "target");
    if (fault == NAME_GOOD || fault == NAME_PRIVATE_SUFFIX)
        return true;
    str_format(why, size, "the name \"%.80s\" %s", wanted, name_fault_text(fault));
    return false;
}

static bool parse_object(const char *line, struct target *out, char *why, size_t size)
{
    struct error e = {0};
    json_t *object = json_parse(line, strlen(line), &e);
    bool ok;

    if (object == NULL) {
        str_cut(why, size, e.why);
        return false;
    }
    ok = set_target(json_string_or(object, "address", ""), json_string_or(object, "wanted", ""),
                    out, why, size);
    json_decref(object);
    return ok;
}

static bool parse_words(const char *line, struct target *out, char *why, size_t size)
{
    struct cursor c = cursor_of(line, strlen(line)), word;
    char words[2][300] = {"", ""};

    for (size_t i = 0; i < 2 && cursor_word(&c, &word); i++)
        if (!cursor_copy(&word, words[i], sizeof words[i])) {
            str_cut(why, size, "a word is longer than any name");
            return false;
        }
    return set_target(words[0], words[1], out, why, size);
}

/* The next line without its end; a line that is too long is cut, and so is no target. */
static bool read_line(struct fleet *fleet, char *line, size_t size)
{
    size_t length;

    if (fgets(line, (int)size, fleet->file) == NULL)
        return false;
    fleet->line++;
    length = strlen(line);
    if (length > 0 && line[length - 1] != '\n')
        for (int c = getc(fleet->file); c != EOF && c != '\n';)
            c = getc(fleet->file);
    line[strcspn(line, "\r\n")] = '\0';
    return true;
}

static bool is_left_out(const struct fleet *fleet, const struct target *target)
{
    enum ip_family family = fleet->session->options->family;

    return family != IP_NONE && family != target->address.family;
}

static enum supply next_line(void *arg, struct target *out)
{
    struct fleet *fleet = arg;
    char line[LINE_MAX_BYTES], why[300];

    while (read_line(fleet, line, sizeof line)) {
        const char *text = line + strspn(line, " \t");
        if (*text == '\0' || *text == '#')
            continue;
        if (!(*text == '{' ? parse_object(text, out, why, sizeof why)
                           : parse_words(text, out, why, sizeof why)))
            report_line(fleet, why);
        else if (!is_left_out(fleet, out)) {
            targets_configure(&fleet->session->config, fleet->session->options->name, out);
            return SUPPLY_TARGET;
        }
    }
    return SUPPLY_END;
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
    flush_out(fleet);
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
    fleet->counted[judgement_verdict(&identity.judgement, fleet->session->config.strict)]++;
    for (size_t i = 0; i < identity.judgement.count; i++)
        fleet->findings[identity.judgement.findings[i].id]++;
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

/* What was found how often, and whose it is to repair. */
static void write_summary(struct fleet *fleet, const char *summary)
{
    buf_printf(&fleet->out, "\n");
    for (int i = 0; i < FIND_COUNT; i++) {
        const struct catalog_entry *entry = catalog_entry((enum finding_id)i);
        if (fleet->findings[i] > 0)
            buf_printf(&fleet->out, "  %6zu  %-20s %s\n", fleet->findings[i], entry->id,
                       owner_role_words(entry->owner));
    }
    buf_printf(&fleet->out, "%s\n", summary);
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
        buf_printf(&fleet->out,
                   "\n],\"diagnostics\":[],\"ok\":%s,\"exit_code\":%d,\"summary\":\"%s\"}\n",
                   code == EXIT_YES ? "true" : "false", code, summary);
    else if (fleet->format == FORMAT_TEXT)
        write_summary(fleet, summary);
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
              fleet->format == FORMAT_JSON || fleet->format == FORMAT_JSONL;
    if (streams && options->output_count <= 1 &&
        (options->output_count == 0 || options->outputs[0].file == NULL))
        return true;
    return fail(e, ERR_USAGE,
                "with --from, results stream to standard output as text, table, json "
                "or jsonl");
}

static bool open_list(struct fleet *fleet, struct error *e)
{
    const char *path = fleet->session->options->from;

    fleet->file = str_equal(path, "-") ? stdin : fopen(path, "re");
    if (fleet->file != NULL)
        return true;
    fail(e, ERR_NO_INPUT, "%s", strerror(errno));
    return error_what(e, "cannot read the targets in %s", path);
}

int fleet_audit(struct session *session)
{
    struct fleet fleet = {.session = session, .out = BUF_INIT(PIECE_MAX)};
    struct error e = {0};
    int64_t deadline_ms = 0;
    int code;

    fleet.events = (struct events){.out = &fleet.out, .now = time(NULL)};
    if (!choose_format(&fleet, &e) || !open_list(&fleet, &e))
        return session_fail(session, &e);
    if (session->options->timeout_s > 0)
        deadline_ms = loop_now_ms(session->collector.loop) + session->options->timeout_s * 1000;
    session->collector.brief = true;
    begin(&fleet);
    if (!collect_run(&session->collector, next_line, take_one, &fleet, deadline_ms) &&
        loop_stop_signal() == 0)
        fprintf(stderr, "Stopped by --timeout; what was complete by then is above.\n");
    code = end(&fleet);
    if (fleet.file != stdin)
        (void)fclose(fleet.file);
    buf_free(&fleet.out);
    return code;
}
