/* test_plan_name.c - which of two repairs is proposed when nobody declared a name. */
#include "agent/plan.h"

#include <string.h>

#include "agent/base/json.h"
#include "tests/support/unit.h"

#define PTR "node7.example.net"
#define HELO "mail.example.com"

static const struct {
    const char *label;
    const char *wanted_from; /* where the wanted name comes from */
    const char *ptr;         /* names of the PTR, with blanks in between */
    const char *address;     /* of the PTR's name */
    bool ptr_by_program, mta_by_program, want;
} rows[] = {
    {"a letter to the hoster or one edit here: the edit", "postfix smtp_helo_name", PTR,
     "203.0.113.25", false, true, true},
    {"both without a person: the PTR follows the mail server", "postfix smtp_helo_name", PTR,
     "203.0.113.25", true, true, false},
    {"both need a person: the PTR", "postfix smtp_helo_name", PTR, "203.0.113.25", false, false,
     false},
    {"a declared name stays", "--name", PTR, "203.0.113.25", false, true, false},
    {"a configured name stays", "configuration", PTR, "203.0.113.25", false, true, false},
    {"the PTR's name does not lead back", "postfix smtp_helo_name", PTR, "203.0.113.99", false,
     true, false},
    {"a hoster's default is no name to take", "postfix smtp_helo_name",
     "static-203-0-113-25.hoster.example", "203.0.113.25", false, true, false},
    {"several PTRs: which one is not ours to choose", "postfix smtp_helo_name",
     PTR " other.example.net", "203.0.113.25", false, true, false},
    {"no PTR, no second repair", "postfix smtp_helo_name", "", "203.0.113.25", false, true, false},
};

/* A mail server that says HELO, with the row's PTR. */
static void make_facts(int row, struct facts *facts)
{
    struct cursor c = cursor_of(rows[row].ptr, strlen(rows[row].ptr)), word;
    struct forward_facts *forward;
    struct name name;
    char text[128];

    *facts = (struct facts){.wanted = {HELO}, .reverse.ptr = {.asked = true}};
    ck_assert(ip_parse("203.0.113.25", &facts->address));
    str_cut(facts->wanted_from, sizeof facts->wanted_from, rows[row].wanted_from);
    forward = facts_add_forward(facts, &facts->wanted);
    forward->a.asked = true;
    strings_add(&forward->a.values, "203.0.113.25");
    while (cursor_word(&c, &word)) {
        ck_assert(cursor_copy(&word, text, sizeof text) && name_from_dns(text, &name));
        strings_add(&facts->reverse.ptr.values, text);
        forward = facts_add_forward(facts, &name);
        forward->a.asked = true;
        strings_add(&forward->a.values, rows[row].address);
    }
}

START_TEST(fewer_people_decide)
{
    struct judgement judgement;
    struct facts facts;
    struct name name = {""};
    bool takes;

    make_facts(_i, &facts);
    audit_target(&facts, &judgement);
    takes = plan_takes_ptr_name(&facts, &judgement, rows[_i].ptr_by_program,
                                rows[_i].mta_by_program, &name);
    ck_assert_msg(takes == rows[_i].want, "%s", rows[_i].label);
    ck_assert_str_eq(name.s, takes ? PTR : "");
    judgement_free(&judgement);
    facts_free(&facts);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"fewer people", fewer_people_decide, ROWS(rows), 0},
    };

    return unit_run("plan_name", tests, ROWS(tests));
}
