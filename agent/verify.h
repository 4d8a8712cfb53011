/*
 * verify.h - observes again and judges again until enough rounds in a row are
 * good, or the window is over.
 */
#ifndef NAMESAKE_VERIFY_H
#define NAMESAKE_VERIFY_H

#include "agent/collect.h"
#include "agent/report.h"

struct verify_settings {
    uint32_t window_s, interval_s, passes;
    bool strict;
};

/* One round over all targets. Of each place, servers and resolvers count once. */
struct verify_round {
    uint32_t at_s; /* since the start */
    unsigned in_row, passes;
    bool good;
    size_t authority_ok, authority_all; /* authoritative servers that say what is wanted */
    size_t resolvers_ok, resolvers_all;
    enum result banner, helo; /* the worst of all targets */
    char note[512];           /* who holds it up, and how long it may take; "" when it is good */
    char left_out[512];       /* who does not answer and is not counted; "" */
};

enum verify_outcome {
    VERIFY_ALIGNED,
    VERIFY_PENDING, /* the authoritative servers are right, caches are not yet */
    VERIFY_NOT_ALIGNED,
    VERIFY_UNKNOWN,
};

/* Since when a zone has had the same fault, in every round. */
struct zone_spell {
    enum zone_fault fault;
    int64_t since_ms; /* on clock_ms */
    unsigned rounds;
};

/* What is remembered of one target from round to round; all zero before the first. */
struct verify_memory {
    struct zone_spell zones[2]; /* of its PTR and of its wanted name */
};

struct views;
struct sights;

struct verify_run {
    const struct collector *collector;
    struct views *views; /* who looks, this machine first */
    const struct target *targets;
    size_t count;
    const struct verify_settings *settings;
    void (*told)(void *arg, const struct verify_round *round); /* each round */
    void *arg;
};

/*
 * Rounds until `passes` of them in a row are good: aligned, and every authoritative server and
 * every resolver that answers says so, to every place that can be reached. What the last round saw
 * is handed to the caller, who frees the identities (identities_free).
 */
enum verify_outcome verify_run(const struct verify_run *run, struct sights *last);

/* Judge what was seen: who can repair it is found first. And free one identity. */
void identity_judge(struct config *config, struct identity *identity);
void identity_free(struct identity *identity);

/* What one look says as a round: everything of *round but its place among the others. */
void verify_judge(const struct identity *identities, size_t count, bool strict,
                  struct verify_round *round);

/* Learn from one round, an identity for each memory. */
void verify_remember(struct identity *identities, size_t count, struct verify_memory *memories);

/*
 * What identities that were not good often enough come to after so many rounds. The first ones have
 * a memory each: a zone that was broken in every round is a finding of theirs now.
 */
enum verify_outcome verify_conclude(struct identity *identities, size_t count,
                                    const struct verify_memory *memories, size_t remembered,
                                    unsigned rounds, const struct verify_settings *settings);

/* Look at the targets once and judge them; in the order of the targets. False when stopped. */
bool look_and_judge(struct collector *collector, const struct target *targets, size_t count,
                    int64_t deadline_ms, struct identity **out) MUST_USE;

void identities_free(struct identity *identities, size_t count);

#endif
