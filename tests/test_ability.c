/* test_ability.c - which of several accounts is used for a record: the one that holds it. */
#include "agent/ability.h"

#include "tests/support/unit.h"

#include <string.h>

/* What an account answers when it is asked for mail.example.com. */
enum answer { ABSENT, HOLDS, NOT_OURS, FAILS, BY_HAND };

static const struct ability_row {
    const char *label;
    struct {
        const char *id, *zone; /* the only zone that it is for; NULL: any */
        enum answer answer;
    } accounts[4];
    const char *used;  /* the account; NULL: none */
    const char *asked; /* in this order */
    enum err code;
    const char *says[2];
} rows[] = {
    {"no account", {{0}}, NULL, "", ERR_NONE, {0}},
    {"one that holds it", {{"a", NULL, HOLDS}}, "a", "a ", ERR_NONE, {0}},
    {"one that does not", {{"a", NULL, NOT_OURS}}, NULL, "a ", ERR_NONE, {0}},
    {"one that fails", {{"a", NULL, FAILS}}, NULL, "a ", ERR_PROVIDER_DENIED, {"no from a"}},
    {"for another zone", {{"a", "example.org", HOLDS}}, NULL, "", ERR_NONE, {0}},
    {"the first of two", {{"a", NULL, HOLDS}, {"b", NULL, NOT_OURS}}, "a", "a b ", ERR_NONE, {0}},
    {"the second of two", {{"a", NULL, NOT_OURS}, {"b", NULL, HOLDS}}, "b", "a b ", ERR_NONE, {0}},
    {"neither of two", {{"a", NULL, NOT_OURS}, {"b", NULL, NOT_OURS}}, NULL, "a b ", ERR_NONE, {0}},
    {"both of two",
     {{"a", NULL, HOLDS}, {"b", NULL, HOLDS}},
     NULL,
     "a b ",
     ERR_PROVIDER_AMBIGUOUS,
     {"\"a\"", "\"b\""}},
    {"two of three",
     {{"a", NULL, HOLDS}, {"b", NULL, NOT_OURS}, {"c", NULL, HOLDS}},
     NULL,
     "a b c ",
     ERR_PROVIDER_AMBIGUOUS,
     {"\"a\"", "\"c\""}},
    {"one that fails beside one that holds it",
     {{"a", NULL, FAILS}, {"b", NULL, HOLDS}},
     "b",
     "a b ",
     ERR_NONE,
     {0}},
    {"one that fails beside one that does not",
     {{"a", NULL, NOT_OURS}, {"b", NULL, FAILS}},
     NULL,
     "a b ",
     ERR_PROVIDER_DENIED,
     {"no from b", "\"b\""}},
    {"two that fail: the first is told",
     {{"a", NULL, FAILS}, {"b", NULL, FAILS}},
     NULL,
     "a b ",
     ERR_PROVIDER_DENIED,
     {"no from a"}},
    {"the closest is enough",
     {{"a", NULL, HOLDS}, {"b", "example.com", HOLDS}},
     "b",
     "b ",
     ERR_NONE,
     {0}},
    {"the next when the closest does not hold it",
     {{"a", NULL, HOLDS}, {"b", "example.com", NOT_OURS}, {"c", "com", NOT_OURS}},
     "a",
     "b c a ",
     ERR_NONE,
     {0}},
    {"no other while the closest fails",
     {{"a", NULL, HOLDS}, {"b", "example.com", FAILS}},
     NULL,
     "b ",
     ERR_PROVIDER_DENIED,
     {"no from b"}},
    {"by hand", {{"a", NULL, BY_HAND}}, "a", "", ERR_NONE, {0}},
    {"by hand, where the other does not hold it",
     {{"a", NULL, NOT_OURS}, {"b", NULL, BY_HAND}},
     "b",
     "a ",
     ERR_NONE,
     {0}},
    {"by hand and by program",
     {{"a", NULL, HOLDS}, {"b", NULL, BY_HAND}},
     NULL,
     "a ",
     ERR_PROVIDER_AMBIGUOUS,
     {"\"a\"", "\"b\""}},
};

static const struct ability_row *row;
static char asked[64];

static bool fake_read(struct account *account, const struct subject *subject,
                      struct holding *holding, struct error *e)
{
    enum answer answer = ABSENT;

