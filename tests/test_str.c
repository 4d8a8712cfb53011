/* test_str.c - copies, numbers, durations, printable text, quoting, cursors, lists. */
#include "agent/base/str.h"

#include "tests/support/unit.h"

#include <string.h>

START_TEST(copy_fits_or_is_refused)
{
    char dst[5] = "old";

    ck_assert(str_copy(dst, sizeof dst, "1234"));
    ck_assert_str_eq(dst, "1234");
    ck_assert(!str_copy(dst, sizeof dst, "12345"));
    ck_assert_str_eq(dst, "");
    ck_assert(!str_copy(dst, 0, ""));
}
END_TEST

static const struct {
    const char *label, *text, *cut; /* cut to five bytes and a NUL */
} cuts[] = {
    {"what fits stays", "12345", "12345"},
    {"what is too long is cut", "123456", "12345"},
    {"a character of two bytes is not halved", "1234\xC3\xA9", "1234"},
    {"a character of two bytes stays when it fits", "123\xC3\xA9x", "123\xC3\xA9"},
    {"a character of four bytes is not cut in three", "12\xF0\x9F\x98\x80", "12"},
};

START_TEST(cut)
{
    char dst[6];

    str_cut(dst, sizeof dst, cuts[_i].text);
    ck_assert_msg(strcmp(dst, cuts[_i].cut) == 0, "%s: %s", cuts[_i].label, dst);
}
END_TEST

START_TEST(comparisons)
{
    ck_assert(str_equal("a", "a") && !str_equal("a", "A") && !str_equal("a", "ab"));
    ck_assert(str_equal_nocase("Mail.Example", "mail.eXAMPLE"));
    ck_assert(!str_equal_nocase("mail", "mails") && !str_equal_nocase("mails", "mail"));
    ck_assert(!str_equal_nocase("[", "{")); /* differ in the bit that makes letters small */
    ck_assert(str_equal_nocase("", "") && !str_equal_nocase("", "a"));
    ck_assert(str_starts("mail.example", "mail.") && !str_starts("mail", "mail."));
    ck_assert(str_ends("mail.example", ".example") && !str_ends("ample", "example"));
    ck_assert(str_starts("x", "") && str_ends("x", ""));
    ck_assert(str_lower('Z') == 'z' && str_lower('[') == '[' && str_lower('\xC9') == '\xC9');
}
END_TEST

static const struct {
    const char *label, *text;
    uint64_t min, max;
    bool good;
    uint64_t value;
} numbers[] = {
    {"a number", "25", 1, 65535, true, 25},
    {"the least", "1", 1, 65535, true, 1},
    {"the greatest", "65535", 1, 65535, true, 65535},
    {"below the least", "0", 1, 65535, false, 0},
    {"above the greatest", "65536", 1, 65535, false, 0},
    {"leading zeros are decimal", "025", 1, 65535, true, 25},
    {"the greatest number there is", "18446744073709551615", 0, UINT64_MAX, true, UINT64_MAX},
    {"one more than there is", "18446744073709551616", 0, UINT64_MAX, false, 0},
    {"far more than there is", "99999999999999999999999", 0, UINT64_MAX, false, 0},
    {"a minus is refused", "-1", 0, UINT64_MAX, false, 0},
    {"a plus is refused", "+1", 0, UINT64_MAX, false, 0},
    {"a blank in front is refused", " 1", 0, UINT64_MAX, false, 0},
    {"a blank behind is refused", "1 ", 0, UINT64_MAX, false, 0},
    {"a fraction is refused", "1.0", 0, UINT64_MAX, false, 0},
    {"hexadecimal is refused", "0x1", 0, UINT64_MAX, false, 0},
    {"nothing is refused", "", 0, UINT64_MAX, false, 0},
    {"a word is refused", "ten", 0, UINT64_MAX, false, 0},
};

START_TEST(number)
{
    uint64_t value = 77;
    bool good = str_uint(numbers[_i].text, numbers[_i].min, numbers[_i].max, &value);

    ck_assert_msg(good == numbers[_i].good, "%s", numbers[_i].label);
    ck_assert_msg(value == (good ? numbers[_i].value : 77), "%s", numbers[_i].label);
}
END_TEST

