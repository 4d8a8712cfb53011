/* test_observer_lines.c - visitors of an observer elsewhere, as lines and through a pipe. */
#include "agent/observer_lines.h"

#include <string.h>
#include <unistd.h>

#include "tests/support/unit.h"

#define VISIT                                                                                      \
    "{\"event\":\"observed\",\"address\":\"203.0.113.25\",\"local\":\"192.0.2.53\",\"hellos\":["   \
    "\"one.example\",\"two.example\"],\"received\":[\"from a.example\"],\"probe\":\"abcd1234\"}"

static const struct {
    const char *label, *line;
    const char *heard; /* address, last HELO, token, number of Received fields; NULL: no visit */
} rows[] = {
    {"a visit with a probe", VISIT, "203.0.113.25 two.example abcd1234 1"},
    {"a visit without", "{\"event\":\"observed\",\"address\":\"2001:db8::1\",\"probe\":null}",
     "2001:db8::1   0"},
    {"a token that is none", "{\"event\":\"observed\",\"address\":\"192.0.2.1\",\"probe\":\"a b\"}",
     "192.0.2.1   0"},
    {"lists of something else",
     "{\"event\":\"observed\",\"address\":\"192.0.2.1\",\"hellos\":[1,\"\\u001b[2J\"],\"received\":"
     "7}",
     "192.0.2.1 \\x1b[2J  0"},
    {"another event", "{\"event\":\"listening\",\"address\":\"192.0.2.53\"}", NULL},
    {"no address", "{\"event\":\"observed\",\"address\":\"mail.example.com\"}", NULL},
    {"no JSON", "Welcome to vantage.example", NULL},
    {"nothing", "", NULL},
};

static void describe(const struct smtp_visit *visit, char *out, size_t size)
{
    str_format(out, size, "%s %s %s %zu", ip_text(&visit->peer).s, observer_helo(visit),
               visit->heard->token, visit->heard->received.count);
}

START_TEST(lines_are_read)
{
    struct smtp_visit visit;
    struct smtp_heard heard;
    char text[512] = "";
    bool ok = observer_line_read(rows[_i].line, strlen(rows[_i].line), &visit, &heard);

    if (ok)
        describe(&visit, text, sizeof text);
    smtp_heard_free(&heard);
    ck_assert_msg(ok == (rows[_i].heard != NULL) && (!ok || str_equal(text, rows[_i].heard)),
                  "%s: %s", rows[_i].label, text);
}
END_TEST

struct noted {
    unsigned count;
    char last[512];
    struct observer_lines *lines;
};

static void note(void *arg, const struct smtp_visit *visit)
{
    struct noted *noted = arg;

    noted->count++;
    describe(visit, noted->last, sizeof noted->last);
}

static bool has_ended(void *arg)
{
    const struct noted *noted = arg;

    return observer_lines_ended(noted->lines);
}

static void put(int fd, const char *text)
{
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

START_TEST(a_pipe_is_read_to_its_end)
{
    struct error e = {0};
    struct loop *loop = loop_new(&e);
    struct noted noted = {.count = 0};
    const struct observer_settings settings = {.seen = note, .arg = &noted};
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    noted.lines = observer_lines_new(loop, ends[0], &settings);
    put(ends[1], "Welcome\n{\"event\":\"start\"}\n" VISIT "\n" VISIT);
    ck_assert(!loop_run(loop, has_ended, &noted, loop_now_ms(loop) + 100));
    ck_assert_uint_eq(noted.count, 1); /* the second one is not complete */
    put(ends[1], "\n");
    close(ends[1]);
    ck_assert(loop_run(loop, has_ended, &noted, loop_now_ms(loop) + 5000));
    ck_assert_uint_eq(noted.count, 2);
    ck_assert_str_eq(noted.last, "203.0.113.25 two.example abcd1234 1");
    observer_lines_free(noted.lines);
    observer_lines_free(NULL);
    ck_assert(!observer_lines_ended(NULL));
    close(ends[0]);
    loop_free(loop);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"lines are read", lines_are_read, ROWS(rows), 0},
        {"a pipe is read to its end", a_pipe_is_read_to_its_end, 1, 0},
    };

    return unit_run("observer_lines", tests, ROWS(tests));
}
