/* test_smtp_reply.c - greetings and replies, proper and odd, as they come in. */
#include "agent/net/smtp_reply.h"

#include <string.h>

#include "agent/base/buf.h"
#include "tests/support/unit.h"

static const struct {
    const char *label, *data;
    enum smtp_parse want;
    size_t used; /* 0: all of it, when complete */
} parses[] = {
    {"nothing yet", "", SMTP_MORE, 0},
    {"half a code", "22", SMTP_MORE, 0},
    {"a code", "220", SMTP_MORE, 0},
    {"a line without its end", "220 mail.example.com ESMTP", SMTP_MORE, 0},
    {"half a line end", "220 mail.example.com ESMTP\r", SMTP_MORE, 0},
    {"half a line end behind the code", "220\r", SMTP_MORE, 0},
    {"one line", "220 mail.example.com ESMTP\r\n", SMTP_COMPLETE, 0},
    {"one line, bare LF", "220 mail.example.com ESMTP\n", SMTP_COMPLETE, 0},
    {"a code alone", "220\r\n", SMTP_COMPLETE, 0},
    {"a code and a blank", "220 \r\n", SMTP_COMPLETE, 0},
    {"a first line of several", "220-mail.example.com ESMTP\r\n", SMTP_MORE, 0},
    {"several lines", "220-a b\r\n220-c\r\n220 d\r\n", SMTP_COMPLETE, 0},
    {"several lines, the last without its end", "220-a\r\n220-b\r\n220 c", SMTP_MORE, 0},
    {"what follows the reply is not counted", "220 a\r\n250 b\r\n", SMTP_COMPLETE, 7},
    {"codes may differ: postscreen", "220-a\r\n521 b\r\n", SMTP_COMPLETE, 0},
    {"a refusal", "554 mail.example.com no\r\n", SMTP_COMPLETE, 0},
    {"a blank in front", " 220 mail.example.com\r\n", SMTP_INVALID, 0},
    {"SSH is known by its first byte", "S", SMTP_INVALID, 0},
    {"SSH", "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", SMTP_INVALID, 0},
    {"HTTP", "HTTP/1.1 400 Bad Request\r\n", SMTP_INVALID, 0},
    {"a TLS alert", "\x15\x03\x01", SMTP_INVALID, 0},
    {"POP3", "+OK ready\r\n", SMTP_INVALID, 0},
    {"IMAP", "* OK ready\r\n", SMTP_INVALID, 0},
    {"a code out of range", "620 a\r\n", SMTP_INVALID, 0},
    {"a second digit out of range", "260 a\r\n", SMTP_INVALID, 0},
    {"a short code", "22 a\r\n", SMTP_INVALID, 0},
    {"a line end after two digits", "22\r\n", SMTP_INVALID, 0},
    {"a long code", "2200 a\r\n", SMTP_INVALID, 0},
    {"an empty line", "\r\n", SMTP_INVALID, 0},
    {"text after the first line", "220-a\r\nhello\r\n", SMTP_INVALID, 0},
    {"CR inside", "220\rabc\r\n", SMTP_INVALID, 0},
};

START_TEST(a_reply_is_judged_as_it_comes_in)
{
    const char *data = parses[_i].data;
    size_t used = 77, want = parses[_i].used != 0 ? parses[_i].used : strlen(data);

    if (parses[_i].want != SMTP_COMPLETE)
        want = 77;
    ck_assert_msg(smtp_reply_parse(data, strlen(data), &used) == parses[_i].want, "%s",
                  parses[_i].label);
    ck_assert_msg(used == want, "%s: %zu", parses[_i].label, used);
}
END_TEST

/* `lines` lines of `length` bytes each, line ends included; the last one ends the reply. */
static const struct {
    const char *label;
    size_t lines, length, cut; /* bytes missing at the end */
    enum smtp_parse want;
} limits[] = {
    {"the longest line", 1, SMTP_LINE_MAX, 0, SMTP_COMPLETE},
    {"a longer line", 1, SMTP_LINE_MAX + 1, 0, SMTP_INVALID},
    {"the longest line, not ended yet", 1, SMTP_LINE_MAX, 1, SMTP_MORE},
    {"a longer line, not ended yet", 1, SMTP_LINE_MAX + 1, 1, SMTP_INVALID},
    {"as many lines as there may be", SMTP_REPLY_LINES, 20, 0, SMTP_COMPLETE},
    {"one line more", SMTP_REPLY_LINES + 1, 20, 0, SMTP_INVALID},
    {"as many bytes as there may be", 16, 512, 0, SMTP_COMPLETE},
    {"more bytes", 17, 500, 0, SMTP_INVALID},
    {"more bytes, not ended yet", 17, 500, 1, SMTP_INVALID},
};

