/* test_exim.c - what Exim says, where that is written, the edits that give it a name. */
#include "mta/exim.h"

#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#include "tests/support/fake_host.h"

#define NAME "mail.example.com"
#define OLD "primary_hostname = old.example.com\n"
#define QUALIFY "qualify_domain = example.com\n"
#define ROUTERS "begin routers\nr:\n  driver = dnslookup\n  transport = remote_smtp\n"
#define SMTP "begin transports\nremote_smtp:\n  driver = smtp\n"
#define TAIL QUALIFY ROUTERS SMTP

/* --- Text -------------------------------------------------------------------------------------- */

static const struct {
    const char *label, *text, *name, *value; /* of the option that is live; NULL: there is none */
} texts[] = {
    {"plain", "a = b\n", "a", "b"},
    {"blanks before, none around", "  a=b  \n", "a", "b"},
    {"no line break at the end", "a = b", "a", "b"},
    {"continued, blanks of the next line dropped", "a = b \\\n   c\n", "a", "b c"},
    {"a comment within a continued line", "a = b\\\n  # not this\n  c\n", "a", "bc"},
    {"a comment that seems to go on", "# x \\\na = b\n", "a", "b"},
    {"CR before LF", "a = b\r\n", "a", "b"},
    {"hidden", "hide a = b\n", "a", "b"},
    {"a list", "domainlist x = @ : b\n", "domainlist x", "@ : b"},
    {"a macro", "M = b\na = xMy\n", "a", "xby"},
    {"a macro of a macro", "M = b\nN = M.c\na = N\n", "a", "b.c"},
    {"redefined", "M = b\nM == c\na = M\n", "a", "c"},
    {"a macro is defined after its use", "a = M\nM = b\n", "a", "M"},
    {"a dead branch", ".ifdef M\na = b\n.endif\n", "a", NULL},
    {"a live one", "M = 1\n.ifdef M\na = b\n.endif\n", "a", "b"},
    {"one of several", "N = 1\n.ifdef M N\na = b\n.endif\n", "a", "b"},
    {"else", ".ifdef M\na = b\n.else\na = c\n.endif\n", "a", "c"},
    {"elif", "N = 1\n.ifdef M\na = b\n.elifdef N\na = c\n.else\na = d\n.endif\n", "a", "c"},
    {"after a taken branch nothing is", "M = 1\n.ifdef M\na = b\n.elifndef X\na = c\n.endif\n", "a",
     "b"},
    {"nested in a dead one", ".ifdef M\n.ifndef X\na = b\n.endif\n.endif\n", "a", NULL},
    {"a macro of the binary", ".ifdef _HAVE_IT\na = b\n.endif\n", "a", "b"},
    {"an endif too many", ".endif\na = b\n", "a", "b"},
    {"included", ".include /inc\n", "b", "c"},
    {"included if it is there", ".include_if_exists /none\n.include_if_exists \"/inc\"\n", "b",
     "c"},
    {"an include of itself ends", ".include /main\na = b\n", "a", "b"},
    {"from outside, the file cannot change it", "G = x\na = G\n", "a", "given"},
};

START_TEST(text_is_read)
{
    const char *const order[] = {"/main", NULL};
    struct exim_text files[] = {
        {.path = "/main", .text = texts[_i].text, .length = strlen(texts[_i].text)},
        {.path = "/inc", .text = "b = c\n", .length = 6}};
    struct exim_source source = {
        .files = files, .count = 2, .order = order, .builtin = "_HAVE_IT", .given = "G=given\n"};
    struct exim_config config;
    const struct exim_entry *entry;

    exim_read(&source, &config);
    entry = exim_find(&config, EXIM_OPTION, "", NULL, texts[_i].name);
    ck_assert_msg((entry != NULL) == (texts[_i].value != NULL), "%s", texts[_i].label);
    if (entry)
        ck_assert_msg(str_equal(entry->value, texts[_i].value), "%s: %s", texts[_i].label,
                      entry->value);
    exim_config_free(&config);
}
END_TEST

static const struct {
    const char *text, *elements;
} lists[] = {
    {"", ""},
    {"a", "a|"},
    {"a : b:c", "a|b|c|"},
    {"<; a ; ::1 ; b", "a|::1|b|"},
    {"::::1 : 127.0.0.1", "::1|127.0.0.1|"},
    {"\"a : b\"", "a|b|"},
};

