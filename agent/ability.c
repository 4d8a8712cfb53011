/* ability.c - choosing the account for a record, and reading it. */
#include "agent/ability.h"

#include <string.h>

#include "agent/base/log.h"
#include "agent/generic.h"

struct subject ability_subject(const struct facts *facts, enum role role)
{
    struct subject subject = {.role = role, .ip = facts->address, .name = facts->wanted};
    const struct forward_facts *forward = facts_forward(facts, &facts->wanted);

    subject.owner = role == ROLE_PTR ? facts->reverse.owner : facts->wanted;
    if (role == ROLE_PTR)
        subject.zone = facts->reverse.zone;
    else if (forward != NULL)
        subject.zone = forward->zone;
    return subject;
}

/* How closely an account fits: the labels of its zone or the bits of its network; 1 when it is
 * not limited; 0 when it does not fit. */
static size_t fit(const struct account *account, const struct subject *subject)
{
    size_t best = 1;
    struct name zone;

    if (!account_may(account, subject))
        return 0;
    for (size_t i = 0; subject->role == ROLE_FORWARD && i < account->zones.count; i++)
        if (name_from_dns(account->zones.v[i], &zone) && name_within(&subject->owner, &zone) &&
            name_labels(&zone) + 1 > best)
            best = name_labels(&zone) + 1;
    for (size_t i = 0; subject->role == ROLE_PTR && i < account->network_count; i++)
        if (ip_net_has(&account->networks[i], &subject->ip) &&
            account->networks[i].bits + 1U > best)
            best = account->networks[i].bits + 1U;
    return best;
}

bool ability_account(struct config *config, const struct subject *subject, struct account **out,
                     struct error *e)
{
    struct account *found = NULL, *rival = NULL;
    size_t best = 0;

    for (size_t i = 0; i < config->account_count; i++) {
        size_t fits = fit(&config->accounts[i], subject);
        if (fits == 0 || fits < best)
            continue;
        rival = fits == best ? found : NULL;
        found = &config->accounts[i];
        best = fits;
    }
    if (rival != NULL) {
        fail(e, ERR_PROVIDER_AMBIGUOUS, "the accounts \"%s\" and \"%s\" both claim it", rival->id,
             found->id);
        error_what(e, "cannot tell which account holds the %s record of %s",
                   subject->role == ROLE_PTR ? "PTR" : "address",
                   subject->role == ROLE_PTR ? ip_text(&subject->ip).s : subject->name.s);
        return error_next(e,
                          subject->role == ROLE_PTR
                              ? "networks = [ \"%s\" ];   (in the entry of the right account)"
                              : "zones = [ \"%s\" ];   (in the entry of the right account)",
                          subject->role == ROLE_PTR ? ip_text(&subject->ip).s : subject->zone.s);
    }
    *out = found;
    return true;
}

static void own(struct config *config, struct facts *facts, enum role role, enum owner_role as)
{
    struct subject subject = ability_subject(facts, role);
    struct account *account = NULL;
    struct owner_facts *out;
    struct error ignored;

    if (!ability_account(config, &subject, &account, &ignored) || account == NULL)
        return;
    out = facts_set_owner(facts, as);
    str_cut(out->name, sizeof out->name,
            account->owner[0] ? account->owner : account->provider->title);
    str_cut(out->provider, sizeof out->provider, account->id);
    out->can_fix = account->provider->write != NULL;
}

void ability_owners(struct config *config, struct facts *facts)
{
    const struct strings *ptr = &facts->reverse.ptr.values;
    struct generic generic = {0};
    struct name name;

    own(config, facts, ROLE_PTR, OWNER_IP);
    own(config, facts, ROLE_FORWARD, OWNER_DNS);
    if (facts_owner(facts, OWNER_IP)->name[0] == '\0' && ptr->count > 0 &&
        name_from_dns(ptr->v[0], &name))
        generic = generic_judge(&name, &facts->address);
    if (generic.vendor != NULL)
        str_cut(facts_set_owner(facts, OWNER_IP)->name, sizeof facts->owners->name, generic.vendor);
}

bool ability_find(struct config *config, const struct subject *subject, struct ability *out,
                  struct error *e)
{
    struct account *account = NULL;
    struct error denied = {0};

    *out = (struct ability){0};
    if (!ability_account(config, subject, &account, e))
        return false;
    if (account == NULL)
        return true;
    if (account->provider->read == NULL) {
        out->account = account;
        return true;
    }
    if (!config_open_account(account, e))
        return error_what(e, "cannot open the account \"%s\"", account->id);
    if (account_read(account, subject, &out->holding, &denied)) {
        out->account = account;
        return true;
    }
    if (denied.code == ERR_NO_INPUT) {
        log_line(LOG_LEVEL_NORMAL, "note %s: %s", subject->owner.s, denied.why);
        return true;
    }
    *e = denied;
    return error_what(e, "cannot read the %s record of %s through %s",
                      subject->role == ROLE_PTR ? "PTR" : "address",
                      subject->role == ROLE_PTR ? ip_text(&subject->ip).s : subject->name.s,
                      account_title(account).s);
}

void ability_free(struct ability *ability)
{
    holding_free(&ability->holding);
    *ability = (struct ability){0};
}
