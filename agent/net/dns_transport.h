/*
 * dns_transport.h - one message to one server and its reply, over UDP (sent
 * again when it is lost) or TCP. The only code that knows c-ares.
 */
#ifndef NAMESAKE_NET_DNS_TRANSPORT_H
#define NAMESAKE_NET_DNS_TRANSPORT_H

#include "agent/net/dns_message.h"

struct dns_transport;
struct dns_channel; /* one way to one server */

/* How a message goes. */
struct dns_way {
    bool edns; /* it ends in an OPT record */
    bool tcp;
};

/* A message under way; embedded in its owner, which outlives it. Set `replied` only. */
struct dns_exchange {
    /* The reply, which is valid during the call; NULL when there is none. */
    void (*replied)(struct dns_exchange *exchange, const uint8_t *wire, size_t length);
    unsigned again; /* how often the message was sent again before its reply came */
    bool timed_out; /* c-ares waits no longer, which may be before the time limit */
    struct dns_channel *channel;
};

/* The caller frees it with dns_transport_free; what is under way then is never replied to. */
struct dns_transport *dns_transport_new(struct loop *loop, const struct dns_settings *settings);
void dns_transport_free(struct dns_transport *transport);

/*
 * Send a message; exchange->replied is called once, perhaps before this returns. Replies with
 * another id or question are dropped. Truncated ones are replies: ask again over TCP, which has
 * the whole time limit anew.
 */
void dns_transport_send(struct dns_transport *transport, const struct dns_server *server,
                        struct dns_way way, const struct dns_message *message,
                        struct dns_exchange *exchange);

#endif
