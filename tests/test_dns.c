/* test_dns.c - questions over real sockets to servers that answer well and badly. */
#include "agent/net/dns.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/child.h"
#include "tests/support/fake_dns.h"

#define S "127.0.0.1"
#define SOA "example.com. 600 IN SOA ns.example.com. admin.example.com. 1 2 3 4 300"

static const char twenty[] = "many.example. 60 IN PTR host-01.example.com.\n"
                             "many.example. 60 IN PTR host-02.example.com.\n"
                             "many.example. 60 IN PTR host-03.example.com.\n"
                             "many.example. 60 IN PTR host-04.example.com.\n"
                             "many.example. 60 IN PTR host-05.example.com.\n"
                             "many.example. 60 IN PTR host-06.example.com.\n"
                             "many.example. 60 IN PTR host-07.example.com.\n"
                             "many.example. 60 IN PTR host-08.example.com.\n"
                             "many.example. 60 IN PTR host-09.example.com.\n"
                             "many.example. 60 IN PTR host-10.example.com.\n"
                             "many.example. 60 IN PTR host-11.example.com.\n"
                             "many.example. 60 IN PTR host-12.example.com.\n"
                             "many.example. 60 IN PTR host-13.example.com.\n"
                             "many.example. 60 IN PTR host-14.example.com.\n"
                             "many.example. 60 IN PTR host-15.example.com.\n"
                             "many.example. 60 IN PTR host-16.example.com.\n"
                             "many.example. 60 IN PTR host-17.example.com.\n"
                             "many.example. 60 IN PTR host-18.example.com.\n"
                             "many.example. 60 IN PTR host-19.example.com.\n"
                             "many.example. 60 IN PTR host-20.example.com.\n";

static const struct fake_dns_row rows[] = {
    {S, "a.example", "A", .aa = true, .answer = "a.example. 300 IN A 192.0.2.1"},
    {S, "aaaa.example", "AAAA", .answer = "aaaa.example. 300 IN AAAA 2001:db8::1"},
    {S, "mapped.example", "AAAA", .answer = "mapped.example. 300 IN AAAA ::ffff:192.0.2.9"},
    {S, "cname.example", "A",
     .answer =
         "cname.example. 60 IN CNAME Target.Example.COM.\ntarget.example.com. 300 IN A 192.0.2.2"},
    {S, "many.example", "PTR", .answer = twenty},
    {S, "nodata.example", NULL, .aa = true, .authority = SOA},
    {S, "nx.example", NULL, .aa = true, .rcode = "NXDOMAIN", .authority = SOA},
    {S, "servfail.example", NULL, .rcode = "SERVFAIL"},
    {S, "refused.example", NULL, .rcode = "REFUSED"},
    {S, "yxdomain.example", NULL, .rcode = "YXDOMAIN"},
    {S, "silent.example", NULL, .how = FAKE_SILENT},
    {S, "garbage.example", NULL, .how = FAKE_GARBAGE},
    {S, "cut.example", NULL, .how = FAKE_CUT_SHORT, .answer = "cut.example. 300 IN A 192.0.2.1"},
    {S, "wrong-id.example", NULL, .how = FAKE_WRONG_ID,
     .answer = "wrong-id.example. 1 IN A 192.0.2.3"},
    {S, "wrong-q.example", NULL, .how = FAKE_WRONG_QUESTION,
     .answer = "wrong-q.example. 1 IN A 192.0.2.4"},
    {S, "tc.example", NULL, .how = FAKE_TRUNCATES, .answer = "tc.example. 1 IN A 192.0.2.5"},
    {S, "slow-tc.example", NULL, .how = FAKE_TRUNCATES_SLOWLY,
     .answer = "slow-tc.example. 1 IN A 192.0.2.5"},
    {S, "lost.example", NULL, .how = FAKE_LOSES_FIRST, .answer = "lost.example. 1 IN A 192.0.2.6"},
    {S, "thinks.example", NULL, .how = FAKE_THINKS_FIRST,
     .answer = "thinks.example. 1 IN A 192.0.2.8"},
    {S, "formerr.example", NULL, .how = FAKE_FORMERR_TO_EDNS,
     .answer = "formerr.example. 1 IN A 192.0.2.7"},
    {S, "notimp.example", NULL, .how = FAKE_NOTIMP_TO_EDNS,
     .answer = "notimp.example. 1 IN A 192.0.2.8"},
    {S, "old.example", NULL, .how = FAKE_OLD_FORMERR},
    {S, "referral.example", NULL,
     .authority = "example. 60 IN NS ns1.example.\nexample. 60 IN NS ns2.example.",
     .additional = "ns1.example. 60 IN A 192.0.2.53"},
    {S, "chaos.example", NULL, .answer = "chaos.example. 0 CH A 192.0.2.1"},
    {S, "escaped.example", "PTR",
     .answer = "escaped.example. 9 IN PTR a\\.b\\032c\\009.Example.com."},
    {0},
};

