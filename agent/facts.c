/* facts.c - finding one's way in facts, and choosing the wanted name from them. */
#include "agent/facts.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/generic.h"

bool facts_from_here(const struct facts *facts)
{
    return facts->vantage[0] == '\0' || str_equal(facts->vantage, "here");
}

const struct forward_facts *facts_forward(const struct facts *facts, const struct name *name)
{
    for (size_t i = 0; i < facts->forward_count; i++)
        if (name_equal(&facts->forward[i].name, name))
            return &facts->forward[i];
    return NULL;
}

const struct owner_facts *facts_owner(const struct facts *facts, enum owner_role role)
{
    static const struct owner_facts nobody;

    return facts->owners != NULL ? &facts->owners[role] : &nobody;
}

struct owner_facts *facts_set_owner(struct facts *facts, enum owner_role role)
{
    if (facts->owners == NULL)
        facts->owners = mem_new(OWNER_COUNT, sizeof *facts->owners);
    return &facts->owners[role];
}

struct reason_facts *facts_set_reason(struct facts *facts)
{
    if (facts->helo.reason == NULL)
        facts->helo.reason = mem_new(1, sizeof *facts->helo.reason);
    return facts->helo.reason;
}

struct drift_facts *facts_add_drift(struct facts *facts)
{
    struct drift_facts *added;

    facts->drifts = mem_resize(facts->drifts, facts->drift_count + 1, sizeof *facts->drifts);
    added = &facts->drifts[facts->drift_count++];
    *added = (struct drift_facts){0};
    return added;
}

const struct rrset_facts *forward_set(const struct forward_facts *forward, enum ip_family family)
{
    return family == IP_V6 ? &forward->aaaa : &forward->a;
}

struct forward_facts *facts_add_forward(struct facts *facts, const struct name *name)
{
    for (size_t i = 0; i < facts->forward_count; i++)
        if (name_equal(&facts->forward[i].name, name))
            return &facts->forward[i];
    facts->forward = mem_resize(facts->forward, facts->forward_count + 1, sizeof *facts->forward);
    struct forward_facts *added = &facts->forward[facts->forward_count++];
    *added = (struct forward_facts){.name = *name};
    return added;
}

bool rrset_is_definite(const struct rrset_facts *set)
{
    return set->asked && !dns_rcode_is_temporary(set->rcode);
}

enum zone_fault rrset_zone_fault(const struct rrset_facts *set)
{
    bool spoke = false, delegated = false;

    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        if (seen->bogus)
            return ZONE_BOGUS;
        delegated = delegated || seen->authoritative;
        /* A server that refuses is there; so is a resolver that could not get an answer. */
        spoke = spoke || (seen->rcode != DNS_TIMEOUT && dns_rcode_is_temporary(seen->rcode));
    }
    return set->asked && !rrset_is_definite(set) && delegated && spoke ? ZONE_LAME : ZONE_SOUND;
}

/* Words that servers begin a greeting with when they forget their name. */
static bool is_filler(const char *word)
{
    static const char *const fillers[] = {"ESMTP", "SMTP",    "LMTP",  "Service",   "Welcome",
                                          "Mail",  "Postfix", "Exim",  "Sendmail",  "Microsoft",
                                          "ready", "server",  "Hello", "mailserver"};

    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++)
        if (str_equal_nocase(word, fillers[i]))
            return true;
    return false;
}

bool host_word(const char *word, struct name *out)
{
    switch (name_parse_host(word, out)) {
    case NAME_GOOD:
    case NAME_UNDERSCORE:
    case NAME_LOCALHOST:
    case NAME_PRIVATE_SUFFIX:
    case NAME_REVERSE:
        return true;
    case NAME_SINGLE_LABEL:
        return !is_filler(word);
    case NAME_EMPTY:
    case NAME_BAD_CHARACTER:
    case NAME_BAD_LABEL:
    case NAME_TOO_LONG:
    case NAME_NUMERIC:
    case NAME_LITERAL:
        break;
    }
    return false;
}

