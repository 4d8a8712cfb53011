/*
 * audit.h - PURE: facts in, judgement out. The same facts give the same report.
 */
#ifndef NAMESAKE_AUDIT_H
#define NAMESAKE_AUDIT_H

#include "agent/catalog.h"
#include "agent/facts.h"

enum result {
    RESULT_OK,
    RESULT_WARN,
    RESULT_FAIL,
    RESULT_UNKNOWN,
    RESULT_SKIPPED,
};

/* The sides of the identity triangle. */
enum edge {
    EDGE_PTR,     /* address -> name */
    EDGE_SAME,    /* PTR name = greeting name */
    EDGE_FORWARD, /* name -> address */
    EDGE_COUNT
};

enum verdict {
    VERDICT_ALIGNED,
    VERDICT_NOT_ALIGNED,
    VERDICT_UNKNOWN,
};

/* What receivers compute from the address alone (RFC 8601 2.7.3, 3). */
enum iprev {
    IPREV_NOT_ASKED,
    IPREV_PASS,
    IPREV_FAIL,
    IPREV_NONE, /* no PTR: permerror there */
    IPREV_TEMPERROR,
};

struct finding {
    enum finding_id id;
    enum severity severity;
    enum owner_role owner;
    enum check check; /* the one that it speaks of */
    struct owner_facts owner_who;
    char summary[384]; /* what was seen */
    char why[256];     /* what it leads to */
    char who[320];     /* who can repair it, and whether namesake can */
    char next[384];    /* a command that can be pasted; "" when nothing is to be done */
    char alt[384];     /* another repair, shown as "or:" */
};

struct judgement {
    enum verdict verdict;
    enum result edges[EDGE_COUNT]; /* OK, FAIL or UNKNOWN */
    enum result checks[CHECK_COUNT];
    enum iprev iprev;
    bool greeting_unseen; /* the greeting was not observed: --strict makes that unknown */
    struct finding *findings;
    size_t count;
};

/* Judge one target. The caller calls judgement_free. Cannot fail. */
void audit_target(const struct facts *facts, struct judgement *out);

void judgement_free(struct judgement *judgement);

bool judgement_has(const struct judgement *judgement, enum finding_id id);

/*
 * The verdict as a run with these options counts it: with strict, warnings fail and a greeting
 * that was not observed makes it unknown.
 */
enum verdict judgement_verdict(const struct judgement *judgement, bool strict);

const char *verdict_text(enum verdict verdict); /* "not-aligned" */
const char *result_text(enum result result);    /* "ok" */
const char *edge_text(enum edge edge);          /* "same" */
const char *iprev_text(enum iprev iprev);       /* "pass"; "" when not asked */

#endif
