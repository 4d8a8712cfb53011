/*
 * collect_dns.h - one record set as all its servers see it: one pass of
 * looking, to be run again until it says that nothing is open.
 */
#ifndef NAMESAKE_COLLECT_DNS_H
#define NAMESAKE_COLLECT_DNS_H

#include "agent/facts.h"
#include "agent/net/dns.h"

struct dns_look {
    struct dns *dns;
    const char *vantage; /* of the sightings: "here" */
    const struct dns_server *resolvers;
    size_t resolver_count;
    const char *probe; /* a random label that exists nowhere: it unmasks resolvers that make up
                          answers; NULL: they are believed */
    bool brief; /* where a server of the zone has the set, the first that answers is enough */
};

/* Where a record set was found in the end. */
struct dns_place {
    struct strings cname; /* aliases followed, in order */
    struct name owner;    /* the last of them, or the owner that was asked for */
    struct name zone;     /* "" when it could not be found */
};

/*
 * Ask the authoritative servers of the owner, following aliases from zone to zone; where they
 * have the set, or where none of them answers, the resolvers as well. False while open; what
 * was filled in by then is freed again.
 */
bool look_rrset(const struct dns_look *look, const struct name *owner, enum dns_type type,
                struct rrset_facts *set, struct dns_place *place) MUST_USE;

/*
 * PURE: the values of a set in an answer, aliases inside the answer followed; *last is where they
 * ended, whether there are values or not. Names without final dot, canonical addresses.
 */
void answer_values(const struct dns_answer *answer, const struct name *owner, enum dns_type type,
                   struct strings *values, struct strings *cname, struct name *last,
                   uint32_t *ttl_s);

#endif
