/* facts_json.c - facts as a document, for --record (interface section 10). */
#include "agent/facts_json.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

const char *const facts_banner_states[BANNER_STATES] = {
    [BANNER_OK] = "ok",         [BANNER_REFUSED] = "refused",   [BANNER_TIMEOUT] = "timeout",
    [BANNER_CLOSED] = "closed", [BANNER_NOT_SMTP] = "not-smtp",
};

const char *const facts_helo_states[HELO_STATES] = {
    [HELO_OBSERVED] = "observed",
    [HELO_CONFIGURED] = "configured",
    [HELO_UNKNOWN] = "unknown",
};

static json_t *sightings_to_json(const struct rrset_facts *set)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < set->seen_count; i++) {
        const struct sighting *seen = &set->seen[i];
        json_t *object = need(json_pack(
            "{s:s, s:s, s:b, s:s, s:I, s:o}", "vantage", seen->vantage, "server", seen->server,
            "authoritative", seen->authoritative, "rcode", dns_rcode_text(seen->rcode), "ttl",
            (json_int_t)seen->ttl_s, "rr", json_from_strings(&seen->values)));
        if (seen->bogus)
            json_object_set_new(object, "bogus", json_true());
        if (seen->rewrites)
            json_object_set_new(object, "rewrites", json_true());
        json_array_append_new(list, object);
    }
    return list;
}

static json_t *rrset_to_json(const struct rrset_facts *set, const char *values_key)
{
    json_t *object =
        need(json_pack("{s:s, s:o, s:I}", "rcode", dns_rcode_text(set->rcode), values_key,
                       json_from_strings(&set->values), "ttl", (json_int_t)set->ttl_s));

    if (set->negative_ttl_s > 0)
        json_object_set_new(object, "negative_ttl", json_integer(set->negative_ttl_s));
    if (set->broken_s > 0)
        json_object_set_new(object, "broken_for", json_integer(set->broken_s));
    if (set->seen_count > 0)
        json_object_set_new(object, "seen", sightings_to_json(set));
    return object;
}

static json_t *forward_to_json(const struct forward_facts *forward)
{
    json_t *object = need(json_object());

    if (forward->a.asked)
        json_object_set_new(object, "A", rrset_to_json(&forward->a, "rr"));
    if (forward->aaaa.asked)
        json_object_set_new(object, "AAAA", rrset_to_json(&forward->aaaa, "rr"));
    json_object_set_new(object, "cname", json_from_strings(&forward->cname));
    if (forward->zone.s[0])
        json_object_set_new(object, "zone", json_string(forward->zone.s));
    return object;
}

static json_t *reverse_to_json(const struct reverse_facts *reverse)
{
    json_t *object = rrset_to_json(&reverse->ptr, "ptr");

    if (reverse->cname.count > 0)
        json_object_set_new(object, "cname", json_from_strings(&reverse->cname));
    if (reverse->zone.s[0])
        json_object_set_new(object, "zone", json_string(reverse->zone.s));
    return object;
}

static void helo_to_json(const struct helo_facts *helo, json_t *document)
{
    if (helo->state == HELO_NOT_ASKED)
        return;
    json_t *object = need(json_pack("{s:s}", "state", facts_helo_states[helo->state]));
    if (helo->state != HELO_UNKNOWN)
        json_object_set_new(object, "value", need(json_string(helo->value)));
    if (helo->seen_ip.family != IP_NONE)
        json_object_set_new(object, "seen_ip", need(json_string(ip_text(&helo->seen_ip).s)));
    if (helo->from[0])
        json_object_set_new(object, "from", need(json_string(helo->from)));
    if (helo->reason != NULL && helo->reason->why[0])
        json_object_set_new(object, "why", need(json_string(helo->reason->why)));
    if (helo->reason != NULL && helo->reason->next[0])
        json_object_set_new(object, "next", need(json_string(helo->reason->next)));
    json_object_set_new(document, "helo", object);
}

static void path_to_json(const struct facts *facts, json_t *document)
{
    const struct path_facts *path = &facts->path;
    json_t *object = need(json_object());

    if (path->relay[0])
        json_object_set_new(object, "relay", need(json_string(path->relay)));
    if (path->nat)
        json_object_set_new(object, "nat", json_true());
    if (path->private_side.family != IP_NONE)
        json_object_set_new(object, "private_side",
                            need(json_string(ip_text(&path->private_side).s)));
    if (path->other.count > 0)
        json_object_set_new(object, "other", json_from_strings(&path->other));
    if (json_object_size(object) > 0)
        json_object_set(document, "path", object);
    json_decref(object);
    if (facts->hosts_file.count > 0)
        json_object_set_new(document, "hosts_file", json_from_strings(&facts->hosts_file));
}

static void drifts_to_json(const struct facts *facts, json_t *document)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < facts->drift_count; i++) {
        const struct drift_facts *drift = &facts->drifts[i];
        json_array_append_new(list, need(json_pack("{s:s, s:s, s:b}", "what", drift->what, "next",
                                                   drift->next, "hostname", drift->hostname)));
    }
    if (facts->drift_count > 0)
        json_object_set(document, "drift", list);
    json_decref(list);
}

json_t *facts_to_json(const struct facts *facts)
{
    json_t *document =
        need(json_pack("{s:s, s:s, s:s}", "format", "namesake.facts", "format_version", "1.0",
                       "address", ip_text(&facts->address).s));
    json_t *forward = need(json_object());

    if (!facts_from_here(facts))
        json_object_set_new(document, "vantage", need(json_string(facts->vantage)));
    if (facts->wanted.s[0]) {
        json_object_set_new(document, "wanted", need(json_string(facts->wanted.s)));
        json_object_set_new(document, "wanted_from", need(json_string(facts->wanted_from)));
    }
    if (facts->reverse.ptr.asked)
        json_object_set_new(document, "reverse", reverse_to_json(&facts->reverse));
    for (size_t i = 0; i < facts->forward_count; i++)
        json_object_set_new(forward, facts->forward[i].name.s, forward_to_json(&facts->forward[i]));
    if (json_object_size(forward) > 0)
        json_object_set(document, "forward", forward);
    json_decref(forward);
    if (facts->banner_off)
        json_object_set_new(document, "banner", need(json_pack("{s:s}", "state", "off")));
    else if (facts->banner.state != BANNER_NOT_ASKED)
        json_object_set_new(document, "banner",
                            need(json_pack("{s:s, s:o, s:o, s:b}", "state",
                                           facts_banner_states[facts->banner.state], "lines",
                                           json_from_strings(&facts->banner.lines), "ehlo",
                                           json_from_strings(&facts->banner.ehlo), "expected",
                                           facts->banner.expected)));
    if (facts->banner.doubted)
        json_object_set_new(json_object_get(document, "banner"), "doubted", json_true());
    helo_to_json(&facts->helo, document);
    path_to_json(facts, document);
    drifts_to_json(facts, document);
    return document;
}
