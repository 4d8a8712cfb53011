/* registry.c - the one place that knows which mail servers there are. */
#include "mta/mta.h"

extern const struct mta mta_exim, mta_postfix;

const struct mta *const mta_all[] = {
    &mta_postfix,
    &mta_exim,
    NULL,
};

const char *const mta_choices[] = {"auto", "postfix", "exim", "none", NULL};

const struct mta *mta_by_name(const char *name)
{
    for (size_t i = 0; mta_all[i]; i++)
        if (str_equal(mta_all[i]->name, name))
            return mta_all[i];
    return NULL;
}
