/* test_hetzner_cloud.c - the vendor Hetzner Cloud against recorded kinds of answers. */
#include "tests/support/fake_http.h"
#include "tests/support/unit.h"

#define PRIMARY "GET /primary_ips?ip=203.0.113.25&page=1&per_page=50"
#define PRIMARIES "GET /primary_ips?page=1&per_page=50"
#define FLOATING "GET /floating_ips?page=1&per_page=50"
#define SERVERS "GET /servers?page=1&per_page=50"
#define PAGE(key, items, page, next)                                                               \
    "{\"" key "\":[" items "],\"meta\":{\"pagination\":{\"page\":" #page ",\"next_page\":" #next   \
    "}}}"
#define LIST(key, items) PAGE(key, items, 1, null)
#define IP(id, ip, ptr) "{\"id\":" #id ",\"ip\":\"" ip "\",\"dns_ptr\":[" ptr "]}"
#define PTR(ip, name) "{\"ip\":\"" ip "\",\"dns_ptr\":\"" name "\"}"
#define STATIC "static.25.113.0.203.clients.your-server.de"
#define IP4(name) IP(4711, "203.0.113.25", PTR("203.0.113.25", name))
#define FOUND(name) GET(PRIMARY, LIST("primary_ips", IP4(name)))
#define GET(asked, answer)                                                                         \
    {                                                                                              \
        asked, 200, answer, NULL, 0, ERR_NONE                                                      \
    }
#define NO(code, text) "{\"error\":{\"code\":\"" code "\",\"message\":\"" text "\",\"details\":{}}}"
#define REFUSED(field, text)                                                                       \
    "{\"error\":{\"code\":\"invalid_input\",\"message\":\"invalid: " text                          \
    "\",\"details\":{\"fields\":[{\"name\":\"" field "\",\"messages\":[\"" text "\"]}]}}}"
#define ANSWER(s, b)                                                                               \
    {                                                                                              \
        .request = PRIMARY, .status = (s), .body = (b)                                             \
    }
#define V4 .address = "203.0.113.25", .owner = "25.113.0.203.in-addr.arpa", .zone = ""
#define V6                                                                                         \
    .address = "2001:db8:25::25",                                                                  \
    .owner = "5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa",           \
    .zone = ""
#define SET V4, .before = STATIC, .after = "mail.example.com"
#define CHANGE                                                                                     \
    "POST /primary_ips/4711/actions/change_dns_ptr "                                               \
    "{\"dns_ptr\":\"mail.example.com\",\"ip\":\"203.0.113.25\"}"
#define ACTION(status)                                                                             \
    "{\"action\":{\"id\":7,\"command\":\"x\",\"status\":\"" status "\",\"error\":null}}"
#define MADE(asked)                                                                                \
    {                                                                                              \
        asked, 201, ACTION("success"), NULL, 0, ERR_NONE                                           \
    }
#define BEGUN(asked)                                                                               \
    {                                                                                              \
        asked, 201, ACTION("running"), NULL, 0, ERR_NONE                                           \
    }
#define A .address = "203.0.113.25", .owner = "mail.example.com", .zone = "example.com"
#define ZONE                                                                                       \
    GET("GET /zones/example.com",                                                                  \
        "{\"zone\":{\"id\":1,\"name\":\"example.com\",\"mode\":\"primary\"}}")
#define DELEGATED(status, checked)                                                                 \
    GET("GET /zones/example.com",                                                                  \
        "{\"zone\":{\"name\":\"example.com\",\"mode\":\"primary\",\"authoritative_nameservers\":"  \
        "{\"delegation_status\":\"" status "\",\"delegation_last_check\":" checked "}}}")
#define SETS "GET /zones/example.com/rrsets?name=mail&page=1&per_page=50"
#define RRSET(type, values)                                                                        \
    "{\"id\":\"mail/" type "\",\"name\":\"mail\",\"type\":\"" type                                 \
    "\",\"ttl\":300,\"records\":[" values "]}"
#define VALUE(text) "{\"value\":\"" text "\",\"comment\":\"\"}"
#define NOTED(text, comment) "{\"value\":\"" text "\",\"comment\":\"" comment "\"}"
#define V6SETS                                                                                     \
    GET(SETS,                                                                                      \
        LIST("rrsets", RRSET("AAAA", NOTED("2001:DB8:0::25", "the MX") "," VALUE("2001:db8::9"))))
#define HOLDS(items) GET(SETS, LIST("rrsets", items))
#define HTML "<html></html>"

