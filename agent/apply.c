/* apply.c - the order of acts: look, write down, write, look again. */
#include "agent/apply.h"

#include "agent/base/log.h"
#include "agent/base/mem.h"

#include <string.h>

static void tell(struct actor *actor, const struct step *step, enum act_phase phase,
                 const char *detail)
{
    struct act_event event = {.phase = phase, .step = step};

    str_cut(event.detail, sizeof event.detail, detail);
    actor->event(actor->arg, &event);
}

static bool refuse_stale(const struct step *step, const struct reading *now, struct error *e)
{
    char is[200], was[200];

    strings_join(&now->values, ", ", "nothing", is, sizeof is);
    strings_join(&step->before, ", ", "nothing", was, sizeof was);
    if (strings_equal(&now->values, &step->before))
        fail(e, ERR_PLAN_STALE, "the plan does not know what else setting %s does now: it %s",
             step->target, now->holding.side_effect);
    else
        fail(e, ERR_PLAN_STALE, "the plan expects %s to be %s, but it is %s now", step->target, was,
             is);
    return error_next(e, "namesake plan %s", ip_text(&step->subject.ip).s);
}

/* A side effect that the plan does not name was not approved. */
static bool is_approved(const struct step *step, const struct reading *now)
{
    return strstr(step->target, now->holding.side_effect) != NULL;
}

static bool is_as_before(const struct step *step, const struct reading *now)
{
    return strings_equal(&now->values, &step->before) && is_approved(step, now);
}

/* The edits that were approved are the ones that are made, or what is left of them. */
static bool check_edits(const struct step *step, const struct reading *now, bool part,
                        struct error *e)
{
    struct strings texts = {0};
    const char *other = "fewer settings than that";
    bool ok = step->kind != STEP_MTA || plan_has_edits(step, &now->edits, part, &texts);

    for (size_t i = texts.count; !ok && i-- > 0;)
        if (!strings_have(&step->changes, texts.v[i]))
            other = texts.v[i];
    if (!ok) {
        fail(e, ERR_PLAN_STALE, "setting %s takes other edits now than the plan has: %.300s",
             step->target, other);
        for (size_t i = 0; i < texts.count; i++)
            log_line(LOG_LEVEL_NORMAL, "it would be now: %s", texts.v[i]);
        error_next(e, "namesake plan %s", ip_text(&step->subject.ip).s);
    }
    strings_free(&texts);
    return ok;
}

static bool check_step(struct actor *actor, const struct step *step, struct error *e)
{
    struct reading now;
    bool ok;

    if (!act_read(actor, step, &now, e))
        return false;
    if (strings_equal(&now.values, &step->after))
        ok = true;
    else if (is_as_before(step, &now))
        ok = check_edits(step, &now, false, e);
    else
        ok = refuse_stale(step, &now, e);
    reading_free(&now);
    return ok;
}

bool apply_check(struct actor *actor, const struct plan *plan, struct error *e)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->steps[i].action != ACTION_ASK && !check_step(actor, &plan->steps[i], e))
            return false;
    return true;
}

/*
 * A step of a mail server that an earlier run began may have swapped files already, which the write
 * that failed now has not put back: the journal has them.
 */
static enum act_left put_back_earlier(struct actor *actor, const struct run *run, size_t index,
                                      struct error *e)
{
    struct error worse = {0};
    char why[sizeof e->why];
    bool changed;

    if (act_undo(actor, run, index, false, &changed, &worse))
        return ACT_LEFT_NOTHING;
    str_cut(why, sizeof why, e->why);
    str_format(e->why, sizeof e->why,
               "%.240s; and putting back what the earlier run wrote failed: %.180s", why,
               worse.why);
    return ACT_LEFT_UNKNOWN;
}

/* Write one step, its record on disk before and after. */
static bool make_step(struct actor *actor, struct run *run, size_t index, const struct reading *now,
                      struct apply_result *result, struct error *e)
{
    const struct step *step = &run->plan.steps[index];
    struct error unwritten;
    enum act_left left = ACT_LEFT_NOTHING;
    const bool was_begun = progress_is_open(run->records[index].progress);

    if (!journal_begin(run, index, &now->values, &now->holding,
                       step->kind == STEP_MTA ? &now->edits : NULL, e))
        return false;
    tell(actor, step, ACT_START, "");
    if (act_write(actor, step, now, &left, e))
        return journal_end(run, index, PROGRESS_DONE, "", e);
    if (was_begun && step->kind == STEP_MTA && left == ACT_LEFT_NOTHING)
        left = put_back_earlier(actor, run, index, e);
    result->unknown = left == ACT_LEFT_UNKNOWN;
    /* Else the begin stays without an end, and the next run looks first. */
    if (left == ACT_LEFT_NOTHING && !journal_end(run, index, PROGRESS_FAILED, e->why, &unwritten))
        log_line(LOG_LEVEL_QUIET, "%s: %s", unwritten.what, unwritten.why);
    return false;
}

/* One step whatever its state: already there, to be made, or changed by somebody else. */
static bool run_step(struct actor *actor, struct run *run, size_t index,
                     struct apply_result *result, struct error *e)
{
    const struct step *step = &run->plan.steps[index];
    enum progress progress = run->records[index].progress;
    struct reading now;
    bool ok = true;