static const struct {
    const char *label, *text;
    bool good;
    uint32_t seconds;
} durations[] = {
    {"a bare number is seconds", "90", true, 90},
    {"seconds", "90s", true, 90},
    {"minutes", "5m", true, 300},
    {"hours", "2h", true, 7200},
    {"hours and minutes", "1h30m", true, 5400},
    {"all three", "1h1m1s", true, 3661},
    {"hours and seconds", "1h1s", true, 3601},
    {"nothing at all is a duration", "0", true, 0},
    {"the longest", "4294967295", true, UINT32_MAX},
    {"one second longer overflows", "4294967296", false, 0},
    {"hours that overflow", "1193047h", false, 0},
    {"the most hours", "1193046h", true, 4294965600},
    {"a sum that overflows", "1193046h4294967295s", false, 0},
    {"a number that overflows before its unit", "99999999999999999999h", false, 0},
    {"units from small to large are refused", "30m1h", false, 0},
    {"a unit twice is refused", "1h1h", false, 0},
    {"a number without unit behind one is refused", "1h30", false, 0},
    {"days are refused", "1d", false, 0},
    {"a unit alone is refused", "h", false, 0},
    {"capitals are refused", "1H", false, 0},
    {"a blank is refused", "1h 30m", false, 0},
    {"a minus is refused", "-5m", false, 0},
    {"a fraction is refused", "1.5h", false, 0},
    {"nothing is refused", "", false, 0},
};

START_TEST(duration)
{
    uint32_t seconds = 77;
    bool good = str_duration(durations[_i].text, &seconds);

    ck_assert_msg(good == durations[_i].good, "%s", durations[_i].label);
    ck_assert_msg(seconds == (good ? durations[_i].seconds : 77), "%s", durations[_i].label);
}
END_TEST

static const struct {
    uint64_t seconds;
    const char *text;
} duration_texts[] = {
    {0, "0 s"},
    {38, "38 s"},
    {60, "1 min"},
    {90, "1 min 30 s"},
    {1740, "29 min"},
    {3600, "1 h"},
    {5400, "1 h 30 min"},
    {5430, "1 h 30 min"},
    {3659, "1 h"},
    {86399, "23 h 59 min"},
    {86400, "1 d"},
    {93600, "1 d 2 h"},
    {UINT64_MAX, "213503982334601 d 7 h"},
};

