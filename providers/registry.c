/* registry.c - the one place that knows all vendors. */
#include "providers/provider.h"

extern const struct provider provider_cloudflare, provider_hetzner_cloud, provider_manual,
    provider_powerdns, provider_rfc2136;

const struct provider *const provider_all[] = {
    &provider_cloudflare, &provider_hetzner_cloud, &provider_powerdns,
    &provider_rfc2136,    &provider_manual,        NULL,
};

const struct provider *provider_by_type(const char *type)
{
    for (size_t i = 0; provider_all[i] != NULL; i++) {
        if (str_equal(provider_all[i]->type, type))
            return provider_all[i];
    }
    return NULL;
}
