/* report_text.c - what a tired operator reads: identities, findings, the end of a run. */
#include "agent/report_parts.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "agent/report_page.h"
#include "agent/report_trace.h"
#include "agent/report_triangle.h"

enum {
    PICTURES_MAX = 3,   /* more identities than that are a table */
    VERDICT_MARGIN = 1, /* the last column stays free */
    UNKNOWN_SHOWN = 10,
    FINDING_INDENT = 4,
    FINDING_HANG = 10,
};

static const struct {
    const char *text;
    enum paint paint;
} verdicts[] = {
    [VERDICT_ALIGNED] = {"ALIGNED", PAINT_GREEN},
    [VERDICT_NOT_ALIGNED] = {"NOT ALIGNED", PAINT_RED},
    [VERDICT_UNKNOWN] = {"UNKNOWN", PAINT_YELLOW},
};

static void write_wanted(struct page *page, const struct facts *facts)
{
    page_text(page, "wanted: ");
    page_text(page, facts->wanted.s[0] ? facts->wanted.s : "(undecided)");
    if (facts->wanted.s[0] && facts->wanted_from[0]) {
        page_text(page, " ");
        page_paint(page, PAINT_DIM, "(");
        page_paint(page, PAINT_DIM, facts->wanted_from);
        page_paint(page, PAINT_DIM, ")");
    }
}

/* Address, wanted name and verdict on one line; the name on the next where it is too long. */
static void write_headline(struct page *page, const struct facts *facts, enum verdict verdict)
{
    const char *word = verdicts[verdict].text;
    struct buf scratch = BUF_INIT(4096);
    struct page measure = page_open(page->style, &scratch);
    size_t verdict_at = page->width - VERDICT_MARGIN - strlen(word);
    bool fits;

    write_wanted(&measure, facts);
    page_text(page, ip_text(&facts->address).s);
    fits = page->column + 3 + measure.column + 2 <= verdict_at;
    if (fits) {
        page_text(page, "   ");
        write_wanted(page, facts);
    }
    page_to(page, verdict_at);
    page_paint(page, verdicts[verdict].paint, word);
    page_end(page);
    if (!fits) {
        page_to(page, 2);
        write_wanted(page, facts);
        page_end(page);
    }
    buf_free(&scratch);
}

static void write_finding(struct page *page, const struct finding *finding)
{
    static const struct {
        const char *word;
        enum paint paint;
    } severities[SEVERITY_COUNT] = {
        [SEVERITY_FAIL] = {"FAIL", PAINT_RED},
        [SEVERITY_UNKNOWN] = {"UNKNOWN", PAINT_YELLOW},
        [SEVERITY_WARN] = {"WARN", PAINT_YELLOW},
        [SEVERITY_INFO] = {"INFO", PAINT_DIM},
    };

    page_text(page, "  ");
    page_paint(page, severities[finding->severity].paint, severities[finding->severity].word);
    page_printf(page, " %s:", catalog_entry(finding->id)->id);
    page_to(page, page->column + 1);
    page_wrap(page, FINDING_HANG, finding->summary);
    page_end(page);
    if (finding->severity == SEVERITY_INFO)
        return; /* nothing has to be done about it */
    page_field(page, FINDING_INDENT, "why", finding->why);
    page_field(page, FINDING_INDENT, "who", finding->who);
    page_commands(page, FINDING_INDENT, finding->next, finding->alt);
}

/* The gravest first; of an aligned identity what may become a fault, and nothing else. */
static void write_findings(struct page *page, const struct judgement *judged, bool aligned)
{
    int first = aligned ? SEVERITY_WARN : SEVERITY_FAIL;
    int last = aligned ? SEVERITY_WARN : SEVERITY_INFO;

    for (int severity = first; severity <= last; severity++) {
        for (size_t i = 0; i < judged->count; i++) {
            if ((int)judged->findings[i].severity != severity)
                continue;
            page_end(page);
            write_finding(page, &judged->findings[i]);
        }
    }
}

static void write_identity(struct page *page, const struct identity *identity, bool strict)
{
    enum verdict verdict = judgement_verdict(&identity->judgement, strict);

    write_headline(page, &identity->facts, verdict);
    if (!facts_from_here(&identity->facts)) {
        page_printf(page, "  seen from %s", identity->facts.vantage);
        page_end(page);
    }
    page_end(page);
    triangle_write(page, identity);
    write_findings(page, &identity->judgement, verdict == VERDICT_ALIGNED);
}

void report_identity(const struct identity *identity, bool strict, const struct style *style,
                     struct buf *out)
{
    struct page page = page_open(style, out);

