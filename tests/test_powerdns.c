/* test_powerdns.c - the vendor PowerDNS against answers as version 4.7 gives them. */
#include "tests/support/fake_http.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <string.h>

#define SERVER "/api/v1/servers/localhost"
#define ASK(zone) "GET " SERVER "/zones?zone=" zone ".&dnssec=false"
#define ITEM(id, name, kind)                                                                       \
    "{\"account\":\"\",\"id\":\"" id "\",\"kind\":\"" kind "\",\"name\":\"" name "\",\"serial\":"  \
    "7}"
#define GET(asked, answer)                                                                         \
    {                                                                                              \
        asked, 200, answer, NULL, 0, ERR_NONE                                                      \
    }
#define NATIVE GET(ASK("example.com"), "[" ITEM("example.com.", "example.com.", "Native") "]")
#define MASTER GET(ASK("example.com"), "[" ITEM("example.com.", "example.com.", "Master") "]")
#define NONE(zone) GET(ASK(zone), "[]")

#define HOLDS_AS(edit, sets)                                                                       \
    "{\"id\":\"example.com.\",\"kind\":\"Native\",\"soa_edit_api\":\"" edit "\",\"rrsets\":[" sets \
    "]}"
#define ONE "GET " SERVER "/zones/example.com.?rrset_name=mail.example.com."
#define WHOLE "GET " SERVER "/zones/example.com."
#define READS(sets) GET(ONE, HOLDS_AS("DEFAULT", sets))
#define READS_ALL(sets) GET(WHOLE, HOLDS_AS("DEFAULT", sets))
#define SET(name, type, records)                                                                   \
    "{\"comments\":[{\"account\":\"ann\",\"content\":\"why\",\"modified_at\":5}],\"name\":\"" name \
    "\",\"records\":[" records "],\"ttl\":77,\"type\":\"" type "\"}"
#define REC(content) "{\"content\":\"" content "\",\"disabled\":false}"
#define OFF(content) "{\"content\":\"" content "\",\"disabled\":true}"
#define MAIL(type, records) SET("mail.example.com.", type, records)
#define APEX SET("example.com.", "SOA", REC("ns1.example.com. h.example.com. 7 1 1 1 1"))

#define PATCH_AS(name, ttl, type, records)                                                         \
    "PATCH " SERVER                                                                                \
    "/zones/example.com. {\"rrsets\":[{\"changetype\":\"REPLACE\",\"name\":\"" name                \
    "\",\"records\":[" records "],\"ttl\":" #ttl ",\"type\":\"" type "\"}]}"
#define PATCH(ttl, records) PATCH_AS("mail.example.com.", ttl, "A", records)
#define DONE(asked)                                                                                \
    {                                                                                              \
        asked, 204, "", NULL, 0, ERR_NONE                                                          \
    }
#define SAYS(asked, status, body)                                                                  \
    {                                                                                              \
        asked, status, body, NULL, 0, ERR_NONE                                                     \
    }
#define ADD PATCH(300, REC("203.0.113.25"))
#define NO(text) "{\"error\":\"" text "\"}"

#define A .address = "203.0.113.25", .owner = "mail.example.com", .zone = "example.com"
#define FIRST A, .before = "", .after = "203.0.113.25"
#define ANSWER(s, b)                                                                               \
    {                                                                                              \
        .request = ASK("example.com"), .status = (s), .body = (b)                                  \
    }

/* RFC 2317: the zone's name has a slash, which the server's id writes in its own way. */
#define CLASSLESS "0/26.113.0.203.in-addr.arpa"
#define IN_CLASSLESS                                                                               \
    .address = "203.0.113.25", .owner = "25." CLASSLESS, .zone = CLASSLESS, .resource = CLASSLESS
#define CLASSLESS_ZONE                                                                             \
    GET(ASK("0%2F26.113.0.203.in-addr.arpa"),                                                      \
        "[" ITEM("0=2F26.113.0.203.in-addr.arpa.", CLASSLESS ".", "Native") "]")
#define CLASSLESS_SET(name) SET("25." CLASSLESS ".", "PTR", REC(name))

#define NET6 "5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define PTR6 "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0." NET6
#define IN_NET6 .address = "2001:db8:25::25", .owner = PTR6, .zone = NET6

