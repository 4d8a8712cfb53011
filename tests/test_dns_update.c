/* test_dns_update.c - updates and questions to a primary that ldns plays. */
#include "agent/net/dns_tcp.h"
#include "agent/net/dns_update.h"

#include "tests/support/child.h"
#include "tests/support/fake_update.h"
#include "tests/support/unit.h"

#include <string.h>
#include <unistd.h>

#define TIMEOUT_MS 1000

/* A key as accounts hold it; the secret is not owned. */
struct own_key {
    char text[64];
    struct secret secret;
    struct tsig_key key;
};

static void make_key(struct own_key *k, const char *name)
{
    str_cut(k->text, sizeof k->text, FAKE_SECRET);
    k->secret = (struct secret){k->text, strlen(k->text)};
    k->key = (struct tsig_key){.algorithm = "hmac-sha256", .secret = &k->secret};
    ck_assert(name_from_dns(name, &k->key.name));
}

static struct dns_master master_at(uint16_t port, const struct tsig_key *key)
{
    struct dns_master master = {.key = key, .timeout_ms = TIMEOUT_MS};

    ck_assert(ip_parse("127.0.0.1", &master.server.ip));
    master.server.port = port;
    return master;
}

static struct name name_of(const char *text)
{
    struct name name;

    ck_assert(name_from_dns(text, &name));
    return name;
}

/* "a b c" as a list. */
static struct strings list_of(const char *text)
{
    struct strings list = {.count = 0};
    struct cursor rest = cursor_of(text, strlen(text)), word;
    char item[256];

    while (cursor_word(&rest, &word)) {
        ck_assert(cursor_copy(&word, item, sizeof item));
        strings_add(&list, item);
    }
    return list;
}

static enum dns_type type_of(const char *text)
{
    return str_equal(text, "PTR") ? DNS_PTR : str_equal(text, "AAAA") ? DNS_AAAA : DNS_A;
}

static const struct {
    const char *label, *zone, *owner, *type, *before, *after, *message;
} messages[] = {
    {"a first address needs that there is none", "example.com", "mail.example.com", "A", "",
     "203.0.113.25",
     "UPDATE signed\n"
     "zone example.com. IN SOA\n"
     "need mail.example.com. 0 NONE A\n"
     "make mail.example.com. 0 ANY A\n"
     "make mail.example.com. 300 IN A 203.0.113.25\n"},
    {"a set is replaced whole, if it is what it was", "example.com", "mail.example.com", "A",
     "203.0.113.24 203.0.113.25", "203.0.113.25 203.0.113.26",
     "UPDATE signed\n"
     "zone example.com. IN SOA\n"
     "need mail.example.com. 0 IN A 203.0.113.24\n"
     "need mail.example.com. 0 IN A 203.0.113.25\n"
     "make mail.example.com. 0 ANY A\n"
     "make mail.example.com. 300 IN A 203.0.113.25\n"
     "make mail.example.com. 300 IN A 203.0.113.26\n"},
    {"a set is deleted", "example.com", "mail.example.com", "AAAA", "2001:db8::25", "",
     "UPDATE signed\n"
     "zone example.com. IN SOA\n"
     "need mail.example.com. 0 IN AAAA 2001:db8::25\n"
     "make mail.example.com. 0 ANY AAAA\n"},
    {"a PTR is replaced", "113.0.203.in-addr.arpa", "25.113.0.203.in-addr.arpa", "PTR",
     "static-25.hoster.example", "mail.example.com",
     "UPDATE signed\n"
     "zone 113.0.203.in-addr.arpa. IN SOA\n"
     "need 25.113.0.203.in-addr.arpa. 0 IN PTR static-25.hoster.example.\n"
     "make 25.113.0.203.in-addr.arpa. 0 ANY PTR\n"
     "make 25.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.\n"},
    {"a name of RFC 2317 keeps its slash", "24/29.113.0.203.in-addr.arpa",
     "25.24/29.113.0.203.in-addr.arpa", "PTR", "", "mail.example.com",
     "UPDATE signed\n"
     "zone 24/29.113.0.203.in-addr.arpa. IN SOA\n"
     "need 25.24/29.113.0.203.in-addr.arpa. 0 NONE PTR\n"
     "make 25.24/29.113.0.203.in-addr.arpa. 0 ANY PTR\n"
     "make 25.24/29.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.\n"},
};

