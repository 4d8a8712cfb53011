/* account.c - what all vendors' accounts have in common. */
#include "providers/provider.h"

#include "agent/net/http.h"

#include <stdio.h>
#include <stdlib.h>

bool provider_setting(const struct provider *provider, const char *key, size_t *index)
{
    for (size_t i = 0; provider->settings[i].key != NULL; i++) {
        if (str_equal(provider->settings[i].key, key)) {
            *index = i;
            return true;
        }
    }
    return false;
}

const char *account_text(const struct account *account, const char *key)
{
    size_t i;

    return provider_setting(account->provider, key, &i) ? account->values[i].text : "";
}

const struct secret *account_secret(const struct account *account, const char *key)
{
    size_t i;

    if (!provider_setting(account->provider, key, &i) || account->values[i].secret.bytes == NULL)
        return NULL;
    return &account->values[i].secret;
}

/* Whether a text that came from outside repeats a secret of the account. */
static bool tells(const struct account *account, const char *text)
{
    for (size_t i = 0; account->provider->settings[i].key != NULL; i++)
        if (http_tells(&account->values[i].secret, text))
            return true;
    return false;
}

/* What a vendor says may repeat what it was told: such a reason is not shown. */
static bool guard(const struct account *account, bool ok, struct error *e)
{
    if (!ok && (tells(account, e->why) || tells(account, e->what)))
        fail(e, e->code, "%s gives a reason that repeats the secret, so it is not shown",
             account->provider->title);
    return ok;
}

bool account_read(struct account *account, const struct subject *subject, struct holding *out,
                  struct error *e)
{
    if (!account->provider->read(account, subject, out, e))
        return guard(account, false, e);
    for (size_t i = 0; i < out->values.count; i++)
        if (tells(account, out->values.v[i])) {
            holding_free(out);
            return fail(e, ERR_PROTOCOL, "%s answers with the secret itself",
                        account->provider->title);
        }
    return true;
}

bool account_put(struct account *account, const struct subject *subject,
                 const struct holding *before, const struct holding *wanted, struct error *e)
{
    const struct provider *provider = account->provider;

    if (wanted->note[0] != '\0' && provider->restore != NULL)
        return guard(account, provider->restore(account, subject, before, wanted, e), e);
    return guard(account,
                 provider->write(account, subject, before, &wanted->values, wanted->ttl_s, e), e);
}

bool account_has(const struct account *account, const char *key)
{
    size_t i;

    return provider_setting(account->provider, key, &i) &&
           (account->values[i].text[0] != '\0' || account->values[i].ref.from != SECRET_NONE);
}

static bool in_zones(const struct account *account, const struct name *owner)
{
    for (size_t i = 0; i < account->zones.count; i++) {
        struct name zone;

        if (name_from_dns(account->zones.v[i], &zone) && name_within(owner, &zone))
            return true;
    }
    return account->zones.count == 0;
}

static bool in_networks(const struct account *account, const struct ip *ip)
{
    for (size_t i = 0; i < account->network_count; i++) {
        if (ip_net_has(&account->networks[i], ip))
            return true;
    }
    return account->network_count == 0;
}

bool account_may(const struct account *account, const struct subject *subject)
{
    if ((account->roles & (unsigned)subject->role) == 0)
        return false;
    return subject->role == ROLE_PTR ? in_networks(account, &subject->ip)
                                     : in_zones(account, &subject->owner);
}

struct account_title account_title(const struct account *account)
{
    struct account_title title;

    if (account->owner[0] != '\0')
        str_cut(title.s, sizeof title.s, account->owner);
    else
        snprintf(title.s, sizeof title.s, "%s \"%s\"", account->provider->title, account->id);
    return title;
}

void account_free(struct account *account)
{
    if (account == NULL)
        return;
    strings_free(&account->zones);
    free(account->networks);
    for (size_t i = 0; i < ACCOUNT_VALUES_MAX; i++)
        secret_free(&account->values[i].secret);
    *account = (struct account){.provider = NULL};
}

void holding_free(struct holding *holding)
{
    if (holding == NULL)
        return;
    strings_free(&holding->values);
    *holding = (struct holding){.ttl_s = 0};
}
