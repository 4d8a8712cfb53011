/* stream.c - connections of this machine, and the way to those of viewpoints. */
#include "agent/net/stream.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "agent/net/via.h"

static enum stream_state state_of_errno(int error)
{
    switch (error) {
    case ECONNREFUSED:
        return STREAM_REFUSED;
    case ETIMEDOUT:
        return STREAM_TIMEOUT;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return STREAM_RESET;
    default: /* EHOSTUNREACH, ENETUNREACH, EACCES, EPERM, EMFILE, ... */
        return STREAM_UNREACHABLE;
    }
}

/* A connection that could not be made shows when it is read: recv returns its error. */
static void on_ready(struct watch *watch, uint32_t events)
{
    struct stream *s = (struct stream *)(void *)((char *)watch - offsetof(struct stream, watch));

    if ((events & EPOLLOUT) != 0)
        loop_watch(s->loop, watch, EPOLLIN);
    s->ready(s);
}

static void open_here(struct stream *s, const struct ip *ip, uint16_t port)
{
    struct sockaddr_storage to;
    const socklen_t length = ip_to_sockaddr(ip, port, &to);

    s->watch = (struct watch){.ready = on_ready};
    s->watch.fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    s->open = s->watch.fd >= 0;
    if (!s->open) {
        s->state = STREAM_UNREACHABLE;
        return;
    }
    if (connect(s->watch.fd, (const struct sockaddr *)&to, length) != 0 && errno != EINPROGRESS)
        s->state = state_of_errno(errno);
    else
        loop_watch(s->loop, &s->watch, EPOLLIN);
}

void stream_open(struct stream *s, struct loop *loop, struct via *via, const struct ip *ip,
                 uint16_t port)
{
    s->loop = loop;
    s->via = via;
    s->state = STREAM_OPENING;
    if (via != NULL)
        via->kind->open(via, s, ip, port);
    else
        open_here(s, ip, port);
}

bool stream_is_up(const struct stream *s)
{
    return s->state == STREAM_OPENING || s->state == STREAM_OPEN;
}

static size_t read_here(struct stream *s, void *bytes, size_t size)
{
    const ssize_t got = recv(s->watch.fd, bytes, size, 0);

    if (got > 0)
        s->state = STREAM_OPEN;
    else if (got == 0)
        s->state = STREAM_CLOSED;
    else if (errno != EAGAIN && errno != EINTR)
        s->state = state_of_errno(errno);
    return got > 0 ? (size_t)got : 0;
}

size_t stream_read(struct stream *s, void *bytes, size_t size)
{
    if (!stream_is_up(s))
        return 0;
    return s->via != NULL ? s->via->kind->read(s, bytes, size) : read_here(s, bytes, size);
}

static size_t write_here(struct stream *s, const void *bytes, size_t size, bool last)
{
    const ssize_t sent = send(s->watch.fd, bytes, size, MSG_NOSIGNAL | (last ? MSG_MORE : 0));

    if (sent < 0 && errno != EAGAIN && errno != EINTR)
        s->state = state_of_errno(errno);
    else if (sent < (ssize_t)size)
        loop_watch(s->loop, &s->watch, EPOLLIN | EPOLLOUT);
    if (sent > 0)
        s->state = STREAM_OPEN;
    return sent > 0 ? (size_t)sent : 0;
}

size_t stream_write(struct stream *s, const void *bytes, size_t size, bool last)
{
    if (!stream_is_up(s) || size == 0)
        return 0;
    return s->via != NULL ? s->via->kind->write(s, bytes, size) : write_here(s, bytes, size, last);
}

void stream_close(struct stream *s)
{
    if (s->far != NULL)
        s->via->kind->close(s);
    s->far = NULL;
    if (!s->open)
        return;
    loop_close(s->loop, &s->watch);
    s->open = false;
}