    if (!act_tidy(actor, run, index, e) || !act_read(actor, step, &now, e))
        return false;
    if (strings_equal(&now.values, &step->after)) {
        if (progress_is_open(progress))
            ok = act_settle(actor, step, e) &&
                 journal_end(run, index, PROGRESS_DONE, "found done", e);
        result->already++;
    } else if (!is_as_before(step, &now) &&
               !(act_is_midway(actor, run, index, &now) && is_approved(step, &now))) {
        ok = refuse_stale(step, &now, e);
    } else {
        ok = check_edits(step, &now, progress_is_open(progress), e) &&
             make_step(actor, run, index, &now, result, e);
        result->changed += ok;
    }
    reading_free(&now);
    return ok;
}

static size_t steps_left(const struct run *run, size_t from)
{
    size_t left = 0;

    for (size_t i = from; i < run->plan.count; i++)
        left += run->plan.steps[i].action != ACTION_ASK;
    return left;
}

/* True when a later step may only be made once this one is served. */
static bool is_required(const struct plan *plan, size_t index)
{
    for (size_t i = index + 1; i < plan->count; i++)
        if (plan->steps[i].action != ACTION_ASK &&
            strings_have(&plan->steps[i].requires, plan->steps[index].id))
            return true;
    return false;
}

/* All address records are written, then waited for together: their zones transfer in parallel. */
static bool wait_for(struct actor *actor, const struct run *run, size_t *waited, size_t upto,
                     struct apply_result *result)
{
    bool blocked = false;

    for (; *waited < upto; ++*waited) {
        const struct step *step = &run->plan.steps[*waited];
        bool served;
        if (step->action == ACTION_ASK)
            continue;
        act_wait(actor, step, &served);
        result->pending = result->pending || !served;
        blocked = blocked || (!served && is_required(&run->plan, *waited));
    }
    return !blocked;
}

bool apply_run(struct actor *actor, struct run *run, struct apply_result *result, struct error *e)
{
    const struct plan *plan = &run->plan;
    size_t waited = 0, i;

    *result = (struct apply_result){.by_hand = plan_count(plan, ACTION_ASK)};
    actor->run = run->id;
    for (i = 0; i < plan->count; i++) {
        const struct step *step = &plan->steps[i];
        bool may = step->kind == STEP_FORWARD || wait_for(actor, run, &waited, i, result);
        result->left = steps_left(run, i);
        result->signal = loop_stop_signal();
        if (!may || result->signal != 0)
            return true;
        if (step->action != ACTION_ASK && !run_step(actor, run, i, result, e)) {
            tell(actor, step, ACT_FAILED, e->why);
            return false;
        }
    }
    result->left = 0;
    (void)wait_for(actor, run, &waited, plan->count, result);
    result->signal = loop_stop_signal();
    return journal_finish(run, false, e);
}

size_t apply_undoable(const struct run *run)
{
    size_t count = 0;

    for (size_t i = 0; i < run->plan.count; i++)
        count += progress_is_made(run->records[i].progress);
    return count;
}

void apply_undo_plan(const struct run *run, struct plan *out)
{
    struct plan made = {.created = run->plan.created, .expires = run->plan.expires};

    made.steps = mem_new(run->plan.count + 1, sizeof *made.steps);
    for (size_t i = 0; i < run->plan.count; i++) {
        struct step *step = &made.steps[made.count];
        if (!progress_is_made(run->records[i].progress))
            continue;
        step_copy(&run->plan.steps[i], step);
        strings_free(&step->before);
        step->before = strings_copy(&run->records[i].before);
        made.count++;
    }
    plan_reverse(&made, out);
    plan_free(&made);
}

/* Undo the step that a step of the way back stands for. */
static bool undo_step(struct actor *actor, struct run *run, const struct step *back,
                      struct apply_result *result, struct error *e)
{
    size_t index = (size_t)(plan_step(&run->plan, back->id) - run->plan.steps);
    bool changed, served;

    tell(actor, back, ACT_START, "");
    if (!act_tidy(actor, run, index, e) || !journal_end(run, index, PROGRESS_UNDOING, "", e) ||
        !act_undo(actor, run, index, false, &changed, e) ||
        !journal_end(run, index, PROGRESS_UNDONE, "", e)) {
        /* Looked at before; now the connection broke in the middle, or nobody answered. */
        result->unknown = e->code == ERR_SSH_FAILED || e->code == ERR_TIMEOUT;
        tell(actor, back, ACT_FAILED, e->why);
        return false;
    }
    result->changed += changed;
    result->already += !changed;
    act_wait_back(actor, back, run->records[index].note[0] != '\0', &served);
    result->pending = result->pending || !served;
    return true;
}

static bool undo_steps(struct actor *actor, struct run *run, const struct plan *back,
                       struct apply_result *result, struct error *e)
{
    for (size_t i = 0; i < back->count; i++) {
        result->left = back->count - i;
        result->signal = loop_stop_signal();
        if (result->signal != 0)
            return true;
        if (!undo_step(actor, run, &back->steps[i], result, e))
            return false;
    }
    result->left = 0;
    return journal_finish(run, true, e);
}

bool apply_undo(struct actor *actor, struct run *run, bool dry, struct apply_result *result,
                struct error *e)
{
    struct plan back;
    bool changed, ok;

    *result = (struct apply_result){.left = apply_undoable(run)};
    actor->run = run->id;
    for (size_t i = 0; i < run->plan.count; i++)
        if (progress_is_made(run->records[i].progress) &&
            !act_undo(actor, run, i, true, &changed, e))
            return false;
    if (dry)
        return true;
    apply_undo_plan(run, &back);
    ok = undo_steps(actor, run, &back, result, e);
    plan_free(&back);
    return ok;
}
