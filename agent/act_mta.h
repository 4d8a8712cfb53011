/*
 * act_mta.h - swapping a mail server's files: check, swap, reload, proof, and
 * back when the proof fails.
 */
#ifndef NAMESAKE_ACT_MTA_H
#define NAMESAKE_ACT_MTA_H

#include "agent/act.h"

/* Observe afresh and find the edits that give the services the name. */
bool act_mta_read(struct actor *actor, const struct step *step, struct reading *out,
                  struct error *e) MUST_USE;
bool act_mta_write(struct actor *actor, const struct step *step, const struct reading *reading,
                   struct error *e) MUST_USE;
bool act_mta_settle(struct actor *actor, const struct step *step, struct error *e) MUST_USE;
bool act_mta_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
                  struct error *e) MUST_USE;

#endif
