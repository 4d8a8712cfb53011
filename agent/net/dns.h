/*
 * dns.h - questions to DNS servers and the answers as they came. An observer,
 * not a resolver: no search list, no NSS, response codes kept apart, and the
 * same question to the same server is asked once.
 *
 * Asking never blocks: dns_ask gives the answer when it is there, else NULL,
 * and the pass that asked is run again when more is known (loop_run_pass). So
 * the code that looks reads from top to bottom: ask, return when something is
 * open, go on.
 */
#ifndef NAMESAKE_NET_DNS_H
#define NAMESAKE_NET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/ip.h"
#include "agent/base/name.h"
#include "agent/base/rcode.h"
#include "agent/net/loop.h"

/* Record types (RFC 1035 3.2.2, RFC 3596). */
enum dns_type {
    DNS_A = 1,
    DNS_NS = 2,
    DNS_CNAME = 5,
    DNS_SOA = 6,
    DNS_PTR = 12,
    DNS_TXT = 16,
    DNS_AAAA = 28,
};

struct dns_server {
    struct ip ip;
    uint16_t port;
};

struct dns_question {
    struct dns_server server;
    struct name name;
    enum dns_type type;
    bool recurse;   /* RD: set for resolvers, clear for authoritative servers */
    bool unchecked; /* CD (RFC 4035 3.2.2): the answer even when validation fails */
};

/* A name in a record is "" when its text, escapes included, is longer than a struct name. */
struct dns_rr {
    struct name owner;
    uint16_t type;
    uint32_t ttl_s;
    struct name name;       /* NS, CNAME, PTR: the target; SOA: MNAME */
    struct ip ip;           /* A, AAAA */
    uint32_t soa_minimum_s; /* SOA: negative caching (RFC 2308) */
};

struct dns_section {
    struct dns_rr *rr;
    size_t count;
};

/* At most this many records of a section are kept; `cut` says that there were more. */
#define DNS_SECTION_MAX 64

struct dns_answer {
    int rcode;          /* enum dns_rcode, or another code from the wire */
    bool authoritative; /* AA */
    bool authentic;     /* AD */
    bool cut;
    uint32_t took_ms;
    struct name question; /* what the message says that it answers; "" when it does not */
    uint16_t question_type;
    struct dns_section answer, authority, additional; /* class IN only */
};

struct dns_settings {
    uint16_t port;       /* of authoritative servers; 53 */
    uint32_t timeout_ms; /* for one question, all tries together; 3000. TCP has it anew */
    unsigned tries;      /* at most this many sends; 3. The wait doubles with each */
};

struct dns; /* the questions of one run and their answers */
struct via;

/*
 * The caller frees it with dns_free; the loop must outlive it, and so must the viewpoint that
 * asks (over TCP). NULL: questions go out from here.
 */
struct dns *dns_new(struct loop *loop, struct via *via, const struct dns_settings *settings);
void dns_free(struct dns *dns);

const struct dns_settings *dns_settings_of(const struct dns *dns);

/*
 * The answer to a question: asked the first time, remembered afterwards. NULL while it is under
 * way. The answer belongs to dns; the waiter that asks holds it (memo.h), and when all have let
 * it go, it is remembered for a while. UDP first, TCP when truncated;
 * EDNS with 1232 bytes (falls back without). A server that cannot be reached at all (no route,
 * port closed) answers DNS_TIMEOUT at once; a reply to another question is DNS_BADREPLY.
 */
const struct dns_answer *dns_ask(struct dns *dns, const struct dns_question *question);

/* The waiter has read the answers that it asked for. */
void dns_let_go(struct dns *dns, struct waiter *waiter);

/* How many questions are under way; how many were asked since the start. */
size_t dns_open(const struct dns *dns);
size_t dns_sent(const struct dns *dns);

/*
 * True when this host has a route to addresses like this one: of its family and scope. Found out
 * once for each of these, from the first address that was asked for. Sends nothing. Of a viewpoint
 * nobody knows it: true.
 */
bool dns_has_route(struct dns *dns, const struct ip *ip);

/* "A", "PTR", "TYPE99"; the text is static or lives until the next such call. */
const char *dns_type_text(unsigned type);

/* PURE: parse one message. False when it is no DNS reply. dns_answer_free frees the sections. */
bool dns_parse(const uint8_t *wire, size_t length, struct dns_answer *out) MUST_USE;
void dns_answer_free(struct dns_answer *answer);

#endif
