/* header_fields.c - unfolds the header of a message. */
#include "agent/header_fields.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"

static const char *const kind_texts[HEADER_KINDS] = {
    [HEADER_RECEIVED] = "Received",         [HEADER_AUTH_RESULTS] = "Authentication-Results",
    [HEADER_RECEIVED_SPF] = "Received-SPF", [HEADER_FOREFRONT] = "X-Forefront-Antispam-Report",
    [HEADER_SENDER_IP] = "X-Sender-IP",
};

const char *header_kind_text(enum header_kind kind)
{
    return kind_texts[kind];
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The name of a field: printable ASCII up to the colon (RFC 5322 2.2); NULL when it is none. */
static const char *find_colon(const struct cursor *line)
{
    const char *at = line->at;

    while (at<line->end && * at> ' ' && *at < 127 && *at != ':')
        at++;
    if (at == line->at)
        return NULL;
    for (const char *colon = at; colon < line->end; colon++) { /* "Received :" is an old form */
        if (*colon == ':')
            return colon;
        if (!is_blank(*colon))
            return NULL;
    }
    return NULL;
}

/* HEADER_KINDS when the field is of no interest. */
static enum header_kind find_kind(const char *name, size_t length)
{
    char text[64];
    int i = 0;

    str_format(text, sizeof text, "%.*s", length < sizeof text ? (int)length : 0, name);
    text[strcspn(text, " \t")] = '\0';
    while (i < HEADER_KINDS && !str_equal_nocase(kind_texts[i], text))
        i++;
    return (enum header_kind)i;
}

/* Tabs and NUL bytes part words; other control characters are no text at all. */
static char clean(char c)
{
    if (c == '\0' || c == '\t')
        return ' ';
    if ((unsigned char)c < ' ' || c == 127)
        return '?';
    return c;
}

/* Append a line's text to a value; the ceiling of the value cuts it. */
static void add_text(struct buf *value, const char *at, const char *end)
{
    for (; at < end && value->length < HEADER_VALUE_MAX; at++)
        buf_char(value, clean(*at));
}

static void keep(struct header_fields *fields, enum header_kind kind, struct buf *value)
{
    if (fields->count == HEADER_FIELDS_MAX) {
        fields->cut = true;
        buf_free(value);
        return;
    }
    fields->v = mem_resize(fields->v, fields->count + 1, sizeof *fields->v);
    fields->v[fields->count++] = (struct header_field){.kind = kind, .value = buf_take(value)};
}

static bool is_mbox_line(const struct cursor *line)
{
    return line->end - line->at >= 5 && memcmp(line->at, "From ", 5) == 0;
}

/* One field with its folded lines (RFC 5322 2.2.3); false when the header is over. */
static bool read_field(struct cursor *c, struct header_fields *out)
{
    struct cursor line;
    struct buf value = BUF_INIT(HEADER_VALUE_MAX + 1);
    const char *colon;
    enum header_kind kind;

    if (!cursor_line(c, &line) || (colon = find_colon(&line)) == NULL)
        return false;
    kind = find_kind(line.at, (size_t)(colon - line.at));
    if (kind != HEADER_KINDS)
        add_text(&value, colon + 1, line.end);
    while (c->at < c->end && is_blank(*c->at) && cursor_line(c, &line))
        if (kind != HEADER_KINDS)
            add_text(&value, line.at, line.end);
    if (kind != HEADER_KINDS)
        keep(out, kind, &value);
    return true;
}

void header_fields_read(const char *text, size_t length, struct header_fields *out)
{
    struct cursor c = cursor_of(text, length), ahead = c, line;

    *out = (struct header_fields){.count = 0};
    if (cursor_line(&ahead, &line) && is_mbox_line(&line))
        c = ahead;
    while (read_field(&c, out))
        ;
}

void header_fields_free(struct header_fields *fields)
{
    for (size_t i = 0; i < fields->count; i++)
        free(fields->v[i].value);
    free(fields->v);
    *fields = (struct header_fields){.count = 0};
}

struct cursor header_comment(struct cursor *c)
{
    struct cursor inside = {c->at + 1, c->end};
    int depth = 0;

    for (; c->at < c->end; c->at++) {
        if (*c->at == '\\' && c->at + 1 < c->end) {
            c->at++;
            continue;
        }
        depth += (*c->at == '(') - (*c->at == ')');
        if (depth == 0)
            break;
    }
    inside.end = c->at;
    c->at += c->at < c->end;
    return inside;
}
