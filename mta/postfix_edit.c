/* postfix_edit.c - PURE: which settings of Postfix have to change, so that it says a name. */
#include <stdio.h>
#include <string.h>

#include "mta/postfix_draft.h"

/* The name is part of these by their nature: they follow it. */
static const char *const names[] = {
    "myhostname",     "smtp_helo_name",           "smtpd_banner",     "postscreen_greet_banner",
    "lmtp_lhlo_name", "milter_macro_daemon_name", "smtpd_proxy_ehlo", "local_transport"};

/* Where the name of a service is written: a setting of its own, or of main.cf. */
struct place {
    const char *parameter, *raw;
    bool own;
};

bool postfix_is_name(const char *parameter)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(names[i], parameter))
            return true;
    return false;
}

void postfix_said_name(const struct mta_service *service, char *out, size_t size)
{
    if (service->role == MTA_SENDER)
        str_cut(out, size, service->says);
    else
        postfix_first_word(service->says, out, size);
}

bool postfix_says(const struct mta_service *service, const char *name)
{
    char said[256];

    postfix_said_name(service, said, sizeof said);
    return str_equal_nocase(said, name);
}

/* --- Who shall say the name ---------------------------------------------------------------------- */

/* The listener of several names greets with the one that it has, else with the first. */
static const struct mta_pair *greeted_with(const struct mta_facts *facts,
                                           const struct mta_wish *wish,
                                           const struct mta_service *service)
{
    const struct mta_pair *first = NULL;

    for (size_t i = 0; i < wish->pair_count; i++) {
        if (!mta_serves(facts, service, &wish->pairs[i].address))
            continue;
        if (postfix_says(service, wish->pairs[i].name.s))
            return &wish->pairs[i];
        if (!first)
            first = &wish->pairs[i];
    }
    return first;
}

/* By the addresses that the sender is known to send from: the name's, another's, or both. */
static enum mta_claim claim_by_source(const struct mta_facts *facts, const struct mta_wish *wish,
                                      const struct mta_service *service)
{
    size_t ours = 0, others = 0;

    for (size_t i = 0; i < wish->pair_count; i++) {
        const struct ip *address = &wish->pairs[i].address;
        const struct ip *bind = &service->bind[address->family == IP_V6];
        const struct ip *from =
            bind->family != IP_NONE ? bind : &facts->source[address->family == IP_V6];

        if (!ip_equal(from, address) || service->silent[address->family == IP_V6])
            continue;
        if (name_equal(&wish->pairs[i].name, &wish->name))
            ours++;
        else
            others++;
    }
    if (ours > 0 && others == 0)
        return MTA_SET;
    return ours == 0 && others > 0 ? MTA_LEAVE : MTA_CONTESTED;
}

enum mta_claim postfix_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                             const struct mta_service *service, const struct mta_pair **rival)
{
    enum mta_claim claim = mta_claim(facts, wish, service, rival);

    if (claim != MTA_CONTESTED) {
        if (rival)
            *rival = NULL;
        return claim;
    }
    if (service->role == MTA_SENDER)
        return claim_by_source(facts, wish, service);
    return name_equal(&greeted_with(facts, wish, service)->name, &wish->name) ? MTA_SET : MTA_LEAVE;
}

static enum mta_claim claim_of(const struct postfix_draft *d, const struct mta_service *service)
{
    return postfix_claim(d->facts, d->wish, service, NULL);
}

static bool is_of(const struct mta_instance *instance, const struct mta_service *service)
{
    return str_equal(service->instance, instance->folder);
}

/* --- Where it is written ---------------------------------------------------------------------- */

static struct place place_of(const struct mta_instance *instance, const struct mta_service *service)
{
    const char *option = strstr(service->from, " -o ");
    struct place place = {.parameter = option ? option + 4 : service->from, .own = option != NULL};
    const struct mta_setting *own = postfix_own(instance, service, place.parameter);

    place.raw = place.own ? (own ? own->raw : "") : postfix_raw(instance, place.parameter);
    if (str_equal(place.parameter, "myhostname") || !postfix_starts_with(place.raw, "myhostname"))
        return place;
    own = postfix_own(instance, service, "myhostname");
    return (struct place){.parameter = "myhostname",
                          .own = own != NULL,
                          .raw = own ? own->raw : postfix_raw(instance, "myhostname")};
}

/*
 * A sender of this instance for an address that shall have another name: then each name goes to its
 * services, and myhostname to none (interface section 6). So no step of a plan undoes the reason of
 * another one.
 */
