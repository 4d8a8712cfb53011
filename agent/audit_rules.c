/* audit_rules.c - the rules: each reads the look and adds what it finds. */
#include "agent/audit_look.h"

#include <stdio.h>
#include <string.h>

#include "agent/generic.h"
#include "agent/proxy.h"

static void rule_name(struct look *look)
{
    struct finding *finding;

    if (!name_is_empty(&look->facts->wanted))
        return;
    finding = look_add(look, FIND_NAME_UNDECIDED, "no name is known that %s should carry",
                       ip_text(&look->facts->address).s);
    snprintf(finding->next, sizeof finding->next, "namesake audit %s --name mail.example.com",
             ip_text(&look->facts->address).s);
}

static void rule_nat(struct look *look)
{
    const struct facts *facts = look->facts;

    if (facts->path.nat)
        look_add(look, FIND_PATH_NAT, "%s is %s; the public address is not known",
                 ip_text(&facts->address).s, ip_scope_text(ip_scope(&facts->address)));
}

static void rule_other_address(struct look *look)
{
    const struct facts *facts = look->facts;
    const struct ip *seen = &facts->helo.seen_ip;
    struct finding *finding;

    if (seen->family != facts->address.family || ip_equal(seen, &facts->address))
        return;
    finding = look_add(look, FIND_PATH_OTHER_ADDRESS, "mail left from %s, not from %s",
                       ip_text(seen).s, ip_text(&facts->address).s);
    snprintf(finding->next, sizeof finding->next, "namesake audit %s", ip_text(seen).s);
}

/* Ways out that are not this address': a relay, exceptions. */
static void rule_routes(struct look *look)
{
    const struct path_facts *path = &look->facts->path;
    char host[256];
    struct finding *finding;

    if (path->relay[0]) {
        facts_relay_host(path->relay, host, sizeof host);
        finding = look_add(look, FIND_PATH_RELAY, "mail leaves through the relay %s", path->relay);
        snprintf(finding->next, sizeof finding->next, "namesake audit %s", host);
    }
    for (size_t i = 0; i < path->other.count; i++)
        look_add(look, FIND_PATH_OTHER_ROUTE, "%s", path->other.v[i]);
}

static void rule_ptr_missing(struct look *look)
{
    const struct reverse_facts *reverse = &look->facts->reverse;

    if (look->ptr != MATCH_ABSENT)
        return;
    if (reverse->cname.count > 0)
        look_add(look, FIND_PTR_MISSING,
                 "%s has no PTR record: its reverse name is an alias of "
                 "%s, which holds none",
                 ip_text(&look->facts->address).s, reverse->owner.s);
    else
        look_add(look, FIND_PTR_MISSING, "%s has no PTR record (%s)",
                 ip_text(&look->facts->address).s, dns_rcode_text(reverse->ptr.rcode));
}

/* Why a PTR value is no host name; NULL when it is one. */
static const char *ptr_fault(const struct look *look, const char *value)
{
    struct name name;
    enum name_fault fault = name_parse_host(value, &name);

    if (fault != NAME_GOOD)
        return name_fault_text(fault);
    return generic_judge(&name, &look->facts->address).is_placeholder
               ? "is a placeholder, not the name of a host"
               : NULL;
}

/* Beside the wanted name a bad one only makes receivers' luck worse; that is a warning. */
static void rule_ptr_invalid(struct look *look)
{
    struct finding *finding;
    const char *value, *fault;
    size_t at = 0;

    while ((value = look_next_ptr(look, &at)) != NULL) {
        if ((fault = ptr_fault(look, value)) == NULL)
            continue;
        finding = look_add(look, FIND_PTR_INVALID, "the PTR record holds \"%.200s\", which %s",
                           value, fault);
        if (look->ptr == MATCH_EQUAL && !str_equal(value, look->facts->wanted.s))
            look_weigh(look, finding, SEVERITY_WARN);
        return;
    }
}

