/* test_show.c - saved reports come back as they were; hostile ones are refused. */
#include "agent/recorded_report.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "tests/support/unit.h"

#define CASES "cases/report"
#define FILE_MAX_BYTES (4U << 20)

static json_t *read_document(const char *path)
{
    struct buf text = BUF_INIT(FILE_MAX_BYTES);
    struct error e = {0};
    json_t *document;

    ck_assert_msg(file_read(path, &text, &e), "%s: %s", path, e.why);
    document = json_parse(buf_string(&text), text.length, &e);
    ck_assert_msg(document != NULL, "%s: %s", path, e.why);
    buf_free(&text);
    return document;
}

/* What this program would write of it has to be the document itself. */
static void check_same(const char *name, json_t *document)
{
    struct recorded_report saved;
    struct error e = {0};
    json_t *again;
    char *want, *got;

    ck_assert_msg(recorded_report_from_json(document, &saved, &e), "%s: %s: %s", name, e.what,
                  e.why);
    again = report_document(&saved.report);
    json_object_set_new(again, "namesake", json_string("VERSION"));
    want = json_text(document);
    got = json_text(again);
    ck_assert_msg(str_equal(got, want), "%s: written again it is\n%s", name, got);
    for (int format = 0; format < FORMAT_COUNT; format++) {
        struct buf out = BUF_INIT(FILE_MAX_BYTES);
        const struct style style = {.width = 80};
        report_write(&saved.report, (enum format)format, &style, &out);
        ck_assert(buf_ok(&out));
        buf_free(&out);
    }
    free(want);
    free(got);
    json_decref(again);
    recorded_report_free(&saved);
}

START_TEST(come_back_as_they_were)
{
    DIR *folder = opendir(CASES);
    struct dirent *entry;
    char path[512];
    int count = 0;

    ck_assert_ptr_nonnull(folder);
    while ((entry = readdir(folder)) != NULL) {
        if (!str_ends(entry->d_name, ".json") || str_ends(entry->d_name, ".given.json"))
            continue;
        str_format(path, sizeof path, CASES "/%s", entry->d_name);
        json_t *document = read_document(path);
        if (!str_equal(json_string_or(document, "format", ""), "namesake.plan")) {
            check_same(entry->d_name, document);
            count++;
        }
        json_decref(document);
    }
    closedir(folder);
    ck_assert_int_ge(count, 5);
}
END_TEST

/* One member of a sound report is replaced by something else. */
static const struct {
    const char *label, *object, *key, *value;
    const char *why; /* NULL: it is taken */
} rows[] = {
    {"a key of tomorrow", "", "tomorrow", "[1]", NULL},
    {"another minor version", "", "format_version", "\"1.7\"", NULL},
    {"another major version", "", "format_version", "\"2.0\"", "format_version"},
    {"no version", "", "format_version", "null", "format_version"},
    {"another format", "", "format", "\"namesake.facts\"", "is no report"},
    {"a format that is a number", "", "format", "7", "is no report"},
    {"no exit code", "", "exit_code", "null", "exit_code"},
    {"an exit code out of range", "", "exit_code", "256", "exit_code"},
    {"no identities", "", "identities", "null", "identities"},
    {"identities that are no list", "", "identities", "{}", "identities"},
    {"an identity that is a text", "", "identities", "[\"x\"]", "address"},
    {"no diagnostics", "", "diagnostics", "null", "diagnostics"},
    {"a diagnostic without anything", "", "diagnostics", "[{}]", "\"id\""},
    {"next is a list", "", "next", "[]", "next"},
    {"an address that is none", "identities.0", "address", "\"203.0.113.256\"", "address"},
    {"a wanted name that is none", "identities.0", "wanted", "\"a..b\"", "wanted"},
    {"an unknown verdict", "identities.0", "verdict", "\"splendid\"", "splendid"},
    {"a verdict that is a number", "identities.0", "verdict", "1", "verdict"},
    {"no edges", "identities.0", "edges", "null", "edges.ptr"},
    {"no checks", "identities.0", "checks", "null", "checks"},
    {"a check of tomorrow", "identities.0", "checks", "[{\"check\": \"moon\", \"result\": \"ok\"}]",
     NULL},
    {"a check that is there twice", "identities.0", "checks",
     "[{\"check\": \"helo\", \"result\": \"ok\", \"found\": []},"
     " {\"check\": \"helo\", \"result\": \"ok\", \"found\": []}]",
     "twice"},
    {"a result of tomorrow", "identities.0.checks.0", "result", "\"fine\"", "fine"},
    {"found is no list", "identities.0.checks.0", "found", "\"a\"", "found"},
    {"found holds numbers", "identities.0.checks.0", "found", "[1]", "found"},
    {"an rcode that is none", "identities.0.checks.0", "rcode", "\"MAYBE\"", "rcode"},
    {"seen is no list", "identities.0.checks.0", "seen", "{}", "seen"},
    {"seen holds numbers", "identities.0.checks.0", "seen", "[5]", "rcode"},
    {"no findings", "identities.0", "findings", "null", "findings"},
    {"a finding of tomorrow", "identities.0", "findings", "[{\"id\": \"moon-full\"}]", NULL},
    {"an unknown severity", "identities.0.findings.0", "severity", "\"dire\"", "dire"},
    {"an owner that is a text", "identities.0.findings.0", "owner", "\"me\"", "owner.role"},
    {"a summary that is a number", "identities.0.findings.0", "summary", "5", "summary"},
};

