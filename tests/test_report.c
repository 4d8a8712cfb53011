/* test_report.c - reports: golden files of tests/cases/report, and rows for the rest. */
#include "agent/report.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/report_page.h"
#include "tests/support/report_case.h"
#include "tests/support/unit.h"

#define CASES "cases/report"
#define OUT_MAX (64 << 20)

/* NAME.given.json is written in every way for which NAME.SUFFIX exists. */
static const struct {
    const char *suffix;
    enum format format;
    struct style style;
} ways[] = {
    {"text", FORMAT_TEXT, {.width = 80}},
    {"narrow", FORMAT_TEXT, {.width = 60}},
    {"wide", FORMAT_TEXT, {.width = 160}},
    {"ascii", FORMAT_TEXT, {.width = 80, .ascii = true}},
    {"color", FORMAT_TEXT, {.width = 80, .color = true}},
    {"error", FORMAT_COUNT, {.width = 80}},
    {"table", FORMAT_TABLE, {0}},
    {"json", FORMAT_JSON, {0}},
    {"md", FORMAT_MARKDOWN, {0}},
    {"nagios", FORMAT_NAGIOS, {0}},
    {"ticket", FORMAT_TICKET, {0}},
};

/* The program's version would change every document with each release. */
static void hide_version(struct buf *text)
{
    static const char version[] = "\"namesake\": \"" NAMESAKE_VERSION "\"";
    const char *at = strstr(buf_string(text), version);
    struct buf out = BUF_INIT(OUT_MAX);

    if (at == NULL)
        return;
    buf_add(&out, text->data, (size_t)(at - text->data));
    buf_printf(&out, "\"namesake\": \"VERSION\"%s", at + strlen(version));
    buf_free(text);
    *text = out;
}

static void write_way(const struct report *report, size_t way, struct buf *out)
{
    if (ways[way].format == FORMAT_COUNT && report->error != NULL)
        report_error(report->error, report->done, &ways[way].style, out);
    else if (ways[way].format != FORMAT_COUNT)
        report_write(report, ways[way].format, &ways[way].style, out);
    hide_version(out);
}

/* With NAMESAKE_GOLDEN=write what exists is written anew, to be read and judged by a person. */
static void compare(const char *path, const struct buf *got)
{
    const char *golden = getenv("NAMESAKE_GOLDEN");
    struct buf want = BUF_INIT(OUT_MAX);
    struct error e = {0};

    if (golden != NULL && strcmp(golden, "write") == 0)
        ck_assert(file_replace(path, buf_string(got), got->length, 0644, &e));
    ck_assert(file_read(path, &want, &e));
    ck_assert_msg(str_equal(buf_string(&want), buf_string(got)), "%s\n--- want\n%s--- got\n%s",
                  path, buf_string(&want), buf_string(got));
    buf_free(&want);
}

static bool exists(const char *path)
{
    FILE *file = fopen(path, "r");

    if (file != NULL)
        fclose(file);
    return file != NULL;
}

static size_t check_case(const char *name)
{
    struct report_case given;
    char path[512];
    size_t compared = 0;

    snprintf(path, sizeof path, CASES "/%s.given.json", name);
    report_case_read(path, &given);
    for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++) {
        struct buf got = BUF_INIT(OUT_MAX);
        snprintf(path, sizeof path, CASES "/%s.%s", name, ways[way].suffix);
        if (!exists(path))
            continue;
        write_way(&given.report, way, &got);
        compare(path, &got);
        compared++;
        buf_free(&got);
    }
    report_case_free(&given);
    return compared;
}

START_TEST(golden_files)
{
    DIR *folder = opendir(CASES);
    const struct dirent *entry;
    size_t cases = 0;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        char name[256];
        str_cut(name, sizeof name, entry->d_name);
        if (!str_ends(name, ".given.json"))
            continue;
        name[strlen(name) - strlen(".given.json")] = '\0';
        ck_assert_msg(check_case(name) > 0, "%s: nothing to compare with", name);
        cases++;
    }
    closedir(folder);
    ck_assert_uint_gt(cases, 0);
}
END_TEST