static const struct vendor_row rows[] = {
    {"addresses, sorted; other names and types are not meant", A,
     .exchange = {NATIVE, READS(APEX "," MAIL("MX", REC("10 x.")) "," MAIL(
                              "A", REC("203.0.113.9") "," REC("203.0.113.25")))},
     .resource = "example.com", .holds = "203.0.113.25 203.0.113.9", .ttl_s = 77},
    {"IPv6 in any spelling", .address = "2001:db8::25", .owner = "mail.example.com",
     .zone = "example.com",
     .exchange = {NATIVE,
                  READS(MAIL("A", REC("203.0.113.9")) "," MAIL("AAAA", REC("2001:DB8:0:0::25")))},
     .resource = "example.com", .holds = "2001:db8::25", .ttl_s = 77},
    {"nothing there", A, .exchange = {NATIVE, READS("")}, .resource = "example.com", .holds = ""},
    {"what is disabled is not served", A,
     .exchange = {NATIVE, READS(MAIL("A", OFF("203.0.113.25")))}, .resource = "example.com",
     .holds = "", .ttl_s = 77},
    {"only comments are left", A, .exchange = {NATIVE, READS(MAIL("A", ""))},
     .resource = "example.com", .holds = ""},
    {"an old server lists all zones", A,
     .exchange = {GET(ASK("example.com"), "[" ITEM("x.", "x.", "Slave") "," ITEM(
                                              "example.com.", "Example.COM.", "Native") "]"),
                  READS("")},
     .resource = "example.com", .holds = ""},
    {"a primary whose serial stays", A, .exchange = {MASTER, GET(ONE, HOLDS_AS("", ""))},
     .resource = "example.com", .holds = "",
     .side_effect = "secondaries lag: SOA-EDIT-API of the zone is not set"},
    {"without a delegation, the longest suffix", .address = "203.0.113.25",
     .owner = "mail.example.com", .zone = "",
     .exchange = {NONE("mail.example.com"), NATIVE, READS("")}, .resource = "example.com",
     .holds = ""},
    {"no zone for it", A,
     .exchange = {NONE("example.com"), NONE("mail.example.com"), NONE("example.com"), NONE("com")},
     .code = ERR_NO_INPUT, .says = "has no zone for mail.example.com"},
    {"only a zone above the delegated one", .address = "203.0.113.25",
     .owner = "mail.eu.example.com", .zone = "eu.example.com",
     .exchange = {NONE("eu.example.com"), NONE("mail.eu.example.com"), NONE("eu.example.com"),
                  NATIVE},
     .code = ERR_NO_INPUT,
     .says = "has the zone example.com, but the DNS finds mail.eu.example.com in the zone "
             "eu.example.com"},
    {"only a zone below the delegated one", A,
     .exchange = {NONE("example.com"),
                  GET(ASK("mail.example.com"),
                      "[" ITEM("mail.example.com.", "mail.example.com.", "Native") "]")},
     .code = ERR_NO_INPUT, .says = "has the zone mail.example.com, but"},
    {"a write into a zone that is not the delegated one", .address = "203.0.113.25",
     .owner = "mail.eu.example.com", .zone = "eu.example.com", .before = "",
     .after = "203.0.113.25",
     .exchange = {NONE("eu.example.com"), NONE("mail.eu.example.com"), NONE("eu.example.com"),
                  NATIVE},
     .code = ERR_NO_INPUT},
    {"a secondary zone", A,
     .exchange = {GET(ASK("example.com"), "[" ITEM("e", "example.com.", "Slave") "]")},
     .code = ERR_CONFLICT, .says = "as a secondary only (Slave)"},
    {"a secondary zone, in newer words", A,
     .exchange = {GET(ASK("example.com"), "[" ITEM("e", "example.com.", "Secondary") "]")},
     .code = ERR_CONFLICT, .says = "primary name server of example.com"},
    {"a zone without id", A,
     .exchange = {GET(ASK("example.com"), "[{\"name\":\"example.com.\",\"kind\":\"Native\"}]")},
     .code = ERR_PROTOCOL, .says = "no usable id"},
    {"no list of zones", A, .exchange = {GET(ASK("example.com"), "{}")}, .code = ERR_PROTOCOL},
    {"no sets in the zone", A, .exchange = {NATIVE, GET(ONE, "{\"rrsets\":4}")},
     .code = ERR_PROTOCOL},
    {"an alias", A, .exchange = {NATIVE, READS(MAIL("CNAME", REC("x.example.")))},
     .code = ERR_CONFLICT, .says = "answered by its CNAME record"},
    {"an alias that is disabled", A, .exchange = {NATIVE, READS(MAIL("CNAME", OFF("x.example.")))},
     .resource = "example.com", .holds = ""},
    {"a record that copies another name's", A,
     .exchange = {NATIVE, READS(MAIL("ALIAS", REC("x.example.")))}, .code = ERR_CONFLICT,
     .says = "ALIAS"},
    {"addresses that a program makes", A,
     .exchange = {NATIVE, READS(MAIL("A", REC("203.0.113.25")) "," MAIL(
                              "LUA", REC("A \\\"ifportup(25,{'203.0.113.25'})\\\"")))},
     .code = ERR_CONFLICT, .says = "LUA"},
    {"a program for the other family", A,
     .exchange = {NATIVE, READS(MAIL("LUA", REC("AAAA \\\"x\\\"")))}, .resource = "example.com",
     .holds = ""},
    {"an address of the wrong family", A,
     .exchange = {NATIVE, READS(MAIL("A", REC("2001:db8::25")))}, .code = ERR_PROTOCOL},

    {"a classless reverse zone", IN_CLASSLESS,
     .exchange = {CLASSLESS_ZONE,
                  GET("GET " SERVER "/zones/0%3D2F26.113.0.203.in-addr.arpa.?rrset_name=25.0%2F26."
                      "113.0.203.in-addr.arpa.",
                      HOLDS_AS("DEFAULT", CLASSLESS_SET("Static-25.hoster.example.")))},
     .holds = "static-25.hoster.example", .ttl_s = 77},
    {"a PTR in it", IN_CLASSLESS, .before = "static-25.hoster.example", .after = "mail.example.com",
     .exchange = {CLASSLESS_ZONE,
                  GET("GET " SERVER "/zones/0%3D2F26.113.0.203.in-addr.arpa.",
                      HOLDS_AS("", CLASSLESS_SET("static-25.hoster.example."))),
                  DONE("PATCH " SERVER "/zones/0%3D2F26.113.0.203.in-addr.arpa. {\"rrsets\":["
                       "{\"changetype\":\"REPLACE\",\"name\":\"25." CLASSLESS ".\",\"records\":["
                       "{\"content\":\"mail.example.com.\",\"disabled\":false}],\"ttl\":77,"
                       "\"type\":\"PTR\"}]}")}},
    {"an IPv6 reverse zone", IN_NET6,
     .exchange = {GET(ASK(NET6), "[" ITEM(NET6 ".", NET6 ".", "Native") "]"),
                  GET("GET " SERVER "/zones/" NET6 ".?rrset_name=" PTR6 ".",
                      HOLDS_AS("DEFAULT",
                               SET(PTR6 ".", "PTR", REC("a.example.") "," REC("b.example."))))},
     .resource = NET6, .holds = "a.example b.example", .ttl_s = 77},

    {"a first address", FIRST, .exchange = {NATIVE, READS_ALL(APEX), DONE(ADD)}},
    {"one more address keeps TTL and what is disabled", A, .before = "203.0.113.9",
     .after = "203.0.113.25 203.0.113.9",
     .exchange = {NATIVE, READS_ALL(MAIL("A", REC("203.0.113.9") "," OFF("203.0.113.8"))),
                  DONE(PATCH(77,
                             REC("203.0.113.25") "," REC("203.0.113.9") "," OFF("203.0.113.8")))}},
    {"one instead of another", A, .before = "203.0.113.9", .after = "203.0.113.25",
     .exchange = {NATIVE, READS_ALL(MAIL("A", REC("203.0.113.9"))),
                  DONE(PATCH(77, REC("203.0.113.25")))}},
    {"none any more", A, .before = "203.0.113.25", .after = "",
     .exchange = {NATIVE, READS_ALL(MAIL("A", REC("203.0.113.25"))), DONE(PATCH(77, ""))}},
    {"already so", A, .before = "203.0.113.25", .after = "203.0.113.25",
     .exchange = {NATIVE, READS_ALL(MAIL("A", REC("203.0.113.25")))}},
    {"secondaries are told", FIRST,
     .exchange = {MASTER, READS_ALL(""), DONE(ADD),
                  GET("PUT " SERVER "/zones/example.com./notify",
                      "{\"result\":\"Notification queued\"}")}},
    {"secondaries that cannot be told follow later", FIRST,
     .exchange = {MASTER, READS_ALL(""), DONE(ADD),
                  SAYS("PUT " SERVER "/zones/example.com./notify", 422, NO("not a primary"))}},
    {"changed since it was read", FIRST,
     .exchange = {NATIVE, READS_ALL(MAIL("A", REC("203.0.113.9")))}, .code = ERR_CONFLICT,
     .says = "203.0.113.9 now"},
    {"there, but disabled", FIRST, .exchange = {NATIVE, READS_ALL(MAIL("A", OFF("203.0.113.25")))},
     .code = ERR_CONFLICT, .says = "the record is disabled"},
    {"an alias since it was read", FIRST,
     .exchange = {NATIVE, READS_ALL(MAIL("CNAME", REC("x.example.")))}, .code = ERR_CONFLICT},

    {"401", A, .exchange = {ANSWER(401, "Unauthorized")}, .code = ERR_PROVIDER_DENIED,
     .says = "api-key"},
    {"403", A, .exchange = {ANSWER(403, "Forbidden")}, .code = ERR_PROVIDER_DENIED},
    {"another server, or another API", A, .exchange = {ANSWER(404, "Not Found")},
     .code = ERR_PROTOCOL, .says = "endpoint and server"},
    {"422 with several reasons", A,
     .exchange = {ANSWER(422, "{\"error\":\"bad\",\"errors\":[\"worse\",\"worst\"]}")},
     .code = ERR_PROTOCOL, .says = "bad; worse; worst"},
    {"422 that repeats the key", A, .exchange = {ANSWER(422, NO("key " FAKE_TOKEN))},
     .code = ERR_PROTOCOL, .says = "not shown"},
    {"429", A, .exchange = {ANSWER(429, "")}, .code = ERR_PROVIDER_LIMITED},
    {"500", A, .exchange = {ANSWER(500, NO("no database"))}, .code = ERR_PROVIDER_UNREACHABLE,
     .says = "no database"},
    {"a redirect", A, .exchange = {ANSWER(302, "")}, .code = ERR_PROTOCOL, .says = "redirect"},
    {"HTML", A, .exchange = {ANSWER(200, "<html>")}, .code = ERR_PROTOCOL},
    {"half an answer", A, .exchange = {ANSWER(200, "[{\"id\":")}, .code = ERR_PROTOCOL},
    {"no answer", A, .exchange = {{.request = ASK("example.com"), .code = ERR_TIMEOUT}},
     .code = ERR_TIMEOUT},
    {"refused: an alias was made", FIRST,
     .exchange = {NATIVE, READS_ALL(""),
                  SAYS(ADD, 422,
                       NO("RRset mail.example.com. IN A: Conflicts with pre-existing "
                          "RRset"))},
     .code = ERR_CONFLICT, .says = "Conflicts with pre-existing"},
    {"refused: the zone is gone", FIRST,
     .exchange = {NATIVE, READS_ALL(""),
                  SAYS(ADD, 422, NO("Could not find domain 'example.com.'"))},
     .code = ERR_NO_INPUT},
    {"refused: anything else", FIRST,
     .exchange = {NATIVE, READS_ALL(""), SAYS(ADD, 422, NO("RRset x.: Name is out of zone"))},
     .code = ERR_PROTOCOL, .says = "Name is out of zone"},
    {"an effect without the answer", FIRST,
     .exchange = {NATIVE, READS_ALL(""), {.request = ADD, .code = ERR_TIMEOUT}},
     .code = ERR_TIMEOUT},
    {"a write that ends in 502", FIRST, .exchange = {NATIVE, READS_ALL(""), SAYS(ADD, 502, "")},
     .code = ERR_TIMEOUT},
};

