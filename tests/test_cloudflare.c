/* test_cloudflare.c - the vendor Cloudflare against recorded kinds of answers. */
#include "tests/support/fake_http.h"
#include "tests/support/unit.h"

#define ZONE "GET /zones?status=active&name=example.com&page=1&per_page=50"
#define RECORDS "GET /zones/z1/dns_records?name=mail.example.com&page=1&per_page=50"
#define POST                                                                                       \
    "POST /zones/z1/dns_records {\"content\":\"203.0.113.25\",\"name\":\"mail.example.com\","      \
    "\"proxied\":false,\"ttl\":300,\"type\":\"A\"}"
#define PAGE(items, page, pages)                                                                   \
    "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":[" items                           \
    "],\"result_info\":{\"page\":" #page ",\"total_pages\":" #pages ",\"per_page\":100}}"
#define LIST(items) PAGE(items, 1, 1)
#define ONE(item) "{\"success\":true,\"errors\":[],\"messages\":[],\"result\":" item "}"
#define NO(code, text)                                                                             \
    "{\"success\":false,\"errors\":[{\"code\":" #code ",\"message\":\"" text                       \
    "\"}],\"messages\":[],\"result\":null}"
#define REC(id, name, type, content, proxied, ttl)                                                 \
    "{\"id\":\"" id "\",\"name\":\"" name "\",\"type\":\"" type "\",\"content\":\"" content        \
    "\",\"proxied\":" #proxied ",\"ttl\":" #ttl "}"
#define A(id, content) REC(id, "mail.example.com", "A", content, false, 300)
#define PROXIED(id, content) REC(id, "mail.example.com", "A", content, true, 1)
#define VEIL(id, on) "PATCH /zones/z1/dns_records/" id " {\"proxied\":" #on "}"
#define FOUND                                                                                      \
    {                                                                                              \
        ZONE, 200, LIST("{\"id\":\"z1\",\"name\":\"example.com\"}"), NULL, 0, ERR_NONE             \
    }
#define HOLDS(items)                                                                               \
    {                                                                                              \
        RECORDS, 200, LIST(items), NULL, 0, ERR_NONE                                               \
    }
#define SUBJECT .address = "203.0.113.25", .owner = "mail.example.com", .zone = "example.com"
#define READ SUBJECT
#define ADD SUBJECT, .before = "", .after = "203.0.113.25"
#define ANSWER(s, b)                                                                               \
    {                                                                                              \
        .request = ZONE, .status = (s), .body = (b)                                                \
    }
#define HTML "<html><body>" FAKE_TOKEN "</body></html>"

