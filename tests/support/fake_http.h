/*
 * fake_http.h - a vendor that answers from a list: it takes the place of
 * agent/net/http.c at link time. Each row is a request that must come, in
 * order, and what is answered.
 */
#ifndef NAMESAKE_TESTS_FAKE_HTTP_H
#define NAMESAKE_TESTS_FAKE_HTTP_H

#include "agent/net/http.h"
#include "providers/provider.h"

#define FAKE_ENDPOINT "http://127.0.0.1:1/api"
#define FAKE_TOKEN "t0psecret"

struct fake_http_row {
    const char *request; /* "GET /zones?name=example.com", then " BODY" where there is one */
    int status;          /* 0: no answer, `code` instead */
    const char *body;
    const char *type;       /* NULL: application/json */
    uint32_t retry_after_s; /* 0: none */
    enum err code;          /* ERR_TIMEOUT, ERR_PROVIDER_UNREACHABLE */
};

/* The rows that are expected; their URLs begin with this endpoint. The last has no request. */
void fake_http_expect(const char *endpoint, const struct fake_http_row *rows);

/* All rows were asked for, and each request carried exactly this secret in that header. */
void fake_http_done(void);
void fake_http_secret(const char *header, const char *value);

/* One operation of a vendor and the exchange that it takes. */
struct vendor_row {
    const char *label, *address, *owner, *zone;
    const char *before, *after; /* words; after NULL: the operation is read */
    struct fake_http_row exchange[10];
    enum err code;
    const char *says;             /* a part of the reason or of who can repair it */
    const char *resource, *holds; /* what was read: words */
    uint32_t ttl_s;
    const char *side_effect;
    const char *note;     /* what was read; of a write, what it finds */
    const char *restores; /* the note of what a write goes back to: the operation is restore */
};

/* Do it with an account whose secret has that key, sent in that header. */
void vendor_check(const char *type, const char *key, const char *header,
                  const struct vendor_row *row);

#endif
