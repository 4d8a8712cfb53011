/* test_exim_route.c - which way mail goes through Exim, and the queue of probes. */
#include "mta/exim.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/fake_host.h"
#include "tests/support/unit.h"

#define MAIN "primary_hostname = mail.example.com\n"
#define DNS "dnslookup:\n  driver = dnslookup\n  domains = ! +local_domains\n  transport = out\n"
#define BT "exim4 -f <> -bt -- "
#define NOWHERE BT "postmaster@namesake.invalid"
#define PROBE "namesake-probe+abcd1234@[192.0.2.10]"

/* What "exim -bt" of 4.96 prints. */
static const struct {
    const char *label, *text, *way; /* "": none */
} answers[] = {
    {"by the DNS",
     "a@b.example\n  router = dnslookup, transport = remote_smtp\n"
     "  host mx1.b.example [192.0.2.1] MX=10\n  host mx2.b.example [192.0.2.2] MX=20\n",
     "dnslookup remote_smtp [mx1.b.example] [mx2.b.example] 2"},
    {"one host with two addresses, and a port",
     "a@b.example\n  router = smart, transport = relay\n"
     "  host r.example [192.0.2.1] port=587\n  host r.example [2001:db8::1] port=587\n",
     "smart relay [r.example]:587 2"},
    {"columns",
     "a@b.example\n  router = smart, transport = out\n  host 192.0.2.11    [192.0.2.11]   \n",
     "smart out [192.0.2.11] 1"},
    {"a local file", "root@localhost -> /var/mail/mail\n  transport = address_file\n",
     " address_file 0"},
    {"nowhere", "a@b.example is undeliverable: Unrouteable address\n", ""},
    {"not now", "a@b.example cannot be resolved at this time: host lookup failed\n", ""},
    {"nothing", "", ""},
};

START_TEST(an_answer_is_read)
{
    struct exim_way way;
    char seen[256] = "", hosts[160];

    if (exim_read_way(answers[_i].text, strlen(answers[_i].text), &way)) {
        strings_join(&way.hosts, " ", "", hosts, sizeof hosts);
        str_format(seen, sizeof seen, "%s %s%s%s %zu", way.router, way.transport,
                   hosts[0] ? " " : "", hosts, way.addresses.count);
    }
    ck_assert_msg(str_equal(seen, answers[_i].way), "%s: %s", answers[_i].label, seen);
    exim_way_free(&way);
}
END_TEST

static const struct {
    const char *label, *routers, *transport; /* more options of the transport "out" */
    const char *canned[4][2];
    const char *ways; /* what, relay, transport, sender, address of each */
    const char *relay;
} lists[] = {
    {"straight to the hosts of the domain", DNS, "", {{NULL}}, ",,out,,none;", ""},
    {"all through a smarthost",
     "smart:\n  driver = manualroute\n  route_list = * r.example::587 byname\n  transport = out\n",
     "",
     {{NOWHERE, "x\n  router = smart, transport = out\n  host r.example [192.0.2.1] port=587\n"}},
     ",[r.example]:587,out,,none;",
     "[r.example]:587"},
    {"a filter on this machine is no relay",
     "smart:\n  driver = manualroute\n  route_list = * 127.0.0.1::10024\n  transport = out\n",
     "",
     {{NOWHERE, "x\n  router = smart, transport = out\n  host 127.0.0.1 [127.0.0.1] port=10024\n"}},
     ",[127.0.0.1]:10024,out,,none;",
     ""},
    {"a domain that goes elsewhere",
     "hubs:\n  driver = manualroute\n  route_list = *.h.example h.example ; b.example c.example\n"
     "  transport = out\n" DNS,
     "",
     {{BT "postmaster@namesake-probe.h.example",
       "x\n  router = hubs, transport = out\n  host h.example [192.0.2.1]\n"}},
     ",,out,,none;mail for *.h.example,[h.example],out,,none;",
     ""},
    {"a table of domains",
     "hubs:\n  driver = manualroute\n  domains = lsearch;/hubs\n  transport = out\n"
     "  route_data = ${lookup{$domain}lsearch{/hubs}}\n" DNS,
     "",
     {{BT "postmaster@t.example",
       "x\n  router = hubs, transport = out\n  host t.hub.example [192.0.2.1]\n"}},
     ",,out,,none;mail for t.example,[t.hub.example],out,,none;",
     ""},
    {"a sender's relay",
     "news:\n  driver = manualroute\n  senders = *@news.example\n  route_list = * n.example\n"
     "  transport = out\n" DNS,
     "",
     {{"exim4 -f namesake-probe@news.example -bt",
       "x\n  router = news, transport = out\n  host n.example [192.0.2.1]\n"}},
     ",,out,,none;mail from *@news.example,[n.example],out,namesake-probe@news.example,none;",
     ""},
    {"an address for each sender's domain",
     DNS,
     "  interface = ${lookup{$sender_address_domain}lsearch{/ips}{$value}}\n",
     {{"exim4 -be ${lookup{news.example}lsearch{/ips}{$value}}", "203.0.113.26\n--namesake--\n"},
      {"exim4 -be ${lookup{}lsearch{/ips}{$value}}", "\n--namesake--\n"}},
     ",,out,,none;mail from news.example,,out,namesake-probe@news.example,203.0.113.26;",
     ""},
    {"by chance",
     "smart:\n  driver = manualroute\n  route_list = * a.example:b.example randomize\n"
     "  transport = out\n",
     "",
     {{NOWHERE, "x\n  router = smart, transport = out\n  host b.example [192.0.2.2]\n"
                "  host a.example [192.0.2.1]\n"}},
     ",[b.example],out,,none;one of 2 messages, by chance,[a.example],out,,none;",
     "[b.example]"},
    {"what cannot be listed",
     "r:\n  driver = manualroute\n  condition = ${if eq{$h_x:}{y}}\n  route_list = ^x d.example\n"
     "  transport = out\ns:\n  driver = manualroute\n  domains = mysql;SELECT 1\n"
     "  transport = out\n" DNS,
     "",
     {{NULL}},
     ",,out,,none;some mail by the condition of the router r,,,,none;"
     "some mail by the patterns of the router r,,,,none;"
     "some mail by the look-ups of the router s,,,,none;",
     ""},
    {"local delivery is no way out",
     DNS "l:\n  driver = accept\n  condition = ${if eq{$h_x:}{y}}\n  transport = local\n",
     "",
     {{NULL}},
     ",,out,,none;",
     ""},
    {"nothing is sent",
     "l:\n  driver = accept\n  transport = local\n",
     "",
     {{NULL}},
     ",,,,none;",
     ""},
};

