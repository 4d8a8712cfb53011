/* report_page.c - lines of text in columns, for any terminal. */
#include "agent/report_page.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

enum { WIDTH_USUAL = 80, WIDTH_LEAST = 40, WIDTH_MOST = 100, FIELD_LABEL = 6 };

struct page page_open(const struct style *style, struct buf *out)
{
    size_t screen = style->width == 0 ? WIDTH_USUAL : style->width;

    screen = screen < WIDTH_LEAST ? WIDTH_LEAST : screen;
    return (struct page){.out = out,
                         .style = style,
                         .screen = screen,
                         .width = screen < WIDTH_MOST ? screen : WIDTH_MOST};
}

/* Characters that a terminal shows two columns wide (Unicode 15, East Asian Width W and F). */
static const struct {
    uint32_t first, last;
} wide[] = {
    {0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F}, {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};

/* Marks that sit on the character before them. */
static bool is_combining(uint32_t code)
{
    return (code >= 0x0300 && code <= 0x036F) || (code >= 0x1AB0 && code <= 0x1AFF) ||
           (code >= 0x1DC0 && code <= 0x1DFF) || (code >= 0x20D0 && code <= 0x20FF);
}

static size_t columns_of(uint32_t code)
{
    if (is_combining(code))
        return 0;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (code >= wide[i].first && code <= wide[i].last)
            return 2;
    return 1;
}

/* The columns of well-formed UTF-8. */
static size_t columns(const char *text, size_t length)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t total = 0;

    for (size_t i = 0; i < length;) {
        uint32_t code = s[i];
        size_t more = code >= 0xF0 ? 3 : code >= 0xE0 ? 2 : code >= 0xC0 ? 1 : 0;

        code &= more == 0 ? 0x7Fu : 0x3Fu >> more;
        for (i++; more > 0 && i < length; more--, i++)
            code = code << 6 | (s[i] & 0x3Fu);
        total += columns_of(code);
    }
    return total;
}

/* Where signs have to be ASCII, so has the rest. The caller frees it. */
static char *ascii_only(char *text)
{
    size_t length = strlen(text), used = 0;
    char *out = mem_new(4 * length + 1, 1);

    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c < 0x80)
            out[used++] = (char)c;
        else
            used += (size_t)snprintf(out + used, 5, "\\x%02x", c);
    }
    free(text);
    return out;
}

/* A text as this page shows it; the caller frees it. */
static char *shown(const struct page *page, const char *text)
{
    size_t length = strlen(text);
    char *out = mem_new(4 * length + 1, 1);

    str_printable(out, 4 * length + 1, text, length);
    return page->style->ascii ? ascii_only(out) : out;
}

size_t page_columns(const struct page *page, const char *text)
{
    char *printable = shown(page, text);
    size_t total = columns(printable, strlen(printable));

    free(printable);
    return total;
}

void page_text(struct page *page, const char *text)
{
    char *printable = shown(page, text);

    buf_text(page->out, printable);
    page->column += columns(printable, strlen(printable));
    free(printable);
}

void page_paint(struct page *page, enum paint paint, const char *text)
{
    static const char *const codes[] = {
        /* ECMA-48 8.3.117 */
        [PAINT_PLAIN] = "",          [PAINT_RED] = "\033[31m", [PAINT_GREEN] = "\033[32m",
        [PAINT_YELLOW] = "\033[33m", [PAINT_DIM] = "\033[2m",
    };
    bool colored = page->style->color && paint != PAINT_PLAIN;

    if (colored)
        buf_text(page->out, codes[paint]);
    page_text(page, text);
    if (colored)
        buf_text(page->out, "\033[0m");
}

void page_printf(struct page *page, const char *format, ...)
{
    struct buf text = BUF_INIT(SIZE_MAX - 1);
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    page_text(page, buf_string(&text));
    buf_free(&text);
}

void page_to(struct page *page, size_t column)
{
    for (; page->column < column; page->column++)
        buf_char(page->out, ' ');
}

void page_end(struct page *page)
{
    buf_char(page->out, '\n');
    page->column = 0;
}

void page_wrap(struct page *page, size_t indent, const char *text)
{
    char *printable = shown(page, text);
    const char *at = printable;

    page_to(page, indent);
    for (at += strspn(at, " "); *at != '\0'; at += strspn(at, " ")) {
        size_t length = strcspn(at, " "), w = columns(at, length);
        bool first = page->column <= indent;

        if (!first && page->column + 1 + w > page->width) {
            page_end(page);
            page_to(page, indent);
        } else if (!first && at > printable && at[-1] == ' ')
            page_to(page, page->column + 1);
        buf_add(page->out, at, length);
        page->column += w;
        at += length;
    }
    free(printable);
}

void page_field(struct page *page, size_t indent, const char *label, const char *value)
{
    page_to(page, indent);
    page_paint(page, PAINT_DIM, label);
    page_wrap(page, indent + FIELD_LABEL, value);
    page_end(page);
}

void page_commands(struct page *page, size_t indent, const char *next, const char *alt)
{
    if (next[0] != '\0') {
        page_to(page, indent);
        page_paint(page, PAINT_DIM, "next");
        page_to(page, indent + FIELD_LABEL);
        page_text(page, next);
        page_end(page);
    }
    if (alt[0] != '\0') {
        page_to(page, indent + FIELD_LABEL);
        page_paint(page, PAINT_DIM, "or:");
        page_printf(page, " %s", alt);
        page_end(page);
    }
}

void page_next(struct page *page, const char *command)
{
    if (command[0] == '\0')
        return;
    page_printf(page, "Next: %s", command);
    page_end(page);
}

const char *page_sign(const struct page *page, enum result result)
{
    static const char *const signs[][2] = {
        [RESULT_OK] = {"✓", "ok"},     [RESULT_WARN] = {"!", "!"},    [RESULT_FAIL] = {"✗", "X"},
        [RESULT_UNKNOWN] = {"?", "?"}, [RESULT_SKIPPED] = {"-", "-"},
    };

    return signs[result][page->style->ascii];
}

enum paint page_sign_paint(enum result result)
{
    static const enum paint paints[] = {
        [RESULT_OK] = PAINT_GREEN,       [RESULT_WARN] = PAINT_YELLOW, [RESULT_FAIL] = PAINT_RED,
        [RESULT_UNKNOWN] = PAINT_YELLOW, [RESULT_SKIPPED] = PAINT_DIM,
    };

    return paints[result];
}

void page_result(struct page *page, enum result result)
{
    page_paint(page, page_sign_paint(result), page_sign(page, result));
}
