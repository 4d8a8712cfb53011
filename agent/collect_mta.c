/* collect_mta.c - what a machine's mail server says of itself, and what was heard of it outside. */
#include "agent/collect_mta.h"

#include <stdlib.h>
#include <string.h>

#define OTHER_ROUTES_MAX 8 /* that are said */

/* "mail for example.org goes through [relay.example.net]"; "" for mail that is not sent. */
static void say_route(const struct mta_route *route, char *out, size_t size)
{
    out[0] = '\0';
    if (route->unresolved)
        str_format(out, size, "%s may go another way", route->what);
    else if (route->sends && route->relay[0] != '\0')
        str_format(out, size, "%s goes through the relay %s", route->what, route->relay);
    else if (route->sends)
        str_format(out, size, "%s goes by the transport %s, to its own hosts", route->what,
                   route->transport);
}

/* What most mail from an address does: of several instances, that of the one which sends from it. */
static const struct mta_route *general_way(const struct mta_facts *mta,
                                           const struct mta_service *sender)
{
    for (size_t i = 1; sender != NULL && i < mta->route_count; i++)
        if (mta->routes[i].general && str_equal(mta->routes[i].instance, sender->instance))
            return &mta->routes[i];
    return NULL;
}

static void take_routes(const struct mta_facts *mta, const struct mta_service *sender,
                        struct facts *facts)
{
    const struct mta_route *own = general_way(mta, sender);
    char text[512];

    str_cut(facts->path.relay, sizeof facts->path.relay, own != NULL ? own->relay : mta->relay);
    for (size_t i = 1; i < mta->route_count && facts->path.other.count < OTHER_ROUTES_MAX; i++) {
        if (&mta->routes[i] == own || (mta->routes[i].general && mta->routes[i].relay[0] == '\0'))
            continue;
        say_route(&mta->routes[i], text, sizeof text);
        if (text[0] != '\0')
            strings_add(&facts->path.other, text);
    }
}

static void take_drifts(const struct mta_facts *mta, struct facts *facts)
{
    const char *name = facts->wanted.s[0] ? facts->wanted.s : "mail.example.com";
    char *next;

    for (size_t i = 0; i < mta->drift_count && facts->drift_count < FACTS_DRIFTS_MAX; i++) {
        struct drift_facts *drift = facts_add_drift(facts);

        str_cut(drift->what, sizeof drift->what, mta->drifts[i].what);
        next = buf_replaced(mta->drifts[i].next, "NAME", name, sizeof drift->next);
        str_cut(drift->next, sizeof drift->next, next);
        free(next);
        drift->hostname = mta->drifts[i].hostname;
    }
}

/* What was heard outside is more than what the configuration says. */
static void take_heard(const struct heard *heard, struct facts *facts)
{
    struct helo_facts *helo = &facts->helo;

    if (heard == NULL)
        return;
    facts->path.nat = false;
    facts->path.private_side = heard->private_side;
    str_cut(facts->path.relay, sizeof facts->path.relay, heard->relay);
    helo->state = HELO_OBSERVED;
    helo->seen_ip = heard->from;
    free(helo->reason);
    helo->reason = NULL;
    str_cut(helo->value, sizeof helo->value, heard->helo);
    str_cut(helo->from, sizeof helo->from, heard->by);
}

static void take_configured(const struct machines *machines, const struct target *target,
                            struct facts *facts)
{
    const struct machine *machine =
        target->machine != NULL ? machines_find(machines, target->machine) : NULL;
    const struct mta_facts *mta = machine != NULL ? &machine->mta : NULL;
    const struct mta_service *sender, *odd;
    struct reason_facts *reason;
    struct owner_facts *owner;

    if (mta == NULL || mta->mta == NULL || str_equal(target->mta, "none"))
        return;
    owner = facts_set_owner(facts, OWNER_MTA);
    owner->can_fix = true;
    str_format(owner->name, sizeof owner->name, "root on %s", machine->host->title);
    facts->banner.expected = mta_service_of(mta, MTA_LISTENER) != NULL;
    sender = mta_sender_of(mta, target_own_address(target));
    take_routes(mta, sender, facts);
    take_drifts(mta, facts);
    odd = name_is_empty(&target->wanted)
              ? NULL
              : mta_odd_sender(mta, target_own_address(target), &target->wanted);
    if (odd != NULL)
        sender = odd; /* one transport with another name is what some receivers hear */
    if (mta->unknown[0] || sender == NULL) {
        facts->helo.state = HELO_UNKNOWN;
        reason = facts_set_reason(facts);
        str_cut(reason->why, sizeof reason->why,
                mta->unknown[0] ? mta->unknown : "no service sends from this address");
        str_cut(reason->next, sizeof reason->next, mta->unknown_next);
        return;
    }
    facts->helo.state = HELO_CONFIGURED;
    str_printable(facts->helo.value, sizeof facts->helo.value, sender->says, strlen(sender->says));
    str_format(facts->helo.from, sizeof facts->helo.from, "%s %.80s", mta->mta->name, sender->from);
}

void collect_take_mta(const struct machines *machines, const struct target *target,
                      struct facts *facts)
{
    take_configured(machines, target, facts);
    take_heard(target->heard, facts);
}
