/*
 * authority.h - the servers that own a name: the zone cut, found from the top
 * by a resolver and from there down by asking the servers themselves, so that
 * a name which does not exist yet is never asked of a shared resolver
 * (receivers keep the negative answer, RFC 2308).
 */
#ifndef NAMESAKE_NET_AUTHORITY_H
#define NAMESAKE_NET_AUTHORITY_H

#include "agent/net/dns.h"

#define AUTHORITY_SERVERS_MAX 13

struct authority_server {
    const struct name *name;  /* ns1.hoster.example; owned by dns, as answers are */
    struct dns_server server; /* the address that is asked; family IP_NONE when it has none */
};

/*
 * The zone that a name belongs to. When rcode is not DNS_NOERROR the search ended early: zone
 * and servers are then the closest ones that are known, of which none gave a proper answer; or
 * "" and none.
 */
struct authority {
    struct name zone;
    int rcode;
    struct authority_server servers[AUTHORITY_SERVERS_MAX];
    size_t count;
    struct name primary;     /* SOA MNAME; "" when unknown */
    uint32_t negative_ttl_s; /* how long a denial may be remembered: min(SOA TTL, MINIMUM) */
};

/* What one server says of one RRset. */
struct authority_view {
    bool authoritative; /* AA was set; false with NOERROR: a lame server */
    int rcode;
    uint32_t ttl_s;                  /* the smallest of the answer section, 0 when it is empty */
    const struct dns_answer *answer; /* owned by dns; NULL for a server without address */
};

/* A record set whose servers are looked for. */
struct authority_question {
    const struct dns_server *resolvers; /* at least one */
    size_t resolver_count;
    const struct name *name;
    enum dns_type type;
    bool brief; /* only the server that answers is wanted, not all of its zone's */
};

/*
 * One pass of finding the servers of a name. False while questions are open (call it again after
 * progress); true with *out filled in. A resolver is asked for an ancestor of the name (the name
 * itself only when it has no more than two labels) and for names of servers: never for the name,
 * or for a name between it and the closest zone that is known to exist.
 *
 * Round trips from nothing: resolvers for the zone and its NS; for the servers' addresses; the
 * servers, for the end of the zone and already for the record set itself. A brief look asks one
 * server for the set alone and believes its word; whether the name is in a zone below, on the
 * same server, is then not known.
 */
bool authority_find(struct dns *dns, const struct authority_question *question,
                    struct authority *out) MUST_USE;

/*
 * One pass of asking every server of an authority for an RRset. False while open; true with
 * views[0..authority->count) filled in, in the order of the servers. A server without address
 * has rcode DNS_TIMEOUT.
 */
bool authority_ask(struct dns *dns, const struct authority *authority, const struct name *name,
                   enum dns_type type, struct authority_view *views) MUST_USE;

/* PURE: the servers of resolv.conf(5) text (at most 3, as libc does). Returns how many. */
size_t authority_parse_resolv_conf(const char *text, size_t length, struct dns_server *out,
                                   size_t room);

#endif
