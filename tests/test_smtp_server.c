/* test_smtp_server.c - visitors of the observer on loopback: who came, and how many may. */
#include "agent/net/smtp_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/support/unit.h"

#define SILENCE_MS 200
#define TOTAL_MS 600

struct world {
    struct loop *loop;
    struct smtp_server *server;
    uint16_t port;
    unsigned ended, wanted;
    struct smtp_visit last;
    enum smtp_end end;
    char hello[64];
};

static void on_ended(void *arg, const struct smtp_visit *visit)
{
    struct world *w = arg;

    w->ended++;
    w->last = *visit;
    w->end = visit->heard->end;
    str_cut(w->hello, sizeof w->hello,
            visit->heard->hellos.count > 0 ? visit->heard->hellos.v[0] : "");
}

static void open_world(struct world *w, const char *address)
{
    struct smtp_server_settings settings = {
        .silence_ms = SILENCE_MS, .total_ms = TOTAL_MS, .ended = on_ended, .arg = w};
    struct error e = {0};
    struct ip ip;

    *w = (struct world){.wanted = 1};
    ck_assert(ip_parse(address, &ip));
    w->loop = loop_new(&e);
    ck_assert_ptr_nonnull(w->loop);
    w->server = smtp_server_new(w->loop, &settings);
    ck_assert_msg(smtp_server_listen(w->server, &ip, 0, &w->port, &e), "%s", e.why);
}

static void close_world(struct world *w)
{
    smtp_server_free(w->server);
    loop_free(w->loop);
}

static bool all_ended(void *arg)
{
    const struct world *w = arg;

    return w->ended >= w->wanted;
}

static void turn(struct world *w, int64_t most_ms)
{
    (void)loop_run(w->loop, all_ended, w, loop_now_ms(w->loop) + most_ms);
}

static int visit(const struct world *w, const char *says)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(w->port)};
    const void *raw = &to;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(connect(fd, raw, sizeof to), 0);
    ck_assert_int_eq(send(fd, says, strlen(says), MSG_NOSIGNAL), (ssize_t)strlen(says));
    return fd;
}

static void hear(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    while ((got = recv(fd, text + length, size - 1 - length, MSG_DONTWAIT)) > 0)
        length += (size_t)got;
    text[length] = '\0';
}

START_TEST(a_visit)
{
    struct world w;
    char text[1024];
    int fd;

    open_world(&w, "127.0.0.1");
    fd = visit(&w, "EHLO mail.example.com\r\nQUIT\r\n");
    turn(&w, 5000);
    hear(fd, text, sizeof text);
    ck_assert_uint_eq(w.ended, 1);
    ck_assert_str_eq(ip_text(&w.last.peer).s, "127.0.0.1");
    ck_assert_str_eq(ip_text(&w.last.local).s, "127.0.0.1");
    ck_assert_uint_eq(w.last.local_port, w.port);
    ck_assert_str_eq(w.hello, "mail.example.com");
    ck_assert_int_eq(w.end, SMTP_END_QUIT);
    ck_assert_msg(str_starts(text, "220 [127.0.0.1] ESMTP"), "%s", text);
    ck_assert_msg(str_ends(text, "221 2.0.0 [127.0.0.1]\r\n"), "%s", text);
    close(fd);
    close_world(&w);
}
END_TEST

START_TEST(one_that_goes_away)
{
    struct world w;

    open_world(&w, "127.0.0.1");
    close(visit(&w, "HELO a.example\r\nMAIL"));
    turn(&w, 5000);
    ck_assert_int_eq(w.end, SMTP_END_CLOSED);
    ck_assert_str_eq(w.hello, "a.example");
    close_world(&w);
}
END_TEST

START_TEST(one_that_is_silent)
{
    struct world w;
    int64_t started;
    char text[1024];
    int fd;

    open_world(&w, "127.0.0.1");
    fd = visit(&w, "HELO a.example\r\n");
    started = loop_now_ms(w.loop);
    turn(&w, 10000);
    ck_assert_int_eq(w.end, SMTP_END_TIMEOUT);
    ck_assert_int_ge(loop_now_ms(w.loop) - started, SILENCE_MS - 50);
    hear(fd, text, sizeof text);
    ck_assert(strstr(text, "421 4.4.2") != NULL);
    close(fd);
    close_world(&w);
}
END_TEST