bool reply_word(const char *line, char *word, size_t size)
{
    struct cursor c, w;

    *word = '\0';
    if (strlen(line) < 3)
        return false;
    c = cursor_of(line + 3, strlen(line + 3));
    if (c.at < c.end && (*c.at == '-' || *c.at == ' '))
        c.at++;
    return cursor_word(&c, &w) && cursor_copy(&w, word, size);
}

bool banner_name(const struct banner_facts *banner, struct name *out)
{
    char first[256];

    *out = (struct name){0};
    if (banner->state != BANNER_OK || banner->lines.count == 0 ||
        !str_starts(banner->lines.v[0], "220"))
        return false;
    if (!reply_word(banner->lines.v[0], first, sizeof first) || !host_word(first, out))
        *out = (struct name){0};
    return true;
}

static bool decide(struct facts *facts, const struct name *name, const char *from)
{
    facts->wanted = *name;
    str_cut(facts->wanted_from, sizeof facts->wanted_from, from);
    return true;
}

static bool decide_by_ptr(struct facts *facts)
{
    const struct strings *names = &facts->reverse.ptr.values;
    struct name name;

    for (size_t i = 0; i < names->count && i < FACTS_PTR_EVALUATED; i++)
        if (name_parse_host(names->v[i], &name) == NAME_GOOD &&
            !generic_judge(&name, &facts->address).is_generic)
            return decide(facts, &name, "PTR");
    return false;
}

void facts_decide_name(struct facts *facts)
{
    struct name name;
    bool helo_known = facts->helo.state == HELO_OBSERVED || facts->helo.state == HELO_CONFIGURED;

    if (!name_is_empty(&facts->wanted))
        return;
    if (helo_known && name_parse_host(facts->helo.value, &name) == NAME_GOOD) {
        decide(facts, &name, facts->helo.from[0] ? facts->helo.from : "HELO");
        return;
    }
    if (banner_name(&facts->banner, &name) && name_parse_host(name.s, &name) == NAME_GOOD) {
        decide(facts, &name, "banner");
        return;
    }
    (void)decide_by_ptr(facts);
}

bool facts_name_is_declared(const struct facts *facts)
{
    static const char *const declared[] = {"--name", "configuration", "target"};

    for (size_t i = 0; i < sizeof declared / sizeof declared[0]; i++)
        if (str_equal(facts->wanted_from, declared[i]))
            return true;
    return facts->wanted_from[0] == '\0' && !name_is_empty(&facts->wanted);
}

void rrset_facts_free(struct rrset_facts *set)
{
    strings_free(&set->values);
    for (size_t i = 0; i < set->seen_count; i++)
        strings_free(&set->seen[i].values);
    free(set->seen);
    *set = (struct rrset_facts){0};
}

void facts_relay_host(const char *hop, char *out, size_t size)
{
    bool bracket;
    size_t length;

    hop += strspn(hop, " ");
    bracket = *hop == '[';
    hop += bracket;
    if (str_starts(hop, "IPv6:") || str_starts(hop, "ipv6:"))
        hop += strlen("IPv6:");
    length = strcspn(hop, bracket ? "]" : ":, ");
    str_format(out, size, "%.*s", (int)length, hop);
}

void facts_free(struct facts *facts)
{
    if (facts == NULL)
        return;
    rrset_facts_free(&facts->reverse.ptr);
    strings_free(&facts->reverse.cname);
    for (size_t i = 0; i < facts->forward_count; i++) {
        rrset_facts_free(&facts->forward[i].a);
        rrset_facts_free(&facts->forward[i].aaaa);
        strings_free(&facts->forward[i].cname);
    }
    free(facts->forward);
    strings_free(&facts->banner.lines);
    strings_free(&facts->banner.ehlo);
    strings_free(&facts->hosts_file);
    strings_free(&facts->path.other);
    free(facts->helo.reason);
    free(facts->drifts);
    free(facts->owners);
    *facts = (struct facts){0};
}
