/*
 * approval.h - what has to be given before anything is written: a plan that
 * was looked at, the rights, and the lock.
 */
#ifndef NAMESAKE_APPROVAL_H
#define NAMESAKE_APPROVAL_H

#include "agent/session.h"

/* Whether the first word of the command line is a plan file and not a target. */
bool approval_is_file(const struct options *options);

/* Read a saved plan for applying; ERR_PLAN_DAMAGED, ERR_PLAN_EXPIRED (which is read, too). And for
 * showing, whatever its age. */
bool approval_load_plan(const char *path, struct plan *out, struct error *e) MUST_USE;
bool approval_show_plan(const char *path, struct plan *out, struct error *e) MUST_USE;

/* Write a plan for --save: mode 0600, atomically. */
bool approval_save_plan(const struct plan *plan, const char *path, struct error *e) MUST_USE;

/*
 * Whether the session's plan is approved: a plan file is its own approval; --yes; --approve with
 * this plan's id (else ERR_PLAN_NOT_APPROVED, and the plan as it is now is shown); the word yes
 * at a prompt. ERR_USAGE names --yes when nobody can be asked.
 */
bool approval_given(struct session *session, struct error *e) MUST_USE;

/*
 * Show the plan as it is now, in the place of the session's, which is refused: for its addresses
 * and names, or for what the configuration says when it could not be read. Changes nothing; what
 * cannot be found out now is not shown.
 */
void approval_show_now(struct session *session);

/* Find the targets that a plan is about, under the names that it gave them. */
bool approval_find_targets(struct session *session, const struct plan *plan,
                           struct error *e) MUST_USE;

/* ERR_ROOT_NEEDED when a step edits this machine's mail server and we are not root. */
bool approval_check_rights(const struct session *session, const struct plan *plan,
                           struct error *e) MUST_USE;

/* Take the state directory's lock; close *fd to give it back. ERR_LOCKED names the holder. */
bool approval_lock(const char *state_dir, const char *command, int *fd, struct error *e) MUST_USE;

#endif
