/* test_facts.c - facts as a document: what is written is read back, what is hostile is refused. */
#include "agent/facts.h"

#include "agent/base/buf.h"
#include "agent/base/json.h"
#include "tests/support/unit.h"

#include <string.h>

#define WHOLE                                                                                      \
    "{\"format\":\"namesake.facts\",\"format_version\":\"1.0\",\"address\":\"203.0.113.25\","      \
    "\"wanted\":\"mail.example.com\",\"wanted_from\":\"--name\","                                  \
    "\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"a.example.com\",\"b.example.com\"],"            \
    "\"ttl\":3600,\"negative_ttl\":900,\"seen\":[{\"vantage\":\"here\","                           \
    "\"server\":\"ns1.hoster.example\",\"authoritative\":true,\"rcode\":\"NOERROR\","              \
    "\"ttl\":3600,\"rr\":[\"a.example.com\",\"b.example.com\"]},{\"vantage\":\"fra\","             \
    "\"server\":\"192.0.2.53\",\"authoritative\":false,\"rcode\":\"TIMEOUT\",\"ttl\":0,"           \
    "\"rr\":[]}],\"cname\":[\"25.0-63.113.0.203.in-addr.arpa\"],"                                  \
    "\"zone\":\"0-63.113.0.203.in-addr.arpa\"},"                                                   \
    "\"forward\":{\"mail.example.com\":{\"A\":{\"rcode\":\"NOERROR\",\"rr\":[\"203.0.113.25\"],"   \
    "\"ttl\":300},\"AAAA\":{\"rcode\":\"RCODE23\",\"rr\":[],\"ttl\":0},"                           \
    "\"cname\":[\"box.example.com\"],\"zone\":\"example.com\"},"                                   \
    "\"a.example.com\":{\"A\":{\"rcode\":\"NXDOMAIN\",\"rr\":[],\"ttl\":0},\"cname\":[]}},"        \
    "\"banner\":{\"state\":\"ok\",\"lines\":[\"220-mail.example.com ESMTP\",\"220 "                \
    "b\\u00fccher\"],"                                                                             \
    "\"ehlo\":[\"250-mail.example.com\"],\"expected\":true},"                                      \
    "\"helo\":{\"state\":\"observed\",\"value\":\"mail.example.com\","                             \
    "\"seen_ip\":\"203.0.113.25\",\"from\":\"observer\",\"why\":\"w\",\"next\":\"n\"},"            \
    "\"path\":{\"relay\":\"relay.example.net\",\"private_side\":\"10.0.0.2\","                     \
    "\"other\":[\"mail for example.org\"],\"nat\":true},"                                          \
    "\"drift\":[{\"what\":\"cloud-init\",\"next\":\"tee\",\"hostname\":true}],"                    \
    "\"hosts_file\":[\"127.0.1.1\"]}"

static json_t *document_of(const char *text)
{
    struct error e = {0};
    json_t *document = json_parse(text, strlen(text), &e);

    ck_assert_msg(document != NULL, "%s: %s", e.why, text);
    return document;
}

START_TEST(test_round_trip)
{
    json_t *document = document_of(WHOLE), *written;
    struct facts facts;
    struct error e = {0};
    char *want, *got;

    ck_assert_msg(facts_from_json(document, &facts, &e), "%s: %s", e.what, e.why);
    written = facts_to_json(&facts);
    want = json_canonical(document);
    got = json_canonical(written);
    ck_assert_str_eq(got, want);
    ck_assert_str_eq(facts.reverse.owner.s, "25.0-63.113.0.203.in-addr.arpa");
    ck_assert_str_eq(facts.forward[0].name.s, "mail.example.com");
    ck_assert_uint_eq(facts.reverse.ptr.seen_count, 2);
    free(want);
    free(got);
    json_decref(written);
    json_decref(document);
    facts_free(&facts);
}
END_TEST

/* Documents of one line: read, with one value looked at; or refused, with a word of the reason. */
#define HEAD "{\"address\":\"203.0.113.25\""

