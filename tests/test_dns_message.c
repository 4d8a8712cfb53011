/* test_dns_message.c - questions and replies as bytes; ldns reads and writes the same. */
#include "agent/net/dns_message.h"

#include <ldns/ldns.h>
#include <string.h>

#include "tests/support/dns_oracle.h"
#include "tests/support/unit.h"

#define HEADER "\x12\x34\x84\x00" /* a reply, AA */
#define QUESTION                                                                                   \
    "\x01"                                                                                         \
    "a\x07"                                                                                        \
    "example\x00\x00\x01\x00\x01"
#define TTL "\x00\x00\x00\x3c"
#define BYTES(text) (const uint8_t *)(text), sizeof(text) - 1

static const struct {
    const char *label;
    const uint8_t *wire;
    size_t length;
    bool good;
} messages[] = {
    {"nothing", BYTES(""), false},
    {"less than a header", BYTES(HEADER "\0\0\0\0\0\0\0"), false},
    {"a header alone", BYTES(HEADER "\0\0\0\0\0\0\0\0"), true},
    {"a question, not a reply", BYTES("\x12\x34\x01\x00\0\1\0\0\0\0\0\0" QUESTION), false},
    {"a question that is missing", BYTES(HEADER "\0\1\0\0\0\0\0\0"), false},
    {"a question alone", BYTES(HEADER "\0\1\0\0\0\0\0\0" QUESTION), true},
    {"an address",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1" TTL "\0\4\xc0\0\2\1"), true},
    {"an address of five bytes",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1" TTL "\0\5\xc0\0\2\1\1"), false},
    {"an address that is cut off",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1" TTL "\0\4\xc0\0\2"), false},
    {"a pointer to itself", BYTES(HEADER "\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"), false},
    {"a pointer forward",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x30\0\1\0\1" TTL "\0\4\xc0\0\2\1"), false},
    {"a pointer past the end", BYTES(HEADER "\0\1\0\0\0\0\0\0\xff\xff\0\1\0\1"), false},
    {"half of a pointer", BYTES(HEADER "\0\1\0\0\0\0\0\0\xc0"), false},
    {"pointers in a ring", BYTES(HEADER "\0\2\0\0\0\0\0\0\1a\xc0\x10\0\1\0\1\1b\xc0\x0c\0\1\0\1"),
     false},
    {"an unknown kind of label",
     BYTES(HEADER "\0\1\0\0\0\0\0\0\x41"
                  "a\0\0\1\0\1"),
     false},
    {"a name that leaves its data",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\x0c\0\1" TTL "\0\1\1a\0"), false},
    {"a name and more in its data",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\x0c\0\1" TTL "\0\3\xc0\x0c\0"), false},
    {"a PTR, in capitals",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\x0c\0\1" TTL "\0\4\1M\xc0\x0e"), true},
    {"a label with a dot and a blank",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\x0c\0\1" TTL "\0\7\4x. y\xc0\x0e"), true},
    {"the root as target",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\x0c\0\1" TTL "\0\1\0"), true},
    {"a type that nobody knows",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\xff\x20\0\1" TTL "\0\3xyz"), true},
    {"an extended code",
     BYTES("\x12\x34\x84\x00\0\1\0\0\0\0\0\1" QUESTION "\0\0\x29\x04\xd0\1\0\0\0\0\0"), true},
    {"a SOA",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\6\0\1" TTL
                  "\0\x18\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"),
     true},
    {"a SOA without its end",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\6\0\1" TTL
                  "\0\x14\xc0\x0c\xc0\x0c\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"),
     false},
    {"more records than it counts",
     BYTES(HEADER "\0\1\0\1\0\0\0\0" QUESTION "\xc0\x0c\0\1\0\1" TTL "\0\4\xc0\0\2\1\1\2\3"), true},
};

START_TEST(a_reply)
{
    struct dns_answer answer;

    ck_assert_msg(dns_parse(messages[_i].wire, messages[_i].length, &answer) == messages[_i].good,
                  "%s", messages[_i].label);
    ck_assert_msg(dns_oracle_agrees(messages[_i].wire, messages[_i].length, messages[_i].good),
                  "%s: ldns reads another thing", messages[_i].label);
    if (messages[_i].good)
        dns_answer_free(&answer);
}
END_TEST

/* All of a section are counted, some are kept. */
START_TEST(many_records_are_cut)
{
    uint8_t wire[12 + 200 * 15] = {0x12, 0x34, 0x84};
    struct dns_answer answer;

    wire[7] = 200;
    for (size_t i = 0; i < 200; i++) {
        static const uint8_t rr[] = {0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0, 2, 1};
        memcpy(wire + 12 + i * sizeof rr, rr, sizeof rr);
    }
    ck_assert(dns_parse(wire, sizeof wire, &answer));
    ck_assert_uint_eq(answer.answer.count, DNS_SECTION_MAX);
    ck_assert(answer.cut);
    dns_answer_free(&answer);
}
END_TEST

static const struct {
    const char *name;
    bool recurse, unchecked, edns;
} questions[] = {
    {"mail.example.com", true, false, true},         {".", false, false, true},
    {"a\\.b\\032c\\\\.example", false, true, false}, {"1.2.0.192.in-addr.arpa", true, true, true},
    {"\\000\\255.example", true, false, false},
};

START_TEST(a_question)
{
    struct dns_question q = {
        .type = DNS_PTR, .recurse = questions[_i].recurse, .unchecked = questions[_i].unchecked};
    struct dns_message message;
    ldns_pkt *packet = NULL;
    char *text;
    struct name back;

    ck_assert(name_from_dns(questions[_i].name, &q.name));
    ck_assert(dns_message_ask(&q, 0xABCD, questions[_i].edns, &message));
    ck_assert_int_eq(ldns_wire2pkt(&packet, message.wire, message.length), LDNS_STATUS_OK);
    ck_assert_uint_eq(ldns_pkt_id(packet), 0xABCD);
    ck_assert_int_eq(ldns_pkt_rd(packet), questions[_i].recurse);
    ck_assert_int_eq(ldns_pkt_cd(packet), questions[_i].unchecked);
    ck_assert(!ldns_pkt_qr(packet));
    ck_assert_uint_eq(ldns_pkt_edns_udp_size(packet), questions[_i].edns ? DNS_EDNS_BYTES : 0);
    text = ldns_rdf2str(ldns_rr_owner(ldns_rr_list_rr(ldns_pkt_question(packet), 0)));
    ck_assert(name_from_dns(text, &back));
    ck_assert_str_eq(back.s, q.name.s);
    free(text);
    ldns_pkt_free(packet);
}
END_TEST

START_TEST(what_is_no_name_cannot_be_asked)
{
    const struct dns_question q = {.type = DNS_A, .name = {""}};
    struct dns_message message;

    ck_assert(!dns_message_ask(&q, 1, true, &message));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a reply", a_reply, ROWS(messages), 0},
        {"many records are cut", many_records_are_cut, 1, 0},
        {"a question", a_question, ROWS(questions), 0},
        {"what is no name cannot be asked", what_is_no_name_cannot_be_asked, 1, 0},
    };

    return unit_run("dns_message", tests, ROWS(tests));
}
