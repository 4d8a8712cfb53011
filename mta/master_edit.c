/* master_edit.c - set one parameter of one service of a master.cf. */
#include "mta/master_edit.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"
#include "mta/edit.h"

#define FIELDS 8             /* before the first argument (master(5)) */
#define TAKE_VALUE "Dimnost" /* options of Postfix's daemons that have one */

/* A piece of a logical line: its first character and the one after its last. */
struct piece {
    size_t at, end;
};

/* A logical line without its comments and line ends, and where each character stands. */
struct entry {
    char *text;
    size_t *where; /* one more than there are characters: the last is the end */
    size_t length;
    struct piece *words; /* fields and arguments */
    size_t count;
    bool open; /* a brace is not closed */
};

/* One "-o name=value" of an entry. */
struct option {
    struct piece body;  /* "name=value", braces included */
    struct piece name;  /* without blanks around */
    struct piece value; /* likewise; empty right behind "=" when there is none */
    bool braced;
};

static bool is_blank(char c)
{
    return isspace((unsigned char)c);
}

static void entry_free(struct entry *entry)
{
    free(entry->text);
    free(entry->where);
    free(entry->words);
}

/* Line ends become blanks; lines with nothing but a comment go. */
static void flatten(const char *text, size_t at, size_t end, struct entry *entry)
{
    entry->text = mem_new(end - at + 1, 1);
    entry->where = mem_new(end - at + 1, sizeof *entry->where);
    while (at < end) {
        const char *newline = memchr(text + at, '\n', end - at);
        size_t next = newline ? (size_t)(newline - text) + 1 : end, first = at;

        while (first < next && is_blank(text[first]))
            first++;
        for (; first < next && text[first] != '#' && at < next; at++) {
            entry->where[entry->length] = at;
            entry->text[entry->length] = text[at];
            if (is_blank(text[at]))
                entry->text[entry->length] = ' ';
            entry->length++;
        }
        at = next;
    }
    entry->where[entry->length] = end;
}

/* Braces hold together what is between them, but in the fields they are letters. */
static size_t word_end(struct entry *entry, size_t at)
{
    size_t level = 0;

    for (; at < entry->length; at++) {
        char c = entry->text[at];

        if (c == '{' && entry->count >= FIELDS)
            level++;
        else if (c == '}' && level > 0)
            level--;
        else if (c == ' ' && level == 0)
            return at;
    }
    entry->open = entry->open || level > 0;
    return at;
}

static void split_words(struct entry *entry)
{
    size_t at = 0;

    for (;;) {
        struct piece word;

        while (at < entry->length && entry->text[at] == ' ')
            at++;
        if (at == entry->length)
            return;
        word.at = at;
        word.end = at = word_end(entry, at);
        entry->words = mem_resize(entry->words, entry->count + 1, sizeof word);
        entry->words[entry->count++] = word;
    }
}

static struct piece trimmed(const struct entry *entry, size_t at, size_t end)
{
    while (at < end && entry->text[at] == ' ')
        at++;
    while (end > at && entry->text[end - 1] == ' ')
        end--;
    return (struct piece){at, end};
}

/* "name=value" or "{ name = value }"; false when it is neither. */
static bool read_body(const struct entry *entry, struct piece body, struct option *out)
{
    struct piece inner = body;
    const char *equals;
    size_t middle;

    out->body = body;
    out->braced = body.end - body.at >= 2 && entry->text[body.at] == '{';
    if (out->braced && entry->text[body.end - 1] != '}')
        return false;
    if (out->braced)
        inner = (struct piece){body.at + 1, body.end - 1};
    equals = memchr(entry->text + inner.at, '=', inner.end - inner.at);
    if (!equals)
        return false;
    middle = (size_t)(equals - entry->text);
    out->name = trimmed(entry, inner.at, middle);
    out->value = trimmed(entry, middle + 1, inner.end);
    if (out->value.at == out->value.end)
        out->value = (struct piece){middle + 1, middle + 1};
    return true;
}

/*
 * The option at word *i, which moves behind it. False at the end and at what is no option, where
 * Postfix's own reading of options ends, too. *is_setting: it is a "-o" that makes sense.
 */
