/*
 * facts_json.h - the words that writing and reading facts share; only
 * facts_json.c and facts_read.c include it.
 */
#ifndef NAMESAKE_FACTS_JSON_H
#define NAMESAKE_FACTS_JSON_H

#include "agent/facts.h"

/* `banner.state` and `helo.state`; NULL for what is not written. */
extern const char *const facts_banner_states[BANNER_STATES];
extern const char *const facts_helo_states[HELO_STATES];

#endif
