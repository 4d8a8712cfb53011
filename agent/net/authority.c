/* authority.c - from a name to its zone and the servers of that zone. */
#include "agent/net/authority.h"

#include <string.h>

#include "agent/base/str.h"

#define STARTS_MAX 8      /* ancestors that resolvers are asked for */
#define DESCENTS_MAX 8    /* zone cuts below the first zone */
#define RESOLV_CONF_MAX 3 /* MAXNS of libc */

enum step {
    STEP_OPEN,   /* a question is under way: leave, and come back after progress */
    STEP_FAILED, /* no way on from here; authority.rcode says why */
    STEP_DONE,
};

struct search {
    struct dns *dns;
    const struct dns_server *resolvers;
    size_t resolver_count;
    const struct name *name;
    enum dns_type type; /* of the set that is wanted in the end */
    bool brief;
};

static const struct dns_answer *ask_server(const struct search *search,
                                           const struct dns_server *server, const struct name *name,
                                           enum dns_type type)
{
    const struct dns_question question = {.server = *server, .name = *name, .type = type};

    return dns_ask(search->dns, &question);
}

/* The next resolver is asked only when the one before could not tell. NULL while open. */
static const struct dns_answer *ask_resolvers(const struct search *search, const struct name *name,
                                              enum dns_type type)
{
    const struct dns_answer *answer = NULL;

    for (size_t i = 0; i < search->resolver_count; i++) {
        const struct dns_question question = {
            .server = search->resolvers[i], .name = *name, .type = type, .recurse = true};

        answer = dns_ask(search->dns, &question);
        if (answer == NULL || !dns_rcode_is_temporary(answer->rcode))
            break;
    }
    return answer;
}

static const struct dns_rr *find_rr(const struct dns_section *section, enum dns_type type,
                                    const struct name *owner)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct dns_rr *rr = &section->rr[i];

        if (rr->type == type && (owner == NULL || name_equal(&rr->owner, owner)))
            return rr;
    }
    return NULL;
}

static bool is_below(const struct name *name, const struct name *zone)
{
    return name_within(name, zone) && !name_equal(name, zone);
}

/* The SOA or NS record of a section whose owner encloses the name. */
static const struct dns_rr *find_enclosing(const struct dns_section *section, enum dns_type type,
                                           const struct name *name)
{
    for (size_t i = 0; i < section->count; i++) {
        const struct dns_rr *rr = &section->rr[i];

        if (rr->type == type && !name_is_empty(&rr->owner) && name_within(name, &rr->owner))
            return rr;
    }
    return NULL;
}

/* In the answer when the name is the top of a zone, else in the authority section. */
static const struct dns_rr *find_soa(const struct dns_answer *answer, const struct name *name)
{
    const struct dns_rr *soa = find_enclosing(&answer->answer, DNS_SOA, name);

    return soa != NULL ? soa : find_enclosing(&answer->authority, DNS_SOA, name);
}

static bool has_server(const struct authority *a, const struct name *name)
{
    for (size_t i = 0; i < a->count; i++)
        if (name_equal(a->servers[i].name, name))
            return true;
    return false;
}

/* Begin with a zone: the names of its servers from its NS records, without addresses. */
static void take_servers(const struct dns_section *section, const struct name *zone,
                         struct authority *a)
{
    *a = (struct authority){.zone = *zone};
    for (size_t i = 0; i < section->count; i++) {
        const struct dns_rr *rr = &section->rr[i];

        if (rr->type != DNS_NS || !name_equal(&rr->owner, zone) || name_is_empty(&rr->name))
            continue;
        if (a->count < AUTHORITY_SERVERS_MAX && !has_server(a, &rr->name))
            a->servers[a->count++] = (struct authority_server){.name = &rr->name};
    }
}

static bool take_address(const struct search *search, const struct dns_section *section,
                         const struct name *owner, struct authority_server *server)
{
    static const enum dns_type types[] = {DNS_A, DNS_AAAA};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const struct dns_rr *rr = find_rr(section, types[i], owner);

        if (rr == NULL || rr->ip.family == IP_NONE || !dns_has_route(search->dns, &rr->ip))
            continue;
        server->server =
            (struct dns_server){.ip = rr->ip, .port = dns_settings_of(search->dns)->port};
        return true;
    }
    return false;
}