/* The other repair: when the PTR name is confirmed, the mail server may take that name. */
static void offer_ptr_name(struct look *look, struct finding *finding)
{
    const char *ptr = look_ptr_text(look);
    struct name name;

    if (look_confirms(look->facts, ptr) == MATCH_EQUAL && name_parse_host(ptr, &name) == NAME_GOOD)
        snprintf(finding->alt, sizeof finding->alt, "namesake plan %s --name %s",
                 ip_text(&look->facts->address).s, name.s);
}

/* Whether a PTR value is a hoster's default; localhost and the reverse name are nobody's. */
static struct generic judge_default(const struct look *look, const char *value)
{
    struct name name;
    enum name_fault fault = name_parse_host(value, &name);

    if (fault == NAME_LOCALHOST || fault == NAME_REVERSE || !name_from_dns(value, &name))
        return (struct generic){.is_generic = false};
    return generic_judge(&name, &look->facts->address);
}

static void rule_ptr_differs(struct look *look)
{
    const struct facts *facts = look->facts;
    const char *ptr = look_ptr_text(look);
    struct generic generic;
    struct finding *finding;

    if (look->ptr != MATCH_DIFFERS)
        return;
    generic = judge_default(look, ptr);
    if (generic.is_generic) {
        look_add(look, FIND_PTR_GENERIC,
                 "the PTR record still carries %s's default name, %s, not %s",
                 generic.vendor ? generic.vendor : "the hoster", ptr, facts->wanted.s);
        return;
    }
    finding =
        look_add(look, FIND_PTR_MISMATCH, "the PTR record names %s, not %s", ptr, facts->wanted.s);
    offer_ptr_name(look, finding);
}

static void rule_ptr_wanted_generic(struct look *look)
{
    struct finding *finding;

    if (look->ptr != MATCH_EQUAL ||
        !generic_judge(&look->facts->wanted, &look->facts->address).is_generic)
        return;
    finding =
        look_add(look, FIND_PTR_GENERIC, "the wanted name, %s, looks like a hoster's default name",
                 look->facts->wanted.s);
    look_weigh(look, finding, SEVERITY_WARN);
}

static void rule_ptr_not_confirmed(struct look *look)
{
    const char *name;
    size_t at = 0;

    while ((name = look_next_ptr(look, &at)) != NULL) {
        enum match confirms = look_confirms(look->facts, name);
        if (confirms != MATCH_ABSENT && confirms != MATCH_DIFFERS)
            return;
    }
    if (at == 0 || look->ptr == MATCH_ABSENT)
        return;
    look_add(look, FIND_PTR_NOT_CONFIRMED, "%s, the name in the PTR record, does not resolve to %s",
             look_ptr_text(look), ip_text(&look->facts->address).s);
}

static void rule_ptr_multiple(struct look *look)
{
    char list[256];
    size_t at = 0, count = 0;

    while (look_next_ptr(look, &at) != NULL)
        count++;
    if (count < 2)
        return;
    strings_join(&look->facts->reverse.ptr.values, ", ", "", list, sizeof list);
    look_add(look, FIND_PTR_MULTIPLE, "%zu PTR records%s: %s", count,
             count > FACTS_PTR_EVALUATED ? ", of which receivers read ten" : "", list);
}

static void rule_forward_fails(struct look *look)
{
    const struct facts *facts = look->facts;
    const char *proxy;
    char list[160];

    if (look->forward == MATCH_ABSENT)
        look_add(look, FIND_FORWARD_MISSING, "%s has no %s record (%s)", facts->wanted.s,
                 ip_record_type(facts->address.family), dns_rcode_text(look->forward_set->rcode));
    if (look->forward != MATCH_DIFFERS)
        return;
    strings_join(&look->forward_set->values, ", ", "", list, sizeof list);
    proxy = proxy_of(&look->forward_set->values, &look->forward_facts->cname);
    look_add(look, FIND_FORWARD_ELSEWHERE, "%s resolves to %s, not to %s%s%s", facts->wanted.s,
             list, ip_text(&facts->address).s, proxy != NULL ? ": it stands behind " : "",
             proxy != NULL ? proxy : "");
}

