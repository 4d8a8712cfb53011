/* report_markdown.c - a comment for a change review, safe against what records may hold. */
#include "agent/report_parts.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

enum {
    TAIL_MAX = 2400,     /* kept for counts of what is missing, and the last line */
    TABLES_MAX = 40000,  /* the rest is for the findings */
    FINDINGS_SHOWN = 12, /* of one identity */
    BLOCK_MAX = 1 << 20,
};

/* A document that takes rows as long as they fit, and counts the others. */
struct sheet {
    struct buf *out;
    size_t start; /* what the buffer held before */
    struct buf row;
    size_t missing;
};

static char *printable_of(const char *text)
{
    size_t length = strlen(text), size = 4 * length + 1;
    char *printable = mem_new(size, 1);

    str_printable(printable, size, text, length);
    return printable;
}

/* A value in a code span, where nothing is markup but a backtick, and in tables a bar. */
static void add_code(struct buf *out, const char *text)
{
    char *printable = printable_of(text[0] ? text : "(none)");

    buf_char(out, '`');
    for (const char *p = printable; *p != '\0'; p++) {
        if (*p == '`' || *p == '|')
            buf_printf(out, "\\x%02x", (unsigned)(unsigned char)*p);
        else
            buf_char(out, *p);
    }
    buf_char(out, '`');
    free(printable);
}

/* What GitHub and GitLab make a link of even without markup: http://, www. */
static bool begins_link(const char *at)
{
    return str_starts(at, "://") || (at[0] == '.' && str_lower(at[-1]) == 'w');
}

/* Words outside of code: what could be Markdown, HTML, a mention or a link becomes an entity. */
static void add_words(struct buf *out, const char *text)
{
    static const char special[] = "\\`*_{}[]<>#|~&@$";
    char *printable = printable_of(text);

    for (const char *p = printable; *p != '\0'; p++) {
        if (strchr(special, *p) != NULL || (p > printable && begins_link(p)))
            buf_printf(out, "&#%u;", (unsigned)(unsigned char)*p);
        else
            buf_char(out, *p);
    }
    free(printable);
}

/* Take the row that was made, when it fits below the limit; after the first that does not, none. */
static void take_row(struct sheet *sheet, size_t limit)
{
    size_t used = sheet->out->length - sheet->start;

    if (sheet->missing > 0 || !buf_ok(&sheet->row) || used + sheet->row.length > limit)
        sheet->missing++;
    else
        buf_add(sheet->out, sheet->row.data, sheet->row.length);
    buf_clear(&sheet->row);
}

/* End a part with the count of what did not fit. */
static void end_part(struct sheet *sheet, const char *one, const char *many)
{
    if (sheet->missing > 0)
        buf_printf(sheet->out, "\n%s not shown here.\n", count_text(sheet->missing, one, many).s);
    buf_char(sheet->out, '\n');
    sheet->missing = 0;
}

static const char *heading_of_run(const struct report *report)
{
    if (report->changed < plan_changes(report->plan))
        return "NOT DONE";
    return plan_count(report->plan, ACTION_ASK) > 0 ? "DONE, THE REST BY HAND" : "DONE";
}

static const char *heading_of(const struct report *report)
{
    struct tally tally = tally_of(report);
    bool steps = report->plan != NULL && report->plan->count > 0;

    if (report->error != NULL)
        return "ERROR";
    if (steps && is_result(report))
        return heading_of_run(report);
    if (tally.failed > 0)
        return "NOT ALIGNED";
    if (tally.unknown > 0)
        return "UNKNOWN";
    if (report->identity_count > 0)
        return "ALIGNED";
    if (report->plan == NULL)
        return "UNKNOWN";
    return steps ? "CHANGES" : "NO CHANGES";
}

static void add_item(struct buf *out, const char *label, const char *text, bool code)
{
    if (text[0] == '\0')
        return;
    buf_printf(out, "- %s: ", label);
    if (code)
        add_code(out, text);
    else
        add_words(out, text);
    buf_char(out, '\n');
}

static void write_head(struct sheet *sheet, const struct report *report)
{
    const struct error *error = report->error;
    struct buf *out = sheet->out;
    const char *command = report->command != NULL ? report->command : "";
    char summary[1024];

    report_summary(report, summary, sizeof summary);
    buf_printf(out, "<!-- namesake:%s -->\n## namesake %s: %s\n\n", command, command,
               heading_of(report));
    if (error == NULL) {
        add_words(out, summary);
        buf_text(out, "\n\n");
        return;
    }
    add_item(out, "error", error_headline(error), true);
    add_item(out, "id", error_id(error->code), true);
    add_item(out, "why", error->what[0] ? error->why : "", true);
    add_item(out, "who", error->who[0] ? error->who : error_default_who(error->code), false);
    add_item(out, "done", report->done[0] ? report->done : "nothing was changed", true);
    add_item(out, "next", error->next, true);
    add_item(out, "or", error->alt, true);
    buf_char(out, '\n');
}

static void add_values(struct buf *out, const struct strings *values)
{
    if (values->count == 0)
        buf_text(out, "(none)");
    for (size_t i = 0; i < values->count; i++) {
        buf_text(out, i > 0 ? ", " : "");
        add_code(out, values->v[i]);
    }
}

