/* test_postfix.c - what Postfix says, the edits that give it a name, and how they are checked. */
#include "mta/postfix.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "mta/edit.h"
#include "tests/support/fake_host.h"

#define NAME "mail.example.com"
#define SMTPD "smtp inet n - n - - smtpd\n"
#define SMTP "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"

/* --- Parsers --------------------------------------------------------------------------------- */

START_TEST(services_are_parsed)
{
    const char *text =
        "smtp       inet  n       -       n       -       -       smtpd\n"
        "\n"
        "[::1]:10025 inet n -   n       -       -       smtpd -o {a=b c} -o d=e\n"
        "postlog    unix-dgram n  -       n       -       1       postlogd\n"
        "too few fields\n"
        "uucp       unix  -       n       n       -       -       pipe flags=Fqhu argv=uux -r\n";
    struct postfix_service *lines;
    size_t count = postfix_parse_services(text, strlen(text), &lines);

    ck_assert_uint_eq(count, 4);
    ck_assert_str_eq(lines[0].name, "smtp");
    ck_assert_str_eq(lines[0].type, "inet");
    ck_assert_str_eq(lines[0].program, "smtpd");
    ck_assert_str_eq(lines[1].name, "[::1]:10025");
    ck_assert_str_eq(lines[2].type, "unix-dgram");
    ck_assert_str_eq(lines[3].program, "pipe");
    free(lines);
}
END_TEST

START_TEST(values_are_parsed)
{
    const char *text = "a = b\nempty =\nlist = x, y = z\nsmtp/inet/own = v\r\n\n = nameless\nno\n"
                       "two words = x\n";
    struct postfix_values values;

    postfix_parse_values(text, strlen(text), &values);
    ck_assert_uint_eq(values.count, 4);
    ck_assert_str_eq(postfix_value(&values, "a"), "b");
    ck_assert_str_eq(postfix_value(&values, "empty"), "");
    ck_assert_str_eq(postfix_value(&values, "list"), "x, y = z");
    ck_assert_str_eq(postfix_value(&values, "smtp/inet/own"), "v");
    ck_assert_ptr_null(postfix_value(&values, "no"));
    postfix_values_free(&values);
    postfix_values_free(NULL);
}
END_TEST

static const struct {
    const char *label, *text, *words;
} says[] = {
    {"the fatal line without its prefix", "postmap: warning: x\npostmap: fatal: no such thing\n",
     "no such thing"},
    {"the last fatal line", "a: fatal: one\na: fatal: two\na: warning: three\n", "two"},
    {"without a fatal one the last line", "one\n\ntwo\n\n", "two"},
    {"nothing", "", ""},
    {"escapes are made visible", "a: fatal: \x1b[31mred\n", "\\x1B[31mred"},
};

START_TEST(words)
{
    char out[256];

    postfix_words(says[_i].text, strlen(says[_i].text), out, sizeof out);
    ck_assert_msg(str_equal_nocase(out, says[_i].words), "%s: %s", says[_i].label, out);
}
END_TEST

static const struct {
    const char *raw;
    enum postfix_use use;
    const char *expanded; /* with "old" */
} uses[] = {
    {"", POSTFIX_USES_NOT, ""},
    {"myhostname", POSTFIX_USES_NOT, "myhostname"},
    {"$myhostname", POSTFIX_USES_PLAINLY, "old"},
    {"${myhostname}", POSTFIX_USES_PLAINLY, "old"},
    {"$(myhostname)", POSTFIX_USES_PLAINLY, "old"},
    {"a.$myhostname, b", POSTFIX_USES_PLAINLY, "a.old, b"},
    {"$myhostname2", POSTFIX_USES_NOT, "$myhostname2"},
    {"$my_myhostname", POSTFIX_USES_NOT, "$my_myhostname"},
    {"$$myhostname", POSTFIX_USES_NOT, "$$myhostname"},
    {"$$$myhostname", POSTFIX_USES_PLAINLY, "$$old"},
    {"${myhostname?{a}:{b}}", POSTFIX_USES_ODDLY, "${myhostname?{a}:{b}}"},
    {"${{$myhostname} == {a} ? {b} : {c}}", POSTFIX_USES_PLAINLY, "${{old} == {a} ? {b} : {c}}"},
    {"${myhostname", POSTFIX_USES_ODDLY, "${myhostname"},
    {"$", POSTFIX_USES_NOT, "$"},
};

START_TEST(use_of_the_name)
{
    char *expanded = postfix_expand(uses[_i].raw, "myhostname", "old");

    ck_assert_msg(postfix_use(uses[_i].raw) == uses[_i].use, "%s", uses[_i].raw);
    ck_assert_msg(str_equal(expanded, uses[_i].expanded), "%s: %s", uses[_i].raw, expanded);
    free(expanded);
}
END_TEST

/* --- Observe --------------------------------------------------------------------------------- */

static struct fake_host *machine(const char *main_cf, const char *master_cf)
{
    struct fake_host *fake = fake_host_new();

    fake_host_postfix(fake, main_cf, master_cf);
    return fake;
}

static struct mta_facts facts_of(struct fake_host *fake)
{
    struct mta_facts facts = {.mta = mta_by_name("postfix")};
    struct error e = {0};

    ck_assert_msg(facts.mta->observe(&fake->host, &facts, &e), "%s", e.why);
    facts.mta->find_routes(&fake->host, &facts);
    return facts;
}

