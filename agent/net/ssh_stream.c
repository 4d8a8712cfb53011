/* ssh_stream.c - TCP connections from the other machine, many at once, on our loop. */
#include "agent/net/ssh_session.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent/base/mem.h"

/*
 * The library opens one channel at a time and must be called for the same one until it is done,
 * so there is a queue, and its head is what is being opened.
 */
struct ssh_streams {
    struct ssh *ssh;
    struct loop *loop;
    struct watch watch;
    struct timer soon; /* a turn of the loop that is not caused by the socket */
    uint32_t connect_ms;
    int64_t head_since_ms; /* when opening the head began; 0: not yet */
    struct ssh_stream *queue, *queue_end;
    struct ssh_stream *open, *turn; /* turn: the next one to look at, while a round goes on */
    struct ssh_stream orphan;       /* takes the place of a head that its owner has given up */
    LIBSSH2_CHANNEL **closing;      /* channels that were given up and are not closed yet */
    size_t closing_count;
};

/* Owners that leave bytes unread are asked again in the next turn, not for ever in this one. */
#define ROUNDS_MAX 64

/* What came between two calls of one turn makes no event any more: it is looked for this often. */
#define LOOK_MS 20

static void list_add(struct ssh_stream **first, struct ssh_stream *s)
{
    s->before = NULL;
    s->after = *first;
    if (*first)
        (*first)->before = s;
    *first = s;
    s->listed = true;
}

static void list_remove(struct ssh_streams *all, struct ssh_stream *s)
{
    if (all->turn == s)
        all->turn = s->after;
    if (s->before)
        s->before->after = s->after;
    else
        all->open = s->after;
    if (s->after)
        s->after->before = s->before;
    s->before = s->after = NULL;
    s->listed = false;
}

static void queue_add(struct ssh_streams *all, struct ssh_stream *s)
{
    s->before = all->queue_end;
    s->after = NULL;
    *(all->queue_end ? &all->queue_end->after : &all->queue) = s;
    all->queue_end = s;
}

static void queue_remove(struct ssh_streams *all, struct ssh_stream *s)
{
    *(s->before ? &s->before->after : &all->queue) = s->after;
    *(s->after ? &s->after->before : &all->queue_end) = s->before;
    s->before = s->after = NULL;
}

