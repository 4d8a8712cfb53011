/*
 * observe_command.h - namesake observe: the observer as a command, one JSON
 * object a line as the visitors come.
 */
#ifndef NAMESAKE_OBSERVE_COMMAND_H
#define NAMESAKE_OBSERVE_COMMAND_H

#include "agent/session.h"

/*
 * The exit code: 0 when as many came as were asked for, or somebody before time was up; 3 when
 * nobody did; 128 and the signal that ended it; or that of an error.
 */
int observe_run(struct session *session);

#endif