START_TEST(duration_text)
{
    ck_assert_str_eq(str_duration_text(duration_texts[_i].seconds).s, duration_texts[_i].text);
}
END_TEST

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *label, *text;
    size_t length;
    const char *shown;
} printables[] = {
    {"plain text stays", TEXT("220 mail.example.com ESMTP"), "220 mail.example.com ESMTP"},
    {"a backslash stays", TEXT("a\\b"), "a\\b"},
    {"letters of other scripts stay", TEXT("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
     "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"},
    {"an escape sequence dies", TEXT("\033[31mred"), "\\x1b[31mred"},
    {"line ends are seen", TEXT("a\r\nb"), "a\\x0d\\x0ab"},
    {"a tab is seen", TEXT("a\tb"), "a\\x09b"},
    {"DEL is seen", TEXT("\x7F"), "\\x7f"},
    {"NUL is seen", TEXT("a\0b"), "a\\x00b"},
    {"a C1 control in UTF-8 dies",
     TEXT("\xC2\x9B"
          "31m"),
     "\\xc2\\x9b31m"},
    {"a C1 control as a bare byte dies",
     TEXT("\x9B"
          "31m"),
     "\\x9b31m"},
    {"the last C1 control dies", TEXT("\xC2\x9F"), "\\xc2\\x9f"},
    {"the no-break space stays", TEXT("\xC2\xA0"), "\xC2\xA0"},
    {"a bidirectional override dies",
     TEXT("\xE2\x80\xAE"
          "moc"),
     "\\xe2\\x80\\xaemoc"},
    {"the first of the embeddings dies", TEXT("\xE2\x80\xAA"), "\\xe2\\x80\\xaa"},
    {"an isolate dies", TEXT("\xE2\x81\xA6"), "\\xe2\\x81\\xa6"},
    {"the last isolate dies", TEXT("\xE2\x81\xA9"), "\\xe2\\x81\\xa9"},
    {"a zero-width space dies",
     TEXT("a\xE2\x80\x8B"
          "b"),
     "a\\xe2\\x80\\x8bb"},
    {"a right-to-left mark dies", TEXT("\xE2\x80\x8F"), "\\xe2\\x80\\x8f"},
    {"the Arabic letter mark dies", TEXT("\xD8\x9C"), "\\xd8\\x9c"},
    {"the byte order mark dies", TEXT("\xEF\xBB\xBF"), "\\xef\\xbb\\xbf"},
    {"a line separator dies", TEXT("\xE2\x80\xA8"), "\\xe2\\x80\\xa8"},
    {"a tag character dies", TEXT("\xF3\xA0\x81\xA1"), "\\xf3\\xa0\\x81\\xa1"},
    {"a dash next to the overrides stays", TEXT("\xE2\x80\x94"), "\xE2\x80\x94"},
    {"a lone continuation byte is seen", TEXT("a\x80"), "a\\x80"},
    {"a split character is seen", TEXT("a\xE2\x82"), "a\\xe2\\x82"},
    {"a broken character does not eat its follower", TEXT("\xE2\x82z"), "\\xe2\\x82z"},
    {"an overlong slash is seen", TEXT("\xC0\xAF"), "\\xc0\\xaf"},
    {"an overlong NUL is seen", TEXT("\xE0\x80\x80"), "\\xe0\\x80\\x80"},
    {"a surrogate is seen", TEXT("\xED\xA0\x80"), "\\xed\\xa0\\x80"},
    {"beyond Unicode is seen", TEXT("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"},
    {"bytes that never occur are seen", TEXT("\xFE\xFF"), "\\xfe\\xff"},
    {"nothing gives nothing", TEXT(""), ""},
};

START_TEST(printable)
{
    char dst[100];

    str_printable(dst, sizeof dst, printables[_i].text, printables[_i].length);
    ck_assert_msg(strcmp(dst, printables[_i].shown) == 0, "%s: %s", printables[_i].label, dst);
    char again[100];
    str_printable(again, sizeof again, dst, strlen(dst));
    ck_assert_msg(strcmp(dst, again) == 0, "%s: twice is like once", printables[_i].label);
}
END_TEST

static const struct {
    const char *label, *text, *shown; /* in five bytes and a NUL */
} printable_cuts[] = {
    {"plain text is cut", "1234567", "12345"},
    {"an escape that fits is whole", "1\033", "1\\x1b"},
    {"an escape that does not fit is left out", "12\033", "12"},
    {"a character that does not fit is left out", "123\xE2\x82\xAC", "123"},
    {"what comes behind the cut is gone too", "12\033z", "12"},
};

START_TEST(printable_is_cut_between_pieces)
{
    char dst[6] = "old";

    str_printable(dst, sizeof dst, printable_cuts[_i].text, strlen(printable_cuts[_i].text));
    ck_assert_msg(strcmp(dst, printable_cuts[_i].shown) == 0, "%s", printable_cuts[_i].label);
    str_printable(dst, 1, "x", 1);
    ck_assert_str_eq(dst, "");
}
END_TEST

static const char *const keys[] = {"name",     "hosts", "providers", "resolvers", "timeout",
                                   "timeouts", "dns",   "mta",       NULL};

static const struct {
    const char *label, *word, *nearest;
} nearests[] = {
    {"the word itself", "providers", "providers"},
    {"a letter missing", "provders", "providers"},
    {"a letter too many", "naame", "name"},
    {"a letter wrong", "nane", "name"},
    {"two neighbours swapped count one", "dsn", "dns"},
    {"three slips in a long word", "prevaderz", "providers"},
    {"four slips are too many", "prevadarz", NULL},
    {"half of a short word is too much", "nxyz", NULL},
    {"one slip of two letters is too much", "mt", NULL},
    {"of two equally near the first", "timeoutx", "timeout"},
    {"a shorter candidate is found", "resolve", "resolvers"},
    {"nothing is near nothing", "", NULL},
    {"nothing in common", "verify", NULL},
    {"a very long word is near nothing",
     "resolversresolversresolversresolversresolversresolversresolversresolvers", NULL},
};

START_TEST(nearest)
{
    const char *found = str_nearest(nearests[_i].word, keys);

    if (nearests[_i].nearest == NULL)
        ck_assert_msg(found == NULL, "%s: %s", nearests[_i].label, found);
    else
        ck_assert_msg(found != NULL && strcmp(found, nearests[_i].nearest) == 0, "%s: %s",
                      nearests[_i].label, found == NULL ? "nothing" : found);
}
END_TEST

static const struct {
    const char *label, *word, *quoted;
    size_t room;
} quotes[] = {
    {"a path needs no quotes", "/etc/postfix/main.cf", "/etc/postfix/main.cf", 64},
    {"an option needs none", "--only=ptr,mta", "--only=ptr,mta", 64},
    {"an address needs none", "2001:db8::25", "2001:db8::25", 64},
    {"nothing needs them", "", "''", 64},
    {"a blank needs them", "a b", "'a b'", 64},
    {"a quote is written outside them", "it's", "'it'\\''s'", 64},
    {"quotes only", "''", "''\\'''\\'''", 64},
    {"a variable stays a text", "$(reboot)", "'$(reboot)'", 64},
    {"a backtick stays a text", "`reboot`", "'`reboot`'", 64},
    {"a tilde stays a text", "~root", "'~root'", 64},
    {"a backslash stays a text", "a\\b", "'a\\b'", 64},
    {"a newline stays a text", "a\nb", "'a\nb'", 64},
    {"a star stays a text", "*", "'*'", 64},
    {"a semicolon stays a text", "a;b", "'a;b'", 64},
    {"an equals sign in front is quoted", "=ls", "'=ls'", 64},
    {"other scripts are quoted", "\xC3\xA9", "'\xC3\xA9'", 64},
    {"exactly what fits", "12345678901 3456", "'12345678901 3456'", 19},
    {"one byte more yields nothing", "12345678901 34567", "", 19},
    {"plain words must fit too", "1234567890123456789", "", 19},
};

START_TEST(shell_quote)
{
    char dst[64] = "old";

    str_shell_quote(dst, quotes[_i].room, quotes[_i].word);
    ck_assert_msg(strcmp(dst, quotes[_i].quoted) == 0, "%s: %s", quotes[_i].label, dst);
}
END_TEST

static const struct {
    const char *label, *text, *lines; /* each line ends in a bar */
} line_rows[] = {
    {"lines", "a\nb\n", "a|b|"},
    {"the last line may lack its end", "a\nb", "a|b|"},
    {"CR LF is one end", "a\r\nb\r\n", "a|b|"},
    {"a CR without LF is text", "a\rb\r", "a\rb\r|"},
    {"only one CR goes", "a\r\r\n", "a\r|"},
    {"empty lines count", "\n\na", "||a|"},
    {"an end alone is one empty line", "\r\n", "|"},
    {"nothing has no line", "", ""},
};

START_TEST(cursor_lines)
{
    const char *text = line_rows[_i].text;
    struct cursor all = cursor_of(text, strlen(text)), line;
    char seen[64] = "", one[32];

    while (cursor_line(&all, &line)) {
        ck_assert(cursor_copy(&line, one, sizeof one));
        strcat(seen, one);
        strcat(seen, "|");
    }
    ck_assert_msg(strcmp(seen, line_rows[_i].lines) == 0, "%s: %s", line_rows[_i].label, seen);
}
END_TEST

static const struct {
    const char *label, *text, *words;
} word_rows[] = {
    {"words", "203.0.113.25 mail.example.com", "203.0.113.25|mail.example.com|"},
    {"blanks and tabs around", "  a\t b \t", "a|b|"},
    {"blanks only have no word", " \t ", ""},
    {"nothing has no word", "", ""},
    {"other white space is part of a word", "a\vb", "a\vb|"},
};

START_TEST(cursor_words)
{
    const char *text = word_rows[_i].text;
    struct cursor all = cursor_of(text, strlen(text)), word;
    char seen[64] = "", one[32];

    while (cursor_word(&all, &word)) {
        ck_assert(cursor_copy(&word, one, sizeof one));
        strcat(seen, one);
        strcat(seen, "|");
    }
    ck_assert_msg(strcmp(seen, word_rows[_i].words) == 0, "%s: %s", word_rows[_i].label, seen);
}
END_TEST

START_TEST(cursor_copies_what_fits)
{
    struct cursor c = cursor_of("12345678", 4), none = cursor_of(NULL, 0), line;
    char four[5] = "old", three[4] = "old";

    ck_assert(cursor_copy(&c, four, sizeof four));
    ck_assert_str_eq(four, "1234");
    ck_assert(!cursor_copy(&c, three, sizeof three));
    ck_assert_str_eq(three, "old");
    ck_assert(!cursor_line(&none, &line) && !cursor_word(&none, &line));
}
END_TEST

START_TEST(lists)
{
    struct strings list = {0}, copy, none = {0};
    char joined[32];

    strings_join(&list, ", ", "none", joined, sizeof joined);
    ck_assert_str_eq(joined, "none");
    strings_sort(&list);
    strings_add(&list, "b");
    strings_add(&list, "B");
    strings_add(&list, "a");
    copy = strings_copy(&list);
    ck_assert(strings_equal(&list, &copy));
    strings_sort(&list);
    strings_join(&list, ", ", "none", joined, sizeof joined);
    ck_assert_str_eq(joined, "B, a, b");
    ck_assert(!strings_equal(&list, &copy) && !strings_equal(&list, &none));
    ck_assert(strings_have(&list, "a") && !strings_have(&list, "A"));
    strings_join(&list, ", ", "none", joined, 6);
    ck_assert_str_eq(joined, "B, a,");
    strings_free(&list);
    strings_free(&copy);
    ck_assert(strings_equal(&list, &none) && list.v == NULL);
    strings_free(&list);
    strings_free(NULL);
}
END_TEST

static struct strings letters(const char *text)
{
    struct strings list = {0};

    for (; *text != '\0'; text++)
        strings_add(&list, (char[]){*text, '\0'});
    return list;
}

/* What a write that goes from one set to another, a member at a time, may leave. */
static const struct {
    const char *label, *a, *b, *set;
    bool between;
} betweens[] = {
    {"the first itself", "ab", "c", "ab", true},
    {"the other itself", "ab", "c", "c", true},
    {"one came, one is still to go", "ab", "c", "cb", true},
    {"one came beside all", "ab", "c", "abc", true},
    {"one came for another", "ab", "cd", "cb", true},
    {"what both have stays", "ab", "ac", "a", true},
    {"what both have is gone", "ab", "ac", "bc", false},
    {"a stranger beside", "ab", "c", "cx", false},
    {"a stranger alone", "ab", "c", "x", false},
    {"nothing", "ab", "c", "", false},
    {"on the way from nothing", "", "ab", "a", true},
    {"on the way to nothing", "ab", "", "b", true},
};

START_TEST(between_two_sets)
{
    struct strings a = letters(betweens[_i].a), b = letters(betweens[_i].b);
    struct strings set = letters(betweens[_i].set);

    ck_assert_msg(strings_between(&a, &b, &set) == betweens[_i].between, "%s", betweens[_i].label);
    ck_assert_msg(strings_between(&b, &a, &set) == betweens[_i].between, "%s, the other way",
                  betweens[_i].label);
    strings_free(&a);
    strings_free(&b);
    strings_free(&set);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"copy fits or is refused", copy_fits_or_is_refused, 1, 0},
        {"cut", cut, ROWS(cuts), 0},
        {"comparisons", comparisons, 1, 0},
        {"number", number, ROWS(numbers), 0},
        {"duration", duration, ROWS(durations), 0},
        {"duration text", duration_text, ROWS(duration_texts), 0},
        {"printable", printable, ROWS(printables), 0},
        {"printable is cut", printable_is_cut_between_pieces, ROWS(printable_cuts), 0},
        {"nearest", nearest, ROWS(nearests), 0},
        {"shell quote", shell_quote, ROWS(quotes), 0},
        {"cursor lines", cursor_lines, ROWS(line_rows), 0},
        {"cursor words", cursor_words, ROWS(word_rows), 0},
        {"cursor copies what fits", cursor_copies_what_fits, 1, 0},
        {"lists", lists, 1, 0},
        {"between two sets", between_two_sets, ROWS(betweens), 0},
    };

    return unit_run("str", tests, ROWS(tests));
}
