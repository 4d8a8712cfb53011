/* test_postfix_master.c - settings of single services, several names, several instances. */
#include "mta/postfix.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/fake_host.h"

#define NAME "mail.example.com"
#define OTHER "out2.example.com"
#define A "203.0.113.25"
#define B "203.0.113.26"
#define A6 "2001:db8:25::25"
#define SMTPD "smtp inet n - n - - smtpd\n"
#define SMTP "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"
#define OUT2 "out2 unix - - n - - smtp -o smtp_bind_address=" B "\n"
#define ALONE "myorigin = x\nmydestination = x\nmydomain = x.example\n"

static struct mta_facts facts_of(struct fake_host *fake)
{
    struct mta_facts facts = {.mta = mta_by_name("postfix")};
    struct error e = {0};

    ck_assert_msg(facts.mta->observe(&fake->host, &facts, &e), "%s", e.why);
    facts.mta->find_routes(&fake->host, &facts);
    ck_assert(ip_parse(A, &facts.source[0]));
    ck_assert(ip_parse(A6, &facts.source[1]));
    return facts;
}

/* "203.0.113.25=a.example 203.0.113.26=b.example" */
static size_t read_pairs(const char *text, struct mta_pair *pairs)
{
    struct cursor c = cursor_of(text, strlen(text)), word;
    size_t count = 0;
    char copy[300], *equals;

    for (; cursor_word(&c, &word); count++) {
        ck_assert(cursor_copy(&word, copy, sizeof copy));
        equals = strchr(copy, '=');
        *equals = '\0';
        pairs[count] = (struct mta_pair){.name = {""}};
        ck_assert(ip_parse(copy, &pairs[count].address));
        ck_assert(name_from_dns(equals + 1, &pairs[count].name));
    }
    return count;
}

static char *changes_text(const struct mta_edits *edits)
{
    struct buf b = BUF_INIT(8192);

    for (size_t i = 0; i < edits->change_count; i++) {
        const struct mta_change *c = &edits->changes[i];
        bool usual = str_starts(c->file, "/etc/postfix/");

        buf_printf(&b, "%s%s%.*s%s%s=%s%s", i > 0 ? "; " : "", c->follows ? "[" : "",
                   usual ? 0 : (int)(strrchr(c->file, '/') - c->file - 5), c->file + 5,
                   usual ? "" : " ", c->parameter, c->after, c->follows ? "]" : "");
    }
    return buf_take(&b);
}

