/* dns_tcp.c - one message each way over a connection of its own. */
#include "agent/net/dns_tcp.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/clock.h"

/* A connection and the moment at which waiting for it ends. */
struct line {
    int fd;
    int64_t deadline_ms;
};

/* Wait for one event; 0, or the errno that says why it did not come. */
static int wait_for(const struct line *line, short events)
{
    struct pollfd fd = {.fd = line->fd, .events = events};

    for (;;) {
        int64_t left = line->deadline_ms - clock_ms();
        int n;

        if (left <= 0)
            return ETIMEDOUT;
        n = poll(&fd, 1, (int)left);
        if (n > 0)
            return 0;
        if (n < 0 && errno != EINTR)
            return errno;
    }
}

/* 0, or the errno. */
static int open_line(const struct dns_server *server, uint32_t timeout_ms, struct line *line)
{
    struct sockaddr_storage address;
    socklen_t length = ip_to_sockaddr(&server->ip, server->port, &address), size = sizeof(int);
    int code = 0;

    line->deadline_ms = clock_ms() + timeout_ms;
    line->fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (line->fd < 0)
        return errno;
    if (connect(line->fd, (struct sockaddr *)&address, length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return errno;
    code = wait_for(line, POLLOUT);
    if (code == 0 && getsockopt(line->fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0)
        code = errno;
    return code;
}

static int send_all(const struct line *line, const char *data, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = send(line->fd, data + done, length - done, MSG_NOSIGNAL);

        if (n > 0) {
            done += (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            int code = wait_for(line, POLLOUT);

            if (code != 0)
                return code;
        } else if (n < 0 && errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

/* ECONNRESET also stands for a connection that was closed early. */
static int receive_all(const struct line *line, uint8_t *data, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = recv(line->fd, data + done, length - done, 0);

        if (n == 0)
            return ECONNRESET;
        if (n > 0) {
            done += (size_t)n;
        } else if (errno == EAGAIN) {
            int code = wait_for(line, POLLIN);

            if (code != 0)
                return code;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static int send_message(const struct line *line, const struct buf *message)
{
    struct buf framed = BUF_INIT(DNS_MESSAGE_MAX + 2);
    int code;

    buf_char(&framed, (char)(message->length >> 8));
    buf_char(&framed, (char)(message->length & 0xFF));
    buf_add(&framed, message->data, message->length);
    code = buf_ok(&framed) ? send_all(line, framed.data, framed.length) : EMSGSIZE;
    buf_free(&framed);
    return code;
}

static int receive_message(const struct line *line, struct buf *answer)
{
    uint8_t head[2], data[DNS_MESSAGE_MAX];
    size_t length;
    int code = receive_all(line, head, sizeof head);

    if (code != 0)
        return code;
    length = (size_t)head[0] << 8 | head[1];
    code = receive_all(line, data, length);
    if (code == 0)
        buf_add(answer, data, length);
    return code;
}

struct dns_server_text dns_server_text(const struct dns_server *server)
{
    struct dns_server_text text;
    struct ip_text ip = ip_text(&server->ip);

    if (server->port == 53)
        snprintf(text.s, sizeof text.s, "%s", ip.s);
    else if (server->ip.family == IP_V6)
        snprintf(text.s, sizeof text.s, "[%s]:%u", ip.s, (unsigned)server->port);
    else
        snprintf(text.s, sizeof text.s, "%s:%u", ip.s, (unsigned)server->port);
    return text;
}

static bool fail_unreachable(const struct dns_server *server, int code, struct error *e)
{
    fail(e, ERR_PROVIDER_UNREACHABLE, "%s cannot be reached over TCP: %s",
         dns_server_text(server).s, strerror(code));
    return error_who(e, "you, or an administrator of that name server: it has to answer on TCP");
}

bool dns_tcp_exchange(const struct dns_server *server, const struct buf *message,
                      uint32_t timeout_ms, struct buf *answer, struct error *e)
{
    struct line line = {.fd = -1};
    int code = open_line(server, timeout_ms, &line);
    bool sent = false;

    if (code == 0) {
        code = send_message(&line, message);
        sent = code == 0;
    }
    if (code == 0)
        code = receive_message(&line, answer);
    if (line.fd >= 0)
        close(line.fd);
    if (code == 0)
        return true;
    if (!sent)
        return fail_unreachable(server, code, e);
    return fail(e, ERR_TIMEOUT, "no answer from %s: %s", dns_server_text(server).s,
                code == ECONNRESET ? "it closed the connection" : strerror(code));
}
