/*
 * dns_transport.h - one message to one server and its reply: UDP, sent again
 * when it is lost, TCP when the reply was truncated. The only code that knows
 * c-ares.
 */
#ifndef NAMESAKE_NET_DNS_TRANSPORT_H
#define NAMESAKE_NET_DNS_TRANSPORT_H

#include "agent/net/dns.h"

struct dns_transport;
struct dns_channel; /* what leads to one server */

/* A message under way; embedded in its owner, which outlives it. Set `replied` only. */
struct dns_exchange {
    /* The reply, which is valid during the call; NULL when there is none. */
    void (*replied)(struct dns_exchange *exchange, const uint8_t *wire, size_t length);
    struct dns_channel *channel;
};

/* The caller frees it with dns_transport_free; what is under way then is never replied to. */
struct dns_transport *dns_transport_new(struct loop *loop, const struct dns_settings *settings);
void dns_transport_free(struct dns_transport *transport);

/*
 * Send a message; exchange->replied is called once, perhaps before this returns. Replies with
 * another id or question are dropped. `edns` tells whether the message ends in an OPT record:
 * a server that answers FORMERR without one is asked again without it.
 */
void dns_transport_send(struct dns_transport *transport, const struct dns_server *server, bool edns,
                        const uint8_t *wire, size_t length, struct dns_exchange *exchange);

#endif
