/* manual.c - a party without an API: its steps become tickets for people. */
#include "providers/provider.h"

static const struct setting manual_settings[] = {
    {.key = NULL},
};

const struct provider provider_manual = {
    .type = "manual",
    .title = "by hand",
    .roles = ROLE_PTR | ROLE_FORWARD,
    .settings = manual_settings,
};
