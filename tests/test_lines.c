/* test_lines.c - lines from files and from pipes that are slow, without end, or hostile. */
#include "agent/net/lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/unit.h"

static struct loop *loop;
static struct lines lines;

static void write_all(int fd, const char *text, size_t length)
{
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
}

/* Standard input becomes a pipe; returns the end to write to. */
static int open_pipe(void)
{
    struct error e;
    int ends[2];

    loop = loop_new(&e);
    ck_assert_ptr_nonnull(loop);
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    close(ends[0]);
    ck_assert(lines_open(&lines, loop, "-", &e));
    return ends[1];
}

static bool has_one(void *arg)
{
    const char **line = arg;

    return lines_next(&lines, line) != LINES_LATER;
}

/* Wait for the next, and see that it is this one. */
static void expect_line(const char *text)
{
    const char *line = NULL;

    ck_assert(loop_run(loop, has_one, &line, loop_now_ms(loop) + 5000));
    ck_assert_ptr_nonnull(line);
    ck_assert_str_eq(line, text);
}

START_TEST(a_slow_pipe_does_not_hold_us_up)
{
    const int to = open_pipe();
    const char *line;

    ck_assert_int_eq(lines_next(&lines, &line), LINES_LATER);
    write_all(to, "one\r\ntw", 7);
    expect_line("one");
    ck_assert_int_eq(lines_next(&lines, &line), LINES_LATER);
    write_all(to, "o\n\nlast", 7);
    expect_line("two");
    expect_line("");
    ck_assert_int_eq(lines_next(&lines, &line), LINES_LATER);
    close(to);
    expect_line("last"); /* without a line end */
    ck_assert_uint_eq(lines.number, 4);
    ck_assert_int_eq(lines_next(&lines, &line), LINES_END);
    ck_assert_int_eq(lines_next(&lines, &line), LINES_END);
    lines_close(&lines);
    loop_free(loop);
}
END_TEST

START_TEST(nothing_is_no_line)
{
    const int to = open_pipe();
    const char *line;

    close(to);
    ck_assert(loop_run(loop, has_one, &line, loop_now_ms(loop) + 5000));
    ck_assert_int_eq(lines_next(&lines, &line), LINES_END);
    ck_assert_uint_eq(lines.number, 0);
    lines_close(&lines);
    loop_free(loop);
}
END_TEST

/* Lengths of a first line; the second one is read all the same. */
static const struct {
    size_t length;
    enum lines_got want;
} long_lines[] = {
    {LINES_MAX_BYTES - 1, LINES_ONE},           {LINES_MAX_BYTES, LINES_TOO_LONG},
    {2 * LINES_MAX_BYTES - 1, LINES_TOO_LONG},  {2 * LINES_MAX_BYTES, LINES_TOO_LONG},
    {2 * LINES_MAX_BYTES + 1, LINES_TOO_LONG},  {4 * LINES_MAX_BYTES, LINES_TOO_LONG},
    {10 * LINES_MAX_BYTES + 7, LINES_TOO_LONG},
};

static void expect_file(const char *text, size_t length, enum lines_got want, const char *after)
{
    char path[] = "/tmp/test_lines.XXXXXX";
    const int fd = mkstemp(path);
    struct error e;
    const char *line;

    ck_assert_int_ge(fd, 0);
    write_all(fd, text, length);
    close(fd);
    loop = loop_new(&e);
    ck_assert(lines_open(&lines, loop, path, &e));
    unlink(path);
    ck_assert_int_eq(lines_next(&lines, &line), want);
    ck_assert_uint_eq(lines.number, 1);
    if (after != NULL) {
        ck_assert_int_eq(lines_next(&lines, &line), LINES_ONE);
        ck_assert_str_eq(line, after);
    }
    ck_assert_int_eq(lines_next(&lines, &line), LINES_END);
    lines_close(&lines);
    loop_free(loop);
}

START_TEST(a_long_line_is_passed_over)
{
    const size_t length = long_lines[_i].length;
    char *text = malloc(length + 7);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', length);
    memcpy(text + length, "\nafter\n", 7);
    expect_file(text, length + 7, long_lines[_i].want, "after");
    expect_file(text, length, long_lines[_i].want, NULL); /* it is the last, and has no end */
    free(text);
}
END_TEST

START_TEST(a_nul_is_no_text)
{
    expect_file("192.0.2.1\0 x\nafter\n", 19, LINES_TOO_LONG, "after");
}
END_TEST

START_TEST(a_file_that_is_not_there)
{
    struct error e;

    loop = loop_new(&e);
    ck_assert(!lines_open(&lines, loop, "/nonexistent/list", &e));
    ck_assert_int_eq(e.code, ERR_NO_INPUT);
    loop_free(loop);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a slow pipe does not hold us up", a_slow_pipe_does_not_hold_us_up, 1, 0},
        {"nothing is no line", nothing_is_no_line, 1, 0},
        {"a long line is passed over", a_long_line_is_passed_over, ROWS(long_lines), 0},
        {"a NUL is no text", a_nul_is_no_text, 1, 0},
        {"a file that is not there", a_file_that_is_not_there, 1, 0},
    };

    return unit_run("lines", tests, ROWS(tests));
}