static const struct vendor_row rows[] = {
    {"one address", READ, .exchange = {FOUND, HOLDS(A("r1", "203.0.113.25"))},
     .resource = "example.com", .holds = "203.0.113.25", .ttl_s = 300},
    {"sorted; other types and families are not meant", READ,
     .exchange = {FOUND, HOLDS(A("r2", "203.0.113.9") "," A("r1", "203.0.113.25") "," REC(
                             "r3", "mail.example.com", "AAAA", "2001:db8::1", false, 1))},
     .resource = "example.com", .holds = "203.0.113.25 203.0.113.9", .ttl_s = 300},
    {"IPv6 in any spelling", .address = "2001:db8::25", .owner = "mail.example.com",
     .zone = "example.com",
     .exchange = {FOUND,
                  HOLDS(REC("r1", "Mail.Example.com", "AAAA", "2001:0DB8:0:0:0:0:0:25", false, 1))},
     .resource = "example.com", .holds = "2001:db8::25"},
    {"a proxied record is not there for a mail host", READ,
     .exchange = {FOUND, HOLDS(PROXIED("r1", "203.0.113.25"))}, .resource = "example.com",
     .holds = "", .side_effect = "ends the proxying of this name by Cloudflare",
     .note = "203.0.113.25"},
    {"the longest suffix", .address = "203.0.113.25", .owner = "mail.example.com", .zone = "",
     .exchange = {{"GET /zones?status=active&name=mail.example.com&page=1&per_page=50", 200,
                   LIST(""), NULL, 0, ERR_NONE},
                  FOUND,
                  HOLDS("")},
     .resource = "example.com", .holds = ""},
    {"a zone of somebody else", READ, .exchange = {ANSWER(200, LIST(""))}, .code = ERR_NO_INPUT},
    {"two zones of one name", READ,
     .exchange = {ANSWER(200, LIST("{\"id\":\"z1\",\"name\":\"example.com\"},"
                                   "{\"id\":\"z2\",\"name\":\"example.com\"}"))},
     .code = ERR_PROVIDER_AMBIGUOUS},
    {"several pages", READ,
     .exchange = {FOUND,
                  {RECORDS, 200, PAGE(A("r1", "203.0.113.9"), 1, 2), NULL, 0, ERR_NONE},
                  {"GET /zones/z1/dns_records?name=mail.example.com&page=2&per_page=50", 200,
                   PAGE(A("r2", "203.0.113.25"), 2, 2), NULL, 0, ERR_NONE}},
     .resource = "example.com", .holds = "203.0.113.25 203.0.113.9", .ttl_s = 300},
    {"the same page again", READ,
     .exchange = {FOUND,
                  {RECORDS, 200, PAGE(A("r1", "203.0.113.9"), 1, 2), NULL, 0, ERR_NONE},
                  {"GET /zones/z1/dns_records?name=mail.example.com&page=2&per_page=50", 200,
                   PAGE(A("r1", "203.0.113.9"), 2, 2), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL, .says = "repeats"},
    {"a page without end", READ,
     .exchange = {FOUND, {RECORDS, 200, PAGE("", 1, 5000), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"an alias", READ,
     .exchange = {FOUND, HOLDS(REC("r1", "mail.example.com", "CNAME", "x.example.", false, 1))},
     .code = ERR_CONFLICT, .says = "CNAME"},
    {"another name", READ,
     .exchange = {FOUND, HOLDS(REC("r1", "www.example.com", "A", "203.0.113.25", false, 1))},
     .code = ERR_PROTOCOL, .says = "another name"},
    {"another zone", READ, .exchange = {ANSWER(200, LIST("{\"id\":\"z1\",\"name\":\"x.com\"}"))},
     .code = ERR_PROTOCOL, .says = "another zone"},
    {"400 that is about the token", READ,
     .exchange = {ANSWER(400, NO(6003, "Invalid request headers"))}, .code = ERR_PROVIDER_DENIED,
     .says = "Invalid request headers (6003)"},
    {"401", READ, .exchange = {ANSWER(401, NO(1000, "Invalid API Token"))},
     .code = ERR_PROVIDER_DENIED, .says = "Invalid API Token (1000)"},
    {"403", READ, .exchange = {ANSWER(403, NO(10000, "Authentication error"))},
     .code = ERR_PROVIDER_DENIED, .says = "Authentication error (10000)"},
    {"404", READ, .exchange = {ANSWER(404, NO(7003, "no route"))}, .code = ERR_PROTOCOL,
     .says = "no route"},
    {"409", READ, .exchange = {ANSWER(409, NO(1, "busy"))}, .code = ERR_CONFLICT, .says = "busy"},
    {"422", READ, .exchange = {ANSWER(422, NO(1, "bad"))}, .code = ERR_PROTOCOL, .says = "bad"},
    {"429", READ, .exchange = {ANSWER(429, NO(971, "slow down"))}, .code = ERR_PROVIDER_LIMITED,
     .says = "slow down"},
    {"429 that says when", READ,
     .exchange = {{.request = ZONE, .status = 429, .body = "", .retry_after_s = 300}},
     .code = ERR_PROVIDER_LIMITED},
    {"500", READ, .exchange = {ANSWER(500, "")}, .code = ERR_PROVIDER_UNREACHABLE},
    {"503 as HTML", READ, .exchange = {{.request = ZONE, .status = 503, .body = HTML}},
     .code = ERR_PROVIDER_UNREACHABLE},
    {"a redirect", READ, .exchange = {ANSWER(302, "")}, .code = ERR_PROTOCOL, .says = "redirect"},
    {"HTML", READ,
     .exchange = {{.request = ZONE, .status = 200, .body = HTML, .type = "text/html"}},
     .code = ERR_PROTOCOL, .says = "text/html"},
    {"half an answer", READ, .exchange = {ANSWER(200, "{\"success\":true,\"result\":[{\"id\":")},
     .code = ERR_PROTOCOL},
    {"no list", READ, .exchange = {ANSWER(200, ONE("{}"))}, .code = ERR_PROTOCOL},
    {"a reason that repeats the token", READ,
     .exchange = {ANSWER(403, NO(1, "bad token " FAKE_TOKEN))}, .code = ERR_PROVIDER_DENIED,
     .says = "not shown"},
    {"out of reach", READ, .exchange = {{.request = ZONE, .code = ERR_PROVIDER_UNREACHABLE}},
     .code = ERR_PROVIDER_UNREACHABLE},

    {"a first address", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 200, ONE(A("r1", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"one more address", SUBJECT, .before = "203.0.113.9", .after = "203.0.113.25 203.0.113.9",
     .exchange = {FOUND,
                  HOLDS(A("r2", "203.0.113.9")),
                  {POST, 200, ONE(A("r1", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"one instead of another: the same record, so that its comment stays", SUBJECT,
     .before = "203.0.113.9", .after = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(A("r2", "203.0.113.9")),
                  {"PATCH /zones/z1/dns_records/r2 {\"content\":\"203.0.113.25\"}", 200,
                   ONE(A("r2", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"one instead of two", SUBJECT, .before = "203.0.113.7 203.0.113.9", .after = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.7") "," A("r2", "203.0.113.9")),
                  {"PATCH /zones/z1/dns_records/r1 {\"content\":\"203.0.113.25\"}", 200,
                   ONE(A("r1", "203.0.113.25")), NULL, 0, ERR_NONE},
                  {"DELETE /zones/z1/dns_records/r2", 200, ONE("{\"id\":\"r2\"}"), NULL, 0,
                   ERR_NONE}}},
    {"none any more", SUBJECT, .before = "203.0.113.25", .after = "",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25")),
                  {"DELETE /zones/z1/dns_records/r1", 200, ONE("{\"id\":\"r1\"}"), NULL, 0,
                   ERR_NONE}}},
    {"gone by itself", SUBJECT, .before = "203.0.113.25", .after = "",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25")),
                  {"DELETE /zones/z1/dns_records/r1", 404, NO(81044, "not found"), NULL, 0,
                   ERR_NONE}}},
    {"its own proxied address: the proxy is switched off", ADD, .note = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(PROXIED("r1", "203.0.113.25")),
                  {VEIL("r1", false), 200,
                   ONE(REC("r1", "mail.example.com", "A", "203.0.113.25", false, 1)), NULL, 0,
                   ERR_NONE}}},
    {"and on again", SUBJECT, .before = "203.0.113.25", .after = "", .restores = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25")),
                  {VEIL("r1", true), 200, ONE(PROXIED("r1", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"on again beside what else there was", SUBJECT, .before = "203.0.113.25 203.0.113.9",
     .after = "203.0.113.7", .restores = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25") "," A("r2", "203.0.113.9")),
                  {"PATCH /zones/z1/dns_records/r2 {\"content\":\"203.0.113.7\"}", 200,
                   ONE(A("r2", "203.0.113.7")), NULL, 0, ERR_NONE},
                  {VEIL("r1", true), 200, ONE(PROXIED("r1", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"on again, where one is still behind it: no origin is shown for that", SUBJECT,
     .before = "203.0.113.25", .after = "", .note = "203.0.113.9",
     .restores = "203.0.113.25 203.0.113.9",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25") "," PROXIED("r2", "203.0.113.9")),
                  {VEIL("r1", true), 200, ONE(PROXIED("r1", "203.0.113.25")), NULL, 0, ERR_NONE}}},
    {"on again, but the record is gone: nothing is made or removed", SUBJECT,
     .before = "203.0.113.7", .after = "", .restores = "203.0.113.25",
     .exchange = {FOUND, HOLDS(A("r1", "203.0.113.7"))}, .code = ERR_ROLLBACK_CONFLICT,
     .says = "is gone"},
    {"the proxy does not go off", ADD, .note = "203.0.113.25",
     .exchange = {FOUND,
                  HOLDS(PROXIED("r1", "203.0.113.25")),
                  {VEIL("r1", false), 200, ONE(PROXIED("r1", "203.0.113.25")), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL, .says = "another record"},
    {"proxied since it was read", ADD, .exchange = {FOUND, HOLDS(PROXIED("r1", "203.0.113.25"))},
     .code = ERR_CONFLICT, .says = "through the proxy 203.0.113.25"},
    {"another proxied address stays a person's affair", ADD, .note = "203.0.113.9",
     .exchange = {FOUND, HOLDS(PROXIED("r1", "203.0.113.9"))}, .code = ERR_CONFLICT,
     .says = "DNS only"},
    {"identical: done already", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 400, NO(81058, "identical"), NULL, 0, ERR_NONE}}},
    {"something in its place", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 400, NO(81053, "exists"), NULL, 0, ERR_NONE}},
     .code = ERR_CONFLICT, .says = "exists (81053)"},
    {"changed since it was read", ADD, .exchange = {FOUND, HOLDS(A("r1", "203.0.113.9"))},
     .code = ERR_CONFLICT, .says = "203.0.113.9 now"},
    {"made something else", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 200, ONE(A("r1", "203.0.113.7")), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"made it proxied", ADD,
     .exchange = {FOUND,
                  HOLDS(""),
                  {POST, 200, ONE(PROXIED("r1", "203.0.113.25")), NULL, 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"removed something else", SUBJECT, .before = "203.0.113.25", .after = "",
     .exchange = {FOUND,
                  HOLDS(A("r1", "203.0.113.25")),
                  {"DELETE /zones/z1/dns_records/r1", 200, ONE("{\"id\":\"r9\"}"), NULL, 0,
                   ERR_NONE}},
     .code = ERR_PROTOCOL},
    {"may only read", ADD,
     .exchange = {FOUND,
                  HOLDS(""),
                  {POST, 403, NO(10000, "Authentication error"), NULL, 0, ERR_NONE}},
     .code = ERR_PROVIDER_DENIED},
    {"an effect without the answer", ADD,
     .exchange = {FOUND, HOLDS(""), {.request = POST, .code = ERR_TIMEOUT}}, .code = ERR_TIMEOUT},
    {"a write that ends in 500", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 500, "", NULL, 0, ERR_NONE}}, .code = ERR_TIMEOUT},
    {"a write that is answered in HTML", ADD,
     .exchange = {FOUND, HOLDS(""), {POST, 200, HTML, "text/html", 0, ERR_NONE}},
     .code = ERR_PROTOCOL},
};

START_TEST(exchange)
{
    vendor_check("cloudflare", "token", "Authorization", &rows[_i]);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {{"exchange", exchange, ROWS(rows), 0}};

    return unit_run("cloudflare", tests, ROWS(tests));
}
