/* test_memo.c - what is remembered, for whom, and for how long. */
#include "agent/net/memo.h"

#include <stdlib.h>

#include "tests/support/unit.h"

#define IDLE 3

struct note {
    struct memo_entry memo;
    int key;
};

static struct loop *loop;
static struct memo memo;
static int forgotten;

static void forget(struct table_link *link)
{
    forgotten++;
    free(link);
}

static void setup(void)
{
    struct error e;

    loop = loop_new(&e);
    ck_assert_ptr_nonnull(loop);
    memo = (struct memo){.loop = loop, .idle_max = IDLE, .forget = forget};
    forgotten = 0;
}

static void teardown(void)
{
    memo_free(&memo);
    loop_free(loop);
}

static bool is_note(const struct table_link *link, const void *key)
{
    return ((const struct note *)link)->key == *(const int *)key;
}

static struct note *find(int key)
{
    return (struct note *)memo_find(&memo, (uint64_t)key, is_note, &key);
}

static struct note *add(int key)
{
    struct note *note = calloc(1, sizeof *note);

    ck_assert_ptr_nonnull(note);
    note->key = key;
    memo_add(&memo, &note->memo, (uint64_t)key);
    return note;
}

static void settle_many(int from, int count)
{
    loop_ask_for(loop, NULL);
    for (int key = from; key < from + count; key++)
        memo_settle(&memo, &add(key)->memo);
}

START_TEST(only_the_newest_idle_ones_are_kept)
{
    setup();
    settle_many(0, 10);
    ck_assert_int_eq(forgotten, 10 - IDLE);
    ck_assert_ptr_null(find(6));
    ck_assert_ptr_nonnull(find(7));
    ck_assert_ptr_nonnull(find(9));
    teardown();
    ck_assert_int_eq(forgotten, 10);
}
END_TEST

START_TEST(what_is_used_again_is_the_newest)
{
    setup();
    settle_many(0, IDLE);
    ck_assert_ptr_nonnull(find(0));
    settle_many(10, IDLE - 1);
    ck_assert_ptr_nonnull(find(0));
    ck_assert_ptr_null(find(1));
    teardown();
}
END_TEST

START_TEST(what_is_under_way_or_held_stays)
{
    struct waiter waiter = {.awake = false};

    setup();
    add(100); /* never settled, held by nobody */
    loop_ask_for(loop, &waiter);
    memo_settle(&memo, &add(101)->memo);
    ck_assert_ptr_nonnull(find(101)); /* asked again: still one hold */
    settle_many(0, 2 * IDLE);
    ck_assert_ptr_nonnull(find(100));
    ck_assert_ptr_nonnull(find(101));
    memo_let_go(&memo, &waiter);
    ck_assert_ptr_null(waiter.holds);
    settle_many(50, IDLE);
    ck_assert_ptr_null(find(101));
    ck_assert_ptr_nonnull(find(100));
    loop_sleep(loop, &waiter);
    teardown();
}
END_TEST

START_TEST(those_that_hold_it_are_woken_once)
{
    struct waiter waiters[3] = {{.awake = false}};
    struct note *note;

    setup();
    loop_ask_for(loop, &waiters[0]);
    note = add(1);
    loop_ask_for(loop, &waiters[1]);
    ck_assert_ptr_eq(find(1), note);
    loop_ask_for(loop, &waiters[2]);
    ck_assert_ptr_eq(find(1), note);
    memo_let_go(&memo, &waiters[1]); /* goes away: must not be woken */
    ck_assert_ptr_null(loop_next_awake(loop));
    memo_settle(&memo, &note->memo);
    ck_assert(!waiters[1].awake);
    ck_assert_ptr_nonnull(loop_next_awake(loop));
    ck_assert_ptr_nonnull(loop_next_awake(loop));
    ck_assert_ptr_null(loop_next_awake(loop));
    memo_let_go(&memo, &waiters[0]);
    memo_let_go(&memo, &waiters[2]);
    teardown();
}
END_TEST

START_TEST(letting_go_of_one_memo_keeps_the_other)
{
    struct memo other;
    struct waiter waiter = {.awake = false};
    struct note *note = calloc(1, sizeof *note);

    setup();
    ck_assert_ptr_nonnull(note);
    other = (struct memo){.loop = loop, .idle_max = 0, .forget = forget};
    loop_ask_for(loop, &waiter);
    add(1);
    memo_add(&other, &note->memo, 7);
    memo_let_go(&memo, &waiter);
    memo_settle(&other, &note->memo);
    ck_assert_int_eq(forgotten, 0);
    ck_assert_ptr_eq(loop_next_awake(loop), &waiter);
    memo_let_go(&other, &waiter);
    ck_assert_int_eq(forgotten, 1);
    memo_free(&other);
    teardown();
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"only the newest idle ones are kept", only_the_newest_idle_ones_are_kept, 1, 0},
        {"what is used again is the newest", what_is_used_again_is_the_newest, 1, 0},
        {"what is under way or held stays", what_is_under_way_or_held_stays, 1, 0},
        {"those that hold it are woken once", those_that_hold_it_are_woken_once, 1, 0},
        {"letting go of one memo keeps the other", letting_go_of_one_memo_keeps_the_other, 1, 0},
    };

    return unit_run("memo", tests, ROWS(tests));
}
