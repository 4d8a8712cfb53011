/*
 * explain.h - the command that explains one finding; works offline.
 */
#ifndef NAMESAKE_EXPLAIN_H
#define NAMESAKE_EXPLAIN_H

#include "agent/session.h"

/* Returns the exit code. */
int explain_run(struct session *session);

#endif