/* One line a service: who, outside or not, what it says, what decides. */
static void describe(const struct mta_facts *facts, char *out, size_t size)
{
    struct buf b = BUF_INIT(8192);

    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];
        char name[256];

        postfix_first_word(s->says, name, sizeof name);
        buf_printf(&b, "%s%s=%s by %s", i > 0 ? "; " : "", s->title, name, s->from);
        if (!s->outside)
            buf_text(&b, " inside");
        for (size_t j = 0; j < 2; j++)
            if (s->bind[j].family != IP_NONE)
                buf_printf(&b, " at %s", ip_text(&s->bind[j]).s);
    }
    str_cut(out, size, buf_string(&b));
    buf_free(&b);
}

static const struct {
    const char *label, *main_cf, *master_cf, *services;
} sights[] = {
    {"an ordinary Postfix", "myhostname = a.example\n", SMTPD SMTP,
     "smtp inet=a.example by smtpd_banner; smtp unix=a.example by smtp_helo_name; "
     "relay unix=a.example by smtp_helo_name"},
    {"the system's host name, where main.cf is silent", "mydomain = b.example\n",
     "smtp unix - - n - - smtp\n", "smtp unix=vm25.b.example by smtp_helo_name"},
    {"a literal HELO and a literal greeting",
     "smtp_helo_name = h.example\nsmtpd_banner = b.example hello\n",
     "smtp inet n - n - - smtpd\nsmtp unix - - n - - smtp\n",
     "smtp inet=b.example by smtpd_banner; smtp unix=h.example by smtp_helo_name"},
    {"settings of a service's own win", "myhostname = a.example\n",
     "smtp inet n - n - - smtpd -o myhostname=in.example\n"
     "smtp unix - - n - - smtp -o smtp_helo_name=out.$mydomain\n",
     "smtp inet=in.example by smtp inet -o myhostname; "
     "smtp unix=out.example by smtp unix -o smtp_helo_name"},
    {"a name of the service's own does not reach a literal greeting", "smtpd_banner = b.example\n",
     "smtp inet n - n - - smtpd -o myhostname=in.example\n", "smtp inet=b.example by smtpd_banner"},
    {"other settings of its own are of no interest", "myhostname = a.example\n",
     "smtp inet n - n - - smtpd -o smtpd_tls_security_level=may\n",
     "smtp inet=a.example by smtpd_banner"},
    {"a parameter that a greeting is built from may be a service's own",
     "smtpd_banner = $my_name ESMTP\nmy_name = a.example\n",
     "smtp inet n - n - - smtpd -o my_name=c.example\n", "smtp inet=c.example by smtpd_banner"},
    {"the name of the service in its HELO", "smtp_helo_name = $service_name.example\n",
     "out1 unix - - n - - smtp\n", "out1 unix=out1.example by smtp_helo_name"},
    {"the name of the service in a HELO of its own", "",
     "out1 unix - - n - - smtp -o smtp_helo_name=${service_name}.example\n",
     "out1 unix=out1.example by out1 unix -o smtp_helo_name"},
    {"a re-injection listener on loopback faces nobody", "myhostname = a.example\n",
     SMTPD "127.0.0.1:10025 inet n - n - - smtpd\n[::1]:10026 inet n - n - - smtpd\n"
           "localhost:10027 inet n - n - - smtpd\n",
     "smtp inet=a.example by smtpd_banner; "
     "127.0.0.1:10025 inet=a.example by smtpd_banner inside at 127.0.0.1; "
     "[::1]:10026 inet=a.example by smtpd_banner inside at ::1; "
     "localhost:10027 inet=a.example by smtpd_banner inside"},
    {"all listeners on loopback, as Red Hat ships it",
     "myhostname = a.example\ninet_interfaces = localhost\n", SMTPD,
     "smtp inet=a.example by smtpd_banner inside"},
    {"an address of its own", "myhostname = a.example\n", "192.0.2.11:smtp inet n - n - - smtpd\n",
     "192.0.2.11:smtp inet=a.example by smtpd_banner at 192.0.2.11"},
    {"port 25 before submission", "myhostname = a.example\n",
     "submission inet n - n - - smtpd\nsmtps inet n - n - - smtpd\n25 inet n - n - - smtpd\n",
     "25 inet=a.example by smtpd_banner; submission inet=a.example by smtpd_banner; "
     "smtps inet=a.example by smtpd_banner"},
    {"the default transport before others", "myhostname = a.example\ndefault_transport = out2\n",
     "smtp unix - - n - - smtp\nout2 unix - - n - - smtp -o smtp_helo_name=two.example\n",
     "out2 unix=two.example by out2 unix -o smtp_helo_name; "
     "smtp unix=a.example by smtp_helo_name"},
    {"postscreen and the smtpd behind it", "myhostname = a.example\n",
     "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n",
     "smtp inet=a.example by smtpd_banner; smtpd pass=a.example by smtpd_banner"},
    {"a greeting of postscreen's own",
     "myhostname = a.example\npostscreen_greet_banner = p.example wait\n",
     "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n",
     "smtp inet=p.example by postscreen_greet_banner; smtpd pass=a.example by smtpd_banner"},
    {"smtpd that nobody passes connections to faces nobody", "myhostname = a.example\n",
     SMTPD "smtpd pass - - n - - smtpd\n",
     "smtp inet=a.example by smtpd_banner; smtpd pass=a.example by smtpd_banner inside"},
    {"bind addresses", "myhostname = a.example\nsmtp_bind_address = 192.0.2.1\n",
     "smtp unix - - n - - smtp -o smtp_bind_address6=2001:db8::1\n",
     "smtp unix=a.example by smtp_helo_name at 192.0.2.1 at 2001:db8::1"},
    {"a single interface binds", "myhostname = a.example\ninet_interfaces = 192.0.2.9, ::1\n",
     "smtp unix - - n - - smtp\n", "smtp unix=a.example by smtp_helo_name at 192.0.2.9"},
    {"loopback counts as an interface, so that two do not bind a sender",
     "myhostname = a.example\ninet_interfaces = 127.0.0.1, 192.0.2.9\n", SMTPD SMTP,
     "smtp inet=a.example by smtpd_banner at 192.0.2.9; smtp unix=a.example by smtp_helo_name; "
     "relay unix=a.example by smtp_helo_name"},
    {"localhost counts in both families",
     "myhostname = a.example\ninet_interfaces = localhost 192.0.2.9 2001:db8::9\n",
     "smtp unix - - n - - smtp\n", "smtp unix=a.example by smtp_helo_name"},
    {"two interfaces of one family do not",
     "myhostname = a.example\ninet_interfaces = 192.0.2.8 192.0.2.9 2001:db8::9\n",
     "smtp unix - - n - - smtp\n", "smtp unix=a.example by smtp_helo_name at 2001:db8::9"},
    {"a wildcard binds to nothing, and no interface does then",
     "myhostname = a.example\ninet_interfaces = 192.0.2.9, [2001:db8::9]\n"
     "smtp_bind_address = 0.0.0.0\nsmtp_bind_address6 = ::\n",
     "smtp unix - - n - - smtp\n", "smtp unix=a.example by smtp_helo_name"},
    {"brackets around addresses",
     "myhostname = a.example\ninet_interfaces = 192.0.2.9, [2001:db8::9]\n"
     "smtp_bind_address6 = [2001:db8::5]\n",
     SMTPD "relay unix - - n - - smtp\n",
     "smtp inet=a.example by smtpd_banner at 192.0.2.9 at 2001:db8::9; "
     "relay unix=a.example by smtp_helo_name at 192.0.2.9 at 2001:db8::5"},
    {"brackets around loopback", "myhostname = a.example\ninet_interfaces = 127.0.0.1, [::1]\n",
     SMTPD, "smtp inet=a.example by smtpd_banner inside"},
    {"all addresses of one family", "myhostname = a.example\n",
     "0.0.0.0:smtp inet n - n - - smtpd\n[::]:smtp inet n - n - - smtpd\n",
     "0.0.0.0:smtp inet=a.example by smtpd_banner; [::]:smtp inet=a.example by smtpd_banner"},
    {"a content filter on this machine is no sender to the outside",
     "myhostname = a.example\ncontent_filter = scan:[127.0.0.1]:10024\n",
     "smtp unix - - n - - smtp\nscan unix - - n - - smtp -o smtp_helo_name=scan.internal\n",
     "smtp unix=a.example by smtp_helo_name; "
     "scan unix=scan.internal by scan unix -o smtp_helo_name inside"},
    {"the default transport faces the outside, whatever else uses it",
     "myhostname = a.example\ncontent_filter = smtp:[127.0.0.1]:10024\n", SMTP,
     "smtp unix=a.example by smtp_helo_name; relay unix=a.example by smtp_helo_name"},
    {"but not where it leads inside as well",
     "myhostname = a.example\ncontent_filter = smtp:[127.0.0.1]:10024\n"
     "relayhost = [127.0.0.1]:10026\n",
     SMTP, "smtp unix=a.example by smtp_helo_name inside; relay unix=a.example by smtp_helo_name"},
    {"listeners that are switched off", "myhostname = a.example\nmaster_service_disable = inet\n",
     SMTPD "smtp unix - - n - - smtp\n", "smtp unix=a.example by smtp_helo_name"},
    {"all but one are switched off",
     "myhostname = a.example\nmaster_service_disable = !smtp/inet, inet\n",
     SMTPD "submission inet n - n - - smtpd\n", "smtp inet=a.example by smtpd_banner"},
    {"other programs are none of our business", "myhostname = a.example\n",
     "lmtp unix - - n - - lmtp\npickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\n",
     ""},
};

