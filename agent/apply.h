/*
 * apply.h - runs the steps of a plan, one at a time, each written down before
 * it is made; and undoes them, last first.
 */
#ifndef NAMESAKE_APPLY_H
#define NAMESAKE_APPLY_H

#include "agent/act.h"

struct apply_result {
    size_t changed; /* steps that were made, or undone, now */
    size_t already; /* steps that were as wished before */
    size_t by_hand; /* steps that a person has to do */
    size_t left;    /* steps that were not made */
    bool unknown;   /* the connection broke: nobody knows whether the first of those is made */
    bool pending;   /* made, but not served everywhere when the wait ended */
    int signal;     /* the signal that stopped it; 0: none */
};

/*
 * Re-read every value before anything is written. ERR_PLAN_STALE when one is neither the step's
 * `before` nor its `after`; then nothing was changed.
 */
bool apply_check(struct actor *actor, const struct plan *plan, struct error *e) MUST_USE;

/*
 * Make the steps of a run that are not made yet, in their order; a PTR waits until every
 * authoritative server serves the address record. Stops at the first failure, at the end of a
 * wait, or at a signal, always between two steps. The result counts in every case.
 */
bool apply_run(struct actor *actor, struct run *run, struct apply_result *result,
               struct error *e) MUST_USE;

/*
 * Check that every step that the run made can be undone: ERR_ROLLBACK_CONFLICT. Then undo
 * them, last first. With dry, only check. The result counts in every case.
 */
bool apply_undo(struct actor *actor, struct run *run, bool dry, struct apply_result *result,
                struct error *e) MUST_USE;

/* Steps of a run that would be undone: begun or made, not undone. */
size_t apply_undoable(const struct run *run);

/* These steps as a plan to look at: last first, back to what each of them found. The caller calls
 * plan_free. */
void apply_undo_plan(const struct run *run, struct plan *out);

#endif
