/*
 * journal.h - what a run did, on disk before it does it. Resuming and undoing
 * need nothing else.
 *
 * A run is a folder runs/TIME-PLANID/ of the state directory:
 *   plan.json      the plan that was approved
 *   context.json   accounts (with references to secrets, never secrets) and settings
 *   journal.jsonl  one line per event, each with a check of itself; appended and synced
 *   backup-N       old content of a file, before it was replaced
 */
#ifndef NAMESAKE_JOURNAL_H
#define NAMESAKE_JOURNAL_H

#include "agent/base/digest.h"
#include "agent/config.h"
#include "agent/plan.h"
#include "mta/mta.h"

/* How far a step got, as its journal lines tell. */
enum progress {
    PROGRESS_NONE,
    PROGRESS_BEGUN, /* begun without an end: the outcome is unknown, look first */
    PROGRESS_DONE,
    PROGRESS_FAILED, /* failed, and the old state was put back or never left */
    PROGRESS_UNDONE,
    PROGRESS_UNDOING, /* its undo was begun without an end: look first, too */
};

/* A file that a step replaced, or made: `before` is HOST_ABSENT then. */
struct backup {
    char path[512]; /* the file itself */
    char copy[64];  /* file name of the copy in the run's folder */
    struct digest before, after;
};

struct step_record {
    enum progress progress;
    struct strings before; /* what the step found before it first wrote: what undo brings back */
    uint32_t ttl_s;        /* of the old record set, 0 when there was none */
    char note[HOLDING_NOTE_MAX]; /* what the vendor needs to bring it back; "" nothing */
    struct backup *backups;
    size_t backup_count;
};

struct run {
    char id[64]; /* "20261123T031207Z-7f3a19c2d4e5" */
    char folder[512];
    struct plan plan;
    struct step_record *records; /* one per step of the plan */
    bool finished, undone;
    bool torn;           /* the last line was cut off by a crash; everything before it counts */
    size_t sound_length; /* of the journal, without such a line */
};

/* Make a run's folder with plan and context. ERR_CANNOT_CREATE; nothing else was changed then. */
bool journal_start(const char *state_dir, const struct plan *plan, const struct config *config,
                   time_t now, struct run *out, struct error *e) MUST_USE;

/*
 * Record that a step is about to write: what it found (of records with TTL and note), and the
 * content of the files that will be replaced. On disk when this returns true; only then may the
 * step write. A step that was begun before and has no end keeps what it found first.
 */
bool journal_begin(struct run *run, size_t step, const struct strings *found,
                   const struct holding *holding, const struct mta_edits *edits,
                   struct error *e) MUST_USE;

/* Whether the step may have changed something that is not undone yet; and whether it stopped
 * between its first write and its last one. */
bool progress_is_made(enum progress progress);
bool progress_is_open(enum progress progress);

/*
 * Record how a step ended, that its undo begins, or that it was undone; and that the whole run is
 * finished or undone.
 */
bool journal_end(struct run *run, size_t step, enum progress progress, const char *why,
                 struct error *e) MUST_USE;
bool journal_finish(struct run *run, bool undone, struct error *e) MUST_USE;

/*
 * Open a run by its id, or "last": the newest one. With unfinished, the newest that stopped
 * midway. ERR_NO_INPUT when there is none, ERR_PLAN_DAMAGED when its files cannot be believed.
 */
bool journal_open(const char *state_dir, const char *id, bool unfinished, struct run *out,
                  struct error *e) MUST_USE;

/* Ids of all runs, oldest first; the caller frees the list. None when there is no folder yet. */
void journal_list(const char *state_dir, struct strings *out);

/* The settings and accounts that the run used. The caller calls config_free. */
bool journal_context(const struct run *run, struct config *out, struct error *e) MUST_USE;

/* The content of a backup, checked against its digest. Appends to out. */
bool journal_backup(const struct run *run, const struct backup *backup, struct buf *out,
                    struct error *e) MUST_USE;

void run_free(struct run *run);

/*
 * Where state is kept: $NAMESAKE_STATE_DIR, $STATE_DIRECTORY, /var/lib/namesake for root, else
 * $XDG_STATE_HOME/namesake (or ~/.local/state/namesake). ERR_CANNOT_CREATE when none can be told.
 */
bool journal_state_dir(char *out, size_t size, struct error *e) MUST_USE;

#endif
