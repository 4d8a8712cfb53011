/*
 * plan.h - the change that targets need, as data that can be read, stored,
 * reviewed, applied and undone.
 */
#ifndef NAMESAKE_PLAN_H
#define NAMESAKE_PLAN_H

#include <jansson.h>
#include <time.h>

#include "agent/audit.h"
#include "mta/mta.h"
#include "providers/provider.h"

#define PLAN_LIFETIME_S ((time_t)24 * 3600) /* older plans are refused */
#define PLAN_ID_SIZE 13                     /* 12 hex digits and a NUL */
#define PLAN_STEPS_MAX 4096

enum step_kind { STEP_FORWARD, STEP_PTR, STEP_MTA, STEP_KINDS };

enum step_action {
    ACTION_CREATE,
    ACTION_UPDATE,
    ACTION_DELETE,
    ACTION_ASK, /* a person has to do it */
};

/* One change. `before` and `after` are sorted sets of addresses or names. */
struct step {
    char id[24]; /* "s2" */
    enum step_kind kind;
    enum step_action action;
    struct subject subject; /* forward, ptr: which record set */
    char target[384];       /* "PTR 203.0.113.25", "postfix myhostname" */
    char provider[64];      /* id of the account, name of the mail server; "" by hand */
    char resource[192];
    char host[280]; /* mta: "" is this machine */
    struct mta_pair
        *pairs; /* mta: the addresses of the machine and the names that they shall have */
    size_t pair_count;
    struct strings before, after;
    uint32_t ttl_s;     /* of the record that is written */
    uint32_t visible_s; /* others may see the old value for so long */
    char side_effect[64];
    struct strings requires; /* ids of steps that come first */
    enum finding_id finding;
    enum owner_role owner;
    struct owner_facts owner_who;
    struct strings commands; /* mta: what is run to make it live */
    struct strings changes;  /* mta: every setting that changes, in words */
    char *ticket;            /* by hand: the text to send; NULL otherwise */
};

struct plan {
    char id[PLAN_ID_SIZE];
    time_t created, expires;
    struct step *steps;
    size_t count;
};

/* What an account holds of a record set, or why that is not known: a fact, found with I/O. */
struct ability {
    const struct account *account; /* NULL: nobody can be asked by program */
    struct holding holding;        /* what it holds now, when there is an account */
};

/* All that a plan for one target is made from. */
struct plan_input {
    const struct facts *facts;
    const struct judgement *judgement;
    struct ability forward, ptr;
    const struct mta_facts *mta;   /* NULL: no mail server is to be changed for this target */
    const struct mta_edits *edits; /* of the wish for this target's name; NULL with mta_reason */
    char mta_reason[512];          /* why a person has to edit; "" when edits are there */
    const char *host;              /* the mail server's machine, as struct machine has it */
    struct mta_pair *pairs;        /* all addresses of that machine and their names */
    size_t pair_count;
};

/* What the operator allows. */
struct plan_policy {
    bool kinds[STEP_KINDS]; /* --only */
    bool forward_replace;
    bool allow_private;
    uint32_t max_changes;
    uint32_t ttl_s; /* of records that are created */
};

/*
 * Decide what the targets need. PURE: the same inputs give the same plan.
 *
 * The address record comes before the PTR, so that the PTR never points to a name that does not
 * resolve back (RFC 1912 2.1; RFC 8601 3, "iprev"); the mail server's name comes last. A fact
 * that is not known never causes a step. ERR_LIMIT_EXCEEDED past policy->max_changes,
 * ERR_ADDRESS_REFUSED, ERR_NAME_REFUSED (interface section 2.7). The caller calls plan_free.
 */
bool plan_make(const struct plan_input *inputs, size_t count, const struct plan_policy *policy,
               time_t now, struct plan *out, struct error *e) MUST_USE;

/*
 * Two repairs exist when the PTR names another host than the mail server and that name is
 * confirmed: the hoster's PTR, or the mail server's name. PURE: true, with the PTR's name, when
 * nobody declared a name and only the second one can be made without asking a person (interface
 * section 6).
 */
bool plan_takes_ptr_name(const struct facts *facts, const struct judgement *judgement,
                         bool ptr_by_program, bool mta_by_program, struct name *out) MUST_USE;

/*
 * PURE: what a mail server's step tells of its edits: every setting and command; as the resource
 * the first file and a digest over all of it, the replaced values included, so that other edits
 * make another plan.
 */
void plan_describe_edits(const struct mta_edits *edits, struct step *step);

/*
 * Whether these edits are the ones that the step tells of; with part, of a step that was begun,
 * whether they are some of them. *now, which the caller frees, are their texts.
 */
bool plan_has_edits(const struct step *step, const struct mta_edits *edits, bool part,
                    struct strings *now) MUST_USE;

/* Settings may hold any byte; a plan is text. */
void plan_add_text(struct strings *list, const char *text);

/* Steps of each action; and of the ones that namesake does itself. */
size_t plan_count(const struct plan *plan, enum step_action action);
size_t plan_changes(const struct plan *plan);

/* The step with this id, NULL when there is none. */
const struct step *plan_step(const struct plan *plan, const char *id);

/* The document of interface section 10; the caller owns it. */
json_t *plan_to_json(const struct plan *plan);

/*
 * Read a plan. Everything in it is checked, the id against the steps: ERR_PLAN_DAMAGED. Older than
 * its life at `now`: ERR_PLAN_EXPIRED (now 0: any age), and it can be read and freed all the same.
 */
bool plan_from_json(const json_t *document, time_t now, struct plan *out, struct error *e) MUST_USE;

/* Read the steps alone, of a document that is no plan (a result), and give the plan its id. */
bool plan_steps_from_json(const json_t *document, struct plan *out, struct error *e) MUST_USE;

/* Give a plan its id: SHA-256 over what the steps do (interface section 10), so that the same state
 * and wish have the same id anywhere, at any time. */
void plan_seal(struct plan *plan);

/* The reverse of a plan's own steps, last first, `before` and `after` swapped; what people were
 * asked for is left out. The caller frees it. */
void plan_reverse(const struct plan *plan, struct plan *out);

void plan_free(struct plan *plan);
void step_free(struct step *step);
void step_copy(const struct step *from, struct step *to);

const char *step_kind_text(enum step_kind kind);       /* "forward" */
const char *step_action_text(enum step_action action); /* "create" */

/* RFC 3339 in UTC; and back. */
struct time_text {
    char s[24];
};
struct time_text time_text(time_t when);
bool time_parse(const char *text, time_t *out) MUST_USE;

#endif
