/*
 * ability.h - who holds a record and what it holds now: which account of the
 * configuration may be asked, and its answer. Facts for the planner.
 */
#ifndef NAMESAKE_ABILITY_H
#define NAMESAKE_ABILITY_H

#include "agent/config.h"
#include "agent/facts.h"
#include "agent/plan.h"

/* The subject of a target's PTR or forward record, as the facts place it. */
struct subject ability_subject(const struct facts *facts, enum role role);

/*
 * The account that may be used for a subject: the one whose zones or networks fit most closely.
 * *out NULL when there is none. ERR_PROVIDER_AMBIGUOUS names two that fit equally.
 */
bool ability_account(struct config *config, const struct subject *subject, struct account **out,
                     struct error *e) MUST_USE;

/* Say in the facts who owns PTR and forward record, by configuration and form of the name alone:
 * no credential is opened. */
void ability_owners(struct config *config, struct facts *facts);

/*
 * Open the account's credentials and read what it holds. An account that does not hold the
 * subject leaves *out without account: a person has to be asked.
 */
bool ability_find(struct config *config, const struct subject *subject, struct ability *out,
                  struct error *e) MUST_USE;

void ability_free(struct ability *ability);

#endif