START_TEST(message)
{
    const struct fake_update_row row = {.rcode = DNS_NOERROR};
    struct fake_update fake = fake_update_start(&row, 1);
    struct own_key k;
    struct strings before = list_of(messages[_i].before), after = list_of(messages[_i].after);
    struct dns_update update = {name_of(messages[_i].zone),
                                name_of(messages[_i].owner),
                                type_of(messages[_i].type),
                                300,
                                &before,
                                &after};
    struct dns_master master;
    struct error e;
    char got[4096];
    bool ok;

    make_key(&k, FAKE_KEY);
    master = master_at(fake.port, &k.key);
    ok = dns_update_send(&master, &update, &e);
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(ok, "%s: %s", messages[_i].label, ok ? "" : e.why);
    ck_assert_msg(str_equal(got, messages[_i].message), "%s:\n%s\nnot\n%s", messages[_i].label,
                  messages[_i].message, got);
    strings_free(&before);
    strings_free(&after);
}
END_TEST

static const struct {
    const char *label;
    struct fake_update_row row;
    enum err code;
    const char *why; /* a part of it */
} answers[] = {
    {"NOERROR is done", {.rcode = DNS_NOERROR}, ERR_NONE, ""},
    {"YXRRSET: there is one now", {.rcode = DNS_YXRRSET}, ERR_CONFLICT, "not what it was"},
    {"NXRRSET: another one is there", {.rcode = DNS_NXRRSET}, ERR_CONFLICT, "not what it was"},
    {"YXDOMAIN", {.rcode = DNS_YXDOMAIN}, ERR_CONFLICT, "YXDOMAIN"},
    {"NXDOMAIN", {.rcode = DNS_NXDOMAIN}, ERR_CONFLICT, "NXDOMAIN"},
    {"REFUSED", {.rcode = DNS_REFUSED}, ERR_PROVIDER_DENIED, "does not allow"},
    {"NOTAUTH", {.rcode = DNS_NOTAUTH}, ERR_PROVIDER_DENIED, "NOTAUTH"},
    {"NOTIMP", {.rcode = DNS_NOTIMP}, ERR_PROVIDER_DENIED, "takes no updates"},
    {"NOTZONE", {.rcode = DNS_NOTZONE}, ERR_PROTOCOL, "is not in the zone example.com"},
    {"SERVFAIL changed nothing", {.rcode = DNS_SERVFAIL}, ERR_PROVIDER_UNREACHABLE, "SERVFAIL"},
    {"FORMERR", {.rcode = DNS_FORMERR}, ERR_PROTOCOL, "FORMERR"},
    {"an unknown code", {.rcode = 14}, ERR_PROTOCOL, "14"},
    {"an unsigned NOTAUTH is a hint",
     {.how = UPDATE_UNSIGNED, .rcode = DNS_NOTAUTH},
     ERR_PROVIDER_DENIED,
     "in an answer that is not signed"},
    {"an unsigned REFUSED is a hint",
     {.how = UPDATE_UNSIGNED, .rcode = DNS_REFUSED},
     ERR_PROVIDER_DENIED,
     "in an answer that is not signed"},
    {"an unsigned NOERROR is not believed",
     {.how = UPDATE_UNSIGNED, .rcode = DNS_NOERROR},
     ERR_PROTOCOL,
     "is not signed"},
    {"an unsigned YXRRSET is not believed",
     {.how = UPDATE_UNSIGNED, .rcode = DNS_YXRRSET},
     ERR_PROTOCOL,
     "is not signed"},
    {"an answer signed for another request",
     {.how = UPDATE_WRONG_MAC},
     ERR_PROTOCOL,
     "not the key"},
    {"another id", {.how = UPDATE_WRONG_ID}, ERR_PROTOCOL, "no answer to what was asked"},
    {"garbage", {.how = UPDATE_GARBAGE}, ERR_PROTOCOL, "no answer to what was asked"},
    {"closed before the answer", {.how = UPDATE_CLOSES}, ERR_TIMEOUT, "closed the connection"},
    {"closed within the answer", {.how = UPDATE_HALF}, ERR_TIMEOUT, "closed the connection"},
    {"no answer", {.how = UPDATE_SILENT}, ERR_TIMEOUT, "timed out"},
};

