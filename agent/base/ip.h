/*
 * ip.h - one IPv4 or IPv6 address, or a network, as a value.
 */
#ifndef NAMESAKE_BASE_IP_H
#define NAMESAKE_BASE_IP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "agent/base/error.h"
#include "agent/base/name.h"

enum ip_family {
    IP_NONE,
    IP_V4,
    IP_V6,
};

struct ip {
    enum ip_family family;
    uint8_t bytes[16]; /* network order; IPv4 uses the first four, the rest is zero */
};

struct ip_net {
    struct ip base;
    uint8_t bits;
};

/* What an address is good for (IANA special-purpose registries, RFC 6890). */
enum ip_scope {
    IP_SCOPE_PUBLIC, /* the documentation ranges too: interface section 2.7 */
    IP_SCOPE_PRIVATE,
    IP_SCOPE_SHARED, /* carrier-grade NAT, RFC 6598 */
    IP_SCOPE_LOOPBACK,
    IP_SCOPE_LINK_LOCAL,
    IP_SCOPE_UNROUTABLE, /* multicast, unspecified, reserved, 64:ff9b::/96, and so on */
};

struct ip_text {
    char s[46];
};

/* Parse an address without brackets or zone; ::ffff:a.b.c.d becomes the IPv4 address. */
bool ip_parse(const char *text, struct ip *out) MUST_USE;

/* The canonical text (RFC 5952). Use as ip_text(&ip).s within one expression. */
struct ip_text ip_text(const struct ip *ip);

bool ip_equal(const struct ip *a, const struct ip *b);
int ip_compare(const struct ip *a, const struct ip *b); /* IPv4 first, then by bytes */

/* The family's name in documents and the type of its address record: "ipv4", "A". */
const char *ip_family_name(enum ip_family family);
const char *ip_record_type(enum ip_family family);

enum ip_scope ip_scope(const struct ip *ip);
const char *ip_scope_text(enum ip_scope scope); /* "a private address" */

/* The name in the reverse tree (RFC 1035 3.5, RFC 3596 2.5). */
struct name ip_reverse_name(const struct ip *ip);

/* From four or sixteen bytes in network order; IPv4-mapped becomes IPv4. */
struct ip ip_from_bytes(const void *bytes, enum ip_family family);

/* From and to a socket address; port in host order. */
bool ip_from_sockaddr(const struct sockaddr *sa, struct ip *out) MUST_USE;
socklen_t ip_to_sockaddr(const struct ip *ip, uint16_t port, struct sockaddr_storage *out);

/* Parse "198.51.100.0/24" or a single address; host bits must be zero. */
bool ip_net_parse(const char *text, struct ip_net *out) MUST_USE;
bool ip_net_has(const struct ip_net *net, const struct ip *ip);

/* An address with an optional port: "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:5353". */
bool ip_port_parse(const char *text, uint16_t default_port, struct ip *ip, uint16_t *port) MUST_USE;

#endif
