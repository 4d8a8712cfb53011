/* test_rfc2136.c - the vendor "a name server of your own", and what all accounts share. */
#include "providers/provider.h"

#include "tests/support/fake_update.h"
#include "tests/support/unit.h"

#include "agent/base/mem.h"
#include "agent/base/rcode.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOA "example.com. 60 IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60"
#define REVERSE_SOA "113.0.203.in-addr.arpa. 60 IN SOA ns1.example.com. h.example.com. 1 2 3 4 5"
#define CLASSLESS "0/26.113.0.203.in-addr.arpa" /* RFC 2317 */

static void set_text(struct account *account, const char *key, const char *text)
{
    size_t i;

    ck_assert(provider_setting(account->provider, key, &i));
    str_cut(account->values[i].text, sizeof account->values[i].text, text);
}

static void set_secret(struct account *account, const char *text)
{
    size_t i;
    char copy[128];

    ck_assert(provider_setting(account->provider, "tsig_secret", &i));
    str_cut(copy, sizeof copy, text);
    account->values[i].ref.from = SECRET_ENV;
    secret_take(&account->values[i].secret, copy, strlen(copy));
}

static struct account account_at(uint16_t port, bool with_key)
{
    struct account account = {.provider = provider_by_type("rfc2136"), .id = "dns"};
    char server[32];

    snprintf(server, sizeof server, "127.0.0.1:%u", (unsigned)port);
    set_text(&account, "nameserver", server);
    set_text(&account, "tsig_algorithm", "HMAC-SHA256.");
    if (with_key) {
        set_text(&account, "tsig_key", FAKE_KEY ".");
        set_secret(&account, FAKE_SECRET);
    }
    return account;
}

static struct name name_of(const char *text)
{
    struct name name = {""};

    ck_assert(text[0] == '\0' || name_from_dns(text, &name));
    return name;
}

static struct subject subject_of(const char *address, const char *owner, const char *zone)
{
    struct subject subject = {.owner = name_of(owner), .zone = name_of(zone)};

    subject.role = str_ends(owner, ".arpa") ? ROLE_PTR : ROLE_FORWARD;
    subject.name = subject.role == ROLE_PTR ? name_of("mail.example.com") : subject.owner;
    ck_assert(ip_parse(address, &subject.ip));
    return subject;
}