static void rule_forward_form(struct look *look)
{
    if (look->forward_facts == NULL)
        return;
    if (look->forward_facts->cname.count > 0)
        look_add(look, FIND_FORWARD_CNAME, "%s is an alias of %s", look->facts->wanted.s,
                 look->forward_facts->cname.v[0]);
    if (look->forward == MATCH_EQUAL && look_count_values(&look->forward_set->values) > 1)
        look_add(look, FIND_FORWARD_MULTIPLE, "%s has %zu %s records, this address among them",
                 look->facts->wanted.s, look_count_values(&look->forward_set->values),
                 ip_record_type(look->facts->address.family));
}

static void rule_helo(struct look *look)
{
    const struct helo_facts *helo = &look->facts->helo;
    const struct reason_facts *reason = helo->reason;
    char way[sizeof helo->from + 16];
    struct finding *finding;

    if (helo->state == HELO_OBSERVED)
        str_cut(way, sizeof way, "observed");
    else /* by which setting, and whether that takes it from the PTR */
        str_format(way, sizeof way, "configured%s%s", helo->from[0] ? ": " : "", helo->from);

    if (look->helo == MATCH_UNKNOWN && helo->state == HELO_UNKNOWN) {
        finding =
            look_add(look, FIND_HELO_UNKNOWN, "%s",
                     reason != NULL && reason->why[0] ? reason->why : "the HELO name is not known");
        if (reason != NULL && reason->next[0])
            str_cut(finding->next, sizeof finding->next, reason->next);
    }
    if (look->helo != MATCH_DIFFERS)
        return;
    if (look->helo_fault != NAME_GOOD)
        look_add(look, FIND_HELO_INVALID, "HELO says \"%s\" (%s), which %s", helo->value, way,
                 name_fault_text(look->helo_fault));
    else
        look_add(look, FIND_HELO_MISMATCH, "HELO says %s (%s), not %s", helo->value, way,
                 look->facts->wanted.s);
}

static void rule_drift(struct look *look)
{
    for (size_t i = 0; i < look->facts->drift_count; i++) {
        const struct drift_facts *drift = &look->facts->drifts[i];
        struct finding *finding = look_add(
            look, drift->hostname ? FIND_HELO_FROM_HOSTNAME : FIND_NAME_MANAGED, "%s", drift->what);

        if (drift->next[0])
            str_cut(finding->next, sizeof finding->next, drift->next);
    }
}

/* A greeting with the name of another machine is that one's: port 25 is forwarded to it. */
static void give_banner_away(struct look *look, struct finding *finding)
{
    if (look_confirms(look->facts, look->greeting_word) == MATCH_DIFFERS)
        look_give_to(look, finding, OWNER_RELAY);
}

static void rule_banner_name(struct look *look)
{
    const struct facts *facts = look->facts;
    const char *line = facts->banner.lines.count > 0 ? facts->banner.lines.v[0] : "";
    struct finding *finding;

    if (facts->banner_off)
        return;
    if (facts->banner.state == BANNER_NOT_SMTP) {
        finding =
            look_add(look, FIND_BANNER_NO_NAME, "port 25 of %s speaks another protocol: \"%.160s\"",
                     ip_text(&facts->address).s, line);
        look_give_to(look, finding, OWNER_RELAY);
    }
    if (look->greeting == GREETING_NO_NAME)
        look_add(look, FIND_BANNER_NO_NAME,
                 "the greeting does not begin with a host name: "
                 "\"%.200s\"",
                 line);
    if (look->greeting == GREETING_NAME_LATER) {
        finding = look_add(look, FIND_BANNER_NO_NAME,
                           "the name is not the first word of the greeting: \"%.200s\"", line);
        look_weigh(look, finding, SEVERITY_WARN);
    }
    if (look->greeting == GREETING_NAMED && look->banner == MATCH_DIFFERS) {
        finding = look_add(look, FIND_BANNER_MISMATCH, "the greeting says %s, not %s",
                           look->greeting_word, facts->wanted.s);
        give_banner_away(look, finding);
    }
}

