/*
 * verify_command.h - rounds as they are told, and the report in the end.
 */
#ifndef NAMESAKE_VERIFY_COMMAND_H
#define NAMESAKE_VERIFY_COMMAND_H

#include "agent/session.h"

/* What the options say of the rounds, and the configuration otherwise. */
struct verify_settings verify_settings_of(const struct session *session);

/* The exit code. Finds the targets unless the session has them (apply --window). */
int verify_command(struct session *session);

#endif
