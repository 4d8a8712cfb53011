/*
 * verify_command.h - rounds as they are told, and the report in the end.
 */
#ifndef NAMESAKE_VERIFY_COMMAND_H
#define NAMESAKE_VERIFY_COMMAND_H

#include "agent/session.h"

/* The exit code. Finds the targets unless the session has them (apply --window). */
int verify_command(struct session *session);

#endif