static bool next_option(const struct entry *entry, size_t *i, struct option *out, bool *is_setting)
{
    struct piece at, body;
    const char *word;
    bool takes;

    *is_setting = false;
    if (*i >= entry->count)
        return false;
    at = entry->words[*i];
    word = entry->text + at.at;
    if (at.end - at.at < 2 || word[0] != '-' || word[1] == '-')
        return false;
    takes = at.end - at.at == 2 && strchr(TAKE_VALUE, word[1]);
    if (takes && *i + 1 == entry->count)
        return false;
    body = takes ? entry->words[*i + 1] : (struct piece){at.at + 2, at.end};
    *is_setting = word[1] == 'o' && read_body(entry, body, out);
    *i += takes ? 2 : 1;
    return true;
}

static bool piece_is(const struct entry *entry, struct piece piece, const char *text, size_t n)
{
    return piece.end - piece.at == n && memcmp(entry->text + piece.at, text, n) == 0;
}

/* "smtp/inet": the name may have slashes, the type has none. */
static bool is_service(const struct entry *entry, const char *service)
{
    const char *slash = strrchr(service, '/');

    return slash && entry->count >= FIELDS &&
           piece_is(entry, entry->words[0], service, (size_t)(slash - service)) &&
           piece_is(entry, entry->words[1], slash + 1, strlen(slash + 1));
}

/* How many entries the service has; the first of them, which the caller frees. */
static size_t find_service(const char *text, size_t length, const char *service,
                           struct entry *found)
{
    struct edit_entry line;
    size_t at = 0, count = 0;

    *found = (struct entry){0};
    while (edit_next(text, length, &at, &line)) {
        struct entry entry = {0};

        flatten(text, line.at, line.end, &entry);
        split_words(&entry);
        if (is_service(&entry, service) && count++ == 0)
            *found = entry;
        else
            entry_free(&entry);
    }
    return count;
}

/* The last one counts. *clean: there is nothing but options. */
static bool find_option(const struct entry *entry, const char *parameter, struct option *found,
                        bool *clean)
{
    struct option option;
    bool any = false, is_setting;
    size_t i = FIELDS;

    while (next_option(entry, &i, &option, &is_setting))
        if (is_setting && piece_is(entry, option.name, parameter, strlen(parameter))) {
            *found = option;
            any = true;
        }
    *clean = i == entry->count && !entry->open;
    return any;
}

/* The value's words, one blank in between. */
static void put_words(const struct entry *entry, struct piece value, struct buf *out)
{
    bool first = true, blank = false;

    for (size_t i = value.at; i < value.end; i++) {
        if (entry->text[i] == ' ') {
            blank = true;
            continue;
        }
        if (blank && !first)
            buf_char(out, ' ');
        buf_char(out, entry->text[i]);
        first = blank = false;
    }
}

bool master_value(const char *text, size_t length, const char *service, const char *parameter,
                  struct buf *out)
{
    struct option option;
    struct entry entry;
    bool clean, found = find_service(text, length, service, &entry) > 0 &&
                        find_option(&entry, parameter, &option, &clean);

    if (found)
        put_words(&entry, option.value, out);
    entry_free(&entry);
    return found;
}

static size_t before_blanks(const char *text, size_t end)
{
    while (end > 0 && text[end - 1] == ' ')
        end--;
    return end;
}

/* The words at the end of both that are the same; both ends move in front of them. */
static void drop_same_tail(const char *old, size_t *old_end, const char *new, size_t *new_end)
{
    for (;;) {
        size_t o = *old_end, n = *new_end;

        while (o > 0 && n > 0 && old[o - 1] != ' ' && old[o - 1] == new[n - 1]) {
            o--;
            n--;
        }
        /* A whole word in both, and not the first one of either. */
        if (n == *new_end || before_blanks(old, o) == o || before_blanks(new, n) == n)
            return;
        *old_end = before_blanks(old, o);
        *new_end = before_blanks(new, n);
    }
}

static bool is_on_one_line(const struct entry *entry, struct piece piece)
{
    return piece.at == piece.end ||
           entry->where[piece.end - 1] - entry->where[piece.at] == piece.end - 1 - piece.at;
}

/* The text with one piece of an entry replaced. */
static void put_replaced(const char *text, size_t length, const struct entry *entry,
                         struct piece piece, const struct buf *by, struct buf *out)
{
    size_t at = piece.at < piece.end ? entry->where[piece.at] : entry->where[piece.at - 1] + 1;
    size_t end = piece.at < piece.end ? entry->where[piece.end - 1] + 1 : at;

    buf_add(out, text, at);
    buf_add(out, buf_string(by), by->length);
    buf_add(out, text + end, length - end);
}

static bool change_option(const char *text, size_t length, const struct entry *entry,
                          const struct option *option, const char *value, struct buf *out,
                          struct error *e)
{
    struct buf had = BUF_INIT(1U << 20), new = BUF_INIT(1U << 20);
    struct piece piece = option->value;
    size_t old_length = piece.end - piece.at, to = strlen(value);
    bool ok;