static void rule_banner_state(struct look *look)
{
    const struct banner_facts *banner = &look->facts->banner;
    static const char *const seen[BANNER_STATES] = {
        [BANNER_NOT_ASKED] = "was not asked",
        [BANNER_OK] = "gave no greeting",
        [BANNER_REFUSED] = "refuses connections",
        [BANNER_TIMEOUT] = "did not answer in time",
        [BANNER_CLOSED] = "closed the connection before its greeting",
        [BANNER_NOT_SMTP] = "speaks another protocol",
    };
    bool silent = banner->state == BANNER_TIMEOUT || banner->state == BANNER_CLOSED ||
                  (banner->state == BANNER_REFUSED && banner->expected) ||
                  (banner->state == BANNER_OK && banner->lines.count == 0);

    if (look->facts->banner_off)
        return;
    if (look->greeting == GREETING_MASKED)
        look_add(look, FIND_BANNER_MASKED, "a firewall masks the greeting: \"%.120s\"",
                 banner->lines.v[0]);
    if (look->greeting == GREETING_TURNED_AWAY || look->greeting == GREETING_BUSY)
        look_add(look, FIND_BANNER_REFUSED, "the server turns clients away: \"%.200s\"",
                 banner->lines.v[banner->lines.count - 1]);
    if (banner->doubted)
        look_add(look, FIND_BANNER_UNREACHABLE,
                 "port 25 may be closed from %s: no greeting of any address came there",
                 look->facts->vantage);
    else if (silent)
        look_add(look, FIND_BANNER_UNREACHABLE, "port 25 of %s %s",
                 ip_text(&look->facts->address).s, seen[banner->state]);
}

static void rule_banner_ehlo(struct look *look)
{
    const struct banner_facts *banner = &look->facts->banner;
    struct name greeted, replied;
    char word[256];

    if (look->greeting != GREETING_NAMED || banner->ehlo.count == 0 ||
        !str_starts(banner->ehlo.v[0], "250") ||
        !reply_word(banner->ehlo.v[0], word, sizeof word) || !host_word(word, &replied))
        return;
    (void)name_parse_host(look->greeting_word, &greeted);
    if (!name_equal(&greeted, &replied))
        look_add(look, FIND_BANNER_EHLO_DIFFER, "the greeting says %s, the reply to EHLO %s",
                 look->greeting_word, word);
}

static void rule_hosts_file(struct look *look)
{
    char list[160];

    if (look->facts->hosts_file.count == 0)
        return;
    strings_join(&look->facts->hosts_file, ", ", "", list, sizeof list);
    look_add(look, FIND_HOSTS_FILE_DIFFERS, "/etc/hosts gives %s the address %s",
             look->facts->wanted.s, list);
}

static void (*const rules[])(struct look *) = {
    rule_name,
    rule_nat,
    rule_other_address,
    rule_routes,
    rule_ptr_missing,
    rule_ptr_invalid,
    rule_ptr_differs,
    rule_ptr_not_confirmed,
    rule_ptr_wanted_generic,
    rule_ptr_multiple,
    rule_forward_fails,
    rule_forward_form,
    rule_helo,
    rule_drift,
    rule_banner_name,
    rule_banner_state,
    rule_banner_ehlo,
    look_rule_dns_temporary,
    look_rule_servers,
    rule_hosts_file,
};

/* Into the catalogue's order; those of one kind stay as they were found. */
static void sort_findings(struct judgement *judgement)
{
    for (size_t i = 1; i < judgement->count; i++) {
        struct finding moved = judgement->findings[i];
        size_t at = i;
        for (; at > 0 && judgement->findings[at - 1].id > moved.id; at--)
            judgement->findings[at] = judgement->findings[at - 1];
        judgement->findings[at] = moved;
    }
}

void look_apply_rules(struct look *look)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        rules[i](look);
    sort_findings(look->out);
}
