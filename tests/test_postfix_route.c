/* test_postfix_route.c - which way mail goes, and the queue of probes. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/fake_host.h"
#include "tests/support/unit.h"

#define SERVICES                                                                                   \
    "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\nout2 unix - - n - - smtp\n"              \
    "error unix - - n - - error\n"
#define Q "postmap -c /etc/postfix -q "
#define S "postmap -c /etc/postfix -s "
#define T "transport_maps = hash:/t\n"
#define SR "sender_dependent_relayhost_maps = hash:/r\n"
#define ST "sender_dependent_default_transport_maps = hash:/s\n"

static struct fake_host *machine(const char *main_cf, const char *const answers[][2],
                                 struct mta_facts *facts)
{
    struct fake_host *fake = fake_host_new();
    struct error e = {0};

    fake_host_postfix(fake, main_cf, SERVICES);
    for (size_t i = 0; answers[i][0] != NULL; i++)
        fake_host_answer(fake, answers[i][0], 0, answers[i][1], "");
    *facts = (struct mta_facts){.instance_count = 0};
    ck_assert(postfix_observe(&fake->host, facts, &e));
    fake_host_answer(fake, "postmap", 1, "", "");
    return fake;
}

/* The precedence of section 2.8: what was measured with real daemons. */
static const struct {
    const char *label, *main_cf, *sender, *recipient;
    const char *answers[4][2];
    const char *way; /* transport, relay and what decides it */
} rows[] = {
    {"straight to the hosts of the domain",
     "",
     "",
     "a@b.example",
     {{NULL}},
     "smtp||default_transport"},
    {"all through a relay",
     "relayhost = [r.example]:587\n",
     "",
     "a@b.example",
     {{NULL}},
     "smtp|[r.example]:587|relayhost"},
    {"a default transport with a next hop beats it",
     "default_transport = relay:[d.example]\nrelayhost = [r.example]\n",
     "",
     "a@b.example",
     {{NULL}},
     "relay|[d.example]|default_transport"},
    {"a sender's relay",
     "relayhost = [r.example]\n" SR,
     "x@a.example",
     "a@b.example",
     {{Q "@a.example hash:/r", "[s.example]\n"}},
     "smtp|[s.example]|hash:/r"},
    {"a sender's relay that does not know",
     "relayhost = [r.example]\n" SR,
     "x@a.example",
     "a@b.example",
     {{Q "@a.example hash:/r", "DUNNO\n"}},
     "smtp|[r.example]|relayhost"},
    {"a sender's transport keeps the relay host",
     "relayhost = [r.example]\n" ST,
     "x@a.example",
     "a@b.example",
     {{Q "x@a.example hash:/s", "out2:\n"}},
     "out2|[r.example]|relayhost"},
    {"a transport table without next hop means straight",
     "relayhost = [r.example]\n" T,
     "",
     "a@b.example",
     {{Q "b.example hash:/t", "smtp:\n"}},
     "smtp||hash:/t"},
    {"a transport table with only a next hop",
     "relayhost = [r.example]\n" T,
     "",
     "a@b.example",
     {{Q "b.example hash:/t", ":[t.example]\n"}},
     "smtp|[t.example]|hash:/t"},
    {"a transport table that changes nothing",
     "relayhost = [r.example]\n" T,
     "",
     "a@b.example",
     {{Q "b.example hash:/t", ":\n"}},
     "smtp|[r.example]|relayhost"},
    {"an address before its domain",
     T,
     "",
     "a@b.example",
     {{Q "b.example hash:/t", "relay:\n"}, {Q "a@b.example hash:/t", "out2:\n"}},
     "out2||hash:/t"},
    {"an address without its extension",
     T,
     "",
     "a+x@b.example",
     {{Q "a@b.example hash:/t", "out2:[t.example]\n"}},
     "out2|[t.example]|hash:/t"},
    {"a parent domain",
     T,
     "",
     "a@b.c.example",
     {{Q ".c.example hash:/t", "relay:\n"}},
     "relay||hash:/t"},
    {"the rest",
     T,
     "",
     "a@b.example",
     {{Q "* hash:/t", "relay:[t.example]\n"}},
     "relay|[t.example]|hash:/t"},
    {"the second table",
     "transport_maps = hash:/u, hash:/t\n",
     "",
     "a@b.example",
     {{Q "b.example hash:/t", "relay:\n"}},
     "relay||hash:/t"},
    {"mail that is not sent",
     "default_transport = error:closed\n",
     "",
     "a@b.example",
     {{NULL}},
     "error|closed|default_transport|not sent"},
};