START_TEST(lists_are_taken_apart)
{
    struct exim_list list = exim_list_of(lists[_i].text);
    char all[256] = "", one[64];

    while (exim_list_next(&list, one, sizeof one))
        snprintf(all + strlen(all), sizeof all - strlen(all), "%s|", one);
    ck_assert_str_eq(all, lists[_i].elements);
}
END_TEST

static const struct {
    const char *label, *before, *key, *after; /* NULL: refused */
} tables[] = {
    {"an entry", "192.0.2.1: a\n192.0.2.2: b\n", "192.0.2.2", "192.0.2.1: a\n192.0.2.2: new\n"},
    {"without a colon", "192.0.2.1  a\n", "192.0.2.1", "192.0.2.1  new\n"},
    {"nothing after it", "192.0.2.1:\n", "192.0.2.1", "192.0.2.1:new\n"},
    {"comments and the rest stay", "# 192.0.2.1: x\n\n192.0.2.1: a\r\n", "192.0.2.1",
     "# 192.0.2.1: x\n\n192.0.2.1: new\r\n"},
    {"a new one", "192.0.2.1: a\n", "192.0.2.2", "192.0.2.1: a\n192.0.2.2: new\n"},
    {"a new one, and no line break", "192.0.2.1: a", "192.0.2.2", "192.0.2.1: a\n192.0.2.2: new\n"},
    {"an empty table, a key with colons", "", "2001:db8::1", "\"2001:db8::1\": new\n"},
    {"another spelling of the address", "\"2001:DB8:0::1\": a\n", "2001:db8::1",
     "\"2001:DB8:0::1\": new\n"},
    {"a longer key is another", "192.0.2.11: a\n", "192.0.2.1", "192.0.2.11: a\n192.0.2.1: new\n"},
    {"a quote that is not closed makes no key", "\"192.0.2.1\n", "192.0.2.1",
     "\"192.0.2.1\n192.0.2.1: new\n"},
    {"an entry of two lines", "192.0.2.1: a\n  b\n", "192.0.2.1", NULL},
};

START_TEST(table_is_edited)
{
    struct buf out = BUF_INIT(4096);
    struct error e;
    bool ok = exim_table_set(tables[_i].before, strlen(tables[_i].before), tables[_i].key, "new",
                             &out, &e);

    ck_assert_msg(ok == (tables[_i].after != NULL), "%s", tables[_i].label);
    if (ok)
        ck_assert_msg(str_equal(buf_string(&out), tables[_i].after), "%s: %s", tables[_i].label,
                      buf_string(&out));
    buf_free(&out);
}
END_TEST

/* --- Machines ---------------------------------------------------------------------------------- */

#define CONF "/etc/exim4/exim4.conf"
#define LOCAL_MACROS "/etc/exim4/exim4.conf.localmacros"
#define SPLIT_MACROS "/etc/exim4/conf.d/main/000_localmacros"

static struct fake_host *machine(void)
{
    struct fake_host *fake = fake_host_new();

    fake->exim = true;
    fake->exim_command = "exim4|-bd|-q30m";
    return fake;
}

static struct fake_host *machine_with(const char *config)
{
    struct fake_host *fake = machine();

    fake_host_file(fake, CONF, config);
    return fake;
}

#define DEBIAN_MAIN                                                                                \
    "UPEX4CmacrosUPEX4C = 1\ndomainlist local_domains = MAIN_LOCAL_DOMAINS\n" QUALIFY              \
    ".ifdef MAIN_HARDCODE_PRIMARY_HOSTNAME\n"                                                      \
    "primary_hostname = MAIN_HARDCODE_PRIMARY_HOSTNAME\n.endif\n"
#define DEBIAN_SMTP SMTP ".ifdef REMOTE_SMTP_HELO_DATA\n  helo_data=REMOTE_SMTP_HELO_DATA\n.endif\n"