START_TEST(observe_sees_services)
{
    struct fake_host *fake = machine(sights[_i].main_cf, sights[_i].master_cf);
    struct mta_facts facts = facts_of(fake);
    char services[2048];

    describe(&facts, services, sizeof services);
    ck_assert_msg(str_equal(services, sights[_i].services), "%s:\n%s", sights[_i].label, services);
    ck_assert_str_eq(facts.unknown, "");
    ck_assert_str_eq(facts.version, "3.7.11");
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(observe_asks_few_questions)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);

    ck_assert_str_eq(buf_string(&fake->log), "postconf -x\npostconf\npostconf -n\npostconf -P\n"
                                             "postmap -c /etc/postfix -q x static:ok\n"
                                             "postconf -M\n");
    ck_assert_uint_eq(facts.instance_count, 1);
    ck_assert(facts.instances[0].running && facts.instances[0].running_known);
    ck_assert_str_eq(facts.instances[0].files[0].path, "/etc/postfix/master.cf");
    ck_assert_str_eq(facts.instances[0].files[1].path, "/etc/postfix/main.cf");
    ck_assert(!facts.named_by_system);
    mta_facts_free(&facts);
    mta_facts_free(NULL);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *command;
    const char *err, *unknown, *next;
} broken[] = {
    {"main.cf is not ours to read", "postconf -x",
     "postconf: fatal: open /etc/postfix/main.cf: Permission denied\n",
     "open /etc/postfix/main.cf: Permission denied", "sudo namesake audit"},
    {"a line without an equals sign", "postconf -x",
     "postconf: fatal: /etc/postfix/main.cf, line 9: missing '=' after attribute name: \"x\"\n",
     "/etc/postfix/main.cf, line 9: missing '=' after attribute name: \"x\"", "sudo postfix check"},
    {"a name that only Postfix itself chokes on", "postmap",
     "postmap: fatal: file /etc/postfix/main.cf: parameter myhostname: bad parameter value: x y\n",
     "file /etc/postfix/main.cf: parameter myhostname: bad parameter value: x y",
     "postmap -q x static:ok"},
    {"master.cf with too few fields", "postconf -M", "postconf: fatal: bad field count\n",
     "bad field count", "sudo postfix check"},
    {"a tool that dies without a word", "postconf -x", "", "Postfix does not say why",
     "sudo postfix check"},
};

