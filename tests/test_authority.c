/* test_authority.c - finding zones and their servers in a small Internet on loopback. */
#include "agent/net/authority.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/str.h"
#include "tests/support/fake_dns.h"

/* Resolvers: two that work, one that fails, one that is silent. Then the servers of zones. */
#define R "127.0.0.1"
#define R2 "127.0.0.2"
#define BROKEN "127.0.0.3"
#define SILENT "127.0.0.4"
#define TOP "127.0.1.1"
#define A1 "127.0.2.1"
#define A2 "127.0.2.2"
#define SUB "127.0.3.1"
#define DEAD "127.0.4.1"
#define LAME "127.0.4.2"
#define LONE "127.0.5.1"

#define SOA(zone) zone " 600 IN SOA ns1." zone " admin." zone " 1 2 3 4 300"
#define NS(zone, server) zone " 3600 IN NS " server "\n"
#define ADDRESS(name, ip) name " 3600 IN A " ip "\n"
#define REVERSE4 "113.0.203.in-addr.arpa."
#define REVERSE6 "8.b.d.0.1.0.0.2.ip6.arpa."
#define REVERSE6_48 "5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa."
#define NIBBLES "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa"

#define ROW(at, n, t) .server = (at), .name = (n), .type = (t)
#define YES .aa = true
#define NX .rcode = "NXDOMAIN"

#define HAS_SOA(at, n, zone) ROW(at, n, "SOA"), .answer = SOA(zone)
#define HAS_NS(at, n, servers) ROW(at, n, "NS"), .answer = (servers)
#define HAS_A(at, n, ip) ROW(at, n, "A"), .answer = ADDRESS(n ".", ip)

