/* report_lines.c - the formats of one line each: table, nagios; and tickets, ready to send. */
#include "agent/report_parts.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

/* One value between tabs: printable, so without tab or newline; "-" when there is none. */
static void add_field(struct buf *out, const char *text, char after)
{
    size_t length = strlen(text), size = 4 * length + 1;
    char *printable = mem_new(size, 1);

    str_printable(printable, size, text, length);
    buf_text(out, printable[0] ? printable : "-");
    buf_char(out, after);
    free(printable);
}

static void add_check(struct buf *out, const struct identity *identity, enum check check)
{
    struct check_view view = check_view(identity, check);
    char found[4096];

    strings_join(&view.found, ",", "", found, sizeof found);
    add_field(out, ip_text(&identity->facts.address).s, '\t');
    add_field(out, identity->facts.wanted.s, '\t');
    add_field(out, check_text(check), '\t');
    add_field(out, result_text(identity->judgement.checks[check]), '\t');
    add_field(out, found, '\t');
    add_field(out, view.wanted, '\t');
    add_field(out, view.owner == OWNER_NOBODY ? "" : owner_role_text(view.owner), '\n');
    strings_free(&view.found);
}

void write_table(const struct report *report, const struct style *style, struct buf *out)
{
    (void)style;
    buf_text(out, "address\tname\tcheck\tresult\tfound\twanted\towner\n");
    for (size_t i = 0; i < report->identity_count; i++)
        for (int check = 0; check < CHECK_COUNT; check++)
            add_check(out, &report->identities[i], (enum check)check);
}

/* Exit codes of the Monitoring Plugins guidelines. */
enum { NAGIOS_OK, NAGIOS_WARNING, NAGIOS_CRITICAL, NAGIOS_UNKNOWN };

int report_nagios_code(const struct report *report)
{
    struct tally tally = tally_of(report);

    if (report->error != NULL || report->identity_count == 0)
        return NAGIOS_UNKNOWN;
    if (tally.failed > 0)
        return NAGIOS_CRITICAL;
    if (tally.unknown > 0)
        return NAGIOS_UNKNOWN;
    if (report->exit_code == EXIT_PENDING)
        return NAGIOS_WARNING;
    for (size_t i = 0; i < report->identity_count; i++)
        if (has_warning(&report->identities[i].judgement))
            return NAGIOS_WARNING;
    return NAGIOS_OK;
}

/* The finding to name on the one line: the worst of an identity that counts for this state. */
static const struct identity *worst_identity(const struct report *report, int code)
{
    for (size_t i = 0; i < report->identity_count; i++) {
        const struct identity *identity = &report->identities[i];
        enum verdict verdict = judgement_verdict(&identity->judgement, report->strict);
        if ((code == NAGIOS_CRITICAL && verdict == VERDICT_NOT_ALIGNED) ||
            (code == NAGIOS_UNKNOWN && verdict == VERDICT_UNKNOWN) ||
            (code == NAGIOS_WARNING && has_warning(&identity->judgement)))
            return identity;
    }
    return NULL;
}

static void say_worst(const struct report *report, int code, struct buf *out)
{
    const struct identity *identity = worst_identity(report, code);
    const struct finding *finding;

    if (identity == NULL)
        return;
    finding = worst_finding(&identity->judgement);
    buf_printf(out, ". %s", ip_text(&identity->facts.address).s);
    if (finding != NULL)
        buf_printf(out, " %s: %s", catalog_entry(finding->id)->id, finding->summary);
    else
        buf_text(out, ": not everything could be observed");
}

/* What follows a bar is performance data, so the text holds none. */
static void add_plugin_text(struct buf *out, const char *text)
{
    size_t length = strlen(text), size = 4 * length + 1;
    char *printable = mem_new(size, 1);

    str_printable(printable, size, text, length);
    for (char *bar = printable; (bar = strchr(bar, '|')) != NULL;)
        *bar = '/';
    buf_text(out, printable);
    free(printable);
}

void report_plugin_line(int code, const char *text, size_t aligned, size_t failed, size_t unknown,
                        struct buf *out)
{
    static const char *const states[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    const size_t all = aligned + failed + unknown;

    buf_printf(out, "NAMESAKE %s - ", states[code]);
    add_plugin_text(out, text);
    buf_printf(out, " | aligned=%zu;;;0;%zu failed=%zu;;;0;%zu unknown=%zu;;;0;%zu\n", aligned, all,
               failed, all, unknown, all);
}

void write_nagios(const struct report *report, const struct style *style, struct buf *out)
{
    struct tally tally = tally_of(report);
    int code = report_nagios_code(report);
    struct buf text = BUF_INIT(8192);
    char summary[1024];
    struct report verdicts = *report;

    (void)style;
    verdicts.plan = NULL;
    report_summary(&verdicts, summary, sizeof summary);
    buf_text(&text, summary);
    if (report->error == NULL && code != NAGIOS_OK)
        say_worst(report, code, &text);
    report_plugin_line(code, buf_string(&text), tally.aligned, tally.failed, tally.unknown, out);
    buf_free(&text);
}

/* The letter's own line breaks stay; all else is made printable. */
static void add_letter(struct buf *out, const char *letter)
{
    struct cursor text = cursor_of(letter, strlen(letter)), line;

    while (cursor_line(&text, &line)) {
        size_t length = (size_t)(line.end - line.at), size = 4 * length + 1;
        char *printable = mem_new(size, 1);
        str_printable(printable, size, line.at, length);
        buf_printf(out, "%s\n", printable);
        free(printable);
    }
}

void write_ticket(const struct report *report, const struct style *style, struct buf *out)
{
    static const char between[] =
        "\n------------------------------------------------------------------------\n\n";
    size_t letters = 0;

    (void)style;
    for (size_t i = 0; report->plan != NULL && i < report->plan->count; i++) {
        const struct step *step = &report->plan->steps[i];
        if (step->action != ACTION_ASK || step->ticket == NULL)
            continue;
        buf_text(out, letters++ > 0 ? between : "");
        add_letter(out, step->ticket);
    }
    if (letters > 0)
        return;
    if (report->error != NULL) {
        char summary[1024];
        report_summary(report, summary, sizeof summary);
        buf_text(out, "error: ");
        add_letter(out, summary);
    } else
        buf_text(out, "Nobody has to be asked: no step has to be done by hand.\n");
}
