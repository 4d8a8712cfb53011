/* commands.c - the journey of each command: look, judge, plan, act, prove, report. */
#include "agent/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/approval.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/completion.h"
#include "agent/doctor.h"
#include "agent/explain.h"
#include "agent/fleet.h"
#include "agent/headers_command.h"
#include "agent/observe_command.h"
#include "agent/recorded.h"
#include "agent/recorded_report.h"
#include "agent/schema.h"
#include "agent/session.h"
#include "agent/trace_command.h"
#include "agent/verify_command.h"

#define TEXT_MAX (16U << 20)

static bool look_around(struct session *s, struct error *e)
{
    views_choose(&s->views, &s->config, s->options, s->options->via_count == 0);
    return session_find_targets(s, e) && session_look_around(s, e);
}

static int audit(struct session *s)
{
    struct report report;
    struct error e = {0};

    if (s->options->from != NULL)
        return fleet_run(s);
    if (s->options->facts != NULL ? !recorded_read(s, &e) : !look_around(s, &e))
        return session_fail(s, &e);
    if (s->options->record != NULL && !recorded_write(s, &e))
        return session_fail(s, &e);
    report = session_report(s);
    report.exit_code = report_exit_code(s->identities, s->identity_count, s->config.strict);
    if (report.exit_code == EXIT_NO)
        str_cut(report.next, sizeof report.next, "namesake plan");
    return session_end(s, &report);
}

/*
 * With nothing to plan: aligned, or wrong but written already and on its way, or not known well
 * enough to act.
 */
static int nothing_to_do(const struct session *s)
{
    for (size_t i = 0; i < s->targets.count; i++) {
        const struct judgement *judged = &s->identities[i].judgement;
        if (judged->verdict != VERDICT_ALIGNED && (judged->edges[EDGE_PTR] == RESULT_UNKNOWN ||
                                                   judged->edges[EDGE_FORWARD] == RESULT_UNKNOWN))
            return EXIT_UNKNOWN;
        if (judged->verdict == VERDICT_UNKNOWN)
            return EXIT_UNKNOWN;
    }
    return EXIT_YES;
}

static int end_with_plan(struct session *s, int pending)
{
    struct report report = session_report(s);
    size_t changes = plan_changes(&s->plan), by_hand = plan_count(&s->plan, ACTION_ASK);

    if (s->options->dry_run)
        report.command = "plan";
    report.plan = &s->plan;
    report.plan_name = s->targets.count > 0 ? s->identities[0].facts.wanted.s : "";
    report.exit_code = changes + by_hand > 0 ? pending : nothing_to_do(s);
    if (changes > 0 && s->options->command == CMD_ROLLBACK)
        str_format(report.next, sizeof report.next, "namesake rollback %s", s->run.id);
    return session_end(s, &report);
}

static int plan(struct session *s)
{
    struct error e = {0};

    if (!session_find_targets(s, &e) || !session_look(s, &e) || !session_plan(s, &e))
        return session_fail(s, &e);
    if (s->options->save != NULL && !approval_save_plan(&s->plan, s->options->save, &e))
        return session_fail(s, &e);
    return end_with_plan(s, s->options->exit_code ? EXIT_NO : EXIT_YES);
}

/* The plan to apply: a saved one, which is its own approval, or the one computed now. */
static bool get_plan(struct session *s, struct error *e)
{
    if (approval_is_file(s->options))
        return approval_load_plan(s->options->words[0], &s->plan, e);
    return session_find_targets(s, e) && session_look(s, e) && session_plan(s, e);
}

/* The exit code of what apply or rollback did. */
static int act_code(const struct apply_result *result)
{
    if (result->signal != 0)
        return 128 + result->signal;
    if (result->pending)
        return EXIT_PENDING;
    if (result->left > 0)
        return EXIT_PARTIAL;
    return result->by_hand > 0 ? EXIT_BY_HAND : EXIT_YES;
}

