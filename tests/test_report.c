/* test_report.c - reports: golden files of tests/cases/report, and rows for the rest. */
#include "agent/report.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
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

int main(void)
{
    const struct unit_test tests[] = {
        {"golden files", golden_files, 1, 0},
    };

    return unit_run("report", tests, ROWS(tests));
}