/* The first address of mail.example.com, sent to a port. */
static bool send_first(uint16_t port, const struct tsig_key *key, struct error *e)
{
    struct strings before = {.count = 0}, after = list_of("203.0.113.25");
    struct dns_update update = {
        name_of("example.com"), name_of("mail.example.com"), DNS_A, 300, &before, &after};
    struct dns_master master = master_at(port, key);
    bool ok = dns_update_send(&master, &update, e);

    strings_free(&after);
    return ok;
}

START_TEST(answer)
{
    struct fake_update fake = fake_update_start(&answers[_i].row, 1);
    struct own_key k;
    struct error e = {.code = ERR_NONE};
    char got[4096];
    bool ok;

    make_key(&k, FAKE_KEY);
    ok = send_first(fake.port, &k.key, &e);
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(ok == (answers[_i].code == ERR_NONE) && e.code == answers[_i].code,
                  "%s: %s, not %s (%s)", answers[_i].label, error_id(answers[_i].code),
                  error_id(e.code), e.why);
    ck_assert_msg(strcasestr(e.why, answers[_i].why) != NULL, "%s: \"%s\" says \"%s\"",
                  answers[_i].label, e.why, answers[_i].why);
    ck_assert_msg(ok || strstr(e.what, "A mail.example.com") != NULL, "%s: \"%s\" names the set",
                  answers[_i].label, e.what);
}
END_TEST

START_TEST(without_a_key_nothing_is_signed)
{
    const struct fake_update_row row = {.rcode = DNS_NOERROR};
    struct fake_update fake = fake_update_start(&row, 1);
    struct error e;
    char got[4096];

    ck_assert(send_first(fake.port, NULL, &e));
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(str_starts(got, "UPDATE unsigned\n"), "%s", got);
}
END_TEST

/* A port that was free a moment ago. */
static uint16_t closed_port(void)
{
    int fd = child_bind("127.0.0.1", 0, SOCK_STREAM);
    uint16_t port = child_port(fd);

    close(fd);
    return port;
}

START_TEST(nobody_listens)
{
    struct error e;

    ck_assert(!send_first(closed_port(), NULL, &e));
    ck_assert_int_eq(e.code, ERR_PROVIDER_UNREACHABLE);
    ck_assert_msg(strstr(e.why, "refused") != NULL, "%s", e.why);
}
END_TEST

static const struct {
    const char *label, *type, *value;
    enum err code;
} bad_values[] = {
    {"an IPv6 address in an A record", "A", "2001:db8::25", ERR_ADDRESS_REFUSED},
    {"an IPv4 address in an AAAA record", "AAAA", "203.0.113.25", ERR_ADDRESS_REFUSED},
    {"a name in an A record", "A", "mail.example.com", ERR_ADDRESS_REFUSED},
    {"no name in a PTR record", "PTR", "a..b", ERR_NAME_REFUSED},
};

START_TEST(bad_value)
{
    struct strings before = {.count = 0}, after = list_of(bad_values[_i].value);
    struct dns_update update = {name_of("example.com"),
                                name_of("mail.example.com"),
                                type_of(bad_values[_i].type),
                                300,
                                &before,
                                &after};
    struct dns_master master = master_at(closed_port(), NULL);
    struct error e;

    ck_assert(!dns_update_send(&master, &update, &e));
    ck_assert_msg(e.code == bad_values[_i].code, "%s: %s", bad_values[_i].label, e.why);
    strings_free(&after);
}
END_TEST