static const struct {
    const char *label, *main_cf, *master_cf, *pairs, *changes;
    const char *setting, *before; /* "": all is as wished */
} edits_wanted[] = {
    {"a greeting of its own", "myhostname = " NAME "\n",
     "smtp inet n - n - - smtpd -o smtpd_banner=b.example\n" SMTP, "",
     "smtp/inet/smtpd_banner=" NAME, "smtp/inet/smtpd_banner", "b.example"},
    {"a name of its own", "myhostname = " NAME "\n",
     "smtp inet n - n - - smtpd -o myhostname=b.example\n" SMTP, "", "smtp/inet/myhostname=" NAME,
     "smtp/inet/myhostname", "b.example"},
    {"a greeting and a name of its own: none of them is left behind", "myhostname = " NAME "\n",
     "smtp inet n - n - - smtpd -o myhostname=b.example -o smtpd_banner=b.example\n" SMTP, "",
     "smtp/inet/smtpd_banner=" NAME "; smtp/inet/myhostname=" NAME, "smtp/inet/smtpd_banner",
     "b.example"},
    {"only the reply to EHLO is another", "myhostname = " NAME "\n",
     "smtp inet n - n - - smtpd -o myhostname=b.example -o smtpd_banner=" NAME "\n" SMTP, "",
     "smtp/inet/myhostname=" NAME, "smtp/inet/myhostname", "b.example"},
    {"a greeting of its own, and the host's name for the reply", "myhostname = b.example\n" ALONE,
     "smtp inet n - n - - smtpd -o smtpd_banner=b.example\n"
     "smtp unix - - n - - smtp -o smtp_helo_name=" NAME "\n",
     "", "smtp/inet/smtpd_banner=" NAME "; smtp/inet/myhostname=" NAME, "smtp/inet/smtpd_banner",
     "b.example"},
    {"what was two names stays two", "myhostname = host.example\n",
     "smtp inet n - n - - smtpd -o smtpd_banner=b.example\n"
     "smtp unix - - n - - smtp -o smtp_helo_name=" NAME "\n",
     "", "smtp/inet/smtpd_banner=" NAME, "smtp/inet/smtpd_banner", "b.example"},
    {"a HELO of its own, in braces", "myhostname = " NAME "\n",
     SMTPD "smtp unix - - n - - smtp -o { smtp_helo_name = b.example }\n", "",
     "smtp/unix/smtp_helo_name=" NAME, "smtp/unix/smtp_helo_name", "b.example"},
    {"a HELO by a name of its own", "myhostname = " NAME "\n",
     SMTPD "smtp unix - - n - - smtp -o myhostname=b.example\n", "", "smtp/unix/myhostname=" NAME,
     "smtp/unix/myhostname", "b.example"},
    {"a HELO of its own that follows main.cf", "myhostname = b.example\n" ALONE,
     SMTPD "smtp unix - - n - - smtp -o smtp_helo_name=$myhostname\n", "", "myhostname=" NAME,
     "myhostname", "b.example"},
    {"main.cf and a service of its own", "myhostname = a.example\n" ALONE,
     SMTPD "smtp unix - - n - - smtp\nrelay unix - - n - - smtp -o smtp_helo_name=b.example\n", "",
     "relay/unix/smtp_helo_name=" NAME "; myhostname=" NAME, "myhostname", "a.example"},
    {"the smtpd behind postscreen", "myhostname = " NAME "\n",
     "smtp inet n - n - 1 postscreen\nsmtpd pass - - n - - smtpd -o myhostname=b.example\n", "",
     "smtpd/pass/myhostname=" NAME, "smtpd/pass/myhostname", "b.example"},
    {"a setting of a service's own that follows stays", "myhostname = a.example\n" ALONE,
     SMTPD SMTP "submission inet n - n - - smtpd -o smtpd_sasl_local_domain=$myhostname\n", "",
     "myhostname=" NAME "; [submission/inet/smtpd_sasl_local_domain=a.example]", "myhostname",
     "a.example"},
    {"but not where the service has a name of its own", "myhostname = a.example\n" ALONE,
     SMTPD SMTP "submission inet n - n - - smtpd -o smtpd_sasl_local_domain=$myhostname "
                "-o myhostname=s.example\n",
     "", "myhostname=" NAME, "myhostname", "a.example"},
    {"what follows a service's own name stays, too",
     "myhostname = " NAME "\nsmtpd_tls_cert_file = /etc/ssl/$myhostname.pem\n",
     "smtp inet n - n - - smtpd -o myhostname=b.example -o smtpd_milters=inet:$myhostname\n" SMTP,
     "",
     "smtp/inet/myhostname=" NAME "; [smtp/inet/smtpd_tls_cert_file=/etc/ssl/b.example.pem]; "
     "[smtp/inet/smtpd_milters=inet:b.example]",
     "smtp/inet/myhostname", "b.example"},
    {"logins at a listener of its own keep their realm",
     "myhostname = " NAME "\nsmtpd_sasl_auth_enable = yes\n",
     "smtp inet n - n - - smtpd -o myhostname=b.example\n" SMTP, "",
     "smtp/inet/myhostname=" NAME "; [smtp/inet/smtpd_sasl_local_domain=b.example]",
     "smtp/inet/myhostname", "b.example"},
    {"two realms stay two", "myhostname = a.example\nsmtpd_sasl_auth_enable = yes\n" ALONE,
     SMTPD SMTP "submission inet n - n - - smtpd -o myhostname=s.example\n", "",
     "myhostname=" NAME "; [smtp/inet/smtpd_sasl_local_domain=a.example]", "myhostname",
     "a.example"},
    {"the transport that is wrong, and no other", "myhostname = " OTHER "\n", SMTPD SMTP OUT2,
     A "=" OTHER " " B "=" NAME, "out2/unix/smtp_helo_name=" NAME, "out2/unix/smtp_helo_name",
     OTHER},
    {"the second name goes to its transport", "myhostname = " OTHER "\n", SMTPD SMTP OUT2,
     B "=" NAME, "smtp/inet/myhostname=" NAME "; out2/unix/smtp_helo_name=" NAME,
     "smtp/inet/myhostname", OTHER},
    {"a transport that is tied in both families", "myhostname = " NAME "\n",
     SMTPD SMTP "out2 unix - - n - - smtp -o smtp_bind_address=" B " -o inet_protocols=ipv4\n",
     A "=" NAME " " A6 "=" NAME " " B "=" OTHER, "", "", ""},
    {"the first name, where main.cf also names the second", "myhostname = vm.example\n",
     "192.0.2.1:smtp inet n - n - - smtpd\n" SMTP OUT2, A "=" NAME " " B "=" OTHER,
     "smtp/unix/smtp_helo_name=" NAME "; relay/unix/smtp_helo_name=" NAME,
     "smtp/unix/smtp_helo_name", "vm.example"},
    {"the transport's own", "myhostname = " NAME "\n",
     SMTPD SMTP "out2 unix - - n - - smtp -o smtp_bind_address=" B " -o smtp_helo_name=b.example\n",
     A "=other.example " B "=" NAME, "out2/unix/smtp_helo_name=" NAME, "out2/unix/smtp_helo_name",
     "b.example"},
    {"a listener of one address", "myhostname = " OTHER "\n",
     A ":smtp inet n - n - - smtpd\n" B ":smtp inet n - n - - smtpd\n"
       "smtp unix - - n - - smtp -o smtp_helo_name=" OTHER "\n" OUT2,
     A "=" OTHER " " B "=" NAME, B ":smtp/inet/myhostname=" NAME "; out2/unix/smtp_helo_name=" NAME,
     B ":smtp/inet/myhostname", OTHER},
    {"a listener of one address is none of the other family", "myhostname = " OTHER "\n",
     "smtp inet n - n - - smtpd\n" B ":smtp inet n - n - - smtpd -o myhostname=b.example\n"
     "smtp unix - - n - - smtp -o smtp_helo_name=" OTHER "\n",
     A "=" OTHER " " A6 "=" OTHER " " B "=" NAME, B ":smtp/inet/myhostname=" NAME,
     B ":smtp/inet/myhostname", "b.example"},
    {"its literal greeting is not everybody's",
     "myhostname = " OTHER "\nsmtpd_banner = " OTHER " hello\n",
     A ":smtp inet n - n - - smtpd\n" B ":smtp inet n - n - - smtpd\n", A "=" OTHER " " B "=" NAME,
     B ":smtp/inet/smtpd_banner=" NAME " hello; " B ":smtp/inet/myhostname=" NAME,
     B ":smtp/inet/smtpd_banner", OTHER},
    {"interfaces that name the old host literally stay",
     "myhostname = a.example\ninet_interfaces = A.example, localhost\n" ALONE, SMTPD SMTP, "",
     "myhostname=" NAME, "myhostname", "a.example"},
    {"the kernel's address decides for a transport that is not tied", "myhostname = old.example\n",
     "smtp unix - - n - - smtp\n", A "=" NAME " " B "=" OTHER,
     "myhostname=" NAME "; [mydomain=example]; "
     "[mydestination=$myhostname, localhost.$mydomain, localhost, old.example]; "
     "[myorigin=old.example]",
     "myhostname", "old.example"},
};

