/* test_fleet_line.c - lines of a list of targets, well meant and not. */
#include "agent/fleet_line.h"

#include <string.h>

#include "tests/support/unit.h"

static const struct {
    const char *line;
    enum fleet_line want;
    const char *address, *name, *why;
} lines[] = {
    {"", FLEET_LINE_EMPTY, "", "", ""},
    {" \t ", FLEET_LINE_EMPTY, "", "", ""},
    {"# 203.0.113.25", FLEET_LINE_EMPTY, "", "", ""},
    {"203.0.113.25", FLEET_LINE_TARGET, "203.0.113.25", "", ""},
    {"  203.0.113.25\tMail.Example.COM.  ", FLEET_LINE_TARGET, "203.0.113.25", "mail.example.com",
     ""},
    {"2001:DB8::25 mail.example.com # ours", FLEET_LINE_TARGET, "2001:db8::25", "mail.example.com",
     ""},
    {"::ffff:203.0.113.25", FLEET_LINE_TARGET, "203.0.113.25", "", ""},
    {"203.0.113.25 mail.lan", FLEET_LINE_TARGET, "203.0.113.25", "mail.lan", ""},
    {"203.0.113.25 a.example.com b.example.com", FLEET_LINE_BAD, "", "", "more than"},
    {"mail.example.com 203.0.113.25", FLEET_LINE_BAD, "", "", "\"mail.example.com\" is no address"},
    {"203.0.113.256", FLEET_LINE_BAD, "", "", "no address"},
    {"203.0.113.25/24", FLEET_LINE_BAD, "", "", "no address"},
    {"[2001:db8::25]", FLEET_LINE_BAD, "", "", "no address"},
    {"203.0.113.25 mail_1.example.com", FLEET_LINE_BAD, "", "", "underscore"},
    {"203.0.113.25 mail", FLEET_LINE_BAD, "", "", "\"mail\""},
    {"\x1b[31m203.0.113.25", FLEET_LINE_BAD, "", "", "\\x1b[31m203"},
    {"{\"address\": \"203.0.113.25\", \"wanted\": \"mail.example.com\", \"id\": 7}",
     FLEET_LINE_TARGET, "203.0.113.25", "mail.example.com", ""},
    {"{\"address\": \"203.0.113.25\"}", FLEET_LINE_TARGET, "203.0.113.25", "", ""},
    {"{\"address\": \"203.0.113.25\", \"wanted\": 5}", FLEET_LINE_BAD, "", "", "texts"},
    {"{\"address\": [\"203.0.113.25\"]}", FLEET_LINE_BAD, "", "", "texts"},
    {"{\"wanted\": \"mail.example.com\"}", FLEET_LINE_BAD, "", "", "\"\" is no address"},
    {"{\"address\": \"203.0.113.25\"", FLEET_LINE_BAD, "", "", ""},
    {"{\"address\": \"203.0.113.25\"} 203.0.113.26", FLEET_LINE_BAD, "", "", ""},
};

START_TEST(a_line)
{
    struct target target;
    char why[200] = "";

    ck_assert_msg(fleet_line_parse(lines[_i].line, &target, why, sizeof why) == lines[_i].want,
                  "%s: %s", lines[_i].line, why);
    ck_assert_msg(strstr(why, lines[_i].why) != NULL, "%s: %s", lines[_i].line, why);
    if (lines[_i].want != FLEET_LINE_TARGET)
        return;
    ck_assert_str_eq(ip_text(&target.address).s, lines[_i].address);
    ck_assert_str_eq(target.wanted.s, lines[_i].name);
    ck_assert_str_eq(target.mta, "auto");
}
END_TEST

START_TEST(a_word_that_is_too_long)
{
    char line[1000], why[200];
    struct target target;

    memset(line, 'a', sizeof line);
    line[sizeof line - 1] = '\0';
    ck_assert_int_eq(fleet_line_parse(line, &target, why, sizeof why), FLEET_LINE_BAD);
    ck_assert_str_eq(why, "a word is longer than any name");
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a line", a_line, ROWS(lines), 0},
        {"a word that is too long", a_word_that_is_too_long, 1, 0},
    };

    return unit_run("fleet_line", tests, ROWS(tests));
}