static struct loop *loop;
static struct dns *dns;
static struct fake_dns fake;
static char asked[65536];

/* The first wait is a seventh of it: long enough for a busy machine and a sanitizer. */
static const struct dns_settings settings = {.port = 53, .timeout_ms = 2100, .tries = 3};

static void setup(void)
{
    struct error e;

    fake = fake_dns_start(rows);
    loop = loop_new(&e);
    ck_assert_ptr_nonnull(loop);
    dns = dns_new(loop, NULL, &settings);
}

static void stop_fake(void)
{
    if (fake.child != 0)
        fake_dns_stop(&fake, asked, sizeof asked);
    fake.child = 0;
}

static void teardown(void)
{
    dns_free(dns);
    loop_free(loop);
    stop_fake();
}

static struct dns_question question(const char *name, enum dns_type type)
{
    struct dns_question q = {.server = {.port = fake.port}, .type = type, .recurse = true};

    ck_assert(ip_parse(S, &q.server.ip));
    ck_assert(name_from_dns(name, &q.name));
    return q;
}

struct pass {
    struct dns_question question;
    const struct dns_answer *answer;
    int runs;
};

static bool pass_once(void *arg)
{
    struct pass *pass = arg;

    pass->runs++;
    pass->answer = dns_ask(dns, &pass->question);
    return pass->answer != NULL;
}

static const struct dns_answer *ask(const struct dns_question *q)
{
    struct pass pass = {.question = *q};

    ck_assert(loop_run_pass(loop, pass_once, &pass, loop_now_ms(loop) + 60000));
    ck_assert_int_le(pass.runs, 2);
    ck_assert_uint_eq(dns_open(dns), 0);
    return pass.answer;
}

