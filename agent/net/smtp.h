/*
 * smtp.h - the greeting client: waits for the greeting, says EHLO, reads the
 * reply, says QUIT. Never speaks before the greeting is complete.
 */
#ifndef NAMESAKE_NET_SMTP_H
#define NAMESAKE_NET_SMTP_H

#include "agent/base/ip.h"
#include "agent/base/str.h"
#include "agent/net/loop.h"

struct via;

enum smtp_state {
    SMTP_NOT_ASKED,
    SMTP_OPEN,        /* under way */
    SMTP_OK,          /* a complete greeting came; its code may be 220, 554, 521 or 421 */
    SMTP_REFUSED,     /* connection refused: nobody listens */
    SMTP_TIMEOUT,     /* no connection, or no complete greeting in time */
    SMTP_CLOSED,      /* closed or reset before the greeting was complete */
    SMTP_NOT_SMTP,    /* speaks another protocol, or without end */
    SMTP_UNREACHABLE, /* no route, or the system forbids it */
};

struct smtp_settings {
    uint16_t port;         /* 25 */
    uint32_t timeout_ms;   /* connect and greeting together */
    const char *ehlo_name; /* what we call ourselves: a name or an address literal */
    struct via *via;       /* the viewpoint that connects, which outlives this; NULL: here */
};

struct smtp_greeting {
    enum smtp_state state;
    struct strings lines; /* of the greeting, made printable, without line ends; when it is not
                             SMTP, the first line as far as it came */
    struct strings ehlo;  /* of the reply to EHLO; empty when it was not reached */
    uint32_t took_ms;     /* until the greeting was complete, or the attempt failed */
};

struct smtp; /* the conversations of one run */

/* The caller frees it with smtp_free; the loop must outlive it. The settings are copied. */
struct smtp *smtp_new(struct loop *loop, const struct smtp_settings *settings);
void smtp_free(struct smtp *smtp);

/*
 * The greeting of an address: asked the first time, remembered afterwards, as in dns_ask. NULL
 * while under way. Belongs to smtp; held by the waiter that asks, as in dns_ask. EHLO follows a greeting of 220 only,
 * and its reply has ten seconds; a missing one does not spoil the greeting.
 */
const struct smtp_greeting *smtp_ask(struct smtp *smtp, const struct ip *address);

/* The waiter has read the greeting that it asked for. */
void smtp_let_go(struct smtp *smtp, struct waiter *waiter);

/* "ok", "refused", "timeout", "closed", "not-smtp": the words of the facts document. */
const char *smtp_state_text(enum smtp_state state);
bool smtp_state_from_text(const char *text, enum smtp_state *out) MUST_USE;

#endif