/* The object at a path of keys and numbers. */
static json_t *object_at(json_t *at, const char *path)
{
    char key[32];

    while (at != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        str_format(key, sizeof key, "%.*s", (int)length, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)(key[0] - '0'))
                               : json_object_get(at, key);
        path += length + (path[length] == '.');
    }
    return at;
}

START_TEST(are_read_with_distrust)
{
    json_t *document = read_document(CASES "/not_aligned.json");
    json_t *object = object_at(document, rows[_i].object);
    struct recorded_report saved;
    struct error e = {0};
    bool ok;

    ck_assert_msg(object != NULL, "%s", rows[_i].label);
    json_object_set_new(object, rows[_i].key, json_loads(rows[_i].value, JSON_DECODE_ANY, NULL));
    ok = recorded_report_from_json(document, &saved, &e);
    ck_assert_msg(ok == (rows[_i].why == NULL), "%s: %s", rows[_i].label, e.why);
    if (!ok) {
        ck_assert_msg(strstr(e.why, rows[_i].why) != NULL, "%s: %s", rows[_i].label, e.why);
        ck_assert_int_eq(e.code, ERR_NO_INPUT);
        ck_assert_uint_eq(saved.report.identity_count, 0);
    }
    recorded_report_free(&saved);
    json_decref(document);
}
END_TEST

START_TEST(escapes_do_not_reach_a_terminal)
{
    json_t *document = read_document(CASES "/not_aligned.json");
    json_t *finding = object_at(document, "identities.0.findings.0");
    const struct style style = {.width = 80};
    struct recorded_report saved;
    struct error e = {0};

    json_object_set_new(finding, "summary", json_string("\033[31mred \xe2\x80\xae\a"));
    json_object_set_new(finding, "next", json_string("\033]0;title\a"));
    json_object_set_new(document, "next", json_string("a\nb\033[2J"));
    ck_assert_msg(recorded_report_from_json(document, &saved, &e), "%s", e.why);
    for (int format = 0; format < FORMAT_COUNT; format++) {
        struct buf out = BUF_INIT(FILE_MAX_BYTES);
        report_write(&saved.report, (enum format)format, &style, &out);
        ck_assert(strchr(buf_string(&out), '\033') == NULL);
        ck_assert(strchr(buf_string(&out), '\a') == NULL);
        ck_assert(strstr(buf_string(&out), "\xe2\x80\xae") == NULL);
        buf_free(&out);
    }
    recorded_report_free(&saved);
    json_decref(document);
}
END_TEST

START_TEST(runs_are_told_from_files)
{
    ck_assert(recorded_is_run("last"));
    ck_assert(recorded_is_run("20261123T031207Z-7f3a19c2d4e5"));
    ck_assert(!recorded_is_run("-"));
    ck_assert(!recorded_is_run("./last"));
    ck_assert(!recorded_is_run("plan.json"));
    ck_assert(!recorded_is_run("CMakeLists.txt")); /* a file that is here */
    ck_assert(recorded_is_report(CASES "/not_aligned.json"));
    ck_assert(!recorded_is_report(CASES "/plan.json"));
    ck_assert(!recorded_is_report("CMakeLists.txt"));
    ck_assert(!recorded_is_report("no-such-file"));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"come back as they were", come_back_as_they_were, 1, 0},
        {"are read with distrust", are_read_with_distrust, ROWS(rows), 0},
        {"escapes do not reach a terminal", escapes_do_not_reach_a_terminal, 1, 0},
        {"runs are told from files", runs_are_told_from_files, 1, 0},
    };

    return unit_run("show", tests, ROWS(tests));
}
