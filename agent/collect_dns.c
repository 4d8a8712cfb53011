/* collect_dns.c - a record set from its authoritative servers first, then from resolvers. */
#include "agent/collect_dns.h"

#include <string.h>

#include "agent/base/mem.h"
#include "agent/net/authority.h"

#define ALIASES_MAX 8 /* longer chains are loops, or meant to hurt */

static const struct dns_rr *find_rr(const struct dns_section *section, const struct name *owner,
                                    uint16_t type)
{
    for (size_t i = 0; i < section->count; i++)
        if (section->rr[i].type == type && name_equal(&section->rr[i].owner, owner))
            return &section->rr[i];
    return NULL;
}

static void add_value(const struct dns_rr *rr, enum dns_type type, struct strings *values)
{
    struct ip_text address = ip_text(&rr->ip);

    strings_add_new(values, type == DNS_PTR ? rr->name.s : address.s);
}

void answer_values(const struct dns_answer *answer, const struct name *owner, enum dns_type type,
                   struct strings *values, struct strings *cname, struct name *last,
                   uint32_t *ttl_s)
{
    const struct dns_rr *rr;

    *last = *owner;
    *ttl_s = UINT32_MAX;
    for (int i = 0; i < ALIASES_MAX; i++) {
        rr = find_rr(&answer->answer, last, DNS_CNAME);
        if (rr == NULL)
            break;
        *last = rr->name;
        *ttl_s = rr->ttl_s < *ttl_s ? rr->ttl_s : *ttl_s;
        if (cname != NULL)
            strings_add(cname, last->s);
    }
    for (size_t i = 0; i < answer->answer.count; i++) {
        rr = &answer->answer.rr[i];
        if (rr->type != type || !name_equal(&rr->owner, last))
            continue;
        *ttl_s = rr->ttl_s < *ttl_s ? rr->ttl_s : *ttl_s;
        add_value(rr, type, values);
    }
    if (*ttl_s == UINT32_MAX)
        *ttl_s = 0;
}

/* RFC 2308 5: how long the denial may be remembered. */
static uint32_t denial_ttl(const struct dns_answer *answer)
{
    for (size_t i = 0; answer != NULL && i < answer->authority.count; i++) {
        const struct dns_rr *rr = &answer->authority.rr[i];
        if (rr->type == DNS_SOA)
            return rr->ttl_s < rr->soa_minimum_s ? rr->ttl_s : rr->soa_minimum_s;
    }
    return 0;
}

static struct sighting *add_sighting(const struct dns_look *look, struct rrset_facts *set)
{
    struct sighting *seen;

    set->seen = mem_resize(set->seen, set->seen_count + 1, sizeof *set->seen);
    seen = &set->seen[set->seen_count++];
    *seen = (struct sighting){.rcode = DNS_NOERROR};
    str_cut(seen->vantage, sizeof seen->vantage, look->vantage);
    return seen;
}

/* A server that is delegated to but does not own the zone is lame: it has not answered. */
static int view_rcode(const struct authority_view *view)
{
    return !view->authoritative && !dns_rcode_is_temporary(view->rcode) ? DNS_REFUSED : view->rcode;
}

static void see_servers(const struct dns_look *look, const struct authority *authority,
                        const struct authority_view *views, const struct name *owner,
                        enum dns_type type, struct rrset_facts *set)
{
    struct name last;

    for (size_t i = 0; i < authority->count; i++) {
        struct sighting *seen = add_sighting(look, set);
        str_cut(seen->server, sizeof seen->server, authority->servers[i].name->s);
        seen->authoritative = true;
        seen->rcode = view_rcode(&views[i]);
        if (views[i].answer != NULL && !dns_rcode_is_temporary(seen->rcode))
            answer_values(views[i].answer, owner, type, &seen->values, NULL, &last, &seen->ttl_s);
    }
}

/*
 * The answer that decides: the first server of the zone that has the set, else the first that
 * denies it. A secondary that has not followed yet denies what is there; the order in which servers
 * are named must not change a verdict.
 */
static const struct authority_view *deciding(const struct authority *authority,
                                             const struct authority_view *views)
{
    const struct authority_view *denies = NULL;

    for (size_t i = 0; i < authority->count; i++) {
        if (dns_rcode_is_temporary(view_rcode(&views[i])))
            continue;
        if (views[i].answer->answer.count > 0)
            return &views[i];
        if (denies == NULL)
            denies = &views[i];
    }
    return denies;
}

