/* test_error.c - codes, and the parts of an error on its way up. */
#include "agent/base/error.h"

#include "tests/support/unit.h"

#include <string.h>

static const struct {
    enum err code;
    const char *id;
    int exit_code;
} codes[] = {
    /* interface.md section 9, and the four codes that it leaves to us */
    {ERR_USAGE, "usage", 64},
    {ERR_LIMIT_EXCEEDED, "limit-exceeded", 64},
    {ERR_ADDRESS_REFUSED, "address-refused", 64},
    {ERR_NAME_REFUSED, "name-refused", 64},
    {ERR_PLAN_DAMAGED, "plan-damaged", 65},
    {ERR_PLAN_EXPIRED, "plan-expired", 65},
    {ERR_PLAN_STALE, "plan-stale", 65},
    {ERR_PLAN_NOT_APPROVED, "plan-not-approved", 65},
    {ERR_ROLLBACK_CONFLICT, "rollback-conflict", 65},
    {ERR_NO_INPUT, "no-input", 66},
    {ERR_CANNOT_CREATE, "cannot-create", 73},
    {ERR_PROVIDER_UNREACHABLE, "provider-unreachable", 69},
    {ERR_SSH_FAILED, "ssh-failed", 69},
    {ERR_DNS_UNREACHABLE, "dns-unreachable", 69},
    {ERR_LOCKED, "locked", 75},
    {ERR_PROVIDER_LIMITED, "provider-limited", 75},
    {ERR_NOT_YET, "provider-not-yet", 75},
    {ERR_CREDENTIAL_MISSING, "credential-missing", 77},
    {ERR_PROVIDER_DENIED, "provider-denied", 77},
    {ERR_ROOT_NEEDED, "root-needed", 77},
    {ERR_CONFIG_SYNTAX, "config-syntax", 78},
    {ERR_CONFIG_KEY, "config-key", 78},
    {ERR_SECRET_INLINE, "secret-inline", 78},
    {ERR_SECRET_MODE, "secret-mode", 78},
    {ERR_SECRET_MISSING, "secret-missing", 78},
    {ERR_PROVIDER_AMBIGUOUS, "provider-ambiguous", 78},
    {ERR_MTA_CHECK_FAILED, "mta-check-failed", 4},
    {ERR_MTA_RELOAD_FAILED, "mta-reload-failed", 4},
    {ERR_CONFLICT, "conflict", 65},
    {ERR_PROTOCOL, "protocol", 69},
    {ERR_TIMEOUT, "timeout", 69},
    {ERR_SYSTEM, "system", 69},
    {ERR_INTERNAL, "internal", 1},
};

START_TEST(every_code)
{
    const char *who = error_default_who(codes[_i].code);

    ck_assert_str_eq(error_id(codes[_i].code), codes[_i].id);
    ck_assert_int_eq(error_exit_code(codes[_i].code), codes[_i].exit_code);
    ck_assert_msg(who[0] != '\0', "%s: somebody can repair it", codes[_i].id);
    ck_assert_msg((strcmp(who, "the authors") == 0) == (codes[_i].exit_code == 1),
                  "%s: the authors are asked about bugs only", codes[_i].id);
}
END_TEST

START_TEST(all_codes_are_tested)
{
    ck_assert_int_eq(ROWS(codes), ERR_COUNT - 1);
    ck_assert_int_eq(error_exit_code(ERR_NONE), 0);
}
END_TEST

START_TEST(fail_empties_the_rest)
{
    struct error e = {.what = "old", .who = "old", .next = "old", .alt = "old"};

    ck_assert(!fail(&e, ERR_PROVIDER_DENIED, "answered %d: %s", 403, "read only"));
    ck_assert_int_eq(e.code, ERR_PROVIDER_DENIED);
    ck_assert_str_eq(e.why, "answered 403: read only");
    ck_assert_str_eq(e.what, "");
    ck_assert_str_eq(e.who, "");
    ck_assert_str_eq(e.next, "");
    ck_assert_str_eq(e.alt, "");
}
END_TEST

START_TEST(fail_may_quote_the_old_reason)
{
    struct error e = {0};

    fail(&e, ERR_TIMEOUT, "no answer");
    fail(&e, ERR_DNS_UNREACHABLE, "every resolver failed, the last: %s", e.why);
    ck_assert_str_eq(e.why, "every resolver failed, the last: no answer");
}
END_TEST

START_TEST(outermost_what_is_the_headline)
{
    struct error e = {0};

    fail(&e, ERR_PROTOCOL, "no field \"ip\"");
    ck_assert(!error_what(&e, "cannot read the answer"));
    ck_assert_str_eq(e.what, "cannot read the answer");
    ck_assert_str_eq(e.why, "no field \"ip\"");
    ck_assert(!error_what(&e, "cannot set the PTR of %s", "203.0.113.25"));
    ck_assert_str_eq(e.what, "cannot set the PTR of 203.0.113.25");
    ck_assert_str_eq(e.why, "cannot read the answer: no field \"ip\"");
    ck_assert_int_eq(e.code, ERR_PROTOCOL);
}
END_TEST

START_TEST(next_and_alternative)
{
    struct error e = {0};

    fail(&e, ERR_CONFLICT, "changed meanwhile");
    ck_assert(!error_next(&e, "namesake apply --%s", "continue"));
    ck_assert(!error_next(&e, "namesake rollback last"));
    ck_assert(!error_who(&e, "%s", "mta-admin"));
    ck_assert_str_eq(e.next, "namesake apply --continue");
    ck_assert_str_eq(e.alt, "namesake rollback last");
    ck_assert_str_eq(e.who, "mta-admin");
}
END_TEST

START_TEST(hostile_reasons_are_made_printable)
{
    struct error e = {0};

    fail(&e, ERR_PROTOCOL, "%s", "220 \033[2Jmail\r\n");
    ck_assert_str_eq(e.why, "220 \\x1b[2Jmail\\x0d\\x0a");
}
END_TEST

START_TEST(long_texts_are_cut_between_characters)
{
    struct error e = {0};
    char text[1500] = "";

    for (size_t i = 0; i + 3 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 3);
    fail(&e, ERR_PROTOCOL, "%s", text);
    ck_assert_uint_eq(strlen(e.why), sizeof e.why - 2); /* 255 whole characters of two bytes */
    error_what(&e, "x%s", text);
    ck_assert_uint_eq(strlen(e.what), sizeof e.what - 1);
    error_what(&e, "outer");
    ck_assert_uint_le(strlen(e.why), sizeof e.why - 1);
    ck_assert_msg(strstr(e.why, "\\x") == NULL, "no half of a character");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"every code", every_code, ROWS(codes), 0},
        {"all codes are tested", all_codes_are_tested, 1, 0},
        {"fail empties the rest", fail_empties_the_rest, 1, 0},
        {"fail may quote the old reason", fail_may_quote_the_old_reason, 1, 0},
        {"outermost what is the headline", outermost_what_is_the_headline, 1, 0},
        {"next and alternative", next_and_alternative, 1, 0},
        {"hostile reasons", hostile_reasons_are_made_printable, 1, 0},
        {"long texts", long_texts_are_cut_between_characters, 1, 0},
    };

    return unit_run("error", tests, ROWS(tests));
}
