/* test_edit.c - one parameter of a main.cf changes, every other byte stays. */
#include "mta/edit.h"

#include "tests/support/unit.h"

#include <string.h>

#include "agent/base/str.h"

#define NAME "mail.example.com"

static const struct {
    const char *label, *before, *parameter, *value, *after;
} sets[] = {
    {"a plain value is replaced", "a = 1\nmyhostname = old\nb = 2\n", "myhostname", NAME,
     "a = 1\nmyhostname = " NAME "\nb = 2\n"},
    {"the same value changes nothing", "myhostname =  " NAME " \n", "myhostname", NAME,
     "myhostname =  " NAME " \n"},
    {"blanks around the equals sign stay", "myhostname\t=\t old\n", "myhostname", NAME,
     "myhostname\t=\t " NAME "\n"},
    {"no blanks around the equals sign stay none", "myhostname=old\n", "myhostname", NAME,
     "myhostname=" NAME "\n"},
    {"trailing blanks stay", "myhostname = old \t\nx = y\n", "myhostname", NAME,
     "myhostname = " NAME " \t\nx = y\n"},
    {"CR LF line ends stay", "a = 1\r\nmyhostname = old\r\nb = 2\r\n", "myhostname", NAME,
     "a = 1\r\nmyhostname = " NAME "\r\nb = 2\r\n"},
    {"a missing final newline stays missing when a value is replaced", "myhostname = old",
     "myhostname", NAME, "myhostname = " NAME},
    {"a missing final newline is added before a new line", "inet_protocols = ipv4", "myhostname",
     NAME, "inet_protocols = ipv4\nmyhostname = " NAME "\n"},
    {"a new line ends as the others do", "a = 1\r\nb = 2", "myhostname", NAME,
     "a = 1\r\nb = 2\r\nmyhostname = " NAME "\r\n"},
    {"an empty file gets its first line", "", "myhostname", NAME, "myhostname = " NAME "\n"},
    {"the last duplicate is the one that counts", "myhostname = a\nmyhostname = b\n", "myhostname",
     NAME, "myhostname = a\nmyhostname = " NAME "\n"},
    {"a duplicate that already has the value does not count",
     "myhostname = " NAME "\nmyhostname = b\n", "myhostname", NAME,
     "myhostname = " NAME "\nmyhostname = " NAME "\n"},
    {"another letter case is another parameter", "MyHostName = a\n", "myhostname", NAME,
     "MyHostName = a\nmyhostname = " NAME "\n"},
    {"a longer name is another parameter", "myhostname_x = a\n", "myhostname", NAME,
     "myhostname_x = a\nmyhostname = " NAME "\n"},
    {"a byte-order mark belongs to the first name, which does not count",
     "\xEF\xBB\xBFmyhostname = a\n", "myhostname", NAME,
     "\xEF\xBB\xBFmyhostname = a\nmyhostname = " NAME "\n"},
    {"an indented first line does not count", "  myhostname = a\nb = 2\n", "myhostname", NAME,
     "  myhostname = a\nb = 2\nmyhostname = " NAME "\n"},
    {"an indented line below another parameter is part of that", "relayhost =\n   myhostname = x\n",
     "myhostname", NAME, "relayhost =\n   myhostname = x\nmyhostname = " NAME "\n"},
    {"an empty value gets its blank", "relayhost =\nb = 2\n", "relayhost", "[a.example]",
     "relayhost = [a.example]\nb = 2\n"},
    {"an empty value without blanks gets none", "relayhost=\n", "relayhost", "[a.example]",
     "relayhost=[a.example]\n"},
    {"an empty value keeps one trailing blank as its own", "relayhost = \n", "relayhost", "x",
     "relayhost = x\n"},
    {"an empty value at CR LF", "relayhost =\r\n", "relayhost", "x", "relayhost = x\r\n"},
    {"a value is emptied", "relayhost = [a.example]\nb = 2\n", "relayhost", "",
     "relayhost =\nb = 2\n"},
    {"a continuation line goes with the value", "myhostname = old\n  older\nb = 2\n", "myhostname",
     NAME, "myhostname = " NAME "\nb = 2\n"},
    {"comments and blank lines within a value stay",
     "myhostname =\n# why\n\n  old\n # more\n  older\nb = 2\n", "myhostname", NAME,
     "myhostname =\n# why\n\n  " NAME "\n # more\nb = 2\n"},
    {"a word added to a list goes behind the last one",
     "mydestination = $myhostname,\n   a.example\n# end\nb = 2\n", "mydestination",
     "$myhostname, a.example, old.example",
     "mydestination = $myhostname,\n   a.example, old.example\n# end\nb = 2\n"},
    {"a word added behind a comma changes no other",
     "mydestination = $myhostname,\n   a.example,\n", "mydestination",
     "$myhostname, a.example, old.example",
     "mydestination = $myhostname,\n   a.example, old.example\n"},
    {"a word added to a list of blanks", "mydestination = a  b\n", "mydestination", "a b c",
     "mydestination = a  b c\n"},
    {"a word added in front", "mydestination = a\n b\n", "mydestination", "x a b",
     "mydestination = x a\n b\n"},
    {"a word added between two lines goes with the upper one", "mydestination = a\n b\n",
     "mydestination", "a x b", "mydestination = a x\n b\n"},
    {"a word taken from the middle", "mydestination = a b  c\n", "mydestination", "a c",
     "mydestination = a  c\n"},
    {"the last word taken away takes its blank along", "mydestination = a b\nx = y\n",
     "mydestination", "a", "mydestination = a\nx = y\n"},
    {"the first word of a continuation line taken away", "mydestination = a\n  b c\n",
     "mydestination", "a c", "mydestination = a\n  c\n"},
    {"a continuation line in the middle taken away", "mydestination = a\n  b\n  c\n",
     "mydestination", "a c", "mydestination = a\n  c\n"},
    {"the first word of a greeting changes, its blanks and lines do not",
     "smtpd_banner = old.example   ESMTP\n\t$mail_name\n", "smtpd_banner", NAME " ESMTP $mail_name",
     "smtpd_banner = " NAME "   ESMTP\n\t$mail_name\n"},
    {"name and equals sign on two lines", "myhostname\n# odd\n = old\n", "myhostname", NAME,
     "myhostname\n# odd\n = " NAME "\n"},
    {"an equals sign on a line of its own", "relayhost\n =\n", "relayhost", "x",
     "relayhost\n = x\n"},
    {"a new line goes below the commented-out one",
     "# The name.\n#myhostname = host.domain.tld\n\nb = 2\n", "myhostname", NAME,
     "# The name.\n#myhostname = host.domain.tld\nmyhostname = " NAME "\n\nb = 2\n"},
    {"below the last of several commented-out ones", "#myhostname = a\n# myhostname = b\nb = 2\n",
     "myhostname", NAME, "#myhostname = a\n# myhostname = b\nmyhostname = " NAME "\nb = 2\n"},
    {"below a commented-out last line without newline", "b = 2\n#myhostname = a", "myhostname",
     NAME, "b = 2\n#myhostname = a\nmyhostname = " NAME "\n"},
    {"a comment that only mentions the name is no place for it", "# myhostname is it\nb = 2\n",
     "myhostname", NAME, "# myhostname is it\nb = 2\nmyhostname = " NAME "\n"},
    {"a commented-out line within a value is no place: the value would break apart",
     "mydestination = a,\n#myhostname = x\n  b\n", "myhostname", NAME,
     "mydestination = a,\n#myhostname = x\n  b\nmyhostname = " NAME "\n"},
    {"nor is one above lines that nobody reads", "#myhostname = x\n  stray\nb = 2\n", "myhostname",
     NAME, "#myhostname = x\n  stray\nb = 2\nmyhostname = " NAME "\n"},
    {"an earlier good place is taken then",
     "#myhostname = a\nb = 1\nc = 2,\n#myhostname = x\n  3\n", "myhostname", NAME,
     "#myhostname = a\nmyhostname = " NAME "\nb = 1\nc = 2,\n#myhostname = x\n  3\n"},
    {"text behind the value is no comment but part of it", "myhostname = old # mine\n",
     "myhostname", NAME, "myhostname = " NAME "\n"},
    {"a line without an equals sign is left alone", "myhostname\nb = 2\n", "myhostname", NAME,
     "myhostname\nb = 2\nmyhostname = " NAME "\n"},
    {"form feed and vertical tab are blanks too", "myhostname =\v old\f\n", "myhostname", NAME,
     "myhostname =\v " NAME "\f\n"},
};