static const struct dns_answer *ask_resolver(const struct dns_look *look, size_t i,
                                             const struct name *owner, enum dns_type type,
                                             bool unchecked)
{
    return dns_ask(look->dns, &(struct dns_question){.server = look->resolvers[i],
                                                     .name = *owner,
                                                     .type = type,
                                                     .recurse = true,
                                                     .unchecked = unchecked});
}

/* "org" of "mail.example.org": a zone that validates wherever validation works at all. */
static struct name top_of(const struct name *name)
{
    const char *dot = strrchr(name->s, '.');
    struct name top = {""};

    str_cut(top.s, sizeof top.s, dot != NULL ? dot + 1 : name->s);
    return top;
}

/*
 * Whether a resolver fails because it validates: with checking disabled it has the answer (RFC
 * 4035 3.2.2), without it fails for whatever is asked of that name, and it answers for the top of
 * the tree. A resolver whose clock or anchor is wrong fails there, too, and one that hiccups does
 * not fail three times: neither says anything about the zone. False while open.
 */
static bool see_validation(const struct dns_look *look, size_t i, const struct name *owner,
                           enum dns_type type, struct sighting *seen)
{
    const struct name top = top_of(owner);
    const struct dns_answer *answers[] = {
        ask_resolver(look, i, owner, type, true),
        ask_resolver(look, i, &top, DNS_SOA, false),
        ask_resolver(look, i, owner, DNS_SOA, false),
        ask_resolver(look, i, owner, DNS_TXT, false),
    };

    for (size_t k = 0; k < sizeof answers / sizeof answers[0]; k++)
        if (answers[k] == NULL)
            return false;
    seen->bogus = answers[0]->rcode == DNS_NOERROR && answers[0]->answer.count > 0 &&
                  answers[1]->rcode == DNS_NOERROR && answers[2]->rcode == DNS_SERVFAIL &&
                  answers[3]->rcode == DNS_SERVFAIL;
    return true;
}

static bool same_values(const struct strings *a, const struct strings *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!strings_have(b, a->v[i]))
            return false;
    return a->count == b->count;
}

/*
 * Whether a resolver would have given the same answer for a name beside it that does not exist
 * (receivers sheet, section 8): then it rewrites NXDOMAIN, and its answer is worth nothing. Only
 * asked where its word would count or stands alone. False while open.
 */
static bool see_rewriting(const struct dns_look *look, size_t i, const struct name *owner,
                          enum dns_type type, struct sighting *seen)
{
    const char *dot = strchr(owner->s, '.');
    const struct dns_answer *answer;
    struct strings values = {0};
    struct name beside, last;
    uint32_t ttl_s;
    char text[NAME_MAX_TEXT];

    str_format(text, sizeof text, "%s%s", look->probe, dot != NULL ? dot : "");
    if (!name_from_dns(text, &beside))
        return true;
    answer = ask_resolver(look, i, &beside, type, false);
    if (answer == NULL)
        return false;
    answer_values(answer, &beside, type, &values, NULL, &last, &ttl_s);
    seen->rewrites = values.count > 0 && same_values(&values, &seen->values);
    strings_free(&values);
    return true;
}

/* All resolvers at once. False while one of them is open. */
static bool see_resolvers(const struct dns_look *look, const struct name *owner, enum dns_type type,
                          struct rrset_facts *set)
{
    struct name last;
    bool open = false;

    for (size_t i = 0; i < look->resolver_count; i++)
        open = ask_resolver(look, i, owner, type, false) == NULL || open;
    for (size_t i = 0; !open && i < look->resolver_count; i++) {
        const struct dns_answer *answer = ask_resolver(look, i, owner, type, false);
        struct sighting *seen = add_sighting(look, set);
        str_cut(seen->server, sizeof seen->server, ip_text(&look->resolvers[i].ip).s);
        seen->rcode = answer->rcode;
        answer_values(answer, owner, type, &seen->values, NULL, &last, &seen->ttl_s);
        if (seen->rcode == DNS_SERVFAIL)
            open = !see_validation(look, i, owner, type, seen) || open;
        else if (look->probe != NULL && seen->values.count > 0 &&
                 !same_values(&seen->values, &set->values))
            open = !see_rewriting(look, i, owner, type, seen) || open;
    }
    return !open;
}

