/* test_template.c - filling in {{name}}, and the letters made with it. */
#include "agent/template.h"

#include "agent/plan.h"
#include "tests/support/unit.h"

#include <string.h>

#define NOW 1795403527 /* 2026-11-23T03:12:07Z */

static const struct template_value values[] = {
    {"name", "mail.example.com"},
    {"address", "203.0.113.25"},
    {"empty", ""},
    {"braces", "{{name}}"},
};

static const struct {
    const char *label, *text;
    const char *filled; /* NULL: refused, with `why` in the reason */
    const char *why;
} fills[] = {
    {"nothing at all", "", "", NULL},
    {"no name", "set the record", "set the record", NULL},
    {"one name", "set {{name}}.", "set mail.example.com.", NULL},
    {"names side by side", "{{name}}{{address}}", "mail.example.com203.0.113.25", NULL},
    {"the same name twice", "{{name}} {{name}}", "mail.example.com mail.example.com", NULL},
    {"an empty value", "a{{empty}}b", "ab", NULL},
    {"a value with braces is not filled in again", "{{braces}}", "{{name}}", NULL},
    {"single braces are text", "{name} }", "{name} }", NULL},
    {"closing braces alone are text", "a }} b", "a }} b", NULL},
    {"an unknown name", "a {{nmae}} b", NULL, "nmae"},
    {"a name that begins alike", "{{nam}}", NULL, "nam"},
    {"a name with a blank", "{{ name }}", NULL, "name"},
    {"no name between the braces", "{{}}", NULL, "unknown name"},
    {"braces that stay open", "a {{name", NULL, "without"},
    {"half closed braces", "{{name}", NULL, "without"},
};

START_TEST(test_fill)
{
    struct buf out = BUF_INIT(1024);
    struct error e = {0};
    bool ok = template_fill(fills[_i].text, values, sizeof values / sizeof values[0], &out, &e);

    ck_assert_msg(ok == (fills[_i].filled != NULL), "%s: %s", fills[_i].label,
                  ok ? "taken" : e.why);
    if (ok) {
        ck_assert_msg(strcmp(buf_string(&out), fills[_i].filled) == 0, "%s: \"%s\"",
                      fills[_i].label, buf_string(&out));
    } else {
        ck_assert_int_eq(e.code, ERR_INTERNAL);
        ck_assert_msg(strstr(e.why, fills[_i].why) != NULL, "%s: %s", fills[_i].label, e.why);
    }
    buf_free(&out);
}
END_TEST

START_TEST(test_too_long)
{
    struct buf out = BUF_INIT(8);
    struct error e = {0};

    ck_assert(!template_fill("{{name}}", values, 1, &out, &e));
    ck_assert_int_eq(e.code, ERR_INTERNAL);
    buf_free(&out);
}
END_TEST

/* A step for a letter, and the facts of its target. */
struct letter {
    struct facts facts;
    struct step step;
    struct mta mta;
};

static struct letter letter_of(enum step_kind kind, const char *address)
{
    struct letter letter = {.step = {.kind = kind, .action = ACTION_ASK, .ttl_s = 300}};

    ck_assert(ip_parse(address, &letter.facts.address));
    ck_assert(name_from_dns("mail.example.com", &letter.facts.wanted));
    letter.step.subject.ip = letter.facts.address;
    letter.step.subject.name = letter.facts.wanted;
    letter.step.subject.owner =
        kind == STEP_PTR ? ip_reverse_name(&letter.facts.address) : letter.facts.wanted;
    return letter;
}

/* The text of the letter, which has no open place; the step and the facts are given up. */
static char *text_of(struct letter *letter)
{
    char *text = template_ticket(&letter->step, &letter->facts, &letter->mta, NOW);

    ck_assert_msg(strstr(text, "{{") == NULL && strstr(text, "}}") == NULL, "%s", text);
    ck_assert_msg(strstr(text, "unknown name") == NULL, "%s", text);
    step_free(&letter->step);
    facts_free(&letter->facts);
    return text;
}

static void check_has(const char *text, const char *piece)
{
    ck_assert_msg(strstr(text, piece) != NULL, "no \"%s\" in:\n%s", piece, text);
}

START_TEST(test_ptr_letter)
{
    struct letter letter = letter_of(STEP_PTR, "203.0.113.25");
    char *text;

    strings_add(&letter.step.before, "static-25.hoster.example");
    strings_add(&letter.step.after, "mail.example.com");
    str_cut(letter.step.owner_who.name, sizeof letter.step.owner_who.name, "Example Colo");
    text = text_of(&letter);
    check_has(text, "Subject: PTR record for 203.0.113.25\n");
    check_has(text, "Hello Example Colo,\n");
    check_has(text, "set to       mail.example.com\n");
    check_has(text, "it is now    static-25.hoster.example\n");
    check_has(text, "25.113.0.203.in-addr.arpa. 300 IN PTR mail.example.com.\n");
    check_has(text, "is being added");
    check_has(text, "2026-11-23T03:12:07Z");
    free(text);
}
END_TEST