static bool has_rival(const struct postfix_draft *d, const struct mta_service *service)
{
    if (service->role != MTA_SENDER)
        return false;
    for (size_t i = 0; i < d->wish->pair_count; i++) {
        const struct mta_pair *pair = &d->wish->pairs[i];

        if (!name_equal(&pair->name, &d->wish->name) &&
            mta_serves(d->facts, service, &pair->address))
            return true;
    }
    return false;
}

/* Whether a setting of main.cf also decides for a service that shall keep what it says. */
static bool is_shared(const struct postfix_draft *d, const char *parameter)
{
    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];
        bool replies = s->role == MTA_LISTENER && str_equal(parameter, "myhostname") &&
                       !postfix_own(d->instance, s, "myhostname");
        struct place place;

        if (!s->outside || !is_of(d->instance, s) || claim_of(d, s) == MTA_SET)
            continue;
        place = place_of(d->instance, s);
        if (str_equal(parameter, "myhostname") && has_rival(d, s))
            return true;
        if (replies || (!place.own && str_equal(place.parameter, parameter)))
            return true;
        /* Where senders have several names, each has its own. */
        if (str_equal(parameter, "smtp_helo_name") && s->role == MTA_SENDER)
            return true;
    }
    return false;
}

/* The instance that is to be called by the name: the first that greets with it, else sends so. */
static const struct mta_instance *bearer_of(const struct postfix_draft *d)
{
    for (int role = MTA_LISTENER; role <= MTA_SENDER; role++)
        for (size_t i = 0; i < d->facts->instance_count; i++)
            for (size_t k = 0; k < d->facts->service_count; k++) {
                const struct mta_service *s = &d->facts->services[k];

                if ((int)s->role == role && is_of(&d->facts->instances[i], s) &&
                    postfix_is_judged(d->facts, s) && claim_of(d, s) == MTA_SET)
                    return &d->facts->instances[i];
            }
    return d->instance;
}

/*
 * Another instance that is called so: one that hands mail to the other takes the equal name for a
 * loop (section 2.13). A HELO is not compared there, only myhostname and what a server says.
 */
static const char *namesake_of(const struct postfix_draft *d)
{
    const struct mta_instance *bearer = bearer_of(d);

    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        if (s->role == MTA_LISTENER && !is_of(d->instance, s) &&
            (postfix_says(s, d->name) || str_equal_nocase(s->ehlo, d->name)))
            return s->instance;
    }
    for (size_t i = 0; i < d->facts->instance_count; i++) {
        const struct mta_instance *other = &d->facts->instances[i];

        if (other->enabled && other != d->instance &&
            str_equal_nocase(postfix_effective(other, "myhostname"), d->name))
            return other->folder;
    }
    return bearer != d->instance ? bearer->folder : NULL;
}

/* --- What a person has to decide ----------------------------------------------------------------- */

static bool refuse_namesake(const struct postfix_draft *d, const char *folder, struct error *e)
{
    fail(e, ERR_CONFLICT,
         "the Postfix instance in %.200s is or will be %s; two instances with one name take each "
         "other for a mail loop",
         folder, d->name);
    return error_next(e, "postmulti -l");
}

/* The first word has a "$" that is no plain $myhostname: what it becomes is not ours to guess. */
static bool refuse_built(const struct postfix_draft *d, const struct mta_service *service,
                         const struct place *place, struct error *e)
{
    char shown[200], word[256], full[256];

    str_printable(shown, sizeof shown, place->raw, strlen(place->raw));
    fail(e, ERR_CONFLICT,
         "%s%.60s of \"%.80s\" is built from other settings (%.180s), and it is not clear which of "
         "them to change",
         place->own ? "-o " : "", place->parameter, service->title, shown);
    if (!place->own)
        return error_next(e, "postconf -n | grep -F '$'");
    snprintf(full, sizeof full, "%.150s/%.80s", postfix_key_of(service).s, place->parameter);
    str_shell_quote(word, sizeof word, full);
    return error_next(e, "postconf -c %.100s -P %s", d->instance->folder, word);
}

/* One service, two addresses that shall have two names. */
static bool refuse_contested(const struct mta_service *service, const struct mta_pair *rival,
                             struct error *e)
{
    fail(
        e, ERR_CONFLICT,
        "the service \"%.80s\" also serves %s, which shall be %.200s: each name needs a service of "
        "its own, tied to its address (%s)",
        service->title, ip_text(&rival->address).s, rival->name.s,
        service->role == MTA_SENDER ? "smtp_bind_address, smtp_helo_name"
                                    : "ADDRESS:smtp inet, -o myhostname");
    return error_next(e, "postconf -c %.200s -M", service->instance);
}