START_TEST(format_names_are_read)
{
    enum format format = FORMAT_COUNT;

    for (int i = 0; i < FORMAT_COUNT; i++) {
        ck_assert(format_parse(format_text((enum format)i), &format));
        ck_assert_int_eq((int)format, i);
        ck_assert_ptr_nonnull(strstr(format_names(), format_text((enum format)i)));
    }
    ck_assert(!format_parse("TEXT", &format));
    ck_assert(!format_parse("", &format));
}
END_TEST

static const struct {
    const char *label, *verdicts; /* a(ligned), w(ith a warning), n(ot aligned), u(nknown) */
    bool strict;
    int exit_code, nagios;
    const char *summary;
} verdict_rows[] = {
    {"none", "", false, 3, 3, "0 addresses: 0 aligned, 0 not aligned, 0 unknown"},
    {"one", "a", false, 0, 0, "1 address: 1 aligned, 0 not aligned, 0 unknown"},
    {"a warning", "aw", false, 0, 1, "2 addresses: 2 aligned, 0 not aligned, 0 unknown"},
    {"strict", "aw", true, 2, 2, "2 addresses: 1 aligned, 1 not aligned, 0 unknown"},
    {"unknown", "au", false, 3, 3, "2 addresses: 1 aligned, 0 not aligned, 1 unknown"},
    {"no before unknown", "uan", false, 2, 2, "3 addresses: 1 aligned, 1 not aligned, 1 unknown"},
};

static struct identity identity_of(char verdict, struct finding *finding)
{
    struct identity identity = {0};

    identity.facts.address = ip_from_bytes("\xcb\x00\x71\x19", IP_V4);
    identity.judgement.verdict = verdict == 'n'   ? VERDICT_NOT_ALIGNED
                                 : verdict == 'u' ? VERDICT_UNKNOWN
                                                  : VERDICT_ALIGNED;
    *finding = (struct finding){.id = FIND_PTR_MULTIPLE, .severity = SEVERITY_WARN};
    identity.judgement.findings = finding;
    identity.judgement.count = verdict == 'w';
    return identity;
}

START_TEST(verdicts_add_up)
{
    struct identity identities[4];
    struct finding findings[4];
    size_t count = strlen(verdict_rows[_i].verdicts);
    struct report report = {.command = "audit",
                            .identities = identities,
                            .identity_count = count,
                            .strict = verdict_rows[_i].strict};
    char got[256], want[256];

    for (size_t i = 0; i < count; i++)
        identities[i] = identity_of(verdict_rows[_i].verdicts[i], &findings[i]);
    report_summary(&report, got, sizeof got);
    snprintf(got + strlen(got), sizeof got - strlen(got), "; exit %d, nagios %d",
             report_exit_code(identities, count, report.strict), report_nagios_code(&report));
    snprintf(want, sizeof want, "%s; exit %d, nagios %d", verdict_rows[_i].summary,
             verdict_rows[_i].exit_code, verdict_rows[_i].nagios);
    ck_assert_msg(str_equal(got, want), "%s: %s", verdict_rows[_i].label, got);
}
END_TEST