static int end_with_result(struct session *s, const struct apply_result *result, const char *next)
{
    struct report report = session_report(s);

    report.plan = s->acting;
    report.outcomes = s->outcomes;
    report.streamed = log_level() >= LOG_LEVEL_NORMAL;
    report.run = s->run.id;
    report.changed = result->changed;
    report.exit_code = act_code(result);
    str_cut(report.next, sizeof report.next, next);
    return session_end(s, &report);
}

/* For errors midway: how many steps are behind it, and whether that of the one at work is known. */
static void describe_done(struct session *s, size_t behind, size_t all, const char *how,
                          bool unknown)
{
    size_t used = 0;

    if (behind == 0 && !unknown)
        return;
    if (behind > 0)
        used = (size_t)snprintf(s->done, sizeof s->done, "%zu of %zu steps are %s%s", behind, all,
                                how, unknown ? "; " : "");
    str_format(s->done + used, sizeof s->done - used, "%s (run %s)",
               unknown ? "what became of the one at work is not known" : "", s->run.id);
}

static size_t steps_done(const struct run *run)
{
    size_t done = 0;

    for (size_t i = 0; i < run->plan.count; i++)
        done += run->records[i].progress == PROGRESS_DONE;
    return done;
}

/* It ended midway: what stays, and how to go on or back. */
static int stopped(struct session *s, const struct apply_result *result, struct error *e)
{
    /* What somebody else changed is in the way of going on until it is as planned again. */
    const bool stale = e->code == ERR_PLAN_STALE;

    describe_done(s, steps_done(&s->run), plan_changes(&s->run.plan), "made and stay",
                  result->unknown);
    if (apply_undoable(&s->run) > 0) {
        e->next[0] = e->alt[0] = '\0';
        error_next(e, stale ? "namesake rollback last" : "namesake apply --continue");
        error_next(e, stale ? "namesake apply --continue" : "namesake rollback last");
    } else if (e->next[0] == '\0') {
        error_next(e, "namesake apply --continue");
    }
    return session_fail(s, e);
}

static int run_plan(struct session *s)
{
    struct actor actor = session_actor(s, &s->run.plan);
    struct apply_result result;
    struct error e = {0};

    if (!apply_run(&actor, &s->run, &result, &e))
        return stopped(s, &result, &e);
    if (s->options->window_s > 0 && act_code(&result) == EXIT_YES) {
        if (s->targets.count == 0 && !approval_find_targets(s, &s->run.plan, &e))
            return session_fail(s, &e);
        return verify_command(s);
    }
    return end_with_result(s, &result,
                           result.left > 0                     ? "namesake apply --continue"
                           : act_code(&result) == EXIT_BY_HAND ? "namesake ticket"
                                                               : "namesake verify --window 1h");
}

static int resume(struct session *s)
{
    char state[512];
    struct error e = {0};
    int lock, code;

    if (!journal_state_dir(state, sizeof state, &e) || !approval_lock(state, "apply", &lock, &e))
        return session_fail(s, &e);
    code = journal_open(state, "last", true, &s->run, &e) ? run_plan(s) : session_fail(s, &e);
    close(lock);
    return code;
}

/* A plan that holds no longer, or never did, is answered with the one that does. */
static int refuse(struct session *s, const struct error *e)
{
    if (e->code == ERR_PLAN_STALE || e->code == ERR_PLAN_EXPIRED || e->code == ERR_PLAN_DAMAGED)
        approval_show_now(s);
    return session_fail(s, e);
}

static int start_run(struct session *s)
{
    struct actor actor = session_actor(s, &s->plan);
    char state[512];
    struct error e = {0};
    int lock, code;

    if (!approval_check_rights(s, &s->plan, &e) || !journal_state_dir(state, sizeof state, &e) ||
        !approval_lock(state, "apply", &lock, &e))
        return session_fail(s, &e);
    code = apply_check(&actor, &s->plan, &e) &&
                   journal_start(state, &s->plan, &s->config, time(NULL), &s->run, &e)
               ? run_plan(s)
               : refuse(s, &e);
    close(lock);
    return code;
}

