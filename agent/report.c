/* report.c - the formats by name, and what a report comes down to: summary, next, exit code. */
#include "agent/report.h"

#include <stdio.h>
#include <string.h>

#include "agent/report_parts.h"

static const struct {
    const char *name;
    void (*write)(const struct report *, const struct style *, struct buf *);
} formats[] = {
    [FORMAT_TEXT] = {"text", write_text},
    [FORMAT_TABLE] = {"table", write_table},
    [FORMAT_JSON] = {"json", write_json},
    [FORMAT_JSONL] = {"jsonl", write_jsonl},
    [FORMAT_MARKDOWN] = {"markdown", write_markdown},
    [FORMAT_NAGIOS] = {"nagios", write_nagios},
    [FORMAT_TICKET] = {"ticket", write_ticket},
};

_Static_assert(sizeof formats / sizeof formats[0] == FORMAT_COUNT, "one row per format");

bool format_parse(const char *text, enum format *out)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (str_equal(formats[i].name, text)) {
            *out = (enum format)i;
            return true;
        }
    }
    return false;
}

const char *format_text(enum format format)
{
    return formats[format].name;
}

const char *format_names(void)
{
    return "text, table, json, jsonl, markdown, nagios, ticket";
}

void report_write(const struct report *report, enum format format, const struct style *style,
                  struct buf *out)
{
    formats[format].write(report, style, out);
}

static void say_verdicts(const struct report *report, char *out, size_t size)
{
    struct tally tally = tally_of(report);

    snprintf(out, size, "%s: %zu aligned, %zu not aligned, %zu unknown",
             count_text(tally.all, "address", "addresses").s, tally.aligned, tally.failed,
             tally.unknown);
}

/* The name that all identities are wanted to carry; NULL when they differ or one has none. */
static const char *common_name(const struct report *report)
{
    for (size_t i = 0; i < report->identity_count; i++)
        if (report->identities[i].facts.wanted.s[0] == '\0' ||
            !name_equal(&report->identities[i].facts.wanted, &report->identities[0].facts.wanted))
            return NULL;
    return report->identity_count > 0 ? report->identities[0].facts.wanted.s : NULL;
}

/* "All addresses identify" is said only of what was seen to do so. */
static void say_no_changes(const struct report *report, char *out, size_t size)
{
    size_t count = report->identity_count, aligned = tally_of(report).aligned;
    const char *name = common_name(report);

    if (name == NULL)
        name = count == 1 ? "its name" : "their names";
    if (count == 0)
        snprintf(out, size, "No changes.");
    else if (aligned < count && count == 1)
        snprintf(out, size, "No changes, but %s cannot be said to identify as %s.",
                 ip_text(&report->identities[0].facts.address).s, name);
    else if (aligned < count)
        snprintf(out, size,
                 "No changes, but %zu of %zu addresses cannot be said to identify as %s.",
                 count - aligned, count, name);
    else if (count == 1)
        snprintf(out, size, "No changes. %s already identifies as %s.",
                 ip_text(&report->identities[0].facts.address).s, name);
    else
        snprintf(out, size, "No changes. All %zu addresses already identify as %s.", count, name);
}

static void say_error(const struct error *error, char *out, size_t size)
{
    if (error->what[0] && error->why[0])
        snprintf(out, size, "%s: %s", error->what, error->why);
    else
        str_cut(out, size, error_headline(error));
}

void report_summary(const struct report *report, char *out, size_t size)
{
    if (report->error != NULL)
        say_error(report->error, out, size);
    else if (report->plan == NULL)
        say_verdicts(report, out, size);
    else if (report->plan->count == 0)
        say_no_changes(report, out, size);
    else if (is_result(report))
        str_cut(out, size, changed_text(report).s);
    else
        snprintf(out, size, "%s.", plan_counts_text(report->plan).s);
}

static void next_of_plan(const struct report *report, char *out, size_t size)
{
    const struct plan *plan = report->plan;
    bool by_hand = plan_count(plan, ACTION_ASK) > 0;

    if (is_result(report))
        str_cut(out, size, by_hand ? "namesake ticket" : "");
    else if (plan_changes(plan) > 0)
        snprintf(out, size, "namesake apply --approve %s%s", plan->id,
                 report->again != NULL ? report->again : "");
    else if (by_hand && !is_command(report, "ticket"))
        str_cut(out, size, "namesake ticket");
}

static void next_of_findings(const struct report *report, char *out, size_t size)
{
    const struct finding *worst = NULL;

    for (size_t i = 0; i < report->identity_count; i++) {
        const struct judgement *judged = &report->identities[i].judgement;
        const struct finding *finding = worst_finding(judged);
        if (finding == NULL || judgement_verdict(judged, report->strict) == VERDICT_ALIGNED)
            continue;
        if (worst == NULL || finding->severity < worst->severity)
            worst = finding;
    }
    if (worst != NULL)
        str_cut(out, size, worst->next);
}

void report_next(const struct report *report, char *out, size_t size)
{
    str_cut(out, size, report->next);
    if (report->next[0] != '\0')
        return;
    if (report->error != NULL)
        str_cut(out, size, report->error->next);
    else if (report->plan != NULL && report->plan->count > 0)
        next_of_plan(report, out, size);
    else
        next_of_findings(report, out, size);
}

int report_exit_code(const struct identity *identities, size_t count, bool strict)
{
    struct report report = {.identities = identities, .identity_count = count, .strict = strict};
    struct tally tally = tally_of(&report);

    if (tally.failed > 0)
        return EXIT_NO;
    return tally.unknown > 0 || count == 0 ? EXIT_UNKNOWN : EXIT_YES;
}