static const struct {
    const char *label;
    enum step_kind kind;
    const char *target, *after, *state, *time, *detail, *want;
} step_rows[] = {
    {"done", STEP_FORWARD, "A mail.example.com", "203.0.113.25", "done", "1 s", "2 of 2 servers",
     "  2 forward  A mail.example.com = 203.0.113.25      done  1 s   2 of 2 servers\n"},
    {"waiting", STEP_PTR, "PTR 203.0.113.25", "mail.example.com", "wait", "0:38 of 5:00",
     "ns1.hoster.example still says static-25.hoster.example",
     "  2 ptr      203.0.113.25 = mail.example.com        wait  0:38 of 5:00\n"
     "             ns1.hoster.example still says static-25.hoster.example\n"},
    {"the setting", STEP_MTA, "postfix myhostname", "mail.example.com", "done", "1 s",
     "banner changed",
     "  2 mta      postfix myhostname = mail.example.com  done  1 s   banner changed\n"},
    {"a long name", STEP_PTR, "PTR 203.0.113.25", "outgoing-mail-relay.production.example.com",
     "done", "52 s", "3 of 3 servers",
     "  2 ptr      203.0.113.25 = outgoing-mail-relay.production.example.com\n"
     "                                                    done  52 s  3 of 3 servers\n"},
    {"a long time", STEP_FORWARD, "A mail.example.com", "203.0.113.25", "done", "12 min 30 s",
     "2 of 2", "  2 forward  A mail.example.com = 203.0.113.25      done  12 min 30 s  2 of 2\n"},
    {"a long detail", STEP_FORWARD, "A mail.example.com", "203.0.113.25", "fail", "1 s",
     "the server refused the key",
     "  2 forward  A mail.example.com = 203.0.113.25      fail  1 s\n"
     "             the server refused the key\n"},
    {"not begun", STEP_FORWARD, "A mail.example.com", "203.0.113.25", "open", "", "",
     "  2 forward  A mail.example.com = 203.0.113.25      open\n"},
};

START_TEST(step_lines)
{
    struct step step = {.id = "s2", .kind = step_rows[_i].kind};
    struct style style = {.width = 80};
    struct buf out = BUF_INIT(4096);

    str_cut(step.target, sizeof step.target, step_rows[_i].target);
    strings_add(&step.after, step_rows[_i].after);
    report_step(&step, step_rows[_i].state, step_rows[_i].time, step_rows[_i].detail, &style, &out);
    ck_assert_msg(str_equal(buf_string(&out), step_rows[_i].want), "%s:\n%s", step_rows[_i].label,
                  buf_string(&out));
    buf_free(&out);
    step_free(&step);
}
END_TEST

static const struct {
    const char *text;
    bool ascii;
    size_t columns;
} column_rows[] = {
    {"", false, 0},
    {"mail", false, 4},
    {"✓ ✗ ≠ ╱ ╲ ?", false, 11},
    {"日本", false, 4},
    {"e\xcc\x81", false, 1},
    {"ä", false, 1},
    {"ä", true, 8},
    {"\033[31m", false, 8},
    {"\xff", false, 4},
    {"a\tb", false, 6},
    {"\xf0\x9f\x93\xa7", false, 2},
};

START_TEST(columns_are_counted)
{
    struct style style = {.width = 80, .ascii = column_rows[_i].ascii};
    struct buf out = BUF_INIT(64);
    struct page page = page_open(&style, &out);

    ck_assert_uint_eq(page_columns(&page, column_rows[_i].text), column_rows[_i].columns);
    page_text(&page, column_rows[_i].text);
    ck_assert_uint_eq(page.column, column_rows[_i].columns);
    buf_free(&out);
}
END_TEST

/* A plan's document is the plan, digest and all: what was printed can be applied. */
START_TEST(plan_document_is_a_plan)
{
    struct report_case given;
    struct plan plan;
    struct error e = {0};
    json_t *document;

    report_case_read(CASES "/plan.given.json", &given);
    plan_seal(&given.plan);
    document = report_document(&given.report);
    ck_assert_msg(plan_from_json(document, 0, &plan, &e), "%s: %s", e.what, e.why);
    ck_assert_str_eq(plan.id, given.plan.id);
    plan_free(&plan);
    json_decref(document);
    report_case_free(&given);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"golden files", golden_files, 1, 0},
        {"format names", format_names_are_read, 1, 0},
        {"verdicts", verdicts_add_up, ROWS(verdict_rows), 0},
        {"step lines", step_lines, ROWS(step_rows), 0},
        {"columns", columns_are_counted, ROWS(column_rows), 0},
        {"plan document", plan_document_is_a_plan, 1, 0},
    };

    return unit_run("report", tests, ROWS(tests));
}