START_TEST(observe_does_not_know)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts;
    struct mta_wish wish = {.name = {NAME}};
    struct mta_edits edits = {0};
    struct error e = {0};

    fake_host_answer(fake, broken[_i].command, 1, "", broken[_i].err);
    facts = facts_of(fake);
    ck_assert_msg(str_equal(facts.unknown, broken[_i].unknown), "%s: %s", broken[_i].label,
                  facts.unknown);
    ck_assert_str_eq(facts.unknown_next, broken[_i].next);
    ck_assert_ptr_null(mta_service_of(&facts, MTA_SENDER));
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_str_eq(e.next, broken[_i].next);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(observe_reads_past_interfaces_that_do_not_resolve)
{
    struct fake_host *fake =
        machine("myhostname = a.example\ninet_interfaces = b.example\n", SMTPD SMTP);
    struct mta_facts facts;

    fake_host_answer(fake, "postconf -x", 1, "",
                     "postconf: fatal: config variable inet_interfaces: host not found: b\n");
    facts = facts_of(fake);
    ck_assert_str_eq(facts.unknown, "");
    ck_assert_str_eq(mta_service_of(&facts, MTA_SENDER)->says, "a.example");
    ck_assert_str_eq(postfix_raw(&facts.instances[0], "inet_interfaces"), "b.example");
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(observe_without_rights_does_not_know_whether_it_runs)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts;

    fake->lock_refused = true;
    facts = facts_of(fake);
    ck_assert_str_eq(facts.unknown, "");
    ck_assert(!facts.instances[0].running_known);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(observe_lists_other_instances)
{
    struct fake_host *fake =
        machine("myhostname = a.example\n"
                "multi_instance_directories = /etc/postfix-out /etc/postfix-off\n",
                SMTPD);
    struct mta_facts facts;

    fake_host_file(fake, "/etc/postfix-out/main.cf",
                   "myhostname = out.example\nmulti_instance_enable = yes\n");
    fake_host_file(fake, "/etc/postfix-out/master.cf", "smtp unix - - n - - smtp\n");
    fake_host_file(fake, "/etc/postfix-off/main.cf", "myhostname = off.example\n");
    fake_host_file(fake, "/etc/postfix-off/master.cf", "smtp unix - - n - - smtp\n");
    facts = facts_of(fake);
    ck_assert_uint_eq(facts.instance_count, 3);
    ck_assert(facts.instances[1].enabled && !facts.instances[2].enabled);
    ck_assert_uint_eq(facts.service_count, 2);
    ck_assert_str_eq(mta_service_of(&facts, MTA_SENDER)->says, "out.example");
    ck_assert_str_eq(mta_service_of(&facts, MTA_SENDER)->instance, "/etc/postfix-out");
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *main_cf, *relay;
} relays[] = {
    {"none", "relayhost =\n", ""},
    {"a relay host", "relayhost = [r.example]:587\n", "[r.example]:587"},
    {"a default transport with a next hop", "default_transport = smtp:[r.example]\n",
     "[r.example]"},
    {"an error transport is no relay", "default_transport = error:closed\n", ""},
};

START_TEST(observe_finds_the_relay)
{
    struct fake_host *fake = machine(relays[_i].main_cf, SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);

    ck_assert_msg(str_equal(facts.relay, relays[_i].relay), "%s: %s", relays[_i].label,
                  facts.relay);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *main_cf;
    bool by_system;
} origins[] = {
    {"a name of its own", "myhostname = a.example\n", false},
    {"the system's", "", true},
    {"literal names do not depend on it", "smtp_helo_name = a.example\nsmtpd_banner = a.example\n",
     false},
};

START_TEST(observe_tells_whether_the_name_is_the_systems)
{
    struct fake_host *fake = machine(origins[_i].main_cf, SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);

    ck_assert_msg(facts.named_by_system == origins[_i].by_system, "%s", origins[_i].label);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Edit ------------------------------------------------------------------------------------ */

static const struct {
    const char *label, *main_cf, *master_cf;
    const char *changes; /* "parameter=value" each; those that follow in brackets */
} edits_wanted[] = {
    {"all is as wished", "myhostname = " NAME "\n", SMTPD SMTP, ""},
    {"letter case does not matter", "myhostname = Mail.Example.COM\n", SMTPD SMTP, ""},
    {"myhostname decides both, in the same domain", "myhostname = old.example.com\n", SMTPD SMTP,
     "myhostname=" NAME "; [mydestination=$myhostname, localhost.$mydomain, localhost, "
     "old.example.com]; [myorigin=old.example.com]"},
    {"the domain stays as well", "myhostname = old.example.net\nmyorigin = /etc/mailname\n",
     SMTPD SMTP,
     "myhostname=" NAME "; [mydomain=example.net]; "
     "[mydestination=$myhostname, localhost.$mydomain, localhost, old.example.net]"},
    {"a domain that is written down is left alone",
     "myhostname = old.example.net\nmydomain = example.org\nmyorigin = $mydomain\n"
     "mydestination = $mydomain\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"the old name is among the destinations already",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = $myhostname, OLD.example.com\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"destinations without commas",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = $myhostname localhost\n",
     SMTPD SMTP, "myhostname=" NAME "; [mydestination=$myhostname localhost old.example.com]"},
    {"names below the old one are among the destinations",
     "myhostname = old.example.com\nmyorigin = x\n"
     "mydestination = $myhostname, lists.$myhostname, ${myhostname}.test, localhost\n",
     SMTPD SMTP,
     "myhostname=" NAME "; [mydestination=$myhostname, lists.$myhostname, ${myhostname}.test, "
     "localhost, old.example.com, lists.old.example.com, old.example.com.test]"},
    {"only names below the old one are",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = lists.$myhostname\n", SMTPD SMTP,
     "myhostname=" NAME "; [mydestination=lists.$myhostname lists.old.example.com]"},
    {"destinations that do not follow",
     "myhostname = old.example.com\nmyorigin = x\n"
     "mydestination = /etc/postfix/domains\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"the system's host name becomes an explicit one", "myorigin = x\nmydestination = localhost\n",
     SMTPD SMTP, "myhostname=" NAME "; [mydomain=localdomain]"},
    {"a literal HELO only", "myhostname = " NAME "\nsmtp_helo_name = old.example.com\n", SMTPD SMTP,
     "smtp_helo_name=" NAME},
    {"a literal greeting only, the rest of it stays",
     "myhostname = " NAME "\nsmtpd_banner = old.example.com ESMTP $mail_name\n", SMTPD SMTP,
     "smtpd_banner=" NAME " ESMTP $mail_name"},
    {"a greeting without anything", "myhostname = " NAME "\nsmtpd_banner =\n", SMTPD SMTP,
     "smtpd_banner=" NAME " ESMTP"},
    {"both literal: the name of the host is not touched",
     "myhostname = vm.example.org\nsmtpd_banner = a.example\nsmtp_helo_name = b.example\n",
     SMTPD SMTP, "smtpd_banner=" NAME "; smtp_helo_name=" NAME},
    {"a HELO with a final dot goes out with it",
     "myhostname = " NAME "\nsmtp_helo_name = " NAME ".\n", SMTPD SMTP, "smtp_helo_name=" NAME},
    {"one literal, one not",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n"
     "smtp_helo_name = older.example.com\n",
     SMTPD SMTP, "smtp_helo_name=" NAME "; myhostname=" NAME},
    {"a HELO in brackets and braces",
     "myhostname = old.example.com\nmyorigin = x\n"
     "mydestination = x\nsmtp_helo_name = ${myhostname}\n"
     "smtpd_banner = $(myhostname) hello\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"only senders matter where nobody listens outside",
     "myhostname = " NAME "\nsmtpd_banner = other.example\ninet_interfaces = loopback-only\n",
     SMTPD SMTP, ""},
    {"a submission greeting of its own is its own affair", "myhostname = " NAME "\n",
     SMTPD SMTP "submission inet n - n - - smtpd -o smtpd_banner=submit.example\n", ""},
    {"an override with the wished name is fine", "myhostname = " NAME "\n",
     "smtp inet n - n - - smtpd -o smtpd_banner=" NAME "\n" SMTP, ""},
    {"a re-injection listener keeps its name",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n",
     SMTPD SMTP "127.0.0.1:10025 inet n - n - - smtpd -o myhostname=localhost\n",
     "myhostname=" NAME},
    {"logins without a realm keep theirs",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n"
     "smtpd_sasl_auth_enable = yes\n",
     SMTPD SMTP, "myhostname=" NAME "; [smtpd_sasl_local_domain=old.example.com]"},
    {"also those of submission only",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n",
     SMTPD SMTP "submission inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes\n",
     "myhostname=" NAME "; [smtpd_sasl_local_domain=old.example.com]"},
    {"not those of Dovecot, which has its own",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n"
     "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"a certificate's path keeps its name",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n"
     "smtpd_tls_cert_file = /etc/ssl/$myhostname.pem\n",
     SMTPD SMTP, "myhostname=" NAME "; [smtpd_tls_cert_file=/etc/ssl/old.example.com.pem]"},
    {"names that follow by nature follow",
     "myhostname = old.example.com\nmyorigin = x\nmydestination = x\n"
     "milter_macro_daemon_name = $myhostname\nlmtp_lhlo_name = $myhostname\n",
     SMTPD SMTP, "myhostname=" NAME},
    {"postscreen's own greeting",
     "myhostname = " NAME "\npostscreen_greet_banner = old.example wait\n",
     "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd\n" SMTP,
     "postscreen_greet_banner=" NAME " wait"},
    {"a content filter's HELO is its own affair",
     "myhostname = " NAME "\ncontent_filter = scan:[127.0.0.1]:10024\n",
     SMTPD SMTP "scan unix - - n - - smtp -o smtp_helo_name=scan.internal\n", ""},
};

static char *changes_text(const struct mta_edits *edits)
{
    struct buf b = BUF_INIT(8192);

    for (size_t i = 0; i < edits->change_count; i++) {
        const struct mta_change *c = &edits->changes[i];

        buf_printf(&b, "%s%s%s=%s%s", i > 0 ? "; " : "", c->follows ? "[" : "", c->parameter,
                   c->after, c->follows ? "]" : "");
    }
    return buf_take(&b);
}

static const struct mta_wish wish = {.name = {NAME}};

/* The edit, and then Postfix's own judgement of it, and what it says afterwards. */
START_TEST(edit_gives_the_name)
{
    struct fake_host *fake = machine(edits_wanted[_i].main_cf, edits_wanted[_i].master_cf);
    struct mta_facts facts = facts_of(fake), after;
    struct mta_edits edits = {0}, none = {0};
    struct error e = {0};
    char *changes;

    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", edits_wanted[_i].label,
                  e.why);
    changes = changes_text(&edits);
    ck_assert_msg(str_equal(changes, edits_wanted[_i].changes), "%s:\n%s", edits_wanted[_i].label,
                  changes);
    free(changes);
    ck_assert(!edits.restart);
    ck_assert((edits.file_count == 0) == (edits.change_count == 0));
    ck_assert((edits.commands.count > 0) == (edits.file_count > 0));
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s: %s",
                  edits_wanted[_i].label, e.why);
    ck_assert_uint_eq(fake->file_count, 2); /* no stage is left */
    for (size_t i = 0; i < edits.file_count; i++)
        ck_assert(host_replace(&fake->host, edits.files[i].file, edits.files[i].text,
                               edits.files[i].length, &e));
    after = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&after, &wish, &none, &e), "%s", e.why);
    ck_assert_uint_eq(none.change_count, 0);
    mta_edits_free(&edits);
    mta_edits_free(&none);
    mta_facts_free(&facts);
    mta_facts_free(&after);
    host_free(&fake->host);
}
END_TEST

