/*
 * smtp_server.h - listens for SMTP on the loop and tells who came and what was
 * said (smtp_session.h has the protocol). Strangers may connect: connections
 * are limited altogether and for each network, and so is their time.
 */
#ifndef NAMESAKE_NET_SMTP_SERVER_H
#define NAMESAKE_NET_SMTP_SERVER_H

#include "agent/base/ip.h"
#include "agent/net/loop.h"
#include "agent/net/smtp_session.h"

#define SMTP_SERVER_LISTENERS 16
#define SMTP_SERVER_CONNECTIONS 64 /* at once; what comes beyond is told to come later (421) */
#define SMTP_SERVER_PER_PEER 8     /* of one IPv4 address, or one IPv6 /64 */

struct smtp_visit {
    struct ip peer, local; /* both ends of the connection */
    uint16_t peer_port, local_port;
    const struct smtp_heard *heard;
};

struct smtp_server_settings {
    char token[SMTP_TOKEN_MAX + 1]; /* the only probe that is taken; "": any */
    uint32_t silence_ms; /* without a byte from the client; RFC 5321 4.5.3.2.7 has 5 min */
    uint32_t total_ms;   /* for a whole conversation */
    void (*ended)(void *arg, const struct smtp_visit *visit); /* after each conversation */
    void *arg;
};

struct smtp_server;

/* The caller frees it with smtp_server_free; the loop must outlive it. Settings are copied. */
struct smtp_server *smtp_server_new(struct loop *loop, const struct smtp_server_settings *settings);

/* Ends what is open (`ended` is called for each) and stops listening. NULL is fine. */
void smtp_server_free(struct smtp_server *server);

/*
 * Listen at an address; port 0 takes a free one, which is returned in *port (NULL: not wanted).
 * ERR_ROOT_NEEDED for a port below 1024 without the right to it; ERR_SYSTEM when it is taken or no
 * address of this machine; ERR_LIMIT_EXCEEDED.
 */
bool smtp_server_listen(struct smtp_server *server, const struct ip *address, uint16_t port,
                        uint16_t *bound, struct error *e) MUST_USE;

#endif