/* What decides a plan cannot change one that is made, nor one that a run has begun with. */
static bool check_apply(const struct options *o, struct error *e)
{
    char again[OPTIONS_AGAIN_MAX];
    struct options without = *o;

    without.config = NULL;
    without.resolver_count = 0;
    if (!o->resume && approval_is_file(o))
        without.word_count = 0;
    options_again(&without, again);
    if (o->resume && (again[0] != '\0' || o->approve != NULL || o->dry_run)) {
        fail(e, ERR_USAGE,
             "--continue goes on with the last run, as it was approved, and takes no%s",
             o->dry_run           ? " --dry-run"
             : o->approve != NULL ? " --approve"
                                  : " targets, and no options that decide a plan");
        error_next(e, "namesake apply --continue");
        return error_next(e, "namesake show last");
    }
    if (o->resume || !approval_is_file(o) || again[0] == '\0')
        return true;
    fail(e, ERR_USAGE, "a plan file says all that is to be done, and%.100s cannot change it",
         again);
    return error_next(e, "namesake plan --save %s%s", o->words[0], again);
}

static int apply(struct session *s)
{
    struct error e = {0};

    if (!check_apply(s->options, &e))
        return session_fail(s, &e);
    if (s->options->resume)
        return resume(s);
    if (!get_plan(s, &e))
        return refuse(s, &e);
    if (s->options->dry_run || plan_changes(&s->plan) == 0)
        return end_with_plan(s, s->options->dry_run ? EXIT_YES : EXIT_BY_HAND);
    if (!approval_given(s, &e))
        return session_fail(s, &e);
    return start_run(s);
}

static int list_runs(struct session *s, const char *state)
{
    struct strings ids = {0};
    struct notes notes = {0};
    struct error e;

    journal_list(state, &ids);
    for (size_t i = 0; i < ids.count; i++) {
        struct run run;
        if (!journal_open(state, ids.v[i], false, &run, &e)) {
            notes_add(&notes, ids.v[i], "damaged: %s", e.why);
            continue;
        }
        notes_add(&notes, run.id, "%zu steps, %s", run.plan.count,
                  run.undone     ? "undone"
                  : run.finished ? "finished"
                                 : "stopped midway");
        run_free(&run);
    }
    strings_free(&ids);
    return notes_end(s, &notes, notes.count > 0 ? "Runs, oldest first" : "No runs yet");
}

/* The steps of the run that will be undone, as a plan to look at. */
static int undo(struct session *s)
{
    struct apply_result result;
    struct error e = {0};
    struct actor actor;
    char next[96];

    apply_undo_plan(&s->run, &s->plan);
    actor = session_actor(s, &s->plan);
    if (!journal_context(&s->run, &s->config, &e) ||
        !apply_undo(&actor, &s->run, true, &result, &e))
        return session_fail(s, &e);
    s->collector.resolver_count =
        targets_resolvers(&s->config, s->collector.resolvers, RESOLVERS_MAX);
    if (s->options->dry_run)
        return end_with_plan(s, EXIT_YES);
    if (!approval_given(s, &e))
        return session_fail(s, &e);
    if (!approval_check_rights(s, &s->plan, &e))
        return session_fail(s, &e);
    if (!apply_undo(&actor, &s->run, false, &result, &e)) {
        size_t behind = result.changed + result.already;

        describe_done(s, behind, s->plan.count, "undone", result.unknown);
        if (result.unknown)
            e.next[0] = e.alt[0] = '\0';
        if (e.next[0] == '\0' && (behind > 0 || result.unknown))
            error_next(&e, "namesake rollback %s", s->run.id);
        return session_fail(s, &e);
    }
    str_format(next, sizeof next, "namesake rollback %s", s->run.id);
    return end_with_result(s, &result, result.left > 0 ? next : "namesake audit");
}

