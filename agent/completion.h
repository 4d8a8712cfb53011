/*
 * completion.h - completion scripts for bash, zsh and fish, made from the
 * tables of commands and options, so that they never lag behind.
 */
#ifndef NAMESAKE_COMPLETION_H
#define NAMESAKE_COMPLETION_H

#include "agent/session.h"

/* Append the script of a shell; ERR_USAGE when the shell is not one of the three. */
bool completion_write(const char *shell, struct buf *out, struct error *e) MUST_USE;

/* The command: print the script of the shell that the command line names. */
int completion_print(struct session *session);

#endif