    write_identity(&page, identity, strict);
}

struct widths {
    size_t address, name;
};

/* Room for addresses and names, as far as the checks and the verdict leave any. */
static struct widths table_widths(const struct page *page, const struct report *report)
{
    static const char rest[] = "  ptr  banner  helo  forward  path  not aligned";
    struct widths widths = {strlen("address"), strlen("name")};
    size_t room = page->screen > strlen(rest) + 2 ? page->screen - strlen(rest) - 2 : 0;

    for (size_t i = 0; i < report->identity_count; i++) {
        const struct facts *facts = &report->identities[i].facts;
        size_t address = strlen(ip_text(&facts->address).s);
        size_t name = page_columns(page, facts->wanted.s);
        widths.address = address > widths.address ? address : widths.address;
        widths.name = name > widths.name ? name : widths.name;
    }
    if (widths.address + widths.name > room && widths.address + strlen("mail.example") < room)
        widths.name = room - widths.address;
    return widths;
}

static void write_row(struct page *page, const struct identity *identity,
                      const struct widths *widths, bool strict)
{
    enum verdict verdict = judgement_verdict(&identity->judgement, strict);
    const struct facts *facts = &identity->facts;
    size_t at = widths->address + 2 + widths->name;

    page_text(page, ip_text(&facts->address).s);
    page_to(page, widths->address + 2);
    page_text(page, facts->wanted.s[0] ? facts->wanted.s : "(undecided)");
    if (page->column > at) { /* a longer name has a line of its own */
        page_end(page);
        page_to(page, at);
    }
    for (int check = 0; check < CHECK_COUNT; check++) {
        page_to(page, at + 2);
        page_result(page, identity->judgement.checks[check]);
        at += 2 + strlen(check_text((enum check)check));
    }
    page_to(page, at + 2);
    page_paint(page, verdicts[verdict].paint,
               verdict == VERDICT_NOT_ALIGNED ? "not aligned" : verdict_text(verdict));
    page_end(page);
}

static void write_identities_table(struct page *page, const struct report *report)
{
    struct widths widths = table_widths(page, report);

    page_paint(page, PAINT_DIM, "address");
    page_to(page, widths.address + 2);
    page_paint(page, PAINT_DIM, "name");
    page_to(page, widths.address + 2 + widths.name);
    for (int check = 0; check < CHECK_COUNT; check++) {
        page_text(page, "  ");
        page_paint(page, PAINT_DIM, check_text((enum check)check));
    }
    page_text(page, "  ");
    page_paint(page, PAINT_DIM, "verdict");
    page_end(page);
    for (size_t i = 0; i < report->identity_count; i++)
        write_row(page, &report->identities[i], &widths, report->strict);
    page_end(page);
}

/* Few identities are pictures; of many, those that need to be looked at. */
static void write_identities(struct page *page, const struct report *report, bool all)
{
    bool table = report->identity_count > PICTURES_MAX;

    if (table && all)
        write_identities_table(page, report);
    for (size_t i = 0; i < report->identity_count; i++) {
        const struct identity *identity = &report->identities[i];
        if ((table || !all) &&
            judgement_verdict(&identity->judgement, report->strict) == VERDICT_ALIGNED)
            continue;
        write_identity(page, identity, report->strict);
        page_end(page);
    }
}

/* The places that looked, "here and fra"; "here" when the facts do not tell. */
static void vantages(const struct report *report, struct buf *out)
{
    struct strings seen = {0};

    for (size_t i = 0; i < report->identity_count; i++) {
        const struct rrset_facts *ptr = &report->identities[i].facts.reverse.ptr;
        for (size_t k = 0; k < ptr->seen_count; k++)
            if (ptr->seen[k].vantage[0])
                strings_add_new(&seen, ptr->seen[k].vantage);
    }
    if (seen.count == 0)
        strings_add(&seen, "here");
    enumerate(&seen, out);
    strings_free(&seen);
}

/* Places that could not look; nothing that is told is theirs. */
static void write_unreached(struct page *page, const struct report *report)
{
    for (size_t i = 0; i < report->vantage_count; i++) {
        const struct vantage *vantage = report->vantages[i];
        if (vantage->reached)
            continue;
        page_paint(page, PAINT_YELLOW, "Not seen");
        page_printf(page, " from %s: ", vantage->id);
        page_wrap(page, 2, vantage->why);
        page_end(page);
        page_commands(page, 2, vantage->next, "");
    }
}