START_TEST(set_keeps_the_rest)
{
    struct buf out = BUF_INIT(4096);
    struct error e = {0};

    ck_assert_msg(edit_set(sets[_i].before, strlen(sets[_i].before), sets[_i].parameter,
                           sets[_i].value, &out, &e),
                  "%s: %s", sets[_i].label, e.why);
    ck_assert_msg(str_equal(buf_string(&out), sets[_i].after), "%s:\n%s", sets[_i].label,
                  buf_string(&out));
    buf_free(&out);
}
END_TEST

/* Whatever was done, reading it back gives the value, and doing it again changes nothing. */
START_TEST(set_is_read_back)
{
    struct buf out = BUF_INIT(4096), value = BUF_INIT(4096), again = BUF_INIT(4096);
    struct error e = {0};

    ck_assert(edit_set(sets[_i].before, strlen(sets[_i].before), sets[_i].parameter, sets[_i].value,
                       &out, &e));
    ck_assert_msg(edit_value(out.data, out.length, sets[_i].parameter, &value), "%s",
                  sets[_i].label);
    ck_assert_msg(str_equal(buf_string(&value), sets[_i].value), "%s: %s", sets[_i].label,
                  buf_string(&value));
    ck_assert(edit_set(out.data, out.length, sets[_i].parameter, sets[_i].value, &again, &e));
    ck_assert_msg(str_equal(buf_string(&again), buf_string(&out)), "%s", sets[_i].label);
    buf_free(&out);
    buf_free(&value);
    buf_free(&again);
}
END_TEST

