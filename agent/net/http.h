/*
 * http.h - one HTTPS request to the API of a vendor, with limits, and what its
 * answer means. Blocks: plans are short, ordered and limited by the vendor.
 */
#ifndef NAMESAKE_NET_HTTP_H
#define NAMESAKE_NET_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"
#include "agent/base/secret.h"

#define HTTP_BODY_MAX ((size_t)16 << 20) /* PowerDNS: the reverse zone of a /16 in one answer */
#define HTTP_HEADERS_MAX 4

/* The value is the text followed by the secret; no header is ever logged. */
struct http_header {
    const char *name, *text;     /* "Authorization", "Bearer "; a NULL name is the end */
    const struct secret *secret; /* NULL: none */
};

struct http_request {
    const char *method; /* "GET" */
    const char *url;    /* https; http to a loopback address, without secret to a link-local one */
    const char *body;   /* JSON; NULL: none */
    struct http_header headers[HTTP_HEADERS_MAX];
    bool secret_query; /* the part of the URL after "?" is not logged */
};

struct http_answer {
    int status;
    uint32_t retry_after_s; /* 0: not given */
    char type[128];         /* "application/json; charset=utf-8"; "" when not given */
    struct buf body;        /* http_answer_free frees it */
};

/* How a call is repeated. */
struct http_pace {
    unsigned tries;
    int64_t first_wait_ms;  /* doubled for each further try */
    int64_t retry_after_ms; /* what one second of the server's Retry-After counts for */
    uint32_t retry_after_max_s;
    int64_t total_ms, connect_ms; /* limits of one try */
};

/* Four tries, from one second up, Retry-After up to 60 s, 30 s a try, 10 s to connect. */
extern const struct http_pace http_pace_default;

/*
 * One request and its answer, whatever the status. Certificates are verified, redirects are
 * answers like others, proxies of the environment are not used towards loopback. The authorities
 * are the system's, or those of CURL_CA_BUNDLE, SSL_CERT_FILE and SSL_CERT_DIR as for curl(1).
 *
 * GET, PUT and DELETE are repeated after 429, 5xx and a failed connection, other methods never
 * (RFC 9110 9.2.2). The stop flag ends the waiting between two tries.
 *
 * ERR_PROVIDER_UNREACHABLE: nothing was sent. ERR_TIMEOUT: it was sent, what became of it is
 * unknown. ERR_PROTOCOL: a GET got half an answer or one without end. ERR_CONFIG_KEY: no URL
 * that a secret may be sent to.
 */
bool http_call(const struct http_request *request, struct http_answer *answer,
               struct error *e) MUST_USE;
bool http_call_paced(const struct http_request *request, const struct http_pace *pace,
                     struct http_answer *answer, struct error *e) MUST_USE;

/* Wait before asking once more; false when the stop flag was set. For actions that take time. */
bool http_wait(int64_t ms);

void http_answer_free(struct http_answer *answer);

/* --- http_text.c: words and meaning -------------------------------------------------------------------- */

/* Add text to a URL; all but letters, digits and "-._~" is percent-encoded (RFC 3986 2.3). */
void http_encode(struct buf *url, const char *text);

/* Whether the status says that it worked. */
bool http_ok(const struct http_answer *answer);

/* The document of an answer; NULL when it is none. The caller calls json_decref. */
json_t *http_document(const struct http_answer *answer) MUST_USE;

/* Where a vendor's API is, and how it knows its user. */
struct http_api {
    const char *title;    /* "Cloudflare", for messages */
    const char *endpoint; /* "https://api.example.com/v1" */
    struct http_header key;
};

/*
 * http_call with a path below the endpoint and a document, which is freed here; NULL: none.
 * ERR_CREDENTIAL_MISSING when the key has no secret.
 */
bool http_api_call(const struct http_api *api, const char *method, const struct buf *path,
                   json_t *body, struct http_answer *answer, struct error *e) MUST_USE;

/* Whether a text that came from outside repeats the secret, so that it must not be shown. */
bool http_tells(const struct secret *secret, const char *text);

/*
 * Report an answer that says no; text is the vendor's own reason ("": none). 401 and 403 are
 * ERR_PROVIDER_DENIED, 429 ERR_PROVIDER_LIMITED, 409, 412 and 423 ERR_CONFLICT, a 5xx is
 * ERR_PROVIDER_UNREACHABLE for a GET and ERR_TIMEOUT for a write, the rest ERR_PROTOCOL. A text
 * that repeats the key is not shown. Returns false.
 */
bool http_refused(const struct http_api *api, const char *method, const struct http_answer *answer,
                  const char *text, struct error *e);

/* A list that comes in pages, numbered from 1. */
struct http_pages {
    const char *vendor;         /* "Cloudflare", for messages */
    const char *query;          /* what is listed: a path that ends in "?" or "&" */
    const char *items, *number; /* where an answer has its entries, and the page that it is */
    const char *next, *total;   /* the next page (null: none), or how many there are; or NULL */
    unsigned per_page, most;    /* most: more pages than that are a loop */
    bool (*get)(const void *arg, const struct buf *path, json_t **document, struct error *e);
    const void *arg;
};

/*
 * All entries of all pages; the caller frees *out. ERR_PROTOCOL when a page is not the one that was
 * asked for, repeats the entries of another, is empty though more are to come, or when there is
 * no end of them.
 */
bool http_list(const struct http_pages *pages, json_t **out, struct error *e) MUST_USE;

/* Report an answer that worked but is not what was agreed. Returns false. */
bool http_strange(const struct http_answer *answer, const char *vendor, const char *what,
                  struct error *e);

#endif