static const struct vendor_row rows[] = {
    {"a primary IP", V4, .exchange = {FOUND(STATIC)}, .resource = "primary_ip/4711",
     .holds = STATIC},
    {"an IPv6 network; only what was set is listed", V6,
     .exchange = {GET(PRIMARIES, LIST("primary_ips", IP(1, "203.0.113.9", "") "," IP(
                                                         2, "2001:db8:25::/64",
                                                         PTR("2001:db8:25::9", "x.example"))))},
     .resource = "primary_ip/2", .holds = ""},
    {"an IPv6 network with the address", V6,
     .exchange = {GET(
         PRIMARIES, LIST("primary_ips",
                         IP(2, "2001:db8:25::/64", PTR("2001:db8:25:0::25", "Mail.example.com"))))},
     .resource = "primary_ip/2", .holds = "mail.example.com"},
    {"a floating IP on the second page", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", "")),
                  GET(FLOATING, PAGE("floating_ips", IP(8, "203.0.113.8", ""), 1, 2)),
                  GET("GET /floating_ips?page=2&per_page=50",
                      PAGE("floating_ips", IP(9, "203.0.113.25", PTR("203.0.113.25", STATIC)), 2,
                           null))},
     .resource = "floating_ip/9", .holds = STATIC},
    {"a server's own address", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", "")), GET(FLOATING, LIST("floating_ips", "")),
                  GET(SERVERS, LIST("servers",
                                    "{\"id\":42,\"public_net\":{\"ipv4\":{\"ip\":\"203.0.113.25\","
                                    "\"dns_ptr\":\"" STATIC "\"},\"ipv6\":null}}"))},
     .resource = "server/42", .holds = STATIC},
    {"nobody's", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", "")), GET(FLOATING, LIST("floating_ips", "")),
                  GET(SERVERS, LIST("servers", ""))},
     .code = ERR_NO_INPUT},
    {"another address", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", IP(1, "203.0.113.9", "")))},
     .code = ERR_PROTOCOL, .says = "another address"},
    {"the same page for ever", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", "")),
                  GET(FLOATING, PAGE("floating_ips", IP(8, "203.0.113.8", ""), 1, 2)),
                  GET("GET /floating_ips?page=2&per_page=50",
                      PAGE("floating_ips", IP(8, "203.0.113.8", ""), 1, 2))},
     .code = ERR_PROTOCOL, .says = "repeats"},
    {"the same entries under another number", V4,
     .exchange = {GET(PRIMARY, LIST("primary_ips", "")),
                  GET(FLOATING, PAGE("floating_ips", IP(8, "203.0.113.8", ""), 1, 2)),
                  GET("GET /floating_ips?page=2&per_page=50",
                      PAGE("floating_ips", IP(8, "203.0.113.8", ""), 2, 3))},
     .code = ERR_PROTOCOL, .says = "repeats"},
    {"an empty page with more to come", V4,
     .exchange = {GET(PRIMARY, PAGE("primary_ips", "", 1, 2))}, .code = ERR_PROTOCOL,
     .says = "no end"},
    {"401", V4, .exchange = {ANSWER(401, NO("unauthorized", "unable to authenticate"))},
     .code = ERR_PROVIDER_DENIED, .says = "unable to authenticate (unauthorized)"},
    {"403", V4, .exchange = {ANSWER(403, NO("forbidden", "no"))}, .code = ERR_PROVIDER_DENIED},
    {"404", V4, .exchange = {ANSWER(404, NO("not_found", "no"))}, .code = ERR_PROTOCOL},
    {"409", V4, .exchange = {ANSWER(409, NO("conflict", "busy"))}, .code = ERR_PROVIDER_LIMITED},
    {"410, another kind of no", V4,
     .exchange = {ANSWER(410, NO("deprecated_api_endpoint", "gone"))}, .code = ERR_PROTOCOL,
     .says = "gone (deprecated_api_endpoint)"},
    {"422", V4, .exchange = {ANSWER(422, NO("invalid_input", "bad field"))}, .code = ERR_PROTOCOL,
     .says = "bad field"},
    {"423", V4, .exchange = {ANSWER(423, NO("locked", "busy"))}, .code = ERR_PROVIDER_LIMITED},
    {"429", V4, .exchange = {ANSWER(429, NO("rate_limit_exceeded", "slow"))},
     .code = ERR_PROVIDER_LIMITED},
    {"429 that says when", V4,
     .exchange = {{.request = PRIMARY, .status = 429, .body = "", .retry_after_s = 9}},
     .code = ERR_PROVIDER_LIMITED},
    {"500", V4, .exchange = {ANSWER(500, "")}, .code = ERR_PROVIDER_UNREACHABLE},
    {"503 as HTML", V4, .exchange = {ANSWER(503, HTML)}, .code = ERR_PROVIDER_UNREACHABLE},
    {"a redirect", V4, .exchange = {ANSWER(301, "")}, .code = ERR_PROTOCOL, .says = "redirect"},
    {"HTML", V4, .exchange = {ANSWER(200, HTML)}, .code = ERR_PROTOCOL},
    {"half an answer", V4, .exchange = {ANSWER(200, "{\"primary_ips\":[")}, .code = ERR_PROTOCOL},
    {"no answer", V4, .exchange = {{.request = PRIMARY, .code = ERR_TIMEOUT}}, .code = ERR_TIMEOUT},

    {"a PTR", SET, .exchange = {FOUND(STATIC), MADE(CHANGE)}},
    {"a PTR that takes time", SET,
     .exchange = {FOUND(STATIC), BEGUN(CHANGE), GET("GET /actions/7", ACTION("running")),
                  GET("GET /actions/7", ACTION("success"))}},
    {"a PTR that fails later", SET,
     .exchange = {FOUND(STATIC), BEGUN(CHANGE),
                  GET("GET /actions/7", "{\"action\":{\"id\":7,\"status\":\"error\",\"error\":"
                                        "{\"code\":\"action_failed\",\"message\":\"Failed\"}}}")},
     .code = ERR_CONFLICT, .says = "Failed (action_failed)"},
    {"a PTR that fails later, for a reason that repeats the token", SET,
     .exchange = {FOUND(STATIC), BEGUN(CHANGE),
                  GET("GET /actions/7", "{\"action\":{\"id\":7,\"status\":\"error\",\"error\":"
                                        "{\"code\":\"x\",\"message\":\"no " FAKE_TOKEN "\"}}}")},
     .code = ERR_CONFLICT, .says = "not shown"},
    {"another action", SET,
     .exchange = {FOUND(STATIC), BEGUN(CHANGE),
                  GET("GET /actions/7", "{\"action\":{\"id\":8,\"status\":\"success\"}}")},
     .code = ERR_PROTOCOL, .says = "another action"},
    {"no PTR any more", V4, .before = "mail.example.com", .after = "",
     .exchange = {FOUND("mail.example.com"), MADE("POST /primary_ips/4711/actions/change_dns_ptr "
                                                  "{\"dns_ptr\":null,\"ip\":\"203.0.113.25\"}")}},
    {"changed since it was read", SET, .exchange = {FOUND("other.example.com")},
     .code = ERR_CONFLICT, .says = "other.example.com now"},
    {"two names", V4, .before = STATIC, .after = "a.example b.example", .code = ERR_CONFLICT},
    {"a token that may only read", SET,
     .exchange = {FOUND(STATIC),
                  {CHANGE, 403, NO("token_readonly", "token is readonly"), NULL, 0, ERR_NONE}},
     .code = ERR_PROVIDER_DENIED, .says = "this token may only read"},
    {"a name that does not resolve yet", SET,
     .exchange = {FOUND(STATIC),
                  {CHANGE, 422, REFUSED("dns_ptr", "mail.example.com does not resolve to it"), NULL,
                   0, ERR_NONE}},
     .code = ERR_NOT_YET, .says = "does not resolve"},
    {"a name that is none", SET,
     .exchange = {FOUND(STATIC),
                  {CHANGE, 422, REFUSED("dns_ptr", "must be a domain name"), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"another field that does not resolve", SET,
     .exchange = {FOUND(STATIC),
                  {CHANGE, 422, REFUSED("ip", "does not resolve"), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"an effect without the answer", SET,
     .exchange = {FOUND(STATIC), {.request = CHANGE, .code = ERR_TIMEOUT}}, .code = ERR_TIMEOUT},
    {"a write that ends in 502", SET,
     .exchange = {FOUND(STATIC), {CHANGE, 502, HTML, "text/html", 0, ERR_NONE}},
     .code = ERR_TIMEOUT},

    {"a set of addresses", A,
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.9") "," VALUE("203.0.113.25")) "," RRSET(
                            "TXT", VALUE("x")))},
     .resource = "zone/example.com", .holds = "203.0.113.25 203.0.113.9", .ttl_s = 300},
    {"no set", A, .exchange = {ZONE, HOLDS("")}, .resource = "zone/example.com", .holds = ""},
    {"the apex", .address = "203.0.113.25", .owner = "example.com", .zone = "example.com",
     .exchange = {ZONE, GET("GET /zones/example.com/rrsets?name=%40&page=1&per_page=50",
                            LIST("rrsets", ""))},
     .resource = "zone/example.com", .holds = ""},
    {"an alias", A, .exchange = {ZONE, HOLDS(RRSET("CNAME", VALUE("x.example.")))},
     .code = ERR_CONFLICT, .says = "CNAME"},
    {"a zone of somebody else", .address = "203.0.113.25", .owner = "mail.example.com",
     .exchange = {{"GET /zones/mail.example.com", 404, NO("not_found", ""), NULL, 0, ERR_NONE},
                  {"GET /zones/example.com", 404, NO("not_found", ""), NULL, 0, ERR_NONE}},
     .zone = "", .code = ERR_NO_INPUT},
    {"a secondary zone", A,
     .exchange = {GET("GET /zones/example.com",
                      "{\"zone\":{\"name\":\"example.com\",\"mode\":\"secondary\"}}")},
     .code = ERR_CONFLICT, .says = "secondary"},
    {"a zone that is delegated elsewhere", A,
     .exchange = {DELEGATED("invalid", "\"2026-01-30T23:55:00Z\"")}, .code = ERR_NO_INPUT,
     .says = "\"invalid\", checked 2026-01-30T23:55:00Z"},
    {"a zone that nobody registered", A, .exchange = {DELEGATED("unregistered", "null")},
     .code = ERR_NO_INPUT, .says = "is \"unregistered\": nobody"},
    {"a zone whose delegation is not checked yet", A,
     .exchange = {DELEGATED("unknown", "null"), HOLDS("")}, .resource = "zone/example.com",
     .holds = ""},
    {"a zone that is delegated here", A, .exchange = {DELEGATED("valid", "null"), HOLDS("")},
     .resource = "zone/example.com", .holds = ""},
    {"a zone that is delegated to more servers", A,
     .exchange = {DELEGATED("partially-valid", "null"), HOLDS("")}, .resource = "zone/example.com",
     .holds = ""},
    {"a zone whose servers do not know it yet", A,
     .exchange = {DELEGATED("lame", "null"), HOLDS("")}, .resource = "zone/example.com",
     .holds = ""},
    {"another zone", A,
     .exchange = {GET("GET /zones/example.com", "{\"zone\":{\"name\":\"x.com\"}}")},
     .code = ERR_PROTOCOL},
    {"a first address", A, .before = "", .after = "203.0.113.25",
     .exchange = {ZONE, HOLDS(""),
                  BEGUN("POST /zones/example.com/rrsets {\"name\":\"mail\",\"records\":"
                        "[{\"value\":\"203.0.113.25\"}],\"ttl\":300,\"type\":\"A\"}"),
                  GET("GET /actions/7", ACTION("success"))}},
    {"one more address", A, .before = "203.0.113.9", .after = "203.0.113.25 203.0.113.9",
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.9"))),
                  MADE("POST /zones/example.com/rrsets/mail/A/actions/add_records "
                       "{\"records\":[{\"value\":\"203.0.113.25\"}]}")}},
    {"one instead of another", A, .before = "203.0.113.9", .after = "203.0.113.25",
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.9"))),
                  MADE("POST /zones/example.com/rrsets/mail/A/actions/set_records "
                       "{\"records\":[{\"value\":\"203.0.113.25\"}]}")}},
    {"one fewer: only that one is named, so that comments stay", A,
     .before = "203.0.113.25 203.0.113.9", .after = "203.0.113.9",
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.25") "," NOTED("203.0.113.9", "old"))),
                  MADE("POST /zones/example.com/rrsets/mail/A/actions/remove_records "
                       "{\"records\":[{\"value\":\"203.0.113.25\"}]}")}},
    {"one fewer, in the vendor's spelling", .address = "2001:db8::9", .owner = "mail.example.com",
     .zone = "example.com", .before = "2001:db8::25 2001:db8::9", .after = "2001:db8::9",
     .exchange = {ZONE, V6SETS,
                  MADE("POST /zones/example.com/rrsets/mail/AAAA/actions/remove_records "
                       "{\"records\":[{\"value\":\"2001:DB8:0::25\"}]}")}},
    {"another beside one that stays, with its comment", .address = "2001:db8::1",
     .owner = "mail.example.com", .zone = "example.com", .before = "2001:db8::25 2001:db8::9",
     .after = "2001:db8::1 2001:db8::25",
     .exchange = {ZONE, V6SETS,
                  MADE("POST /zones/example.com/rrsets/mail/AAAA/actions/set_records {\"records\":"
                       "[{\"value\":\"2001:db8::1\"},"
                       "{\"comment\":\"the MX\",\"value\":\"2001:DB8:0::25\"}]}")}},
    {"none any more", A, .before = "203.0.113.25", .after = "",
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.25"))),
                  MADE("DELETE /zones/example.com/rrsets/mail/A")}},
    {"the set changed since it was read", A, .before = "", .after = "203.0.113.25",
     .exchange = {ZONE, HOLDS(RRSET("A", VALUE("203.0.113.9")))}, .code = ERR_CONFLICT},
};

START_TEST(exchange)
{
    vendor_check("hetzner-cloud", "token", "Authorization", &rows[_i]);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {{"exchange", exchange, ROWS(rows), 0}};

    return unit_run("hetzner_cloud", tests, ROWS(tests));
}
