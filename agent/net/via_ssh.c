/* via_ssh.c - connections over the sessions with one SSH server. */
#include "agent/net/via_ssh.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/net/ssh.h"

/* How often it is looked whether somebody waits behind an address that does not answer. */
#define LOOK_MS 250

/* One more session must not hold up the others for long; one that failed is not tried at once. */
#define MORE_OPEN_MS 5000
#define MORE_PAUSE_MS 10000

#define UNSENT_MAX 4096U /* bytes of a connection that wait for room in the session */

struct session {
    struct ssh *ssh; /* NULL: this place is free */
    struct ssh_streams *streams;
    size_t users, opening; /* connections, and those of them that are not open yet */
};

/* A connection: in a session, or waiting for one (session NULL). */
struct far {
    struct ssh_stream ssh;
    struct stream *owner;
    struct via_ssh *of;
    struct session *session;
    struct far *before, *after; /* of all that are not open yet, in order */
    struct ip ip;
    uint16_t port;
    bool opening;
    struct buf unsent; /* the library wants the same bytes at the same place again */
};

struct via_ssh {
    struct via via;
    struct loop *loop;
    struct ssh_target target;
    struct session sessions[VIA_SSH_SESSIONS];
    struct far *first, *last; /* not open yet */
    struct timer look;
    int64_t more_at_ms; /* no further session before */
    bool worked;        /* a connection came about, or failed on the far side: it does forward */
};

static struct via_ssh *ours(struct via *via)
{
    return (struct via_ssh *)via;
}

static void line_up(struct far *far)
{
    struct via_ssh *v = far->of;

    far->before = v->last;
    far->after = NULL;
    *(v->last != NULL ? &v->last->after : &v->first) = far;
    v->last = far;
    far->opening = true;
}

static void leave_line(struct far *far)
{
    struct via_ssh *v = far->of;

    if (!far->opening)
        return;
    *(far->before != NULL ? &far->before->after : &v->first) = far->after;
    *(far->after != NULL ? &far->after->before : &v->last) = far->before;
    far->opening = false;
    if (far->session != NULL)
        far->session->opening--;
}

static void put_in(struct far *far, struct session *session)
{
    far->session = session;
    session->users++;
    session->opening++;
    ssh_stream_open(session->streams, &far->ssh, &far->ip, far->port);
}

/* Out of its session; in the line, when it stands there, it stays. */
static void take_out(struct far *far)
{
    if (far->session == NULL)
        return;
    ssh_stream_close(&far->ssh);
    far->ssh.state = SSH_STREAM_OPENING;
    far->session->opening -= far->opening;
    far->session->users--;
    far->session = NULL;
}

static bool is_stuck(const struct session *session)
{
    return ssh_streams_stuck_ms(session->streams) >= VIA_SSH_STUCK_MS;
}

static bool is_up(const struct session *session)
{
    return session->ssh != NULL && ssh_is_alive(session->ssh);
}

/* The session with the fewest to open: so those that hang do not hang one behind the other. */
static struct session *choose(struct via_ssh *v)
{
    struct session *best = NULL;

    for (struct session *s = v->sessions; s < v->sessions + VIA_SSH_SESSIONS; s++)
        if (is_up(s) && !is_stuck(s) && (best == NULL || s->opening < best->opening))
            best = s;
    return best;
}

static bool start(struct via_ssh *v, struct session *session, uint32_t timeout_ms, struct error *e)
{
    *session = (struct session){.ssh = ssh_open(&v->target, timeout_ms, e)};
    if (session->ssh == NULL)
        return false;
    session->streams = ssh_streams_new(session->ssh, v->loop, VIA_SSH_CONNECT_MS);
    return true;
}

static void end(struct session *session)
{
    ssh_streams_free(session->streams);
    ssh_free(session->ssh);
    *session = (struct session){0};
}

