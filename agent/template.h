/*
 * template.h - PURE: texts with {{name}} in them; an unknown name is an error.
 */
#ifndef NAMESAKE_TEMPLATE_H
#define NAMESAKE_TEMPLATE_H

#include <time.h>

#include "agent/base/buf.h"
#include "agent/facts.h"
#include "mta/mta.h"

struct step;

struct template_value {
    const char *name, *value;
};

/* Fill in a text. ERR_INTERNAL names a {{name}} that has no value, or is not closed. */
bool template_fill(const char *text, const struct template_value *values, size_t count,
                   struct buf *out, struct error *e) MUST_USE;

/*
 * The request for whoever owns a step that cannot be automated (facts: the target that it is
 * for; mta: the mail server, NULL for records): what to set, what it is now, that the forward
 * record is in place with time and servers, and the record in zone-file form. The caller frees it.
 */
char *template_ticket(const struct step *step, const struct facts *facts, const struct mta *mta,
                      time_t now);

/* The templates of templates/, built in. */
extern const char template_ptr_request[];
extern const char template_forward_request[];
extern const char template_mta_request[];

#endif