static struct fake_host *machine(const char *routers, const char *transport,
                                 const char *const canned[][2], struct mta_facts *facts)
{
    struct fake_host *fake = fake_host_new();
    struct error e = {0};
    char config[2048];

    fake->exim = true;
    str_format(config, sizeof config,
               MAIN "begin routers\n%sbegin transports\nout:\n"
                    "  driver = smtp\n%slocal:\n  driver = appendfile\n",
               routers, transport);
    fake_host_file(fake, "/etc/exim4/exim4.conf", config);
    fake_host_file(fake, "/hubs", "t.example: t.hub.example\n# x: y\n*: z\n");
    fake_host_file(fake, "/ips", "news.example: 203.0.113.26\n");
    *facts = (struct mta_facts){.instance_count = 0};
    ck_assert(exim_observe(&fake->host, facts, &e));
    ck_assert_str_eq(facts->unknown, "");
    for (size_t i = 0; canned[i][0] != NULL; i++)
        fake_host_answer(fake, canned[i][0], 0, canned[i][1], "");
    fake_host_answer(fake, "exim4 -f", 2, "x is undeliverable: Unrouteable address\n", "");
    return fake;
}

START_TEST(all_ways_are_listed)
{
    struct mta_facts facts;
    struct fake_host *fake =
        machine(lists[_i].routers, lists[_i].transport, lists[_i].canned, &facts);
    struct buf ways = BUF_INIT(8192);

    exim_find_routes(&fake->host, &facts);
    for (size_t i = 0; i < facts.route_count; i++) {
        const struct mta_route *r = &facts.routes[i];

        buf_printf(&ways, "%s,%s,%s,%s,%s;", r->what, r->relay, r->transport, r->sender,
                   r->leaves[0].family == IP_NONE ? "none" : ip_text(&r->leaves[0]).s);
        ck_assert_msg(r->sends == str_equal(r->transport, "out"), "%s", lists[_i].label);
        ck_assert_msg(r->general == (i == 0), "%s", lists[_i].label);
    }
    ck_assert_msg(str_equal(buf_string(&ways), lists[_i].ways), "%s: %s", lists[_i].label,
                  buf_string(&ways));
    ck_assert_msg(str_equal(facts.relay, lists[_i].relay), "%s: %s", lists[_i].label, facts.relay);
    buf_free(&ways);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- The queue --------------------------------------------------------------------------------- */

#define QUEUE                                                                                      \
    " 0m   326 1xWNil-0000Eq-18 <root@example.com>\n          ann@example.net\n\n"                 \
    "25m  1.2K 1xWNil-0000Et-1H <> *** frozen ***\n        D bob@example.net\n"                    \
    "          " PROBE "\n\n"
#define LOG                                                                                        \
    "2026-11-26 00:52:19 Received from <> U=root P=local S=326\n"                                  \
    "2026-11-26 00:52:19 " PROBE " R=s T=out defer (111): Connection \033refused\n"                \
    "*** Frozen (delivery error message)\n"

static struct fake_host *queue_host(void)
{
    struct fake_host *fake = fake_host_new();

    fake->exim = true;
    fake_host_file(fake, "/etc/exim4/exim4.conf", MAIN);
    fake_host_answer(fake, "exim4 -bp", 0, QUEUE, "");
    fake_host_answer(fake, "exim4 -Mvl 1xWNil-0000Et-1H", 0, LOG, "");
    fake_host_answer(fake, "exim4 -Mrm", 0, "Message 1xWNil-0000Et-1H has been removed\n", "");
    return fake;
}

START_TEST(only_the_probe_is_found_and_removed)
{
    struct fake_host *fake = queue_host();
    struct mta_queued queued;
    struct error e = {0};

    ck_assert(exim_queued(&fake->host, "", PROBE, &queued, &e));
    ck_assert_str_eq(queued.id, "1xWNil-0000Et-1H");
    ck_assert(str_starts(queued.why, PROBE " R=s T=out defer (111): Connection "));
    ck_assert_ptr_null(strchr(queued.why, '\033'));
    ck_assert(exim_queued(&fake->host, "", "bob@example.net", &queued, &e));
    ck_assert_str_eq(queued.id, "");
    ck_assert(exim_forget(&fake->host, "", "1xWNil-0000Et-1H", &e));
    ck_assert_ptr_nonnull(strstr(buf_string(&fake->log), "exim4 -Mrm 1xWNil-0000Et-1H\n"));
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *text;
    bool is_id;
} ids[] = {
    {"1xWNil-0000Eq-18", true},
    {"1xWNil-00000000Eq1-18ab", true},
    {"1xWNil-0000Eq-1", false},
    {"1xWNil-0000Eq-18 1xWNil-0000Et-1H", false},
    {"-Mrm", false},
    {"all", false},
    {"", false},
    {"../../etc-passwd-18", false},
};

START_TEST(what_is_no_id_removes_nothing)
{
    struct fake_host *fake = queue_host();
    struct error e = {0};

    ck_assert_msg(exim_is_id(ids[_i].text) == ids[_i].is_id, "%s", ids[_i].text);
    ck_assert(exim_forget(&fake->host, "", ids[_i].text, &e) == ids[_i].is_id);
    ck_assert((strstr(buf_string(&fake->log), "-Mrm") != NULL) == ids[_i].is_id);
    host_free(&fake->host);
}
END_TEST

/* "-N" would only pretend to deliver; a probe without a sender is reported to nobody. */
START_TEST(a_probe_is_handed_over)
{
    struct fake_host *fake = queue_host();
    struct error e = {0};

    fake_host_answer(fake, "exim4 -i -oep -odb -f <> -E -- c@d", 0, "", "");
    fake_host_answer(fake, "exim4 -i -oep -odb -f a@b -- c@d", 1, "", "exim: no space left\n");
    ck_assert(exim_submit(&fake->host, "", "", "c@d", "text\n", &e));
    ck_assert(!exim_submit(&fake->host, "", "a@b", "c@d", "text\n", &e));
    ck_assert_msg(strstr(e.why, "no space left") != NULL, "%s", e.why);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *canned[4][2];
    const char *domain; /* NULL: there is none */
} domains[] = {
    {"a relay takes the literal",
     {{BT "namesake-probe@[192.0.2.10]",
       "x\n  router = s, transport = out\n  host r.example [1.2.3.4]\n"}},
     "[192.0.2.10]"},
    {"a name that leads back",
     {{"getent hosts 192.0.2.10", "192.0.2.10  o.example o\n"},
      {BT "namesake-probe@o.example",
       "x\n  router = d, transport = out\n  host o.example [192.0.2.10]\n"}},
     "o.example"},
    {"a name that leads elsewhere",
     {{"getent hosts 192.0.2.10", "192.0.2.10  o.example\n"},
      {BT "namesake-probe@o.example",
       "x\n  router = d, transport = out\n  host mx.example [192.0.2.99] MX=1\n"}},
     NULL},
    {"no name", {{NULL}}, NULL},
};

START_TEST(a_domain_leads_to_the_observer)
{
    struct mta_facts facts;
    struct fake_host *fake = machine(DNS, "", domains[_i].canned, &facts);
    struct error e = {0};
    struct ip to;
    char domain[256] = "";
    bool found;

    ck_assert(ip_parse("192.0.2.10", &to));
    found = exim_domain_of(&fake->host, &to, "[192.0.2.10]", domain, sizeof domain, &e);
    ck_assert_msg(found == (domains[_i].domain != NULL), "%s: %s", domains[_i].label, domain);
    if (found)
        ck_assert_str_eq(domain, domains[_i].domain);
    else
        ck_assert_int_eq(e.code, ERR_NO_INPUT);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"an answer is read", an_answer_is_read, ROWS(answers), 0},
        {"all ways are listed", all_ways_are_listed, ROWS(lists), 0},
        {"only the probe is removed", only_the_probe_is_found_and_removed, 1, 0},
        {"what is no id", what_is_no_id_removes_nothing, ROWS(ids), 0},
        {"a probe is handed over", a_probe_is_handed_over, 1, 0},
        {"a domain that leads there", a_domain_leads_to_the_observer, ROWS(domains), 0},
    };

    return unit_run("exim_route", tests, ROWS(tests));
}