START_TEST(edit_tells_what_it_does)
{
    struct fake_host *fake = machine("smtpd_banner = old.example hi\nmyhostname = vm.example\n"
                                     "myorigin = x\nmydestination = x\nmydomain = y\n",
                                     SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);
    struct mta_edits edits = {0};
    struct error e = {0};

    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_str_eq(edits.setting, "myhostname");
    ck_assert_str_eq(edits.before, "vm.example");
    ck_assert_uint_eq(edits.change_count, 2);
    ck_assert_str_eq(edits.changes[0].file, "/etc/postfix/main.cf");
    ck_assert_str_eq(edits.changes[0].before, "old.example hi");
    ck_assert_str_eq(edits.commands.v[0], "postfix check");
    ck_assert_str_eq(edits.commands.v[1], "postfix reload");
    ck_assert_str_eq(edits.files[0].text, "smtpd_banner = " NAME " hi\nmyhostname = " NAME "\n"
                                          "myorigin = x\nmydestination = x\nmydomain = y\n");
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *main_cf, *master_cf, *name;
    enum err code;
    const char *why, *next; /* parts of them */
} refusals[] = {
    {"a bare label", "myhostname = a.example\n", SMTPD, "mail", ERR_NAME_REFUSED, "mail", ""},
    {"an address", "myhostname = a.example\n", SMTPD, "192.0.2.1", ERR_NAME_REFUSED, "", ""},
    {"an underscore", "myhostname = a.example\n", SMTPD, "my_mail.example", ERR_NAME_REFUSED,
     "underscore", ""},
    {"a HELO in master.cf that is built", "myhostname = " NAME "\n",
     SMTPD "relay unix - - n - - smtp -o smtp_helo_name=out.$mydomain\n", NAME, ERR_CONFLICT,
     "-o smtp_helo_name of \"relay unix\" is built",
     "postconf -c /etc/postfix -P relay/unix/smtp_helo_name"},
    {"a greeting built from another setting",
     "myhostname = " NAME "\nmy = b.example\nsmtpd_banner = $my hi\n", SMTPD SMTP, NAME,
     ERR_CONFLICT, "smtpd_banner of \"smtp inet\" is built", "postconf"},
    {"interfaces that follow the name in a condition",
     "myhostname = a.example\ninet_interfaces = ${myhostname?{all}:{}}\n", SMTPD SMTP, NAME,
     ERR_CONFLICT, "inet_interfaces", "inet_interfaces"},
    {"a condition on the name",
     "myhostname = a.example\nrelayhost = ${myhostname?{[r.example]}:{}}\n", SMTPD SMTP, NAME,
     ERR_CONFLICT, "relayhost depends on $myhostname", "postconf relayhost"},
    {"a condition in master.cf", "myhostname = a.example\n",
     SMTPD SMTP "submission inet n - n - - smtpd -o content_filter=${myhostname?{a}:{}}\n", NAME,
     ERR_CONFLICT, "submission/inet/content_filter", "postconf -P"},
    {"two entries of one service", "myhostname = " NAME "\n",
     SMTPD "smtp unix - - n - - smtp -o smtp_helo_name=a.example\n"
           "smtp unix - - n - - smtp -o smtp_helo_name=a.example\n",
     NAME, ERR_CONFLICT, "more than one service smtp/unix", ""},
    {"a next hop has that name already",
     "myhostname = a.example\ntransport_maps = hash:/etc/postfix/transport\n", SMTPD SMTP,
     "hop.example", ERR_CONFLICT, "hop.example is the name of a relay", ""},
    {"a relay of some senders has that name already",
     "myhostname = a.example\nsender_dependent_relayhost_maps = hash:/etc/postfix/relay\n",
     SMTPD SMTP, "some.example", ERR_CONFLICT, "some.example is the name of a relay", ""},
    {"the relay has that name already",
     "myhostname = a.example\nrelayhost = [Mail.example.com]:25\n", SMTPD SMTP, NAME, ERR_CONFLICT,
     "relay", ""},
};

