/*
 * headers_command.h - namesake headers: reads a delivered message and says
 * which address and HELO the last outside receiver saw.
 */
#ifndef NAMESAKE_HEADERS_COMMAND_H
#define NAMESAKE_HEADERS_COMMAND_H

#include "agent/session.h"

/* The exit code: 0 found, 3 when no line can be believed, or that of an error. */
int headers_run(struct session *session);

#endif