START_TEST(exchange)
{
    vendor_check("powerdns", "api_key", "X-API-Key", &rows[_i]);
}
END_TEST

static const struct {
    const char *label, *endpoint, *server, *begins;
} places[] = {
    {"the web server alone", "http://127.0.0.1:1", "localhost", "/api/v1/servers/localhost"},
    {"a final slash", "http://127.0.0.1:1/", "localhost", "/api/v1/servers/localhost"},
    {"the API's base", "http://127.0.0.1:1/api/v1/", "localhost", "/api/v1/servers/localhost"},
    {"below a folder", "http://127.0.0.1:1/pdns", "a/b", "/pdns/api/v1/servers/a%2Fb"},
};

START_TEST(place)
{
    char token[] = FAKE_TOKEN, request[300];
    struct account account = {.provider = provider_by_type("powerdns"), .id = "test"};
    const struct fake_http_row asked[] = {{.request = request, .code = ERR_TIMEOUT},
                                          {.request = NULL}};
    struct subject subject = {.role = ROLE_FORWARD};
    struct holding holding;
    struct error e = {0};
    size_t key, server;

    ck_assert(provider_setting(account.provider, "api_key", &key) &&
              provider_setting(account.provider, "server", &server));
    secret_take(&account.values[key].secret, token, strlen(token));
    str_cut(account.endpoint, sizeof account.endpoint, places[_i].endpoint);
    str_cut(account.values[server].text, sizeof account.values[server].text, places[_i].server);
    snprintf(request, sizeof request, "GET %s/zones?zone=example.com.&dnssec=false",
             places[_i].begins);
    ck_assert(name_from_dns("mail.example.com", &subject.owner) &&
              name_from_dns("example.com", &subject.zone) && ip_parse("203.0.113.25", &subject.ip));
    fake_http_secret("X-API-Key", FAKE_TOKEN);
    fake_http_expect("http://127.0.0.1:1", asked);
    ck_assert_msg(!account.provider->read(&account, &subject, &holding, &e), "%s",
                  places[_i].label);
    ck_assert_int_eq(e.code, ERR_TIMEOUT);
    fake_http_done();
    account_free(&account);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {{"exchange", exchange, ROWS(rows), 0},
                                      {"place", place, ROWS(places), 0}};

    return unit_run("powerdns", tests, ROWS(tests));
}