static const struct {
    const char *label, *name;
    enum dns_type type;
    int rcode;
    bool aa;
    size_t answers, authorities, additionals;
    const char *value;  /* of the last answer */
    const char *copies; /* how often the question is seen by the server: udp+tcp */
} outcomes[] = {
    {"an address", "a.example", DNS_A, 0, true, 1, 0, 0, "192.0.2.1", "1+0"},
    {"an IPv6 address", "aaaa.example", DNS_AAAA, 0, false, 1, 0, 0, "2001:db8::1", "1+0"},
    {"a mapped address is the IPv4 one", "mapped.example", DNS_AAAA, 0, false, 1, 0, 0, "192.0.2.9",
     "1+0"},
    {"an alias and its target", "cname.example", DNS_A, 0, false, 2, 0, 0, "192.0.2.2", "1+0"},
    {"twenty names", "many.example", DNS_PTR, 0, false, 20, 0, 0, "host-20.example.com", "1+0"},
    {"no data is not an error", "nodata.example", DNS_A, 0, true, 0, 1, 0, NULL, "1+0"},
    {"no such name", "nx.example", DNS_A, DNS_NXDOMAIN, true, 0, 1, 0, NULL, "1+0"},
    {"the server fails", "servfail.example", DNS_A, DNS_SERVFAIL, false, 0, 0, 0, NULL, "1+0"},
    {"the server refuses", "refused.example", DNS_A, DNS_REFUSED, false, 0, 0, 0, NULL, "1+0"},
    {"a rare code is kept", "yxdomain.example", DNS_A, DNS_YXDOMAIN, false, 0, 0, 0, NULL, "1+0"},
    {"silence is asked three times", "silent.example", DNS_A, DNS_TIMEOUT, false, 0, 0, 0, NULL,
     "3+0"},
    {"what is no message is no reply", "garbage.example", DNS_A, DNS_TIMEOUT, false, 0, 0, 0, NULL,
     "3+0"},
    {"half a message is no reply", "cut.example", DNS_A, DNS_TIMEOUT, false, 0, 0, 0, NULL, "3+0"},
    {"another id is not ours", "wrong-id.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.3", "1+0"},
    {"another question is not ours", "wrong-q.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.4",
     "1+0"},
    {"truncated: again over TCP", "tc.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.5", "1+1"},
    {"TCP has the time that is left", "slow-tc.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.5",
     "1+1"},
    {"a lost question is sent again", "lost.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.6", "2+0"},
    {"FORMERR to EDNS: again without", "formerr.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.7",
     "2+0"},
    {"NOTIMP to EDNS: again without", "notimp.example", DNS_A, 0, false, 1, 0, 0, "192.0.2.8",
     "2+0"},
    {"FORMERR without EDNS too", "old.example", DNS_A, DNS_FORMERR, false, 0, 0, 0, NULL, "3+0"},
    {"a referral keeps its sections", "referral.example", DNS_A, 0, false, 0, 2, 1, NULL, "1+0"},
    {"another class is left out", "chaos.example", DNS_A, 0, false, 0, 0, 0, NULL, "1+0"},
    {"odd bytes in a name are escaped", "escaped.example", DNS_PTR, 0, false, 1, 0, 0,
     "a\\.b\\032c\\009.example.com", "1+0"},
};

static size_t count_asked(const char *transport, const char *question_text)
{
    char text[400];

    snprintf(text, sizeof text, "%s%s", transport, question_text);
    return fake_dns_count(asked, text);
}

START_TEST(a_question_has_its_outcome)
{
    const struct dns_question q = question(outcomes[_i].name, outcomes[_i].type);
    const struct dns_answer *a = ask(&q);
    const char *label = outcomes[_i].label;
    char line[300], copies[32];
    size_t udp, tcp;

    ck_assert_msg(a->rcode == outcomes[_i].rcode, "%s: %s", label, dns_rcode_text(a->rcode));
    ck_assert_msg(a->authoritative == outcomes[_i].aa, "%s: AA", label);
    ck_assert_msg(a->answer.count == outcomes[_i].answers, "%s: %zu answers", label,
                  a->answer.count);
    ck_assert_msg(a->authority.count == outcomes[_i].authorities, "%s: authority", label);
    ck_assert_msg(a->additional.count == outcomes[_i].additionals, "%s: additional", label);
    if (outcomes[_i].value != NULL) {
        const struct dns_rr *rr = &a->answer.rr[a->answer.count - 1];
        const struct ip_text text = ip_text(&rr->ip);
        const char *value = rr->ip.family != IP_NONE ? text.s : rr->name.s;

        ck_assert_msg(strcmp(value, outcomes[_i].value) == 0, "%s: %s", label, value);
    }
    stop_fake();
    snprintf(line, sizeof line, " %s %s rd", dns_type_text(outcomes[_i].type), outcomes[_i].name);
    udp = count_asked("udp", line);
    tcp = count_asked("tcp", line);
    snprintf(copies, sizeof copies, "%zu+%zu", udp, tcp);
    ck_assert_msg(strcmp(copies, outcomes[_i].copies) == 0, "%s: asked %s times", label, copies);
}
END_TEST

START_TEST(records_are_values)
{
    struct dns_question q = question("cname.example", DNS_A);
    const struct dns_answer *a = ask(&q);

    ck_assert_int_eq(a->answer.rr[0].type, DNS_CNAME);
    ck_assert_str_eq(a->answer.rr[0].owner.s, "cname.example");
    ck_assert_str_eq(a->answer.rr[0].name.s, "target.example.com");
    ck_assert_uint_eq(a->answer.rr[0].ttl_s, 60);
    q = question("nx.example", DNS_A);
    a = ask(&q);
    ck_assert_int_eq(a->authority.rr[0].type, DNS_SOA);
    ck_assert_str_eq(a->authority.rr[0].name.s, "ns.example.com");
    ck_assert_uint_eq(a->authority.rr[0].ttl_s, 600);
    ck_assert_uint_eq(a->authority.rr[0].soa_minimum_s, 300);
}
END_TEST