static void acknowledge(const struct ssh_streams *all)
{
    const int on = 1;

    (void)setsockopt(all->ssh->fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

static void work_in(struct ssh_streams *all, int64_t ms)
{
    if (!all->soon.armed || all->soon.at_ms > loop_now_ms(all->loop) + ms)
        loop_timer_set(all->loop, &all->soon, ms);
}

static void wait_for_more(struct ssh_streams *all)
{
    bool out = libssh2_session_block_directions(all->ssh->session) & LIBSSH2_SESSION_BLOCK_OUTBOUND;
    bool any = all->ssh->alive && (all->queue || all->open || all->closing_count > 0);

    acknowledge(all);
    /* When nobody would read the socket, what comes must not keep the loop turning. */
    if (any)
        work_in(all, LOOK_MS);
    loop_watch(all->loop, &all->watch, any ? EPOLLIN | (out ? (uint32_t)EPOLLOUT : 0) : 0);
}

static void change(struct ssh_stream *s, enum ssh_stream_state state)
{
    s->state = state;
    if (s->ready)
        s->ready(s);
}

/* Call it again later: nothing came or went, or the last packet of another call is not out yet. */
static bool is_later(long rc)
{
    return rc == LIBSSH2_ERROR_EAGAIN || rc == LIBSSH2_ERROR_BAD_USE;
}

/* RFC 4254 5.1, as the library words it; the server's own words do not come through. */
static enum ssh_stream_state refusal(struct ssh_streams *all)
{
    char *text = NULL;
    int code = libssh2_session_last_error(all->ssh->session, &text, NULL, 0);

    if (code != LIBSSH2_ERROR_CHANNEL_FAILURE) {
        all->ssh->alive = false;
        return SSH_STREAM_BROKEN;
    }
    return text && strstr(text, "connect failed") ? SSH_STREAM_REFUSED : SSH_STREAM_FORBIDDEN;
}

/* Closing waits for the other side's echo; nobody else has to. */
static void close_channel(struct ssh_streams *all, LIBSSH2_CHANNEL *channel)
{
    if (!channel || !all->ssh->alive || !is_later(libssh2_channel_free(channel)))
        return;
    all->closing = mem_resize(all->closing, all->closing_count + 1, sizeof(LIBSSH2_CHANNEL *));
    all->closing[all->closing_count++] = channel;
}

static bool close_more(struct ssh_streams *all)
{
    size_t kept = 0, before = all->closing_count;

    for (size_t i = 0; i < all->closing_count; i++)
        if (is_later(libssh2_channel_free(all->closing[i])))
            all->closing[kept++] = all->closing[i];
    all->closing_count = kept;
    return kept < before;
}

/* True when the head is done, one way or the other. */
static bool open_head(struct ssh_streams *all)
{
    struct ssh_stream *s = all->queue;
    LIBSSH2_SESSION *session = all->ssh->session;
    enum ssh_stream_state state = SSH_STREAM_OPEN;

    if (all->head_since_ms == 0)
        all->head_since_ms = loop_now_ms(all->loop);
    s->channel =
        libssh2_channel_direct_tcpip_ex(session, ip_text(&s->ip).s, s->port, "127.0.0.1", 0);
    if (!s->channel && is_later(libssh2_session_last_errno(session)))
        return false;
    if (!s->channel)
        state = refusal(all);
    all->head_since_ms = 0;
    loop_timer_clear(all->loop, &s->timer);
    queue_remove(all, s);
    if (s == &all->orphan) {
        close_channel(all, s->channel);
        *s = (struct ssh_stream){0};
        return true;
    }
    if (s->channel)
        list_add(&all->open, s);
    change(s, state);
    return true;
}

static void break_all(struct ssh_streams *all)
{
    while (all->queue) {
        struct ssh_stream *s = all->queue;

        loop_timer_clear(all->loop, &s->timer);
        queue_remove(all, s);
        if (s != &all->orphan)
            change(s, SSH_STREAM_BROKEN);
    }
    for (struct ssh_stream *s = all->open; s; s = all->turn) {
        all->turn = s->after;
        if (s->state == SSH_STREAM_OPEN)
            change(s, SSH_STREAM_BROKEN);
    }
}

/* Each reason is told once, but for bytes that its owner has left. */
static bool has_news(struct ssh_stream *s)
{
    bool end = !s->end_told && libssh2_channel_eof(s->channel);
    bool news = s->wants_room || end || libssh2_poll_channel_read(s->channel, 0);

    s->wants_room = false;
    s->end_told = s->end_told || end;
    return news;
}

/* Reading a channel reads the socket to its end, for all of them. */
static void read_socket(struct ssh_streams *all)
{
    char nothing;
    ssize_t n;

    if (!all->open)
        return;
    n = libssh2_channel_read_ex(all->open->channel, 0, &nothing, 0);
    if (n == LIBSSH2_ERROR_SOCKET_RECV || n == LIBSSH2_ERROR_SOCKET_DISCONNECT)
        all->ssh->alive = false;
}

static bool tell_each(struct ssh_streams *all)
{
    bool told = false;

    for (struct ssh_stream *s = all->open; s; s = all->turn) {
        all->turn = s->after;
        if (s->state != SSH_STREAM_OPEN || !has_news(s))
            continue;
        told = true;
        s->ready(s);
    }
    return told;
}

/*
 * Every call of the library reads the socket to its end and may so bring what another one waits
 * for, so they take turns until none of them gets any further.
 */
static void work(struct ssh_streams *all)
{
    bool moved = true;

    for (int round = 0; all->ssh->alive && moved && round < ROUNDS_MAX; round++) {
        read_socket(all);
        moved = close_more(all);
        while (all->ssh->alive && all->queue && open_head(all))
            moved = true;
        moved = (all->ssh->alive && tell_each(all)) || moved;
    }
    if (!all->ssh->alive)
        break_all(all);
    wait_for_more(all);
}

static void socket_ready(struct watch *watch, uint32_t events)
{
    struct ssh_streams *all =
        (struct ssh_streams *)((char *)watch - offsetof(struct ssh_streams, watch));

    if (events & (EPOLLERR | EPOLLHUP))
        all->ssh->alive = false;
    work(all);
}

static void turn_came(struct timer *timer)
{
    work((struct ssh_streams *)((char *)timer - offsetof(struct ssh_streams, soon)));
}

/* What the library is at work on stays at the head, without its owner. */
static void leave_queue(struct ssh_streams *all, struct ssh_stream *s)
{
    bool head = all->queue == s;

    loop_timer_clear(all->loop, &s->timer);
    queue_remove(all, s);
    if (!head)
        return;
    all->orphan = (struct ssh_stream){.ip = s->ip, .port = s->port, .after = all->queue};
    *(all->queue ? &all->queue->before : &all->queue_end) = &all->orphan;
    all->queue = &all->orphan;
}

static void took_too_long(struct timer *timer)
{
    struct ssh_stream *s =
        (struct ssh_stream *)((char *)timer - offsetof(struct ssh_stream, timer));

    leave_queue(s->of, s);
    change(s, SSH_STREAM_TIMEOUT);
}

struct ssh_streams *ssh_streams_new(struct ssh *ssh, struct loop *loop, uint32_t connect_ms)
{
    struct ssh_streams *all = mem_new(1, sizeof *all);

    all->ssh = ssh;
    all->loop = loop;
    all->connect_ms = connect_ms;
    all->watch.fd = ssh->fd;
    all->watch.ready = socket_ready;
    all->soon.expired = turn_came;
    return all;
}

void ssh_streams_free(struct ssh_streams *all)
{
    if (!all)
        return;
    loop_watch(all->loop, &all->watch, 0);
    loop_timer_clear(all->loop, &all->soon);
    free(all->closing); /* the channels themselves go with the session */
    free(all);
}

void ssh_stream_open(struct ssh_streams *all, struct ssh_stream *s, const struct ip *ip,
                     uint16_t port)
{
    s->of = all;
    s->ip = *ip;
    s->port = port;
    s->state = SSH_STREAM_OPENING;
    s->wants_room = s->end_told = false;
    s->timer.expired = took_too_long;
    queue_add(all, s);
    loop_timer_set(all->loop, &s->timer, all->connect_ms);
    work_in(all, 1);
}

int64_t ssh_streams_stuck_ms(const struct ssh_streams *all)
{
    return all->queue && all->head_since_ms > 0 ? loop_now_ms(all->loop) - all->head_since_ms : 0;
}

bool ssh_stream_is_queued(const struct ssh_stream *s)
{
    return s->of && s->state == SSH_STREAM_OPENING &&
           (s->of->queue != s || s->of->head_since_ms == 0);
}

static void ended(struct ssh_stream *s, ssize_t n)
{
    if (is_later(n))
        return;
    s->state = n < 0 && n != LIBSSH2_ERROR_CHANNEL_CLOSED && n != LIBSSH2_ERROR_CHANNEL_EOF_SENT
                   ? SSH_STREAM_BROKEN
                   : SSH_STREAM_CLOSED;
}

size_t ssh_stream_read(struct ssh_stream *s, void *bytes, size_t size)
{
    ssize_t n;

    if (s->state != SSH_STREAM_OPEN)
        return 0;
    n = libssh2_channel_read_ex(s->channel, 0, bytes, size);
    if (n > 0)
        return (size_t)n;
    if (n < 0 || libssh2_channel_eof(s->channel))
        ended(s, n);
    return 0;
}

size_t ssh_stream_write(struct ssh_stream *s, const void *bytes, size_t size)
{
    ssize_t n;

    if (s->state != SSH_STREAM_OPEN)
        return 0;
    n = libssh2_channel_write_ex(s->channel, 0, bytes, size);
    s->wants_room = is_later(n);
    if (s->wants_room)
        wait_for_more(s->of);
    if (n > 0)
        return (size_t)n;
    if (n < 0)
        ended(s, n);
    return 0;
}

void ssh_stream_close(struct ssh_stream *s)
{
    struct ssh_streams *all = s->of;

    if (!all)
        return;
    if (s->listed)
        list_remove(all, s);
    else if (s->state == SSH_STREAM_OPENING)
        leave_queue(all, s);
    close_channel(all, s->channel);
    wait_for_more(all);
    s->channel = NULL;
    s->of = NULL;
}
