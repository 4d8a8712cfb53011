/* ability.c - choosing the account for a record, and reading it. */
#include "agent/ability.h"

#include <stdint.h>
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

/* The closest fit of those that are less close than `below`; 0: no account fits. */
static size_t closest(const struct config *config, const struct subject *subject, size_t below)
{
    size_t best = 0;

    for (size_t i = 0; i < config->account_count; i++) {
        size_t fits = fit(&config->accounts[i], subject);
        if (fits < below && fits > best)
            best = fits;
    }
    return best;
}

/* The account that fits most closely; NULL when there is none, or several of which none was asked. */
static const struct account *only(const struct config *config, const struct subject *subject)
{
    size_t best = closest(config, subject, SIZE_MAX);
    const struct account *found = NULL;

    for (size_t i = 0; best > 0 && i < config->account_count; i++) {
        if (fit(&config->accounts[i], subject) != best)
            continue;
        if (found != NULL)
            return NULL;
        found = &config->accounts[i];
    }
    return found;
}

bool ability_by_program(struct config *config, const struct subject *subject)
{
    size_t best = closest(config, subject, SIZE_MAX);

    for (size_t i = 0; best > 0 && i < config->account_count; i++)
        if (fit(&config->accounts[i], subject) == best &&
            config->accounts[i].provider->write == NULL)
            return false;
    return best > 0;
}

static void own(struct config *config, struct facts *facts, enum role role, enum owner_role as)
{
    struct subject subject = ability_subject(facts, role);
    const struct account *account = only(config, &subject);
    struct owner_facts *out;

    if (account == NULL)
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

/* What accounts that fit equally have answered. */
struct answers {
    const struct account *holder, *rival; /* the first two that claim the record */
    struct holding holding;               /* of the holder */
    const struct account *failed;         /* the first that could not be asked, */
    struct error failure;                 /* and why */
    struct strings denials;               /* who does not hold it, of all that were asked */
};

/* What is meant, in words. */
static const char *record_of(const struct subject *subject)
{
    return subject->role == ROLE_PTR ? "PTR" : "address";
}

static const char *name_of(const struct subject *subject, struct ip_text *text)
{
    *text = ip_text(&subject->ip);
    return subject->role == ROLE_PTR ? text->s : subject->name.s;
}

/* *claims is true when the account holds the record; one that only people can ask always does. */
static bool ask(struct account *account, const struct subject *subject, struct answers *answers,
                struct holding *holding, bool *claims, struct error *e)
{
    struct ip_text text;

    *claims = account->provider->read == NULL;
    if (*claims)
        return true;
    if (!config_open_account(account, e))
        return error_what(e, "cannot open the account \"%s\"", account->id);
    *claims = account_read(account, subject, holding, e);
    if (*claims)
        return true;
    if (e->code == ERR_NO_INPUT) {
        strings_add(&answers->denials, e->why);
        return true;
    }
    return error_what(e, "cannot read the %s record of %s through %s", record_of(subject),
                      name_of(subject, &text), account_title(account).s);
}

static void note_answer(struct account *account, const struct subject *subject,
                        struct answers *answers)
{
    struct holding holding = {0};
    struct error e = {0};
    bool claims;

    if (!ask(account, subject, answers, &holding, &claims, &e)) {
        if (answers->failed == NULL) {
            answers->failed = account;
            answers->failure = e;
        }
    } else if (claims && answers->holder == NULL) {
        answers->holder = account;
        answers->holding = holding;
        return;
    } else if (claims && answers->rival == NULL) {
        answers->rival = account;
    }
    holding_free(&holding);
}

static bool refuse_rivals(const struct answers *answers, const struct subject *subject,
                          struct error *e)
{
    bool ptr = subject->role == ROLE_PTR;
    struct ip_text text;

    fail(e, ERR_PROVIDER_AMBIGUOUS, "the accounts \"%s\" and \"%s\" both claim it",
         answers->holder->id, answers->rival->id);
    error_what(e, "cannot tell which account holds the %s record of %s", record_of(subject),
               name_of(subject, &text));
    return error_next(e,
                      ptr ? "networks = [ \"%s\" ];   (in the entry of the right account)"
                          : "zones = [ \"%s\" ];   (in the entry of the right account)",
                      ptr ? ip_text(&subject->ip).s : subject->zone.s);
}

/* One holder is used; two are too many; without one, an account that could not be asked may be it. */
static bool judge(struct answers *answers, const struct subject *subject, struct ability *out,
                  struct error *e)
{
    if (answers->rival != NULL)
        return refuse_rivals(answers, subject, e);
    if (answers->failed != NULL && answers->holder == NULL) {
        *e = answers->failure;
        return false;
    }
    if (answers->failed != NULL)
        log_line(LOG_LEVEL_NORMAL, "note %s: %s: %s", subject->owner.s, answers->failure.what,
                 answers->failure.why);
    out->account = answers->holder;
    out->holding = answers->holding;
    answers->holding = (struct holding){0};
    return true;
}

bool ability_find(struct config *config, const struct subject *subject, struct ability *out,
                  struct error *e)
{
    size_t fits = closest(config, subject, SIZE_MAX);
    struct answers answers = {0};
    bool ok = true;

    *out = (struct ability){0};
    for (; ok && fits > 0 && out->account == NULL; fits = closest(config, subject, fits)) {
        for (size_t i = 0; i < config->account_count; i++)
            if (fit(&config->accounts[i], subject) == fits)
                note_answer(&config->accounts[i], subject, &answers);
        ok = judge(&answers, subject, out, e);
    }
    for (size_t i = 0; ok && out->account == NULL && i < answers.denials.count; i++)
        log_line(LOG_LEVEL_NORMAL, "note %s: %s", subject->owner.s, answers.denials.v[i]);
    holding_free(&answers.holding);
    strings_free(&answers.denials);
    return ok;
}

void ability_free(struct ability *ability)
{
    holding_free(&ability->holding);
    *ability = (struct ability){0};
}
