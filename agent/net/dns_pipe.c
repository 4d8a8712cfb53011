/* dns_pipe.c - one stream for each server; replies find their questions by id. */
#include "agent/net/dns_pipe.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/net/dns_frame.h"
#include "agent/net/table.h"

#define READ_BYTES 4096

/* RFC 7766 6.2.3: whoever asks closes what it does not need; servers have few connections. */
#define IDLE_MS 2000

/* At a viewpoint, connections wait for their turn; a server's own time has not begun then. */
#define QUEUE_MS 12000

/* A question on its way. */
struct question {
    struct question *next;
    struct pipe *pipe;
    struct dns_exchange *exchange;
    struct timer timer;
    struct dns_message message;
    bool sent, again, lost; /* again: its connection was closed without any reply */
};

/* The way to one server. */
struct pipe {
    struct table_link link;
    struct dns_pipes *of;
    struct stream stream;
    struct dns_server server;
    struct question *questions; /* in the order of asking */
    struct buf in, out;
    struct timer idle; /* until an unused connection is closed */
    bool answered;     /* a reply came over this connection */
    bool busy;         /* replies are being told, which may ask more */
};

struct dns_pipes {
    struct loop *loop;
    struct via *via;
    uint32_t timeout_ms, connect_ms;
    struct table pipes;
};

#define OWNER(pointer, type, member)                                                               \
    ((struct type *)(void *)((char *)(pointer)-offsetof(struct type, member)))

static void hang_up(struct pipe *p)
{
    loop_timer_clear(p->of->loop, &p->idle);
    stream_close(&p->stream);
    buf_clear(&p->in);
    buf_clear(&p->out);
    p->answered = false;
}

static bool is_connected(const struct pipe *p) /* or about to be */
{
    return p->stream.open || p->stream.far != NULL;
}

static void question_free(struct question *q)
{
    struct question **link = &q->pipe->questions;

    while (*link != q)
        link = &(*link)->next;
    *link = q->next;
    loop_timer_clear(q->pipe->of->loop, &q->timer);
    free(q);
}

/* Told as the last thing: whoever hears it may ask the next question at once. */
static void reply(struct question *q, const uint8_t *wire, size_t length)
{
    struct dns_exchange *exchange = q->exchange;

    question_free(q);
    exchange->replied(exchange, wire, length);
}

static void flush(struct pipe *p)
{
    size_t sent = stream_write(&p->stream, p->out.data, p->out.length, false);

    if (sent == 0)
        return;
    memmove(p->out.data, p->out.data + sent, p->out.length - sent);
    p->out.length -= sent;
}

static void say(struct pipe *p, struct question *q)
{
    q->sent = true;
    dns_frame_add(&p->out, q->message.wire, q->message.length);
    loop_timer_set(p->of->loop, &q->timer, p->of->timeout_ms);
}

static void say_all(struct pipe *p)
{
    for (struct question *q = p->questions; q != NULL; q = q->next)
        if (!q->sent)
            say(p, q);
    flush(p);
}

/* Those that are marked will not be answered any more. */
static void give_up(struct pipe *p)
{
    struct question *q = p->questions;

    while (q != NULL)
        if (q->lost) {
            reply(q, NULL, 0);
            q = p->questions;
        } else {
            q = q->next;
        }
}

static void give_all_up(struct pipe *p)
{
    hang_up(p);
    for (struct question *q = p->questions; q != NULL; q = q->next)
        q->lost = true;
    give_up(p);
}

static void connect_pipe(struct pipe *p);

/*
 * A connection that was up has ended. It is opened again for what is not answered; but what was
 * on two that brought no reply at all is given up.
 */
static void ended(struct pipe *p)
{
    const bool useless = !p->answered;

    hang_up(p);
    for (struct question *q = p->questions; q != NULL; q = q->next) {
        q->lost = useless && q->again;
        q->again = useless && q->sent;
        q->sent = false;
        loop_timer_set(p->of->loop, &q->timer, p->of->connect_ms);
    }
    give_up(p);
    if (p->questions != NULL && !is_connected(p))
        connect_pipe(p);
}

static struct question *question_with(const struct pipe *p, const char *wire)
{
    for (struct question *q = p->questions; q != NULL; q = q->next)
        if (q->sent && memcmp(q->message.wire, wire, 2) == 0)
            return q;
    return NULL;
}

/* Hand over every reply that is complete. False when the stream cannot be believed any more. */
static bool take_replies(struct pipe *p)
{
    struct buf in = p->in;
    size_t used = 0, length;
    enum dns_frame frame;

    p->in = BUF_INIT(DNS_FRAME_MAX + READ_BYTES); /* telling a reply may end this connection */
    p->busy = true;
    while ((frame = dns_frame_first(in.data + used, in.length - used, &length)) ==
           DNS_FRAME_COMPLETE) {
        const char *wire = in.data + used + DNS_FRAME_HEAD;
        struct question *q = question_with(p, wire);

        used += DNS_FRAME_HEAD + length;
        p->answered = p->answered || q != NULL;
        if (q != NULL)
            reply(q, (const uint8_t *)wire, length);
    }
    p->busy = false;
    buf_add(&p->in, in.data + used, in.length - used);
    buf_free(&in);
    return frame == DNS_FRAME_MORE;
}