static const struct fake_dns_row rows[] = {
    {ROW(BROKEN, NULL, NULL), .rcode = "SERVFAIL"},
    {ROW(SILENT, NULL, NULL), .how = FAKE_SILENT},
    {ROW(DEAD, NULL, NULL), .how = FAKE_SILENT},
    {HAS_A(R, "ns1.example.com", A1)},
    {HAS_A(R2, "ns1.example.com", A1)},
    {HAS_A(R, "ns2.example.com", A2)},
    {HAS_A(R, "dead.example.com", DEAD)},
    {HAS_A(R, "lame.example.com", LAME)},
    {HAS_A(R, "ns.top.example", TOP)},
    {HAS_A(R, "ns.sub.example", SUB)},

    /* example.com on two servers */
    {HAS_SOA(R, "example.com", "example.com.")},
    {HAS_NS(R, "example.com",
            NS("example.com.", "ns1.example.com.") NS("example.com.", "ns2.example.com."))},
    {HAS_SOA(R2, "example.com", "example.com.")},
    {HAS_NS(R2, "example.com", NS("example.com.", "ns1.example.com."))},
    {ROW(A1, "example.com", "SOA"), YES, .answer = SOA("example.com.")},
    {ROW(A1, "mail.example.com", NULL), YES, .authority = SOA("example.com.")},
    {ROW(A1, "new.example.com", NULL), YES, NX, .authority = SOA("example.com.")},
    {ROW(A1, "bare.example.com", NULL), YES, NX},
    {ROW(A1, "cname.example.com", NULL), YES,
     .answer = "cname.example.com. 60 IN CNAME www.other.example.",
     .authority = SOA("other.example.")},
    {ROW(A1, "up.example.com", NULL), YES, .answer = "up.example.com. 60 IN CNAME x.com.",
     .authority = SOA("com.")},

    /* zones below it: glue, no glue, on the same server, deeper and deeper */
    {ROW(A1, "host.sub.example.com", NULL),
     .authority = NS("sub.example.com.", "ns.sub.example.com."),
     .additional = ADDRESS("ns.sub.example.com.", SUB)},
    {ROW(SUB, "host.sub.example.com", NULL), YES, .authority = SOA("sub.example.com.")},
    {ROW(A1, "host.far.example.com", NULL), .authority = NS("far.example.com.", "ns.sub.example.")},
    {ROW(SUB, "host.far.example.com", NULL), YES, NX, .authority = SOA("far.example.com.")},
    {ROW(A1, "host.own.example.com", NULL), YES, .authority = SOA("own.example.com.")},
    {ROW(A1, "own.example.com", "NS"), YES, .answer = NS("own.example.com.", "ns1.example.com."),
     .additional = ADDRESS("ns1.example.com.", A1)},
    {ROW(A1, "host.quiet.example.com", NULL), YES, .authority = SOA("quiet.example.com.")},
    {ROW(A1, "a.b.c.d.e.f.g.h.i.j.example.com", NULL),
     .authority = NS("j.example.com.", "ns.j.example."),
     .additional = ADDRESS("ns.j.example.", SUB)},

    /* servers that are of no use */
    {HAS_SOA(R, "half.example", "half.example.")},
    {HAS_NS(R, "half.example",
            NS("half.example.", "lame.example.com.") NS("half.example.", "ns2.example.com."))},
    {ROW(A2, "mail.half.example", NULL), YES, .authority = SOA("half.example.")},
    {HAS_SOA(R, "dead.example", "dead.example.")},
    {HAS_NS(R, "dead.example",
            NS("dead.example.", "dead.example.com.") NS("dead.example.", "ns2.example.com."))},
    {ROW(A2, "mail.dead.example", NULL), YES, .authority = SOA("dead.example.")},
    {HAS_SOA(R, "gone.example", "gone.example.")},
    {HAS_NS(R, "gone.example", NS("gone.example.", "dead.example.com."))},
    {HAS_SOA(R, "lame.example", "lame.example.")},
    {HAS_NS(R, "lame.example", NS("lame.example.", "lame.example.com."))},
    {ROW(LAME, "mail.lame.example", NULL), .authority = NS(".", "a.root-servers.net.")},
    {HAS_SOA(R, "above.example", "above.example.")},
    {HAS_NS(R, "above.example", NS("above.example.", "lame.example.com."))},
    {ROW(LAME, "mail.above.example", NULL), YES, NX, .authority = SOA("example.")},
    {HAS_SOA(R, "nowhere.example", "nowhere.example.")},
    {HAS_NS(R, "nowhere.example", NS("nowhere.example.", "ns.nowhere.example."))},
    {ROW(R, "ns.nowhere.example", NULL), NX},
    {HAS_SOA(R, "part.example", "part.example.")},
    {HAS_NS(R, "part.example",
            NS("part.example.", "ns.nowhere.example.") NS("part.example.", "ns1.example.com."))},
    {ROW(A1, "mail.part.example", NULL), YES, .answer = "mail.part.example. 77 IN A 192.0.2.1",
     .authority = SOA("part.example.")},

    /* a zone that the resolvers fail on, below a top that they know */
    {ROW(R, "bogus.top", NULL), .rcode = "SERVFAIL"},
    {HAS_SOA(R, "top", "top.")},
    {HAS_NS(R, "top", NS("top.", "ns.top.example."))},
    {ROW(TOP, "mail.bogus.top", NULL), .authority = NS("bogus.top.", "ns1.bogus.top."),
     .additional = ADDRESS("ns1.bogus.top.", A2)},
    {ROW(A2, "mail.bogus.top", NULL), YES, .authority = SOA("bogus.top.")},

    /* reverse trees */
    {HAS_SOA(R, "113.0.203.in-addr.arpa", REVERSE4)},
    {HAS_NS(R, "113.0.203.in-addr.arpa", NS(REVERSE4, "ns1.example.com."))},
    {ROW(A1, "25.113.0.203.in-addr.arpa", NULL), YES,
     .answer = "25.113.0.203.in-addr.arpa. 60 IN CNAME 25.16-31.113.0.203.in-addr.arpa.",
     .authority = SOA("16-31.113.0.203.in-addr.arpa.")},
    {ROW(A1, "113.0.203.in-addr.arpa", "SOA"), YES, .answer = SOA(REVERSE4)},
    {ROW(R, "100.51.198.in-addr.arpa", "SOA"), NX, .authority = SOA("198.in-addr.arpa.")},
    {ROW(R, "198.in-addr.arpa", "NS"), .answer = NS("198.in-addr.arpa.", "ns.top.example.")},
    {ROW(TOP, "7.100.51.198.in-addr.arpa", NULL), YES, NX, .authority = SOA("198.in-addr.arpa.")},
    {HAS_SOA(R, "8.b.d.0.1.0.0.2.ip6.arpa", REVERSE6)},
    {HAS_NS(R, "8.b.d.0.1.0.0.2.ip6.arpa", NS(REVERSE6, "ns.top.example."))},
    {ROW(TOP, NIBBLES, NULL), .authority = NS(REVERSE6_48, "ns1.example.com.")},
    {ROW(A1, NIBBLES, NULL), YES, .authority = SOA(REVERSE6_48)},

    /* one server that is resolver and authority, and knows one zone */
    {ROW(LONE, "mail.lab.example", "SOA"), YES, .answer = SOA("mail.lab.example.")},
    {ROW(LONE, "mail.lab.example", "NS"), YES,
     .answer = NS("mail.lab.example.", "ns.mail.lab.example.")},
    {ROW(LONE, "ns.mail.lab.example", "A"), YES, .answer = ADDRESS("ns.mail.lab.example.", LONE)},
    {ROW(LONE, "out.mail.lab.example", NULL), YES, NX, .authority = SOA("mail.lab.example.")},
    {0},
};