static const struct {
    const char *label, *text, *value; /* of "x"; NULL: not set */
} values[] = {
    {"one word", "x = a\n", "a"},
    {"parts are joined with one blank", "x = a,\n\t  b\n\n# c\n   d\n", "a, b d"},
    {"the last one wins", "x = a\nx = b\n", "b"},
    {"an empty one wins too", "x = a\nx =\n", ""},
    {"equals signs in the value", "x = a=b = c\n", "a=b = c"},
    {"blanks behind the value are dropped, CR with them", "x = a \t\r\n", "a"},
    {"nothing", "", NULL},
    {"only a comment", "#x = a\n", NULL},
    {"an indented line at the start", " x = a\n", NULL},
    {"a comment above does not make an indented line count", "# c\n x = a\n", NULL},
    {"two words in front of the equals sign", "x y = a\n", NULL},
    {"no equals sign", "x\n", NULL},
};

START_TEST(value_is_the_effective_one)
{
    struct buf out = BUF_INIT(4096);
    bool set = edit_value(values[_i].text, strlen(values[_i].text), "x", &out);

    ck_assert_msg(set == (values[_i].value != NULL), "%s", values[_i].label);
    if (set)
        ck_assert_msg(str_equal(buf_string(&out), values[_i].value), "%s: %s", values[_i].label,
                      buf_string(&out));
    buf_free(&out);
}
END_TEST

static const struct {
    const char *label, *before, *after; /* without "x" */
} removals[] = {
    {"its line goes", "a = 1\nx = 2\nb = 3\n", "a = 1\nb = 3\n"},
    {"all duplicates go", "x = 1\na = 1\nx = 2\n", "a = 1\n"},
    {"continuation lines go, comments stay", "x = 1,\n# why\n  2\nb = 3\n", "# why\nb = 3\n"},
    {"what is not there changes nothing", "a = 1\r\n", "a = 1\r\n"},
    {"a commented-out one stays", "#x = 1\n", "#x = 1\n"},
};

START_TEST(removal_keeps_the_rest)
{
    struct buf out = BUF_INIT(4096);
    struct error e;

    ck_assert(edit_remove(removals[_i].before, strlen(removals[_i].before), "x", &out, &e));
    ck_assert_msg(str_equal(buf_string(&out), removals[_i].after), "%s: %s", removals[_i].label,
                  buf_string(&out));
    buf_free(&out);
}
END_TEST

static const struct {
    const char *label, *text;
    size_t length;
    const char *value;
    size_t ceiling;
    enum err code;
} refusals[] = {
    {"a line break in the value", "a = 1\n", 6, "one\ntwo", 4096, ERR_CONFLICT},
    {"a tab in the value", "a = 1\n", 6, "one\ttwo", 4096, ERR_CONFLICT},
    {"a word that would start a comment", "a = 1\n", 6, "one #two", 4096, ERR_CONFLICT},
    {"a NUL byte in the file", "a = 1\0\n", 7, "one", 4096, ERR_CONFLICT},
    {"more than fits", "a = 1\n", 6, "one", 10, ERR_LIMIT_EXCEEDED},
};

START_TEST(refused)
{
    struct buf out = BUF_INIT(refusals[_i].ceiling);
    struct error e = {0};

    ck_assert_msg(
        !edit_set(refusals[_i].text, refusals[_i].length, "x", refusals[_i].value, &out, &e), "%s",
        refusals[_i].label);
    ck_assert_msg(e.code == refusals[_i].code, "%s: %s", refusals[_i].label, e.why);
    buf_free(&out);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"set keeps the rest", set_keeps_the_rest, ROWS(sets), 0},
        {"set is read back", set_is_read_back, ROWS(sets), 0},
        {"value is the effective one", value_is_the_effective_one, ROWS(values), 0},
        {"removal keeps the rest", removal_keeps_the_rest, ROWS(removals), 0},
        {"refused", refused, ROWS(refusals), 0},
    };

    return unit_run("edit", tests, ROWS(tests));
}