START_TEST(one_way_is_resolved)
{
    struct mta_facts facts;
    struct fake_host *fake = machine(rows[_i].main_cf, rows[_i].answers, &facts);
    struct mta_route route;
    char way[512];

    postfix_route(&fake->host, &facts, &facts.instances[0], rows[_i].sender, rows[_i].recipient,
                  &route);
    snprintf(way, sizeof way, "%s|%s|%s%s", route.transport, route.relay, route.from,
             route.sends ? "" : "|not sent");
    ck_assert_msg(str_equal(way, rows[_i].way), "%s: %s", rows[_i].label, way);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *main_cf;
    const char *answers[4][2];
    const char *ways; /* what, relay, transport, sender of all but the first */
    const char *relay;
} lists[] = {
    {"no tables", "relayhost = [r.example]\n", {{NULL}}, "", "[r.example]"},
    {"exceptions for recipients",
     "relayhost = [r.example]\n" T,
     {{S "hash:/t", "c.example\tsmtp:\nd.example\tsmtp:[r.example]\n*\trelay:\n"}},
     "mail for c.example,,smtp,;",
     "[r.example]"},
    {"the rest by a table",
     T,
     {{Q "* hash:/t", "smtp:[t.example]\n"}, {S "hash:/t", "*\tsmtp:[t.example]\n"}},
     "",
     "[t.example]"},
    {"exceptions for senders",
     SR,
     {{S "hash:/r", "@a.example\t[a.example]\nb@c.example\t[c.example]\n@d.example\tDUNNO\n"}},
     "mail from @a.example,[a.example],smtp,namesake-probe@a.example;"
     "mail from b@c.example,[c.example],smtp,b@c.example;",
     ""},
    {"transports by chance",
     "sender_dependent_default_transport_maps = randmap:{smtp:, out2:}\n",
     {{NULL}},
     "one of 2 messages, by chance,,smtp,;one of 2 messages, by chance,,out2,;",
     ""},
    {"rules cannot be listed",
     "transport_maps = pcre:/p\n",
     {{NULL}},
     "some mail by the rules of pcre:/p,,,;",
     ""},
    {"a filter on this machine is no relay",
     "default_transport = smtp:[127.0.0.1]:10024\n",
     {{NULL}},
     "",
     ""},
};

START_TEST(all_ways_are_listed)
{
    struct mta_facts facts;
    struct fake_host *fake = machine(lists[_i].main_cf, lists[_i].answers, &facts);
    struct buf ways = BUF_INIT(8192);

    postfix_find_routes(&fake->host, &facts);
    for (size_t i = 1; i < facts.route_count; i++)
        buf_printf(&ways, "%s,%s,%s,%s;", facts.routes[i].what, facts.routes[i].relay,
                   facts.routes[i].transport, facts.routes[i].sender);
    ck_assert_msg(str_equal(buf_string(&ways), lists[_i].ways), "%s: %s", lists[_i].label,
                  buf_string(&ways));
    ck_assert_msg(str_equal(facts.relay, lists[_i].relay), "%s: %s", lists[_i].label, facts.relay);
    buf_free(&ways);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

#define QUEUE                                                                                      \
    "{\"queue_name\":\"deferred\",\"queue_id\":\"AAAA11111\",\"recipients\":[{\"address\":"        \
    "\"ann@example.net\",\"delay_reason\":\"busy\"}]}\n"                                           \
    "{\"queue_name\":\"deferred\",\"queue_id\":\"BBBB22222\",\"recipients\":[{\"address\":"        \
    "\"namesake-probe+abcd1234@[192.0.2.10]\",\"delay_reason\":\"connect: \\u001brefused\"}]}\n"

START_TEST(only_the_probe_is_found_and_removed)
{
    struct fake_host *fake = fake_host_new();
    struct mta_queued queued;
    struct error e = {0};

    fake_host_answer(fake, "postqueue -c /etc/postfix -j", 0, QUEUE, "");
    fake_host_answer(fake, "postsuper", 0, "", "postsuper: BBBB22222: removed\n");
    ck_assert(postfix_queued(&fake->host, "/etc/postfix", "namesake-probe+abcd1234@[192.0.2.10]",
                             &queued, &e));
    ck_assert_str_eq(queued.id, "BBBB22222");
    ck_assert(strchr(queued.why, '\033') == NULL && str_starts(queued.why, "connect: "));
    ck_assert(postfix_queued(&fake->host, "/etc/postfix", "namesake-probe+wxyz9876@[192.0.2.10]",
                             &queued, &e));
    ck_assert_str_eq(queued.id, "");
    ck_assert(postfix_forget(&fake->host, "/etc/postfix", "BBBB22222", &e));
    ck_assert(strstr(buf_string(&fake->log), "postsuper -c /etc/postfix -d BBBB22222\n") != NULL);
    host_free(&fake->host);
}
END_TEST

static const char *const no_ids[] = {"ALL", "-", "", "BBBB22222 ALL", "-dALL", "../../x"};

START_TEST(what_is_no_id_removes_nothing)
{
    struct fake_host *fake = fake_host_new();
    struct error e = {0};

    fake_host_answer(fake, "postsuper", 0, "", "");
    ck_assert_msg(!postfix_forget(&fake->host, "", no_ids[_i], &e), "%s", no_ids[_i]);
    ck_assert_int_eq(e.code, ERR_INTERNAL);
    ck_assert_str_eq(buf_string(&fake->log), "");
    host_free(&fake->host);
}
END_TEST

START_TEST(a_probe_is_handed_over)
{
    struct fake_host *fake = fake_host_new();
    struct error e = {0};

    fake_host_answer(fake, "sendmail -i -N never -C /etc/p -f a@b -- c@d", 0, "", "");
    fake_host_answer(fake, "sendmail", 75, "", "sendmail: fatal: queue is full\n");
    ck_assert(postfix_submit(&fake->host, "/etc/p", "a@b", "c@d", "text\n", &e));
    ck_assert(!postfix_submit(&fake->host, "", "", "c@d", "text\n", &e));
    ck_assert_msg(strstr(e.why, "queue is full") != NULL, "%s", e.why);
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"one way is resolved", one_way_is_resolved, ROWS(rows), 0},
        {"all ways are listed", all_ways_are_listed, ROWS(lists), 0},
        {"only the probe is removed", only_the_probe_is_found_and_removed, 1, 0},
        {"what is no id", what_is_no_id_removes_nothing, ROWS(no_ids), 0},
        {"a probe is handed over", a_probe_is_handed_over, 1, 0},
    };

    return unit_run("postfix_route", tests, ROWS(tests));
}