static const struct {
    const char *label, *address, *owner, *zone;
    struct fake_update_row rows[2];
    enum err code;
    const char *says; /* a part of the reason or of who can repair it */
    const char *resource, *values;
    uint32_t ttl_s;
    const char *questions; /* what the server got */
} reads[] = {
    {"an address",
     "203.0.113.25",
     "mail.example.com",
     "example.com",
     {{.aa = true, .authority = SOA},
      {.aa = true, .answer = "mail.example.com. 77 IN A 203.0.113.25"}},
     ERR_NONE,
     "",
     "example.com",
     "203.0.113.25",
     77,
     "QUERY signed\nzone mail.example.com. IN SOA\n"
     "QUERY signed\nzone mail.example.com. IN A\n"},
    {"an IPv6 address has its own set",
     "2001:db8::25",
     "mail.example.com",
     "example.com",
     {{.aa = true, .authority = SOA}, {.aa = true, .authority = SOA}},
     ERR_NONE,
     "",
     "example.com",
     "",
     0,
     "QUERY signed\nzone mail.example.com. IN SOA\n"
     "QUERY signed\nzone mail.example.com. IN AAAA\n"},
    {"a PTR",
     "203.0.113.25",
     "25.113.0.203.in-addr.arpa",
     "113.0.203.in-addr.arpa",
     {{.aa = true, .authority = REVERSE_SOA},
      {.aa = true, .answer = "25.113.0.203.in-addr.arpa. 60 IN PTR Mail.example.com."}},
     ERR_NONE,
     "",
     "113.0.203.in-addr.arpa",
     "mail.example.com",
     60,
     "QUERY signed\nzone 25.113.0.203.in-addr.arpa. IN SOA\n"
     "QUERY signed\nzone 25.113.0.203.in-addr.arpa. IN PTR\n"},
    {"the zone is looked for when it is not known",
     "203.0.113.25",
     "mail.example.com",
     "",
     {{.aa = true, .authority = SOA}, {.aa = true, .authority = SOA}},
     ERR_NONE,
     "",
     "example.com",
     "",
     0,
     "QUERY signed\nzone mail.example.com. IN SOA\nQUERY signed\nzone mail.example.com. IN A\n"},
    {"another server's zone is not ours",
     "203.0.113.25",
     "mail.example.net",
     "",
     {{.rcode = DNS_REFUSED}},
     ERR_NO_INPUT,
     "not an authoritative server",
     "",
     "",
     0,
     "QUERY signed\nzone mail.example.net. IN SOA\n"},
    {"an alias of the name",
     "203.0.113.25",
     "mail.example.com",
     "example.com",
     {{.aa = true, .authority = SOA},
      {.aa = true, .answer = "mail.example.com. 60 IN CNAME host.example.net."}},
     ERR_CONFLICT,
     "put address records in place of the alias",
     "",
     "",
     0,
     "QUERY signed\nzone mail.example.com. IN SOA\n"
     "QUERY signed\nzone mail.example.com. IN A\n"},
    {"an alias in the reverse zone",
     "203.0.113.25",
     "25.113.0.203.in-addr.arpa",
     "113.0.203.in-addr.arpa",
     {{.aa = true, .authority = REVERSE_SOA},
      {.aa = true, .answer = "25.113.0.203.in-addr.arpa. 60 IN CNAME 25.rev.example.com."}},
     ERR_CONFLICT,
     "the PTR belongs at the alias's target",
     "",
     "",
     0,
     "QUERY signed\nzone 25.113.0.203.in-addr.arpa. IN SOA\n"
     "QUERY signed\nzone 25.113.0.203.in-addr.arpa. IN PTR\n"},
    {"a zone of the server that nobody delegates to it",
     "203.0.113.25",
     "mail.example.com",
     "mail.example.com",
     {{.aa = true, .authority = SOA}},
     ERR_NO_INPUT,
     "has the zone example.com, but the DNS finds mail.example.com in the zone mail.example.com",
     "",
     "",
     0,
     "QUERY signed\nzone mail.example.com. IN SOA\n"},
    {"a classless reverse zone",
     "203.0.113.25",
     "25." CLASSLESS,
     CLASSLESS,
     {{.aa = true, .authority = CLASSLESS ". 60 IN SOA ns1.example.com. h.example.com. 1 2 3 4 5"},
      {.aa = true, .answer = "25." CLASSLESS ". 60 IN PTR mail.example.com."}},
     ERR_NONE,
     "",
     CLASSLESS,
     "mail.example.com",
     60,
     "QUERY signed\nzone 25." CLASSLESS ". IN SOA\n"
     "QUERY signed\nzone 25." CLASSLESS ". IN PTR\n"},
};

START_TEST(reading)
{
    struct fake_update fake = fake_update_start(reads[_i].rows, 2);
    struct account account = account_at(fake.port, true);
    struct subject subject = subject_of(reads[_i].address, reads[_i].owner, reads[_i].zone);
    struct holding holding = {.ttl_s = 0};
    struct error e = {.code = ERR_NONE};
    char got[4096], values[512], says[800];

    (void)!account.provider->read(&account, &subject, &holding, &e);
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(e.code == reads[_i].code, "%s: %s %s", reads[_i].label, error_id(e.code), e.why);
    snprintf(says, sizeof says, "%s; %s", e.why, e.who);
    ck_assert_msg(strstr(says, reads[_i].says) != NULL, "%s: \"%s\"", reads[_i].label, says);
    strings_join(&holding.values, " ", "", values, sizeof values);
    ck_assert_str_eq(values, reads[_i].values);
    ck_assert_str_eq(holding.resource, reads[_i].resource);
    ck_assert_uint_eq(holding.ttl_s, reads[_i].ttl_s);
    ck_assert_msg(str_equal(got, reads[_i].questions), "%s:\n%s", reads[_i].label, got);
    holding_free(&holding);
    account_free(&account);
}
END_TEST

static struct strings list_of(const char *text)
{
    struct strings list = {.count = 0};

    if (text[0] != '\0')
        strings_add(&list, text);
    return list;
}

