/* ssh_connect.c - from an operator's own host name to a TCP connection, in limited time. */
#include "agent/net/ssh_session.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/str.h"

#define ADDRESSES_MAX 8

/* What a name leads to, in the order in which it is tried. */
struct places {
    int code; /* of getaddrinfo, 0: it worked */
    size_t count;
    struct ip ip[ADDRESSES_MAX];
};

static int wait_fd(int fd, short events, int64_t deadline_ms)
{
    struct pollfd one = {.fd = fd, .events = events};
    int64_t left;
    int n;

    do {
        left = deadline_ms - clock_ms();
        if (left <= 0)
            return 0;
        n = poll(&one, 1, left > 60000 ? 60000 : (int)left);
    } while (n == 0 || (n < 0 && errno == EINTR));
    return n;
}

/*
 * The system's own way, /etc/hosts included, as ssh goes it: this name is the operator's word for
 * a machine and no observation of the DNS.
 */
static void look_up(const char *host, struct places *places)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG}, *list = NULL;

    places->code = getaddrinfo(host, NULL, &hints, &list);
    for (const struct addrinfo *at = list; at && places->count < ADDRESSES_MAX; at = at->ai_next)
        if (ip_from_sockaddr(at->ai_addr, &places->ip[places->count]))
            places->count++;
    if (list)
        freeaddrinfo(list);
}

static _Noreturn void answer(const char *host, int fd)
{
    struct places places = {0};

    look_up(host, &places);
    (void)!write(fd, &places, sizeof places); /* less than PIPE_BUF: whole or not at all */
    _exit(0);
}

/* In a process of its own: getaddrinfo takes the time it takes, and we do not have it. */
static bool look_up_in_time(const char *host, int64_t deadline_ms, struct places *places,
                            struct error *e)
{
    int ends[2];
    bool ok;
    pid_t child;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return fail(e, ERR_SYSTEM, "no descriptors: %s", strerror(errno));
    child = fork();
    if (child == 0)
        answer(host, ends[1]);
    close(ends[1]);
    ok = child > 0 && wait_fd(ends[0], POLLIN, deadline_ms) > 0 &&
         read(ends[0], places, sizeof *places) == (ssize_t)sizeof *places;
    close(ends[0]);
    if (child > 0) {
        (void)kill(child, SIGKILL);
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    if (!ok)
        return fail(e, ERR_SSH_FAILED, "looking up its name takes too long");
    if (places->code != 0 || places->count == 0)
        return fail(e, ERR_SSH_FAILED, "its name has no address: %s",
                    places->code ? gai_strerror(places->code) : "none of a family that is known");
    return true;
}

/*
 * A way that swallows what is sent, or a machine that is gone, is noticed: by what is not
 * acknowledged, and while we only wait, by a question every few seconds.
 */
static void notice_silence(int fd)
{
    const int on = 1, idle_s = 10, every_s = 5, times = 4, unacknowledged_ms = 30000;

    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every_s, sizeof every_s);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &times, sizeof times);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms,
                     sizeof unacknowledged_ms);
}

/* 0, or the errno. */
static int try_one(const struct ip *ip, uint16_t port, int64_t deadline_ms, int *fd)
{
    struct sockaddr_storage to;
    socklen_t length = ip_to_sockaddr(ip, port, &to), size = sizeof(int);
    const int on = 1;
    int code = 0;

    *fd = socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (*fd < 0)
        return errno;
    (void)setsockopt(*fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    notice_silence(*fd);
    if (connect(*fd, (struct sockaddr *)&to, length) == 0)
        return 0;
    if (errno != EINPROGRESS)
        code = errno;
    else if (wait_fd(*fd, POLLOUT, deadline_ms) <= 0)
        code = ETIMEDOUT;
    else
        (void)getsockopt(*fd, SOL_SOCKET, SO_ERROR, &code, &size);
    if (code != 0) {
        close(*fd);
        *fd = -1;
    }
    return code;
}

int ssh_connect(const struct ssh_target *target, int64_t deadline_ms, struct error *e)
{
    struct places places = {0};
    int fd = -1, code = 0;

    if (ip_parse(target->host, &places.ip[0]))
        places.count = 1;
    else if (!look_up_in_time(target->host, deadline_ms, &places, e))
        return -1;
    for (size_t i = 0; i < places.count; i++) {
        int64_t left = deadline_ms - clock_ms();
        int64_t share = left / (int64_t)(places.count - i);

        code = try_one(&places.ip[i], target->port, deadline_ms - left + share, &fd);
        if (code == 0)
            return fd;
    }
    fail(e, ERR_SSH_FAILED, "nothing answers at %s port %u: %s",
         ip_text(&places.ip[places.count - 1]).s, (unsigned)target->port, strerror(code));
    error_next(e, "%s true", ssh_target_command(target).s);
    return -1;
}
