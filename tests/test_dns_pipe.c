/* test_dns_pipe.c - DNS messages over streams: frames, and servers that answer well and badly. */
#include "agent/net/dns_frame.h"
#include "agent/net/dns_pipe.h"

#include "tests/support/child.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASKED = 8, LIMIT_MS = 1500 };

static const struct {
    const char *label, *bytes;
    size_t arrived;
    enum dns_frame frame;
    size_t length;
} frames[] = {
    {"nothing", "", 0, DNS_FRAME_MORE, 0},
    {"half of a length", "\0", 1, DNS_FRAME_MORE, 0},
    {"a length alone", "\0\014", 2, DNS_FRAME_MORE, 0},
    {"all but the last byte", "\0\014abcdefghijk", 13, DNS_FRAME_MORE, 0},
    {"a message", "\0\014abcdefghijkl", 14, DNS_FRAME_COMPLETE, 12},
    {"a message and half of another", "\0\014abcdefghijkl\0", 15, DNS_FRAME_COMPLETE, 12},
    {"no message at all", "\0\0abcdefghijkl", 14, DNS_FRAME_INVALID, 0},
    {"shorter than a header", "\0\013abcdefghijkl", 14, DNS_FRAME_INVALID, 0},
    {"the longest that can be said", "\377\377abcdefghijkl", 14, DNS_FRAME_MORE, 0},
};

START_TEST(first_frame)
{
    size_t length = 0;

    ck_assert_msg(dns_frame_first(frames[_i].bytes, frames[_i].arrived, &length) ==
                          frames[_i].frame &&
                      length == frames[_i].length,
                  "%s", frames[_i].label);
}
END_TEST

START_TEST(frames_there_and_back)
{
    struct buf out = BUF_INIT(2 * DNS_FRAME_MAX);
    static char message[65535];
    size_t length;

    memset(message, 'x', sizeof message);
    dns_frame_add(&out, message, sizeof message);
    dns_frame_add(&out, message, 12);
    ck_assert(dns_frame_first(out.data, out.length, &length) == DNS_FRAME_COMPLETE);
    ck_assert_uint_eq(length, sizeof message);
    ck_assert(dns_frame_first(out.data + DNS_FRAME_HEAD + length,
                              out.length - DNS_FRAME_HEAD - length, &length) == DNS_FRAME_COMPLETE);
    ck_assert_uint_eq(length, 12);
    buf_free(&out);
}
END_TEST

/* How a server treats the questions of one connection. */
enum manner {
    ANSWERS,
    BYTE_BY_BYTE,
    ALL_IN_REVERSE, /* in one segment, when all have come */
    ONE_EACH,       /* and closes */
    CLOSES,         /* at the first question */
    CLOSES_HALFWAY, /* in a reply */
    STRANGER_FIRST, /* a reply to nobody, then the right one */
    ZERO_LENGTH,
    SHORT_LENGTH,
    ENDLESS_LENGTH, /* promises 65535 bytes and is silent */
    SILENT,
};

static const struct {
    const char *label;
    enum manner first, later; /* the first connection, and those after it */
    int good, connections;
} servers[] = {
    {"answers at once", ANSWERS, ANSWERS, ASKED, 1},
    {"answers byte by byte", BYTE_BY_BYTE, BYTE_BY_BYTE, ASKED, 1},
    {"answers all at once, the last one first", ALL_IN_REVERSE, ALL_IN_REVERSE, ASKED, 1},
    {"closes after each answer", ONE_EACH, ONE_EACH, ASKED, ASKED},
    {"had forgotten the connection", CLOSES, ANSWERS, ASKED, 2},
    {"closes for ever", CLOSES, CLOSES, 0, 2},
    {"stops halfway, then answers", CLOSES_HALFWAY, ANSWERS, ASKED, 2},
    {"answers others, too", STRANGER_FIRST, STRANGER_FIRST, ASKED, 1},
    {"says length 0", ZERO_LENGTH, ANSWERS, 0, 1},
    {"says length 11", SHORT_LENGTH, ANSWERS, 0, 1},
    {"promises and is silent", ENDLESS_LENGTH, ANSWERS, 0, 1},
    {"is silent", SILENT, ANSWERS, 0, 1},
};

static bool read_frame(int fd, uint8_t *frame, size_t *length)
{
    if (recv(fd, frame, 2, MSG_WAITALL) != 2)
        return false;
    *length = 2 + ((size_t)frame[0] << 8 | frame[1]);
    if (recv(fd, frame + 2, *length - 2, MSG_WAITALL) != (ssize_t)*length - 2)
        return false;
    frame[4] |= 0x80; /* QR */
    return true;
}

static void put(int fd, const void *bytes, size_t length)
{
    (void)!send(fd, bytes, length, MSG_NOSIGNAL);
}

/* The questions so far as one segment, the last one first. */
static void put_in_reverse(int fd, uint8_t kept[ASKED][600], const size_t *lengths)
{
    uint8_t all[ASKED * 600];
    size_t used = 0;

    for (int i = ASKED - 1; i >= 0; i--) {
        memcpy(all + used, kept[i], lengths[i]);
        used += lengths[i];
    }
    put(fd, all, used);
}

