/* test_smtp.c - the greeting client against servers that behave well and badly. */
#include "agent/net/smtp.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/net/smtp_reply.h"
#include "tests/support/child.h"
#include "tests/support/fake_smtp.h"

#define TIMEOUT_MS 300
#define GREETING "220 mail.example.com ESMTP Postfix\r\n"
#define SAYS(s)                                                                                    \
    {                                                                                              \
        .act = FAKE_SAY, .text = (s)                                                               \
    }
#define HEARS                                                                                      \
    {                                                                                              \
        .act = FAKE_HEAR                                                                           \
    }
#define HOLDS                                                                                      \
    {                                                                                              \
        .act = FAKE_HOLD                                                                           \
    }
#define PAUSES(n)                                                                                  \
    {                                                                                              \
        .act = FAKE_PAUSE, .ms = (n)                                                               \
    }
#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"

static const struct {
    const char *label;
    struct fake_smtp_step steps[10];
    enum smtp_state want;
    const char *lines, *ehlo; /* joined with "|" */
    const char *heard;
} greetings[] = {
    {"the usual conversation",
     {SAYS(GREETING), HEARS, SAYS("250-mail.example.com\r\n250 SIZE\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "250-mail.example.com|250 SIZE",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"several lines",
     {SAYS("220-mail.example.com Exim\r\n220-No spam\r\n220 please\r\n"), HEARS, SAYS("250 x\r\n"),
      HOLDS},
     SMTP_OK,
     "220-mail.example.com Exim|220-No spam|220 please",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"a teaser and a pause: nothing is said in it",
     {SAYS("220-mail.example.com ESMTP\r\n"), PAUSES(100), SAYS(GREETING), HEARS, SAYS("250 x\r\n"),
      HOLDS},
     SMTP_OK,
     "220-mail.example.com ESMTP|220 mail.example.com ESMTP Postfix",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"a pause before the greeting",
     {PAUSES(150), SAYS(GREETING), HEARS, SAYS("250 x\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"byte by byte",
     {{.act = FAKE_DRIP, .text = GREETING}, HEARS, SAYS("250 x\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"a teaser and a refusal",
     {SAYS("220-mail.example.com ESMTP\r\n"), PAUSES(20), SAYS("521 5.7.1 no\r\n"), HOLDS},
     SMTP_OK,
     "220-mail.example.com ESMTP|521 5.7.1 no",
     "",
     "[QUIT]"},
    {"554 is a greeting; no EHLO",
     {SAYS("554 mail.example.com no mail\r\n"), HOLDS},
     SMTP_OK,
     "554 mail.example.com no mail",
     "",
     "[QUIT]"},
    {"521 and close",
     {SAYS("521 mail.example.com never\r\n")},
     SMTP_OK,
     "521 mail.example.com never",
     "",
     ""},
    {"421 and close", {SAYS("421 busy\r\n")}, SMTP_OK, "421 busy", "", ""},
    {"EHLO is refused",
     {SAYS(GREETING), HEARS, SAYS("502 what?\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "502 what?",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"closed instead of the reply to EHLO",
     {SAYS(GREETING), HEARS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "",
     "[EHLO [192.0.2.1]]"},
    {"reset instead of the reply to EHLO",
     {SAYS(GREETING), HEARS, {.act = FAKE_RESET}},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "",
     "[EHLO [192.0.2.1]]"},
    {"rubbish instead of the reply to EHLO",
     {SAYS(GREETING), HEARS, SAYS("hello\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "",
     "[EHLO [192.0.2.1]]"},
    {"what comes along with the greeting is no reply",
     {SAYS(GREETING "250 early\r\n"), HEARS, SAYS("250 late\r\n"), HOLDS},
     SMTP_OK,
     "220 mail.example.com ESMTP Postfix",
     "250 late",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"masked by a firewall",
     {SAYS("220 ****2****0****\r\n"), HEARS, SAYS("250 x\r\n"), HOLDS},
     SMTP_OK,
     "220 ****2****0****",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"terminal escapes",
     {SAYS("220 a\x1b]0;b\x07\r\n"), HEARS, SAYS("250 x\r\n"), HOLDS},
     SMTP_OK,
     "220 a\\x1b]0;b\\x07",
     "250 x",
     "[EHLO [192.0.2.1]][QUIT]"},
    {"silence", {HOLDS}, SMTP_TIMEOUT, "", "", ""},
    {"silence after a first line",
     {SAYS("220-mail.example.com\r\n"), HOLDS},
     SMTP_TIMEOUT,
     "",
     "",
     ""},
    {"half a line", {SAYS("220 mail.exam"), HOLDS}, SMTP_TIMEOUT, "", "", ""},
    {"a drip without end",
     {{.act = FAKE_DRIP, .text = "220 " X100 X100 X100 X100 X100}, HOLDS},
     SMTP_TIMEOUT,
     "",
     "",
     ""},
    {"closed at once", {{0}}, SMTP_CLOSED, "", "", ""},
    {"closed after half a line", {SAYS("220 mail.exam")}, SMTP_CLOSED, "", "", ""},
    {"closed after a first line", {SAYS("220-mail.example.com\r\n")}, SMTP_CLOSED, "", "", ""},
    {"reset at once", {{.act = FAKE_RESET}}, SMTP_CLOSED, "", "", ""},
    {"SSH",
     {SAYS("SSH-2.0-OpenSSH_9.2p1\r\n"), HOLDS},
     SMTP_NOT_SMTP,
     "SSH-2.0-OpenSSH_9.2p1",
     "",
     ""},
    {"HTTP",
     {SAYS("HTTP/1.1 408 Request Timeout\r\nServer: x\r\n"), HOLDS},
     SMTP_NOT_SMTP,
     "HTTP/1.1 408 Request Timeout",
     "",
     ""},
    {"a TLS alert", {SAYS("\x15\x03\x01"), HOLDS}, SMTP_NOT_SMTP, "\\x15\\x03\\x01", "", ""},
    {"IMAP", {SAYS("* OK ready\r\n"), HOLDS}, SMTP_NOT_SMTP, "* OK ready", "", ""},
    {"NNTP has replies of this form",
     {SAYS("200 news.example.com\r\n"), HOLDS},
     SMTP_NOT_SMTP,
     "200 news.example.com",
     "",
     ""},
    {"an endless banner",
     {{.act = FAKE_FLOOD, .text = "220-more\r\n"}},
     SMTP_NOT_SMTP,
     "220-more",
     "",
     ""},
};

static struct loop *loop;

static void setup(void)
{
    struct error e;

    loop = loop_new(&e);
    ck_assert_ptr_nonnull(loop);
}

static void teardown(void)
{
    loop_free(loop);
}

static struct smtp *client(uint16_t port)
{
    const struct smtp_settings settings = {
        .port = port, .timeout_ms = TIMEOUT_MS, .ehlo_name = "[192.0.2.1]"};

    return smtp_new(loop, &settings);
}

struct pass {
    struct smtp *smtp;
    struct ip address;
    const struct smtp_greeting *greeting;
};

static bool greet(void *arg)
{
    struct pass *pass = arg;

    pass->greeting = smtp_ask(pass->smtp, &pass->address);
    return pass->greeting != NULL;
}

static const struct smtp_greeting *ask(struct smtp *smtp, const char *address)
{
    struct pass pass = {.smtp = smtp};

    ck_assert(ip_parse(address, &pass.address));
    ck_assert(loop_run_pass(loop, greet, &pass, loop_now_ms(loop) + 5000));
    return pass.greeting;
}

START_TEST(a_server_is_understood)
{
    struct fake_smtp fake = fake_smtp_start(greetings[_i].steps);
    struct smtp *smtp = client(fake.port);
    const struct smtp_greeting *g = ask(smtp, "127.0.0.1");
    const char *label = greetings[_i].label;
    char text[2048];

    ck_assert_msg(g->state == greetings[_i].want, "%s: %s", label, smtp_state_text(g->state));
    strings_join(&g->lines, "|", "", text, sizeof text);
    ck_assert_msg(strcmp(text, greetings[_i].lines) == 0, "%s: %s", label, text);
    strings_join(&g->ehlo, "|", "", text, sizeof text);
    ck_assert_msg(strcmp(text, greetings[_i].ehlo) == 0, "%s: %s", label, text);
    ck_assert_ptr_eq(ask(smtp, "127.0.0.1"), g);
    smtp_free(smtp);
    fake_smtp_stop(&fake, text, sizeof text);
    ck_assert_msg(strcmp(text, greetings[_i].heard) == 0, "%s: %s", label, text);
}
END_TEST

START_TEST(a_line_without_end_is_cut)
{
    static const struct fake_smtp_step flood[] = {{.act = FAKE_FLOOD, .text = "220 " X100}, {0}};
    struct fake_smtp fake = fake_smtp_start(flood);
    struct smtp *smtp = client(fake.port);
    const struct smtp_greeting *g = ask(smtp, "127.0.0.1");
    char text[64];

    ck_assert_int_eq(g->state, SMTP_NOT_SMTP);
    ck_assert_uint_eq(g->lines.count, 1);
    ck_assert_uint_eq(strlen(g->lines.v[0]), SMTP_LINE_MAX);
    ck_assert_uint_lt(g->took_ms, TIMEOUT_MS);
    smtp_free(smtp);
    fake_smtp_stop(&fake, text, sizeof text);
}
END_TEST

START_TEST(a_closed_port_refuses)
{
    const int fd = child_bind("127.0.0.1", 0, SOCK_DGRAM);
    struct smtp *smtp = client(child_port(fd)); /* no TCP there */

    ck_assert_int_eq(ask(smtp, "127.0.0.1")->state, SMTP_REFUSED);
    smtp_free(smtp);
    close(fd);
}
END_TEST

START_TEST(no_route_is_unreachable)
{
    struct smtp *smtp = client(25);

    ck_assert_int_eq(ask(smtp, "255.255.255.255")->state, SMTP_UNREACHABLE);
    smtp_free(smtp);
}
END_TEST

START_TEST(silence_takes_the_time_limit)
{
    static const struct fake_smtp_step silent[] = {HOLDS, {0}};
    struct fake_smtp fake = fake_smtp_start(silent);
    struct smtp *smtp = client(fake.port);
    const struct smtp_greeting *g = ask(smtp, "127.0.0.1");
    char text[64];

    ck_assert_uint_ge(g->took_ms, TIMEOUT_MS);
    ck_assert_uint_lt(g->took_ms, TIMEOUT_MS + 100);
    smtp_free(smtp);
    fake_smtp_stop(&fake, text, sizeof text);
}
END_TEST

START_TEST(a_conversation_may_be_left)
{
    static const struct fake_smtp_step silent[] = {HOLDS, {0}};
    struct fake_smtp fake = fake_smtp_start(silent);
    struct smtp *smtp = client(fake.port);
    struct ip address;
    char text[64];

    ck_assert(ip_parse("127.0.0.1", &address));
    ck_assert_ptr_null(smtp_ask(smtp, &address));
    ck_assert_ptr_null(smtp_ask(smtp, &address));
    smtp_free(smtp);
    fake_smtp_stop(&fake, text, sizeof text);
}
END_TEST

START_TEST(states_have_words)
{
    enum smtp_state state;

    for (int i = 0; i <= SMTP_UNREACHABLE; i++) {
        ck_assert(smtp_state_from_text(smtp_state_text((enum smtp_state)i), &state));
        ck_assert_int_eq(state, i);
    }
    ck_assert(!smtp_state_from_text("other", &state));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("smtp");
    TCase *tests = tcase_create("smtp");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, a_server_is_understood, 0, sizeof greetings / sizeof greetings[0]);
    tcase_add_test(tests, a_line_without_end_is_cut);
    tcase_add_test(tests, a_closed_port_refuses);
    tcase_add_test(tests, no_route_is_unreachable);
    tcase_add_test(tests, silence_takes_the_time_limit);
    tcase_add_test(tests, a_conversation_may_be_left);
    tcase_add_test(tests, states_have_words);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