START_TEST(limits_hold)
{
    struct buf reply = BUF_INIT(65536);
    size_t used;

    for (size_t i = 1; i <= limits[_i].lines; i++)
        buf_printf(&reply, "220%c%0*d\r\n", i < limits[_i].lines ? '-' : ' ',
                   (int)limits[_i].length - 6, 0);
    ck_assert_msg(smtp_reply_parse(reply.data, reply.length - limits[_i].cut, &used) ==
                      limits[_i].want,
                  "%s", limits[_i].label);
    buf_free(&reply);
}
END_TEST

static const struct {
    const char *label, *line;
    enum name_fault want;
    const char *name;
} names[] = {
    {"the usual greeting", "220 mail.example.com ESMTP Postfix", NAME_GOOD, "mail.example.com"},
    {"the first of several lines", "220-mail.example.com ESMTP", NAME_GOOD, "mail.example.com"},
    {"nothing but the name", "250 mail.example.com", NAME_GOOD, "mail.example.com"},
    {"final dot and upper case", "220 Mail.Example.COM. ESMTP", NAME_GOOD, "mail.example.com"},
    {"several blanks", "220   mail.example.com  ESMTP", NAME_GOOD, "mail.example.com"},
    {"a longer name is another name", "220 mail.example.com.other.net", NAME_GOOD,
     "mail.example.com.other.net"},
    {"a refusal may have a name", "554 mail.example.com no mail here", NAME_GOOD,
     "mail.example.com"},
    {"an inside address", "220 [10.0.0.5] ESMTP", NAME_LITERAL, NULL},
    {"no word", "220", NAME_EMPTY, ""},
    {"blanks only", "220   ", NAME_EMPTY, ""},
    {"a single label", "220 localhost ESMTP", NAME_LOCALHOST, NULL},
    {"a word of welcome", "220 Welcome to mail.example.com", NAME_SINGLE_LABEL, NULL},
    {"an underscore", "220 mail_1.example.com ESMTP", NAME_UNDERSCORE, NULL},
};

START_TEST(the_first_word_is_the_name)
{
    struct name name;

    ck_assert_msg(smtp_reply_name(names[_i].line, &name) == names[_i].want, "%s: %s",
                  names[_i].label, name.s);
    if (names[_i].name != NULL)
        ck_assert_msg(strcmp(name.s, names[_i].name) == 0, "%s: %s", names[_i].label, name.s);
}
END_TEST

static const struct {
    const char *label, *line;
    bool want;
} masks[] = {
    {"Cisco ASA", "220 ****2****0****", true},
    {"stars only", "220 *******************", true},
    {"with blanks", "220 ***** 2 **** 0", true},
    {"the first of several lines", "220-****************", true},
    {"a name", "220 mail.example.com ESMTP", false},
    {"stars around a name", "220 *** mail.example.com ***", false},
    {"nothing", "220", false},
    {"digits only", "220 220", false},
};

START_TEST(a_firewall_shows)
{
    ck_assert_msg(smtp_reply_is_masked(masks[_i].line) == masks[_i].want, "%s", masks[_i].label);
}
END_TEST

START_TEST(lines_are_made_printable)
{
    static const char reply[] = "220-mail.example.com \x1b[31m\r\n220 \x00 x\n";
    struct strings lines = {0};

    ck_assert_int_eq(smtp_reply_code(&lines), 0);
    smtp_reply_lines(reply, sizeof reply - 1, &lines);
    ck_assert_uint_eq(lines.count, 2);
    ck_assert_str_eq(lines.v[0], "220-mail.example.com \\x1b[31m");
    ck_assert_str_eq(lines.v[1], "220 \\x00 x");
    ck_assert_int_eq(smtp_reply_code(&lines), 220);
    strings_add(&lines, "521 5.7.1 no");
    ck_assert_int_eq(smtp_reply_code(&lines), 521);
    strings_add(&lines, "SSH-2.0");
    ck_assert_int_eq(smtp_reply_code(&lines), 0);
    strings_free(&lines);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a reply is judged as it comes in", a_reply_is_judged_as_it_comes_in, ROWS(parses), 0},
        {"limits hold", limits_hold, ROWS(limits), 0},
        {"the first word is the name", the_first_word_is_the_name, ROWS(names), 0},
        {"a firewall shows", a_firewall_shows, ROWS(masks), 0},
        {"lines are made printable", lines_are_made_printable, 1, 0},
    };

    return unit_run("smtp_reply", tests, ROWS(tests));
}
