/* printable.c - text from outside made safe to show: str_printable (str.h). */
#include "agent/base/str.h"

#include <string.h>

/*
 * Characters that control, reorder or hide text, besides C0 (Unicode 15: line
 * and paragraph separators, bidirectional controls, zero widths, fillers, tags).
 */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0080, 0x009F},    {0x00AD, 0x00AD},   {0x034F, 0x034F},   {0x061C, 0x061C},
    {0x115F, 0x1160},    {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},
    {0x2028, 0x202E},    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xD800, 0xDFFF},
    {0xFE00, 0xFE0F},    {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},
    {0xFFFE, 0xFFFF},    {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    {0xF0000, 0x10FFFF}, /* private use: a font decides what it looks like */
};

static bool is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0]; i++)
        if (code >= hidden[i].first && code <= hidden[i].last)
            return true;
    return false;
}

/* Lead bytes of UTF-8 and the least code each length may carry (RFC 3629 3). */
static const struct {
    unsigned char mask, lead;
    uint32_t least;
} forms[] = {
    [2] = {0xE0, 0xC0, 0x80},
    [3] = {0xF0, 0xE0, 0x800},
    [4] = {0xF8, 0xF0, 0x10000},
};

/* The length of the well-formed sequence of several bytes at the start, 0 when there is none. */
static size_t utf8_sequence(const unsigned char *s, size_t length, uint32_t *code)
{
    size_t n = 2;

    while (n <= 4 && (s[0] & forms[n].mask) != forms[n].lead)
        n++;
    if (n > 4 || n > length)
        return 0;
    uint32_t value = s[0] & (unsigned char)~forms[n].mask;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (s[i] & 0x3F);
    }
    *code = value;
    return value >= forms[n].least && value <= 0x10FFFF ? n : 0;
}

/* How many bytes at the start may be shown as they are: those of one character, or none. */
static size_t shown_as_is(const unsigned char *s, size_t length)
{
    uint32_t code;

    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7F ? 1 : 0;
    size_t n = utf8_sequence(s, length, &code);
    return n > 0 && !is_hidden(code) ? n : 0;
}

/* How many bytes at the start are printable ASCII, as nearly all are. */
static size_t ascii_run(const unsigned char *s, size_t length)
{
    size_t n = 0;

    while (n < length && s[n] >= 0x20 && s[n] < 0x7F)
        n++;
    return n;
}

void str_printable(char *dst, size_t size, const char *src, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *s = (const unsigned char *)src;
    size_t used = 0;

    if (size == 0)
        return;
    for (size_t i = 0; i < length;) {
        char escape[] = {'\\', 'x', digits[s[i] >> 4], digits[s[i] & 15]};
        const size_t room = size - used - 1, left = length - i;
        const size_t run = ascii_run(s + i, left < room ? left : room);
        const size_t plain = run > 0 ? run : shown_as_is(s + i, left);
        size_t piece = plain > 0 ? plain : sizeof escape;

        if (piece >= size - used)
            break;
        memcpy(dst + used, plain > 0 ? src + i : escape, piece);
        used += piece;
        i += plain > 0 ? plain : 1;
    }
    dst[used] = '\0';
}