static void put_all(struct fake_host *fake, const struct mta_edits *edits)
{
    struct error e = {0};

    for (size_t i = 0; i < edits->file_count; i++)
        ck_assert(host_replace(&fake->host, edits->files[i].file, edits->files[i].text,
                               edits->files[i].length, &e));
}

/* The edit, Postfix's judgement of it, and that nothing is left to do afterwards. */
START_TEST(edit_gives_the_name)
{
    struct fake_host *fake = fake_host_new();
    struct mta_pair pairs[4];
    struct mta_wish wish = {.name = {NAME}, .pairs = pairs};
    struct mta_edits edits = {0}, none = {0};
    struct mta_facts facts, after;
    struct error e = {0};
    size_t files;
    char *changes;

    fake_host_postfix(fake, edits_wanted[_i].main_cf, edits_wanted[_i].master_cf);
    wish.pair_count = read_pairs(edits_wanted[_i].pairs, pairs);
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", edits_wanted[_i].label,
                  e.why);
    changes = changes_text(&edits);
    ck_assert_msg(str_equal(changes, edits_wanted[_i].changes), "%s:\n%s", edits_wanted[_i].label,
                  changes);
    ck_assert_msg(str_equal(edits.setting, edits_wanted[_i].setting), "%s: %s",
                  edits_wanted[_i].label, edits.setting);
    ck_assert_msg(str_equal(edits.before, edits_wanted[_i].before), "%s: %s",
                  edits_wanted[_i].label, edits.before);
    free(changes);
    files = fake->file_count;
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s: %s",
                  edits_wanted[_i].label, e.why);
    ck_assert_uint_eq(fake->file_count, files); /* no stage is left */
    put_all(fake, &edits);
    after = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&after, &wish, &none, &e), "%s: %s", edits_wanted[_i].label,
                  e.why);
    ck_assert_uint_eq(none.change_count, 0);
    mta_edits_free(&edits);
    mta_edits_free(&none);
    mta_facts_free(&facts);
    mta_facts_free(&after);
    host_free(&fake->host);
}
END_TEST

