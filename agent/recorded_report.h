/*
 * recorded_report.h - saved reports and runs, read back so that they can be
 * printed again in any format.
 */
#ifndef NAMESAKE_RECORDED_REPORT_H
#define NAMESAKE_RECORDED_REPORT_H

#include "agent/session.h"

/* A report that owns what it speaks of. It must not be moved: the report points into it. */
struct recorded_report {
    struct report report;
    struct identity *identities;
    struct plan plan;
    struct step_outcome *outcomes; /* one per step of the plan */
    struct error error;
    char run[64], undo[320];
};

/*
 * Read a namesake.audit, .verify or .result document, which anybody may have written: facts as far
 * as the checks tell them, the judgement as the document has it. ERR_NO_INPUT says what is wrong;
 * *out is empty then. The caller calls recorded_report_free.
 */
bool recorded_report_from_json(const json_t *document, struct recorded_report *out,
                               struct error *e) MUST_USE;

void recorded_report_free(struct recorded_report *saved);

/* Whether a file holds such a document; whether a word names a run ("last") and no file. */
bool recorded_is_report(const char *path);
bool recorded_is_run(const char *word);

/* Print one, or a run with what became of each step. Exit code 0 when it could be printed. */
int recorded_report_show(struct session *session, const char *path);
int recorded_run_show(struct session *session, const char *id);

#endif
