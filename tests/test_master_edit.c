/* test_master_edit.c - one setting of one service changes, every other byte of master.cf stays. */
#include "mta/master_edit.h"

#include "tests/support/unit.h"

#include <string.h>

#include "agent/base/str.h"

#define NAME "mail.example.com"
#define IN "smtp inet n - y - - smtpd"
#define OUT "smtp unix - - y - - smtp"
#define HELO "smtp/unix", "smtp_helo_name", NAME
#define HOST "smtp/inet", "myhostname", NAME
#define GREETING "smtp/inet", "smtpd_banner", NAME " ESMTP"

static const struct {
    const char *label, *before, *service, *parameter, *value, *after;
} sets[] = {
    {"a value is replaced where it stands", IN "\n  -o myhostname=old\n" OUT "\n", HOST,
     IN "\n  -o myhostname=" NAME "\n" OUT "\n"},
    {"the same value changes nothing", IN "\n  -o  myhostname=" NAME " \n", HOST,
     IN "\n  -o  myhostname=" NAME " \n"},
    {"several settings a line", IN " -o a=b -o myhostname=old  -o c=d\n", HOST,
     IN " -o a=b -o myhostname=" NAME "  -o c=d\n"},
    {"no blank behind the option letter", IN " -omyhostname=old -v\n", HOST,
     IN " -omyhostname=" NAME " -v\n"},
    {"in braces", IN "\n  -o { myhostname = old }\n", HOST,
     IN "\n  -o { myhostname = " NAME " }\n"},
    {"in braces without blanks", IN "\n  -o {myhostname=old}\n", HOST,
     IN "\n  -o {myhostname=" NAME "}\n"},
    {"the first word of a greeting in braces", IN "\n  -o { smtpd_banner = old  ESMTP }\n",
     "smtp/inet", "smtpd_banner", NAME " ESMTP", IN "\n  -o { smtpd_banner = " NAME "  ESMTP }\n"},
    {"a greeting over two lines", IN "\n  -o { smtpd_banner = old\n# why\n    ESMTP }\n", GREETING,
     IN "\n  -o { smtpd_banner = " NAME "\n# why\n    ESMTP }\n"},
    {"braces come where the value needs them", IN " -o smtpd_banner=old -v\n", GREETING,
     IN " -o { smtpd_banner = " NAME " ESMTP } -v\n"},
    {"an empty value", IN " -o myhostname=\n", HOST, IN " -o myhostname=" NAME "\n"},
    {"an empty value in braces", IN " -o { myhostname = }\n", HOST,
     IN " -o { myhostname = " NAME " }\n"},
    {"the last of two counts", IN " -o myhostname=a -o myhostname=b\n", HOST,
     IN " -o myhostname=a -o myhostname=" NAME "\n"},
    {"a comment between the option lines", IN "\n  -o a=b\n# -o myhostname=no\n  -o myhostname=o\n",
     HOST, IN "\n  -o a=b\n# -o myhostname=no\n  -o myhostname=" NAME "\n"},
    {"CR LF line ends stay", IN "\r\n  -o myhostname=old\r\n", HOST,
     IN "\r\n  -o myhostname=" NAME "\r\n"},
    {"a missing final newline stays missing", IN "\n  -o myhostname=old", HOST,
     IN "\n  -o myhostname=" NAME},
    {"a longer parameter is another one", IN "\n  -o myhostname_x=a -o myhostname=b\n", HOST,
     IN "\n  -o myhostname_x=a -o myhostname=" NAME "\n"},
    {"the same name, another type", OUT "\n  -o myhostname=a\n" IN "\n  -o myhostname=b\n", HOST,
     OUT "\n  -o myhostname=a\n" IN "\n  -o myhostname=" NAME "\n"},
    {"an address and a port", "[2001:db8::1]:25 inet n - y - - smtpd -o myhostname=a\n",
     "[2001:db8::1]:25/inet", "myhostname", NAME,
     "[2001:db8::1]:25 inet n - y - - smtpd -o myhostname=" NAME "\n"},
    {"fields on several lines", "smtp\n inet n - y\n - - smtpd\n  -o myhostname=a\n", HOST,
     "smtp\n inet n - y\n - - smtpd\n  -o myhostname=" NAME "\n"},
    {"a setting is added below the others, as they are", OUT "\n\t-o a=b\n" IN "\n", HELO,
     OUT "\n\t-o a=b\n\t-o smtp_helo_name=" NAME "\n" IN "\n"},
    {"a service without any takes its neighbour's style", IN "\n    -o a=b\n" OUT "\n# end\n", HELO,
     IN "\n    -o a=b\n" OUT "\n    -o smtp_helo_name=" NAME "\n# end\n"},
    {"nobody has a style", OUT "\n", HELO, OUT "\n  -o smtp_helo_name=" NAME "\n"},
    {"commented-out settings stay below", OUT "\n#  -o a=b\n" IN "\n", HELO,
     OUT "\n  -o smtp_helo_name=" NAME "\n#  -o a=b\n" IN "\n"},
    {"a comment within the entry stays above", OUT "\n  -o a=b\n# c\n  -o d=e\n", HELO,
     OUT "\n  -o a=b\n# c\n  -o d=e\n  -o smtp_helo_name=" NAME "\n"},
    {"added with CR LF", OUT "\r\n" IN "\r\n", HELO,
     OUT "\r\n  -o smtp_helo_name=" NAME "\r\n" IN "\r\n"},
    {"added without a final newline", OUT, HELO, OUT "\n  -o smtp_helo_name=" NAME},
    {"added behind options of other kinds", OUT " -v -n x -o a=b\n", HELO,
     OUT " -v -n x -o a=b\n  -o smtp_helo_name=" NAME "\n"},
    {"added with blanks in the value", IN "\n", GREETING,
     IN "\n  -o { smtpd_banner = " NAME " ESMTP }\n"},
    {"braces of a condition hold blanks", IN " -o a=${b?{c -o myhostname=no}} -o myhostname=x\n",
     HOST, IN " -o a=${b?{c -o myhostname=no}} -o myhostname=" NAME "\n"},
};