/* --- Several instances --------------------------------------------------------------------------- */

#define LISTS "multi_instance_directories = /etc/postfix-out\n" ALONE
#define RUNS "multi_instance_enable = yes\n" ALONE

static const struct {
    const char *label, *main_cf, *master_cf, *out_cf, *out_master_cf, *pairs;
    const char *changes, *why; /* one of them */
    const char *commands;
} instances[] = {
    {"each in its own folder", "myhostname = a.example\n" LISTS, SMTPD,
     "myhostname = out.example\n" RUNS, SMTP, "",
     "myhostname=" NAME "; postfix-out smtp_helo_name=" NAME, "",
     "postfix -c /etc/postfix check; postfix -c /etc/postfix reload; "
     "postfix -c /etc/postfix-out check; "
     "postfix -c /etc/postfix-out reload"},
    {"the one that is wrong, and no other", "myhostname = " NAME "\n" LISTS, SMTPD,
     "myhostname = out.example\nsmtp_helo_name = b.example\n" RUNS, SMTP, "",
     "postfix-out smtp_helo_name=" NAME, "",
     "postfix -c /etc/postfix-out check; postfix -c /etc/postfix-out reload"},
    {"in its master.cf", "myhostname = " NAME "\n" LISTS, SMTPD,
     "myhostname = out.example\nsmtp_helo_name = " NAME "\n" RUNS,
     "smtp unix - - n - - smtp -o smtp_helo_name=b.example\n", "",
     "postfix-out smtp/unix/smtp_helo_name=" NAME, "",
     "postfix -c /etc/postfix-out check; postfix -c /etc/postfix-out reload"},
    {"who greets is called so, wherever it is",
     "myhostname = a.example\ninet_interfaces = loopback-only\nrelayhost = "
     "[127.0.0.1]:10026\n" LISTS,
     SMTPD SMTP, "myhostname = out.example\n" RUNS, SMTPD SMTP, "", "postfix-out myhostname=" NAME,
     "", "postfix -c /etc/postfix-out check; postfix -c /etc/postfix-out reload"},
    {"two names, two instances", "myhostname = a.example\ninet_interfaces = " A "\n" LISTS,
     SMTPD SMTP, "myhostname = b.example\ninet_interfaces = " B "\n" RUNS, SMTPD SMTP,
     A "=" OTHER " " B "=" NAME, "postfix-out myhostname=" NAME, "",
     "postfix -c /etc/postfix-out check; postfix -c /etc/postfix-out reload"},
    {"two that greet cannot have one name",
     "myhostname = " NAME "\ninet_interfaces = " A "\n" LISTS, SMTPD SMTP,
     "myhostname = b.example\ninet_interfaces = " B "\n" RUNS, SMTPD SMTP,
     A "=" NAME " " B "=" NAME, "", "two instances with one name", ""},
    {"nor may one take the other's", "myhostname = a.example\n" LISTS, SMTPD SMTP,
     "myhostname = " NAME "\n" RUNS, "127.0.0.1:10026 inet n - n - - smtpd\n", "", "",
     "two instances with one name", ""},
};

