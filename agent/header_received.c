/* header_received.c - takes one Received line apart. */
#include "agent/header_received.h"

#include <string.h>

#include "agent/base/str.h"
#include "agent/header_fields.h"

#define COMMENTS_MAX 8

/* Text of one clause: a word, then the comments behind it, without their parentheses. */
struct clause {
    char word[256];
    struct cursor comments[COMMENTS_MAX];
    size_t count;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static void skip_blanks(struct cursor *c)
{
    while (c->at < c->end && is_blank(*c->at))
        c->at++;
}

static struct cursor take_word(struct cursor *c)
{
    struct cursor word = {c->at, c->at};

    while (c->at < c->end && !is_blank(*c->at) && *c->at != '(' && *c->at != ';')
        c->at++;
    word.end = c->at;
    return word;
}

static void copy(const struct cursor *c, char *dst, size_t size)
{
    str_format(dst, size, "%.*s", (int)(c->end - c->at), c->at);
}

/* A word of the line is one of its keywords: from, by, via, with, id, for (RFC 5321 4.4). */
static bool is_keyword(const struct cursor *word, const char *keyword)
{
    char text[8];

    if (word->end - word->at >= (ptrdiff_t)sizeof text)
        return false;
    copy(word, text, sizeof text);
    return str_equal_nocase(text, keyword);
}

static void read_clause(struct cursor *c, struct clause *out)
{
    struct cursor word;

    *out = (struct clause){.count = 0};
    skip_blanks(c);
    word = take_word(c);
    copy(&word, out->word, sizeof out->word);
    for (skip_blanks(c); c->at < c->end && *c->at == '('; skip_blanks(c)) {
        struct cursor inside = header_comment(c);
        if (out->count < COMMENTS_MAX)
            out->comments[out->count++] = inside;
    }
}

/* An address in text: "203.0.113.25", "[IPv6:2001:db8::25]", "[203.0.113.25]:25", "x@192.0.2.1" */
static bool read_address(const char *text, size_t length, struct ip *out)
{
    char copied[64];
    char *at = copied, *end;

    if (length >= sizeof copied)
        return false;
    str_format(copied, sizeof copied, "%.*s", (int)length, text);
    at = strrchr(at, '@') != NULL ? strrchr(at, '@') + 1 : at;
    at += *at == '[';
    end = at + strcspn(at, "] ");
    *end = '\0';
    if (strlen(at) > 5 && str_lower(at[0]) == 'i' && str_lower(at[2]) == 'v' && at[4] == ':')
        at += 5; /* RFC 5321 4.1.3 */
    return ip_parse(at, out);
}

/* "HELO mail.example.com" of qmail, "EHLO" of Yahoo, "helo=mail.example.com" of Exim. */
static bool read_spoken(const struct cursor *comment, struct cursor *spoken)
{
    static const char *const before[] = {"HELO ", "EHLO ", "helo=", "HELO:", "HELO="};
    const size_t length = (size_t)(comment->end - comment->at);

    for (size_t i = 0; i + 5 <= length; i++) {
        if (i > 0 && !is_blank(comment->at[i - 1]))
            continue;
        for (size_t k = 0; k < sizeof before / sizeof before[0]; k++) {
            if (memcmp(comment->at + i, before[k], 5) != 0)
                continue;
            *spoken = (struct cursor){comment->at + i + 5, comment->end};
            skip_blanks(spoken);
            spoken->end = spoken->at + strcspn(spoken->at, " \t)");
            return spoken->end > spoken->at;
        }
    }
    return false;
}

/* What the peer says of itself is no evidence of its address. */
static bool is_spoken(const struct cursor *word)
{
    return word->end - word->at > 5 && memcmp(word->at, "helo=", 5) == 0;
}

/* The address that the writer put into a comment, and the name that it found in front of it. */
static bool read_peer(const struct cursor *comment, struct cursor *name, struct ip *peer)
{
    struct cursor rest = *comment, word;

    *name = (struct cursor){comment->at, comment->at};
    while (cursor_word(&rest, &word)) {
        if (is_keyword(&word, "HELO") || is_keyword(&word, "EHLO"))
            return false;
        if (is_spoken(&word))
            continue;
        if (read_address(word.at, (size_t)(word.end - word.at), peer))
            return true;
        *name = word;
    }
    return false;
}

/* "unknown", "root@localhost", an address: no name of the peer. */
static void set_name(const struct cursor *word, char *dst, size_t size)
{
    struct name name;
    enum name_fault fault;

    copy(word, dst, size);
    fault = name_parse_host(dst, &name);
    dst[0] = '\0';
    if (fault == NAME_GOOD || fault == NAME_PRIVATE_SUFFIX)
        str_cut(dst, size, name.s);
}

static bool says(const struct cursor *comment, const char *words)
{
    return memmem(comment->at, (size_t)(comment->end - comment->at), words, strlen(words)) != NULL;
}

/* The word after "from" is the HELO, or the peer's verified name where the HELO stands apart. */
static void read_from(const struct clause *from, bool exim, struct hop *out)
{
    const size_t length = strlen(from->word);
    const struct cursor word = {from->word, from->word + length};
    struct cursor spoken = word, name = {from->word, from->word};
    bool apart = false, forged = false;

    for (size_t i = 0; i < from->count && out->peer.family == IP_NONE; i++) {
        apart = read_spoken(&from->comments[i], &spoken) || apart;
        forged = says(&from->comments[i], "may be forged");
        (void)read_peer(&from->comments[i], &name, &out->peer);
    }
    if (out->peer.family == IP_NONE)
        (void)!read_address(from->word, length, &out->peer);
    copy(&spoken, out->helo, sizeof out->helo);
    set_name(apart || exim ? &word : &name, out->ptr, sizeof out->ptr);
    out->ptr_confirmed = out->ptr[0] != '\0' && !forged && (exim || !apart);
}

static void read_clauses(struct cursor *c, struct clause *from, struct hop *out)
{
    struct clause clause;
    struct cursor word;
    bool first = true;

    for (skip_blanks(c); c->at < c->end; skip_blanks(c), first = false) {
        if (*c->at == '(') {
            (void)header_comment(c);
            continue;
        }
        word = take_word(c);
        if (is_keyword(&word, "from") && first)
            read_clause(c, from);
        else if (is_keyword(&word, "by") && out->by[0] == '\0') {
            read_clause(c, &clause);
            str_cut(out->by, sizeof out->by, clause.word);
        } else if (is_keyword(&word, "with") && out->with[0] == '\0') {
            skip_blanks(c);
            word = take_word(c);
            copy(&word, out->with, sizeof out->with);
        }
        c->at += word.at == c->at && c->at < c->end; /* a character that begins nothing */
    }
}

/* The date stands behind the last semicolon that is in no comment. */
static void split_date(struct cursor *c, struct hop *out)
{
    const char *semicolon = NULL;
    struct cursor walk = *c, date;

    while (walk.at < walk.end) {
        if (*walk.at == '(') {
            (void)header_comment(&walk);
            continue;
        }
        semicolon = *walk.at == ';' ? walk.at : semicolon;
        walk.at++;
    }
    if (semicolon == NULL)
        return;
    date = (struct cursor){semicolon + 1, c->end};
    skip_blanks(&date);
    copy(&date, out->when, sizeof out->when);
    c->end = semicolon;
}

/* Within Exchange Online some hosts hand mail on by HTTPS or MAPI. */
static bool is_below(const char *host, const char *domain)
{
    const size_t length = strlen(host), tail = strlen(domain);

    return length > tail && str_equal_nocase(host + length - tail, domain);
}

void hop_parse(const char *value, struct hop *out)
{
    struct cursor c = cursor_of(value, strlen(value));
    struct clause from = {.count = 0};

    *out = (struct hop){.peer = {.family = IP_NONE}};
    split_date(&c, out);
    read_clauses(&c, &from, out);
    if (strstr(value, "with Microsoft SMTP Server") != NULL)
        str_cut(out->with, sizeof out->with, "Microsoft SMTP Server");
    out->microsoft =
        str_equal(out->with, "Microsoft SMTP Server") || is_below(out->by, ".outlook.com");
    if (from.word[0] != '\0')
        read_from(&from, strstr(value, "(Exim ") != NULL, out);
}
