/* edit.c - set one parameter in the text of a main.cf, word by word. */
#include "mta/edit.h"

#include <assert.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

enum line_kind {
    LINE_BLANK,
    LINE_COMMENT,
    LINE_START, /* of a logical line */
    LINE_MORE,  /* goes on with it */
};

/* One physical line: its first byte and the byte after its line end. */
struct line {
    size_t at, end;
    enum line_kind kind;
};

struct word {
    const char *at;
    size_t length;
};

struct words {
    struct word *v;
    size_t count;
};

static bool is_blank(char c)
{
    return isspace((unsigned char)c);
}

static bool line_next(const char *text, size_t length, size_t *at, struct line *line)
{
    const char *newline;
    size_t first;

    if (*at >= length)
        return false;
    newline = memchr(text + *at, '\n', length - *at);
    line->at = *at;
    line->end = newline ? (size_t)(newline - text) + 1 : length;
    for (first = line->at; first < line->end && is_blank(text[first]);)
        first++;
    if (first == line->end)
        line->kind = LINE_BLANK;
    else if (text[first] == '#')
        line->kind = LINE_COMMENT;
    else
        line->kind = first == line->at ? LINE_START : LINE_MORE;
    *at = line->end;
    return true;
}

static size_t skip_blanks(const char *text, size_t at, size_t end)
{
    while (at < end && is_blank(text[at]))
        at++;
    return at;
}

/* Name and "=" may stand on different lines, with comments in between. */
static void read_name(const char *text, struct edit_entry *entry)
{
    size_t at = entry->at;
    struct line line;

    entry->name_at = at;
    while (at < entry->end && text[at] != '=' && !is_blank(text[at]))
        at++;
    entry->name_length = at - entry->name_at;
    entry->equals = 0;
    at = entry->at;
    for (bool first = true; line_next(text, entry->end, &at, &line); first = false) {
        size_t here = first ? entry->name_at + entry->name_length : line.at;

        if (line.kind == LINE_COMMENT)
            continue;
        here = skip_blanks(text, here, line.end);
        if (here == line.end)
            continue;
        if (text[here] == '=')
            entry->equals = here + 1;
        return;
    }
}

bool edit_next(const char *text, size_t length, size_t *at, struct edit_entry *entry)
{
    struct line line;
    size_t next;

    do {
        if (!line_next(text, length, at, &line))
            return false;
    } while (line.kind != LINE_START);
    *entry = (struct edit_entry){.at = line.at, .end = line.end};
    next = line.end;
    while (line_next(text, length, &next, &line) && line.kind != LINE_START)
        if (line.kind == LINE_MORE)
            entry->end = line.end;
    *at = entry->end;
    read_name(text, entry);
    return true;
}

static bool is_named(const char *text, const struct edit_entry *entry, const char *parameter)
{
    return entry->equals && entry->name_length == strlen(parameter) &&
           memcmp(text + entry->name_at, parameter, entry->name_length) == 0;
}

/* The last one counts. */
static bool find_entry(const char *text, size_t length, const char *parameter,
                       struct edit_entry *found)
{
    struct edit_entry entry;
    bool any = false;
    size_t at = 0;

    while (edit_next(text, length, &at, &entry))
        if (is_named(text, &entry, parameter)) {
            *found = entry;
            any = true;
        }
    return any;
}

static void words_add(struct words *words, const char *at, const char *end)
{
    while (at < end) {
        const char *from;

        while (at < end && is_blank(*at))
            at++;
        from = at;
        while (at < end && !is_blank(*at))
            at++;
        if (at == from)
            return;
        words->v = mem_resize(words->v, words->count + 1, sizeof *words->v);
        words->v[words->count++] = (struct word){from, (size_t)(at - from)};
    }
}

/* The words of a logical line's value, where they stand in the text. */
static struct words words_of_entry(const char *text, const struct edit_entry *entry)
{
    struct words words = {0};
    struct line line;
    size_t at = entry->at;

    while (line_next(text, entry->end, &at, &line)) {
        size_t from = line.at > entry->equals ? line.at : entry->equals;

        if (line.kind != LINE_COMMENT && from < line.end)
            words_add(&words, text + from, text + line.end);
    }
    return words;
}

bool edit_value(const char *text, size_t length, const char *parameter, struct buf *out)
{
    struct edit_entry entry;
    struct words words;

    if (!find_entry(text, length, parameter, &entry))
        return false;
    words = words_of_entry(text, &entry);
    for (size_t i = 0; i < words.count; i++) {
        if (i > 0)
            buf_char(out, ' ');
        buf_add(out, words.v[i].at, words.v[i].length);
    }
    free(words.v);
    return true;
}

