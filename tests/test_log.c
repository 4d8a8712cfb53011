/* test_log.c - levels, and lines that cannot harm a terminal. */
#include "agent/base/log.h"

#include "tests/support/folder.h"

static const struct {
    const char *label;
    enum log_level set, said;
    const char *seen;
} rows[] = {
    {"progress is seen by default", LOG_LEVEL_NORMAL, LOG_LEVEL_NORMAL, "info 1\n"},
    {"details are not", LOG_LEVEL_NORMAL, LOG_LEVEL_VERBOSE, ""},
    {"-v shows them", LOG_LEVEL_VERBOSE, LOG_LEVEL_VERBOSE, "info 1\n"},
    {"-v shows progress too", LOG_LEVEL_VERBOSE, LOG_LEVEL_NORMAL, "info 1\n"},
    {"-v does not show HTTP", LOG_LEVEL_VERBOSE, LOG_LEVEL_DEBUG, ""},
    {"-q hides progress", LOG_LEVEL_QUIET, LOG_LEVEL_NORMAL, ""},
    {"-q shows errors", LOG_LEVEL_QUIET, LOG_LEVEL_QUIET, "info 1\n"},
};

static void capture(const char *path)
{
    ck_assert_ptr_nonnull(freopen(path, "w", stderr));
}

START_TEST(levels)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "stderr");

    ck_assert_int_eq(log_level(), LOG_LEVEL_NORMAL);
    log_set_level(rows[_i].set);
    ck_assert_int_eq(log_level(), rows[_i].set);
    capture(path.s);
    log_line(rows[_i].said, "info %d", 1);
    fflush(stderr);
    ck_assert_msg(folder_has(path.s, rows[_i].seen), "%s", rows[_i].label);
    folder_free(&folder);
}
END_TEST

START_TEST(lines_are_made_printable)
{
    struct folder folder = folder_new();
    struct folder_path path = in(&folder, "stderr");

    capture(path.s);
    log_line(LOG_LEVEL_NORMAL, "smtp < %s", "220 \033]0;owned\a\r\n");
    fflush(stderr);
    ck_assert(folder_has(path.s, "smtp < 220 \\x1b]0;owned\\x07\\x0d\\x0a\n"));
    folder_free(&folder);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"levels", levels, ROWS(rows), 0},
        {"lines are made printable", lines_are_made_printable, 1, 0},
    };

    return unit_run("log", tests, ROWS(tests));
}
