/* smtp.c - conversations with mail servers that go no further than EHLO. */
#include "agent/net/smtp.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/net/memo.h"
#include "agent/net/smtp_reply.h"
#include "agent/net/stream.h"

#define EHLO_TIMEOUT_MS 10000
#define READ_BYTES 2048
#define IDLE_MAX 256 /* greetings that are kept while nobody uses them */

struct smtp {
    struct loop *loop;
    struct via *via;
    uint16_t port;
    uint32_t timeout_ms;
    char *ehlo_name;
    struct memo conversations;
};

struct conversation {
    struct memo_entry memo;
    struct stream stream;
    struct timer timer;
    struct smtp *smtp;
    struct ip address;
    struct buf arrived; /* of the reply that is being read; never more than one read too much */
    struct smtp_greeting greeting;
    int64_t started_ms;
    bool greeted; /* the greeting is complete, the reply to EHLO is awaited */
};

static void log_lines(const struct conversation *c, const struct strings *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        log_line(LOG_LEVEL_VERBOSE, "smtp %s < %s", ip_text(&c->address).s, lines->v[i]);
}

static void hang_up(struct conversation *c)
{
    loop_timer_clear(c->smtp->loop, &c->timer);
    buf_free(&c->arrived);
    stream_close(&c->stream);
}

static void finish(struct conversation *c)
{
    hang_up(c);
    memo_settle(&c->smtp->conversations, &c->memo);
}

/* The greeting has come, or will not come any more. */
static void settle(struct conversation *c, enum smtp_state state)
{
    c->greeting.state = state;
    c->greeting.took_ms = (uint32_t)(loop_now_ms(c->smtp->loop) - c->started_ms);
    log_lines(c, &c->greeting.lines);
    log_line(LOG_LEVEL_VERBOSE, "smtp %s: greeting %s, %u ms", ip_text(&c->address).s,
             smtp_state_text(state), c->greeting.took_ms);
}

static void give_up(struct conversation *c, enum smtp_state state)
{
    if (!c->greeted)
        settle(c, state);
    finish(c);
}

/* One segment, for firewalls that look at segments (receivers sheet, section 7). */
static bool say(struct conversation *c, const char *command, const char *argument, bool last)
{
    struct buf line = BUF_INIT(SMTP_LINE_MAX);
    bool said;

    buf_text(&line, command);
    if (argument[0] != '\0')
        buf_char(&line, ' ');
    buf_text(&line, argument);
    log_line(LOG_LEVEL_VERBOSE, "smtp %s > %s", ip_text(&c->address).s, buf_string(&line));
    buf_text(&line, "\r\n");
    said = buf_ok(&line) && stream_write(&c->stream, line.data, line.length, last) == line.length;
    buf_free(&line);
    return said;
}

/*
 * The answer to QUIT is not awaited: nobody needs it, and it may never come. The end of the
 * connection follows at once, and goes in the same segment.
 */
static void part(struct conversation *c)
{
    (void)say(c, "QUIT", "", true);
    finish(c);
}

/* 220, a refusal for now or for good: what a mail server may begin with (RFC 5321 4.3.2). */
static bool greets(int code)
{
    return code == 220 || (code >= 400 && code <= 599);
}

static void on_greeting(struct conversation *c, size_t length)
{
    struct strings *lines = &c->greeting.lines;

    smtp_reply_lines(c->arrived.data, length, lines);
    if (!greets(smtp_reply_code(lines))) {
        give_up(c, SMTP_NOT_SMTP);
        return;
    }
    settle(c, SMTP_OK);
    c->greeted = true;
    /* What came along before we spoke is no answer to what we say. */
    buf_clear(&c->arrived);
    if (smtp_reply_code(lines) != 220 || !say(c, "EHLO", c->smtp->ehlo_name, false))
        part(c);
    else
        loop_timer_set(c->smtp->loop, &c->timer, EHLO_TIMEOUT_MS);
}

static void on_ehlo_reply(struct conversation *c, size_t length)
{
    smtp_reply_lines(c->arrived.data, length, &c->greeting.ehlo);
    log_lines(c, &c->greeting.ehlo);
    part(c);
}

/* Evidence of what it is instead. */
static void on_other_protocol(struct conversation *c)
{
    struct cursor all = cursor_of(c->arrived.data, c->arrived.length), line = all;

    if (!c->greeted) {
        (void)cursor_line(&all, &line);
        if (line.end - line.at > SMTP_LINE_MAX)
            line.end = line.at + SMTP_LINE_MAX;
        smtp_reply_lines(line.at, (size_t)(line.end - line.at), &c->greeting.lines);
    }
    give_up(c, SMTP_NOT_SMTP);
}

static void on_data(struct conversation *c, const char *data, size_t length)
{
    size_t used = 0;

    buf_add(&c->arrived, data, length);
    switch (smtp_reply_parse(c->arrived.data, c->arrived.length, &used)) {
    case SMTP_MORE:
        break;
    case SMTP_COMPLETE:
        if (c->greeted)
            on_ehlo_reply(c, used);
        else
            on_greeting(c, used);
        break;
    case SMTP_INVALID:
        on_other_protocol(c);
        break;
    }
}