/* What is not known is never planned for (style section 2), and that has to be seen. */
static void write_unknown(struct page *page, const struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->identity_count; i++) {
        const struct identity *identity = &report->identities[i];
        const struct finding *worst = worst_finding(&identity->judgement);
        if (identity->judgement.verdict != VERDICT_UNKNOWN || ++count > UNKNOWN_SHOWN)
            continue;
        page_paint(page, PAINT_YELLOW, "Not planned");
        page_printf(page, " for %s: ", ip_text(&identity->facts.address).s);
        page_wrap(page, 2, worst != NULL ? worst->summary : "not everything could be observed");
        page_end(page);
    }
    if (count > UNKNOWN_SHOWN) {
        page_printf(page, "Not planned for %zu more addresses.", count - UNKNOWN_SHOWN);
        page_end(page);
    }
}

static void write_summary(struct page *page, const struct report *report)
{
    char text[1024];

    report_summary(report, text, sizeof text);
    page_wrap(page, 0, text);
    page_end(page);
}

static void write_verdicts(struct page *page, const struct report *report)
{
    bool verify = is_command(report, "verify");
    struct buf where = BUF_INIT(SIZE_MAX - 1);

    write_identities(page, report, !verify);
    write_unreached(page, report);
    if (!verify || report->identity_count == 0 || tally_of(report).aligned < tally_of(report).all) {
        write_summary(page, report);
        return;
    }
    vantages(report, &where);
    page_printf(page, "Aligned, seen from %s.", buf_string(&where));
    page_end(page);
    buf_free(&where);
}

static void write_plan_report(struct page *page, const struct report *report)
{
    if (report->plan->count > 0) {
        report_plan(report->plan, report->plan_name, page->style, page->out);
        write_unknown(page, report);
        return;
    }
    write_identities(page, report, false);
    write_summary(page, report);
}

static void write_outcomes(struct page *page, const struct report *report)
{
    static const char *const states[STEP_STATES] = {"open", "done", "wait", "fail"};

    for (size_t i = 0; i < report->plan->count; i++) {
        const struct step_outcome *outcome = &report->outcomes[i];
        struct str_duration_text took = str_duration_text(outcome->seconds);
        bool begun = outcome->state != STEP_OPEN;
        if (report->plan->steps[i].action != ACTION_ASK)
            report_step(&report->plan->steps[i], states[outcome->state], begun ? took.s : "",
                        outcome->detail, page->style, page->out);
    }
}

/* The end of apply and rollback; the plan and its steps were shown on the way. */
static void write_result(struct page *page, const struct report *report)
{
    size_t by_hand = plan_count(report->plan, ACTION_ASK);
    const char *undo = undo_command(report);

    if (report->outcomes != NULL && !report->streamed)
        write_outcomes(page, report);
    else if (report->error != NULL && report->changed == 0)
        return; /* the error says it */
    page_text(page, changed_text(report).s);
    if (undo[0])
        page_printf(page, " Undo: %s", undo);
    page_end(page);
    if (by_hand == 0)
        return;
    page_printf(page, "%zu left to be done by hand%s", by_hand,
                report->next[0] ? ": namesake ticket" : ".");
    page_end(page);
}

void write_text(const struct report *report, const struct style *style, struct buf *out)
{
    struct page page = page_open(style, out);
    bool plan = report->plan != NULL;
    char next[384];

    if (is_command(report, "ticket") && plan && report->error == NULL) {
        write_ticket(report, style, out);
        return;
    }
    report_probes(&page, report);
    if (plan && report->plan->count > 0 && is_result(report))
        write_result(&page, report);
    else if (report->error == NULL && plan)
        write_plan_report(&page, report);
    else if (report->error == NULL || report->identity_count > 0)
        write_verdicts(&page, report);
    if (report->error != NULL)
        return;
    report_next(report, next, sizeof next);
    page_next(&page, next);
}

void report_error(const struct error *error, const char *done, const struct style *style,
                  struct buf *out)
{
    struct page page = page_open(style, out);
    bool has_what = error->what[0] != '\0';

    page_paint(&page, PAINT_RED, "error:");
    page_text(&page, " ");
    page_wrap(&page, 2, error_headline(error));
    page_printf(&page, " [%s]", error_id(error->code));
    page_end(&page);
    if (has_what && error->why[0])
        page_field(&page, 2, "why", error->why);
    page_field(&page, 2, "who", error->who[0] ? error->who : error_default_who(error->code));
    page_field(&page, 2, "done", done[0] ? done : "nothing was changed");
    page_commands(&page, 2, error->next, error->alt);
}
