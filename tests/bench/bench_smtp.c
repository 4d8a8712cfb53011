/*
 * bench_smtp.c - all mail servers of the bench in one process: which one is meant, and so how it
 * behaves, is told by the address that the client connected to.
 * Usage: bench_smtp DELAY-MS [FAULT-PERCENT]: the time before a greeting, and how many of a hundred
 * conversations are reset, turned away with 421 or left without a word (faults.h). Ends with
 * SIGTERM and prints how many of them failed.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/faults.h"
#include "tests/bench/kinds.h"

enum {
    PORT = 25,
    CLIENTS_MAX = 65536,
    EVENTS = 256,
    DRIP_MS = 300,
    POSTSCREEN_MS = 1000,
};

struct client {
    bool open;
    enum kind kind;
    unsigned said;  /* pieces of the greeting */
    int64_t due_ms; /* of the next piece; 0: none */
    char name[64];
};

static struct client clients[CLIENTS_MAX]; /* by descriptor */
static int epoll_fd, highest;
static int64_t delay_ms;
static struct faults faults;
static volatile sig_atomic_t stopped;

static void on_term(int number)
{
    stopped = number;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void hang_up(int fd)
{
    clients[fd].open = false;
    close(fd);
}

/* RST instead of FIN. */
static void reset(int fd)
{
    const struct linger at_once = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    hang_up(fd);
}

static void say(int fd, const char *text)
{
    if (send(fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 && errno != EAGAIN)
        hang_up(fd);
}

/* The next piece of a greeting, and when the one after it is due. */
static void greet(int fd)
{
    struct client *c = &clients[fd];
    char text[256], endless[2048];
    const unsigned piece = c->said++;

    c->due_ms = 0;
    snprintf(text, sizeof text, "220 %s ESMTP\r\n", c->name);
    switch (c->kind) {
    case KIND_TARPIT:
        c->due_ms = now_ms() + DRIP_MS;
        say(fd, piece == 0 ? "220-" : "x");
        break;
    case KIND_SILENT:
        break;
    case KIND_CLOSING:
        hang_up(fd);
        break;
    case KIND_OTHER:
        say(fd, "SSH-2.0-OpenSSH_9.2p1\r\n");
        break;
    case KIND_ENDLESS:
        memset(endless, '2', sizeof endless - 1);
        endless[sizeof endless - 1] = '\0';
        c->due_ms = now_ms() + 1;
        say(fd, endless);
        break;
    case KIND_POSTSCREEN:
        c->due_ms = piece == 0 ? now_ms() + POSTSCREEN_MS : 0;
        text[3] = piece == 0 ? '-' : ' ';
        say(fd, text);
        break;
    case KIND_554:
        say(fd, "554 no service for you\r\n");
        break;
    case KIND_421:
        say(fd, "421 too busy\r\n");
        break;
    case KIND_OTHER_NAME:
        say(fd, "220 localhost.localdomain ESMTP\r\n");
        break;
    case KIND_RESET:
        reset(fd);
        break;
    case KIND_LINES:
        say(fd, "220-");
        say(fd, text + 4);
        say(fd, "220-no spam\r\n220 please\r\n");
        break;
    default:
        say(fd, text);
        break;
    }
}

static void take_client(int listener)
{
    struct sockaddr_in here;
    socklen_t size = sizeof here;
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data = {.fd = fd}};
    uint32_t a;

    if (fd < 0 || fd >= CLIENTS_MAX)
        return;
    getsockname(fd, (struct sockaddr *)&here, &size);
    a = ntohl(here.sin_addr.s_addr);
    clients[fd] = (struct client){.open = true, .kind = kind_of(a)};
    if (fault_due(&faults))
        clients[fd].kind = (const enum kind[]){KIND_RESET, KIND_421, KIND_SILENT}[random() % 3];
    snprintf(clients[fd].name, sizeof clients[fd].name, "mail-%u-%u-%u-%u.example.net", a >> 24,
             a >> 16 & 0xFF, a >> 8 & 0xFF, a & 0xFF);
    highest = fd > highest ? fd : highest;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event);
    if (delay_ms == 0)
        greet(fd);
    else
        clients[fd].due_ms = now_ms() + delay_ms;
}

static void hear(int fd)
{
    char text[1024], said[256];
    const ssize_t got = recv(fd, text, sizeof text, MSG_DONTWAIT);

    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || memmem(text, (size_t)got, "QUIT", 4) != NULL) {
        hang_up(fd);
        return;
    }
    snprintf(said, sizeof said, "250-%s\r\n250-PIPELINING\r\n250 8BITMIME\r\n", clients[fd].name);
    if (clients[fd].kind == KIND_OTHER_NAME)
        say(fd, "250 localhost.localdomain\r\n");
    else
        say(fd, said);
}

static void say_what_is_due(void)
{
    const int64_t now = now_ms();

    for (int fd = 0; fd <= highest; fd++)
        if (clients[fd].open && clients[fd].due_ms != 0 && clients[fd].due_ms <= now)
            greet(fd);
}

int main(int argc, char **argv)
{
    const struct sigaction term = {.sa_handler = on_term};
    struct rlimit files;
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    struct epoll_event ready[EVENTS], event = {.events = EPOLLIN, .data = {.fd = listener}};
    int64_t looked_ms = 0;

    delay_ms = argc >= 2 ? strtol(argv[1], NULL, 10) : 0;
    faults.percent = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
    sigaction(SIGTERM, &term, NULL);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&here, sizeof here) != 0 ||
        listen(listener, 65535) != 0) {
        perror("bench_smtp");
        return 1;
    }
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &event);
    while (stopped == 0) {
        const int count = epoll_wait(epoll_fd, ready, EVENTS, 20);

        for (int i = 0; i < count; i++)
            if (ready[i].data.fd == listener)
                take_client(listener);
            else if (clients[ready[i].data.fd].open)
                hear(ready[i].data.fd);
        if (now_ms() - looked_ms >= 10) {
            say_what_is_due();
            looked_ms = now_ms();
        }
    }
    printf("%lu\n", faults.count);
    return 0;
}
