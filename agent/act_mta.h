/*
 * act_mta.h - swapping a mail server's files: check, swap, reload, proof, and
 * back when the proof fails.
 */
#ifndef NAMESAKE_ACT_MTA_H
#define NAMESAKE_ACT_MTA_H

#include "agent/act.h"

/* The machine of the step's mail server; what is made there bears the name of the run at work. */
bool act_mta_open(struct actor *actor, const struct step *step, struct machine **machine,
                  struct error *e) MUST_USE;

/* The mail server that the step names, on its machine; its facts as they are now. */
bool act_mta_observe(struct actor *actor, const struct step *step, struct machine **machine,
                     struct error *e) MUST_USE;

/* The journal's copies as edits: from the file as the step left it to the file as it was. */
bool act_mta_edits(struct host *host, const struct run *run, size_t step, struct host_file *files,
                   struct mta_edits *edits, struct error *e) MUST_USE;

/* Sweep the folder of a file (host_sweep), once for all files that share the list; NULL: always. */
bool act_mta_sweep(struct host *host, const char *path, struct strings *swept,
                   struct error *e) MUST_USE;

/* Observe afresh and find the edits that give the services the name. */
bool act_mta_read(struct actor *actor, const struct step *step, struct reading *out,
                  struct error *e) MUST_USE;
bool act_mta_write(struct actor *actor, const struct step *step, const struct reading *reading,
                   enum act_left *left, struct error *e) MUST_USE;
bool act_mta_tidy(struct actor *actor, const struct run *run, size_t step,
                  struct error *e) MUST_USE;
bool act_mta_settle(struct actor *actor, const struct step *step, struct error *e) MUST_USE;
bool act_mta_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
                  struct error *e) MUST_USE;

#endif
