/*
 * fleet.h - targets from a file or a pipe, any number of them: results stream
 * out as they come, in memory that does not depend on how many there are.
 */
#ifndef NAMESAKE_FLEET_H
#define NAMESAKE_FLEET_H

#include "agent/session.h"

/*
 * `audit --from FILE` and `verify --from FILE`: one target a line, ADDRESS [WANTED] or a JSON
 * object with these members; empty lines and lines that begin with # are skipped, a line that
 * cannot be read is reported with its number and counts as unknown. Formats: text and table (a
 * line each), json, jsonl, nagios. Ends with a summary by finding and owner. Returns the exit code.
 *
 * An audit looks briefly: see struct collector. A verification goes round after round over those
 * that were not yet good often enough in a row; each is told when it is, the rest at the end of the
 * window.
 */
int fleet_run(struct session *session);

#endif