static bool truncated_pass(void *arg)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA, DNS_TXT, DNS_SOA, DNS_NS, DNS_PTR};
    bool open = false;

    (void)arg;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct dns_question q = question("tc.example", types[i]);
        const struct dns_answer *a = dns_ask(dns, &q);

        open |= a == NULL;
        ck_assert(a == NULL || a->rcode == DNS_NOERROR);
    }
    return !open;
}

START_TEST(many_questions_share_tcp)
{
    ck_assert(loop_run_pass(loop, truncated_pass, NULL, loop_now_ms(loop) + 60000));
}
END_TEST

START_TEST(the_same_question_is_asked_once)
{
    const struct dns_question q = question("a.example", DNS_A);
    const struct dns_answer *first;

    ck_assert_ptr_null(dns_ask(dns, &q));
    ck_assert_ptr_null(dns_ask(dns, &q));
    ck_assert_uint_eq(dns_open(dns), 1);
    first = ask(&q);
    ck_assert_ptr_eq(ask(&q), first);
    ck_assert_uint_eq(dns_sent(dns), 1);
    stop_fake();
    ck_assert_uint_eq(fake_dns_count(asked, "\n"), 1);
}
END_TEST

START_TEST(flags_are_those_of_the_question)
{
    struct dns_question q = question("a.example", DNS_A);

    q.recurse = false;
    ask(&q);
    q.unchecked = true;
    ask(&q);
    q.recurse = true;
    ask(&q);
    stop_fake();
    ck_assert_str_eq(asked, "127.0.0.1 udp A a.example edns\n"
                            "127.0.0.1 udp A a.example cd edns\n"
                            "127.0.0.1 udp A a.example rd cd edns\n");
}
END_TEST

START_TEST(a_closed_port_answers_at_once)
{
    struct dns_question q = question("a.example", DNS_A);
    const int64_t began = loop_now_ms(loop);
    const int fd = child_bind(S, 0, SOCK_DGRAM);

    q.server.port = child_port(fd);
    close(fd);
    ck_assert_int_eq(ask(&q)->rcode, DNS_TIMEOUT);
    ck_assert_int_lt(loop_now_ms(loop) - began, settings.timeout_ms / 2);
}
END_TEST

START_TEST(a_server_without_route_answers_at_once)
{
    struct dns_question q = question("a.example", DNS_A);

    ck_assert(ip_parse("255.255.255.255", &q.server.ip));
    ck_assert_int_eq(ask(&q)->rcode, DNS_TIMEOUT);
    ck_assert(!dns_has_route(dns, &q.server.ip));
    ck_assert(ip_parse(S, &q.server.ip));
    ck_assert(dns_has_route(dns, &q.server.ip));
}
END_TEST

START_TEST(all_tries_together_take_the_time_limit)
{
    const struct dns_question q = question("silent.example", DNS_A);
    const struct dns_answer *a = ask(&q);

    /* Newer c-ares draws lots for a part of each wait. */
    ck_assert_uint_ge(a->took_ms, settings.timeout_ms * 2 / 3 - 10);
    ck_assert_uint_lt(a->took_ms, 2 * settings.timeout_ms); /* not the limit for each try */
}
END_TEST

START_TEST(a_server_that_was_fast_may_take_its_time)
{
    static const char *const quick[] = {"a.example", "nx.example", "nodata.example",
                                        "refused.example"};
    struct dns_question q;

    for (size_t i = 0; i < sizeof quick / sizeof quick[0]; i++) {
        q = question(quick[i], DNS_A);
        ck_assert_int_ne(ask(&q)->rcode, DNS_TIMEOUT);
    }
    q = question("thinks.example", DNS_A);
    ck_assert_int_eq(ask(&q)->rcode, DNS_NOERROR);
}
END_TEST

