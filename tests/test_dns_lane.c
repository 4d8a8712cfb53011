/* test_dns_lane.c - how many questions go to one server at once. */
#include "agent/net/dns_lane.h"

#include <stddef.h>

#include "tests/support/unit.h"

#define TURNS 2000

static struct dns_lanes lanes;
static struct dns_turn turns[TURNS];
static struct dns_turn *gone[TURNS];
static size_t gone_count;

static void go(struct dns_turn *turn)
{
    gone[gone_count++] = turn;
}

/* A question that cannot be sent is done before it has begun. */
static void go_wrong(struct dns_turn *turn)
{
    go(turn);
    dns_lane_leave(&lanes, turn, false, 0);
}

static struct dns_server server(uint8_t last)
{
    const uint8_t bytes[4] = {192, 0, 2, last};

    return (struct dns_server){.ip = ip_from_bytes(bytes, IP_V4), .port = 53};
}

static void enter(size_t from, size_t count, uint8_t last)
{
    const struct dns_server to = server(last);

    for (size_t i = from; i < from + count; i++) {
        turns[i] = (struct dns_turn){.go = go};
        dns_lane_enter(&lanes, &to, &turns[i]);
    }
}

START_TEST(whoever_comes_too_late_waits)
{
    enter(0, DNS_LANE_WIDTH + 10, 1);
    ck_assert_uint_eq(gone_count, DNS_LANE_WIDTH);
    dns_lane_leave(&lanes, gone[7], true, 0);
    dns_lane_leave(&lanes, gone[0], false, 0);
    ck_assert_uint_eq(gone_count, DNS_LANE_WIDTH + 2);
    ck_assert_ptr_eq(gone[DNS_LANE_WIDTH], &turns[DNS_LANE_WIDTH]);
    dns_lanes_free(&lanes);
}
END_TEST

START_TEST(servers_do_not_wait_for_each_other)
{
    enter(0, DNS_LANE_WIDTH + 10, 1);
    enter(DNS_LANE_WIDTH + 10, 5, 2);
    ck_assert_uint_eq(gone_count, DNS_LANE_WIDTH + 5);
    dns_lanes_free(&lanes);
}
END_TEST

/* What the width is after all that were under way have ended in the same way. */
static const struct {
    const char *label;
    bool answered;
    unsigned again;
    size_t width;
} news[] = {
    {"answered at once", true, 0, DNS_LANE_WIDTH},
    {"silence is no news", false, 2, DNS_LANE_WIDTH},
    {"all answers late: one cut", true, 1, DNS_LANE_WIDTH / 2},
};

START_TEST(a_server_that_loses_questions_is_asked_less)
{
    enter(0, DNS_LANE_WIDTH + 1, 1);
    for (size_t i = 0; i < DNS_LANE_WIDTH; i++)
        dns_lane_leave(&lanes, gone[i], news[_i].answered, news[_i].again);
    enter(DNS_LANE_WIDTH + 1, 2 * DNS_LANE_WIDTH, 1);
    ck_assert_msg(gone_count == DNS_LANE_WIDTH + news[_i].width, "%s: %zu", news[_i].label,
                  gone_count - DNS_LANE_WIDTH);
    dns_lanes_free(&lanes);
}
END_TEST

START_TEST(it_is_asked_more_again)
{
    enter(0, 1500, 1);
    for (size_t i = 0; i < DNS_LANE_WIDTH; i++)
        dns_lane_leave(&lanes, gone[i], true, 1);
    for (size_t i = DNS_LANE_WIDTH; i < DNS_LANE_WIDTH + 10; i++)
        dns_lane_leave(&lanes, gone[i], true, 0);
    ck_assert_uint_eq(gone_count, DNS_LANE_WIDTH + 10 + DNS_LANE_WIDTH / 2 + 10);
    dns_lanes_free(&lanes);
}
END_TEST

START_TEST(it_is_always_asked_something)
{
    enter(0, TURNS, 1);
    for (size_t i = 0; i < 1000; i++)
        dns_lane_leave(&lanes, gone[i], true, 1);
    ck_assert_uint_eq(gone_count, 1000 + DNS_LANE_WIDTH_MIN);
    dns_lanes_free(&lanes);
}
END_TEST

START_TEST(turns_that_end_at_once_all_go)
{
    const struct dns_server to = server(1);

    enter(0, DNS_LANE_WIDTH, 1);
    for (size_t i = DNS_LANE_WIDTH; i < TURNS; i++) {
        turns[i] = (struct dns_turn){.go = go_wrong};
        dns_lane_enter(&lanes, &to, &turns[i]);
    }
    ck_assert_uint_eq(gone_count, DNS_LANE_WIDTH);
    dns_lane_leave(&lanes, gone[0], true, 0);
    ck_assert_uint_eq(gone_count, TURNS);
    for (size_t i = 1; i < DNS_LANE_WIDTH; i++)
        dns_lane_leave(&lanes, gone[i], true, 0);
    ck_assert_uint_eq(lanes.table.count, 0); /* nothing stays of a server that is not asked */
    dns_lanes_free(&lanes);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"whoever comes too late waits", whoever_comes_too_late_waits, 1, 0},
        {"servers do not wait for each other", servers_do_not_wait_for_each_other, 1, 0},
        {"a server that loses questions is asked less", a_server_that_loses_questions_is_asked_less,
         ROWS(news), 0},
        {"it is asked more again", it_is_asked_more_again, 1, 0},
        {"it is always asked something", it_is_always_asked_something, 1, 0},
        {"turns that end at once all go", turns_that_end_at_once_all_go, 1, 0},
    };

    return unit_run("dns_lane", tests, ROWS(tests));
}
