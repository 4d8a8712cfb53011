/* smtp_session.c - the protocol of the observer, without any socket. */
#include "agent/net/smtp_session.h"

#include <string.h>

#define ARGUMENT_MAX 256 /* RFC 5321 4.5.3.1.2, 4.5.3.1.3: names have 255 bytes, paths 256 */

static const char *const end_texts[SMTP_ENDS] = {
    [SMTP_END_OPEN] = "open",       [SMTP_END_QUIT] = "quit",   [SMTP_END_CLOSED] = "closed",
    [SMTP_END_TIMEOUT] = "timeout", [SMTP_END_LIMIT] = "limit", [SMTP_END_SHUTDOWN] = "shutdown",
};

const char *smtp_end_text(enum smtp_end end)
{
    return end_texts[end];
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool smtp_token_is_good(const char *token)
{
    size_t length = 0;

    while (is_token_char(token[length]))
        length++;
    return token[length] == '\0' && length >= SMTP_TOKEN_MIN && length <= SMTP_TOKEN_MAX;
}

void smtp_session_open(struct smtp_session *session, const char *name, const char *token)
{
    *session = (struct smtp_session){.line = BUF_INIT(SMTP_TEXT_LINE_MAX),
                                     .field = BUF_INIT(SMTP_RECEIVED_MAX)};
    str_cut(session->name, sizeof session->name, name);
    str_cut(session->token, sizeof session->token, token);
}

void smtp_heard_free(struct smtp_heard *heard)
{
    strings_free(&heard->hellos);
    strings_free(&heard->senders);
    strings_free(&heard->recipients);
    strings_free(&heard->received);
}

void smtp_session_free(struct smtp_session *session)
{
    smtp_heard_free(&session->heard);
    strings_free(&session->received);
    buf_free(&session->line);
    buf_free(&session->field);
}

void smtp_session_greet(const struct smtp_session *session, struct buf *replies)
{
    buf_printf(replies, "220 %s ESMTP namesake observer, takes no mail\r\n", session->name);
}

void smtp_session_end(struct smtp_session *session, enum smtp_end end, struct buf *replies)
{
    if (session->heard.end != SMTP_END_OPEN)
        return;
    session->heard.end = end;
    if (end == SMTP_END_TIMEOUT)
        buf_printf(replies, "421 4.4.2 %s: time is up\r\n", session->name);
    else if (end == SMTP_END_LIMIT)
        buf_printf(replies, "421 4.7.0 %s: too much\r\n", session->name);
    else if (end == SMTP_END_SHUTDOWN)
        buf_printf(replies, "421 4.3.2 %s: shutting down\r\n", session->name);
}

/* Keep what a client said, within limits, made printable. */
static void keep(struct strings *list, const char *text, size_t length)
{
    char shown[4 * ARGUMENT_MAX];

    if (list->count == SMTP_NOTED_MAX)
        return;
    str_printable(shown, sizeof shown, text, length < ARGUMENT_MAX ? length : ARGUMENT_MAX);
    strings_add(list, shown);
}

/* A token at the beginning of a text, in lower case; false when there is no good one, or not the
 * one that is wanted. */
static bool take_token(const struct smtp_session *session, const char *text, char *out)
{
    char token[SMTP_TOKEN_MAX + 2];
    size_t length = 0;

    while (is_token_char(text[length]) && length <= SMTP_TOKEN_MAX) {
        token[length] = str_lower(text[length]);
        length++;
    }
    token[length] = '\0';
    if (!smtp_token_is_good(token) ||
        (session->token[0] != '\0' && !str_equal_nocase(token, session->token)))
        return false;
    return str_copy(out, SMTP_TOKEN_MAX + 1, token);
}

static bool starts_nocase(const char *text, const char *prefix)
{
    while (*prefix != '\0' && str_lower(*text) == str_lower(*prefix)) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

/* The next mail begins from nothing (RFC 5321 4.1.1.5). */
static void reset(struct smtp_session *session)
{
    session->in_data = session->in_header = session->has_sender = false;
    session->accepted = 0;
    session->of_recipient[0] = session->of_message[0] = '\0';
    session->message_bytes = 0;
    strings_free(&session->received);
    buf_clear(&session->field);
}

static void mistake(struct smtp_session *session, const char *reply, struct buf *replies)
{
    session->mistakes++;
    buf_text(replies, reply);
}

static void on_hello(struct smtp_session *session, const char *argument, struct buf *replies)
{
    if (*argument == '\0') {
        mistake(session, "501 5.5.4 say who you are\r\n", replies);
        return;
    }
    keep(&session->heard.hellos, argument, strlen(argument));
    reset(session);
}

static void on_helo(struct smtp_session *session, const char *argument, struct buf *replies)
{
    on_hello(session, argument, replies);
    if (*argument != '\0')
        buf_printf(replies, "250 %s\r\n", session->name);
}

static void on_ehlo(struct smtp_session *session, const char *argument, struct buf *replies)
{
    on_hello(session, argument, replies);
    if (*argument != '\0')
        buf_printf(replies, "250-%s\r\n250-SIZE %u\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n",
                   session->name, SMTP_MESSAGE_MAX);
}

/* The address of "FROM:<a@b> SIZE=1": its place and length; false when it is written otherwise. */
static bool find_path(const char *argument, const char *word, const char **path, size_t *length)
{
    if (!starts_nocase(argument, word))
        return false;
    argument += strlen(word);
    argument += strspn(argument, " ");
    *path = argument + (*argument == '<');
    *length = strcspn(*path, *argument == '<' ? ">" : " ");
    return *argument != '<' || (*path)[*length] == '>';
}

static void on_mail(struct smtp_session *session, const char *argument, struct buf *replies)
{
    const char *path;
    size_t length;

    if (session->heard.hellos.count == 0 || session->has_sender) {
        mistake(session, "503 5.5.1 not now\r\n", replies);
        return;
    }
    if (!find_path(argument, "FROM:", &path, &length)) {
        mistake(session, "501 5.5.4 MAIL FROM:<ADDRESS>\r\n", replies);
        return;
    }
    keep(&session->heard.senders, path, length);
    session->has_sender = true;
    buf_text(replies, "250 2.1.0 ok\r\n");
}

/* Whether mail to this mailbox may be a probe; its token, if it carries one. */
static bool is_probe_mailbox(struct smtp_session *session, const char *path)
{
    const size_t length = sizeof SMTP_PROBE_MAILBOX - 1;
    char token[SMTP_TOKEN_MAX + 1];

    if (!starts_nocase(path, SMTP_PROBE_MAILBOX))
        return false;
    if (path[length] == '@')
        return true;
    if (path[length] != '+' || !take_token(session, path + length + 1, token) ||
        path[length + 1 + strlen(token)] != '@')
        return false;
    str_cut(session->of_recipient, sizeof session->of_recipient, token);
    return true;
}

static void on_rcpt(struct smtp_session *session, const char *argument, struct buf *replies)
{
    const char *path;
    size_t length;

    if (!session->has_sender) {
        mistake(session, "503 5.5.1 MAIL first\r\n", replies);
        return;
    }
    if (!find_path(argument, "TO:", &path, &length)) {
        mistake(session, "501 5.5.4 RCPT TO:<ADDRESS>\r\n", replies);
        return;
    }
    keep(&session->heard.recipients, path, length);
    if (!is_probe_mailbox(session, path)) {
        session->heard.refused++;
        buf_text(replies, "550 5.7.1 this is an observer: it takes probes only\r\n");
        return;
    }
    session->accepted++;
    buf_text(replies, "250 2.1.5 ok\r\n");
}

static void on_data(struct smtp_session *session, const char *argument, struct buf *replies)
{
    (void)argument;
    if (session->accepted == 0) {
        mistake(session,
                session->has_sender ? "554 5.5.1 no valid recipients\r\n"
                                    : "503 5.5.1 MAIL first\r\n",
                replies);
        return;
    }
    session->in_data = session->in_header = true;
    buf_text(replies, "354 end with a dot\r\n");
}

static void on_reset(struct smtp_session *session, const char *argument, struct buf *replies)
{
    (void)argument;
    reset(session);
    buf_text(replies, "250 2.0.0 ok\r\n");
}

static void on_noop(struct smtp_session *session, const char *argument, struct buf *replies)
{
    (void)session, (void)argument;
    buf_text(replies, "250 2.0.0 ok\r\n");
}

static void on_quit(struct smtp_session *session, const char *argument, struct buf *replies)
{
    (void)argument;
    buf_printf(replies, "221 2.0.0 %s\r\n", session->name);
    session->heard.end = SMTP_END_QUIT;
}

static void on_never(struct smtp_session *session, const char *argument, struct buf *replies)
{
    (void)argument;
    mistake(session, "502 5.5.1 not here\r\n", replies);
}

static const struct {
    const char *verb;
    void (*run)(struct smtp_session *, const char *argument, struct buf *replies);
} verbs[] = {
    {"EHLO", on_ehlo},  {"HELO", on_helo},      {"MAIL", on_mail},  {"RCPT", on_rcpt},
    {"DATA", on_data},  {"RSET", on_reset},     {"NOOP", on_noop},  {"QUIT", on_quit},
    {"VRFY", on_never}, {"STARTTLS", on_never}, {"AUTH", on_never}, {"HELP", on_noop},
};

static void on_command(struct smtp_session *session, const char *line, struct buf *replies)
{
    const size_t length = strcspn(line, " ");
    const char *argument = line + length + strspn(line + length, " ");

    if (++session->commands > SMTP_COMMANDS_MAX) {
        smtp_session_end(session, SMTP_END_LIMIT, replies);
        return;
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strlen(verbs[i].verb) == length && starts_nocase(line, verbs[i].verb)) {
            verbs[i].run(session, argument, replies);
            return;
        }
    mistake(session, "500 5.5.2 what?\r\n", replies);
}

/* The field that was read is complete: the ways of a probe, up to the limit. */
static void end_field(struct smtp_session *session)
{
    char shown[SMTP_RECEIVED_MAX];

    if (session->field.length > 0 && session->received.count < SMTP_NOTED_MAX) {
        str_printable(shown, sizeof shown, buf_string(&session->field), session->field.length);
        strings_add(&session->received, shown);
    }
    buf_clear(&session->field);
}

/* A Received field may go on over several lines (RFC 5322 2.2.3); what is too long is cut. */
static void read_received(struct smtp_session *session, const char *line)
{
    static const char name[] = "Received:";
    const bool more = line[0] == ' ' || line[0] == '\t';
    const char *text = line;

    if (more && session->field.length == 0)
        return;
    if (!more)
        end_field(session);
    if (!more && !starts_nocase(line, name))
        return;
    text += more ? 0 : sizeof name - 1;
    text += strspn(text, " \t"); /* unfolding: one blank will do */
    if (session->field.length + strlen(text) + 1 >= SMTP_RECEIVED_MAX)
        return;
    buf_printf(&session->field, "%s%s", more ? " " : "", text);
}

/* X-Namesake-Probe as a field of its own, or within the subject. */
static void read_header_line(struct smtp_session *session, const char *line)
{
    const char *at = line;

    read_received(session, line);
    if (*line == '\0')
        session->in_header = false;
    if (starts_nocase(line, "Subject:"))
        at = strstr(line, SMTP_PROBE_HEADER);
    else if (!starts_nocase(line, SMTP_PROBE_HEADER))
        return;
    if (at == NULL)
        return;
    at += sizeof SMTP_PROBE_HEADER - 1;
    at += strspn(at, " \t");
    (void)!take_token(session, at, session->of_message);
}

static void on_message_end(struct smtp_session *session, struct buf *replies)
{
    const char *token =
        session->of_recipient[0] != '\0' ? session->of_recipient : session->of_message;

    if (token[0] == '\0') {
        session->heard.refused++;
        buf_text(replies, "554 5.7.1 this is no probe\r\n");
    } else {
        session->heard.probes++;
        end_field(session);
        strings_free(&session->heard.received);
        session->heard.received = session->received;
        session->received = (struct strings){.count = 0};
        str_cut(session->heard.token, sizeof session->heard.token, token);
        buf_text(replies, "250 2.0.0 the probe has arrived\r\n");
    }
    reset(session);
}

static void on_text(struct smtp_session *session, const char *line, struct buf *replies)
{
    session->message_bytes += strlen(line) + 2;
    if (str_equal(line, "."))
        on_message_end(session, replies);
    else if (session->message_bytes > SMTP_MESSAGE_MAX)
        smtp_session_end(session, SMTP_END_LIMIT, replies);
    else if (session->in_header)
        read_header_line(session, line + (line[0] == '.'));
}

/* A whole line, without its end. A NUL byte ends it early, which only harms its sender. */
static void on_line(struct smtp_session *session, struct buf *replies)
{
    const bool command = !session->in_data;
    char line[SMTP_TEXT_LINE_MAX + 1];
    size_t length = session->line.length;

    memcpy(line, buf_string(&session->line), length);
    length -= length > 0 && line[length - 1] == '\r';
    line[length] = '\0';
    buf_clear(&session->line);
    if (session->too_long || (command && length > SMTP_COMMAND_LINE_MAX)) {
        session->too_long = false;
        session->message_bytes += SMTP_TEXT_LINE_MAX;
        if (command)
            mistake(session, "500 5.5.2 line too long\r\n", replies);
    } else if (command) {
        on_command(session, line, replies);
    } else {
        on_text(session, line, replies);
    }
    if (session->mistakes >= SMTP_MISTAKES_MAX)
        smtp_session_end(session, SMTP_END_LIMIT, replies);
}

/* Add what came of a line; past the limit only its end is of interest, and that not for ever. */
static void add_piece(struct smtp_session *session, const char *data, size_t length,
                      struct buf *replies)
{
    if (session->line.length + length < SMTP_TEXT_LINE_MAX && !session->too_long) {
        buf_add(&session->line, data, length);
        return;
    }
    buf_clear(&session->line);
    session->too_long = true;
    session->message_bytes += length;
    if (session->message_bytes > SMTP_MESSAGE_MAX)
        smtp_session_end(session, SMTP_END_LIMIT, replies);
}

bool smtp_session_take(struct smtp_session *session, const char *data, size_t length,
                       struct buf *replies)
{
    while (length > 0 && session->heard.end == SMTP_END_OPEN) {
        const char *newline = memchr(data, '\n', length);
        const size_t piece = newline != NULL ? (size_t)(newline - data) : length;

        add_piece(session, data, piece, replies);
        if (newline != NULL && session->heard.end == SMTP_END_OPEN)
            on_line(session, replies);
        data += piece + (newline != NULL);
        length -= piece + (newline != NULL);
    }
    return session->heard.end == SMTP_END_OPEN;
}