START_TEST(instances_get_the_name)
{
    struct fake_host *fake = fake_host_new();
    struct mta_pair pairs[4];
    struct mta_wish wish = {.name = {NAME}, .pairs = pairs};
    struct mta_edits edits = {0}, none = {0};
    struct mta_facts facts, after;
    char commands[400], *changes;
    struct error e = {0};

    fake_host_postfix(fake, instances[_i].main_cf, instances[_i].master_cf);
    fake_host_file(fake, "/etc/postfix-out/main.cf", instances[_i].out_cf);
    fake_host_file(fake, "/etc/postfix-out/master.cf", instances[_i].out_master_cf);
    wish.pair_count = read_pairs(instances[_i].pairs, pairs);
    facts = facts_of(fake);
    if (instances[_i].why[0]) {
        ck_assert_msg(!facts.mta->edit(&facts, &wish, &edits, &e), "%s", instances[_i].label);
        ck_assert_int_eq(e.code, ERR_CONFLICT);
        ck_assert_msg(strstr(e.why, instances[_i].why), "%s: %s", instances[_i].label, e.why);
    } else {
        ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", instances[_i].label,
                      e.why);
        changes = changes_text(&edits);
        ck_assert_msg(str_equal(changes, instances[_i].changes), "%s:\n%s", instances[_i].label,
                      changes);
        free(changes);
        strings_join(&edits.commands, "; ", "", commands, sizeof commands);
        ck_assert_str_eq(commands, instances[_i].commands);
        ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s: %s",
                      instances[_i].label, e.why);
        put_all(fake, &edits);
        after = facts_of(fake);
        ck_assert_msg(facts.mta->edit(&after, &wish, &none, &e), "%s", e.why);
        ck_assert_uint_eq(none.change_count, 0);
        mta_facts_free(&after);
    }
    mta_edits_free(&edits);
    mta_edits_free(&none);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* Only what was edited is reloaded, and only what was edited must live. */
