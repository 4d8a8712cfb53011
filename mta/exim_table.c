/* exim_table.c - PURE: names that Exim looks up, and the tables in which they stand. */
#include "mta/exim.h"

#include <string.h>

/* The text within the braces at *at, nested ones included; *at moves behind them. */
static bool braced(const char **at, char *out, size_t size)
{
    const char *start;
    int depth = 0;

    while (**at == ' ' || **at == '\t')
        ++*at;
    if (**at != '{')
        return false;
    start = *at + 1;
    for (; **at != '\0'; ++*at) {
        depth += **at == '{';
        depth -= **at == '}';
        if (depth == 0) {
            struct cursor c = cursor_of(start, (size_t)(*at - start));

            ++*at;
            return cursor_copy(&c, out, size);
        }
    }
    return false;
}

bool exim_lookup_of(const char *text, struct exim_lookup *out)
{
    const char *found = text;

    while ((found = strstr(found, "${lookup")) != NULL) {
        struct exim_lookup one = {.key = ""};
        const char *at = found + strlen("${lookup");
        size_t n;

        found = at;
        if (!braced(&at, one.key, sizeof one.key))
            continue;
        while (*at == ' ')
            at++;
        n = strcspn(at, "*@,{ ");
        str_format(one.type, sizeof one.type, "%.*s", (int)(n > 31 ? 31 : n), at);
        one.has_default = at[n] == '*';
        at += strcspn(at, "{");
        if (!braced(&at, one.file, sizeof one.file) || one.file[0] != '/' ||
            strchr(one.file, '$') != NULL)
            continue;
        *out = one;
        return true;
    }
    return false;
}

bool exim_is_table(const struct exim_lookup *lookup)
{
    return str_equal(lookup->type, "lsearch") || str_equal(lookup->type, "iplsearch");
}

bool exim_is_by_address(const struct exim_lookup *lookup)
{
    return exim_is_table(lookup) && (str_equal(lookup->key, "$sending_ip_address") ||
                                     str_equal(lookup->key, "$interface_address") ||
                                     str_equal(lookup->key, "$received_ip_address"));
}

bool exim_is_by_domain(const struct exim_lookup *lookup)
{
    return exim_is_table(lookup) && (str_equal(lookup->key, "$sender_address_domain") ||
                                     str_equal(lookup->key, "${lc:$sender_address_domain}"));
}

bool exim_asks_ptr(const char *text)
{
    const char *found = strstr(text, "dnsdb");

    return (found != NULL && strstr(found, "ptr") != NULL) ||
           strstr(text, "{lookup_dnssec") != NULL || strstr(text, "host_lookup") != NULL;
}

/* --- The file of an lsearch: "key: value" or "key value", keys may be quoted, letter case aside. */

struct row {
    struct cursor key, value; /* of the first line */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

/* Up to the closing quote, or to a blank or a colon. False when the quote is not closed. */
static bool take_key(struct cursor *c, struct cursor *key)
{
    bool quoted = *c->at == '"';

    c->at += quoted;
    key->at = c->at;
    while (c->at < c->end && (quoted ? *c->at != '"' : !is_blank(*c->at) && *c->at != ':'))
        c->at++;
    key->end = c->at;
    if (quoted && c->at == c->end)
        return false;
    c->at += quoted;
    return true;
}

static bool row_of(const struct cursor *line, struct row *row)
{
    struct cursor c = *line;

    if (c.at == c.end || *c.at == '#' || is_blank(*c.at) || !take_key(&c, &row->key))
        return false;
    skip_blanks(&c);
    c.at += c.at < c.end && *c.at == ':';
    skip_blanks(&c);
    while (c.end > c.at && is_blank(c.end[-1]))
        c.end--;
    row->value = c;
    return true;
}

static bool is_key(const struct row *row, const char *key)
{
    char text[256];
    struct ip a, b;

    if (!cursor_copy(&row->key, text, sizeof text))
        return false;
    if (str_equal_nocase(text, key))
        return true;
    return ip_parse(text, &a) && ip_parse(key, &b) && ip_equal(&a, &b);
}

void exim_table_keys(const char *text, size_t length, struct strings *out)
{
    struct cursor rest = cursor_of(text, length), line;
    struct row row;
    char key[256];

    while (out->count < EXIM_KEYS_MAX && cursor_line(&rest, &line))
        if (row_of(&line, &row) && cursor_copy(&row.key, key, sizeof key))
            strings_add(out, key);
}

/* An IPv6 address as a key is written in quotes: it has colons. */
static void add_row(const char *text, size_t length, const char *key, const char *value,
                    struct buf *out)
{
    buf_add(out, text, length);
    if (length > 0 && text[length - 1] != '\n')
        buf_char(out, '\n');
    buf_printf(out, strchr(key, ':') ? "\"%s\": %s\n" : "%s: %s\n", key, value);
}

bool exim_table_set(const char *text, size_t length, const char *key, const char *value,
                    struct buf *out, struct error *e)
{
    struct cursor rest = cursor_of(text, length), line, next;
    struct row row;

    if (length > 0 && memchr(text, '\0', length) != NULL)
        return fail(e, ERR_CONFLICT, "the table is no text");
    while (cursor_line(&rest, &line)) {
        struct cursor after = rest;

        if (!row_of(&line, &row) || !is_key(&row, key))
            continue;
        if (cursor_line(&after, &next) && next.at < next.end && is_blank(*next.at))
            return fail(e, ERR_CONFLICT, "the entry of %.100s goes on in the next line", key);
        buf_add(out, text, (size_t)(row.value.at - text));
        if (row.value.at[-1] != ' ' && row.value.at[-1] != ':' && row.value.at[-1] != '\t')
            buf_char(out, ' ');
        buf_text(out, value);
        buf_add(out, row.value.end, (size_t)(text + length - row.value.end));
        return buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "the table is too long");
    }
    add_row(text, length, key, value, out);
    return buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "the table is too long");
}
