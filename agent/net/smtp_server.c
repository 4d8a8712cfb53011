/* smtp_server.c - the sockets of the observer. */
#include "agent/net/smtp_server.h"

#include <errno.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"

#define READ_BYTES 4096
#define REPLIES_MAX 8192U /* bytes that wait for a client who does not read */
#define BACKLOG 64
#define PAUSE_MS 1000 /* without descriptors left: time for others to give some back */

struct listener {
    struct watch watch;
    struct timer pause;
    struct smtp_server *server;
};

struct visitor {
    struct watch watch;
    struct timer silence, total;
    struct smtp_server *server;
    struct visitor *next;
    struct smtp_session session;
    struct smtp_visit visit;
    struct buf replies; /* not yet sent */
};

struct smtp_server {
    struct loop *loop;
    struct smtp_server_settings settings;
    struct listener listeners[SMTP_SERVER_LISTENERS];
    size_t listener_count;
    struct visitor *visitors;
    size_t visitor_count;
};

#define OWNER(pointer, type, member)                                                               \
    ((struct type *)(void *)((char *)(pointer)-offsetof(struct type, member)))

static void visitor_free(struct visitor *v)
{
    struct visitor **link = &v->server->visitors;

    loop_timer_clear(v->server->loop, &v->silence);
    loop_timer_clear(v->server->loop, &v->total);
    loop_watch(v->server->loop, &v->watch, 0);
    close(v->watch.fd);
    while (*link != v)
        link = &(*link)->next;
    *link = v->next;
    v->server->visitor_count--;
    smtp_session_free(&v->session);
    buf_free(&v->replies);
    free(v);
}

/* Send what can be sent now. False when the client is gone. */
static bool send_replies(struct visitor *v)
{
    size_t sent = 0;

    while (sent < v->replies.length) {
        ssize_t got =
            send(v->watch.fd, v->replies.data + sent, v->replies.length - sent, MSG_NOSIGNAL);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            break;
        sent += (size_t)got;
    }
    if (sent < v->replies.length && errno != EAGAIN)
        return false;
    if (sent == 0)
        return true;
    memmove(v->replies.data, v->replies.data + sent, v->replies.length - sent);
    v->replies.length -= sent;
    return true;
}

/* The conversation is over: tell it, and forget it. */
static void finish(struct visitor *v, enum smtp_end end)
{
    smtp_session_end(&v->session, end, &v->replies);
    (void)send_replies(v);
    (void)shutdown(v->watch.fd, SHUT_WR);
    v->server->settings.ended(v->server->settings.arg, &v->visit);
    visitor_free(v);
}

static void on_data(struct visitor *v, const char *data, size_t length)
{
    const bool open = smtp_session_take(&v->session, data, length, &v->replies);

    if (!open)
        finish(v, v->session.heard.end);
    else if (!buf_ok(&v->replies))
        finish(v, SMTP_END_LIMIT);
    else if (!send_replies(v))
        finish(v, SMTP_END_CLOSED);
    else
        loop_watch(v->server->loop, &v->watch,
                   v->replies.length > 0 ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void on_visitor_ready(struct watch *watch, uint32_t events)
{
    struct visitor *v = OWNER(watch, visitor, watch);
    char data[READ_BYTES];
    ssize_t got;

    if ((events & EPOLLOUT) != 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)) == 0) {
        on_data(v, "", 0);
        return;
    }
    got = recv(watch->fd, data, sizeof data, 0);
    if (got > 0) {
        loop_timer_set(v->server->loop, &v->silence, v->server->settings.silence_ms);
        on_data(v, data, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        finish(v, SMTP_END_CLOSED);
    }
}

static void on_silence(struct timer *timer)
{
    finish(OWNER(timer, visitor, silence), SMTP_END_TIMEOUT);
}

static void on_total(struct timer *timer)
{
    finish(OWNER(timer, visitor, total), SMTP_END_TIMEOUT);
}

/* One machine has one IPv4 address, or one IPv6 /64. */
static bool same_network(const struct ip *a, const struct ip *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, a->family == IP_V4 ? 4 : 8) == 0;
}

static bool has_room(const struct smtp_server *server, const struct ip *peer)
{
    size_t same = 0;

    for (const struct visitor *v = server->visitors; v != NULL; v = v->next)
        same += same_network(&v->visit.peer, peer);
    return server->visitor_count < SMTP_SERVER_CONNECTIONS && same < SMTP_SERVER_PER_PEER;
}

static bool read_end(const struct sockaddr_storage *sa, struct ip *ip, uint16_t *port)
{
    const void *raw = sa;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    memcpy(&v4, sa, sizeof v4);
    memcpy(&v6, sa, sizeof v6);
    *port = ntohs(sa->ss_family == AF_INET ? v4.sin_port : v6.sin6_port);
    return ip_from_sockaddr(raw, ip);
}

/*
 * The name in greeting and replies: the address literal of our end (RFC 5321 4.1.3). A host name
 * might be the one under test, and Postfix takes a server that greets with its own name for
 * itself: "mail loops back to myself".
 */
