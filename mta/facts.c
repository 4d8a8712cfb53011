/* facts.c - what was seen of a mail server, and what shall be changed: finding and freeing. */
#include "mta/mta.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"

const struct mta_service *mta_service_of(const struct mta_facts *facts, enum mta_role role)
{
    for (size_t i = 0; i < facts->service_count; i++)
        if (facts->services[i].role == role && facts->services[i].outside)
            return &facts->services[i];
    return NULL;
}

static bool is_bound_to(const struct mta_service *service, const struct ip *address)
{
    const struct ip *bind = &service->bind[address->family == IP_V6];

    return bind->family != IP_NONE && ip_equal(bind, address);
}

static bool is_bound(const struct mta_service *service, enum ip_family family)
{
    return service->bind[family == IP_V6].family != IP_NONE;
}

/* Whether another service of the same kind is tied to the address: it is preferred there. */
static bool is_taken(const struct mta_facts *facts, const struct mta_service *service,
                     const struct ip *address)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *other = &facts->services[i];
        if (other->role == service->role && other->outside && other->port == service->port &&
            is_bound_to(other, address))
            return true;
    }
    return false;
}

bool mta_serves(const struct mta_facts *facts, const struct mta_service *service,
                const struct ip *address)
{
    if (!service->outside || service->silent[address->family == IP_V6])
        return false;
    if (is_bound(service, address->family))
        return is_bound_to(service, address);
    if (service->role == MTA_SENDER && ip_equal(&facts->source[address->family == IP_V6], address))
        return true;
    return !is_taken(facts, service, address);
}

const struct mta_service *mta_sender_of(const struct mta_facts *facts, const struct ip *address)
{
    for (size_t i = 0; i < facts->service_count; i++)
        if (facts->services[i].role == MTA_SENDER && is_bound_to(&facts->services[i], address) &&
            facts->services[i].outside)
            return &facts->services[i];
    for (size_t i = 0; i < facts->service_count; i++)
        if (facts->services[i].role == MTA_SENDER &&
            mta_serves(facts, &facts->services[i], address))
            return &facts->services[i];
    return NULL;
}

const struct mta_service *mta_odd_sender(const struct mta_facts *facts, const struct ip *address,
                                         const struct name *name)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *service = &facts->services[i];
        if (service->role == MTA_SENDER && mta_serves(facts, service, address) &&
            !str_equal_nocase(service->says, name->s))
            return service;
    }
    return NULL;
}

enum mta_claim mta_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                         const struct mta_service *service, const struct mta_pair **rival)
{
    bool set = wish->pair_count == 0, other = false;

    if (!service->outside)
        return MTA_LEAVE;
    for (size_t i = 0; i < wish->pair_count; i++) {
        const struct mta_pair *pair = &wish->pairs[i];
        if (!mta_serves(facts, service, &pair->address))
            continue;
        if (name_equal(&pair->name, &wish->name)) {
            set = true;
        } else if (!other) {
            other = true;
            if (rival != NULL)
                *rival = pair;
        }
    }
    return !set ? MTA_LEAVE : other ? MTA_CONTESTED : MTA_SET;
}

enum mta_claim mta_greeting_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                                  const struct mta_service *listener)
{
    enum mta_claim claim = mta_claim(facts, wish, listener, NULL);

    if (claim != MTA_CONTESTED)
        return claim;
    for (size_t i = 0; i < wish->pair_count; i++)
        if (mta_serves(facts, listener, &wish->pairs[i].address))
            return name_equal(&wish->pairs[i].name, &wish->name) ? MTA_SET : MTA_LEAVE;
    return MTA_LEAVE;
}

bool mta_must_greet(const struct mta_facts *facts, const struct mta_wish *wish,
                    const struct ip *address)
{
    bool any = false;

    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];

        if (s->role != MTA_LISTENER || !mta_serves(facts, s, address))
            continue;
        if (mta_greeting_claim(facts, wish, s) == MTA_SET)
            return true;
        any = true;
    }
    return !any;
}

bool mta_may_edit(const struct mta_facts *facts, const struct name *name, struct error *e)
{
    char *next;

    if (facts->panel[0] == '\0')
        return true;
    next = buf_replaced(facts->panel_next, "NAME", name->s, sizeof e->next);
    fail(e, ERR_CONFLICT,
         "%.30s writes this configuration and would undo the change; change it there",
         facts->panel);
    error_next(e, "%s", next);
    free(next);
    return false;
}

void mta_hop_name(const char *hop, char *out, size_t size)
{
    bool literal;

    hop += strspn(hop, " \t");
    literal = hop[0] == '[';
    hop += literal;
    if (literal && strncasecmp(hop, "ipv6:", 5) == 0)
        hop += 5;
    snprintf(out, size, "%.*s", (int)strcspn(hop, literal ? "]" : ":, \t"), hop);
}

bool mta_hop_is_inside(const char *hop)
{
    char name[256];
    struct ip ip;

    mta_hop_name(hop, name, sizeof name);
    return str_equal_nocase(name, "localhost") ||
           (ip_parse(name, &ip) && ip_scope(&ip) == IP_SCOPE_LOOPBACK);
}

void mta_add_route(struct mta_facts *facts, const struct mta_route *route)
{
    facts->routes = mem_resize(facts->routes, facts->route_count + 1, sizeof *route);
    facts->routes[facts->route_count++] = *route;
}

void mta_add_drift(struct mta_facts *facts, bool hostname, const char *next, const char *what, ...)
{
    struct mta_drift one = {.hostname = hostname};
    va_list arguments;

    va_start(arguments, what);
    vsnprintf(one.what, sizeof one.what, what, arguments);
    va_end(arguments);
    str_cut(one.next, sizeof one.next, next);
    facts->drifts = mem_resize(facts->drifts, facts->drift_count + 1, sizeof one);
    facts->drifts[facts->drift_count++] = one;
}

static void instance_free(struct mta_instance *instance)
{
    for (size_t i = 0; i < instance->file_count; i++)
        host_file_free(&instance->files[i]);
    for (size_t i = 0; i < instance->setting_count; i++) {
        free(instance->settings[i].raw);
        free(instance->settings[i].value);
    }
    free(instance->files);
    free(instance->settings);
}

void mta_facts_free(struct mta_facts *facts)
{
    if (!facts)
        return;
    for (size_t i = 0; i < facts->instance_count; i++)
        instance_free(&facts->instances[i]);
    free(facts->instances);
    free(facts->services);
    strings_free(&facts->peers);
    free(facts->routes);
    free(facts->drifts);
    *facts = (struct mta_facts){0};
}

void mta_edits_free(struct mta_edits *edits)
{
    if (!edits)
        return;
    for (size_t i = 0; i < edits->file_count; i++)
        free(edits->files[i].text);
    for (size_t i = 0; i < edits->change_count; i++) {
        free(edits->changes[i].before);
        free(edits->changes[i].after);
    }
    free(edits->files);
    free(edits->changes);
    strings_free(&edits->commands);
    strings_free(&edits->notes);
    *edits = (struct mta_edits){0};
}
