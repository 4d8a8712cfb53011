/*
 * fleet_rounds.h - verify for any number of targets: round after round over
 * those that were not yet good often enough, in memory that does not depend on
 * how many there are.
 */
#ifndef NAMESAKE_FLEET_ROUNDS_H
#define NAMESAKE_FLEET_ROUNDS_H

#include "agent/fleet_out.h"

struct fleet_rounds {
    struct session *session;
    struct collector *collector; /* of the place that looks */
    struct fleet_out *out;       /* told of each target once: good often enough, or at the end */
    collect_next *first;         /* the targets, in the first round */
    void *arg;                   /* for first */
};

/*
 * Between two rounds the targets wait in a file without a name. False when a signal or the deadline
 * (as in loop_run) stopped it: those that were under way then are not told; or with ERR_SYSTEM when
 * that file cannot be written.
 */
bool fleet_rounds_run(struct fleet_rounds *rounds, int64_t deadline_ms, struct error *e) MUST_USE;

#endif
