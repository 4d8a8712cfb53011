/*
 * commands.h - one short function per command: the journey, stage by stage.
 */
#ifndef NAMESAKE_COMMANDS_H
#define NAMESAKE_COMMANDS_H

#include "agent/options.h"

/* Run the command that the options name; returns the exit code (interface section 9). */
int command_run(const struct options *options);

#endif