static const struct {
    const char *label, *address, *owner, *zone, *before, *after;
    struct fake_update_row rows[2];
    enum err code;
    const char *messages;
} writes[] = {
    {"a first address",
     "203.0.113.25",
     "mail.example.com",
     "example.com",
     "",
     "203.0.113.25",
     {{.rcode = DNS_NOERROR}},
     ERR_NONE,
     "UPDATE signed\nzone example.com. IN SOA\nneed mail.example.com. 0 NONE A\n"
     "make mail.example.com. 0 ANY A\nmake mail.example.com. 300 IN A 203.0.113.25\n"},
    {"a PTR in a zone that has to be found",
     "203.0.113.25",
     "25.113.0.203.in-addr.arpa",
     "",
     "static-25.hoster.example",
     "mail.example.com",
     {{.aa = true, .authority = REVERSE_SOA}, {.rcode = DNS_NOERROR}},
     ERR_NONE,
     "QUERY signed\nzone 25.113.0.203.in-addr.arpa. IN SOA\n"
     "UPDATE signed\nzone 113.0.203.in-addr.arpa. IN SOA\n"
     "need 25.113.0.203.in-addr.arpa. 0 IN PTR static-25.hoster.example.\n"
     "make 25.113.0.203.in-addr.arpa. 0 ANY PTR\n"
     "make 25.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.\n"},
    {"somebody was faster",
     "203.0.113.25",
     "mail.example.com",
     "example.com",
     "",
     "203.0.113.25",
     {{.rcode = DNS_YXRRSET}},
     ERR_CONFLICT,
     "UPDATE signed\nzone example.com. IN SOA\nneed mail.example.com. 0 NONE A\n"
     "make mail.example.com. 0 ANY A\nmake mail.example.com. 300 IN A 203.0.113.25\n"},
};

START_TEST(writing)
{
    struct fake_update fake = fake_update_start(writes[_i].rows, 2);
    struct account account = account_at(fake.port, true);
    struct subject subject = subject_of(writes[_i].address, writes[_i].owner, writes[_i].zone);
    struct holding before = {.values = list_of(writes[_i].before)};
    struct strings after = list_of(writes[_i].after);
    struct error e = {.code = ERR_NONE};
    char got[4096];

    (void)!account.provider->write(&account, &subject, &before, &after, 300, &e);
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(e.code == writes[_i].code, "%s: %s %s", writes[_i].label, error_id(e.code),
                  e.why);
    ck_assert_msg(str_equal(got, writes[_i].messages), "%s:\n%s", writes[_i].label, got);
    holding_free(&before);
    strings_free(&after);
    account_free(&account);
}
END_TEST

START_TEST(another_name_is_not_written)
{
    struct account account = account_at(1, true);
    struct subject subject = subject_of("203.0.113.25", "mail.example.com", "example.com");
    struct holding before = {.ttl_s = 0};
    struct strings after = list_of("203.0.113.25");
    struct error e;

    subject.name = name_of("www.example.com");
    ck_assert(!account.provider->write(&account, &subject, &before, &after, 300, &e));
    ck_assert_int_eq(e.code, ERR_INTERNAL);
    strings_free(&after);
    account_free(&account);
}
END_TEST

START_TEST(without_a_key)
{
    const struct fake_update_row row = {.aa = true, .authority = SOA};
    struct fake_update fake = fake_update_start(&row, 1);
    struct account account = account_at(fake.port, false);
    struct subject subject = subject_of("203.0.113.25", "mail.example.com", "example.com");
    struct holding holding;
    struct error e;
    char got[4096];

    ck_assert(account.provider->read(&account, &subject, &holding, &e));
    fake_update_stop(&fake, got, sizeof got);
    ck_assert_msg(str_starts(got, "QUERY unsigned\n"), "%s", got);
    holding_free(&holding);
    account_free(&account);
}
END_TEST

START_TEST(a_secret_that_is_not_loaded)
{
    struct account account = account_at(1, false);
    struct subject subject = subject_of("203.0.113.25", "mail.example.com", "example.com");
    struct holding holding;
    struct error e;

    set_text(&account, "tsig_key", "k");
    ck_assert(!account.provider->read(&account, &subject, &holding, &e));
    ck_assert_int_eq(e.code, ERR_CREDENTIAL_MISSING);
    account_free(&account);
}
END_TEST

static const struct {
    const char *label, *key, *text;
    bool good;
} checks[] = {
    {"an address", "nameserver", "192.0.2.53", true},
    {"an address with a port", "nameserver", "192.0.2.53:5353", true},
    {"an IPv6 address", "nameserver", "2001:db8::53", true},
    {"an IPv6 address with a port", "nameserver", "[2001:db8::53]:5353", true},
    {"a host name is refused: it would need a resolver", "nameserver", "ns1.example.com", false},
    {"a port of 0", "nameserver", "192.0.2.53:0", false},
    {"nothing", "nameserver", "", false},
    {"a key", "tsig_key", "update-key.example.com.", true},
    {"an empty label in a key", "tsig_key", "a..b", false},
    {"the root as key", "tsig_key", ".", false},
    {"an algorithm", "tsig_algorithm", "hmac-sha512.", true},
    {"an unknown algorithm", "tsig_algorithm", "hmac-sha3", false},
};

