/*
 * facts.h - what was observed of one target, and nothing else. Every part is
 * seen, absent, or not known; nothing here is a judgement.
 */
#ifndef NAMESAKE_FACTS_H
#define NAMESAKE_FACTS_H

#include <jansson.h>

#include "agent/base/ip.h"
#include "agent/base/name.h"
#include "agent/base/rcode.h"
#include "agent/base/str.h"
#include "agent/catalog.h"

/* What one server said of a record set. */
struct sighting {
    char vantage[64];           /* "here" */
    char server[NAME_MAX_TEXT]; /* name of an authoritative server, address of a resolver */
    bool authoritative;
    bool bogus; /* a resolver that validates: it refuses with SERVFAIL what it answers with checking
                   disabled, and other zones validate (RFC 4035 3.2.2, 5.5) */
    bool rewrites; /* a resolver that gives this answer for names that do not exist, too */
    int rcode;     /* enum dns_rcode */
    uint32_t ttl_s;
    struct strings values;
};

/*
 * One record set. `rcode` and `values` are what decides: the authoritative servers where one of
 * them answered, else the resolvers. Host names have no final dot, addresses are canonical text.
 */
struct rrset_facts {
    bool asked;
    int rcode;
    uint32_t ttl_s, negative_ttl_s; /* how long the old answer, or a denial, may be remembered */
    struct strings values;
    struct sighting *seen;
    size_t seen_count;
    uint32_t broken_s; /* its zone has had the same fault for so long, in every look; 0: one look */
};

/* What is wrong with the zone of a record set, as far as one look can tell. */
enum zone_fault {
    ZONE_SOUND,
    ZONE_LAME,  /* every server that it is delegated to fails, and no resolver has the set */
    ZONE_BOGUS, /* its DNSSEC data does not validate */
};

struct reverse_facts {
    struct rrset_facts ptr;
    struct strings cname; /* aliases followed in the reverse tree (RFC 2317), in order */
    struct name owner;    /* where the PTR is: the reverse name, or the last alias' target */
    struct name zone;     /* "" when it could not be found */
};

struct forward_facts {
    struct name name;
    struct rrset_facts a, aaaa;
    struct strings cname; /* aliases followed, in order */
    struct name zone;
};

enum banner_state {
    BANNER_NOT_ASKED,
    BANNER_OK, /* a complete greeting came; its code may be 220, 554, 521 or 421 */
    BANNER_REFUSED,
    BANNER_TIMEOUT,
    BANNER_CLOSED,
    BANNER_NOT_SMTP,
    BANNER_STATES
};

struct banner_facts {
    enum banner_state state;
    bool expected; /* the MTA should listen there */
    bool doubted;  /* nothing proves that the place it was looked at from reaches any port 25 */
    struct strings lines; /* of the greeting, with code, without line ends */
    struct strings ehlo;  /* of the reply to EHLO */
};

enum helo_state {
    HELO_NOT_ASKED,
    HELO_OBSERVED,   /* at an observer, or in a header */
    HELO_CONFIGURED, /* read from the mail server's own tools */
    HELO_UNKNOWN,
    HELO_STATES
};

/* Why something is not known, and what to type. */
struct reason_facts {
    char why[512], next[256];
};

struct helo_facts {
    enum helo_state state;
    char value[256];
    struct ip seen_ip;           /* where an observer saw it come from; IP_NONE otherwise */
    char from[96];               /* "postfix smtp_helo_name" */
    struct reason_facts *reason; /* of HELO_UNKNOWN; NULL: none is told */
};

/* Who can repair a kind of fault, and whether namesake can do it for them. */
struct owner_facts {
    char name[192];    /* "Hetzner Cloud"; "" when not known */
    char provider[64]; /* id of the account; "" when there is none */
    bool can_fix;
};

struct path_facts {
    char relay[256];        /* mail leaves through this host; "" when it leaves directly */
    struct strings other;   /* what goes another way, a clause each: "mail for example.org goes
                               through [relay.example.net]" */
    struct ip private_side; /* the machine's own address behind a translator; IP_NONE: none */
    bool nat;               /* the address is private and the public one is not known */
};

