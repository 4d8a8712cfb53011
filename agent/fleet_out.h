/*
 * fleet_out.h - results of any number of targets, written as they come: a line,
 * rows or an object each, and a summary by finding and owner at the end.
 */
#ifndef NAMESAKE_FLEET_OUT_H
#define NAMESAKE_FLEET_OUT_H

#include "agent/recorded.h"
#include "agent/report_events.h"
#include "agent/session.h"

struct fleet_out {
    struct session *session;
    const char *command; /* "audit", "verify" */
    enum format format;
    size_t bad;        /* lines that were not understood */
    size_t counted[3]; /* identities by verdict */
    size_t pending;    /* of those that are aligned: not seen everywhere yet */
    size_t findings[FIND_COUNT];
    size_t owners[OWNER_COUNT]; /* identities that each has to repair something of */
    struct events events;
    struct recorder recorder; /* of --record */
    struct buf text;
    struct timer flush; /* armed while something has to be written soon */
};

/* The format that was asked for. ERR_USAGE when it cannot stream. fleet_out_end frees; *out must not
 * be moved until then. */
bool fleet_out_open(struct fleet_out *out, struct session *session, const char *command,
                    struct error *e) MUST_USE;

/* What comes before the first result. ERR_CANNOT_CREATE when --record's file cannot be written. */
bool fleet_out_begin(struct fleet_out *out, struct error *e) MUST_USE;

/* A judged identity; `pending` (NULL: it is not) says what is not seen everywhere yet. */
void fleet_out_identity(struct fleet_out *out, const struct identity *identity,
                        const char *pending);

/* Write now what was told so far: for whoever does not run the loop for a while. */
void fleet_out_flush(struct fleet_out *out);

/* A line that is no target: told at once, and counted. */
void fleet_out_bad_line(struct fleet_out *out, size_t number, const char *why);

/* The summary. Returns the exit code. ERR_CANNOT_CREATE when --record's file cannot be written. */
int fleet_out_end(struct fleet_out *out, struct error *e);

#endif