/* IPv6 only for a server that cannot be reached by IPv4: one question less, and it suffices. */
static bool find_address(const struct search *search, struct authority_server *server)
{
    const struct dns_answer *answer;

    if (server->server.ip.family != IP_NONE)
        return true;
    answer = ask_resolvers(search, server->name, DNS_A);
    if (answer == NULL)
        return false;
    if (take_address(search, &answer->answer, NULL, server))
        return true;
    answer = ask_resolvers(search, server->name, DNS_AAAA);
    if (answer == NULL)
        return false;
    (void)take_address(search, &answer->answer, NULL, server);
    return true;
}

/* All at once: DONE when at least one server has an address. */
static enum step find_addresses(const struct search *search, struct authority *a)
{
    bool open = false, any = false;

    for (size_t i = 0; i < a->count; i++) {
        open |= !find_address(search, &a->servers[i]);
        any |= a->servers[i].server.ip.family != IP_NONE;
    }
    if (open)
        return STEP_OPEN;
    if (!any)
        a->rcode = DNS_TIMEOUT;
    return any ? STEP_DONE : STEP_FAILED;
}

/* The servers of a zone from one answer: names, then addresses from it (glue) or resolvers. */
static enum step take_zone(const struct search *search, const struct dns_answer *answer,
                           const struct dns_section *names, const struct name *zone,
                           struct authority *a)
{
    take_servers(names, zone, a);
    for (size_t i = 0; i < a->count; i++)
        (void)take_address(search, &answer->additional, a->servers[i].name, &a->servers[i]);
    return find_addresses(search, a);
}

/* The zone that holds an ancestor of the name, and its servers, from the resolvers. */
static enum step start_at(const struct search *search, const struct name *ancestor,
                          struct authority *a)
{
    const struct dns_answer *answer = ask_resolvers(search, ancestor, DNS_SOA);
    const struct dns_rr *soa;

    (void)ask_resolvers(search, ancestor, DNS_NS); /* most often it is the zone's name */
    *a = (struct authority){.rcode = DNS_NOERROR};
    if (answer == NULL)
        return STEP_OPEN;
    a->rcode = answer->rcode;
    if (dns_rcode_is_temporary(answer->rcode))
        return STEP_FAILED;
    a->rcode = DNS_BADREPLY;
    soa = find_soa(answer, search->name);
    if (soa == NULL)
        return STEP_FAILED;

    answer = ask_resolvers(search, &soa->owner, DNS_NS);
    if (answer == NULL)
        return STEP_OPEN;
    if (find_rr(&answer->answer, DNS_NS, &soa->owner) != NULL)
        return take_zone(search, answer, &answer->answer, &soa->owner, a);
    a->rcode = dns_rcode_is_temporary(answer->rcode) ? answer->rcode : DNS_BADREPLY;
    return STEP_FAILED;
}

/* The SOA record of the zone that a name is in, as its server tells it with AA set. */
static const struct dns_rr *own_soa(const struct dns_answer *answer, const struct name *name)
{
    /* Behind an alias the record belongs to the zone of the target. */
    if (find_rr(&answer->answer, DNS_CNAME, name) != NULL)
        return NULL;
    return find_soa(answer, name);
}

/* What a server of a zone makes of a question for a name in it. */
enum verdict {
    VERDICT_USELESS,  /* does not answer, or is lame */
    VERDICT_OWN,      /* answers for the zone, or for one below it */
    VERDICT_REFERRAL, /* names the servers of a zone below it */
};

static enum verdict judge(const struct search *search, const struct dns_answer *answer,
                          const struct name *zone)
{
    const struct dns_rr *rr;

    if (dns_rcode_is_temporary(answer->rcode))
        return VERDICT_USELESS;
    if (answer->authoritative) {
        rr = own_soa(answer, search->name);
        return rr == NULL || name_within(&rr->owner, zone) ? VERDICT_OWN : VERDICT_USELESS;
    }
    rr = find_enclosing(&answer->authority, DNS_NS, search->name);
    return rr != NULL && is_below(&rr->owner, zone) ? VERDICT_REFERRAL : VERDICT_USELESS;
}

/* A useful answer and who gave it. */
struct word {
    const struct authority_server *server; /* of the zone that is asked */
    const struct dns_answer *answer;
    enum verdict verdict;
};

