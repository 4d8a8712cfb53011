/* test_buf.c - buffers and their ceilings, and memory that cannot fail. */
#include "agent/base/buf.h"
#include "agent/base/mem.h"

#include "tests/support/unit.h"

#include <stdint.h>
#include <string.h>

START_TEST(grows_with_what_is_added)
{
    struct buf b = BUF_INIT(1000);

    ck_assert_str_eq(buf_string(&b), "");
    buf_text(&b, "mail");
    buf_char(&b, '.');
    buf_add(&b, "example.com!", 11);
    buf_printf(&b, " has %d of %s", 2, "them");
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_string(&b), "mail.example.com has 2 of them");
    ck_assert_uint_eq(b.length, strlen(b.data));
    buf_free(&b);
}
END_TEST

static const struct {
    const char *label;
    size_t ceiling;
    const char *pieces[4], *content;
    bool ok;
} ceilings[] = {
    {"exactly full is good", 8, {"1234", "5678"}, "12345678", true},
    {"one byte too many is bad", 8, {"1234", "56789"}, "1234", false},
    {"once bad, what would fit is left out too", 8, {"1234", "56789", "x"}, "1234", false},
    {"a ceiling of nothing takes nothing", 0, {"", "x"}, "", false},
    {"an empty piece is no problem at the ceiling", 4, {"1234", ""}, "1234", true},
};

START_TEST(ceiling)
{
    struct buf added = BUF_INIT(ceilings[_i].ceiling), printed = BUF_INIT(ceilings[_i].ceiling);

    for (size_t i = 0; ceilings[_i].pieces[i] != NULL; i++) {
        buf_text(&added, ceilings[_i].pieces[i]);
        buf_printf(&printed, "%s", ceilings[_i].pieces[i]);
    }
    ck_assert_msg(buf_ok(&added) == ceilings[_i].ok, "%s", ceilings[_i].label);
    ck_assert_msg(buf_ok(&printed) == ceilings[_i].ok, "%s (printf)", ceilings[_i].label);
    ck_assert_msg(strcmp(buf_string(&added), ceilings[_i].content) == 0, "%s", ceilings[_i].label);
    ck_assert_msg(strcmp(buf_string(&printed), ceilings[_i].content) == 0, "%s (printf)",
                  ceilings[_i].label);
    buf_free(&added);
    buf_free(&printed);
}
END_TEST

START_TEST(clear_makes_good_again)
{
    struct buf b = BUF_INIT(4);

    buf_text(&b, "12345");
    ck_assert(!buf_ok(&b));
    buf_clear(&b);
    ck_assert(buf_ok(&b));
    buf_text(&b, "1234");
    ck_assert(buf_ok(&b));
    ck_assert_str_eq(buf_string(&b), "1234");
    buf_clear(&b);
    ck_assert_str_eq(buf_string(&b), "");
    buf_free(&b);
}
END_TEST

START_TEST(take_leaves_an_empty_buffer)
{
    struct buf b = BUF_INIT(100);
    char *nothing = buf_take(&b);

    ck_assert_str_eq(nothing, "");
    free(nothing);
    buf_text(&b, "content");
    char *text = buf_take(&b);
    ck_assert_str_eq(text, "content");
    ck_assert_uint_eq(b.length, 0);
    ck_assert_uint_eq(b.ceiling, 100);
    buf_text(&b, "more");
    ck_assert_str_eq(buf_string(&b), "more");
    ck_assert_str_eq(text, "content");
    free(text);
    buf_free(&b);
    buf_free(&b);
    buf_free(NULL);
}
END_TEST

static const struct {
    const char *label, *text, *from, *to, *want;
} replacements[] = {
    {"throughout", "a/b/a", "a", "xy", "xy/b/xy"},
    {"side by side", "aaa", "a", "b", "bbb"},
    {"what was put in is not looked at", "aa", "a", "aa", "aaaa"},
    {"taken out", "a-b", "-", "", "ab"},
    {"not there", "abc", "d", "x", "abc"},
    {"nothing to look for", "abc", "", "x", "abc"},
    {"an empty text", "", "a", "x", ""},
};

START_TEST(a_piece_is_replaced)
{
    char *text =
        buf_replaced(replacements[_i].text, replacements[_i].from, replacements[_i].to, 64);

    ck_assert_msg(strcmp(text, replacements[_i].want) == 0, "%s: %s", replacements[_i].label, text);
    free(text);
}
END_TEST

START_TEST(holds_nul_bytes)
{
    struct buf b = BUF_INIT(100);

    buf_add(&b, "a\0b", 3);
    buf_add(&b, NULL, 0);
    ck_assert_uint_eq(b.length, 3);
    ck_assert_mem_eq(b.data, "a\0b", 4);
    buf_free(&b);
}
END_TEST

START_TEST(grows_byte_by_byte)
{
    struct buf b = BUF_INIT(SIZE_MAX);

    for (size_t i = 0; i < 100000; i++)
        buf_char(&b, (char)('a' + i % 26));
    ck_assert(buf_ok(&b));
    ck_assert_uint_eq(b.length, 100000);
    ck_assert_int_eq(b.data[99999], 'a' + 99999 % 26);
    ck_assert_int_eq(b.data[100000], '\0');
    buf_free(&b);
}
END_TEST

START_TEST(memory_is_zeroed_and_copied)
{
    int *numbers = mem_new(4, sizeof *numbers);
    char *copy = mem_text("text");

    ck_assert_int_eq(numbers[0] | numbers[3], 0);
    numbers[3] = 7;
    numbers = mem_resize(numbers, 1000, sizeof *numbers);
    ck_assert_int_eq(numbers[3], 7);
    ck_assert_str_eq(copy, "text");
    ck_assert_ptr_null(mem_text(NULL));
    free(numbers);
    free(copy);
}
END_TEST

START_TEST(nothing_has_an_address)
{
    void *none = mem_new(0, 8);

    none = mem_resize(none, 0, 8);
    ck_assert_ptr_nonnull(none);
    free(none);
}
END_TEST

START_TEST(exhaustion_ends_the_program)
{
    volatile size_t count = SIZE_MAX / 2; /* times 4 it overflows */

    free(_i == 0 ? mem_new(count, 4) : mem_resize(NULL, count, 4));
}
END_TEST

START_TEST(need_ends_the_program)
{
    void *volatile nothing = NULL;

    need(nothing);
}
END_TEST

/* AddressSanitizer aborts on impossible sizes unless told to return NULL like any other malloc. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

int main(void)
{
    const struct unit_test tests[] = {
        {"grows with what is added", grows_with_what_is_added, 1, 0},
        {"ceiling", ceiling, ROWS(ceilings), 0},
        {"clear makes good again", clear_makes_good_again, 1, 0},
        {"take leaves an empty buffer", take_leaves_an_empty_buffer, 1, 0},
        {"a piece is replaced", a_piece_is_replaced, ROWS(replacements), 0},
        {"holds NUL bytes", holds_nul_bytes, 1, 0},
        {"grows byte by byte", grows_byte_by_byte, 1, 0},
        {"memory is zeroed and copied", memory_is_zeroed_and_copied, 1, 0},
        {"nothing has an address", nothing_has_an_address, 1, 0},
        {"exhaustion ends the program", exhaustion_ends_the_program, 2, 1},
        {"need ends the program", need_ends_the_program, 1, 1},
    };

    return unit_run("buf", tests, ROWS(tests));
}
