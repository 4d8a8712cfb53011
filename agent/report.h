/*
 * report.h - PURE: findings, plans and results for people and for programs.
 * The text of interface section 8, the formats of 7, the errors of 9, the
 * documents of 10: a struct goes in, text comes out; nothing is printed here.
 *
 * Every value is made printable on its way out, whoever it came from: no
 * terminal escape, tab, newline or markup of a greeting, a record or a plan
 * file survives in any format.
 */
#ifndef NAMESAKE_REPORT_H
#define NAMESAKE_REPORT_H

#include <jansson.h>

#include "agent/audit.h"
#include "agent/base/buf.h"
#include "agent/plan.h"
#include "agent/trace_way.h"

enum format {
    FORMAT_TEXT,
    FORMAT_TABLE,
    FORMAT_JSON,
    FORMAT_JSONL,
    FORMAT_MARKDOWN,
    FORMAT_NAGIOS,
    FORMAT_TICKET,
    FORMAT_COUNT
};

/* GitHub takes comments of 65,536 characters (interface section 7). */
#define REPORT_MARKDOWN_MAX 60000

/* Exit codes that are no error's (interface section 9). */
enum exit_code {
    EXIT_YES = 0,
    EXIT_BUG = 1,
    EXIT_NO = 2,
    EXIT_UNKNOWN = 3,
    EXIT_PARTIAL = 4,
    EXIT_BY_HAND = 5,
    EXIT_PENDING = 6,
};

/* How text is to look; found out once by main. */
struct style {
    bool color;
    bool ascii;     /* ok X != / \ instead of the signs; other characters become \xNN */
    bool live;      /* stdout is a terminal: a waiting step may be redrawn */
    unsigned width; /* columns; 80 when it is no terminal (0 counts as 80) */
};

/* One judged target. */
struct identity {
    struct facts facts;
    struct judgement judgement;
};

/* How far a step of a plan came, at the end of apply and rollback. */
enum step_state {
    STEP_OPEN, /* not begun */
    STEP_DONE,
    STEP_PENDING, /* written, but not served everywhere when the wait ended */
    STEP_FAILED,
    STEP_STATES
};

struct step_outcome {
    enum step_state state;
    uint32_t seconds;
    char detail[256]; /* "2 of 2 servers"; "" for none */
};

/* A place that was to look. */
struct vantage {
    char id[64]; /* "here", an id of the configuration, or where it is */
    bool reached;
    char why[700];  /* "" when it was reached */
    char next[384]; /* what to type then; or "" */
};

/* What a command has to say in the end. */
struct report {
    const char *command; /* "audit"; `apply --dry-run` is "plan" */
    bool strict;
    const struct identity *identities;
    size_t identity_count;
    const struct vantage *const *vantages; /* NULL: here alone. Identities then are of all of
                                              them, and an address may be there several times */
    size_t vantage_count;
    const struct plan *plan; /* NULL when there is none */
    const char *plan_name;   /* how to name it in the text: the host or "3 targets"; NULL: the
                                wanted name of its steps */
    const struct step_outcome *outcomes; /* apply, rollback: one per step of the plan; NULL */
    bool streamed; /* apply, rollback: the lines of the steps were printed as they came */
    const struct trace_probe *probes; /* trace: one after the other */
    size_t probe_count;
    const struct error *error; /* NULL when the command did its work */
    char done[384];            /* error: what was changed; "" when that is nothing */
    char next[384];    /* the Next: line; "" lets the report choose: the plan's approval, the
                       tickets, or the first finding's repair */
    const char *again; /* what the plan was asked for with, as it is typed (options_again) */
    int exit_code;     /* enum exit_code, or an error's */
    time_t now;        /* jsonl: the time of its events */
    const char *run;   /* apply, rollback: id of the run; NULL */
    size_t changed;    /* apply, rollback: steps made */
};

/* "text"; false when there is no such format. */
bool format_parse(const char *text, enum format *out) MUST_USE;
const char *format_text(enum format format);

/* The formats' names with commas, for messages. The text is static. */
const char *format_names(void);

/*
 * Append the report in a format; it ends with a newline. Text and table leave the error out, which
 * goes to standard error by report_error, so that text may stay empty; the other formats hold it.
 */
void report_write(const struct report *report, enum format format, const struct style *style,
                  struct buf *out);

/*
 * The parts, each appended as text: one identity with triangle or list and its findings (of an
 * aligned one only the warnings); one plan, from its headline to the line of counts.
 */
void report_identity(const struct identity *identity, bool strict, const struct style *style,
                     struct buf *out);
void report_plan(const struct plan *plan, const char *name, const struct style *style,
                 struct buf *out);

/*
 * One step in progress or at its end, as in interface section 8: the state is "done", "wait" or
 * the like, the time "52 s" or "0:38 of 5:00". The detail ("2 of 2 servers") goes to a line of
 * its own when the state is "wait" or when it does not fit.
 */
void report_step(const struct step *step, const char *state, const char *time_part,
                 const char *detail, const struct style *style, struct buf *out);

/* The error shape of interface section 9 (text, several lines). */
void report_error(const struct error *error, const char *done, const struct style *style,
                  struct buf *out);

/* The same as an element of "diagnostics"; the caller owns it. */
json_t *report_error_json(const struct error *error, const char *done);

/*
 * The document of the report (namesake.audit, .plan, .result, .verify); the caller owns it. A plan
 * is its own document, untouched: its digest holds, so that it can be saved and applied.
 */
json_t *report_document(const struct report *report);

/* One identity as in interface section 10; the caller owns it. */
json_t *report_identity_json(const struct identity *identity, bool strict);

/* "1 address: 0 aligned, 1 not aligned, 0 unknown", or what the command has in its place. */
void report_summary(const struct report *report, char *out, size_t size);

/* The Next: line, "" for none: the report's own, or the one that it chooses. */
void report_next(const struct report *report, char *out, size_t size);

/*
 * The exit code that the verdicts give: the first of 2, 3, 0 that occurred (interface section 9);
 * 3 when there are none. And the one of -o nagios: 0, 1, 2, or 3 for all that is no answer.
 */
int report_exit_code(const struct identity *identities, size_t count, bool strict);
int report_nagios_code(const struct report *report);

/* The one line of such a plugin: its exit code in words, the text, the counts of verdicts. */
void report_plugin_line(int code, const char *text, size_t aligned, size_t failed, size_t unknown,
                        struct buf *out);

#endif