static const struct {
    const char *label, *text;
    const char *why; /* NULL: it is read */
} documents[] = {
    {"the address alone is enough", HEAD "}", NULL},
    {"unknown members are ignored", HEAD ",\"weather\":{\"rain\":[1,2]},\"helo2\":7}", NULL},
    {"a later minor version is read", HEAD ",\"format_version\":\"1.7\"}", NULL},
    {"null is absent",
     HEAD ",\"wanted\":null,\"reverse\":null,\"forward\":null,\"banner\":null,\"helo\":null}",
     NULL},
    {"values without a code are an answer", HEAD ",\"reverse\":{\"ptr\":[\"a.example\"]}}", NULL},
    {"an rcode in small letters", HEAD ",\"reverse\":{\"rcode\":\"servfail\"}}", NULL},
    {"HELO that says nothing", HEAD ",\"helo\":{\"state\":\"observed\",\"value\":\"\"}}", NULL},
    {"no document", "[]", "no JSON object"},
    {"another format", HEAD ",\"format\":\"namesake.plan\"}", "namesake.plan"},
    {"a format that is no text", HEAD ",\"format\":1}", "\"format\" is no text"},
    {"another major version", HEAD ",\"format_version\":\"2.0\"}", "2.0"},
    {"a version that begins alike", HEAD ",\"format_version\":\"11.0\"}", "11.0"},
    {"a version that is a number", HEAD ",\"format_version\":1}", "no text"},
    {"no address", "{\"wanted\":\"mail.example.com\"}", "address"},
    {"an address that is a number", "{\"address\":3405803801}", "address"},
    {"an address that is none", "{\"address\":\"203.0.113.256\"}", "203.0.113.256"},
    {"an address with a zone", "{\"address\":\"fe80::1%eth0\"}", "no IP address"},
    {"a wanted name that is a number", HEAD ",\"wanted\":25}", "wanted"},
    {"a wanted name that is none", HEAD ",\"wanted\":\"mail..example.com\"}", "wanted"},
    {"a wanted name that is the root", HEAD ",\"wanted\":\".\"}", "root"},
    {"reverse is no object", HEAD ",\"reverse\":[]}", "no object"},
    {"neither code nor values", HEAD ",\"reverse\":{}}", "rcode"},
    {"no code and an empty list", HEAD ",\"reverse\":{\"ptr\":[]}}", "rcode"},
    {"an rcode that is a number", HEAD ",\"reverse\":{\"rcode\":0}}", "rcode"},
    {"an rcode that does not exist", HEAD ",\"reverse\":{\"rcode\":\"MAYBE\"}}", "MAYBE"},
    {"an rcode beyond the wire", HEAD ",\"reverse\":{\"rcode\":\"RCODE99999\"}}", "RCODE99999"},
    {"a list that is a text", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":\"a.example\"}}",
     "ptr"},
    {"a list of numbers", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[1]}}", "no text"},
    {"a PTR value that is no name",
     HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"a..example\"]}}", "a..example"},
    {"a TTL that is a text", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ttl\":\"1h\"}}", "ttl"},
    {"a negative TTL", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ttl\":-1}}", "ttl"},
    {"a TTL beyond 32 bits", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ttl\":4294967296}}",
     "ttl"},
    {"seen is no list", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"seen\":{}}}", "seen"},
    {"seen holds no objects", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"seen\":[1,2]}}", "seen"},
    {"seen without an answer", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"seen\":[{}]}}", "rcode"},
    {"authority that is a text",
     HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"seen\":[{\"rcode\":\"NOERROR\","
          "\"authoritative\":\"yes\"}]}}",
     "authoritative"},
    {"forward is no object", HEAD ",\"forward\":[\"mail.example.com\"]}", "forward"},
    {"forward holds no objects", HEAD ",\"forward\":{\"mail.example.com\":[]}}", "forward"},
    {"forward of no name", HEAD ",\"forward\":{\"\":{}}}", "forward"},
    {"forward of one name twice",
     HEAD ",\"forward\":{\"mail.example.com\":{\"A\":{\"rcode\":\"NOERROR\",\"rr\":[]}},"
          "\"MAIL.example.com.\":{\"A\":{\"rcode\":\"NOERROR\",\"rr\":[\"203.0.113.25\"]}}}}",
     "twice"},
    {"an A record that is none",
     HEAD ",\"forward\":{\"a.example\":{\"A\":{\"rcode\":\"NOERROR\",\"rr\":[\"a.example\"]}}}}",
     "no address"},
    {"a record set that is a list", HEAD ",\"forward\":{\"a.example\":{\"A\":[]}}}", "no object"},
    {"banner is a text", HEAD ",\"banner\":\"220 mail.example.com\"}", "banner"},
    {"banner without a state", HEAD ",\"banner\":{\"lines\":[\"220 x\"]}}", "banner.state"},
    {"a banner state that does not exist", HEAD ",\"banner\":{\"state\":\"fine\"}}", "fine"},
    {"a banner state that is a number", HEAD ",\"banner\":{\"state\":1}}", "state"},
    {"an expectation that is a text",
     HEAD ",\"banner\":{\"state\":\"refused\",\"expected\":\"true\"}}", "expected"},
    {"helo is a text", HEAD ",\"helo\":\"mail.example.com\"}", "helo"},
    {"helo without a state", HEAD ",\"helo\":{\"value\":\"mail.example.com\"}}", "helo.state"},
    {"observed HELO without a value", HEAD ",\"helo\":{\"state\":\"observed\"}}", "helo.value"},
    {"a HELO value that is a number", HEAD ",\"helo\":{\"state\":\"observed\",\"value\":1}}",
     "value"},
    {"an observer's address that is none",
     HEAD ",\"helo\":{\"state\":\"observed\",\"value\":\"a\",\"seen_ip\":\"here\"}}", "seen_ip"},
    {"drift is a text", HEAD ",\"drift\":\"cloud-init\"}", "drift"},
    {"drift of texts", HEAD ",\"drift\":[\"cloud-init\"]}", "drift"},
    {"a private side that is no address", HEAD ",\"path\":{\"private_side\":\"x\"}}",
     "private_side"},
    {"path is a text", HEAD ",\"path\":\"relay\"}", "path"},
    {"a translator that is a text", HEAD ",\"path\":{\"nat\":\"true\"}}", "nat"},
    {"a hosts file that holds names", HEAD ",\"hosts_file\":[\"localhost\"]}", "localhost"},
};