START_TEST(edit_refuses)
{
    struct fake_host *fake = machine(refusals[_i].main_cf, refusals[_i].master_cf);
    struct mta_facts facts;
    struct mta_wish bad = {0};
    struct mta_edits edits = {0};
    struct error e = {0};

    fake_host_answer(fake, "postmap -c /etc/postfix -s hash:/etc/postfix/transport", 0,
                     "a.example\tsmtp:[Hop.example]:25\nb.example\t:\nc.example\terror:x\n", "");
    fake_host_answer(fake, "postmap -c /etc/postfix -s hash:/etc/postfix/relay", 0,
                     "a@b.example\t[some.example]:587\n", "");
    facts = facts_of(fake);
    str_cut(bad.name.s, sizeof bad.name.s, refusals[_i].name);
    ck_assert_msg(!facts.mta->edit(&facts, &bad, &edits, &e), "%s", refusals[_i].label);
    ck_assert_msg(e.code == refusals[_i].code, "%s: %s", refusals[_i].label, e.why);
    ck_assert_msg(strstr(e.why, refusals[_i].why), "%s: %s", refusals[_i].label, e.why);
    ck_assert_msg(strstr(e.next, refusals[_i].next), "%s: %s", refusals[_i].label, e.next);
    ck_assert_ptr_null(edits.files);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(edit_refuses_a_name_of_another_instance)
{
    struct fake_host *fake =
        machine("myhostname = a.example\nmulti_instance_directories = /etc/postfix-out\n", SMTPD);
    struct mta_facts facts;
    struct mta_edits edits = {0};
    struct error e = {0};

    fake_host_file(fake, "/etc/postfix-out/main.cf",
                   "myhostname = " NAME "\nmulti_instance_enable = yes\n");
    fake_host_file(fake, "/etc/postfix-out/master.cf", "smtp unix - - n - - smtp\n");
    facts = facts_of(fake);
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(e.why, "/etc/postfix-out"));
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* postconf says something else than main.cf: our edit would not be what Postfix reads. */
START_TEST(edit_refuses_a_file_that_it_reads_differently)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts;
    struct mta_edits edits = {0};
    struct error e = {0};

    fake_host_answer(fake, "postconf -n", 0, "myhostname = a.example\nmyorigin = $myhostname\n",
                     "");
    facts = facts_of(fake);
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(e.why, "myorigin"));
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Check, activate, alive ------------------------------------------------------------------ */