START_TEST(instances_are_activated_one_by_one)
{
    struct fake_host *fake = fake_host_new();
    const struct mta_wish wish = {.name = {NAME}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_postfix(fake, instances[1].main_cf, instances[1].master_cf);
    fake_host_file(fake, "/etc/postfix-out/main.cf", instances[1].out_cf);
    fake_host_file(fake, "/etc/postfix-out/master.cf", instances[1].out_master_cf);
    facts = facts_of(fake);
    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    buf_clear(&fake->log);
    ck_assert(facts.mta->activate(&fake->host, &facts, &edits, &e));
    ck_assert_str_eq(buf_string(&fake->log),
                     "postfix -c /etc/postfix-out check\n"
                     "postconf -c /etc/postfix-out -x inet_interfaces inet_protocols\n"
                     "postfix -c /etc/postfix-out reload\n");
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* One that runs and cannot be read hides who sends: nothing is judged, and nothing is edited. */
START_TEST(a_broken_instance_is_told)
{
    struct fake_host *fake = fake_host_new();
    struct mta_facts facts;

    fake_host_postfix(fake, "myhostname = a.example\n" LISTS, SMTPD SMTP);
    fake_host_file(fake, "/etc/postfix-out/main.cf", RUNS);
    fake_host_file(fake, "/etc/postfix-out/master.cf", SMTP);
    fake_host_answer(fake, "postconf -c /etc/postfix-out -x", 1, "", "postconf: fatal: no\n");
    facts = facts_of(fake);
    ck_assert_str_eq(facts.unknown, "/etc/postfix-out: no");
    mta_facts_free(&facts);
    fake_host_file(fake, "/etc/postfix-out/main.cf", "x = y\n");
    facts = facts_of(fake);
    ck_assert_str_eq(facts.unknown, "");
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Interfaces ----------------------------------------------------------------------------------- */

static const struct {
    const char *label, *getent, *why; /* what the new name leads to */
} followers[] = {
    {"it leads here", A "  STREAM " NAME "\n" A "  DGRAM\n", NULL},
    {"it leads elsewhere", "192.0.2.99 STREAM " NAME "\n",
     "leads to 192.0.2.99  here and not to " A},
};

START_TEST(interfaces_that_follow_need_a_restart)
{
    struct fake_host *fake = fake_host_new();
    struct mta_pair pairs[4];
    struct mta_wish wish = {.name = {NAME}, .pairs = pairs};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};
    bool ok;

    wish.pair_count = read_pairs(A "=" NAME, pairs);
    fake_host_postfix(fake, "myhostname = a.example\ninet_interfaces = $myhostname\n" ALONE,
                      SMTPD SMTP);
    fake_host_answer(fake, "getent ahosts a.example", 0, A " STREAM a.example\n", "");
    fake_host_answer(fake, "getent ahosts " NAME, 0, followers[_i].getent, "");
    facts = facts_of(fake);
    ck_assert(ip_equal(&mta_service_of(&facts, MTA_SENDER)->bind[0], &pairs[0].address));
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert(edits.restart);
    ck_assert_str_eq(edits.commands.v[1], "postfix stop");
    ck_assert_str_eq(edits.commands.v[2], "postfix start");
    ok = facts.mta->check(&fake->host, &facts, &edits, &wish, &e);
    ck_assert_msg(ok == (followers[_i].why == NULL), "%s: %s", followers[_i].label, e.why);
    if (!ok)
        ck_assert_msg(strstr(e.why, followers[_i].why), "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* A step back does not know that the step needed a restart; the settings tell. */
START_TEST(other_interfaces_need_a_restart)
{
    struct fake_host *fake = fake_host_new();
    const struct mta_edits none = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_postfix(fake, "inet_protocols = ipv4\n", SMTPD SMTP);
    facts = facts_of(fake);
    fake_host_file(fake, "/etc/postfix/main.cf", "inet_protocols = all\n");
    buf_clear(&fake->log);
    ck_assert(facts.mta->activate(&fake->host, &facts, &none, &e));
    ck_assert_ptr_nonnull(strstr(buf_string(&fake->log), "postfix -c /etc/postfix start\n"));
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* Who is heard as what: one transport over IPv4 only, one over both. */
START_TEST(a_transport_of_one_family)
{
    struct fake_host *fake = fake_host_new();
    struct mta_pair pairs[4];
    struct mta_wish wish = {.name = {OTHER}, .pairs = pairs};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    wish.pair_count = read_pairs(A6 "=" NAME " " B "=" OTHER, pairs);
    fake_host_postfix(fake, "myhostname = " NAME "\n",
                      SMTP "out2 unix - - n - - smtp -o smtp_bind_address=" B "\n");
    facts = facts_of(fake);
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_ptr_nonnull(strstr(e.why, "\"out2 unix\" also serves " A6));
    mta_facts_free(&facts);
    fake_host_postfix(fake, "myhostname = " NAME "\n",
                      SMTP "out2 unix - - n - - smtp -o smtp_bind_address=" B
                           " -o inet_protocols=ipv4\n");
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert_uint_eq(edits.change_count, 1);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *protocols, *out_protocols;
    bool silent4, silent6;
} silences[] = {
    {"both by default", "", "", false, false},
    {"IPv4 only", "inet_protocols = ipv4\n", "inet_protocols = ipv4\n", false, true},
    {"IPv6 only", "inet_protocols = IPv6\n", "inet_protocols = ipv6\n", true, false},
    {"the other instance uses it", "inet_protocols = ipv4\n", "inet_protocols = ipv4, ipv6\n",
     false, false},
};

START_TEST(silent_families)
{
    struct fake_host *fake = fake_host_new();
    char main_cf[300];
    struct mta_facts facts;

    snprintf(main_cf, sizeof main_cf, "%s" LISTS, silences[_i].protocols);
    fake_host_postfix(fake, main_cf, SMTPD SMTP);
    snprintf(main_cf, sizeof main_cf, "%s" RUNS, silences[_i].out_protocols);
    fake_host_file(fake, "/etc/postfix-out/main.cf", main_cf);
    fake_host_file(fake, "/etc/postfix-out/master.cf", SMTP);
    facts = facts_of(fake);
    ck_assert_msg(facts.silent[0] == silences[_i].silent4, "%s", silences[_i].label);
    ck_assert_msg(facts.silent[1] == silences[_i].silent6, "%s", silences[_i].label);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- What a person should know ------------------------------------------------------------------- */

static const struct {
    const char *label, *main_cf, *note; /* "": none */
} notes[] = {
    {"nobody else's", "# my own\nmyhostname = a.example\n", ""},
    {"Ansible's", "# Ansible managed\nmyhostname = a.example\n",
     "/etc/postfix/main.cf"
     " says that it is written by "
     "Ansible"},
    {"a program's", "#\n# DO NOT EDIT this file\nmyhostname = a.example\n", "by a program"},
    {"only a comment says so", "myhostname = a.example\nsmtpd_banner = $myhostname puppet\n", ""},
    {"milters", "myhostname = a.example\nsmtpd_milters = inet:localhost:8891\n",
     "Authentication-Results: inet:localhost:8891"},
};

START_TEST(edit_tells_what_to_know)
{
    struct fake_host *fake = fake_host_new();
    const struct mta_wish wish = {.name = {NAME}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_postfix(fake, notes[_i].main_cf, SMTPD SMTP);
    facts = facts_of(fake);
    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_msg((edits.notes.count > 0) == (notes[_i].note[0] != '\0'), "%s", notes[_i].label);
    if (edits.notes.count > 0)
        ck_assert_msg(strstr(edits.notes.v[0], notes[_i].note), "%s: %s", notes[_i].label,
                      edits.notes.v[0]);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* A listener of two names greets with one; the other is told, or asked of a person. */
START_TEST(one_listener_two_names)
{
    struct fake_host *fake = fake_host_new();
    struct mta_pair pairs[4];
    struct mta_wish wish = {.name = {NAME}, .pairs = pairs};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    wish.pair_count = read_pairs(A "=" OTHER " " B "=" NAME, pairs);
    fake_host_postfix(fake, "myhostname = " OTHER "\n", SMTPD SMTP OUT2);
    facts = facts_of(fake);
    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_ptr_nonnull(strstr(edits.notes.v[0], "\"smtp inet\" also serves " A));
    put_all(fake, &edits);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    facts = facts_of(fake);
    ck_assert(facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_uint_eq(edits.file_count, 0);
    ck_assert_ptr_nonnull(strstr(edits.notes.v[0], "each name needs a service of its own"));
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"edit gives the name", edit_gives_the_name, ROWS(edits_wanted), 0},
        {"instances get the name", instances_get_the_name, ROWS(instances), 0},
        {"instances are activated", instances_are_activated_one_by_one, 1, 0},
        {"a broken instance is told", a_broken_instance_is_told, 1, 0},
        {"interfaces that follow", interfaces_that_follow_need_a_restart, ROWS(followers), 0},
        {"other interfaces", other_interfaces_need_a_restart, 1, 0},
        {"a transport of one family", a_transport_of_one_family, 1, 0},
        {"silent families", silent_families, ROWS(silences), 0},
        {"edit tells what to know", edit_tells_what_to_know, ROWS(notes), 0},
        {"one listener, two names", one_listener_two_names, 1, 0},
    };

    return unit_run("postfix_master", tests, ROWS(tests));
}