START_TEST(test_documents)
{
    json_t *document = document_of(documents[_i].text);
    struct facts facts = {0};
    struct error e = {0};
    bool ok = facts_from_json(document, &facts, &e);

    if (documents[_i].why == NULL) {
        ck_assert_msg(ok, "%s: refused: %s: %s", documents[_i].label, e.what, e.why);
    } else {
        ck_assert_msg(!ok, "%s: is read", documents[_i].label);
        ck_assert_int_eq(e.code, ERR_PROTOCOL);
        ck_assert_msg(strstr(e.why, documents[_i].why) != NULL || strstr(e.what, documents[_i].why),
                      "%s: says \"%s: %s\"", documents[_i].label, e.what, e.why);
        ck_assert_msg(facts.address.family == IP_NONE, "%s: left something behind",
                      documents[_i].label);
    }
    facts_free(&facts);
    json_decref(document);
}
END_TEST

/* Lists and texts without end. */
static const struct {
    const char *label, *before, *piece, *after;
    int count;
} floods[] = {
    {"PTR values", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"a.example\"",
     ",\"b.example\"", "]}}", 100000},
    {"servers", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"seen\":[{\"rcode\":\"NOERROR\"}",
     ",{\"rcode\":\"NOERROR\"}", "]}}", 100000},
    {"aliases", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"cname\":[\"a.example\"",
     ",\"b.example\"", "]}}", 100000},
    {"lines", HEAD ",\"banner\":{\"state\":\"ok\",\"lines\":[\"220-x\"", ",\"220-x\"", "]}}",
     100000},
    {"a long HELO", HEAD ",\"helo\":{\"state\":\"observed\",\"value\":\"", "a", "\"}}", 100000},
    {"a long name", HEAD ",\"wanted\":\"example", ".example", "\"}", 100000},
    {"a long zone", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"zone\":\"a", ".a", "\"}}", 100000},
};

START_TEST(test_flood)
{
    struct buf text = BUF_INIT(16U << 20);
    struct facts facts = {0};
    struct error e = {0};
    json_t *document;

    buf_text(&text, floods[_i].before);
    for (int i = 0; i < floods[_i].count; i++)
        buf_text(&text, floods[_i].piece);
    buf_text(&text, floods[_i].after);
    ck_assert(buf_ok(&text));
    document = document_of(buf_string(&text));
    ck_assert_msg(!facts_from_json(document, &facts, &e), "%s without end are read",
                  floods[_i].label);
    ck_assert_int_eq(e.code, ERR_PROTOCOL);
    json_decref(document);
    buf_free(&text);
}
END_TEST