START_TEST(check)
{
    const struct provider *provider = provider_by_type("rfc2136");
    struct error e = {.code = ERR_NONE};
    size_t i;
    bool ok;

    ck_assert(provider_setting(provider, checks[_i].key, &i));
    ok = provider->settings[i].check(checks[_i].text, &e);
    ck_assert_msg(ok == checks[_i].good, "%s: %s", checks[_i].label,
                  checks[_i].good ? "is taken" : "is refused");
    ck_assert_int_eq(e.code, ok ? ERR_NONE : ERR_CONFIG_KEY);
}
END_TEST

static const struct {
    const char *label;
    unsigned roles;
    const char *zone, *network;
    const char *address, *owner;
    bool may;
} rights[] = {
    {"all roles, no limits", ROLE_PTR | ROLE_FORWARD, "", "", "203.0.113.25", "mail.example.com",
     true},
    {"the other role", ROLE_PTR, "", "", "203.0.113.25", "mail.example.com", false},
    {"in the zone", ROLE_FORWARD, "example.com", "", "203.0.113.25", "mail.example.com", true},
    {"in another zone", ROLE_FORWARD, "example.net", "", "203.0.113.25", "mail.example.com", false},
    {"a zone is more than the end of a name", ROLE_FORWARD, "ple.com", "", "203.0.113.25",
     "mail.example.com", false},
    {"in the network", ROLE_PTR, "", "203.0.113.0/24", "203.0.113.25", "25.113.0.203.in-addr.arpa",
     true},
    {"in another network", ROLE_PTR, "", "198.51.100.0/24", "203.0.113.25",
     "25.113.0.203.in-addr.arpa", false},
    {"zones do not limit PTR records", ROLE_PTR, "example.net", "", "203.0.113.25",
     "25.113.0.203.in-addr.arpa", true},
    {"networks do not limit names", ROLE_FORWARD, "", "198.51.100.0/24", "203.0.113.25",
     "mail.example.com", true},
};

START_TEST(right)
{
    struct account account = {.provider = provider_by_type("manual"), .roles = rights[_i].roles};
    struct subject subject = subject_of(rights[_i].address, rights[_i].owner, "");
    struct ip_net network;

    account.zones = list_of(rights[_i].zone);
    if (rights[_i].network[0] != '\0') {
        ck_assert(ip_net_parse(rights[_i].network, &network));
        account.networks = mem_new(1, sizeof network);
        *account.networks = network;
        account.network_count = 1;
    }
    ck_assert_msg(account_may(&account, &subject) == rights[_i].may, "%s: %s", rights[_i].label,
                  rights[_i].may ? "may" : "may not");
    account_free(&account);
}
END_TEST

START_TEST(titles)
{
    struct account account = {.provider = provider_by_type("rfc2136"), .id = "dns"};

    ck_assert_str_eq(account_title(&account).s, "RFC 2136 name server \"dns\"");
    str_cut(account.owner, sizeof account.owner, "Example Colo, noc@colo.example");
    ck_assert_str_eq(account_title(&account).s, "Example Colo, noc@colo.example");
}
END_TEST

START_TEST(by_hand_has_no_operations)
{
    const struct provider *manual = provider_by_type("manual");

    ck_assert(manual->read == NULL);
    ck_assert(manual->write == NULL);
    ck_assert_ptr_null(provider_by_type("nobody"));
    account_free(NULL);
    holding_free(NULL);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reading", reading, ROWS(reads), 0},
        {"writing", writing, ROWS(writes), 0},
        {"another name is not written", another_name_is_not_written, 1, 0},
        {"without a key", without_a_key, 1, 0},
        {"a secret that is not loaded", a_secret_that_is_not_loaded, 1, 0},
        {"check", check, ROWS(checks), 0},
        {"right", right, ROWS(rights), 0},
        {"titles", titles, 1, 0},
        {"by hand has no operations", by_hand_has_no_operations, 1, 0},
    };

    return unit_run("rfc2136", tests, ROWS(tests));
}