/* Most often this zone is the last one: its servers are asked for the set in the same moment. */
static void ask_ahead(const struct search *search, const struct authority *a)
{
    for (size_t i = 0; i < a->count && !search->brief; i++)
        if (a->servers[i].server.ip.family != IP_NONE)
            (void)ask_server(search, &a->servers[i].server, search->name, search->type);
}

/*
 * Ask the servers of a zone for the SOA record at the name, which the deepest of their zones that
 * holds it answers with; or for the set itself, in a brief look. The first server alone, and when it
 * is of no use all others at once: dead ones then cost two time limits, not one each.
 */
static enum step ask_zone(const struct search *search, struct authority *a, struct word *word)
{
    bool first = true, open = false;

    ask_ahead(search, a);
    a->rcode = DNS_SERVFAIL; /* what a resolver makes of a zone whose servers are all lame */
    for (size_t i = 0; i < a->count; i++) {
        const struct authority_server *server = &a->servers[i];
        const struct dns_answer *answer;

        if (server->server.ip.family == IP_NONE)
            continue;
        answer = ask_server(search, &server->server, search->name,
                            search->brief ? search->type : DNS_SOA);
        if (answer == NULL && first)
            return STEP_OPEN;
        first = false;
        open |= answer == NULL;
        if (answer == NULL)
            continue;
        *word = (struct word){server, answer, judge(search, answer, &a->zone)};
        if (word->verdict != VERDICT_USELESS)
            return STEP_DONE;
        if (dns_rcode_is_temporary(answer->rcode))
            a->rcode = answer->rcode;
    }
    return open ? STEP_OPEN : STEP_FAILED;
}

static enum step follow_referral(const struct search *search, const struct word *word,
                                 struct authority *a)
{
    const struct dns_section *section = &word->answer->authority;

    return take_zone(search, word->answer, section,
                     &find_enclosing(section, DNS_NS, search->name)->owner, a);
}

/* A server that has a zone and one below it answers for the latter without any referral. */
static enum step follow_own(const struct search *search, const struct word *word,
                            const struct name *zone, struct authority *a)
{
    const struct dns_answer *answer = ask_server(search, &word->server->server, zone, DNS_NS);

    if (answer == NULL)
        return STEP_OPEN;
    if (find_rr(&answer->answer, DNS_NS, zone) != NULL)
        return take_zone(search, answer, &answer->answer, zone, a);
    a->zone = *zone; /* with the servers that we have */
    return STEP_DONE;
}

static void keep_speaker(const struct word *word, struct authority *a)
{
    a->servers[0] = *word->server;
    a->count = 1;
}

/* The zone is found: what its SOA record says (RFC 2308 5: the smaller of TTL and MINIMUM). */
static enum step finish(const struct search *search, const struct word *word, struct authority *a)
{
    const struct dns_rr *soa = own_soa(word->answer, search->name);

    if (soa == NULL) {
        const struct dns_answer *answer =
            ask_server(search, &word->server->server, &a->zone, DNS_SOA);

        if (answer == NULL)
            return STEP_OPEN;
        soa = find_rr(&answer->answer, DNS_SOA, &a->zone);
    }
    if (soa != NULL) {
        a->primary = soa->name;
        a->negative_ttl_s = soa->ttl_s < soa->soa_minimum_s ? soa->ttl_s : soa->soa_minimum_s;
    }
    a->rcode = DNS_NOERROR;
    if (search->brief)
        keep_speaker(word, a);
    return STEP_DONE;
}

/* From a zone that exists down to the one that the name is in. */
static enum step descend(const struct search *search, struct authority *a)
{
    struct word word = {0};

    for (int cuts = 0; cuts < DESCENTS_MAX; cuts++) {
        const struct dns_rr *soa;
        enum step step = ask_zone(search, a, &word);

        if (step != STEP_DONE)
            return step;
        if (word.verdict == VERDICT_REFERRAL) {
            step = follow_referral(search, &word, a);
        } else {
            soa = own_soa(word.answer, search->name);
            if (soa == NULL || name_equal(&soa->owner, &a->zone))
                return finish(search, &word, a);
            step = follow_own(search, &word, &soa->owner, a);
        }
        if (step != STEP_DONE)
            return step;
    }
    a->rcode = DNS_SERVFAIL;
    return STEP_FAILED;
}

