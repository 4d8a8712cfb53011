/* fuzz_smtp_server.c - conversations with the observer, whole and byte by byte: both must agree. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/net/smtp_session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void converse(const char *text, size_t length, size_t piece, struct smtp_session *session,
                     struct buf *replies)
{
    bool open = true;

    smtp_session_open(session, "[192.0.2.10]", "");
    smtp_session_greet(session, replies);
    for (size_t at = 0; at < length && open; at += piece)
        open = smtp_session_take(session, text + at, piece < length - at ? piece : length - at,
                                 replies);
    if (open != (session->heard.end == SMTP_END_OPEN))
        abort();
}

/* Nothing that was heard can harm a terminal, and there is no more of it than was agreed. */
static void check_strings(const struct strings *list)
{
    if (list->count > SMTP_NOTED_MAX)
        abort();
    for (size_t i = 0; i < list->count; i++)
        for (const char *at = list->v[i]; *at != '\0'; at++)
            if ((unsigned char)*at < ' ' || *at == 127)
                abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct smtp_session whole, pieces;
    struct buf first = BUF_INIT(1U << 20), second = BUF_INIT(1U << 20);

    converse((const char *)data, size, size + 1, &whole, &first);
    converse((const char *)data, size, 1, &pieces, &second);
    if (first.length != second.length || memcmp(first.data, second.data, first.length) != 0)
        abort();
    if (!buf_ok(&first) || whole.heard.end != pieces.heard.end)
        abort();
    check_strings(&whole.heard.hellos);
    check_strings(&whole.heard.senders);
    check_strings(&whole.heard.recipients);
    if (whole.heard.probes > 0 && !smtp_token_is_good(whole.heard.token))
        abort();
    smtp_session_free(&whole);
    smtp_session_free(&pieces);
    buf_free(&first);
    buf_free(&second);
    return 0;
}