#define EXAMPLE                                                                                    \
    "example.com NOERROR ns1.example.com=" A1 " ns2.example.com=" A2 " ns1.example.com 300"

static const struct {
    const char *label, *name, *resolvers;
    const char *want; /* zone, rcode, servers, primary, negative TTL */
} searches[] = {
    {"a name in a zone", "mail.example.com", R, EXAMPLE},
    {"a name that does not exist yet", "new.example.com", R, EXAMPLE},
    {"the top of a zone", "example.com", R, EXAMPLE},
    {"a denial without SOA: the zone is asked for it", "bare.example.com", R, EXAMPLE},
    {"an alias belongs to its own zone", "cname.example.com", R, EXAMPLE},
    {"an alias to a name in a zone above", "up.example.com", R, EXAMPLE},
    {"a zone below, with glue", "host.sub.example.com", R,
     "sub.example.com NOERROR ns.sub.example.com=" SUB " ns1.sub.example.com 300"},
    {"a zone below, without glue", "host.far.example.com", R,
     "far.example.com NOERROR ns.sub.example=" SUB " ns1.far.example.com 300"},
    {"a zone below on the same server", "host.own.example.com", R,
     "own.example.com NOERROR ns1.example.com=" A1 " ns1.own.example.com 300"},
    {"a zone below on the same server, which hides its NS", "host.quiet.example.com", R,
     "quiet.example.com NOERROR ns1.example.com=" A1 " ns2.example.com=" A2
     " ns1.quiet.example.com 300"},
    {"a referral to a server that does not know", "a.b.c.d.e.f.g.h.i.j.example.com", R,
     "j.example.com REFUSED ns.j.example=" SUB " - 0"},
    {"the first server refuses", "mail.half.example", R,
     "half.example NOERROR lame.example.com=" LAME " ns2.example.com=" A2 " ns1.half.example 300"},
    {"the first server is dead", "mail.dead.example", R,
     "dead.example NOERROR dead.example.com=" DEAD " ns2.example.com=" A2 " ns1.dead.example 300"},
    {"all servers are dead", "mail.gone.example", R,
     "gone.example TIMEOUT dead.example.com=" DEAD " - 0"},
    {"a referral upwards is lame", "mail.lame.example", R,
     "lame.example SERVFAIL lame.example.com=" LAME " - 0"},
    {"an answer from the zone above is lame", "mail.above.example", R,
     "above.example SERVFAIL lame.example.com=" LAME " - 0"},
    {"no server has an address", "mail.nowhere.example", R, "- TIMEOUT - 0"},
    {"one server has no address", "mail.part.example", R,
     "part.example NOERROR ns.nowhere.example=none ns1.example.com=" A1 " ns1.part.example 300"},
    {"the first resolver fails", "mail.example.com", BROKEN " " R2,
     "example.com NOERROR ns1.example.com=" A1 " ns1.example.com 300"},
    {"the first resolver is silent", "mail.example.com", SILENT " " R2,
     "example.com NOERROR ns1.example.com=" A1 " ns1.example.com 300"},
    {"resolvers fail on the zone: its servers are found from the top", "mail.bogus.top", R,
     "bogus.top NOERROR ns1.bogus.top=" A2 " ns1.bogus.top 300"},
    {"all resolvers fail", "mail.example.com", BROKEN " " BROKEN, "- SERVFAIL - 0"},
    {"all resolvers are silent", "a.b.mail.example.com", SILENT, "- TIMEOUT - 0"},
    {"a reverse name, an alias of RFC 2317", "25.113.0.203.in-addr.arpa", R,
     "113.0.203.in-addr.arpa NOERROR ns1.example.com=" A1 " ns1.113.0.203.in-addr.arpa 300"},
    {"a reverse zone shorter than /24", "7.100.51.198.in-addr.arpa", R,
     "198.in-addr.arpa NOERROR ns.top.example=" TOP " ns1.198.in-addr.arpa 300"},
    {"an IPv6 reverse name below a /48", NIBBLES, R,
     "5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa NOERROR ns1.example.com=" A1
     " ns1.5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa 300"},
    {"one server for everything", "out.mail.lab.example", LONE,
     "mail.lab.example NOERROR ns.mail.lab.example=" LONE " ns1.mail.lab.example 300"},
};