size_t via_ssh_sessions(const struct via *via)
{
    const struct via_ssh *v = (const struct via_ssh *)via;
    size_t count = 0;

    for (size_t i = 0; i < VIA_SSH_SESSIONS; i++)
        count += is_up(&v->sessions[i]);
    return count;
}

/*
 * A place for one more session: a free one, or that of a session which nobody uses any more and
 * which is dead, or still at work on an address that its owner has given up.
 */
static struct session *free_place(struct via_ssh *v)
{
    for (struct session *s = v->sessions; s < v->sessions + VIA_SSH_SESSIONS; s++) {
        if (s->ssh != NULL && s->users == 0 && (!is_up(s) || is_stuck(s)))
            end(s);
        if (s->ssh == NULL)
            return s;
    }
    return NULL;
}

static void tell(struct far *far, enum stream_state state)
{
    leave_line(far);
    take_out(far);
    far->owner->state = state;
    far->owner->ready(far->owner); /* which may close it: far is gone then */
}

static void lose(struct via_ssh *v, const struct error *why)
{
    v->via.lost = true;
    v->via.why = *why;
    while (v->first != NULL)
        tell(v->first, STREAM_LOST);
}

/* Log in once more. Only without any session left is failing to do so the end. */
static struct session *one_more(struct via_ssh *v)
{
    struct session *place = loop_now_ms(v->loop) < v->more_at_ms ? NULL : free_place(v);
    struct error e = {0};

    if (place == NULL)
        return NULL;
    if (start(v, place, MORE_OPEN_MS, &e))
        return place;
    v->more_at_ms = loop_now_ms(v->loop) + MORE_PAUSE_MS;
    if (via_ssh_sessions(&v->via) == 0)
        lose(v, &e);
    return NULL;
}

/* Whoever waits behind an address that does not answer takes another session. */
static void on_look(struct timer *timer)
{
    struct via_ssh *v = (struct via_ssh *)(void *)((char *)timer - offsetof(struct via_ssh, look));
    struct session *session = NULL;

    for (struct far *far = v->first, *next; far != NULL; far = next) {
        next = far->after;
        if (far->session != NULL && is_stuck(far->session) && ssh_stream_is_queued(&far->ssh))
            take_out(far);
        if (far->session != NULL)
            continue;
        session = choose(v);
        if (session == NULL)
            session = one_more(v);
        if (session == NULL)
            break;
        put_in(far, session);
    }
    if (v->first != NULL)
        loop_timer_set(v->loop, &v->look, LOOK_MS);
}

static void look_in(struct via_ssh *v, int64_t ms)
{
    if (!v->look.armed || v->look.at_ms > loop_now_ms(v->loop) + ms)
        loop_timer_set(v->loop, &v->look, ms);
}

static enum stream_state state_of(const struct far *far)
{
    static const enum stream_state states[] = {
        [SSH_STREAM_OPENING] = STREAM_OPENING, [SSH_STREAM_OPEN] = STREAM_OPEN,
        [SSH_STREAM_REFUSED] = STREAM_REFUSED, [SSH_STREAM_FORBIDDEN] = STREAM_UNREACHABLE,
        [SSH_STREAM_TIMEOUT] = STREAM_TIMEOUT, [SSH_STREAM_CLOSED] = STREAM_CLOSED,
        [SSH_STREAM_BROKEN] = STREAM_LOST,
    };

    return states[far->ssh.state];
}

static void forward_nothing(struct via_ssh *v)
{
    struct error e = {0};

    fail(&e, ERR_SSH_FAILED, "the SSH server does not forward connections");
    error_what(&e, "cannot look from %s", ssh_target_text(&v->target).s);
    error_who(&e, "an administrator of that machine: AllowTcpForwarding yes (or local), and "
                  "PermitOpen any, in its sshd_config");
    error_next(&e, "%s -W 192.0.2.1:25", ssh_target_command(&v->target).s);
    lose(v, &e);
}