static bool rewrites(const struct rrset_facts *set, const struct dns_server *resolver)
{
    struct ip_text address = ip_text(&resolver->ip);

    for (size_t i = 0; i < set->seen_count; i++)
        if (set->seen[i].rewrites && str_equal(set->seen[i].server, address.s))
            return true;
    return false;
}

/* Nobody authoritative answered: what the resolvers say decides, data before denials. */
static void decide_by_resolvers(const struct dns_look *look, const struct name *owner,
                                enum dns_type type, struct rrset_facts *set,
                                struct dns_place *place)
{
    const struct dns_answer *best = NULL;

    for (size_t i = 0; i < look->resolver_count; i++) {
        const struct dns_answer *answer = ask_resolver(look, i, owner, type, false);
        if (rewrites(set, &look->resolvers[i]))
            continue;
        if (best == NULL || dns_rcode_is_temporary(best->rcode))
            best = answer;
    }
    set->rcode = best == NULL ? DNS_TIMEOUT : best->rcode;
    if (best == NULL || dns_rcode_is_temporary(best->rcode))
        return;
    answer_values(best, owner, type, &set->values, &place->cname, &place->owner, &set->ttl_s);
    set->negative_ttl_s = denial_ttl(best);
}

enum hop {
    HOP_OPEN,
    HOP_SILENT, /* no server of the zone answered */
    HOP_DENIED, /* this is where it ends, without data */
    HOP_DATA,
    HOP_ALIAS, /* it goes on at place->owner */
};

/* Ask the servers of the zone that holds place->owner, and follow aliases within their answer. */
static enum hop look_hop(const struct dns_look *look, enum dns_type type, struct rrset_facts *set,
                         struct dns_place *place)
{
    struct authority authority;
    struct authority_view views[AUTHORITY_SERVERS_MAX];
    const struct authority_view *view;
    struct name owner = place->owner;

    const struct authority_question question = {.resolvers = look->resolvers,
                                                .resolver_count = look->resolver_count,
                                                .name = &owner,
                                                .type = type,
                                                .brief = look->brief};

    if (!authority_find(look->dns, &question, &authority))
        return HOP_OPEN;
    place->zone = authority.zone;
    if (name_is_empty(&authority.zone))
        return HOP_SILENT;
    if (!authority_ask(look->dns, &authority, &owner, type, views))
        return HOP_OPEN;
    view = deciding(&authority, views);
    if (view != NULL)
        answer_values(view->answer, &owner, type, &set->values, &place->cname, &place->owner,
                      &set->ttl_s);
    /* The servers of its target decide, which these may be or not (RFC 2317). It may lead back to
     * where it began: aliases that loop never get further. */
    if (view != NULL && find_rr(&view->answer->answer, &owner, DNS_CNAME) != NULL) {
        strings_free(&set->values);
        return HOP_ALIAS;
    }
    see_servers(look, &authority, views, &owner, type, set);
    if (view == NULL)
        return HOP_SILENT;
    set->rcode = view->rcode;
    set->negative_ttl_s = denial_ttl(view->answer);
    return set->values.count > 0 ? HOP_DATA : HOP_DENIED;
}

static bool give_up(struct rrset_facts *set, struct dns_place *place)
{
    rrset_facts_free(set);
    strings_free(&place->cname);
    *place = (struct dns_place){0};
    return false;
}

bool look_rrset(const struct dns_look *look, const struct name *owner, enum dns_type type,
                struct rrset_facts *set, struct dns_place *place)
{
    enum hop hop = HOP_ALIAS;

    *set = (struct rrset_facts){.asked = true, .rcode = DNS_SERVFAIL};
    *place = (struct dns_place){.owner = *owner};
    while (hop == HOP_ALIAS && place->cname.count < ALIASES_MAX)
        hop = look_hop(look, type, set, place);
    if (hop == HOP_OPEN)
        return give_up(set, place);
    if (hop == HOP_DENIED || hop == HOP_ALIAS || (hop == HOP_DATA && look->brief))
        return true; /* a denial is not asked of shared resolvers: they would remember it */
    if (!see_resolvers(look, owner, type, set))
        return give_up(set, place);
    if (hop == HOP_SILENT)
        decide_by_resolvers(look, owner, type, set, place);
    return true;
}