static enum smtp_state state_of(enum stream_state state)
{
    static const enum smtp_state states[] = {
        [STREAM_OPENING] = SMTP_OPEN,    [STREAM_OPEN] = SMTP_OPEN,
        [STREAM_REFUSED] = SMTP_REFUSED, [STREAM_UNREACHABLE] = SMTP_UNREACHABLE,
        [STREAM_TIMEOUT] = SMTP_TIMEOUT, [STREAM_RESET] = SMTP_CLOSED,
        [STREAM_CLOSED] = SMTP_CLOSED,   [STREAM_LOST] = SMTP_UNREACHABLE,
    };

    return states[state];
}

static void on_ready(struct stream *stream)
{
    struct conversation *c =
        (struct conversation *)(void *)((char *)stream - offsetof(struct conversation, stream));
    char data[READ_BYTES];
    const size_t got = stream_read(stream, data, sizeof data);

    if (got > 0)
        on_data(c, data, got);
    else if (!stream_is_up(stream))
        give_up(c, state_of(stream->state));
}

static void on_expired(struct timer *timer)
{
    struct conversation *c =
        (struct conversation *)(void *)((char *)timer - offsetof(struct conversation, timer));

    if (c->greeted)
        part(c);
    else
        give_up(c, SMTP_TIMEOUT);
}

static void start(struct conversation *c)
{
    const struct smtp *smtp = c->smtp;

    stream_open(&c->stream, smtp->loop, smtp->via, &c->address, smtp->port);
    if (stream_is_up(&c->stream))
        loop_timer_set(smtp->loop, &c->timer, smtp->timeout_ms);
    else
        give_up(c, state_of(c->stream.state));
}

static void conversation_free(struct table_link *link)
{
    struct conversation *c = (struct conversation *)link;

    hang_up(c);
    strings_free(&c->greeting.lines);
    strings_free(&c->greeting.ehlo);
    free(c);
}

struct smtp *smtp_new(struct loop *loop, const struct smtp_settings *settings)
{
    struct smtp *smtp = mem_new(1, sizeof *smtp);

    smtp->loop = loop;
    smtp->conversations =
        (struct memo){.loop = loop, .idle_max = IDLE_MAX, .forget = conversation_free};
    smtp->via = settings->via;
    smtp->port = settings->port;
    smtp->timeout_ms = settings->timeout_ms;
    smtp->ehlo_name = mem_text(settings->ehlo_name);
    return smtp;
}

void smtp_free(struct smtp *smtp)
{
    if (smtp == NULL)
        return;
    memo_free(&smtp->conversations);
    free(smtp->ehlo_name);
    free(smtp);
}

static bool is_conversation(const struct table_link *link, const void *key)
{
    return ip_equal(&((const struct conversation *)link)->address, key);
}

const struct smtp_greeting *smtp_ask(struct smtp *smtp, const struct ip *address)
{
    const uint64_t hash = table_hash(TABLE_HASH_START, address->bytes, sizeof address->bytes);
    struct conversation *c =
        (struct conversation *)memo_find(&smtp->conversations, hash, is_conversation, address);

    if (c == NULL) {
        c = mem_new(1, sizeof *c);
        *c = (struct conversation){
            .stream = {.ready = on_ready},
            .timer = {.expired = on_expired},
            .smtp = smtp,
            .address = *address,
            .arrived = BUF_INIT(SMTP_REPLY_BYTES + READ_BYTES),
            .greeting = {.state = SMTP_OPEN},
            .started_ms = loop_now_ms(smtp->loop),
        };
        memo_add(&smtp->conversations, &c->memo, hash);
        start(c);
    }
    return c->memo.settled ? &c->greeting : NULL;
}

void smtp_let_go(struct smtp *smtp, struct waiter *waiter)
{
    memo_let_go(&smtp->conversations, waiter);
}

static const char *const state_texts[] = {
    [SMTP_NOT_ASKED] = "not-asked",
    [SMTP_OPEN] = "open",
    [SMTP_OK] = "ok",
    [SMTP_REFUSED] = "refused",
    [SMTP_TIMEOUT] = "timeout",
    [SMTP_CLOSED] = "closed",
    [SMTP_NOT_SMTP] = "not-smtp",
    [SMTP_UNREACHABLE] = "unreachable",
};
_Static_assert(sizeof state_texts / sizeof state_texts[0] == SMTP_UNREACHABLE + 1,
               "one text for each state");

const char *smtp_state_text(enum smtp_state state)
{
    return state_texts[state];
}

bool smtp_state_from_text(const char *text, enum smtp_state *out)
{
    for (unsigned i = 0; i <= SMTP_UNREACHABLE; i++)
        if (str_equal(state_texts[i], text)) {
            *out = (enum smtp_state)i;
            return true;
        }
    return false;
}
