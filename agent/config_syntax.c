/* config_syntax.c - walks over configuration text and stops at the first slip. */
#include "agent/config_syntax.h"

#include "agent/base/str.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define DIGITS "0123456789"

enum kind {
    KIND_END,
    KIND_MARK,   /* one of = : , ; { } [ ] ( ) ' or a character that has no place */
    KIND_WORD,   /* a key, number or flag, or text that should have been in quotes */
    KIND_STRING, /* "text" */
    KIND_OPEN,   /* a text or a comment that the file ends in */
};

struct token {
    enum kind kind;
    const char *at;
    size_t length, line;
};

enum want {
    WANT_KEY,
    WANT_EQUALS,
    WANT_VALUE,
    WANT_MORE, /* a terminator or separator, or the end of what is open */
};

_Static_assert(CONFIG_DEPTH_MAX == 32, "a message says so");

struct walk {
    struct cursor rest;
    size_t line;
    enum want want;
    bool after_comma;
    struct opening {
        char mark;
        size_t line;
    } open[CONFIG_DEPTH_MAX];
    size_t depth;
    char key[64];
    struct token last; /* the token before */
    struct config_slip *slip;
};

static bool slip(struct walk *w, const struct token *t, const char *repair, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* Note the slip; returns false, which ends the walk. */
static bool slip(struct walk *w, const struct token *t, const char *repair, const char *format, ...)
{
    va_list args;

    *w->slip = (struct config_slip){.line = t->line};
    va_start(args, format);
    vsnprintf(w->slip->text, sizeof w->slip->text, format, args);
    va_end(args);
    str_cut(w->slip->repair, sizeof w->slip->repair, repair);
    return false;
}

/* The same, where libconfig would take it without a word. */
static bool silent_slip(struct walk *w, const struct token *t, const char *repair, const char *text)
{
    slip(w, t, repair, "%s", text);
    w->slip->silent = true;
    return false;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static bool next_is(const struct walk *w, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(w->rest.end - w->rest.at) >= length && memcmp(w->rest.at, text, length) == 0;
}

static void step(struct walk *w, size_t count)
{
    for (; count > 0 && w->rest.at < w->rest.end; count--)
        w->line += *w->rest.at++ == '\n';
}

static void skip_until(struct walk *w, const char *text)
{
    while (w->rest.at < w->rest.end && !next_is(w, text))
        step(w, 1);
}

/* Blanks and comments; false when the text ends within a comment. */
static bool skip_blanks(struct walk *w)
{
    while (w->rest.at < w->rest.end) {
        if (is_blank(*w->rest.at)) {
            step(w, 1);
        } else if (*w->rest.at == '#' || next_is(w, "//")) {
            skip_until(w, "\n");
        } else if (next_is(w, "/*")) {
            step(w, 2);
            skip_until(w, "*/");
            if (w->rest.at == w->rest.end)
                return false;
            step(w, 2);
        } else {
            return true;
        }
    }
    return true;
}

static bool ends_word(const struct walk *w)
{
    char c = *w->rest.at;

    return is_blank(c) || strchr("=,;{}[]()\"'#", c) != NULL || next_is(w, "//") ||
           next_is(w, "/*") || (c == ':' && w->want != WANT_VALUE);
}

static void read_string(struct walk *w, struct token *t)
{
    step(w, 1);
    while (w->rest.at < w->rest.end && *w->rest.at != '"')
        step(w, *w->rest.at == '\\' ? 2 : 1);
    t->kind = w->rest.at < w->rest.end ? KIND_STRING : KIND_OPEN;
    step(w, 1);
}

static struct token next_token(struct walk *w)
{
    struct token t = {.kind = KIND_MARK, .at = w->rest.at, .line = w->line};

    if (!skip_blanks(w)) {
        t.kind = KIND_OPEN;
        return t;
    }
    t.at = w->rest.at;
    t.line = w->line;
    if (w->rest.at == w->rest.end) {
        t.kind = KIND_END;
    } else if (*w->rest.at == '"') {
        read_string(w, &t);
    } else if (ends_word(w)) {
        step(w, 1);
    } else {
        t.kind = KIND_WORD;
        while (w->rest.at < w->rest.end && !ends_word(w))
            step(w, 1);
    }
    t.length = (size_t)(w->rest.at - t.at);
    return t;
}

static bool is_mark(const struct token *t, char c)
{
    return t->kind == KIND_MARK && *t->at == c;
}

static bool is_any(const struct token *t, const char *marks)
{
    return t->kind == KIND_MARK && strchr(marks, *t->at) != NULL;
}

static bool word_is(const struct token *t, const char *text)
{
    return t->length == strlen(text) && strncasecmp(t->at, text, t->length) == 0;
}

static char top(const struct walk *w)
{
    if (w->depth == 0)
        return '{';
    return w->open[w->depth - 1].mark;
}

static char closer_of(char mark)
{
    static const char pairs[] = "{}()[]";

    return strchr(pairs, mark)[1];
}

static bool push(struct walk *w, const struct token *t)
{
    if (w->depth == CONFIG_DEPTH_MAX)
        return silent_slip(w, t, "", "nested more than 32 deep");
    w->open[w->depth++] = (struct opening){*t->at, t->line};
    w->want = *t->at == '{' ? WANT_KEY : WANT_VALUE;
    w->after_comma = false;
    return true;
}

/* A closing mark, or the end of the file. */
static bool close_one(struct walk *w, const struct token *t)
{
    const struct opening *open = w->depth > 0 ? &w->open[w->depth - 1] : NULL;

    if (t->kind == KIND_END && open == NULL)
        return true;
    if (t->kind == KIND_END)
        return slip(w, t, "", "the %c of line %zu is not closed", open->mark, open->line);
    if (open == NULL)
        return slip(w, t, "remove it, or put back what it closed", "a %c that closes nothing",
                    *t->at);
    if (*t->at != closer_of(open->mark))
        return slip(w, t, "", "the %c of line %zu is closed by %c", open->mark, open->line, *t->at);
    w->depth--;
    w->want = WANT_MORE;
    return true;
}

static bool is_key(const struct token *t)
{
    if (!isalpha((unsigned char)*t->at) && *t->at != '*')
        return false;
    for (size_t i = 0; i < t->length; i++) {
        if (!isalnum((unsigned char)t->at[i]) && strchr("-_*", t->at[i]) == NULL)
            return false;
    }
    return true;
}

static bool take_key(struct walk *w, const struct token *t)
{
    struct cursor text = cursor_of(t->at, t->length);

    if (t->kind == KIND_WORD && is_key(t)) {
        if (!cursor_copy(&text, w->key, sizeof w->key))
            w->key[0] = '\0';
        w->want = WANT_EQUALS;
        return true;
    }
    if (t->kind == KIND_WORD && *t->at == '@')
        return slip(w, t, "write @include \"/path/of/one/file\" on a line of its own",
                    "@include is not written as it should be");
    if (t->kind == KIND_WORD && strncmp(t->at, "\xEF\xBB\xBF", 3) == 0)
        return slip(w, t, "save the file without it", "the file begins with a byte order mark");
    if (t->kind == KIND_STRING)
        return slip(w, t, "write the key without quotes", "a key in quotes");
    if (t->kind == KIND_END || is_any(t, "}])"))
        return close_one(w, t);
    if (is_any(t, ",;"))
        return slip(w, t, "remove it", "one %c too many", *t->at);
    return slip(w, t, "write: key = value;", "there should be a key here");
}

static bool take_equals(struct walk *w, const struct token *t)
{
    if (is_any(t, "=:")) {
        w->want = WANT_VALUE;
        w->after_comma = false;
        return true;
    }
    return slip(w, t, "write: key = value;", "there is no = after \"%s\"", w->key);
}

static bool is_hex(const char *at)
{
    return at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
}

/* The suffix of a 64-bit number. */
static const char *after_suffix(const char *at)
{
    at += *at == 'L';
    return at + (*at == 'L');
}

/* An exponent that is complete, or nothing. */
static const char *after_exponent(const char *at)
{
    size_t sign, digits;

    if (*at != 'e' && *at != 'E')
        return at;
    sign = at[1] == '+' || at[1] == '-';
    digits = strspn(at + 1 + sign, DIGITS);
    return digits > 0 ? at + 1 + sign + digits : at;
}

/* What libconfig takes for a number. The character after a word is in none of these sets. */
static bool is_number(const struct token *t)
{
    const char *at = t->at, *end = t->at + t->length;
    size_t whole, part = 0;

    if (is_hex(at))
        return after_suffix(at + 2 + strspn(at + 2, DIGITS "ABCDEFabcdef")) == end && t->length > 2;
    at += *at == '+' || *at == '-';
    whole = strspn(at, DIGITS);
    at += whole;
    if (whole > 0 && after_suffix(at) == end)
        return true;
    if (*at == '.') {
        part = strspn(at + 1, DIGITS);
        at += 1 + part;
    }
    return whole + part > 0 && after_exponent(at) == end;
}

/* libconfig 1.5 keeps the low 32 bits of a larger number and says nothing. */
static bool check_range(struct walk *w, const struct token *t)
{
    bool sign = *t->at == '+' || *t->at == '-';
    struct cursor text = cursor_of(t->at + sign, t->length - sign);
    bool whole = strspn(text.at, DIGITS) >= t->length - sign;
    char digits[32];
    uint64_t value;

    if (is_hex(t->at) ? t->length <= 9 : !whole)
        return true;
    if (whole && cursor_copy(&text, digits, sizeof digits) &&
        str_uint(digits, 0, INT32_MAX, &value))
        return true;
    return silent_slip(w, t, "", "the number is too large");
}

static bool take_word(struct walk *w, const struct token *t)
{
    static const char *const flags[] = {"yes", "no", "on", "off"};
    char repair[160];

    if (word_is(t, "true") || word_is(t, "false")) {
        w->want = WANT_MORE;
        return true;
    }
    if (is_number(t)) {
        w->want = WANT_MORE;
        return check_range(w, t);
    }
    for (size_t i = 0; i < 4; i++) {
        if (word_is(t, flags[i]))
            return slip(w, t, "write true or false", "\"%s\" is no flag", flags[i]);
    }
    if (top(w) == '(' && is_key(t) && skip_blanks(w) && next_is(w, "="))
        return slip(w, t, "put it in braces: { key = value; }", "a key within a list");
    if (top(w) == '{')
        snprintf(repair, sizeof repair, "put it in double quotes: %s = \"...\";", w->key);
    else
        str_cut(repair, sizeof repair, "put it in double quotes: [ \"...\", \"...\" ]");
    /* Of 5m libconfig would take the 5, and then look for a key m. */
    return isalpha((unsigned char)*t->at) ? slip(w, t, repair, "unquoted text")
                                          : silent_slip(w, t, repair, "unquoted text");
}

static bool take_value(struct walk *w, const struct token *t)
{
    bool list = top(w) != '{';

    if (t->kind == KIND_WORD)
        return take_word(w, t);
    if (t->kind == KIND_STRING) {
        w->want = WANT_MORE;
        return true;
    }
    if (is_mark(t, '\''))
        return slip(w, t, "use double quotes", "single quotes");
    if (top(w) == '[' && is_any(t, "{[("))
        return slip(w, t, "use ( ) around it", "an array [ ] holds nothing but plain values");
    if (is_any(t, "{[("))
        return push(w, t);
    if (list && w->after_comma && is_mark(t, closer_of(top(w))))
        return slip(w, &w->last, "remove it", "a comma after the last element");
    if (list && is_any(t, "}])"))
        return close_one(w, t);
    if (is_mark(t, '='))
        return slip(w, t, "write: key = value;", "one = too many");
    if (list)
        return t->kind == KIND_END ? close_one(w, t)
                                   : slip(w, t, "", "an element is missing before %c", *t->at);
    return slip(w, t, "", "\"%s\" has no value", w->key);
}

static bool take_more_of_list(struct walk *w, const struct token *t)
{
    if (is_mark(t, ',')) {
        w->want = WANT_VALUE;
        w->after_comma = true;
        return true;
    }
    if (t->kind == KIND_STRING && w->last.kind == KIND_STRING)
        return silent_slip(w, t, "put a comma between them",
                           "two texts without a comma between them");
    if (is_mark(t, ';'))
        return slip(w, t, "use a comma", "elements are separated by commas, not by ;");
    return slip(w, t, "put a comma between the two", "a comma is missing before this");
}

/* Between two settings libconfig wants nothing at all, but takes a semicolon or a comma. */
static bool take_more(struct walk *w, const struct token *t)
{
    if (t->kind == KIND_END || is_any(t, "}])"))
        return close_one(w, t);
    if (top(w) != '{')
        return take_more_of_list(w, t);
    if (is_any(t, ",;")) {
        w->want = WANT_KEY;
        return true;
    }
    if (t->kind == KIND_STRING && w->last.kind == KIND_STRING)
        return true;
    if (t->kind == KIND_WORD && is_key(t))
        return take_key(w, t);
    return slip(w, t, "put the whole value in double quotes, and a ; after it",
                "the value of \"%s\" goes on here", w->key);
}

static bool take(struct walk *w, const struct token *t)
{
    if (t->kind == KIND_OPEN && *t->at == '"')
        return silent_slip(w, t, "", "a \" without its second one");
    if (t->kind == KIND_OPEN)
        return silent_slip(w, t, "", "a /* without */");
    switch (w->want) {
    case WANT_KEY:
        return take_key(w, t);
    case WANT_EQUALS:
        return take_equals(w, t);
    case WANT_VALUE:
        return take_value(w, t);
    case WANT_MORE:
        break;
    }
    return take_more(w, t);
}

/* A missing quote turns up at the next one: look back at a text that spans lines. */
static void blame_quote(struct walk *w)
{
    const struct token *t = &w->last;
    bool silent = w->slip->silent;

    if (t->kind != KIND_STRING || memchr(t->at, '\n', t->length) == NULL)
        return;
    slip(w, t, "end each text on the line where it begins", "a \" without its second one");
    w->slip->silent = silent;
}

bool config_syntax_find(const char *text, size_t length, struct config_slip *found)
{
    struct walk w = {.rest = cursor_of(text, length), .line = 1, .slip = found};

    for (;;) {
        struct token t = next_token(&w);

        if (!take(&w, &t)) {
            blame_quote(&w);
            return true;
        }
        if (t.kind == KIND_END)
            return false;
        w.last = t;
    }
}
