/* smtp_reply.c - the grammar of SMTP replies (RFC 5321 4.2), within limits. */
#include "agent/net/smtp_reply.h"

#include <string.h>

#define CODE_LENGTH 3

/* RFC 5321 4.2: Reply-code = %x32-35 %x30-35 %x30-39. */
static bool may_be_code(const char *at, size_t length)
{
    static const char ends[CODE_LENGTH][2] = {{'2', '5'}, {'0', '5'}, {'0', '9'}};

    for (size_t i = 0; i < CODE_LENGTH && i < length; i++)
        if (at[i] < ends[i][0] || at[i] > ends[i][1])
            return false;
    return true;
}

/* A line, or what there is of it, less its line end. */
static enum smtp_parse judge_line(const char *line, size_t length, bool ended)
{
    if (!may_be_code(line, length))
        return SMTP_INVALID;
    if (length < CODE_LENGTH)
        return ended ? SMTP_INVALID : SMTP_MORE;
    if (length == CODE_LENGTH)
        return ended ? SMTP_COMPLETE : SMTP_MORE;
    switch (line[CODE_LENGTH]) {
    case '-':
        return SMTP_MORE;
    case ' ':
        return ended ? SMTP_COMPLETE : SMTP_MORE;
    case '\r': /* the first half of a line end */
        return !ended && length == CODE_LENGTH + 1 ? SMTP_MORE : SMTP_INVALID;
    default:
        return SMTP_INVALID;
    }
}

/* The length of the line at data, line end included; 0 while it has none. */
static size_t line_length(const char *data, size_t length)
{
    const char *end = memchr(data, '\n', length);

    return end != NULL ? (size_t)(end - data) + 1 : 0;
}

static size_t text_length(const char *line, size_t length)
{
    length--;
    return length > 0 && line[length - 1] == '\r' ? length - 1 : length;
}

enum smtp_parse smtp_reply_parse(const char *data, size_t length, size_t *used)
{
    size_t at = 0;

    for (int lines = 0; lines < SMTP_REPLY_LINES; lines++) {
        const size_t whole = line_length(data + at, length - at);
        enum smtp_parse parse;

        if (whole == 0 && (length - at >= SMTP_LINE_MAX || length > SMTP_REPLY_BYTES))
            return SMTP_INVALID;
        if (whole == 0)
            return judge_line(data + at, length - at, false);
        if (whole > SMTP_LINE_MAX || at + whole > SMTP_REPLY_BYTES)
            return SMTP_INVALID;
        parse = judge_line(data + at, text_length(data + at, whole), true);
        at += whole;
        if (parse == SMTP_COMPLETE)
            *used = at;
        if (parse != SMTP_MORE)
            return parse;
    }
    return SMTP_INVALID;
}

void smtp_reply_lines(const char *data, size_t length, struct strings *lines)
{
    struct cursor reply = cursor_of(data, length), line;
    char printable[4 * SMTP_LINE_MAX + 1]; /* each byte may become \xNN */

    while (cursor_line(&reply, &line)) {
        str_printable(printable, sizeof printable, line.at, (size_t)(line.end - line.at));
        strings_add(lines, printable);
    }
}

int smtp_reply_code(const struct strings *lines)
{
    const char *last = lines->count > 0 ? lines->v[lines->count - 1] : "";

    if (strlen(last) < CODE_LENGTH || !may_be_code(last, CODE_LENGTH))
        return 0;
    return (last[0] - '0') * 100 + (last[1] - '0') * 10 + (last[2] - '0');
}

/* What follows the code and the blank or hyphen behind it. */
static struct cursor line_text(const char *line)
{
    const size_t length = strlen(line), skip = CODE_LENGTH + 1;

    return length > skip ? cursor_of(line + skip, length - skip) : cursor_of("", 0);
}

enum name_fault smtp_reply_name(const char *line, struct name *out)
{
    struct cursor text = line_text(line), word;
    char host[SMTP_LINE_MAX];

    *out = (struct name){""};
    if (!cursor_word(&text, &word))
        return NAME_EMPTY;
    if (!cursor_copy(&word, host, sizeof host))
        return NAME_TOO_LONG;
    return name_parse_host(host, out);
}

bool smtp_reply_is_masked(const char *line)
{
    const struct cursor text = line_text(line);
    size_t stars = 0;

    /* Cisco ASA leaves the characters 2 and 0 and blanks, and writes a star for all others. */
    for (const char *at = text.at; at < text.end; at++) {
        if (strchr("*20 ", *at) == NULL)
            return false;
        stars += *at == '*';
    }
    return stars >= 3;
}