static struct loop *loop;
static struct dns *dns;
static struct fake_dns fake;
static char asked[65536];

struct pass {
    struct dns_server resolvers[4];
    size_t count;
    struct name name;
    bool brief;
    struct authority found;
    struct authority_view views[AUTHORITY_SERVERS_MAX];
};

static void setup(void)
{
    /* What is silent costs this; a busy machine and a sanitizer answer sooner. */
    struct dns_settings settings = {.timeout_ms = 700, .tries = 1};
    struct error e;

    fake = fake_dns_start(rows);
    settings.port = fake.port;
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

static void prepare(struct pass *pass, const char *name, const char *resolvers)
{
    struct cursor list = cursor_of(resolvers, strlen(resolvers)), word;
    char text[32];

    *pass = (struct pass){0};
    ck_assert(name_from_dns(name, &pass->name));
    for (; cursor_word(&list, &word); pass->count++) {
        ck_assert(cursor_copy(&word, text, sizeof text));
        ck_assert(ip_parse(text, &pass->resolvers[pass->count].ip));
        pass->resolvers[pass->count].port = fake.port;
    }
}

static bool find(void *arg)
{
    struct pass *pass = arg;
    const struct authority_question question = {.resolvers = pass->resolvers,
                                                .resolver_count = pass->count,
                                                .name = &pass->name,
                                                .type = DNS_A,
                                                .brief = pass->brief};

    return authority_find(dns, &question, &pass->found);
}

static const char *or_dash(const char *text)
{
    return text[0] != '\0' ? text : "-";
}

static void describe(const struct authority *a, struct buf *text)
{
    buf_printf(text, "%s %s", or_dash(a->zone.s), dns_rcode_text(a->rcode));
    for (size_t i = 0; i < a->count; i++) {
        const struct ip *ip = &a->servers[i].server.ip;

        buf_printf(text, " %s=%s", a->servers[i].name->s,
                   ip->family != IP_NONE ? ip_text(ip).s : "none");
    }
    buf_printf(text, " %s %u", or_dash(a->primary.s), a->negative_ttl_s);
}

START_TEST(a_zone_is_found)
{
    struct buf text = BUF_INIT(4096);
    struct pass pass;
    char line[300];

    prepare(&pass, searches[_i].name, searches[_i].resolvers);
    ck_assert(loop_run_pass(loop, find, &pass, loop_now_ms(loop) + 60000));
    describe(&pass.found, &text);
    ck_assert_msg(strcmp(buf_string(&text), searches[_i].want) == 0, "%s: %s", searches[_i].label,
                  buf_string(&text));
    stop_fake();
    /* A resolver never hears of the name itself, unless that is where to begin. */
    snprintf(line, sizeof line, " %s rd", searches[_i].name);
    ck_assert_msg(name_labels(&pass.name) <= 2 || fake_dns_count(asked, line) == 0, "%s: %s",
                  searches[_i].label, asked);
    buf_free(&text);
}
END_TEST

/* In brief, for the same searches: one server, and no question for the end of the zone. */
START_TEST(a_server_is_found)
{
    struct pass pass;
    char line[300];

    prepare(&pass, searches[_i].name, searches[_i].resolvers);
    pass.brief = true;
    ck_assert(loop_run_pass(loop, find, &pass, loop_now_ms(loop) + 60000));
    if (pass.found.rcode == DNS_NOERROR)
        ck_assert_msg(pass.found.count == 1, "%s: %zu", searches[_i].label, pass.found.count);
    stop_fake();
    snprintf(line, sizeof line, " %s rd", searches[_i].name);
    ck_assert_msg(name_labels(&pass.name) <= 2 || fake_dns_count(asked, line) == 0, "%s: %s",
                  searches[_i].label, asked);
    snprintf(line, sizeof line, "SOA %s ", searches[_i].name);
    ck_assert_msg(name_labels(&pass.name) <= 2 || fake_dns_count(asked, line) == 0, "%s: %s",
                  searches[_i].label, asked);
}
END_TEST

START_TEST(silent_resolvers_are_given_up_soon)
{
    struct pass pass;

    prepare(&pass, NIBBLES, SILENT);
    ck_assert(loop_run_pass(loop, find, &pass, loop_now_ms(loop) + 60000));
    ck_assert_uint_eq(dns_sent(dns), 4);
}
END_TEST

static bool view(void *arg)
{
    struct pass *pass = arg;

    return find(pass) && authority_ask(dns, &pass->found, &pass->name, DNS_A, pass->views);
}

START_TEST(every_server_is_asked)
{
    struct pass pass;

    prepare(&pass, "mail.part.example", R);
    ck_assert(loop_run_pass(loop, view, &pass, loop_now_ms(loop) + 60000));
    ck_assert_uint_eq(pass.found.count, 2);
    ck_assert_str_eq(pass.found.servers[0].name->s, "ns.nowhere.example");
    ck_assert_int_eq(pass.views[0].rcode, DNS_TIMEOUT);
    ck_assert_ptr_null(pass.views[0].answer);
    ck_assert_str_eq(pass.found.servers[1].name->s, "ns1.example.com");
    ck_assert_str_eq(ip_text(&pass.found.servers[1].server.ip).s, A1);
    ck_assert(pass.views[1].authoritative);
    ck_assert_int_eq(pass.views[1].rcode, DNS_NOERROR);
    ck_assert_uint_eq(pass.views[1].ttl_s, 77);
    ck_assert_uint_eq(pass.views[1].answer->answer.count, 1);
}
END_TEST

static const struct {
    const char *label, *text, *want;
} files[] = {
    {"the usual file", "# comment\nsearch example.com\nnameserver 192.0.2.53\n", "192.0.2.53"},
    {"at most three",
     "nameserver 192.0.2.1\nnameserver 192.0.2.2\nnameserver 2001:db8::3\n"
     "nameserver 192.0.2.4\n",
     "192.0.2.1 192.0.2.2 2001:db8::3"},
    {"blanks, tabs, CR LF, no final line end", "nameserver\t 192.0.2.1 # x\r\nnameserver 192.0.2.2",
     "192.0.2.1 192.0.2.2"},
    {"what is no address is left out", "nameserver fe80::1%eth0\nnameserver x\nnameserver\n", ""},
    {"comments", "#nameserver 192.0.2.1\n;nameserver 192.0.2.2\n", ""},
    {"another keyword", "nameservers 192.0.2.1\n", ""},
    {"nothing", "", ""},
};

START_TEST(resolv_conf_is_read)
{
    struct dns_server servers[8];
    size_t count = authority_parse_resolv_conf(files[_i].text, strlen(files[_i].text), servers, 8);
    struct buf text = BUF_INIT(1000);

    for (size_t i = 0; i < count; i++) {
        buf_printf(&text, "%s%s", i > 0 ? " " : "", ip_text(&servers[i].ip).s);
        ck_assert_uint_eq(servers[i].port, 53);
    }
    ck_assert_msg(strcmp(buf_string(&text), files[_i].want) == 0, "%s: %s", files[_i].label,
                  buf_string(&text));
    ck_assert_uint_le(
        authority_parse_resolv_conf(files[_i].text, strlen(files[_i].text), servers, 1), 1);
    buf_free(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("authority");
    TCase *network = tcase_create("network"), *pure = tcase_create("pure");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(network, setup, teardown);
    tcase_add_loop_test(network, a_zone_is_found, 0, sizeof searches / sizeof searches[0]);
    tcase_add_loop_test(network, a_server_is_found, 0, sizeof searches / sizeof searches[0]);
    tcase_add_test(network, silent_resolvers_are_given_up_soon);
    tcase_add_test(network, every_server_is_asked);
    tcase_add_loop_test(pure, resolv_conf_is_read, 0, sizeof files / sizeof files[0]);
    suite_add_tcase(suite, network);
    suite_add_tcase(suite, pure);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