static void make_step_row(struct buf *row, const struct report *report, size_t index)
{
    const struct step *step = &report->plan->steps[index];
    struct holder_text holder = step_holder(step);

    buf_printf(row, "| %zu | `%c` | %s | ", index + 1, step_sign(step->action),
               step_kind_text(step->kind));
    add_code(row, step_subject(step));
    buf_text(row, " | ");
    add_values(row, &step->before);
    buf_text(row, " | ");
    add_values(row, &step->after);
    buf_text(row, " | ");
    add_words(row, holder.s);
    buf_text(row, " |");
    if (report->outcomes != NULL)
        buf_printf(row, " %s |", step_state_text(report->outcomes[index].state));
    buf_char(row, '\n');
}

static void write_changes(struct sheet *sheet, const struct report *report)
{
    bool states = report->outcomes != NULL;

    if (report->plan == NULL || report->plan->count == 0)
        return;
    buf_printf(sheet->out, "| step | | kind | what | before | after | by |%s\n",
               states ? " state |" : "");
    buf_printf(sheet->out, "| ---: | --- | --- | --- | --- | --- | --- |%s\n",
               states ? " --- |" : "");
    for (size_t i = 0; i < report->plan->count; i++) {
        make_step_row(&sheet->row, report, i);
        take_row(sheet, TABLES_MAX);
    }
    end_part(sheet, "more step is", "more steps are");
}

static enum verdict verdict_of(const struct report *report, size_t index)
{
    return judgement_verdict(&report->identities[index].judgement, report->strict);
}

static void make_identity_row(struct buf *row, const struct report *report, size_t index)
{
    const struct identity *identity = &report->identities[index];

    buf_text(row, "| ");
    add_code(row, ip_text(&identity->facts.address).s);
    buf_text(row, " | ");
    add_code(row, identity->facts.wanted.s[0] ? identity->facts.wanted.s : "(undecided)");
    for (int check = 0; check < CHECK_COUNT; check++)
        buf_printf(row, " | %s", result_text(identity->judgement.checks[check]));
    buf_printf(row, " | %s |\n", verdict_text(verdict_of(report, index)));
}

/* The order in which identities matter: what has to be repaired comes first. */
static const enum verdict order[] = {VERDICT_NOT_ALIGNED, VERDICT_UNKNOWN, VERDICT_ALIGNED};
enum { ORDER_COUNT = sizeof order / sizeof order[0] };

static void write_addresses(struct sheet *sheet, const struct report *report)
{
    if (report->identity_count == 0)
        return;
    buf_text(sheet->out, "| address | wanted name | ptr | banner | helo | forward | path | verdict "
                         "|\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    for (size_t o = 0; o < ORDER_COUNT; o++) {
        for (size_t i = 0; i < report->identity_count; i++) {
            if (verdict_of(report, i) != order[o])
                continue;
            make_identity_row(&sheet->row, report, i);
            take_row(sheet, TABLES_MAX);
        }
    }
    end_part(sheet, "more address is", "more addresses are");
}

static void add_finding(struct buf *out, const struct finding *finding)
{
    buf_printf(out, "- **%s** `%s`: ", severity_text(finding->severity),
               catalog_entry(finding->id)->id);
    add_code(out, finding->summary);
    buf_char(out, '\n');
    buf_text(out, finding->why[0] ? "  " : "");
    add_item(out, "why", finding->why, false);
    buf_text(out, finding->who[0] ? "  " : "");
    add_item(out, "who", finding->who, false);
    buf_text(out, finding->next[0] ? "  " : "");
    add_item(out, "next", finding->next, true);
    buf_text(out, finding->alt[0] ? "  " : "");
    add_item(out, "or", finding->alt, true);
}

/* The findings of one identity, folded away, the gravest first. */
static void make_details(struct buf *row, const struct report *report, size_t index)
{
    const struct identity *identity = &report->identities[index];
    const struct judgement *judged = &identity->judgement;
    size_t shown = 0;

    buf_printf(row, "<details>\n<summary>%s: %s, %s</summary>\n\n",
               ip_text(&identity->facts.address).s, verdict_text(verdict_of(report, index)),
               count_text(judged->count, "finding", "findings").s);
    for (int severity = 0; severity < SEVERITY_COUNT; severity++) {
        for (size_t i = 0; i < judged->count && shown < FINDINGS_SHOWN; i++) {
            if ((int)judged->findings[i].severity != severity)
                continue;
            add_finding(row, &judged->findings[i]);
            shown++;
        }
    }
    if (shown < judged->count)
        buf_printf(row, "- %s not shown here\n",
                   count_text(judged->count - shown, "more finding is", "more findings are").s);
    buf_text(row, "\n</details>\n");
}

static void write_findings(struct sheet *sheet, const struct report *report)
{
    bool any = false;

    for (size_t o = 0; o < ORDER_COUNT; o++) {
        for (size_t i = 0; i < report->identity_count; i++) {
            if (verdict_of(report, i) != order[o] || report->identities[i].judgement.count == 0)
                continue;
            make_details(&sheet->row, report, i);
            take_row(sheet, REPORT_MARKDOWN_MAX - TAIL_MAX);
            any = true;
        }
    }
    if (any)
        end_part(sheet, "more address with findings is", "more addresses with findings are");
}

void write_markdown(const struct report *report, const struct style *style, struct buf *out)
{
    struct sheet sheet = {.out = out, .start = out->length, .row = BUF_INIT(BLOCK_MAX)};
    char next[384];

    (void)style;
    write_head(&sheet, report);
    write_changes(&sheet, report);
    write_addresses(&sheet, report);
    write_findings(&sheet, report);
    if (undo_command(report)[0])
        buf_printf(out, "Undo: `%s`\n\n", undo_command(report));
    report_next(report, next, sizeof next);
    if (next[0]) {
        buf_text(out, "Next: ");
        add_code(out, next);
        buf_char(out, '\n');
    }
    buf_free(&sheet.row);
}