/* The same where the service is the other name's by its greeting or its address: a person's rest. */
static void note_contested(struct postfix_draft *d, const struct mta_service *service,
                           const struct mta_pair *rival)
{
    struct error why = {0};

    if (!refuse_contested(service, rival, &why))
        strings_add(&d->edits->notes, why.why);
}

/* A server that greets with our own name is a mail loop for us (section 2.10). */
static bool refuse_peers(const struct postfix_draft *d, struct error *e)
{
    for (size_t i = 0; i < d->facts->peers.count; i++)
        if (str_equal_nocase(d->facts->peers.v[i], d->name)) {
            fail(e, ERR_CONFLICT,
                 "%s is the name of a relay that mail is handed to; with the same name here, "
                 "Postfix would take it for a mail loop",
                 d->name);
            return error_next(e, "postconf relayhost transport_maps");
        }
    return true;
}

/* --- The changes -------------------------------------------------------------------------------- */

static bool first_word_is_built(const char *raw)
{
    size_t blanks = strspn(raw, " \t"), word = strcspn(raw + blanks, " \t");

    return memchr(raw + blanks, '$', word) != NULL;
}

/* What follows the first word of a greeting stays; an empty greeting gets the usual "ESMTP". */
static void change_literal(struct postfix_draft *d, const struct mta_service *service, bool own,
                           const struct place *place)
{
    size_t blanks = strspn(place->raw, " \t"), word = strcspn(place->raw + blanks, " \t");
    struct buf text = BUF_INIT(HOST_FILE_MAX);

    buf_text(&text, d->name);
    if (service->role == MTA_LISTENER)
        buf_text(&text, word > 0 ? place->raw + blanks + word : " ESMTP");
    postfix_change(d, own ? service : NULL, place->parameter, buf_string(&text), false);
    buf_free(&text);
}

/* A myhostname of the service's own: it has one, or gets it. */
static bool change_own_name(struct postfix_draft *d, const struct mta_service *service,
                            struct error *e)
{
    const struct mta_setting *own = postfix_own(d->instance, service, "myhostname");
    const char *old = service->role == MTA_LISTENER ? service->ehlo : own ? own->raw : d->old;
    const char *taken = service->role == MTA_LISTENER ? namesake_of(d) : NULL;

    if (taken)
        return refuse_namesake(d, taken, e);
    postfix_change(d, service, "myhostname", d->name, false);
    return postfix_keep_own(d, service, old, e);
}

/* main.cf gives the name to others as well: the service gets it for itself. */
static bool give_own(struct postfix_draft *d, const struct mta_service *service,
                     const struct place *place, struct error *e)
{
    if (service->role == MTA_SENDER) {
        postfix_change(d, service, "smtp_helo_name", d->name, false);
        return true;
    }
    if (!str_equal(place->parameter, "myhostname"))
        change_literal(d, service, true, place);
    return change_own_name(d, service, e);
}

/* The name comes from myhostname of main.cf. */
static bool change_name(struct postfix_draft *d, const struct mta_service *service,
                        const struct place *place, struct error *e)
{
    const char *taken = namesake_of(d);

    if (!taken && !is_shared(d, "myhostname")) {
        d->rename = true;
        return true;
    }
    if (service->role == MTA_SENDER && !is_shared(d, "smtp_helo_name")) {
        postfix_change(d, NULL, "smtp_helo_name", d->name, false);
        return true;
    }
    return give_own(d, service, place, e);
}

/* The name is written out. What was one name in greeting and reply does not become two. */
static bool change_text(struct postfix_draft *d, const struct mta_service *service,
                        const struct place *place, struct error *e)
{
    if (first_word_is_built(place->raw))
        return refuse_built(d, service, place, e);
    if (!place->own && is_shared(d, place->parameter))
        return give_own(d, service, place, e);
    change_literal(d, service, place->own, place);
    if (!place->own || service->role == MTA_SENDER || !postfix_says(service, service->ehlo) ||
        (d->rename && !postfix_own(d->instance, service, "myhostname")))
        return true;
    return change_own_name(d, service, e);
}

static bool replies_otherwise(const struct postfix_draft *d, const struct mta_service *service)
{
    return service->role == MTA_LISTENER && !str_equal_nocase(service->ehlo, d->name) &&
           postfix_own(d->instance, service, "myhostname");
}

