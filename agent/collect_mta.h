/*
 * collect_mta.h - the facts of a target that its mail server tells: HELO, ways
 * out, what will rename it; and what an observer heard, which counts for more.
 */
#ifndef NAMESAKE_COLLECT_MTA_H
#define NAMESAKE_COLLECT_MTA_H

#include "agent/facts.h"
#include "agent/target.h"

/* Fill these parts of facts, which are empty. The machine has been observed, or is not known. */
void collect_take_mta(const struct machines *machines, const struct target *target,
                      struct facts *facts);

#endif