/* A byte now and then is no silence, but it does not last for ever either. */
START_TEST(one_that_drips)
{
    struct world w;
    int fd;

    open_world(&w, "127.0.0.1");
    fd = visit(&w, "H");
    for (int i = 0; i < 100 && w.ended == 0; i++) {
        turn(&w, SILENCE_MS / 4);
        (void)!send(fd, "E", 1, MSG_NOSIGNAL);
    }
    ck_assert_uint_eq(w.ended, 1);
    ck_assert_int_eq(w.end, SMTP_END_TIMEOUT);
    close(fd);
    close_world(&w);
}
END_TEST

/* One who asks without end and never reads an answer. */
START_TEST(one_that_does_not_read)
{
    struct world w;
    char many[6000];
    int fd;

    open_world(&w, "127.0.0.1");
    for (size_t i = 0; i + 6 <= sizeof many; i += 6)
        memcpy(many + i, "EHLO\r\n", 6);
    fd = visit(&w, "");
    (void)!send(fd, many, sizeof many, MSG_NOSIGNAL);
    turn(&w, 5000);
    ck_assert_int_eq(w.end, SMTP_END_LIMIT);
    close(fd);
    close_world(&w);
}
END_TEST

static bool is_answered(int fd)
{
    char c;

    return recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

/* The first of all visitors, and the one too many. */
static bool both_are_answered(void *arg)
{
    const int *fds = arg;

    return is_answered(fds[0]) && is_answered(fds[SMTP_SERVER_PER_PEER]);
}

START_TEST(too_many_of_one_address)
{
    struct world w;
    int fds[SMTP_SERVER_PER_PEER + 1];
    char text[256];

    open_world(&w, "127.0.0.1");
    for (int i = 0; i < ROWS(fds); i++)
        fds[i] = visit(&w, "");
    ck_assert(loop_run(w.loop, both_are_answered, fds, loop_now_ms(w.loop) + 20000));
    hear(fds[0], text, sizeof text);
    ck_assert_msg(str_starts(text, "220 "), "%s", text);
    hear(fds[SMTP_SERVER_PER_PEER], text, sizeof text);
    ck_assert_msg(str_starts(text, "421 4.7.0"), "%s", text);
    for (int i = 0; i < ROWS(fds); i++)
        close(fds[i]);
    w.wanted = SMTP_SERVER_PER_PEER;
    turn(&w, 5000);
    ck_assert_uint_eq(w.ended, SMTP_SERVER_PER_PEER);
    close(visit(&w, ""));
    w.wanted++;
    turn(&w, 5000); /* there is room again */
    ck_assert_uint_eq(w.ended, w.wanted);
    close_world(&w);
}
END_TEST

START_TEST(the_end_of_the_server)
{
    struct world w;
    char text[1024];
    int fd;

    open_world(&w, "127.0.0.1");
    fd = visit(&w, "HELO a.example\r\n");
    turn(&w, 50);
    smtp_server_free(w.server);
    ck_assert_uint_eq(w.ended, 1);
    ck_assert_int_eq(w.end, SMTP_END_SHUTDOWN);
    hear(fd, text, sizeof text);
    ck_assert(strstr(text, "421 4.3.2") != NULL);
    close(fd);
    smtp_server_free(NULL);
    loop_free(w.loop);
}
END_TEST

START_TEST(a_port_that_is_taken)
{
    struct world w;
    struct error e = {0};
    struct ip ip;

    open_world(&w, "127.0.0.1");
    ck_assert(ip_parse("127.0.0.1", &ip));
    ck_assert(!smtp_server_listen(w.server, &ip, w.port, NULL, &e));
    ck_assert_int_eq(e.code, ERR_SYSTEM);
    ck_assert(strstr(e.what, "cannot listen at 127.0.0.1 port ") != NULL);
    ck_assert(ip_parse("192.0.2.1", &ip));
    ck_assert(!smtp_server_listen(w.server, &ip, 0, NULL, &e));
    ck_assert_int_eq(e.code, ERR_SYSTEM);
    close_world(&w);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a visit", a_visit, 1, 0},
        {"one that goes away", one_that_goes_away, 1, 0},
        {"one that is silent", one_that_is_silent, 1, 0},
        {"one that drips", one_that_drips, 1, 0},
        {"one that does not read", one_that_does_not_read, 1, 0},
        {"too many of one address", too_many_of_one_address, 1, 0},
        {"the end of the server", the_end_of_the_server, 1, 0},
        {"a port that is taken", a_port_that_is_taken, 1, 0},
    };

    return unit_run("smtp_server", tests, ROWS(tests));
}
