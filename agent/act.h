/*
 * act.h - one step of a plan: read the value, write it, wait until it is
 * served, prove it; and the same backwards.
 */
#ifndef NAMESAKE_ACT_H
#define NAMESAKE_ACT_H

#include "agent/collect.h"
#include "agent/journal.h"

enum act_phase {
    ACT_START,
    ACT_WAIT, /* written, not served everywhere yet */
    ACT_DONE,
    ACT_ALREADY, /* was `after` before we came */
    ACT_FAILED,
};

struct act_event {
    enum act_phase phase;
    const struct step *step;
    uint32_t waited_s, limit_s;
    char detail[320]; /* which server holds it up and what it says; "2 of 2 servers" */
};

/* What acting needs. */
struct actor {
    struct collector *collector;
    struct config *config; /* whose accounts are used */
    const char *run;       /* id of the run at work; NULL: nothing is written */
    uint32_t wait_s;       /* for all authoritative servers to serve a step; 0: look once */
    void (*event)(void *arg, const struct act_event *event);
    void *arg;
};

/* What a step's value is now, and what is needed to change it. */
struct reading {
    struct strings values;  /* sorted, as in struct step */
    struct holding holding; /* forward, ptr */
    struct mta_edits edits; /* mta: the way to the step's `after` */
};

/* What a step that failed has left. */
enum act_left {
    ACT_LEFT_NOTHING, /* the old state was put back, or never touched */
    ACT_LEFT_TRACES,  /* the next run has to look first: a vendor may have made a part of it, a
                         stage may lie beside the mail server's files */
    ACT_LEFT_UNKNOWN, /* the connection to a mail server broke: old or new, live or not; or a vendor
                         did not answer */
};

/* Read the value that a step is about, from where it is written. The caller frees the reading. */
bool act_read(struct actor *actor, const struct step *step, struct reading *out,
              struct error *e) MUST_USE;
void reading_free(struct reading *reading);

/*
 * Whether the reading is what this step leaves when it is ended between its first write and its
 * last one, on the way there or back: only where the vendor takes one record at a time, while the
 * journal has no end of it, and each record is one that the step found or wants. Such a set is
 * ours to finish or to undo.
 */
bool act_is_midway(struct actor *actor, const struct run *run, size_t step,
                   const struct reading *now) MUST_USE;

/*
 * Write the step's `after`. For a mail server: staged check, swap, reload, proof of life and of
 * the new greeting; when one of these fails the old files are put back and made live, and
 * the error says so. A vendor's ERR_NOT_YET is waited out, at most actor->wait_s; the events
 * tell. *left counts after a failure.
 */
bool act_write(struct actor *actor, const struct step *step, const struct reading *reading,
               enum act_left *left, struct error *e) MUST_USE;

/*
 * Of a step that was begun by a run which was killed or cut off, and has no end: what it has left
 * beside the mail server's files goes, and nothing of it can be swapped in any more; a request to
 * a vendor gets the moment that it may take to arrive. Any other step needs nothing.
 */
bool act_tidy(struct actor *actor, const struct run *run, size_t step, struct error *e) MUST_USE;

/*
 * A step that was begun by a run which was killed, and whose value is `after`: do what may be
 * missing between the write and the end (a mail server's reload), and prove it.
 */
bool act_settle(struct actor *actor, const struct step *step, struct error *e) MUST_USE;

/*
 * Wait until every authoritative server serves the step's `after`, at most actor->wait_s.
 * *served tells; the events tell which server holds it up. A mail server's name was proven
 * when it was written: *served is true at once.
 */
void act_wait(struct actor *actor, const struct step *step, bool *served);

/*
 * As act_wait, for a step of the way back. With own, the vendor serves something of its own in
 * place of the values (its note says so): wait until nobody serves what the run left.
 */
void act_wait_back(struct actor *actor, const struct step *back, bool own, bool *served);

/* Wait a little; a signal ends the wait early. */
void act_pause(long ms);

/*
 * Put back what a step found before it wrote. ERR_ROLLBACK_CONFLICT when the value is neither
 * what the step left nor what it found: somebody else changed it. *changed is false when it
 * is there already. With dry, only look.
 */
bool act_undo(struct actor *actor, const struct run *run, size_t step, bool dry, bool *changed,
              struct error *e) MUST_USE;

#endif
