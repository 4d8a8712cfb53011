/* test_fair.c - networks take turns, and none gets more than its share. */
#include "agent/fair.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"
#include "tests/support/unit.h"

static struct target target_of(const char *text)
{
    struct target target = {.mta = "auto"};

    ck_assert(ip_parse(text, &target.address));
    ck_assert_int_eq(name_parse_host("mail.example.com", &target.wanted), NAME_GOOD);
    return target;
}

/* What is added in this order begins in that one, with so many of a network at once. */
static const struct {
    const char *label;
    size_t at_once;
    const char *added, *begins;
} orders[] = {
    {"networks take turns", 9, "192.0.2.1 192.0.2.2 192.0.2.3 198.51.100.1 198.51.100.2",
     "192.0.2.1 198.51.100.1 192.0.2.2 198.51.100.2 192.0.2.3 "},
    {"no more than its share", 2, "192.0.2.1 192.0.2.2 192.0.2.3 198.51.100.1",
     "192.0.2.1 198.51.100.1 192.0.2.2 "},
    {"IPv6 by /64", 1, "2001:db8::1 2001:db8::2 2001:db8:0:1::1 192.0.2.1",
     "2001:db8::1 2001:db8:0:1::1 192.0.2.1 "},
    {"/24 ends at the third byte", 1, "192.0.2.1 192.0.3.1 192.0.2.255", "192.0.2.1 192.0.3.1 "},
    {"nothing", 1, "", ""},
};

START_TEST(order)
{
    struct fair fair = {.at_once = orders[_i].at_once};
    struct cursor list = cursor_of(orders[_i].added, strlen(orders[_i].added)), word;
    char text[64], begun[512] = "";
    struct target target;
    size_t index = 0, count = 0;

    while (cursor_word(&list, &word)) {
        ck_assert(cursor_copy(&word, text, sizeof text));
        target = target_of(text);
        fair_add(&fair, &target, count++);
    }
    while (fair_take(&fair, &target, &index)) {
        size_t used = strlen(begun);
        str_format(begun + used, sizeof begun - used, "%s ", ip_text(&target.address).s);
        ck_assert_str_eq(target.wanted.s, "mail.example.com");
        ck_assert_str_eq(target.mta, "auto");
        ck_assert_uint_lt(index, count);
    }
    ck_assert_msg(str_equal(begun, orders[_i].begins), "%s: %s", orders[_i].label, begun);
    fair_free(&fair);
}
END_TEST

START_TEST(one_that_is_done_lets_the_next_begin)
{
    struct fair fair = {.at_once = 1};
    struct target first = target_of("192.0.2.1"), second = target_of("192.0.2.2"), out;
    size_t index;

    fair_add(&fair, &first, 1);
    fair_add(&fair, &second, 2);
    ck_assert(fair_take(&fair, &out, &index));
    ck_assert(!fair_take(&fair, &out, &index));
    fair_done(&fair, &first.address);
    ck_assert(fair_take(&fair, &out, &index));
    ck_assert_uint_eq(index, 2);
    ck_assert_uint_eq(fair.waiting, 0);
    fair_done(&fair, &second.address);
    ck_assert_uint_eq(fair.networks.count, 0); /* a network without targets is forgotten */
    fair_free(&fair);
}
END_TEST

START_TEST(a_network_that_is_full_holds_up_nobody)
{
    struct fair fair = {.at_once = 4};
    struct target target, out;
    size_t index, others = 0;
    char text[64];

    for (int i = 0; i < 250; i++) { /* a tarpit of a network, then the rest of the list */
        snprintf(text, sizeof text, "192.0.2.%d", i + 1);
        target = target_of(text);
        fair_add(&fair, &target, 0);
    }
    for (int i = 0; i < 100; i++) {
        snprintf(text, sizeof text, "198.51.%d.1", i);
        target = target_of(text);
        fair_add(&fair, &target, 1);
    }
    while (fair_take(&fair, &out, &index))
        others += index;
    ck_assert_uint_eq(others, 100);
    ck_assert_uint_eq(fair.waiting, 246);
    fair_free(&fair);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"order", order, ROWS(orders), 0},
        {"one that is done lets the next begin", one_that_is_done_lets_the_next_begin, 1, 0},
        {"a network that is full holds up nobody", a_network_that_is_full_holds_up_nobody, 1, 0},
    };

    return unit_run("fair", tests, ROWS(tests));
}