/* What will change the name behind the administrator's back. */
struct drift_facts {
    char what[256], next[256];
    bool hostname; /* by way of the system's host name, which is the mail server's, too */
};

#define FACTS_DRIFTS_MAX 16

/*
 * A fleet has thousands of these in memory: what only the target of a look into a machine has is
 * behind a pointer. Owned by the facts, as all lists are.
 */
struct facts {
    char vantage[64]; /* where it was looked at from: "here", or a viewpoint */
    struct ip address;
    struct name wanted;   /* "" while undecided */
    char wanted_from[96]; /* "--name", "configuration", "postfix smtp_helo_name" */
    struct reverse_facts reverse;
    struct forward_facts *forward; /* of every name that matters, the wanted one first */
    size_t forward_count;
    struct banner_facts banner;
    bool banner_off; /* the operator does not want it looked at */
    struct helo_facts helo;
    struct path_facts path;
    struct drift_facts *drifts;
    size_t drift_count;
    struct strings hosts_file;  /* what /etc/hosts says of the wanted name, where it differs */
    struct owner_facts *owners; /* by enum owner_role; NULL: nobody is known */
};

/* Whether this machine itself looked, and no viewpoint. */
bool facts_from_here(const struct facts *facts);

/* Names beyond the tenth are not evaluated (RFC 8601 3, RFC 7208 4.6.4). */
#define FACTS_PTR_EVALUATED 10

/* The facts of a name, NULL when it was not looked at. */
const struct forward_facts *facts_forward(const struct facts *facts, const struct name *name);

/* The set of the address' family. */
const struct rrset_facts *forward_set(const struct forward_facts *forward, enum ip_family family);

/* Who can repair what belongs to a role; without a name when that is not known. */
const struct owner_facts *facts_owner(const struct facts *facts, enum owner_role role);

/* The same, to be written. */
struct owner_facts *facts_set_owner(struct facts *facts, enum owner_role role);

/* The reason why the HELO is not known, to be written. */
struct reason_facts *facts_set_reason(struct facts *facts);

/* One more drift, empty, to be written. The pointer is valid until the next call. */
struct drift_facts *facts_add_drift(struct facts *facts);

/* A place for a name's facts, the existing one or a new one. The pointer is valid until the next
 * call. */
struct forward_facts *facts_add_forward(struct facts *facts, const struct name *name);

/* An answer that settles the question: data or a denial. False when it was not asked. */
bool rrset_is_definite(const struct rrset_facts *set);

/*
 * Choose the wanted name from what was seen, when none was declared: the HELO name if it is a
 * usable FQDN, the greeting's name, a PTR name that is no hoster's default (interface section 5).
 */
void facts_decide_name(struct facts *facts);

/*
 * The fault that shows in what was seen of a set. Servers that are merely silent are no proof: the
 * way to them may be filtered here.
 */
enum zone_fault rrset_zone_fault(const struct rrset_facts *set);

/* Whether an operator said the wanted name; otherwise facts_decide_name chose it. */
bool facts_name_is_declared(const struct facts *facts);

/* The first word after the code of an SMTP reply's line; false, with "", when there is none. */
bool reply_word(const char *line, char *word, size_t size);

/*
 * Whether a word of a greeting is meant as a host name, fit to be one or not ("vm25", "mail.lan");
 * *out is its normalised text then.
 */
bool host_word(const char *word, struct name *out);

/*
 * The name that the first word of the 220 line is meant to be, fit to be one or not; "" when there
 * is none. False when no 220 line was seen.
 */
bool banner_name(const struct banner_facts *banner, struct name *out);

/*
 * The host that a next hop names: "[relay.example.net]:587" is relay.example.net, "[IPv6:::1]" is
 * ::1. "" when there is none.
 */
void facts_relay_host(const char *hop, char *out, size_t size);

/* The document of interface section 10 that --record writes; the caller owns it. */
json_t *facts_to_json(const struct facts *facts);

/* Read one such object; unknown members are ignored, another major version is refused. */
bool facts_from_json(const json_t *document, struct facts *out, struct error *e) MUST_USE;

void facts_free(struct facts *facts);
void rrset_facts_free(struct rrset_facts *set);

#endif