    put_words(entry, option->value, &had);
    if (str_equal(buf_string(&had), value)) {
        buf_add(out, text, length);
        buf_free(&had);
        return true;
    }
    if (!option->braced && strchr(value, ' ')) {
        piece = option->body;
        buf_printf(&new, "{ %.*s = %s }", (int)(option->name.end - option->name.at),
                   entry->text + option->name.at, value);
    } else {
        drop_same_tail(entry->text + piece.at, &old_length, value, &to);
        piece.end = piece.at + old_length;
        if (option->braced && piece.at == piece.end)
            buf_char(&new, ' ');
        buf_add(&new, value, to);
    }
    ok = is_on_one_line(entry, piece) ||
         fail(e, ERR_CONFLICT, "the old value stands on several lines");
    if (ok)
        put_replaced(text, length, entry, piece, &new, out);
    buf_free(&had);
    buf_free(&new);
    return ok;
}

/* The blanks in front of the first continuation line with an option at or after a place. */
static struct piece indent_in(const char *text, size_t at, size_t end)
{
    while (at < end) {
        const char *newline = memchr(text + at, '\n', end - at);
        size_t next = newline ? (size_t)(newline - text) + 1 : end, first = at;

        while (first < next && (text[first] == ' ' || text[first] == '\t'))
            first++;
        if (first > at && first + 1 < next && text[first] == '-' && text[first + 1] == 'o')
            return (struct piece){at, first};
        at = next;
    }
    return (struct piece){0, 0};
}

static void add_option(const char *text, size_t length, const struct entry *entry,
                       const char *parameter, const char *value, struct buf *out)
{
    size_t last = entry->where[entry->words[entry->count - 1].end - 1] + 1;
    const char *newline = memchr(text + last, '\n', length - last);
    size_t end = newline ? (size_t)(newline - text) : length;
    struct piece indent = indent_in(text, entry->where[0], entry->where[entry->length]);

    if (newline && end > last && text[end - 1] == '\r')
        end--;
    if (indent.at == indent.end)
        indent = indent_in(text, 0, length);
    buf_add(out, text, end);
    buf_text(out, newline && text[end] == '\r' ? "\r\n" : "\n");
    buf_add(out, text + indent.at, indent.end - indent.at);
    if (indent.at == indent.end)
        buf_text(out, "  ");
    buf_printf(out, strchr(value, ' ') ? "-o { %s = %s }" : "-o %s=%s", parameter, value);
    buf_add(out, text + end, length - end);
}

/* What master.cf can hold: no control characters, and braces in pairs. */
static bool writable(const char *parameter, const char *value, struct error *e)
{
    size_t level = 0;

    for (const char *at = value; *at; at++) {
        if (iscntrl((unsigned char)*at))
            return fail(e, ERR_CONFLICT, "the value for %.60s has a control character", parameter);
        if (*at == '}' && level-- == 0)
            return fail(e, ERR_CONFLICT, "the value for %.60s has a loose brace", parameter);
        level += *at == '{';
    }
    return level == 0 || fail(e, ERR_CONFLICT, "the value for %.60s has a loose brace", parameter);
}

bool master_set(const char *text, size_t length, const char *service, const char *parameter,
                const char *value, struct buf *out, struct error *e)
{
    struct option option;
    struct entry entry;
    bool clean, found, ok = true;
    size_t count;

    assert(parameter[0] && !strpbrk(parameter, "= \t\r\n#{}"));
    if (!writable(parameter, value, e))
        return false;
    if (length > 0 && memchr(text, '\0', length))
        return fail(e, ERR_CONFLICT, "the file has a NUL byte: it is no text");
    count = find_service(text, length, service, &entry);
    if (count != 1) {
        entry_free(&entry);
        return fail(e, ERR_CONFLICT, "it has %s service %.100s",
                    count == 0 ? "no" : "more than one", service);
    }
    found = find_option(&entry, parameter, &option, &clean);
    if (entry.open)
        ok = fail(e, ERR_CONFLICT, "a brace of the service %.100s is not closed", service);
    else if (found)
        ok = change_option(text, length, &entry, &option, value, out, e);
    else if (clean)
        add_option(text, length, &entry, parameter, value, out);
    else
        ok = fail(e, ERR_CONFLICT, "the service %.100s has arguments that are no options", service);
    entry_free(&entry);
    return ok && (buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "the file would become too large"));
}
