/*
 * report_events.h - the event stream of interface section 10: one JSON object
 * a line, numbered from 1, `start` first and `end` last.
 */
#ifndef NAMESAKE_REPORT_EVENTS_H
#define NAMESAKE_REPORT_EVENTS_H

#include <jansson.h>
#include <time.h>

#include "agent/report.h"

struct events {
    struct buf *out;
    time_t now;
    unsigned seq; /* of the last event */
};

/* Append one event. `more` (NULL or an object, which is taken over) holds its own members. */
void events_add(struct events *events, const char *event, const char *level, const char *message,
                json_t *more);

void events_start(struct events *events, const char *command);

/* What one identity says: `observed` with the verdict, then a `finding` for each. */
void events_identity(struct events *events, const struct identity *identity, bool strict);

/* An error as `diagnostic`. */
void events_error(struct events *events, const struct error *error, const char *done);

void events_end(struct events *events, const char *summary, int exit_code);

#endif