static void debian(struct fake_host *fake, bool split, const char *conf, const char *macros)
{
    static const char *const update[] = {"update-exim4.conf", NULL};
    struct command command = {.argv = update, .timeout_ms = 1000};
    struct command_result result;
    struct error e;
    char text[1024];

    snprintf(text, sizeof text, "%sdc_use_split_config='%s'\n", conf, split ? "true" : "false");
    fake_host_file(fake, EXIM_UPDATE_CONF, text);
    fake_host_file(fake, "/etc/exim4/exim4.conf.template", DEBIAN_MAIN ROUTERS DEBIAN_SMTP);
    fake_host_file(fake, "/etc/exim4/conf.d/main/02_options", DEBIAN_MAIN);
    fake_host_file(fake, "/etc/exim4/conf.d/main/10_off.dpkg-old", "primary_hostname = decoy\n");
    fake_host_file(fake, "/etc/exim4/conf.d/router/200_r", ROUTERS);
    fake_host_file(fake, "/etc/exim4/conf.d/transport/30_t", DEBIAN_SMTP);
    if (macros)
        fake_host_file(fake, split ? SPLIT_MACROS : LOCAL_MACROS, macros);
    ck_assert(host_run(&fake->host, &command, &result, &e));
    command_result_free(&result);
}

static struct mta_facts facts_of(struct fake_host *fake)
{
    struct mta_facts facts = {.mta = mta_by_name("exim")};
    struct error e = {0};

    ck_assert(ip_parse("203.0.113.25", &facts.source[0]));
    facts.source[1].family = IP_NONE;
    ck_assert_msg(facts.mta->observe(&fake->host, &facts, &e), "%s", e.why);
    mta_find_drift(&fake->host, &facts);
    return facts;
}

/* --- Observe ----------------------------------------------------------------------------------- */

