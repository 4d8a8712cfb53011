/* test_observer.c - tokens, recipients, and whose probe it was. */
#include "agent/observer.h"

#include <string.h>

#include "tests/support/unit.h"

START_TEST(tokens_are_good_and_new)
{
    char one[SMTP_TOKEN_MAX + 1], two[SMTP_TOKEN_MAX + 1];
    struct error e = {0};

    ck_assert(observer_token(one, &e) && observer_token(two, &e));
    ck_assert(smtp_token_is_good(one));
    ck_assert_str_ne(one, two);
}
END_TEST

static const struct {
    const char *domain, *want;
} rows[] = {
    {"[192.0.2.10]", "namesake-probe+abcd1234@[192.0.2.10]"},
    {"[IPv6:2001:db8::10]", "namesake-probe+abcd1234@[IPv6:2001:db8::10]"},
    {"observer.example", "namesake-probe+abcd1234@observer.example"},
};

/* The recipient that a probe is sent to is one that the listener takes. */
START_TEST(recipients_are_taken)
{
    char recipient[128], line[200];
    struct buf replies = BUF_INIT(4096);
    struct smtp_session session;

    observer_recipient("abcd1234", rows[_i].domain, recipient, sizeof recipient);
    ck_assert_str_eq(recipient, rows[_i].want);
    smtp_session_open(&session, "[192.0.2.10]", "abcd1234");
    str_format(line, sizeof line, "HELO a.example\nMAIL FROM:<>\nRCPT TO:<%s>\nDATA\n.\n",
               recipient);
    ck_assert(smtp_session_take(&session, line, strlen(line), &replies));

    const struct smtp_visit visit = {.heard = &session.heard};
    ck_assert(observer_has_probe(&visit, "ABCD1234"));
    ck_assert(!observer_has_probe(&visit, "abcd1235"));
    ck_assert_str_eq(observer_helo(&visit), "a.example");
    smtp_session_free(&session);
    buf_free(&replies);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"tokens are good and new", tokens_are_good_and_new, 1, 0},
        {"recipients are taken", recipients_are_taken, ROWS(rows), 0},
    };

    return unit_run("observer", tests, ROWS(tests));
}
