/* recorded_show.c - prints saved reports and runs. */
#include "agent/recorded_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/journal.h"

#define REPORT_MAX (64U << 20)

/* The document in a file; NULL with a reason. The caller calls json_decref. */
static json_t *read_file(const char *path, struct error *e)
{
    struct buf text = BUF_INIT(REPORT_MAX);
    json_t *document = NULL;

    if (session_read(path, &text, e))
        document = json_parse(buf_string(&text), text.length, e);
    buf_free(&text);
    return document;
}

bool recorded_is_report(const char *path)
{
    static const char *const formats[] = {"namesake.audit", "namesake.verify", "namesake.result"};
    struct error ignored;
    json_t *document = str_equal(path, "-") ? NULL : read_file(path, &ignored);
    bool is_report = false;

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        is_report = is_report || str_equal(json_string_or(document, "format", ""), formats[i]);
    json_decref(document);
    return is_report;
}

bool recorded_is_run(const char *word)
{
    return !str_equal(word, "-") && strchr(word, '/') == NULL && !str_ends(word, ".json") &&
           access(word, F_OK) != 0;
}

/* What the command that is shown ended with is in the document; showing it went well. */
static int show(struct session *session, const struct report *report)
{
    bool nagios = false;
    int code;

    for (size_t i = 0; i < session->options->output_count; i++)
        nagios = nagios || session->options->outputs[i].format == FORMAT_NAGIOS;
    if (report->error != NULL && session->options->output_count == 0) {
        struct buf out = BUF_INIT(REPORT_MAX);
        report_error(report->error, report->done, &session->style, &out);
        fputs(buf_string(&out), stdout);
        buf_free(&out);
    }
    code = session_end(session, report);
    return nagios || code == error_exit_code(ERR_CANNOT_CREATE) ? code : EXIT_YES;
}

int recorded_report_show(struct session *session, const char *path)
{
    struct recorded_report saved;
    struct error e = {0};
    json_t *document = read_file(path, &e);
    int code;

    if (document != NULL && recorded_report_from_json(document, &saved, &e)) {
        code = show(session, &saved.report);
        recorded_report_free(&saved);
    } else {
        e.code = ERR_NO_INPUT;
        error_what(&e, "cannot show the report %s", path);
        code = session_fail(session, &e);
    }
    json_decref(document);
    return code;
}

/* What the journal says of a step. */
static struct step_outcome outcome_of(const struct step_record *record)
{
    static const struct {
        enum step_state state;
        const char *detail;
    } states[] = {
        [PROGRESS_NONE] = {STEP_OPEN, ""},
        [PROGRESS_BEGUN] = {STEP_PENDING, "begun; how it ended is not known"},
        [PROGRESS_DONE] = {STEP_DONE, ""},
        [PROGRESS_FAILED] = {STEP_FAILED, "the old state is in place"},
        [PROGRESS_UNDONE] = {STEP_OPEN, "undone"},
        [PROGRESS_UNDOING] = {STEP_PENDING, "its undo was begun; how it ended is not known"},
    };
    struct step_outcome outcome = {.state = states[record->progress].state};

    str_cut(outcome.detail, sizeof outcome.detail, states[record->progress].detail);
    return outcome;
}

static int show_run(struct session *session, bool newest)
{
    const struct run *run = &session->run;
    struct report report = session_report(session);

    session->outcomes = mem_new(run->plan.count + 1, sizeof *session->outcomes);
    for (size_t i = 0; i < run->plan.count; i++) {
        session->outcomes[i] = outcome_of(&run->records[i]);
        report.changed += run->records[i].progress == PROGRESS_DONE;
    }
    report.command = "apply";
    report.plan = &run->plan;
    report.outcomes = session->outcomes;
    report.run = run->id;
    report.exit_code = run->finished || run->undone ? EXIT_YES : EXIT_PARTIAL;
    if (newest && report.exit_code == EXIT_PARTIAL)
        str_cut(report.next, sizeof report.next, "namesake apply --continue");
    else if (report.changed > 0)
        str_format(report.next, sizeof report.next, "namesake rollback %s", run->id);
    else
        str_cut(report.next, sizeof report.next, "namesake audit");
    return show(session, &report);
}

int recorded_run_show(struct session *session, const char *id)
{
    struct strings ids = {0};
    char state[512];
    struct error e = {0};
    const char *newest = "";
    int code;

    if (!journal_state_dir(state, sizeof state, &e))
        return session_fail(session, &e);
    journal_list(state, &ids);
    if (ids.count > 0)
        newest = ids.v[ids.count - 1];
    if (str_equal(id, "last") && ids.count > 0)
        id = newest;
    if (!str_equal(id, "last") && !strings_have(&ids, id))
        fail(&e, ERR_NO_INPUT, "there is neither a file nor a run \"%.80s\"", id);
    else if (ids.count == 0)
        fail(&e, ERR_NO_INPUT, "%s holds no run", state);
    if (e.code == ERR_NONE && journal_open(state, id, false, &session->run, &e)) {
        code = show_run(session, str_equal(id, newest));
    } else {
        error_what(&e, "cannot show %.80s", id);
        error_next(&e, "namesake rollback --list");
        code = session_fail(session, &e);
    }
    strings_free(&ids);
    return code;
}