START_TEST(set_keeps_the_rest)
{
    struct buf out = BUF_INIT(4096), value = BUF_INIT(4096), again = BUF_INIT(4096);
    const char *before = sets[_i].before;
    struct error e = {0};

    ck_assert_msg(master_set(before, strlen(before), sets[_i].service, sets[_i].parameter,
                             sets[_i].value, &out, &e),
                  "%s: %s", sets[_i].label, e.why);
    ck_assert_msg(str_equal(buf_string(&out), sets[_i].after), "%s:\n%s", sets[_i].label,
                  buf_string(&out));
    ck_assert(master_value(out.data, out.length, sets[_i].service, sets[_i].parameter, &value));
    ck_assert_msg(str_equal(buf_string(&value), sets[_i].value), "%s: %s", sets[_i].label,
                  buf_string(&value));
    ck_assert(master_set(out.data, out.length, sets[_i].service, sets[_i].parameter, sets[_i].value,
                         &again, &e));
    ck_assert_msg(str_equal(buf_string(&again), buf_string(&out)), "%s", sets[_i].label);
    buf_free(&out);
    buf_free(&value);
    buf_free(&again);
}
END_TEST

static const struct {
    const char *label, *text, *value, *why;
} refusals[] = {
    {"no such service", OUT "\n", "a", "no service smtp/inet"},
    {"a comment is no service", "#" IN "\n", "a", "no service smtp/inet"},
    {"a longer name is another service", "smtps inet n - y - - smtpd\n", "a",
     "no service smtp/inet"},
    {"too few fields", "smtp inet n -\n", "a", "no service smtp/inet"},
    {"two of them", IN "\n" IN " -o myhostname=a\n", "b", "more than one service smtp/inet"},
    {"arguments that are no options", IN " flags=x\n", "a", "no options"},
    {"behind the end of options", IN " -- -o myhostname=x\n", "a", "no options"},
    {"a value that spreads over lines", IN " -o { myhostname = a\n# c\n  b }\n", "c",
     "several lines"},
    {"an option without its value", IN " -o\n", "b", "no options"},
    {"a brace that is not closed", IN " -o { myhostname = a\n", "b", "is not closed"},
    {"a line break in the value", IN "\n", "a\nb", "control character"},
    {"a brace that nobody opened", IN "\n", "a}b", "loose brace"},
    {"a brace that nobody closes", IN "\n", "a{b", "loose brace"},
};

START_TEST(refused)
{
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    ck_assert_msg(!master_set(refusals[_i].text, strlen(refusals[_i].text), "smtp/inet",
                              "myhostname", refusals[_i].value, &out, &e),
                  "%s: %s", refusals[_i].label, buf_string(&out));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    ck_assert_msg(strstr(e.why, refusals[_i].why), "%s: %s", refusals[_i].label, e.why);
    buf_free(&out);
}
END_TEST

START_TEST(limits)
{
    struct buf small = BUF_INIT(10);
    struct error e = {0};

    ck_assert(!master_set(IN "\n", strlen(IN "\n"), HOST, &small, &e));
    ck_assert_int_eq(e.code, ERR_LIMIT_EXCEEDED);
    ck_assert(!master_set(IN "\0\n", strlen(IN) + 2, HOST, &small, &e));
    ck_assert_int_eq(e.code, ERR_CONFLICT);
    buf_free(&small);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"set keeps the rest", set_keeps_the_rest, ROWS(sets), 0},
        {"refused", refused, ROWS(refusals), 0},
        {"limits", limits, 1, 0},
    };

    return unit_run("master_edit", tests, ROWS(tests));
}