/* Nothing is under way: the connection stays for a while. */
static void rest(struct pipe *p)
{
    if (p->questions == NULL && is_connected(p))
        loop_timer_set(p->of->loop, &p->idle, IDLE_MS);
}

static void on_ready(struct stream *stream)
{
    struct pipe *p = OWNER(stream, pipe, stream);
    const bool was_up = stream->state == STREAM_OPEN;
    char data[READ_BYTES];
    const size_t got = stream_read(stream, data, sizeof data);

    if (got > 0)
        buf_add(&p->in, data, got);
    if ((got > 0 && !take_replies(p)) || (!stream_is_up(stream) && !was_up)) {
        give_all_up(p);
    } else if (!stream_is_up(stream)) {
        ended(p);
    } else {
        say_all(p);
        rest(p);
    }
}

static void on_idle(struct timer *timer)
{
    struct pipe *p = OWNER(timer, pipe, idle);

    if (p->questions == NULL)
        hang_up(p);
}

static void on_expired(struct timer *timer)
{
    struct question *q = OWNER(timer, question, timer);
    struct pipe *p = q->pipe;

    reply(q, NULL, 0);
    rest(p);
}

static void connect_pipe(struct pipe *p)
{
    stream_open(&p->stream, p->of->loop, p->of->via, &p->server.ip, p->server.port);
    if (!stream_is_up(&p->stream))
        give_all_up(p);
    else if (p->of->via == NULL)
        say_all(p); /* it goes out when the connection is there */
}

static bool is_pipe(const struct table_link *link, const void *key)
{
    const struct pipe *p = (const struct pipe *)link;
    const struct dns_server *server = key;

    return p->server.port == server->port && ip_equal(&p->server.ip, &server->ip);
}

static struct pipe *pipe_of(struct dns_pipes *pipes, const struct dns_server *server)
{
    const uint64_t hash = table_hash(TABLE_HASH_START, server->ip.bytes, sizeof server->ip.bytes);
    struct pipe *p = (struct pipe *)table_find(&pipes->pipes, hash, is_pipe, server);

    if (p != NULL)
        return p;
    p = mem_new(1, sizeof *p);
    *p = (struct pipe){.of = pipes,
                       .stream = {.ready = on_ready, .state = STREAM_CLOSED},
                       .server = *server,
                       .in = BUF_INIT(DNS_FRAME_MAX + READ_BYTES),
                       .out = BUF_INIT(1U << 20),
                       .idle = {.expired = on_idle}};
    table_add(&pipes->pipes, &p->link, hash);
    return p;
}

/* Ids are random; within one connection they also have to differ. */
static void choose_id(const struct pipe *p, struct question *q)
{
    for (const struct question *other = p->questions; other != NULL;) {
        if (memcmp(other->message.wire, q->message.wire, 2) != 0) {
            other = other->next;
            continue;
        }
        q->message.wire[0] = (uint8_t)(q->message.wire[0] + (++q->message.wire[1] == 0));
        other = p->questions;
    }
}

void dns_pipes_send(struct dns_pipes *pipes, const struct dns_server *server,
                    const struct dns_message *message, struct dns_exchange *exchange)
{
    struct pipe *p = pipe_of(pipes, server);
    struct question *q = mem_new(1, sizeof *q), **end = &p->questions;

    *q = (struct question){
        .pipe = p, .exchange = exchange, .timer = {.expired = on_expired}, .message = *message};
    choose_id(p, q);
    while (*end != NULL)
        end = &(*end)->next;
    *end = q;
    loop_timer_clear(pipes->loop, &p->idle);
    loop_timer_set(pipes->loop, &q->timer, pipes->connect_ms);
    if (!is_connected(p))
        connect_pipe(p);
    else if (p->stream.state == STREAM_OPEN && !p->busy)
        say_all(p);
}

struct dns_pipes *dns_pipes_new(struct loop *loop, struct via *via,
                                const struct dns_settings *settings)
{
    struct dns_pipes *pipes = mem_new(1, sizeof *pipes);

    *pipes = (struct dns_pipes){.loop = loop, .via = via, .timeout_ms = settings->timeout_ms};
    pipes->connect_ms = settings->timeout_ms + (via != NULL ? QUEUE_MS : 0);
    return pipes;
}

static void pipe_free(struct table_link *link)
{
    struct pipe *p = (struct pipe *)link;

    hang_up(p);
    for (struct question *q = p->questions, *next; q != NULL; q = next) {
        next = q->next;
        question_free(q);
    }
    buf_free(&p->in);
    buf_free(&p->out);
    free(p);
}

void dns_pipes_free(struct dns_pipes *pipes)
{
    if (pipes == NULL)
        return;
    table_each(&pipes->pipes, pipe_free);
    table_free(&pipes->pipes);
    free(pipes);
}
