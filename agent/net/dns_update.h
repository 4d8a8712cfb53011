/*
 * dns_update.h - one dynamic update (RFC 2136), signed with TSIG (RFC 8945),
 * over TCP to one server. Blocks until the answer or the time limit.
 */
#ifndef NAMESAKE_NET_DNS_UPDATE_H
#define NAMESAKE_NET_DNS_UPDATE_H

#include "agent/base/str.h"
#include "agent/net/dns.h"
#include "agent/net/tsig.h"

/* A server, how to sign what it is asked, and how long to wait for each answer. */
struct dns_master {
    struct dns_server server;
    const struct tsig_key *key; /* NULL: nothing is signed */
    uint32_t timeout_ms;
};

/* Replace one RRset, provided that it is still what was seen: an atomic message. */
struct dns_update {
    struct name zone, owner;
    enum dns_type type; /* DNS_A, DNS_AAAA or DNS_PTR */
    uint32_t ttl_s;
    const struct strings *before; /* addresses or host names; empty: the set must not exist */
    const struct strings *after;  /* empty: the set is deleted */
};

/* One RRset as a server holds it. */
struct dns_set {
    struct strings values; /* sorted; addresses canonical, names normalised (no final dot) */
    uint32_t ttl_s;        /* 0 when there are no values */
    struct name alias;     /* the target when the owner is a CNAME; else "" */
};

/*
 * Send it. The prerequisite section carries `before`, so a set that somebody else changed is
 * left alone: ERR_CONFLICT. ERR_PROVIDER_DENIED for REFUSED, NOTAUTH, NOTIMP and TSIG errors
 * (BADKEY, BADSIG, BADTIME with the clock difference in the reason); ERR_PROVIDER_UNREACHABLE
 * when nothing was sent or the server said SERVFAIL, which changes nothing; ERR_TIMEOUT when the
 * outcome is unknown; ERR_PROTOCOL for an answer that does not verify (outcome unknown too) and
 * for other codes; ERR_NAME_REFUSED and ERR_ADDRESS_REFUSED for a value that cannot be sent;
 * ERR_CONFIG_KEY for a key that cannot be used.
 */
bool dns_update_send(const struct dns_master *master, const struct dns_update *update,
                     struct error *e) MUST_USE;

/*
 * Read one RRset from that server, signed as well when there is a key; RD off. NXDOMAIN and an
 * empty set both give an empty list. The caller frees set->values. ERR_NO_INPUT when the server
 * is not authoritative for the owner (REFUSED, NOTAUTH, or an answer without AA); the other
 * errors as above.
 */
bool dns_update_read(const struct dns_master *master, const struct name *owner, enum dns_type type,
                     struct dns_set *set, struct error *e) MUST_USE;

/* The zone of that server which holds the owner, found from its SOA records. Errors as above. */
bool dns_update_zone(const struct dns_master *master, const struct name *owner, struct name *zone,
                     struct error *e) MUST_USE;

#endif