/* The words that have to go, and those that come in their place. */
struct change {
    struct words old;
    size_t first, last; /* of the old words, those from first on and before last go */
    struct word insert; /* the new words as one text */
    bool inserted;
};

static bool same_word(struct word a, struct word b)
{
    return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static void compare(struct change *change, const struct words *new)
{
    size_t head = 0, tail = 0, o = change->old.count, n = new->count;
    const struct word *old = change->old.v;

    while (head < o && head < n && same_word(old[head], new->v[head]))
        head++;
    while (tail < o - head && tail < n - head && same_word(old[o - tail - 1], new->v[n - tail - 1]))
        tail++;
    change->first = head;
    change->last = o - tail;
    if (n - tail > head) {
        struct word last = new->v[n - tail - 1];

        change->insert.at = new->v[head].at;
        change->insert.length = (size_t)(last.at + last.length - change->insert.at);
    }
}

static void put_insert(struct change *change, struct buf *out)
{
    buf_add(out, change->insert.at, change->insert.length);
    change->inserted = true;
}

static const char *end_of(struct word word)
{
    return word.at + word.length;
}

static void put(struct buf *out, const char *from, const char *to)
{
    if (to > from)
        buf_add(out, from, (size_t)(to - from));
}

/* A line of an entry, and which of the old words stand on it. */
struct row {
    const char *at, *end;
    size_t first, last; /* words from first on and before last */
    bool anchor;        /* it has the "=", so it stays even without words */
};

/* Nothing of this line goes; if nothing goes at all, the new words may belong here. */
static void write_kept(const struct row *row, struct change *change, struct buf *out)
{
    const struct word *old = change->old.v;
    size_t at = change->first;
    bool within = old && row->first < row->last && at <= row->last &&
                  (at > row->first || (at == 0 && row->first == 0));
    bool here = within && change->first == change->last && change->insert.length > 0;

    if (!here) {
        put(out, row->at, row->end);
    } else if (at > row->first) {
        put(out, row->at, end_of(old[at - 1]));
        buf_char(out, ' ');
        put_insert(change, out);
        put(out, end_of(old[at - 1]), row->end);
    } else {
        put(out, row->at, old[at].at);
        put_insert(change, out);
        buf_char(out, ' ');
        put(out, old[at].at, row->end);
    }
}

/* A line of which some words go. */
static void write_changed(const struct row *row, struct change *change, struct buf *out)
{
    const struct word *old = change->old.v;
    size_t first = change->first > row->first ? change->first : row->first;
    size_t last = change->last < row->last ? change->last : row->last;
    const char *resume = end_of(old[last - 1]);

    if (!change->inserted && change->insert.length > 0) {
        put(out, row->at, old[first].at);
        put_insert(change, out);
    } else if (first > row->first) {
        put(out, row->at, end_of(old[first - 1]));
    } else if (last < row->last) {
        put(out, row->at, old[first].at);
        resume = old[last].at;
    } else if (row->anchor) {
        const char *equals = memrchr(row->at, '=', (size_t)(old[first].at - row->at));

        put(out, row->at, equals ? equals + 1 : old[first].at);
    } else {
        return; /* a continuation line without a word */
    }
    put(out, resume, row->end);
}

/* An empty value: behind the "=", with a blank where there is one in front of it. */
static void write_first_words(const char *text, const struct line *line, size_t equals,
                              struct change *change, struct buf *out)
{
    size_t at = equals;
    bool blank = equals >= 2 && is_blank(text[equals - 2]);

    if (at < line->end && (text[at] == ' ' || text[at] == '\t')) {
        at++;
        blank = false;
    }
    put(out, text + line->at, text + at);
    if (blank)
        buf_char(out, ' ');
    put_insert(change, out);
    put(out, text + at, text + line->end);
}

static struct row row_of(const char *text, const struct edit_entry *entry, const struct line *line,
                         const struct words *old)
{
    struct row row = {
        .at = text + line->at,
        .end = text + line->end,
        .anchor = entry->equals > line->at && entry->equals <= line->end,
    };

    while (row.first < old->count && old->v[row.first].at < row.at)
        row.first++;
    for (row.last = row.first; row.last < old->count && old->v[row.last].at < row.end;)
        row.last++;
    return row;
}

static void write_line(const char *text, const struct edit_entry *entry, const struct line *line,
                       struct change *change, struct buf *out)
{
    struct row row = row_of(text, entry, line, &change->old);
    bool goes = change->first < change->last && change->first < row.last &&
                change->last > row.first && row.first < row.last;

    if (row.anchor && change->old.count == 0 && change->insert.length > 0)
        write_first_words(text, line, entry->equals, change, out);
    else if (goes)
        write_changed(&row, change, out);
    else
        write_kept(&row, change, out);
}

static void change_entry(const char *text, size_t length, const struct edit_entry *entry,
                         const char *value, struct buf *out)
{
    struct change change = {.old = words_of_entry(text, entry)};
    struct words new = {0};
    struct line line;
    size_t at = entry->at;

    words_add(&new, value, value + strlen(value));
    compare(&change, &new);
    buf_add(out, text, entry->at);
    while (line_next(text, entry->end, &at, &line))
        write_line(text, entry, &line, &change, out);
    buf_add(out, text + entry->end, length - entry->end);
    free(change.old.v);
    free(new.v);
}

/* "#name =", and not within a logical line, which would go on in the line that we add. */
static bool is_commented_out(const char *text, const struct line *line, const char *parameter)
{
    size_t at = line->at, n = strlen(parameter);

    if (line->kind != LINE_COMMENT || text[at] != '#')
        return false;
    at = skip_blanks(text, at + 1, line->end);
    if (line->end - at < n || memcmp(text + at, parameter, n) != 0)
        return false;
    at = skip_blanks(text, at + n, line->end);
    return at < line->end && text[at] == '=';
}

/* The end of the last such line, the end of the text when there is none. */
static size_t place_for(const char *text, size_t length, const char *parameter)
{
    size_t at = 0, place = length, candidate = 0;
    struct line line;
    bool waiting = false;

    while (line_next(text, length, &at, &line)) {
        if (waiting && (line.kind == LINE_START || line.kind == LINE_MORE)) {
            place = line.kind == LINE_START ? candidate : place;
            waiting = false;
        }
        if (is_commented_out(text, &line, parameter)) {
            candidate = line.end;
            waiting = true;
        }
    }
    return waiting ? candidate : place;
}

static void add_entry(const char *text, size_t length, const char *parameter, const char *value,
                      struct buf *out)
{
    const char *newline = memchr(text, '\n', length);
    const char *line_end = newline && newline > text && newline[-1] == '\r' ? "\r\n" : "\n";
    size_t place = place_for(text, length, parameter);

    buf_add(out, text, place);
    if (place > 0 && text[place - 1] != '\n')
        buf_text(out, line_end);
    buf_printf(out, "%s =%s%s%s", parameter, value[0] ? " " : "", value, line_end);
    buf_add(out, text + place, length - place);
}

static bool writable(const char *parameter, const char *value, struct error *e)
{
    for (const char *at = value; *at; at++) {
        if (iscntrl((unsigned char)*at))
            return fail(e, ERR_CONFLICT, "the value for %.60s has a control character", parameter);
        if (*at == '#' && (at == value || is_blank(at[-1])))
            return fail(e, ERR_CONFLICT, "a word of the value for %.60s begins with \"#\"",
                        parameter);
    }
    return true;
}

static bool is_text(const char *text, size_t length, struct error *e)
{
    if (length > 0 && memchr(text, '\0', length))
        return fail(e, ERR_CONFLICT, "the file has a NUL byte: it is no text");
    return true;
}

bool edit_set(const char *text, size_t length, const char *parameter, const char *value,
              struct buf *out, struct error *e)
{
    struct edit_entry entry;

    assert(parameter[0] && !strpbrk(parameter, "= \t\r\n#"));
    if (!is_text(text, length, e) || !writable(parameter, value, e))
        return false;
    if (find_entry(text, length, parameter, &entry))
        change_entry(text, length, &entry, value, out);
    else
        add_entry(text, length, parameter, value, out);
    return buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "the file would become too large");
}

bool edit_remove(const char *text, size_t length, const char *parameter, struct buf *out,
                 struct error *e)
{
    struct edit_entry entry;
    size_t at = 0, done = 0;

    if (!is_text(text, length, e))
        return false;
    while (edit_next(text, length, &at, &entry)) {
        size_t inside = entry.at;
        struct line line;

        if (!is_named(text, &entry, parameter))
            continue;
        buf_add(out, text + done, entry.at - done);
        while (line_next(text, entry.end, &inside, &line))
            if (line.kind == LINE_COMMENT || line.kind == LINE_BLANK)
                buf_add(out, text + line.at, line.end - line.at);
        done = entry.end;
    }
    buf_add(out, text + done, length - done);
    return buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "the file would become too large");
}