static void own_name(const struct ip *local, char *out, size_t size)
{
    str_format(out, size, "[%s%s]", local->family == IP_V6 ? "IPv6:" : "", ip_text(local).s);
}

static void welcome(struct smtp_server *server, int fd, const struct smtp_visit *visit)
{
    struct visitor *v = mem_new(1, sizeof *v);
    char name[64];

    *v = (struct visitor){
        .watch = {.ready = on_visitor_ready, .fd = fd},
        .silence = {.expired = on_silence},
        .total = {.expired = on_total},
        .server = server,
        .next = server->visitors,
        .visit = *visit,
        .replies = BUF_INIT(REPLIES_MAX),
    };
    own_name(&visit->local, name, sizeof name);
    smtp_session_open(&v->session, name, server->settings.token);
    v->visit.heard = &v->session.heard;
    server->visitors = v;
    server->visitor_count++;
    loop_timer_set(server->loop, &v->silence, server->settings.silence_ms);
    loop_timer_set(server->loop, &v->total, server->settings.total_ms);
    smtp_session_greet(&v->session, &v->replies);
    on_data(v, "", 0);
}

static void turn_away(int fd, const struct ip *peer)
{
    static const char busy[] = "421 4.7.0 too many connections\r\n";

    log_line(LOG_LEVEL_NORMAL, "%s: too many connections", ip_text(peer).s);
    (void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL);
    close(fd);
}

static void on_listener_ready(struct watch *watch, uint32_t events)
{
    struct listener *listener = OWNER(watch, listener, watch);
    struct smtp_server *server = listener->server;
    struct sockaddr_storage from = {0}, to = {0};
    socklen_t from_length = sizeof from, to_length = sizeof to;
    struct smtp_visit visit = {.heard = NULL};
    void *from_raw = &from, *to_raw = &to;
    int fd = accept4(watch->fd, from_raw, &from_length, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)events;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)) {
        loop_watch(server->loop, watch, 0);
        loop_timer_set(server->loop, &listener->pause, PAUSE_MS);
    }
    if (fd < 0)
        return;
    if (getsockname(fd, to_raw, &to_length) != 0 ||
        !read_end(&from, &visit.peer, &visit.peer_port) ||
        !read_end(&to, &visit.local, &visit.local_port))
        close(fd);
    else if (!has_room(server, &visit.peer))
        turn_away(fd, &visit.peer);
    else
        welcome(server, fd, &visit);
}

static void on_pause_over(struct timer *timer)
{
    struct listener *listener = OWNER(timer, listener, pause);

    loop_watch(listener->server->loop, &listener->watch, EPOLLIN);
}

struct smtp_server *smtp_server_new(struct loop *loop, const struct smtp_server_settings *settings)
{
    struct smtp_server *server = mem_new(1, sizeof *server);

    server->loop = loop;
    server->settings = *settings;
    return server;
}

void smtp_server_free(struct smtp_server *server)
{
    if (server == NULL)
        return;
    for (struct visitor *v = server->visitors, *next; v != NULL; v = next) {
        next = v->next;
        finish(v, SMTP_END_SHUTDOWN);
    }
    for (size_t i = 0; i < server->listener_count; i++) {
        loop_timer_clear(server->loop, &server->listeners[i].pause);
        loop_watch(server->loop, &server->listeners[i].watch, 0);
        close(server->listeners[i].watch.fd);
    }
    free(server);
}

/* A bound, listening socket; -1 with errno. */
static int open_listener(const struct ip *address, uint16_t port)
{
    struct sockaddr_storage at;
    const socklen_t length = ip_to_sockaddr(address, port, &at);
    const void *raw = &at;
    const int on = 1;
    int fd = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error;

    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at.ss_family == AF_INET6) /* "::" and "0.0.0.0" are two listeners */
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, raw, length) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

static bool no_listener(const struct ip *address, uint16_t port, struct error *e)
{
    const int error = errno;

    fail(e, error == EACCES || error == EPERM ? ERR_ROOT_NEEDED : ERR_SYSTEM, "%s",
         strerror(error));
    return error_what(e, "cannot listen at %s port %u", ip_text(address).s, (unsigned)port);
}

bool smtp_server_listen(struct smtp_server *server, const struct ip *address, uint16_t port,
                        uint16_t *bound, struct error *e)
{
    struct listener *listener = &server->listeners[server->listener_count];
    struct sockaddr_storage at = {0};
    socklen_t length = sizeof at;
    void *raw = &at;
    struct ip ip;
    int fd;

    if (server->listener_count == SMTP_SERVER_LISTENERS)
        return fail(e, ERR_LIMIT_EXCEEDED, "more than %d addresses to listen at",
                    SMTP_SERVER_LISTENERS);
    fd = open_listener(address, port);
    if (fd < 0)
        return no_listener(address, port, e);
    if (bound != NULL && (getsockname(fd, raw, &length) != 0 || !read_end(&at, &ip, bound)))
        *bound = port;
    server->listener_count++;
    *listener = (struct listener){.watch = {.ready = on_listener_ready, .fd = fd},
                                  .pause = {.expired = on_pause_over},
                                  .server = server};
    loop_watch(server->loop, &listener->watch, EPOLLIN);
    return true;
}