static void send_unsent(struct far *far)
{
    const size_t sent = ssh_stream_write(&far->ssh, far->unsent.data, far->unsent.length);

    if (sent == far->unsent.length) {
        buf_clear(&far->unsent);
    } else if (sent > 0) {
        memmove(far->unsent.data, far->unsent.data + sent, far->unsent.length - sent);
        far->unsent.length -= sent;
    }
}

static void on_ready(struct ssh_stream *ssh)
{
    struct far *far = (struct far *)(void *)((char *)ssh - offsetof(struct far, ssh));
    struct via_ssh *v = far->of;

    if (far->opening && ssh->state == SSH_STREAM_BROKEN) { /* nothing was said yet: once more */
        take_out(far);
        look_in(v, 1);
        return;
    }
    if (far->opening && ssh->state == SSH_STREAM_FORBIDDEN && !v->worked) {
        forward_nothing(v);
        return;
    }
    v->worked = v->worked || ssh->state == SSH_STREAM_OPEN || ssh->state == SSH_STREAM_REFUSED;
    if (ssh->state != SSH_STREAM_OPENING)
        leave_line(far);
    if (far->unsent.length > 0)
        send_unsent(far);
    far->owner->state = state_of(far);
    far->owner->ready(far->owner);
}

static void open_far(struct via *via, struct stream *s, const struct ip *ip, uint16_t port)
{
    struct via_ssh *v = ours(via);
    struct session *session = choose(v);
    struct far *far;

    if (via->lost) {
        s->state = STREAM_LOST;
        return;
    }
    far = mem_new(1, sizeof *far);
    *far = (struct far){.ssh = {.ready = on_ready},
                        .owner = s,
                        .of = v,
                        .ip = *ip,
                        .port = port,
                        .unsent = BUF_INIT(UNSENT_MAX)};
    s->far = far;
    line_up(far);
    if (session != NULL)
        put_in(far, session);
    look_in(v, session != NULL ? LOOK_MS : 1);
}

static size_t read_far(struct stream *s, void *bytes, size_t size)
{
    struct far *far = s->far;
    size_t got = ssh_stream_read(&far->ssh, bytes, size);

    s->state = state_of(far);
    return got;
}

static size_t write_far(struct stream *s, const void *bytes, size_t size)
{
    struct far *far = s->far;
    size_t sent;

    if (far->ssh.state != SSH_STREAM_OPEN || far->unsent.length > 0)
        return 0;
    sent = ssh_stream_write(&far->ssh, bytes, size);
    if (sent == 0 && far->ssh.state == SSH_STREAM_OPEN) {
        sent = size < UNSENT_MAX ? size : UNSENT_MAX;
        buf_add(&far->unsent, bytes, sent);
        send_unsent(far);
    }
    s->state = state_of(far);
    return sent;
}

static void close_far(struct stream *s)
{
    struct far *far = s->far;

    leave_line(far);
    take_out(far);
    buf_free(&far->unsent);
    free(far);
}

static void free_via(struct via *via)
{
    struct via_ssh *v = ours(via);

    loop_timer_clear(v->loop, &v->look);
    for (size_t i = 0; i < VIA_SSH_SESSIONS; i++)
        if (v->sessions[i].ssh != NULL)
            end(&v->sessions[i]);
    free(v);
}

static const struct via_kind kind = {
    .open = open_far, .read = read_far, .write = write_far, .close = close_far, .free = free_via};

struct via *via_ssh(const char *target, struct loop *loop, struct error *e)
{
    struct via_ssh *v = mem_new(1, sizeof *v);

    *v = (struct via_ssh){.via = {.kind = &kind}, .loop = loop, .look = {.expired = on_look}};
    if (ssh_target_parse(target, &v->target, e) && start(v, &v->sessions[0], SSH_OPEN_MS, e))
        return &v->via;
    free(v);
    return NULL;
}
