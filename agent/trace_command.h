/*
 * trace_command.h - the command that proves the way out: probes are sent to an
 * observer, and what arrives there is judged.
 */
#ifndef NAMESAKE_TRACE_COMMAND_H
#define NAMESAKE_TRACE_COMMAND_H

#include "agent/session.h"

/* Returns the exit code. */
int trace_run(struct session *session);

#endif