#define SOA "example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60"

static const struct {
    const char *label, *owner, *type;
    struct fake_update_row row;
    enum err code;
    const char *values, *alias;
    uint32_t ttl_s;
} reads[] = {
    {"addresses are sorted, the TTL is theirs",
     "mail.example.com",
     "A",
     {.aa = true,
      .answer = "mail.example.com. 77 IN A 203.0.113.25\nmail.example.com. 77 IN A 203.0.113.24"},
     ERR_NONE,
     "203.0.113.24 203.0.113.25",
     "",
     77},
    {"an IPv6 address is canonical",
     "mail.example.com",
     "AAAA",
     {.aa = true, .answer = "mail.example.com. 60 IN AAAA 2001:DB8:0:0:0:0:0:25"},
     ERR_NONE,
     "2001:db8::25",
     "",
     60},
    {"a name loses its dot and capitals",
     "25.113.0.203.in-addr.arpa",
     "PTR",
     {.aa = true, .answer = "25.113.0.203.in-addr.arpa. 3600 IN PTR Mail.Example.COM."},
     ERR_NONE,
     "mail.example.com",
     "",
     3600},
    {"two names",
     "25.113.0.203.in-addr.arpa",
     "PTR",
     {.aa = true,
      .answer = "25.113.0.203.in-addr.arpa. 60 IN PTR b.example.\n"
                "25.113.0.203.in-addr.arpa. 60 IN PTR a.example."},
     ERR_NONE,
     "a.example b.example",
     "",
     60},
    {"a record at another owner does not count",
     "mail.example.com",
     "A",
     {.aa = true, .answer = "other.example.com. 77 IN A 203.0.113.25"},
     ERR_NONE,
     "",
     "",
     0},
    {"no such name",
     "mail.example.com",
     "A",
     {.rcode = DNS_NXDOMAIN, .aa = true, .authority = SOA},
     ERR_NONE,
     "",
     "",
     0},
    {"no such record",
     "mail.example.com",
     "A",
     {.aa = true, .authority = SOA},
     ERR_NONE,
     "",
     "",
     0},
    {"an alias",
     "mail.example.com",
     "A",
     {.aa = true,
      .answer = "mail.example.com. 60 IN CNAME Host.example.net.\n"
                "host.example.net. 60 IN A 203.0.113.25"},
     ERR_NONE,
     "",
     "host.example.net",
     0},
    {"REFUSED: not this server's",
     "mail.example.net",
     "A",
     {.rcode = DNS_REFUSED},
     ERR_NO_INPUT,
     "",
     "",
     0},
    {"an answer without authority",
     "mail.example.com",
     "A",
     {.answer = "mail.example.com. 77 IN A 203.0.113.25"},
     ERR_NO_INPUT,
     "",
     "",
     0},
    {"SERVFAIL",
     "mail.example.com",
     "A",
     {.rcode = DNS_SERVFAIL},
     ERR_PROVIDER_UNREACHABLE,
     "",
     "",
     0},
    {"an unsigned answer is not believed",
     "mail.example.com",
     "A",
     {.how = UPDATE_UNSIGNED, .aa = true, .answer = "mail.example.com. 77 IN A 203.0.113.25"},
     ERR_PROTOCOL,
     "",
     "",
     0},
};

