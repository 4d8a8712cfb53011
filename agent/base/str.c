/* str.c - copies, comparisons, numbers and durations, quoting, cursors. */
#include "agent/base/str.h"

#include "agent/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xC0) == 0x80; /* RFC 3629 3 */
}

bool str_copy(char *dst, size_t size, const char *src)
{
    size_t length = strlen(src);

    if (size == 0)
        return false;
    if (length >= size) {
        dst[0] = '\0';
        return false;
    }
    memcpy(dst, src, length + 1);
    return true;
}

void str_cut(char *dst, size_t size, const char *src)
{
    size_t length = strnlen(src, size);

    if (size == 0)
        return;
    if (length == size) {
        length--;
        while (length > 0 && is_continuation(src[length])) /* no half of a character */
            length--;
    }
    memmove(dst, src, length);
    dst[length] = '\0';
}

void str_format(char *dst, size_t size, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vsnprintf(dst, size, format, args);
    va_end(args);
}

bool str_equal(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

char str_lower(char c)
{
    static const char small[] = "abcdefghijklmnopqrstuvwxyz";

    if (c >= 'A' && c <= 'Z')
        return small[c - 'A'];
    return c;
}

bool str_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && str_lower(*a) == str_lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

bool str_starts(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool str_ends(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);

    return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

/* Digits up to something else; false when there are none or too many. */
static bool take_number(const char **at, uint64_t *out)
{
    uint64_t value = 0;
    const char *p = *at;

    for (; is_digit(*p); p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (p == *at)
        return false;
    *at = p;
    *out = value;
    return true;
}

bool str_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t value;

    if (!take_number(&text, &value) || *text != '\0' || value < min || value > max)
        return false;
    *out = value;
    return true;
}

static const struct {
    char letter;
    uint32_t seconds;
} parsed_units[] = {{'h', 3600}, {'m', 60}, {'s', 1}};

enum { PARSED_UNITS = sizeof parsed_units / sizeof parsed_units[0] };

bool str_duration(const char *text, uint32_t *seconds)
{
    uint64_t total = 0, number;
    size_t unit = 0; /* units come from large to small, each at most once */

    if (str_uint(text, 0, UINT32_MAX, &total)) {
        *seconds = (uint32_t)total;
        return true;
    }
    do {
        if (!take_number(&text, &number))
            return false;
        while (unit < PARSED_UNITS && parsed_units[unit].letter != *text)
            unit++;
        if (unit == PARSED_UNITS || number > (UINT32_MAX - total) / parsed_units[unit].seconds)
            return false;
        total += number * parsed_units[unit++].seconds;
        text++;
    } while (*text != '\0');
    *seconds = (uint32_t)total;
    return true;
}

static const struct {
    const char *name;
    uint64_t seconds;
} shown_units[] = {{"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};

enum { SHOWN_UNITS = sizeof shown_units / sizeof shown_units[0] };

struct str_duration_text str_duration_text(uint64_t seconds)
{
    struct str_duration_text text;
    size_t unit = 0;

    while (unit < SHOWN_UNITS - 1 && seconds < shown_units[unit].seconds)
        unit++;
    uint64_t whole = seconds / shown_units[unit].seconds;
    uint64_t rest = seconds % shown_units[unit].seconds;
    if (unit + 1 < SHOWN_UNITS)
        rest /= shown_units[unit + 1].seconds;
    if (rest == 0)
        snprintf(text.s, sizeof text.s, "%ju %s", (uintmax_t)whole, shown_units[unit].name);
    else
        snprintf(text.s, sizeof text.s, "%ju %s %ju %s", (uintmax_t)whole, shown_units[unit].name,
                 (uintmax_t)rest, shown_units[unit + 1].name);
    return text;
}

enum { NEAREST_WORD = 64, NEAREST_DISTANCE = 3 };

static size_t min_size(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Damerau-Levenshtein, each place edited at most once: insertions, deletions,
 * replacements and swaps of neighbours count one.
 */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows[3][NEAREST_WORD + 1] = {0}; /* the row at hand and the two above it, in turn */
    size_t width = strlen(b), height = strlen(a);

    for (size_t j = 0; j <= width; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t *now = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above2 = rows[(i + 1) % 3];

        now[0] = i;
        for (size_t j = 1; j <= width; j++) {
            now[j] = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = min_size(now[j], min_size(now[j - 1], above[j]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = min_size(now[j], above2[j - 2] + 1);
        }
    }
    return rows[height % 3][width];
}

const char *str_nearest(const char *word, const char *const *candidates)
{
    size_t length = strnlen(word, NEAREST_WORD + 1);
    size_t best = min_size(NEAREST_DISTANCE + 1, (length + 1) / 2);
    const char *nearest = NULL;

    if (length > NEAREST_WORD)
        return NULL;
    for (; *candidates != NULL; candidates++) {
        if (strnlen(*candidates, NEAREST_WORD + 1) > NEAREST_WORD)
            continue;
        size_t distance = edit_distance(word, *candidates);
        if (distance < best) {
            best = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}

/* A word of these alone means itself in every shell, at any place but the first of a line. */
static bool is_plain_word(const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "@%_+=:,./-";

    return word[0] != '\0' && word[0] != '=' && word[0] != '%' && word[strspn(word, plain)] == '\0';
}

void str_shell_quote(char *dst, size_t size, const char *word)
{
    struct buf quoted = BUF_INIT(size > 0 ? size - 1 : 0);

    if (is_plain_word(word)) {
        buf_text(&quoted, word);
    } else {
        buf_char(&quoted, '\'');
        for (; *word != '\0'; word++)
            buf_add(&quoted, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
        buf_char(&quoted, '\'');
    }
    str_cut(dst, size, buf_ok(&quoted) ? buf_string(&quoted) : "");
    buf_free(&quoted);
}

struct cursor cursor_of(const char *text, size_t length)
{
    const char *at = text == NULL ? "" : text;

    return (struct cursor){.at = at, .end = at + length};
}

static size_t cursor_length(const struct cursor *c)
{
    return (size_t)(c->end - c->at);
}

bool cursor_line(struct cursor *c, struct cursor *line)
{
    if (c->at == c->end)
        return false;
    const char *feed = memchr(c->at, '\n', cursor_length(c));
    const char *stop = feed == NULL ? c->end : feed;

    *line = (struct cursor){.at = c->at, .end = stop};
    if (feed != NULL && line->end > line->at && line->end[-1] == '\r')
        line->end--;
    c->at = feed == NULL ? c->end : feed + 1;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool cursor_word(struct cursor *c, struct cursor *word)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
    if (c->at == c->end)
        return false;
    word->at = c->at;
    while (c->at < c->end && !is_blank(*c->at))
        c->at++;
    word->end = c->at;
    return true;
}

bool cursor_copy(const struct cursor *c, char *dst, size_t size)
{
    size_t length = cursor_length(c);

    if (length >= size)
        return false;
    memcpy(dst, c->at, length);
    dst[length] = '\0';
    return true;
}
