/* test_loop.c - waiting: descriptors, deadlines, passes, signals. */
#include "agent/net/loop.h"

#include <check.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

static struct loop *loop;

static void setup(void)
{
    struct error e;

    loop = loop_new(&e);
    ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
    loop_free(loop);
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

/* A deadline that writes its letter down. */
static char order[16];

struct letter {
    struct timer timer;
    char c;
};

static void write_down(struct timer *timer)
{
    const size_t length = strlen(order);

    order[length] = ((struct letter *)timer)->c;
    order[length + 1] = '\0';
}

static const struct {
    const char *label;
    int in_ms[4]; /* of a, b, c, d */
    const char *cleared, *want;
} orders[] = {
    {"set in their order", {1, 3, 5, 7}, "", "abcd"},
    {"set in reverse order", {7, 5, 3, 1}, "", "dcba"},
    {"set in no order", {3, 7, 1, 5}, "", "cadb"},
    {"equal ones expire in the order in which they were set", {2, 2, 2, 2}, "", "abcd"},
    {"the first is cleared", {1, 3, 5, 7}, "a", "bcd"},
    {"the last is cleared", {1, 3, 5, 7}, "d", "abc"},
    {"those in the middle are cleared", {1, 3, 5, 7}, "bc", "ad"},
    {"all are cleared", {1, 3, 5, 7}, "cabd", ""},
    {"one that is due at once waits for a turn all the same", {0, -5, 3, 1}, "", "abdc"},
};

START_TEST(deadlines_expire_in_order)
{
    struct letter letters[4] = {{.c = 0}};

    order[0] = '\0';
    for (int i = 0; i < 4; i++) {
        letters[i] = (struct letter){.timer = {.expired = write_down}, .c = (char)('a' + i)};
        loop_timer_set(loop, &letters[i].timer, orders[_i].in_ms[i]);
    }
    for (const char *c = orders[_i].cleared; *c != '\0'; c++)
        loop_timer_clear(loop, &letters[*c - 'a'].timer);
    ck_assert_msg(!loop_run(loop, never, NULL, 0), "%s", orders[_i].label);
    ck_assert_msg(strcmp(order, orders[_i].want) == 0, "%s: %s", orders[_i].label, order);
}
END_TEST

START_TEST(a_deadline_that_is_set_again_moves)
{
    struct letter a = {.timer = {.expired = write_down}, .c = 'a'};
    struct letter b = {.timer = {.expired = write_down}, .c = 'b'};

    order[0] = '\0';
    loop_timer_set(loop, &a.timer, 1);
    loop_timer_set(loop, &b.timer, 4);
    loop_timer_set(loop, &a.timer, 8);
    ck_assert(!loop_run(loop, never, NULL, 0));
    ck_assert_str_eq(order, "ba");
}
END_TEST

START_TEST(a_deadline_may_set_itself_again)
{
    struct letter a = {.timer = {.expired = write_down}, .c = 'a'};

    order[0] = '\0';
    for (int i = 0; i < 3; i++) {
        loop_timer_set(loop, &a.timer, 0);
        ck_assert(!loop_run(loop, never, NULL, 0));
    }
    ck_assert_str_eq(order, "aaa");
}
END_TEST

/* A pipe's reading end that counts what it gets. */
struct reader {
    struct watch watch;
    struct reader *other; /* is stopped, or closed, when this one becomes ready */
    bool closes;
    int got;
};

static void read_one(struct watch *watch, uint32_t events)
{
    struct reader *reader = (struct reader *)watch;
    char c;

    ck_assert_uint_ne(events & EPOLLIN, 0);
    ck_assert_int_eq(read(watch->fd, &c, 1), 1);
    reader->got++;
    if (reader->other == NULL)
        return;
    if (reader->closes)
        loop_close(loop, &reader->other->watch);
    else
        loop_watch(loop, &reader->other->watch, 0);
}

static bool has_three(void *arg)
{
    return ((const struct reader *)arg)->got == 3;
}

START_TEST(a_descriptor_is_told_as_long_as_it_is_ready)
{
    struct reader reader = {.watch = {.ready = read_one}};
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    reader.watch.fd = ends[0];
    loop_watch(loop, &reader.watch, EPOLLIN);
    ck_assert_int_eq(write(ends[1], "abc", 3), 3);
    ck_assert(loop_run(loop, has_three, &reader, loop_now_ms(loop) + 10000));
    loop_watch(loop, &reader.watch, 0);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

static bool any_has_one(void *arg)
{
    const struct reader *readers = arg;

    return readers[0].got + readers[1].got > 0;
}

/* Row 0 stops it, row 1 closes it: then nothing is left that could happen. */
START_TEST(one_that_is_stopped_in_the_same_turn_is_not_told)
{
    struct reader readers[2] = {{.watch = {.ready = read_one}}, {.watch = {.ready = read_one}}};
    int ends[2][2];

    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pipe(ends[i]), 0);
        readers[i].watch.fd = ends[i][0];
        readers[i].other = &readers[1 - i];
        readers[i].closes = _i == 1;
        loop_watch(loop, &readers[i].watch, EPOLLIN);
        ck_assert_int_eq(write(ends[i][1], "a", 1), 1);
    }
    ck_assert(loop_run(loop, any_has_one, readers, loop_now_ms(loop) + 10000));
    ck_assert_int_eq(readers[0].got + readers[1].got, 1);
    for (int i = 0; i < 2; i++) {
        loop_watch(loop, &readers[i].watch, 0);
        ck_assert_int_eq(close(ends[i][0]), _i == 1 && readers[i].got == 0 ? -1 : 0);
        close(ends[i][1]);
    }
    ck_assert(!loop_run(loop, never, NULL, 0));
}
END_TEST

