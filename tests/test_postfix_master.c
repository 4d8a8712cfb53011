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
#define B6 "2001:db8:25::26"
#define SMTPD "smtp inet n - n - - smtpd\n"
#define SMTP "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\n"
#define OUT2 "out2 unix - - n - - smtp -o smtp_bind_address=" B "\n"
#define ALONE "myorigin = x\nmydestination = x\nmydomain = x.example\n"

static struct mta_facts facts_of(struct fake_host *fake)
{
    struct mta_facts facts = {.mta = mta_by_name("postfix")};
    struct error e = {0};

    ck_assert_msg(facts.mta->observe(&fake->host, &facts, &e), "%s", e.why);
    ck_assert(ip_parse(A, &facts.source[0]));
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
                   usual ? 0 : (int)(strrchr(c->file, '/') - c->file - 4), c->file + 5,
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
     "smtp/inet/smtpd_banner=" NAME "; smtp/inet/myhostname=" NAME, "smtp/inet/myhostname",
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
     SMTPD "smtp unix - - n - - smtp -o myhostname=b.example\n", "",
     "smtp/unix/myhostname=" NAME, "smtp/unix/myhostname", "b.example"},
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
    {"two realms stay two",
     "myhostname = a.example\nsmtpd_sasl_auth_enable = yes\n" ALONE,
     SMTPD SMTP "submission inet n - n - - smtpd -o myhostname=s.example\n", "",
     "myhostname=" NAME "; [smtp/inet/smtpd_sasl_local_domain=a.example]", "myhostname",
     "a.example"},
    {"the transport that is wrong, and no other", "myhostname = " NAME "\n", SMTPD SMTP OUT2,
     B "=" NAME, "out2/unix/smtp_helo_name=" NAME, "", ""},
    {"the second name goes to its transport", "myhostname = " OTHER "\n", SMTPD SMTP OUT2,
     B "=" NAME, "out2/unix/smtp_helo_name=" NAME "; smtp/inet/myhostname=" NAME,
     "smtp/inet/myhostname", OTHER},
    {"the first name, where main.cf also names the second", "myhostname = vm.example\n",
     "192.0.2.1:smtp inet n - n - - smtpd\n" SMTP OUT2, A "=" NAME " " B "=" OTHER,
     "smtp_helo_name", "", ""},
    {"the transport's own", "myhostname = " NAME "\n",
     SMTPD SMTP "out2 unix - - n - - smtp -o smtp_bind_address=" B " -o smtp_helo_name=b.example\n",
     A "=other.example " B "=" NAME, "out2/unix/smtp_helo_name=" NAME,
     "out2/unix/smtp_helo_name", "b.example"},
    {"a listener of one address", "myhostname = " OTHER "\n",
     A ":smtp inet n - n - - smtpd\n" B ":smtp inet n - n - - smtpd\n"
       "smtp unix - - n - - smtp -o smtp_helo_name=" OTHER "\n" OUT2,
     A "=" OTHER " " B "=" NAME,
     B ":smtp/inet/myhostname=" NAME "; out2/unix/smtp_helo_name=" NAME,
     B ":smtp/inet/myhostname", OTHER},
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

int main(void)
{
    const struct unit_test tests[] = {
        {"edit gives the name", edit_gives_the_name, ROWS(edits_wanted), 0},
    };

    return unit_run("postfix_master", tests, ROWS(tests));
}