static bool many_pass(void *arg)
{
    bool open = false;

    for (int i = 0; i < 500; i++) {
        struct dns_question q;
        char name[64];

        snprintf(name, sizeof name, "n%d.%s", i, (const char *)arg);
        q = question(name, DNS_A);
        open |= dns_ask(dns, &q) == NULL;
    }
    return !open;
}

START_TEST(many_questions_at_once_all_end)
{
    char name[] = "many.test";

    ck_assert(loop_run_pass(loop, many_pass, name, loop_now_ms(loop) + 60000));
    ck_assert_uint_eq(dns_sent(dns), 500);
    ck_assert_uint_eq(dns_open(dns), 0);
}
END_TEST

static bool servers_pass(void *arg)
{
    bool open = false;

    (void)arg;
    for (int i = 1; i < 200; i++) { /* more servers than channels are kept open */
        struct dns_question q = question("a.example", DNS_A);
        char server[32];

        snprintf(server, sizeof server, "127.1.0.%d", i);
        ck_assert(ip_parse(server, &q.server.ip));
        open |= dns_ask(dns, &q) == NULL;
    }
    return !open;
}

START_TEST(many_servers_leave_no_descriptors_behind)
{
    struct dns_question q = question("a.example", DNS_A);
    int before, after;

    ask(&q);
    before = dup(0);
    close(before);
    ck_assert(loop_run_pass(loop, servers_pass, NULL, loop_now_ms(loop) + 60000));
    q.unchecked = true;
    ck_assert_int_eq(ask(&q)->rcode, DNS_NOERROR);
    after = dup(0);
    close(after);
    ck_assert_int_eq(before, after);
}
END_TEST

START_TEST(questions_under_way_may_be_left)
{
    const struct dns_question silent = question("silent.example", DNS_A);
    const struct dns_question truncated = question("tc.example", DNS_A);

    ck_assert_ptr_null(dns_ask(dns, &silent));
    ck_assert_ptr_null(dns_ask(dns, &truncated));
    /* teardown frees dns and loop */
}
END_TEST

START_TEST(a_name_that_cannot_be_written_is_a_format_error)
{
    struct dns_question q = question("a.example", DNS_A);

    q.name = (struct name){"a..b"};
    ck_assert_int_eq(ask(&q)->rcode, DNS_FORMERR);
}
END_TEST

START_TEST(what_is_no_reply_is_not_parsed)
{
    static const uint8_t query[12] = {0x12, 0x34, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    static const uint8_t reply[12] = {0x12, 0x34, 0x81, 0x83, 0, 0, 0, 0, 0, 0, 0, 0};
    struct dns_answer answer = {.rcode = 99};

    ck_assert(!dns_parse(query, 0, &answer));
    ck_assert(!dns_parse(query, 5, &answer));
    ck_assert(!dns_parse(query, sizeof query, &answer));
    ck_assert_int_eq(answer.rcode, 99);
    ck_assert(dns_parse(reply, sizeof reply, &answer));
    ck_assert_int_eq(answer.rcode, DNS_NXDOMAIN);
    ck_assert_str_eq(answer.question.s, "");
    dns_answer_free(&answer);
    dns_answer_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("dns");
    TCase *tests = tcase_create("dns");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_question_has_its_outcome, 0, sizeof outcomes / sizeof outcomes[0]);
    tcase_add_test(tests, records_are_values);
    tcase_add_test(tests, many_questions_share_tcp);
    tcase_add_test(tests, the_same_question_is_asked_once);
    tcase_add_test(tests, flags_are_those_of_the_question);
    tcase_add_test(tests, a_closed_port_answers_at_once);
    tcase_add_test(tests, a_server_without_route_answers_at_once);
    tcase_add_test(tests, all_tries_together_take_the_time_limit);
    tcase_add_test(tests, a_server_that_was_fast_may_take_its_time);
    tcase_add_test(tests, many_questions_at_once_all_end);
    tcase_add_test(tests, many_servers_leave_no_descriptors_behind);
    tcase_add_test(tests, questions_under_way_may_be_left);
    tcase_add_test(tests, a_name_that_cannot_be_written_is_a_format_error);
    tcase_add_test(tests, what_is_no_reply_is_not_parsed);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