START_TEST(test_ptr_letter_ipv6)
{
    struct letter letter = letter_of(STEP_PTR, "2001:db8::25");
    char *text;

    strings_add(&letter.step.after, "mail.example.com");
    text = text_of(&letter);
    check_has(text, "it is now    not set\n");
    check_has(text, "8.b.d.0.1.0.0.2.ip6.arpa. 300 IN PTR mail.example.com.\n");
    check_has(text, "(AAAA mail.example.com, 2001:db8::25)");
    free(text);
}
END_TEST

/* The forward record is in place only when an answer says so: not while it fails, not elsewhere. */
static const struct {
    const char *label, *value;
    int rcode;
    bool asked, in_place;
} proofs[] = {
    {"served", "203.0.113.25", DNS_NOERROR, true, true},
    {"elsewhere", "198.51.100.7", DNS_NOERROR, true, false},
    {"denied", NULL, DNS_NXDOMAIN, true, false},
    {"not known now", "203.0.113.25", DNS_SERVFAIL, true, false},
    {"not looked at", NULL, DNS_NOERROR, false, false},
};

START_TEST(test_proof)
{
    struct letter letter = letter_of(STEP_PTR, "203.0.113.25");
    struct forward_facts *forward = facts_add_forward(&letter.facts, &letter.facts.wanted);
    char *text;

    forward->a.asked = proofs[_i].asked;
    forward->a.rcode = proofs[_i].rcode;
    if (proofs[_i].value != NULL)
        strings_add(&forward->a.values, proofs[_i].value);
    text = text_of(&letter);
    ck_assert_msg((strstr(text, "is in place") != NULL) == proofs[_i].in_place, "%s: %s",
                  proofs[_i].label, text);
    free(text);
}
END_TEST

START_TEST(test_forward_letter)
{
    struct letter letter = letter_of(STEP_FORWARD, "203.0.113.25");
    struct forward_facts *forward = facts_add_forward(&letter.facts, &letter.facts.wanted);
    char *text;

    strings_add(&forward->cname, "box.example.net");
    strings_add(&letter.step.after, "198.51.100.7");
    strings_add(&letter.step.after, "203.0.113.25");
    text = text_of(&letter);
    check_has(text, "to the zone of mail.example.com:");
    check_has(text, "  mail.example.com. 300 IN A 198.51.100.7\n"
                    "  mail.example.com. 300 IN A 203.0.113.25\n");
    check_has(text, "an alias (CNAME) of box.example.net now");
    free(text);
}
END_TEST

START_TEST(test_mta_letter)
{
    struct letter letter = letter_of(STEP_MTA, "203.0.113.25");
    char *text;

    letter.mta.by_hand = "setname NAME && reload";
    strings_add(&letter.step.before, "localhost");
    strings_add(&letter.step.after, "mail.example.com");
    strings_add(&letter.step.changes, "main.cf includes another file");
    text = text_of(&letter);
    check_has(text, "by itself: main.cf includes another file.");
    check_has(text, "\n  setname mail.example.com && reload\n");
    free(text);
}
END_TEST

/* As many values as an answer holds are all written, whole. */
START_TEST(test_many_values)
{
    struct letter letter = letter_of(STEP_FORWARD, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1000");
    char value[64], line[128], *text;

    for (unsigned i = 0; i < 64; i++) {
        str_format(value, sizeof value, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:%x", 0x1000 + i);
        strings_add(&letter.step.after, value);
    }
    text = text_of(&letter);
    for (unsigned i = 0; i < 64; i++) {
        str_format(line, sizeof line,
                   "mail.example.com. 300 IN AAAA 2001:db8:aaaa:bbbb:cccc:dddd:eeee:%x\n",
                   0x1000 + i);
        check_has(text, line);
    }
    free(text);
}
END_TEST

/* A configuration in another encoding, and a name that means harm. */
START_TEST(test_odd_owner)
{
    struct letter letter = letter_of(STEP_PTR, "203.0.113.25");
    char *text;

    str_cut(letter.step.owner_who.name, sizeof letter.step.owner_who.name,
            "B\xFCro\x1b[2J\nBcc: x");
    text = text_of(&letter);
    check_has(text, "Hello B\\xfcro\\x1b[2J\\x0aBcc: x,\n");
    free(text);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {.name = "fill", .test = test_fill, .rows = ROWS(fills)},
        {.name = "too long", .test = test_too_long, .rows = 1},
        {.name = "ptr", .test = test_ptr_letter, .rows = 1},
        {.name = "ptr, IPv6", .test = test_ptr_letter_ipv6, .rows = 1},
        {.name = "proof", .test = test_proof, .rows = ROWS(proofs)},
        {.name = "forward", .test = test_forward_letter, .rows = 1},
        {.name = "mta", .test = test_mta_letter, .rows = 1},
        {.name = "many values", .test = test_many_values, .rows = 1},
        {.name = "odd owner", .test = test_odd_owner, .rows = 1},
    };

    return unit_run("template", tests, ROWS(tests));
}