#define STAGE "/etc/postfix/.namesake-stage"

static const struct {
    const char *label, *command;
    int status;
    const char *out, *err, *why;
} verdicts[] = {
    {"Postfix's parser says no", "postmap -c " STAGE, 1, "",
     "postmap: fatal: parameter myhostname: bad parameter value\n",
     "parameter myhostname: bad parameter value"},
    {"master.cf is broken", "postconf -c " STAGE " -M", 1, "", "postconf: fatal: bad field count\n",
     "bad field count"},
    {"the copy cannot be read", "postconf -c " STAGE " -x", 1, "", "", "without a word"},
    {"a setting would be gone", "postconf -c " STAGE " -x", 0, "myhostname = " NAME "\n", "",
     "would change as well"},
};

START_TEST(check_refuses)
{
    struct fake_host *fake = machine("myhostname = old.example.com\n", SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);
    struct mta_edits edits = {0};
    struct error e = {0};

    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    fake_host_answer(fake, verdicts[_i].command, verdicts[_i].status, verdicts[_i].out,
                     verdicts[_i].err);
    ck_assert_msg(!facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s",
                  verdicts[_i].label);
    ck_assert_int_eq(e.code, ERR_MTA_CHECK_FAILED);
    ck_assert_msg(strstr(e.why, verdicts[_i].why), "%s: %s", verdicts[_i].label, e.why);
    ck_assert_uint_eq(fake->file_count, 2); /* no stage is left */
    ck_assert_str_eq(fake_host_text(fake, "/etc/postfix/main.cf"),
                     "myhostname = old.example.com\n");
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* Edits that are not ours, or not whole: the comparison is what protects the mail. */
static const struct {
    const char *label, *text, *why;
} careless[] = {
    {"the old name is no longer local", "myhostname = " NAME "\nmyorigin = old.example.com\n",
     "mydestination would change as well"},
    {"unqualified senders would change",
     "myhostname = " NAME "\nmydestination = $myhostname, localhost.$mydomain, localhost, "
     "old.example.com\n",
     "myorigin would change as well"},
    {"another destination would be new",
     "myhostname = " NAME "\nmyorigin = old.example.com\nmydestination = $myhostname, "
     "localhost.$mydomain, localhost, old.example.com, extra.example\n",
     "extra.example"},
    {"all mail would go to a relay",
     "myhostname = " NAME "\nmyorigin = old.example.com\nmydestination = $myhostname, "
     "localhost.$mydomain, localhost, old.example.com\nrelayhost = [r.example]\n",
     "relayhost would change as well"},
    {"the name is another one", "myhostname = old.example.com\n", "\"smtp inet\" would say"},
};

START_TEST(check_compares_values)
{
    struct fake_host *fake = machine("myhostname = old.example.com\n", SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);
    struct mta_edits edits = {0};
    struct error e = {0};

    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    free(edits.files[0].text);
    edits.files[0].text = strdup(careless[_i].text);
    edits.files[0].length = strlen(careless[_i].text);
    ck_assert_msg(!facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s",
                  careless[_i].label);
    ck_assert_int_eq(e.code, ERR_MTA_CHECK_FAILED);
    ck_assert_msg(strstr(e.why, careless[_i].why), "%s: %s", careless[_i].label, e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *failing; /* command */
    bool restart, locked;
    const char *log, *why; /* NULL: it succeeds */
} activations[] = {
    {"reload", "nothing", false, true,
     "postfix -c /etc/postfix check\n"
     "postconf -c /etc/postfix -x inet_interfaces inet_protocols\n"
     "postfix -c /etc/postfix reload\n",
     NULL},
    {"restart", "nothing", true, true,
     "postfix -c /etc/postfix check\npostfix -c /etc/postfix stop\n"
     "postfix -c /etc/postfix start\n",
     NULL},
    {"a restart of what is down is a start", "nothing", true, false,
     "postfix -c /etc/postfix check\npostfix -c /etc/postfix start\n", NULL},
    {"the check fails, silently as before 3.8: postmap has the words",
     "postfix -c /etc/postfix check", false, true,
     "postfix -c /etc/postfix check\npostmap -c /etc/postfix -q x static:ok\n",
     "it did not say why"},
    {"the reload fails", "postfix -c /etc/postfix reload", false, true,
     "postfix -c /etc/postfix check\n"
     "postconf -c /etc/postfix -x inet_interfaces inet_protocols\n"
     "postfix -c /etc/postfix reload\n"
     "postmap -c /etc/postfix -q x static:ok\n",
     "\"postfix reload\" ended with status 1"},
    {"it does not run", "nothing", false, false, "", "does not run"},
};

START_TEST(activate)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);
    const struct mta_edits edits = {.restart = activations[_i].restart};
    struct error e = {0};
    bool ok;

    buf_clear(&fake->log);
    fake_host_answer(fake, activations[_i].failing, 1, "", "");
    fake->locked = activations[_i].locked;
    ok = facts.mta->activate(&fake->host, &facts, &edits, &e);
    ck_assert_msg(ok == (activations[_i].why == NULL), "%s: %s", activations[_i].label, e.why);
    ck_assert_msg(str_equal(buf_string(&fake->log), activations[_i].log), "%s:\n%s",
                  activations[_i].label, buf_string(&fake->log));
    if (!ok) {
        ck_assert_int_eq(e.code, ERR_MTA_RELOAD_FAILED);
        ck_assert_msg(strstr(e.why, activations[_i].why), "%s", e.why);
    }
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(alive_is_a_lock)
{
    struct fake_host *fake = machine("myhostname = a.example\n", SMTPD SMTP);
    struct mta_facts facts = facts_of(fake);
    const struct mta_edits none = {0};
    struct error e = {0};

    ck_assert(facts.mta->alive(&fake->host, &facts, &none, &e));
    fake->locked = false;
    ck_assert(!facts.mta->alive(&fake->host, &facts, &none, &e));
    ck_assert_int_eq(e.code, ERR_MTA_RELOAD_FAILED);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(present_is_postconf)
{
    struct fake_host *with = machine("", ""), *without = fake_host_new();
    const struct mta *postfix = mta_by_name("postfix");

    ck_assert(postfix->present(&with->host));
    ck_assert(!postfix->present(&without->host));
    ck_assert_ptr_null(mta_by_name("sendmail"));
    ck_assert_ptr_eq(mta_all[0], postfix);
    host_free(&with->host);
    host_free(&without->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"services are parsed", services_are_parsed, 1, 0},
        {"values are parsed", values_are_parsed, 1, 0},
        {"words", words, ROWS(says), 0},
        {"use of the name", use_of_the_name, ROWS(uses), 0},
        {"observe sees services", observe_sees_services, ROWS(sights), 0},
        {"observe asks few questions", observe_asks_few_questions, 1, 0},
        {"observe does not know", observe_does_not_know, ROWS(broken), 0},
        {"observe and interfaces", observe_reads_past_interfaces_that_do_not_resolve, 1, 0},
        {"observe and rights", observe_without_rights_does_not_know_whether_it_runs, 1, 0},
        {"observe lists instances", observe_lists_other_instances, 1, 0},
        {"observe finds the relay", observe_finds_the_relay, ROWS(relays), 0},
        {"observe and the host name", observe_tells_whether_the_name_is_the_systems, ROWS(origins),
         0},
        {"edit gives the name", edit_gives_the_name, ROWS(edits_wanted), 0},
        {"edit tells what it does", edit_tells_what_it_does, 1, 0},
        {"edit refuses", edit_refuses, ROWS(refusals), 0},
        {"edit and instances", edit_refuses_a_name_of_another_instance, 1, 0},
        {"edit and readings", edit_refuses_a_file_that_it_reads_differently, 1, 0},
        {"check refuses", check_refuses, ROWS(verdicts), 0},
        {"check compares values", check_compares_values, ROWS(careless), 0},
        {"activate", activate, ROWS(activations), 0},
        {"alive is a lock", alive_is_a_lock, 1, 0},
        {"present is postconf", present_is_postconf, 1, 0},
    };

    return unit_run("postfix", tests, ROWS(tests));
}