static int rollback(struct session *s)
{
    const char *id = s->options->word_count > 0 ? s->options->words[0] : "last";
    char state[512];
    struct error e = {0};
    int lock, code;

    if (!journal_state_dir(state, sizeof state, &e))
        return session_fail(s, &e);
    if (s->options->list)
        return list_runs(s, state);
    if (!approval_lock(state, "rollback", &lock, &e))
        return session_fail(s, &e);
    code = journal_open(state, id, false, &s->run, &e) ? undo(s) : session_fail(s, &e);
    close(lock);
    return code;
}

static int ticket(struct session *s)
{
    struct report report;
    struct error e = {0};
    struct buf out = BUF_INIT(TEXT_MAX);

    if (!get_plan(s, &e))
        return session_fail(s, &e);
    report = session_report(s);
    report.plan = &s->plan;
    if (s->options->output_count > 0)
        return session_end(s, &report);
    report_write(&report, FORMAT_TICKET, &s->style, &out);
    fputs(buf_string(&out), stdout);
    if (plan_count(&s->plan, ACTION_ASK) == 0)
        fputs("No step has to be done by hand.\n", stderr);
    buf_free(&out);
    return EXIT_YES;
}

static int doctor(struct session *s)
{
    struct notes notes = {0};
    struct error e = {0};

    return doctor_find(s, &notes, &e) ? notes_end(s, &notes, "namesake " NAMESAKE_VERSION)
                                      : session_fail(s, &e);
}

static int show(struct session *s)
{
    struct error e = {0};

    if (s->options->word_count != 1) {
        fail(&e, ERR_USAGE, "show needs one file (a plan, a report, facts), or one run");
        error_next(&e, "namesake show plan.json");
        return session_fail(s, &e);
    }
    if (recorded_is_run(s->options->words[0]))
        return recorded_run_show(s, s->options->words[0]);
    if (recorded_is_report(s->options->words[0]))
        return recorded_report_show(s, s->options->words[0]);
    if (recorded_is_facts(s->options->words[0])) {
        if (!recorded_read_file(s, s->options->words[0], &e))
            return session_fail(s, &e);
        struct report report = session_report(s);
        return session_end(s, &report);
    }
    if (!approval_show_plan(s->options->words[0], &s->plan, &e))
        return session_fail(s, &e);
    return end_with_plan(s, EXIT_YES);
}

static int help(struct session *s)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    enum command_id id;

    if (s->options->word_count > 0 && command_find(s->options->words[0], &id))
        options_help_command(id, &out);
    else
        options_help(&out);
    fputs(buf_string(&out), stdout);
    buf_free(&out);
    return EXIT_YES;
}

static int version(struct session *s)
{
    struct notes notes = {0};

    if (s->options->output_count > 0)
        return notes_end(s, &notes, "namesake " NAMESAKE_VERSION);
    puts("namesake " NAMESAKE_VERSION);
    return EXIT_YES;
}

static const struct {
    enum command_id id;
    int (*run)(struct session *);
    bool offline; /* reads no configuration: it must work when that is broken */
} table[] = {
    {CMD_AUDIT, audit, false},        {CMD_PLAN, plan, false},
    {CMD_APPLY, apply, false},        {CMD_VERIFY, verify_command, false},
    {CMD_ROLLBACK, rollback, true},   {CMD_TICKET, ticket, false},
    {CMD_HEADERS, headers_run, true}, {CMD_TRACE, trace_run, false},
    {CMD_OBSERVE, observe_run, true}, {CMD_DOCTOR, doctor, false},
    {CMD_SHOW, show, true},           {CMD_EXPLAIN, explain_run, true},
    {CMD_HELP, help, true},           {CMD_VERSION, version, true},
    {CMD_SCHEMA, schema_print, true}, {CMD_COMPLETION, completion_print, true},
};

int command_run(const struct options *options)
{
    struct session session;
    int code = EXIT_BUG;

    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].id != options->command)
            continue;
        if (session_open(&session, options, table[i].offline, &code))
            code = table[i].run(&session);
        session_close(&session);
    }
    return code;
}
