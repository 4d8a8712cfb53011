/* audit_rules_dns.c - what servers and resolvers of a zone do: failures, faults, contradictions. */
#include "agent/audit_look.h"

/* A finding about the zone of a record: the reverse one is the IP owner's. */
static void give_to_zone(struct look *look, struct finding *finding, bool reverse)
{
    look_give_to(look, finding, reverse ? OWNER_IP : OWNER_DNS);
    finding->check = reverse ? CHECK_PTR : CHECK_FORWARD;
}

static const char *type_text(const struct look *look, bool reverse)
{
    return reverse ? "PTR" : ip_record_type(look->facts->address.family);
}

static struct finding *add_temporary(struct look *look, const char *name,
                                     const struct rrset_facts *set, bool reverse)
{
    struct finding *finding =
        look_add(look, FIND_DNS_TEMPORARY, "the %s record of %s could not be read: %s",
                 type_text(look, reverse), name, dns_rcode_text(set->rcode));

    give_to_zone(look, finding, reverse);
    return finding;
}

/* The first server that shows the zone's fault. */
static const struct sighting *witness_of(const struct rrset_facts *set, enum zone_fault fault)
{
    for (size_t i = 0; i < set->seen_count; i++)
        if (fault == ZONE_BOGUS ? set->seen[i].bogus
                                : set->seen[i].authoritative && set->seen[i].rcode != DNS_TIMEOUT)
            return &set->seen[i];
    return &set->seen[0];
}

/* A zone that has been broken for a whole window is; in one look it may be a hiccup. */
static void find_broken_zone(struct look *look, const char *name, const struct rrset_facts *set,
                             const struct name *zone, bool reverse)
{
    enum zone_fault fault = rrset_zone_fault(set);
    const char *where = zone->s[0] ? zone->s : name;
    const struct sighting *witness;

    if (fault == ZONE_SOUND || (fault == ZONE_LAME && set->broken_s == 0))
        return;
    witness = witness_of(set, fault);
    if (set->broken_s == 0)
        give_to_zone(look,
                     look_add(look, FIND_DNS_TEMPORARY,
                              "resolver %s refuses the %s record of %s: the DNSSEC data of %s does "
                              "not validate",
                              witness->server, type_text(look, reverse), name, where),
                     reverse);
    else
        give_to_zone(look,
                     look_add(look, FIND_ZONE_BROKEN,
                              "the zone of %s, %s, has been %s for %s: %s %s", name, where,
                              fault == ZONE_BOGUS ? "DNSSEC-bogus" : "lame",
                              str_duration_text(set->broken_s).s, witness->server,
                              fault == ZONE_BOGUS ? "refuses it" : dns_rcode_text(witness->rcode)),
                     reverse);
}

/* Other names in PTR that could not be confirmed or denied: a note, since some receivers defer on them. */
static void note_open_names(struct look *look)
{
    const struct facts *facts = look->facts;
    struct name name;
    const char *value;
    size_t at = 0;

    while ((value = look_next_ptr(look, &at)) != NULL) {
        if (str_equal(value, facts->wanted.s) || look_confirms(facts, value) != MATCH_UNKNOWN ||
            !name_from_dns(value, &name))
            continue;
        look_weigh(look,
                   add_temporary(look, value,
                                 forward_set(facts_forward(facts, &name), facts->address.family),
                                 false),
                   SEVERITY_INFO);
    }
}

void look_rule_dns_temporary(struct look *look)
{
    const struct facts *facts = look->facts;
    const struct name none = {""};

    if (facts->reverse.ptr.asked && !rrset_is_definite(&facts->reverse.ptr))
        add_temporary(look, ip_text(&facts->address).s, &facts->reverse.ptr, true);
    find_broken_zone(look, ip_text(&facts->address).s, &facts->reverse.ptr, &facts->reverse.zone,
                     true);
    if (look->forward_set != NULL) {
        if (look->forward_set->asked && !rrset_is_definite(look->forward_set))
            add_temporary(look, facts->wanted.s, look->forward_set, false);
        find_broken_zone(look, facts->wanted.s, look->forward_set,
                         look->forward_facts != NULL ? &look->forward_facts->zone : &none, false);
    }
    note_open_names(look);
}

static bool authority_answered(const struct rrset_facts *set)
{
    for (size_t i = 0; i < set->seen_count; i++)
        if (set->seen[i].authoritative && !dns_rcode_is_temporary(set->seen[i].rcode))
            return true;
    return false;
}

/* The first authoritative server that says something else: one finding is enough for a zone. */
static void find_differing_server(struct look *look, const struct rrset_facts *set,
                                  const char *what, bool reverse)
{
    char says[160];

    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        if (!seen->authoritative || dns_rcode_is_temporary(seen->rcode) ||
            look_same_values(&seen->values, &set->values))
            continue;
        strings_join(&seen->values, ", ", "no record", says, sizeof says);
        give_to_zone(look,
                     look_add(look, FIND_SERVERS_DIFFER, "%s says %s for %s, other servers do not",
                              seen->server, says, what),
                     reverse);
        return;
    }
}

/* The first resolver that makes answers up: one finding is enough. */
static void find_rewriting(struct look *look, const struct rrset_facts *set, const char *what)
{
    for (size_t i = 0; i < set->seen_count; i++)
        if (set->seen[i].rewrites) {
            look_add(look, FIND_RESOLVER_ODD,
                     "resolver %s makes up an answer for %s, as for names that do not exist",
                     set->seen[i].server, what);
            return;
        }
}

static void find_odd_resolvers(struct look *look, const struct rrset_facts *set, const char *what)
{
    char says[160];

    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        if (seen->authoritative || seen->rewrites || dns_rcode_is_temporary(seen->rcode) ||
            look_same_values(&seen->values, &set->values))
            continue;
        strings_join(&seen->values, ", ", "no record", says, sizeof says);
        look_add(look, FIND_RESOLVER_ODD, "resolver %s says %s for %s (for another %s)",
                 seen->server, says, what, str_duration_text(seen->ttl_s).s);
    }
}

static void compare_servers(struct look *look, const struct rrset_facts *set, const char *what,
                            bool reverse)
{
    find_rewriting(look, set, what);
    if (!rrset_is_definite(set) || !authority_answered(set))
        return; /* without the authoritative servers nobody can say who is odd */
    find_differing_server(look, set, what, reverse);
    find_odd_resolvers(look, set, what);
}

void look_rule_servers(struct look *look)
{
    compare_servers(look, &look->facts->reverse.ptr, ip_text(&look->facts->address).s, true);
    if (look->forward_set != NULL)
        compare_servers(look, look->forward_set, look->facts->wanted.s, false);
}