START_TEST(nothing_to_wait_for_ends_the_wait)
{
    ck_assert(!loop_run(loop, never, NULL, 0));
}
END_TEST

static bool count_passes(void *arg)
{
    return ++*(int *)arg == 3;
}

static void make_progress(struct timer *timer)
{
    loop_progress(loop);
    loop_timer_set(loop, timer, 5);
}

START_TEST(a_pass_runs_once_and_then_after_each_progress)
{
    struct timer progress = {.expired = make_progress};
    struct letter other = {.timer = {.expired = write_down}, .c = 'x'};
    int passes = 0;

    order[0] = '\0';
    loop_timer_set(loop, &progress, 5);
    loop_timer_set(loop, &other.timer, 1); /* a turn without progress: no pass */
    ck_assert(loop_run_pass(loop, count_passes, &passes, loop_now_ms(loop) + 10000));
    ck_assert_int_eq(passes, 3);
    loop_timer_clear(loop, &progress);
}
END_TEST

static bool one_pass(void *arg)
{
    ++*(int *)arg;
    return false;
}

START_TEST(a_pass_without_progress_waits_for_its_deadline)
{
    int passes = 0;

    ck_assert(!loop_run_pass(loop, one_pass, &passes, loop_now_ms(loop) + 20));
    ck_assert_int_eq(passes, 1);
}
END_TEST

static bool progress_inside(void *arg)
{
    loop_progress(loop);
    return ++*(int *)arg == 4;
}

START_TEST(progress_inside_of_a_pass_counts)
{
    int passes = 0;

    ck_assert(loop_run_pass(loop, progress_inside, &passes, 0));
    ck_assert_int_eq(passes, 4);
}
END_TEST

static void raise_once(struct timer *timer)
{
    (void)timer;
    raise(SIGTERM);
}

START_TEST(a_signal_ends_the_wait)
{
    struct timer timer = {.expired = raise_once};

    loop_catch_signals();
    ck_assert_int_eq(loop_stop_signal(), 0);
    loop_timer_set(loop, &timer, 1);
    ck_assert(!loop_run(loop, never, NULL, loop_now_ms(loop) + 5000));
    ck_assert_int_eq(loop_stop_signal(), SIGTERM);
}
END_TEST

START_TEST(a_signal_from_outside_interrupts_a_wait_without_limit)
{
    struct reader reader = {.watch = {.ready = read_one}};
    pid_t self = getpid(), child;
    int ends[2];

    loop_catch_signals();
    ck_assert_int_eq(pipe(ends), 0);
    reader.watch.fd = ends[0];
    loop_watch(loop, &reader.watch, EPOLLIN);
    child = fork();
    if (child == 0) {
        usleep(20000);
        kill(self, SIGINT);
        _exit(0);
    }
    ck_assert(!loop_run(loop, never, NULL, 0));
    ck_assert_int_eq(loop_stop_signal(), SIGINT);
    waitpid(child, NULL, 0);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(a_second_signal_ends_the_program)
{
    const pid_t child = fork();
    int status;

    if (child == 0) {
        loop_catch_signals();
        raise(SIGTERM);
        raise(SIGINT);
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status));
    ck_assert_int_eq(WTERMSIG(status), SIGINT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loop");
    TCase *tests = tcase_create("loop");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, deadlines_expire_in_order, 0, sizeof orders / sizeof orders[0]);
    tcase_add_test(tests, a_deadline_that_is_set_again_moves);
    tcase_add_test(tests, a_deadline_may_set_itself_again);
    tcase_add_test(tests, a_descriptor_is_told_as_long_as_it_is_ready);
    tcase_add_loop_test(tests, one_that_is_stopped_in_the_same_turn_is_not_told, 0, 2);
    tcase_add_test(tests, nothing_to_wait_for_ends_the_wait);
    tcase_add_test(tests, a_pass_runs_once_and_then_after_each_progress);
    tcase_add_test(tests, a_pass_without_progress_waits_for_its_deadline);
    tcase_add_test(tests, progress_inside_of_a_pass_counts);
    tcase_add_test(tests, a_signal_ends_the_wait);
    tcase_add_test(tests, a_signal_from_outside_interrupts_a_wait_without_limit);
    tcase_add_test(tests, a_second_signal_ends_the_program);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
