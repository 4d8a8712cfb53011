/*
 * recorded.h - facts in files: --facts judges them without any network,
 * --record writes what was seen.
 */
#ifndef NAMESAKE_RECORDED_H
#define NAMESAKE_RECORDED_H

#include "agent/session.h"

/* Read the file of --facts (one object, a list of objects, or one object a line) and judge it. */
bool recorded_read(struct session *session, struct error *e) MUST_USE;
bool recorded_read_file(struct session *session, const char *path, struct error *e) MUST_USE;

/* Write the session's facts to the file of --record: one object, or one a line when several. */
bool recorded_write(const struct session *session, struct error *e) MUST_USE;

/* Whether a file holds facts rather than a plan. */
bool recorded_is_facts(const char *path);

#endif