static const struct {
    const char *label, *config, *services, *command;
} seen[] = {
    {"one name for all", OLD TAIL,
     "port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     NULL},
    {"the system's host name", TAIL,
     "port 25=vm25/vm25 by primary_hostname; remote_smtp=vm25 by primary_hostname", NULL},
    {"names of their own",
     OLD "smtp_active_hostname = a.example\nsmtp_banner = b.example hi\n" TAIL
         "  helo_data = c.example\n",
     "port 25=b.example/a.example by smtp_banner; remote_smtp=c.example by remote_smtp helo_data",
     NULL},
    {"names that begin with a capital letter",
     OLD "smtp_banner = Welcome to us\n" TAIL "  helo_data = MX1.example.com\n",
     "port 25=Welcome/old.example.com by smtp_banner; "
     "remote_smtp=MX1.example.com by remote_smtp helo_data",
     NULL},
    {"quotes are not part of it", "primary_hostname = \"old.example.com\"\n" TAIL,
     "port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     NULL},
    {"addresses and ports, loopback is not outside",
     OLD "local_interfaces = <; 127.0.0.1 ; 203.0.113.25 ; [203.0.113.26]:26\n"
         "daemon_smtp_ports = 25 : submission\n" TAIL,
     "127.0.0.1 port 25=old.example.com/old.example.com by primary_hostname (inside); "
     "127.0.0.1 port 587=old.example.com/old.example.com by primary_hostname (inside); "
     "203.0.113.25 port 25=old.example.com/old.example.com by primary_hostname; "
     "203.0.113.25 port 587=old.example.com/old.example.com by primary_hostname; "
     "203.0.113.26 port 26=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     NULL},
    {"-oX with a port", OLD TAIL,
     "port 2525=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     "exim4|-bd|-oX|2525"},
    {"-oX with an address", OLD TAIL,
     "203.0.113.26 port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     "exim4|-bd|-oX|203.0.113.26"},
    {"bound", OLD TAIL "  interface = 203.0.113.26\n",
     "port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname @203.0.113.26",
     NULL},
    {"a table by address",
     OLD TAIL "  interface = <; 203.0.113.25 ; 203.0.113.26\n  helo_data = "
              "${lookup{$sending_ip_address}iplsearch{/t}{$value}{$primary_hostname}}\n",
     "port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp from 203.0.113.25=one.example.com by remote_smtp helo_data @203.0.113.25; "
     "remote_smtp from 203.0.113.26=old.example.com by remote_smtp helo_data @203.0.113.26",
     NULL},
    {"the PTR", OLD TAIL "  helo_data = ${lookup dnsdb{ptr=$sending_ip_address}{$value}{x}}\n",
     "port 25=old.example.com/old.example.com by primary_hostname; remote_smtp from "
     "203.0.113.25=ptr.example.com by remote_smtp helo_data (the PTR) @203.0.113.25",
     NULL},
    {"a transport that no router uses, and LMTP, say nothing to the outside",
     OLD TAIL "spare:\n  driver = smtp\n  helo_data = x\nin:\n  driver = smtp\n  protocol = lmtp\n",
     "port 25=old.example.com/old.example.com by primary_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     NULL},
    {"a greeting for each address that is called",
     OLD "smtp_active_hostname = ${lookup{$interface_address}lsearch{/t}{$value}}\n" TAIL,
     "203.0.113.25 port 25=old.example.com/one.example.com by smtp_active_hostname; "
     "203.0.113.26 port 25=old.example.com/old.example.com by smtp_active_hostname; "
     "remote_smtp=old.example.com by primary_hostname",
     NULL},
};

static void describe(const struct mta_facts *facts, struct buf *b)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];
        char name[256];

        exim_said(s, name, sizeof name);
        buf_printf(b, "%s%s=%s%s%s by %s%s", i > 0 ? "; " : "", s->title, name,
                   s->role == MTA_LISTENER ? "/" : "", s->ehlo, s->from,
                   s->outside ? "" : " (inside)");
        if (s->role == MTA_SENDER && s->bind[0].family != IP_NONE)
            buf_printf(b, " @%s", ip_text(&s->bind[0]).s);
    }
}

START_TEST(observe_finds_the_services)
{
    struct fake_host *fake = machine_with(seen[_i].config);
    struct buf text = BUF_INIT(8192);
    struct mta_facts facts;

    if (seen[_i].command)
        fake->exim_command = seen[_i].command;
    fake_host_file(fake, "/t", "203.0.113.25: one.example.com\n");
    facts = facts_of(fake);
    ck_assert_msg(facts.unknown[0] == '\0', "%s: %s", seen[_i].label, facts.unknown);
    describe(&facts, &text);
    /* Of the small Exim's banner only the part before the look-up counts. */
    if (!strstr(seen[_i].config, "smtp_active_hostname = ${lookup"))
        ck_assert_msg(str_equal(buf_string(&text), seen[_i].services), "%s:\n%s", seen[_i].label,
                      buf_string(&text));
    else
        ck_assert_msg(facts.service_count == 3 &&
                          str_equal(facts.services[0].ehlo, "one.example.com"),
                      "%s:\n%s", seen[_i].label, buf_string(&text));
    buf_free(&text);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(observe_says_why_it_does_not_know)
{
    struct fake_host *fake = machine_with("BROKEN\n" OLD TAIL);
    struct mta_facts facts = facts_of(fake);
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits;
    struct error e;

    ck_assert_str_eq(facts.unknown,
                     "Exim configuration error in line 9 of /etc/exim4/exim4.conf: no");
    ck_assert_str_eq(facts.unknown_next, "sudo exim4 -bV");
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Edit and check, of one file --------------------------------------------------------------- */

static const struct {
    const char *label, *before, *after;
} edited[] = {
    {"all is as wished", "primary_hostname = " NAME "\n" TAIL,
     "primary_hostname = " NAME "\n" TAIL},
    {"the line itself", OLD TAIL, "primary_hostname = " NAME "\n" TAIL},
    {"quotes and blanks stay", "  primary_hostname  =  \"old.example.com\" \n" TAIL,
     "  primary_hostname  =  \"" NAME "\" \n" TAIL},
    {"CR LF stays", "primary_hostname = old.example.com\r\n" TAIL,
     "primary_hostname = " NAME "\r\n" TAIL},
    {"not the dead line", ".ifdef X\n" OLD ".endif\n" OLD TAIL,
     ".ifdef X\n" OLD ".endif\nprimary_hostname = " NAME "\n" TAIL},
    {"a continued one", "primary_hostname = \\\n  old.example.com\n" TAIL,
     "primary_hostname = " NAME "\n" TAIL},
    {"its macro", "HOST = old.example.com\nprimary_hostname = HOST\n" TAIL,
     "HOST = " NAME "\nprimary_hostname = HOST\n" TAIL},
    {"a redefined macro, where it was defined last",
     "HOST = a.example\nHOST == old.example.com\nprimary_hostname = HOST\n" TAIL,
     "HOST = a.example\nHOST == " NAME "\nprimary_hostname = HOST\n" TAIL},
    {"the system's name becomes an explicit one, before the first begin", "# x\n" TAIL,
     "# x\n" QUALIFY "primary_hostname = " NAME "\n\n" ROUTERS SMTP},
    {"the old name stays local, and what completes addresses stays",
     OLD "domainlist local_domains = @ : localhost\n" ROUTERS SMTP,
     "primary_hostname = " NAME "\ndomainlist local_domains = @ : localhost : old.example.com\n"
     "qualify_domain = old.example.com\n\n" ROUTERS SMTP},
    {"it is among them already", OLD "domainlist local_domains = @ : old.example.com\n" TAIL,
     "primary_hostname = " NAME "\ndomainlist local_domains = @ : old.example.com\n" TAIL},
    {"another separator", OLD "domainlist d = <; @ ; x\n" TAIL,
     "primary_hostname = " NAME "\ndomainlist d = <; @ ; x ; old.example.com\n" TAIL},
    {"a literal HELO only", "primary_hostname = " NAME "\n" TAIL "  helo_data = old.example.com\n",
     "primary_hostname = " NAME "\n" TAIL "  helo_data = " NAME "\n"},
    {"a hidden one", "primary_hostname = " NAME "\n" TAIL "  hide helo_data = \"x.example\"\n",
     "primary_hostname = " NAME "\n" TAIL "  hide helo_data = \"" NAME "\"\n"},
    {"a literal greeting: the rest of it stays",
     "primary_hostname = " NAME "\nsmtp_banner = old.example.com ESMTP \\\n  $tod_full\n" TAIL,
     "primary_hostname = " NAME "\nsmtp_banner = " NAME " ESMTP \\\n  $tod_full\n" TAIL},
    {"its first word is a macro",
     "primary_hostname = " NAME "\nB = o.example\nsmtp_banner = \"B hi\"\n" TAIL,
     "primary_hostname = " NAME "\nB = " NAME "\nsmtp_banner = \"B hi\"\n" TAIL},
    {"a literal name in EHLO",
     "primary_hostname = " NAME "\nsmtp_active_hostname = o.example\n" TAIL,
     "primary_hostname = " NAME "\nsmtp_active_hostname = " NAME "\n" TAIL},
    {"a name from the PTR is not edited",
     "primary_hostname = " NAME "\n" TAIL
     "  helo_data = ${lookup dnsdb{ptr=$sending_ip_address}{$value}{x}}\n",
     "primary_hostname = " NAME "\n" TAIL
     "  helo_data = ${lookup dnsdb{ptr=$sending_ip_address}{$value}{x}}\n"},
};

START_TEST(edit_is_the_smallest)
{
    struct fake_host *fake = machine_with(edited[_i].before);
    struct mta_facts facts = facts_of(fake);
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits = {0};
    struct error e = {0};
    const char *text = edited[_i].before;

    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", edited[_i].label, e.why);
    if (edits.file_count > 0)
        text = edits.files[0].text;
    ck_assert_msg(str_equal(text, edited[_i].after), "%s:\n%s", edited[_i].label, text);
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s: %s",
                  edited[_i].label, e.why);
    ck_assert_str_eq(fake_host_text(fake, CONF), edited[_i].before);
    for (size_t i = 0; i < fake->file_count; i++)
        ck_assert(!strstr(fake->files[i].path, "namesake"));
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *config, *why;
} refused[] = {
    {"a computed HELO", "primary_hostname = " NAME "\n" TAIL "  helo_data = ${if x{a}{b}}\n",
     "is computed"},
    {"a table by the sender",
     "primary_hostname = " NAME "\n" TAIL
     "  helo_data = ${lookup{$sender_address}lsearch{/t}{$value}{x}}\n",
     "not by the address or the domain"},
    {"a router that follows the name",
     OLD "begin routers\nr:\n  driver = dnslookup\n  domains = ! @\n"
         "  domains = @\n  transport = remote_smtp\n" SMTP,
     "follows the host's name"},
    {"the relay has the name",
     OLD QUALIFY "begin routers\nr:\n  driver = manualroute\n  route_list = * " NAME "\n"
                 "  transport = remote_smtp\n" SMTP,
     "mail loop"},
    {"a macro in the middle of a value", "H = old\nprimary_hostname = H.example.com\n" TAIL,
     "built from macros"},
};

START_TEST(edit_is_refused)
{
    struct fake_host *fake = machine_with(refused[_i].config);
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_file(fake, "/t", "example.com: x.example.com\n");
    facts = facts_of(fake);
    fake_host_answer(fake, "exim4 -f <> -bt", 0,
                     "x\n  router = r, transport = remote_smtp\n  host " NAME " [192.0.2.9]\n", "");
    facts.mta->find_routes(&fake->host, &facts);
    ck_assert_msg(!facts.mta->edit(&facts, &wish, &edits, &e), "%s", refused[_i].label);
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_msg(strstr(e.why, refused[_i].why) != NULL, "%s: %s", refused[_i].label, e.why);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(check_refuses_what_else_would_change)
{
    struct fake_host *fake = machine_with("HOST = old.example.com\nprimary_hostname = HOST\n"
                                          "log_file_path = /var/log/HOST\n" TAIL);
    struct mta_facts facts = facts_of(fake);
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits = {0};
    struct error e = {0};

    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert(!facts.mta->check(&fake->host, &facts, &edits, &wish, &e));
    ck_assert_int_eq(e.code, ERR_MTA_CHECK_FAILED);
    ck_assert_msg(strstr(e.why, "log_file_path") != NULL, "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Debian ------------------------------------------------------------------------------------ */

static const struct {
    const char *label;
    bool split;
    const char *conf, *macros; /* NULL: no such file */
    const char *changed;       /* "FILE=text;" of each file that changes, in order */
} debians[] = {
    {"unsplit: the file for macros is made, the old name stays local", false,
     "dc_other_hostnames='vm'\n", NULL,
     EXIM_UPDATE_CONF "=dc_other_hostnames='vm;vm25'\ndc_use_split_config='false'\n;" LOCAL_MACROS
                      "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\n;"},
    {"unsplit: a macro is added, not to a last line without an end", false,
     "dc_other_hostnames='vm25'\n", "OTHER = b",
     LOCAL_MACROS "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\nOTHER = b;"},
    {"unsplit: the macro is there", false, "dc_other_hostnames='old.example.com'\n",
     "MAIN_HARDCODE_PRIMARY_HOSTNAME=old.example.com\n",
     LOCAL_MACROS "=MAIN_HARDCODE_PRIMARY_HOSTNAME=" NAME "\n;"},
    {"the name that dc_minimaldns guesses is overridden", false,
     "dc_minimaldns='true'\ndc_other_hostnames='vm25'\n", NULL,
     LOCAL_MACROS "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\n;"},
    {"a HELO macro", false, "dc_other_hostnames='" NAME "'\n",
     "MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\nREMOTE_SMTP_HELO_DATA = x.example\n",
     LOCAL_MACROS "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\nREMOTE_SMTP_HELO_DATA = " NAME
                  "\n;"},
    {"split", true, "dc_other_hostnames='vm25'\n", NULL,
     SPLIT_MACROS "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\n;"},
    {"split: the macro is there", true, "dc_other_hostnames=''\n",
     "MAIN_HARDCODE_PRIMARY_HOSTNAME = old.example.com\n",
     EXIM_UPDATE_CONF
     "=dc_other_hostnames='old.example.com'\ndc_use_split_config='true'\n;" SPLIT_MACROS
     "=MAIN_HARDCODE_PRIMARY_HOSTNAME = " NAME "\n;"},
};

START_TEST(debian_is_edited_where_no_package_is)
{
    struct fake_host *fake = machine();
    struct mta_wish wish = {.name = {.s = NAME}};
    struct buf text = BUF_INIT(8192);
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    debian(fake, debians[_i].split, debians[_i].conf, debians[_i].macros);
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", debians[_i].label, e.why);
    for (size_t i = 0; i < edits.file_count; i++)
        buf_printf(&text, "%s=%s;", edits.files[i].file->path, edits.files[i].text);
    ck_assert_msg(str_equal(buf_string(&text), debians[_i].changed), "%s:\n%s", debians[_i].label,
                  buf_string(&text));
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s: %s",
                  debians[_i].label, e.why);
    for (size_t i = 0; i < edits.file_count; i++)
        ck_assert(host_replace(&fake->host, edits.files[i].file, edits.files[i].text,
                               edits.files[i].length, &e));

    /* Killed before the build: what is left is to build and to reload. */
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s: %s", debians[_i].label, e.why);
    ck_assert_msg(edits.file_count == 0, "%s: %s", debians[_i].label, edits.files[0].text);
    ck_assert_msg(facts.mta->build(&fake->host, &facts, &e), "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    facts = facts_of(fake);
    ck_assert_str_eq(mta_service_of(&facts, MTA_SENDER)->says, NAME);
    mta_facts_free(&facts);
    buf_free(&text);
    host_free(&fake->host);
}
END_TEST

/* --- Several addresses, panels ----------------------------------------------------------------- */

START_TEST(a_table_gets_its_entry_and_nothing_is_reloaded)
{
    struct fake_host *fake = machine_with(
        "primary_hostname = " NAME "\n" TAIL
        "  interface = <; 203.0.113.25 ; 203.0.113.26\n  helo_data = "
        "${lookup{$sending_ip_address}iplsearch{/etc/virtual/helo_data}{$value}{x}}\n");
    struct mta_pair pairs[2] = {{.name = {.s = NAME}}, {.name = {.s = "two.example.com"}}};
    struct mta_wish wish = {.name = {.s = "two.example.com"}, .pairs = pairs, .pair_count = 2};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    ck_assert(ip_parse("203.0.113.25", &pairs[0].address));
    ck_assert(ip_parse("203.0.113.26", &pairs[1].address));
    fake_host_file(fake, "/etc/virtual/helo_data", "203.0.113.25: " NAME "\n203.0.113.26: old\n");
    fake_host_file(fake, "/usr/local/directadmin/directadmin", "");
    facts = facts_of(fake);
    ck_assert_str_eq(facts.panel, "DirectAdmin");
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert_uint_eq(edits.file_count, 1);
    ck_assert(edits.at_once);
    ck_assert_str_eq(edits.before, "old");
    ck_assert_str_eq(edits.files[0].text,
                     "203.0.113.25: " NAME "\n203.0.113.26: two.example.com\n");
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* cPanel fills /etc/mailhelo itself: its own command is told instead. */
START_TEST(a_table_that_the_panel_fills_is_left_to_it)
{
    struct fake_host *fake = machine_with(
        "primary_hostname = " NAME "\n" TAIL
        "  helo_data = ${lookup{$sender_address_domain}lsearch*{/etc/mailhelo}{$value}{x}}\n");
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_file(fake, "/etc/mailhelo", "news.example: old.example.com\n*: " NAME "\n");
    fake_host_file(fake, "/usr/local/cpanel/version", "");
    facts = facts_of(fake);
    ck_assert_str_eq(facts.services[facts.service_count - 1].title, "remote_smtp for news.example");
    ck_assert_str_eq(facts.services[facts.service_count - 1].says, "old.example.com");
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_str_eq(e.next, "whmapi1 sethostname hostname=" NAME);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* Where a table falls back to the host's name, an address that shall keep it gets an entry, and
 * that is on disk before the name changes. */
START_TEST(what_a_table_leaves_to_the_host_stays)
{
    struct fake_host *fake =
        machine_with(OLD TAIL "  interface = <; 203.0.113.25 ; 203.0.113.26\n  helo_data = "
                              "${lookup{$sending_ip_address}iplsearch{/t}{$value}"
                              "{$primary_hostname}}\n");
    struct mta_pair pairs[2] = {{.name = {.s = NAME}}, {.name = {.s = "two.example.com"}}};
    struct mta_wish wish = {.name = {.s = NAME}, .pairs = pairs, .pair_count = 2};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    ck_assert(ip_parse("203.0.113.25", &pairs[0].address));
    ck_assert(ip_parse("203.0.113.26", &pairs[1].address));
    fake_host_file(fake, "/t", "");
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert_uint_eq(edits.file_count, 2);
    ck_assert_str_eq(edits.files[0].file->path, "/t");
    ck_assert_ptr_nonnull(strstr(edits.files[0].text, "203.0.113.26: old.example.com\n"));
    ck_assert_ptr_nonnull(strstr(edits.files[0].text, "203.0.113.25: " NAME "\n"));
    ck_assert_ptr_nonnull(strstr(edits.files[1].text, "primary_hostname = " NAME "\n"));
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(a_transport_of_its_own_gets_its_name)
{
    struct fake_host *fake = machine_with("primary_hostname = " NAME "\n" QUALIFY ROUTERS
                                          "s:\n  driver = dnslookup\n  transport = second\n" SMTP
                                          "second:\n  driver = smtp\n  interface = 203.0.113.26\n");
    struct mta_pair pairs[2] = {{.name = {.s = NAME}}, {.name = {.s = "two.example.com"}}};
    struct mta_wish wish = {.name = {.s = "two.example.com"}, .pairs = pairs, .pair_count = 2};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    ck_assert(ip_parse("203.0.113.25", &pairs[0].address));
    ck_assert(ip_parse("203.0.113.26", &pairs[1].address));
    facts = facts_of(fake);
    ck_assert_msg(facts.mta->edit(&facts, &wish, &edits, &e), "%s", e.why);
    ck_assert_uint_eq(edits.file_count, 1);
    ck_assert_ptr_nonnull(strstr(edits.files[0].text, "second:\n  driver = smtp\n"
                                                      "  helo_data = two.example.com\n"));
    ck_assert_msg(facts.mta->check(&fake->host, &facts, &edits, &wish, &e), "%s", e.why);
    mta_edits_free(&edits);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(a_panel_is_not_edited_behind_its_back)
{
    struct fake_host *fake = machine_with(OLD TAIL);
    struct mta_wish wish = {.name = {.s = NAME}};
    struct mta_edits edits = {0};
    struct mta_facts facts;
    struct error e = {0};

    fake_host_file(fake, "/usr/local/cpanel/version", "11");
    facts = facts_of(fake);
    ck_assert(!facts.mta->edit(&facts, &wish, &edits, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_ptr_nonnull(strstr(e.why, "cPanel"));
    ck_assert_str_eq(e.next, "whmapi1 sethostname hostname=" NAME);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

/* --- Live -------------------------------------------------------------------------------------- */

START_TEST(a_broken_file_is_never_read_by_the_daemon)
{
    struct fake_host *fake = machine_with(OLD TAIL);
    struct mta_facts facts = facts_of(fake);
    const struct mta_edits none = {0};
    struct error e = {0};

    ck_assert(facts.instances[0].running);
    fake_host_file(fake, CONF, "BROKEN\n");
    ck_assert(!facts.mta->activate(&fake->host, &facts, &none, &e));
    ck_assert_int_eq(e.code, ERR_MTA_RELOAD_FAILED);
    ck_assert_int_eq(fake->exim_daemons_lost, 0);
    ck_assert(facts.mta->alive(&fake->host, &facts, &none, &e));
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

START_TEST(a_daemon_that_died_comes_back_as_it_was_started)
{
    struct fake_host *fake = machine_with(OLD TAIL);
    struct mta_facts facts = facts_of(fake);
    const struct mta_edits none = {0};
    struct error e = {0};

    fake->exim_command = NULL;
    ck_assert(!facts.mta->alive(&fake->host, &facts, &none, &e));
    ck_assert_msg(facts.mta->activate(&fake->host, &facts, &none, &e), "%s", e.why);
    ck_assert_ptr_nonnull(strstr(buf_string(&fake->log), "\nexim4 -bd -q30m\n"));
    ck_assert(facts.mta->alive(&fake->host, &facts, &none, &e));
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"text_is_read", text_is_read, ROWS(texts), 0},
        {"lists_are_taken_apart", lists_are_taken_apart, ROWS(lists), 0},
        {"table_is_edited", table_is_edited, ROWS(tables), 0},
        {"observe_finds_the_services", observe_finds_the_services, ROWS(seen), 0},
        {"observe_says_why_it_does_not_know", observe_says_why_it_does_not_know, 1, 0},
        {"edit_is_the_smallest", edit_is_the_smallest, ROWS(edited), 0},
        {"edit_is_refused", edit_is_refused, ROWS(refused), 0},
        {"check_refuses_what_else_would_change", check_refuses_what_else_would_change, 1, 0},
        {"debian_is_edited_where_no_package_is", debian_is_edited_where_no_package_is,
         ROWS(debians), 0},
        {"a_table_gets_its_entry_and_nothing_is_reloaded",
         a_table_gets_its_entry_and_nothing_is_reloaded, 1, 0},
        {"panel's table", a_table_that_the_panel_fills_is_left_to_it, 1, 0},
        {"what_a_table_leaves_to_the_host_stays", what_a_table_leaves_to_the_host_stays, 1, 0},
        {"a_transport_of_its_own_gets_its_name", a_transport_of_its_own_gets_its_name, 1, 0},
        {"a_panel_is_not_edited_behind_its_back", a_panel_is_not_edited_behind_its_back, 1, 0},
        {"a_broken_file_is_never_read_by_the_daemon", a_broken_file_is_never_read_by_the_daemon, 1,
         0},
        {"a_daemon_that_died_comes_back_as_it_was_started",
         a_daemon_that_died_comes_back_as_it_was_started, 1, 0},
    };

    return unit_run("exim", tests, ROWS(tests));
}
