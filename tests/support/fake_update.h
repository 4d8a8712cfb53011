/*
 * fake_update.h - a primary name server on loopback over TCP, in a child
 * process: each connection is answered by the next row. Signatures are checked
 * and made by ldns, so that ours meet somebody else's.
 */
#ifndef NAMESAKE_TESTS_FAKE_UPDATE_H
#define NAMESAKE_TESTS_FAKE_UPDATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The key that it knows (hmac-sha256). */
#define FAKE_KEY "update-key"
#define FAKE_SECRET "dGhlIHNlY3JldCBvZiB0aGUgZmFrZSBzZXJ2ZXI="

enum fake_update_how {
    UPDATE_ANSWERS,
    UPDATE_SILENT,
    UPDATE_CLOSES, /* after it has read the message */
    UPDATE_GARBAGE,
    UPDATE_HALF, /* of the answer, then it closes */
    UPDATE_WRONG_ID,
    UPDATE_UNSIGNED,
    UPDATE_WRONG_MAC,
};

/* The last row answers all further connections. */
struct fake_update_row {
    enum fake_update_how how;
    int rcode;
    bool aa;
    const char *answer, *authority; /* records as in a zone file, one a line */
};

struct fake_update {
    uint16_t port;
    pid_t child;
    int log_fd;
};

/* Rows must live until fake_update_stop. */
struct fake_update fake_update_start(const struct fake_update_row *rows, size_t count);

/*
 * End it. What came is written to `got`, one record a line after a line for the message:
 * "UPDATE signed", "zone example.com. IN SOA", "need ...", "make ...".
 */
void fake_update_stop(struct fake_update *fake, char *got, size_t size);

#endif
