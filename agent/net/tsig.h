/*
 * tsig.h - transaction signatures of DNS messages (RFC 8945): sign a request,
 * judge a reply. PURE: bytes and the time come in, bytes and a verdict go out.
 *
 * Our own, because ldns 1.8 knows no hmac-sha224, misspells hmac-sha384, and takes the time from
 * the system clock.
 */
#ifndef NAMESAKE_NET_TSIG_H
#define NAMESAKE_NET_TSIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"
#include "agent/base/name.h"
#include "agent/base/secret.h"

#define TSIG_FUDGE_S 300 /* RFC 8945 10: the recommended fudge */
#define TSIG_ALGORITHM_MAX 40

struct tsig_key {
    struct name name;
    char algorithm[TSIG_ALGORITHM_MAX]; /* "hmac-sha256" */
    const struct secret *secret;        /* base64 text */
};

/* A message authentication code; length 0: none. */
struct tsig_mac {
    uint8_t bytes[64];
    size_t length;
};

enum tsig_result {
    TSIG_ABSENT,   /* the message is not signed */
    TSIG_UNSIGNED, /* an error in a TSIG record without MAC: a hint, nothing more */
    TSIG_BAD,      /* malformed, or signed with another key, or not what was signed */
    TSIG_STALE,    /* well signed, but further than the fudge from our clock */
    TSIG_GOOD,
};

/* Error field of a TSIG record (RFC 8945 3). */
enum tsig_error {
    TSIG_BADSIG = 16,
    TSIG_BADKEY = 17,
    TSIG_BADTIME = 18,
    TSIG_BADTRUNC = 22,
};

struct tsig_verdict {
    enum tsig_result result;
    unsigned error;  /* of enum tsig_error; 0: none */
    int64_t ahead_s; /* STALE, BADTIME: how far the server's clock is ahead of ours */
};

/*
 * Normalise an algorithm as people and other programs write it ("HMAC-SHA256."). False, with the
 * output untouched, for one that is not known: hmac-sha1, -sha224, -sha256, -sha384, -sha512.
 */
bool tsig_algorithm_parse(const char *text, char out[TSIG_ALGORITHM_MAX]) MUST_USE;

/* ERR_CONFIG_KEY unless the algorithm is known and the secret is base64 text. */
bool tsig_key_check(const struct tsig_key *key, struct error *e) MUST_USE;

/*
 * Sign a message: a TSIG record is appended. For a reply, `request` is the MAC of the request;
 * NULL for a request. The new MAC goes to *mac. Errors of tsig_key_check.
 */
bool tsig_sign(const struct tsig_key *key, uint64_t now_s, const struct tsig_mac *request,
               struct buf *message, struct tsig_mac *mac, struct error *e) MUST_USE;

/* Judge a reply to the request that was signed with this MAC. */
struct tsig_verdict tsig_judge(const struct tsig_key *key, uint64_t now_s,
                               const struct tsig_mac *request, const uint8_t *wire, size_t length);

#endif