/*
 * Where delegations usually are. The reverse tree is cut at octets (/24 is the longest that
 * registries delegate, RFC 2317 1) and at nibbles (from /32 on, in practice every fourth).
 */
static const struct tree {
    const char *top;
    size_t top_labels, first_labels, step;
} trees[] = {
    {"in-addr.arpa", 2, 5, 1}, {"ip6.arpa", 2, 10, 4}, {"", 1, 2, 1}, /* all others */
};

static const struct tree *tree_of(const struct name *name)
{
    const struct tree *tree = trees;

    for (struct name top = {""}; tree->top[0] != '\0'; tree++)
        if (str_copy(top.s, sizeof top.s, tree->top) && name_within(name, &top))
            break;
    return tree;
}

/*
 * The ancestors to begin at, by number of labels: short to long, because a short one is known to
 * more caches and betrays less; then, for a resolver that fails on all of them, the top of the
 * tree, from where the servers themselves show the way down.
 */
static size_t list_starts(const struct name *name, size_t labels[static STARTS_MAX])
{
    const struct tree *tree = tree_of(name);
    const size_t all = name_labels(name);
    size_t count = 0;

    labels[count++] = all < tree->first_labels ? all : tree->first_labels;
    for (size_t n = labels[0] + tree->step; n < all && count < STARTS_MAX - 1; n += tree->step)
        labels[count++] = n;
    if (labels[0] > tree->top_labels)
        labels[count++] = tree->top_labels;
    return count;
}

bool authority_find(struct dns *dns, const struct authority_question *question,
                    struct authority *out)
{
    const struct name *name = question->name;
    const struct search search = {.dns = dns,
                                  .resolvers = question->resolvers,
                                  .resolver_count = question->resolver_count,
                                  .name = name,
                                  .type = question->type,
                                  .brief = question->brief};
    size_t labels[STARTS_MAX], count = list_starts(name, labels);
    int why = DNS_NOERROR;

    for (size_t i = 0; i < count; i++) {
        const struct name ancestor = name_suffix(name, labels[i]);
        enum step step = start_at(&search, &ancestor, out);

        if (step == STEP_DONE)
            return descend(&search, out) != STEP_OPEN;
        if (step == STEP_OPEN)
            return false;
        if (i == 0)
            why = out->rcode;
        /* Silence may be that of the resolvers: leave out what is in between. */
        if (out->rcode == DNS_TIMEOUT && i + 2 < count)
            i = count - 2;
    }
    *out = (struct authority){.rcode = why};
    return true;
}

static uint32_t smallest_ttl(const struct dns_section *section)
{
    uint32_t ttl_s = section->count > 0 ? section->rr[0].ttl_s : 0;

    for (size_t i = 1; i < section->count; i++)
        if (section->rr[i].ttl_s < ttl_s)
            ttl_s = section->rr[i].ttl_s;
    return ttl_s;
}

bool authority_ask(struct dns *dns, const struct authority *authority, const struct name *name,
                   enum dns_type type, struct authority_view *views)
{
    const struct search search = {.dns = dns};
    bool open = false;

    for (size_t i = 0; i < authority->count; i++) {
        const struct authority_server *server = &authority->servers[i];
        struct authority_view *view = &views[i];

        *view = (struct authority_view){.rcode = DNS_TIMEOUT};
        if (server->server.ip.family == IP_NONE)
            continue;
        view->answer = ask_server(&search, &server->server, name, type);
        open |= view->answer == NULL;
        if (view->answer == NULL)
            continue;
        view->authoritative = view->answer->authoritative;
        view->rcode = view->answer->rcode;
        view->ttl_s = smallest_ttl(&view->answer->answer);
    }
    return !open;
}

size_t authority_parse_resolv_conf(const char *text, size_t length, struct dns_server *out,
                                   size_t room)
{
    struct cursor all = cursor_of(text, length), line, word;
    size_t count = 0;
    char s[64];

    while (count < room && count < RESOLV_CONF_MAX && cursor_line(&all, &line)) {
        if (!cursor_word(&line, &word) || !cursor_copy(&word, s, sizeof s) ||
            !str_equal(s, "nameserver"))
            continue;
        if (!cursor_word(&line, &word) || !cursor_copy(&word, s, sizeof s) ||
            !ip_parse(s, &out[count].ip))
            continue;
        out[count++].port = 53;
    }
    return count;
}
