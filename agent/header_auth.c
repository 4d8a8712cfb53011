/* header_auth.c - takes the fields apart in which receivers report their checks. */
#include "agent/header_auth.h"

#include "agent/header_fields.h"

#include <string.h>

/* A word, or name=value with the value unquoted. */
struct pair {
    char name[64];
    char value[256];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void lower(char *text)
{
    for (; *text != '\0'; text++)
        *text = str_lower(*text);
}

/* A quoted string or a word (RFC 8601 2.2 "value"); what does not fit is cut. */
static void take_value(struct cursor *c, char *dst, size_t size)
{
    const bool quoted = c->at < c->end && *c->at == '"';
    size_t length = 0;

    for (c->at += quoted; c->at < c->end; c->at++) {
        if (quoted ? *c->at == '"' : is_blank(*c->at) || *c->at == ';' || *c->at == '(')
            break;
        if (length + 1 < size)
            dst[length++] = *c->at;
    }
    c->at += quoted && c->at < c->end;
    dst[length] = '\0';
}

/* The next name=value, or word, of a clause; comments go to *comment. False at its semicolon. */
static bool take_pair(struct cursor *c, struct pair *out, struct cursor *comment)
{
    size_t length = 0;

    *out = (struct pair){.name = ""};
    while (c->at < c->end && (is_blank(*c->at) || *c->at == '(')) {
        if (*c->at == '(')
            *comment = header_comment(c);
        else
            c->at++;
    }
    if (c->at == c->end || *c->at == ';')
        return false;
    for (; c->at < c->end && strchr(" \t;(=", *c->at) == NULL; c->at++)
        if (length + 1 < sizeof out->name)
            out->name[length++] = *c->at;
    lower(out->name);
    if (c->at < c->end && *c->at == '=') {
        c->at++;
        take_value(c, out->value, sizeof out->value);
    }
    return true;
}

/* "sender IP is 203.0.113.25" of Exchange Online. */
static void read_comment(const struct cursor *comment, struct auth *out)
{
    static const char words[] = "sender IP is ";
    const char *at;
    char text[64];

    if (comment->at == NULL)
        return;
    at = memmem(comment->at, (size_t)(comment->end - comment->at), words, sizeof words - 1);
    if (at == NULL)
        return;
    at += sizeof words - 1;
    str_format(text, sizeof text, "%.*s", (int)(comment->end - at), at);
    text[strcspn(text, " ;,")] = '\0';
    if (out->client.family == IP_NONE)
        (void)!ip_parse(text, &out->client);
}

/* Properties that name the client or the HELO, with RFC 8601 and without. */
static void read_property(const struct pair *pair, struct auth *out)
{
    static const char *const clients[] = {"policy.iprev", "smtp.client-ip", "smtp.remote-ip",
                                          "client-ip"};
    static const char *const helos[] = {"smtp.helo", "helo"};

    for (size_t i = 0; i < sizeof clients / sizeof clients[0]; i++)
        if (str_equal(pair->name, clients[i]) && out->client.family == IP_NONE)
            (void)!ip_parse(pair->value, &out->client);
    for (size_t i = 0; i < sizeof helos / sizeof helos[0]; i++)
        if (str_equal(pair->name, helos[i]) && out->helo[0] == '\0')
            str_cut(out->helo, sizeof out->helo, pair->value);
}

/* Whom a method's result is about; the first that is told. */
static void read_identity(const struct pair *pair, struct auth_result *out)
{
    static const char *const identities[] = {"smtp.mailfrom", "smtp.mail",     "smtp.helo",
                                             "header.d",      "header.i",      "header.from",
                                             "policy.iprev",  "envelope-from", "smtp.remote-ip"};

    for (size_t i = 0; i < sizeof identities / sizeof identities[0]; i++)
        if (str_equal(pair->name, identities[i]) && out->identity[0] == '\0')
            str_cut(out->identity, sizeof out->identity, pair->value);
}

/* "method[/version]=result" opens a clause (RFC 8601 2.2 "methodspec"). */
static struct auth_result *open_result(struct pair *pair, struct auth *out)
{
    struct auth_result *result;