static bool plan_service(struct postfix_draft *d, const struct mta_service *service,
                         struct error *e)
{
    struct place place = place_of(d->instance, service);
    bool named = str_equal(place.parameter, "myhostname");

    if (postfix_says(service, d->name))
        return !replies_otherwise(d, service) || change_own_name(d, service, e);
    if (named && place.own)
        return change_own_name(d, service, e);
    return named ? change_name(d, service, &place, e) : change_text(d, service, &place, e);
}

/* Those first that may rename the host: what else is to be done depends on it. */
static bool is_first(const struct postfix_draft *d, const struct mta_service *service)
{
    struct place place = place_of(d->instance, service);

    return !place.own && str_equal(place.parameter, "myhostname");
}

static bool look_at(struct postfix_draft *d, const struct mta_service *service, struct error *e)
{
    const struct mta_pair *rival = NULL;
    enum mta_claim claim = postfix_claim(d->facts, d->wish, service, &rival);

    if (claim == MTA_SET)
        return plan_service(d, service, e);
    if (!rival || postfix_says(service, d->name))
        return true;
    if (claim == MTA_CONTESTED)
        return refuse_contested(service, rival, e);
    note_contested(d, service, rival);
    return true;
}

static bool plan_services(struct postfix_draft *d, struct error *e)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < d->facts->service_count; i++) {
            const struct mta_service *s = &d->facts->services[i];

            if (is_of(d->instance, s) && postfix_is_judged(d->facts, s) &&
                is_first(d, s) == (pass == 0) && !look_at(d, s, e))
                return false;
        }
    return true;
}

/* Whether inet_interfaces follows the name: such a change is read at a start only (section 2.9). */
static bool plan_interfaces(struct postfix_draft *d, struct error *e)
{
    switch (postfix_use(postfix_raw(d->instance, "inet_interfaces"))) {
    case POSTFIX_USES_NOT:
        return true;
    case POSTFIX_USES_PLAINLY:
        d->edits->restart = true;
        return true;
    case POSTFIX_USES_ODDLY:
        break;
    }
    fail(e, ERR_CONFLICT, "inet_interfaces depends on $myhostname and would change as well");
    return error_next(e, "postconf -c %.200s inet_interfaces", d->instance->folder);
}

static bool plan_instance(struct postfix_draft *d, const struct mta_instance *instance,
                          struct error *e)
{
    d->instance = instance;
    d->old = postfix_effective(instance, "myhostname");
    d->rename = false;
    if (!plan_services(d, e))
        return false;
    if (!d->rename)
        return true;
    postfix_change(d, NULL, "myhostname", d->name, false);
    return plan_interfaces(d, e) && postfix_keep_followers(d, e);
}

static bool plan_changes(struct postfix_draft *d, struct error *e)
{
    for (size_t i = 0; i < d->facts->instance_count; i++)
        if (d->facts->instances[i].enabled && !plan_instance(d, &d->facts->instances[i], e))
            return false;
    return d->edits->change_count == 0 ||
           (refuse_peers(d, e) && mta_may_edit(d->facts, &d->wish->name, e) && postfix_write(d, e));
}

static bool usable(const struct mta_facts *facts, const struct mta_wish *wish, struct error *e)
{
    struct name name;
    enum name_fault fault = name_parse_host(wish->name.s, &name);

    if (fault != NAME_GOOD)
        return fail(e, ERR_NAME_REFUSED, "%.200s %s", wish->name.s, name_fault_text(fault));
    if (!facts->unknown[0] && facts->instance_count > 0 && postfix_main_cf(&facts->instances[0]))
        return true;
    fail(e, ERR_CONFLICT, "its configuration cannot be read: %.400s",
         facts->unknown[0] ? facts->unknown : "nothing was observed");
    return facts->unknown_next[0] ? error_next(e, "%s", facts->unknown_next) : false;
}

bool postfix_edit(const struct mta_facts *facts, const struct mta_wish *wish,
                  struct mta_edits *edits, struct error *e)
{
    struct mta_edits made = {0};
    struct postfix_draft d = {.facts = facts, .wish = wish, .name = wish->name.s, .edits = &made};

    if (!usable(facts, wish, e) || !plan_changes(&d, e)) {
        mta_edits_free(&made);
        return error_what(e, "cannot give Postfix the name %.200s", wish->name.s);
    }
    *edits = made;
    return true;
}
