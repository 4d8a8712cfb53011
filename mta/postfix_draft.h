/*
 * postfix_draft.h - an edit of Postfix in the making; what mta/postfix_edit.c,
 * postfix_keep.c and postfix_write.c share.
 */
#ifndef NAMESAKE_MTA_POSTFIX_DRAFT_H
#define NAMESAKE_MTA_POSTFIX_DRAFT_H

#include "mta/postfix.h"

struct postfix_draft {
    const struct mta_facts *facts;
    const struct mta_wish *wish;
    const char *name; /* the wish */
    struct mta_edits *edits;
    const struct mta_instance *instance; /* the one that is looked at */
    const char *old;                     /* its myhostname as it is */
    bool rename;                         /* its myhostname changes */
};

/* --- postfix_keep.c: what would follow the name keeps its value (section 2.10) ---------------- */

/* When myhostname of main.cf changes. */
bool postfix_keep_followers(struct postfix_draft *d, struct error *e);

/* When a service gets another myhostname of its own; old: the one that it has now. */
bool postfix_keep_own(struct postfix_draft *d, const struct mta_service *service, const char *old,
                      struct error *e);

/* --- postfix_write.c ----------------------------------------------------------------------------- */

/* "smtp/inet": how postconf -P calls a service. */
struct postfix_key {
    char s[160];
};
struct postfix_key postfix_key_of(const struct mta_service *service);

/* A service's own setting, NULL when it has none. */
const struct mta_setting *postfix_own(const struct mta_instance *instance,
                                      const struct mta_service *service, const char *parameter);

/* Plan a change of main.cf, or of one service (NULL: main.cf). Planned twice, the first counts. */
void postfix_change(struct postfix_draft *d, const struct mta_service *service,
                    const char *parameter, const char *after, bool follows);

/* The same, where the service is known by its key only. */
void postfix_change_at(struct postfix_draft *d, const char *key, const char *parameter,
                       const char *after, bool follows);

/* Make the new texts of the planned changes, and what people are told of them. */
bool postfix_write(struct postfix_draft *d, struct error *e);

#endif
