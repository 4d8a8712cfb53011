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
 * Whether a program can write the record, by the configuration alone: so can every account whose
 * zones or networks fit most closely. Nothing is asked of a vendor.
 */
bool ability_by_program(struct config *config, const struct subject *subject);

/* Say in the facts who owns PTR and forward record, by configuration and form of the name alone:
 * no credential is opened. */
void ability_owners(struct config *config, struct facts *facts);

/*
 * Find the account that holds the record, and read what it holds. Those whose zones or networks
 * fit most closely are asked first, all that fit equally; the next ones only when none of these
 * holds it. ERR_PROVIDER_AMBIGUOUS names two that do. When nobody says that it is his, an account
 * that cannot be asked is the error. *out is without account when it is in none of them: a person
 * has to be asked. Credentials are opened of those that are asked.
 */
bool ability_find(struct config *config, const struct subject *subject, struct ability *out,
                  struct error *e) MUST_USE;

void ability_free(struct ability *ability);

#endif
