/*
 * session.h - what every command shares: options, configuration, targets, the
 * way to look, and the way to end with a report and an exit code.
 */
#ifndef NAMESAKE_SESSION_H
#define NAMESAKE_SESSION_H

#include "agent/apply.h"
#include "agent/options.h"
#include "agent/report.h"
#include "agent/verify.h"
#include "agent/views.h"

struct session {
    const struct options *options;
    struct style style;
    bool live_errors; /* standard error is a terminal where lines can be redrawn */
    struct config config;
    struct collector collector;
    struct targets targets;
    struct identity *identities; /* of the last look: each target, from each place that looked */
    size_t identity_count;
    struct views views;                          /* the places that look; none: here alone */
    const struct vantage *vantages[VIA_MAX + 1]; /* what reports tell of them */
    struct plan plan;
    char again[OPTIONS_AGAIN_MAX]; /* what plans are asked for with */
    struct run run;
    struct step_outcome *outcomes; /* of the steps that are acted on, by their number; or NULL */
    const struct plan *acting;     /* the plan whose steps these are */
    int drawn;                     /* lines of a waiting step that the next event redraws */
    uint32_t told_minute;          /* of a wait, when nothing can be redrawn */
    char done[384];                /* what was changed so far, for errors */
};

/*
 * Read the configuration (unless offline) and open the collector. False after the errors have
 * been reported; *code is the exit code then.
 */
bool session_open(struct session *session, const struct options *options, bool offline,
                  int *code) MUST_USE;
void session_close(struct session *session);

/* Find the targets of the command line; observe the mail server when one of them is here. */
bool session_find_targets(struct session *session, struct error *e) MUST_USE;

/* Look at all targets and judge them. ERR_TIMEOUT after --timeout, when a signal came. */
bool session_look(struct session *session, struct error *e) MUST_USE;

/* Look once from every place of session->views instead; the same result. */
bool session_look_around(struct session *session, struct error *e) MUST_USE;

/* What was seen takes the place of what was seen before. */
void session_keep(struct session *session, struct identity *identities, size_t count);

/* Make the plan that the identities need: reads through the accounts, changes nothing. */
bool session_plan(struct session *session, struct error *e) MUST_USE;

/*
 * What an actor needs to act on a plan for this session. Progress goes to standard error, and into
 * session->outcomes for the report. The plan must live as long as the session.
 */
struct actor session_actor(struct session *session, const struct plan *plan);

/* A report of this session's identities, for the command. */
struct report session_report(struct session *session);

/* Write a report to every output that was asked for; text to standard output otherwise. Returns
 * the report's exit code, or that of a file which cannot be written. */
int session_end(const struct session *session, const struct report *report);

/* Report an error and return its exit code: 4 once something was changed. */
int session_fail(struct session *session, const struct error *error);

/* Ask on the terminal; true when the answer is the word yes. */
bool session_confirm(const struct session *session, const char *question);

/* False when nobody can be asked: no terminal, or --no-input. */
bool session_can_ask(const struct session *session);

/* Read a whole file, or standard input for "-". */
bool session_read(const char *path, struct buf *out, struct error *e) MUST_USE;

#endif
