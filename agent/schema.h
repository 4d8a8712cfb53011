/*
 * schema.h - the JSON Schemas (2020-12) of what namesake prints and reads,
 * built in from templates/schema-*.json.
 */
#ifndef NAMESAKE_SCHEMA_H
#define NAMESAKE_SCHEMA_H

#include "agent/session.h"

/* The names: "audit", "plan", ...; NULL-terminated, static. */
const char *const *schema_names(void);

/* The text of one; NULL when there is none of that name. */
const char *schema_text(const char *name);

/* The command: print the schema that the command line names. ERR_USAGE names the nearest one. */
int schema_print(struct session *session);

#endif