    if (out->count == AUTH_RESULTS_MAX || pair->value[0] == '\0')
        return NULL;
    pair->name[strcspn(pair->name, "/")] = '\0';
    result = &out->results[out->count++];
    *result = (struct auth_result){.method = ""};
    str_cut(result->method, sizeof result->method, pair->name);
    str_cut(result->result, sizeof result->result, pair->value);
    lower(result->result);
    return result;
}

/* One clause up to its semicolon. The first clause may be the server's name (not Microsoft's). */
static void read_clause(struct cursor *c, bool first, struct auth *out)
{
    struct cursor comment = {NULL, NULL};
    struct auth_result *result = NULL;
    struct pair pair;

    for (bool opens = true; take_pair(c, &pair, &comment); opens = false) {
        if (opens && first && pair.value[0] == '\0')
            str_cut(out->server, sizeof out->server, pair.name);
        else if (opens)
            result = open_result(&pair, out);
        else
            read_property(&pair, out);
        if (result != NULL && !opens)
            read_identity(&pair, result);
    }
    read_comment(&comment, out);
    if (result != NULL && str_equal(result->method, "iprev") && comment.at != NULL)
        str_format(out->ptr, sizeof out->ptr, "%.*s", (int)(comment.end - comment.at), comment.at);
}

static void read_auth_results(struct cursor *c, struct auth *out)
{
    for (bool first = true; c->at < c->end; first = false) {
        read_clause(c, first, out);
        c->at += c->at < c->end;
    }
}

/* "Pass (google.com: domain of ...) client-ip=203.0.113.25; helo=mail.example.com;" */
static void read_received_spf(struct cursor *c, struct auth *out)
{
    struct cursor comment = {NULL, NULL};
    struct auth_result *spf = &out->results[0];
    struct pair pair;

    if (!take_pair(c, &pair, &comment) || pair.value[0] != '\0')
        return;
    *spf = (struct auth_result){.method = "spf"};
    str_cut(spf->result, sizeof spf->result, pair.name);
    out->count = 1;
    for (; c->at < c->end; c->at += c->at < c->end)
        while (take_pair(c, &pair, &comment)) {
            read_property(&pair, out);
            read_identity(&pair, spf);
            if (str_equal(pair.name, "receiver"))
                str_cut(out->server, sizeof out->server, pair.value);
        }
    if (out->server[0] == '\0' && comment.at != NULL) {
        str_format(out->server, sizeof out->server, "%.*s", (int)(comment.end - comment.at),
                   comment.at);
        out->server[strcspn(out->server, ": ")] = '\0';
    }
}

/* "CIP:203.0.113.25;CTRY:US;...;H:mail.example.com;PTR:mail.example.com;..." */
static void read_forefront(struct cursor *c, struct auth *out)
{
    char piece[300];

    while (c->at < c->end) {
        const char *end = memchr(c->at, ';', (size_t)(c->end - c->at));
        end = end != NULL ? end : c->end;
        while (c->at < end && is_blank(*c->at))
            c->at++;
        str_format(piece, sizeof piece, "%.*s", (int)(end - c->at), c->at);
        if (str_starts(piece, "CIP:"))
            (void)!ip_parse(piece + 4, &out->client);
        else if (str_starts(piece, "H:"))
            str_cut(out->helo, sizeof out->helo, piece + 2);
        else if (str_starts(piece, "PTR:"))
            str_cut(out->ptr, sizeof out->ptr, piece + 4);
        c->at = end + (end < c->end);
    }
}

static void read_sender_ip(struct cursor *c, struct auth *out)
{
    struct cursor word;
    char text[64];

    if (cursor_word(c, &word) && cursor_copy(&word, text, sizeof text))
        (void)!ip_parse(text, &out->client);
}

void auth_parse(const struct header_field *field, struct auth *out)
{
    static void (*const readers[HEADER_KINDS])(struct cursor *, struct auth *) = {
        [HEADER_AUTH_RESULTS] = read_auth_results,
        [HEADER_RECEIVED_SPF] = read_received_spf,
        [HEADER_FOREFRONT] = read_forefront,
        [HEADER_SENDER_IP] = read_sender_ip,
    };
    struct cursor c = cursor_of(field->value, strlen(field->value));

    *out = (struct auth){.client = {.family = IP_NONE}};
    if (readers[field->kind] != NULL)
        readers[field->kind](&c, out);
}
