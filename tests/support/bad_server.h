/*
 * bad_server.h - an HTTP server on loopback that misbehaves as it is told to, in
 * a child process, plain or over TLS with certificates that are made here.
 */
#ifndef NAMESAKE_TESTS_BAD_SERVER_H
#define NAMESAKE_TESTS_BAD_SERVER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BAD_SECRET "t0psecret"

/* How a connection is treated once the request has come. */
enum bad_how {
    BAD_END, /* this row and those after it do not exist */
    BAD_SENDS,
    BAD_SENDS_AND_HOLDS, /* the text, and then nothing, without closing */
    BAD_RESETS,          /* the text, and then a reset */
    BAD_REPEATS,         /* the text, and then its last line for ever */
    BAD_DEAF,            /* nothing, not even the handshake of TLS */
};

enum bad_certificate {
    BAD_PLAIN, /* no TLS at all */
    BAD_GOOD,
    BAD_SELF_SIGNED,
    BAD_WRONG_NAME,
    BAD_EXPIRED,
    BAD_NOT_YET,
};

struct bad_row {
    enum bad_how how;
    const char *text; /* all of it, from "HTTP/1.1 200 OK\r\n"; NULL: nothing */
};

struct bad_server {
    uint16_t port;
    pid_t child;
    int log_fd;
};

/*
 * Each connection is treated by the next row; rows must live until bad_server_stop. The authority
 * that certificates are to be trusted by is written to that file.
 */
struct bad_server bad_server_start(const struct bad_row *rows, enum bad_certificate certificate,
                                   const char *authority_file);

/* End it. What came is written to got: "GET /path +secret BODY" a line, "-secret" without it. */
void bad_server_stop(struct bad_server *server, char *got, size_t size);

#endif
