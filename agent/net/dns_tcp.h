/*
 * dns_tcp.h - one DNS message out and one in, over TCP (RFC 1035 4.2.2).
 * Blocks until the answer or the time limit.
 */
#ifndef NAMESAKE_NET_DNS_TCP_H
#define NAMESAKE_NET_DNS_TCP_H

#include "agent/base/buf.h"
#include "agent/net/dns.h"

#define DNS_MESSAGE_MAX 65535 /* what the two bytes of length can say */

/*
 * ERR_PROVIDER_UNREACHABLE when the server cannot have got the whole message; ERR_TIMEOUT when
 * it may have, and no complete answer came: the outcome is unknown. The answer is appended.
 */
bool dns_tcp_exchange(const struct dns_server *server, const struct buf *message,
                      uint32_t timeout_ms, struct buf *answer, struct error *e) MUST_USE;

/* "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353": how people write the server. */
struct dns_server_text {
    char s[64];
};
struct dns_server_text dns_server_text(const struct dns_server *server);

#endif
