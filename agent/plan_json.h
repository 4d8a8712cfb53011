/*
 * plan_json.h - what writing and reading a plan's document share; only
 * plan_json.c and plan_read.c include it.
 */
#ifndef NAMESAKE_PLAN_JSON_H
#define NAMESAKE_PLAN_JSON_H

#include "agent/base/digest.h"
#include "agent/plan.h"

/* "manual" for what a person has to do, else the kind: what people and `plan_id` see. */
const char *step_shown_kind(const struct step *step);

/* SHA-256 over the whole document but its member "digest". */
struct digest plan_digest(const json_t *document);

#endif