/* What comes from a server stays harmless to show; what is a name stays the name that it is. */
START_TEST(test_escapes)
{
    json_t *document = document_of(
        HEAD ",\"banner\":{\"state\":\"ok\",\"lines\":[\"220 \\u001b]0;owned\\u0007 \\u202egro\"]},"
             "\"helo\":{\"state\":\"observed\",\"value\":\"\\u009b2Jx\"},"
             "\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"a\\u001b[2J.example\"]}}");
    struct facts facts;
    struct error e = {0};

    ck_assert_msg(facts_from_json(document, &facts, &e), "%s: %s", e.what, e.why);
    ck_assert_str_eq(facts.banner.lines.v[0], "220 \\x1b]0;owned\\x07 \\xe2\\x80\\xaegro");
    ck_assert_str_eq(facts.helo.value, "\\xc2\\x9b2Jx");
    ck_assert_str_eq(facts.reverse.ptr.values.v[0], "a\\027[2j.example");
    facts_free(&facts);
    json_decref(document);
}
END_TEST

static const struct {
    const char *line, *name; /* NULL: no 220 line */
} greetings[] = {
    {"220 mail.example.com ESMTP", "mail.example.com"},
    {"220-MAIL.example.com. ESMTP", "mail.example.com"},
    {"220\tmail.example.com\tESMTP", "mail.example.com"},
    {"220  mail.example.com", "mail.example.com"},
    {"220 localhost ESMTP", "localhost"},
    {"220 vm25 ESMTP", "vm25"},
    {"220 ESMTP", ""},
    {"220 ****2****0****", ""},
    {"220 [192.0.2.1] ESMTP", ""},
    {"220", ""},
    {"220 ", ""},
    {"554 mail.example.com no", NULL},
    {"22", NULL},
    {"", NULL},
};

START_TEST(test_greeting)
{
    struct banner_facts banner = {.state = BANNER_OK};
    struct name name;

    strings_add(&banner.lines, greetings[_i].line);
    ck_assert_msg(banner_name(&banner, &name) == (greetings[_i].name != NULL), "\"%s\"",
                  greetings[_i].line);
    if (greetings[_i].name != NULL)
        ck_assert_str_eq(name.s, greetings[_i].name);
    banner.state = BANNER_TIMEOUT;
    ck_assert(!banner_name(&banner, &name));
    strings_free(&banner.lines);
}
END_TEST

/* A declared name stays, whatever is seen; the report says where the name is from. */
static const struct {
    const char *label, *text, *wanted, *from;
} decisions[] = {
    {"declared",
     HEAD ",\"wanted\":\"a.example.com\",\"wanted_from\":\"--name\","
          "\"helo\":{\"state\":\"observed\",\"value\":\"b.example.com\"}}",
     "a.example.com", "--name"},
    {"HELO, with the setting",
     HEAD ",\"helo\":{\"state\":\"configured\",\"value\":\"B.example.com.\","
          "\"from\":\"postfix myhostname\"}}",
     "b.example.com", "postfix myhostname"},
    {"HELO, observed", HEAD ",\"helo\":{\"state\":\"observed\",\"value\":\"b.example.com\"}}",
     "b.example.com", "HELO"},
    {"banner",
     HEAD ",\"banner\":{\"state\":\"ok\",\"lines\":[\"220 c.example.com\"]},"
          "\"helo\":{\"state\":\"observed\",\"value\":\"c.local\"}}",
     "c.example.com", "banner"},
    {"PTR",
     HEAD ",\"banner\":{\"state\":\"ok\",\"lines\":[\"220 [10.0.0.5]\"]},"
          "\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"d_e.example.com\",\"d.example.com\"]}}",
     "d.example.com", "PTR"},
    {"nothing", HEAD ",\"reverse\":{\"rcode\":\"NOERROR\",\"ptr\":[\"static-25.hoster.example\"]}}",
     "", ""},
};

START_TEST(test_decision)
{
    json_t *document = document_of(decisions[_i].text);
    struct facts facts;
    struct error e = {0};

    ck_assert_msg(facts_from_json(document, &facts, &e), "%s: %s", e.what, e.why);
    facts_decide_name(&facts);
    ck_assert_msg(strcmp(facts.wanted.s, decisions[_i].wanted) == 0, "%s: %s", decisions[_i].label,
                  facts.wanted.s);
    ck_assert_msg(strcmp(facts.wanted_from, decisions[_i].from) == 0, "%s: %s", decisions[_i].label,
                  facts.wanted_from);
    facts_free(&facts);
    json_decref(document);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {.name = "round trip", .test = test_round_trip, .rows = 1},
        {.name = "documents", .test = test_documents, .rows = ROWS(documents)},
        {.name = "flood", .test = test_flood, .rows = ROWS(floods)},
        {.name = "escapes", .test = test_escapes, .rows = 1},
        {.name = "greeting", .test = test_greeting, .rows = ROWS(greetings)},
        {.name = "decision", .test = test_decision, .rows = ROWS(decisions)},
    };

    return unit_run("facts", tests, ROWS(tests));
}