/* False when the connection is to be closed. */
static bool treat(int fd, enum manner manner, uint8_t *frame, size_t length)
{
    switch (manner) {
    case BYTE_BY_BYTE:
        for (size_t i = 0; i < length; i++) {
            put(fd, frame + i, 1);
            usleep(200);
        }
        return true;
    case STRANGER_FIRST:
        frame[2] ^= 0x55;
        put(fd, frame, length);
        frame[2] ^= 0x55;
        put(fd, frame, length);
        return true;
    case CLOSES_HALFWAY:
        put(fd, frame, length / 2);
        return false;
    case ZERO_LENGTH:
        put(fd, "\0\0", 2);
        return true;
    case SHORT_LENGTH:
        put(fd, "\0\013abcdefghijk", 13);
        return true;
    case ENDLESS_LENGTH:
        put(fd, "\377\377", 2);
        return true;
    case ANSWERS:
    case ONE_EACH:
        put(fd, frame, length);
        return manner == ANSWERS;
    case ALL_IN_REVERSE:
    case SILENT:
        return true;
    case CLOSES:
        break;
    }
    return false;
}

static void converse(int fd, enum manner manner)
{
    static uint8_t kept[ASKED][600];
    size_t lengths[ASKED];
    int count = 0;

    while (read_frame(fd, kept[count], &lengths[count]) &&
           treat(fd, manner, kept[count], lengths[count]))
        if (++count == ASKED) {
            if (manner == ALL_IN_REVERSE)
                put_in_reverse(fd, kept, lengths);
            count = 0;
        }
    /* What is unread would make it a reset. */
    shutdown(fd, SHUT_WR);
    while (recv(fd, kept[0], sizeof kept[0], 0) > 0)
        ;
    close(fd);
}

struct server {
    int listener, row;
};

static void serve(const void *arg, int log_fd)
{
    const struct server *server = arg;

    for (int i = 0;; i++) {
        int fd = accept(server->listener, NULL, NULL);
        (void)!write(log_fd, "+", 1);
        converse(fd, i == 0 ? servers[server->row].first : servers[server->row].later);
    }
}

struct asked {
    struct dns_exchange exchange;
    uint8_t name; /* the letter that it asks for */
    int replies;
    bool good;
};

static int told;

static void on_replied(struct dns_exchange *exchange, const uint8_t *wire, size_t length)
{
    struct asked *asked = (struct asked *)exchange;

    asked->replies++;
    asked->good = wire != NULL && length > 14 && wire[13] == asked->name;
    told++;
}

static bool all_told(void *arg)
{
    (void)arg;
    return told == ASKED;
}

START_TEST(server)
{
    struct server at = {.listener = child_bind("127.0.0.1", 0, SOCK_STREAM), .row = _i};
    const struct dns_settings settings = {.timeout_ms = LIMIT_MS, .tries = 1};
    struct dns_question question = {.server.port = child_port(at.listener), .type = DNS_A};
    struct error e;
    struct loop *loop = loop_new(&e);
    struct dns_pipes *pipes = dns_pipes_new(loop, NULL, &settings);
    struct asked asked[ASKED];
    char text[64], log[64] = "";
    int log_fd, good = 0;
    pid_t child = child_start(serve, &at, &log_fd);

    close(at.listener);
    told = 0;
    ck_assert(ip_parse("127.0.0.1", &question.server.ip));
    for (int i = 0; i < ASKED; i++) {
        struct dns_message message;
        snprintf(text, sizeof text, "%c.example", 'a' + i);
        ck_assert(name_from_dns(text, &question.name));
        ck_assert(dns_message_ask(&question, (uint16_t)(i < 3 ? 0xFFFF : i), true, &message));
        asked[i] = (struct asked){.exchange.replied = on_replied, .name = (uint8_t)('a' + i)};
        dns_pipes_send(pipes, &question.server, &message, &asked[i].exchange);
    }
    (void)loop_run(loop, all_told, NULL, loop_now_ms(loop) + 20000);
    for (int i = 0; i < ASKED; i++) {
        ck_assert_msg(asked[i].replies == 1, "%s: question %d has %d replies", servers[_i].label, i,
                      asked[i].replies);
        good += asked[i].good;
    }
    dns_pipes_free(pipes);
    loop_free(loop);
    child_stop(child, log_fd, log, sizeof log);
    ck_assert_msg(good == servers[_i].good, "%s: %d good", servers[_i].label, good);
    ck_assert_msg((int)strspn(log, "+") == servers[_i].connections, "%s: connections %s",
                  servers[_i].label, log);
}
END_TEST

START_TEST(nobody_listens)
{
    int listener = child_bind("127.0.0.1", 0, SOCK_STREAM);
    const struct dns_settings settings = {.timeout_ms = LIMIT_MS, .tries = 1};
    struct dns_question question = {.server.port = child_port(listener), .type = DNS_A};
    struct error e;
    struct loop *loop = loop_new(&e);
    struct dns_pipes *pipes = dns_pipes_new(loop, NULL, &settings);
    struct asked asked = {.exchange.replied = on_replied};
    struct dns_message message;

    close(listener);
    told = ASKED - 1;
    ck_assert(ip_parse("127.0.0.1", &question.server.ip));
    ck_assert(name_from_dns("a.example", &question.name));
    ck_assert(dns_message_ask(&question, 1, true, &message));
    dns_pipes_send(pipes, &question.server, &message, &asked.exchange);
    ck_assert(loop_run(loop, all_told, NULL, loop_now_ms(loop) + 20000));
    ck_assert(!asked.good);
    dns_pipes_free(pipes);
    loop_free(loop);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"frames", first_frame, ROWS(frames), 0},
        {"there and back", frames_there_and_back, 1, 0},
        {"servers", server, ROWS(servers), 0},
        {"nobody listens", nobody_listens, 1, 0},
    };

    return unit_run("dns_pipe", tests, ROWS(tests));
}
