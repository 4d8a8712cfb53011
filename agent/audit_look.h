/*
 * audit_look.h - inside the judge: the facts reduced to how each side matches
 * the wanted name, for the rules to read. Pure.
 */
#ifndef NAMESAKE_AUDIT_LOOK_H
#define NAMESAKE_AUDIT_LOOK_H

#include "agent/audit.h"

enum match {
    MATCH_NOT_ASKED, /* not looked at, or skipped on purpose */
    MATCH_UNKNOWN,   /* could not be observed, or there is no wanted name to compare with */
    MATCH_ABSENT,    /* definitely not there */
    MATCH_DIFFERS,
    MATCH_EQUAL,
};

/* What a greeting's 220 line is. */
enum greeting {
    GREETING_NONE, /* none seen */
    GREETING_MASKED,
    GREETING_BUSY,        /* 421 and other 4xx: nothing was said about the name */
    GREETING_TURNED_AWAY, /* 554, 521 */
    GREETING_NO_NAME,
    GREETING_NAME_LATER, /* the wanted name, but not as the first word */
    GREETING_NAMED,
};

struct look {
    const struct facts *facts;
    struct judgement *out;
    const struct forward_facts *forward_facts; /* of the wanted name; NULL when not looked at */
    const struct rrset_facts *forward_set;     /* its set of the address' family; NULL likewise */
    enum match ptr, forward, helo, banner;
    enum name_fault helo_fault;
    enum greeting greeting;
    char greeting_word[256]; /* the first word after the code, "" when there is none */
};

/* Reduce the facts. */
void look_at(const struct facts *facts, struct judgement *out, struct look *look);

/*
 * The next value of PTR that names something, NULL after the last one; *at starts at 0. Empty and
 * root values count as absent. None when the answer is open, or behind a translator, where it is
 * not about the address that receivers see.
 */
const char *look_next_ptr(const struct look *look, size_t *at);

/* The first of them; "(none)" when there is none. */
const char *look_ptr_text(const struct look *look);

/* Whether two record sets are equal, in any order and without what DNS64 makes up. */
bool look_same_values(const struct strings *a, const struct strings *b);

/* How many values of a set are not made up by DNS64. */
size_t look_count_values(const struct strings *values);

/* Add a finding with the catalogue's weight and owner; the summary is what was seen. */
struct finding *look_add(struct look *look, enum finding_id id, const char *summary, ...)
    PRINTF_LIKE(3, 4);

/* Let a finding weigh something else, or belong to somebody else, than the catalogue says. */
void look_weigh(struct look *look, struct finding *finding, enum severity severity);
void look_give_to(struct look *look, struct finding *finding, enum owner_role owner);

/* Whether a name's set of the address' family holds the address: FCrDNS, RFC 8601 3. */
enum match look_confirms(const struct facts *facts, const char *name);

/* The rules; findings come in the order of the catalogue (audit_rules.c). */
void look_apply_rules(struct look *look);

/* audit_rules_dns.c: the rules about servers and zones. */
void look_rule_dns_temporary(struct look *look);
void look_rule_servers(struct look *look);

#endif