START_TEST(reading)
{
    struct fake_update fake = fake_update_start(&reads[_i].row, 1);
    struct name owner = name_of(reads[_i].owner);
    struct dns_set set = {.ttl_s = 0};
    struct own_key k;
    struct dns_master master;
    struct error e = {.code = ERR_NONE};
    char got[4096], values[512];

    make_key(&k, FAKE_KEY);
    master = master_at(fake.port, &k.key);
    (void)!dns_update_read(&master, &owner, type_of(reads[_i].type), &set, &e);
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(e.code == reads[_i].code, "%s: %s %s", reads[_i].label, error_id(e.code), e.why);
    strings_join(&set.values, " ", "", values, sizeof values);
    ck_assert_str_eq(values, reads[_i].values);
    ck_assert_str_eq(set.alias.s, reads[_i].alias);
    ck_assert_uint_eq(set.ttl_s, reads[_i].ttl_s);
    ck_assert_msg(str_starts(got, "QUERY signed\nzone "), "RD is off: %s", got);
    strings_free(&set.values);
}
END_TEST

static const struct {
    const char *label, *owner;
    struct fake_update_row rows[3];
    const char *zone; /* NULL: ERR_NO_INPUT */
    size_t questions;
} zones[] = {
    {"the denial names it",
     "mail.example.com",
     {{.rcode = DNS_NXDOMAIN, .aa = true, .authority = SOA}},
     "example.com",
     1},
    {"the owner is the zone itself",
     "example.com",
     {{.aa = true, .answer = SOA}},
     "example.com",
     1},
    {"above an alias",
     "www.example.com",
     {{.aa = true, .answer = "www.example.com. 60 IN CNAME mail.example.net."},
      {.aa = true, .answer = SOA}},
     "example.com",
     2},
    {"a SOA of something else is none",
     "mail.example.net",
     {{.aa = true, .authority = SOA}, {.rcode = DNS_REFUSED}},
     NULL,
     2},
    {"not served there", "mail.example.net", {{.rcode = DNS_REFUSED}}, NULL, 1},
    {"delegated away",
     "mail.sub.example.com",
     {{.authority = "sub.example.com. 60 IN NS ns.example.net."}},
     NULL,
     1},
};

START_TEST(zone)
{
    struct fake_update fake = fake_update_start(zones[_i].rows, 3);
    struct name owner = name_of(zones[_i].owner), found = {""};
    struct dns_master master = master_at(fake.port, NULL);
    struct error e = {.code = ERR_NONE};
    size_t questions = 0;
    char got[4096];

    (void)!dns_update_zone(&master, &owner, &found, &e);
    fake_update_stop(&fake, got, sizeof got);
    for (const char *at = strstr(got, "QUERY"); at != NULL; at = strstr(at + 1, "QUERY"))
        questions++;
    ck_assert_msg(str_equal(found.s, zones[_i].zone != NULL ? zones[_i].zone : ""), "%s: \"%s\"",
                  zones[_i].label, found.s);
    ck_assert_int_eq(e.code, zones[_i].zone != NULL ? ERR_NONE : ERR_NO_INPUT);
    ck_assert_msg(questions == zones[_i].questions, "%s: %zu questions", zones[_i].label,
                  questions);
}
END_TEST

static const struct {
    const char *address;
    uint16_t port;
    const char *text;
} servers[] = {
    {"192.0.2.53", 53, "192.0.2.53"},
    {"192.0.2.53", 5353, "192.0.2.53:5353"},
    {"2001:db8::53", 53, "2001:db8::53"},
    {"2001:db8::53", 5353, "[2001:db8::53]:5353"},
};

START_TEST(server_text)
{
    struct dns_server server = {.port = servers[_i].port};

    ck_assert(ip_parse(servers[_i].address, &server.ip));
    ck_assert_str_eq(dns_server_text(&server).s, servers[_i].text);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"message", message, ROWS(messages), 0},
        {"answer", answer, ROWS(answers), 0},
        {"without a key nothing is signed", without_a_key_nothing_is_signed, 1, 0},
        {"nobody listens", nobody_listens, 1, 0},
        {"bad value", bad_value, ROWS(bad_values), 0},
        {"reading", reading, ROWS(reads), 0},
        {"zone", zone, ROWS(zones), 0},
        {"server text", server_text, ROWS(servers), 0},
    };

    return unit_run("dns_update", tests, ROWS(tests));
}