    (void)subject;
    for (size_t i = 0; i < 4 && row->accounts[i].id != NULL; i++)
        if (str_equal(row->accounts[i].id, account->id))
            answer = row->accounts[i].answer;
    str_cut(asked + strlen(asked), sizeof asked - strlen(asked), account->id);
    str_cut(asked + strlen(asked), sizeof asked - strlen(asked), " ");
    if (answer == NOT_OURS)
        return fail(e, ERR_NO_INPUT, "not ours, says %s", account->id);
    if (answer == FAILS)
        return fail(e, ERR_PROVIDER_DENIED, "no from %s", account->id);
    str_cut(holding->resource, sizeof holding->resource, account->id);
    strings_add(&holding->values, "192.0.2.1");
    return true;
}

static const struct setting no_settings[] = {{.key = NULL}};
static const struct provider fake = {.type = "fake",
                                     .title = "Fake",
                                     .roles = ROLE_FORWARD,
                                     .settings = no_settings,
                                     .read = fake_read};
static const struct provider by_hand = {
    .type = "hand", .title = "By hand", .roles = ROLE_FORWARD, .settings = no_settings};

static size_t make_accounts(struct account *accounts)
{
    size_t count = 0;

    for (; count < 4 && row->accounts[count].id != NULL; count++) {
        struct account *account = &accounts[count];

        *account = (struct account){.provider = &fake, .roles = ROLE_FORWARD};
        if (row->accounts[count].answer == BY_HAND)
            account->provider = &by_hand;
        str_cut(account->id, sizeof account->id, row->accounts[count].id);
        if (row->accounts[count].zone != NULL)
            strings_add(&account->zones, row->accounts[count].zone);
    }
    return count;
}

static void check_found(const struct ability *ability)
{
    const char *used = ability->account != NULL ? ability->account->id : NULL;

    ck_assert_msg(row->used == NULL ? used == NULL : used != NULL && str_equal(used, row->used),
                  "%s: %s is used", row->label, used != NULL ? used : "none");
    if (used != NULL && ability->account->provider->read != NULL)
        ck_assert_str_eq(ability->holding.resource, used);
    else
        ck_assert_uint_eq(ability->holding.values.count, 0);
}

START_TEST(find)
{
    struct account accounts[4];
    struct config config = {.accounts = accounts};
    struct subject subject = {.role = ROLE_FORWARD};
    struct ability ability;
    struct error e = {0};
    bool ok;

    row = &rows[_i];
    asked[0] = '\0';
    config.account_count = make_accounts(accounts);
    ck_assert(ip_parse("192.0.2.1", &subject.ip));
    ck_assert(name_from_dns("mail.example.com", &subject.name));
    ck_assert(name_from_dns("example.com", &subject.zone));
    subject.owner = subject.name;
    ok = ability_find(&config, &subject, &ability, &e);
    ck_assert_msg(ok == (row->code == ERR_NONE) && (ok || e.code == row->code), "%s: %s %s",
                  row->label, error_id(e.code), e.why);
    for (size_t i = 0; i < 2 && row->says[i] != NULL; i++)
        ck_assert_msg(strstr(e.why, row->says[i]) || strstr(e.what, row->says[i]), "%s: %s: %s",
                      row->label, e.what, e.why);
    check_found(&ability);
    ck_assert_str_eq(asked, row->asked);
    ability_free(&ability);
    for (size_t i = 0; i < config.account_count; i++)
        account_free(&accounts[i]);
}
END_TEST

static bool fake_write(struct account *account, const struct subject *subject,
                       const struct holding *before, const struct strings *after, uint32_t ttl_s,
                       struct error *e)
{
    (void)account, (void)subject, (void)before, (void)after, (void)ttl_s;
    return fail(e, ERR_INTERNAL, "nothing is written here");
}

/* Several accounts at one vendor, of which it is not known yet who holds the record. */
START_TEST(by_program)
{
    struct provider writer = fake;
    struct account accounts[2] = {{.provider = &writer, .roles = ROLE_FORWARD},
                                  {.provider = &writer, .roles = ROLE_FORWARD}};
    struct config config = {.accounts = accounts, .account_count = 2};
    struct subject subject = {.role = ROLE_FORWARD};

    writer.write = fake_write;
    ck_assert(name_from_dns("mail.example.com", &subject.owner));
    ck_assert(ability_by_program(&config, &subject));
    accounts[1].provider = &by_hand;
    ck_assert(!ability_by_program(&config, &subject));
    config.account_count = 0;
    ck_assert(!ability_by_program(&config, &subject));
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {{"find", find, ROWS(rows), 0},
                                      {"by_program", by_program, 1, 0}};

    return unit_run("ability", tests, ROWS(tests));
}
