/* hetzner_zone.c - address records in the zones of a project at Hetzner Cloud. */
#include "providers/hetzner_cloud.h"

#include "agent/base/mem.h"

#include <string.h>

#define TTL_MIN 60

/* A set of records of a zone. */
struct hetzner_set {
    struct name zone;
    char rr_name[NAME_MAX_TEXT]; /* below the zone; "@" for its apex */
    bool found;
    json_t *records; /* as the vendor has them, with their comments; NULL: none */
    struct holding holding;
};

static void hetzner_set_free(struct hetzner_set *set)
{
    json_decref(set->records);
    set->records = NULL;
    holding_free(&set->holding);
}

/* Whatever is written to a zone that its parent does not delegate here is served by nobody. */
static bool hetzner_check_delegation(const json_t *document, const struct name *name,
                                     struct error *e)
{
    const char *status =
        json_string_or(document, "zone.authoritative_nameservers.delegation_status", "");
    const char *checked =
        json_string_or(document, "zone.authoritative_nameservers.delegation_last_check", "");

    if (!str_equal(status, "invalid") && !str_equal(status, "unregistered"))
        return true;
    return fail(e, ERR_NO_INPUT,
                "the delegation of %.200s to %s is \"%s\"%s%.40s: nobody asks it there", name->s,
                HETZNER_TITLE, status, checked[0] != '\0' ? ", checked " : "", checked);
}

static bool hetzner_read_zone(const json_t *document, const struct name *name, struct error *e)
{
    struct name got;

    if (!name_from_dns(json_string_or(document, "zone.name", ""), &got) || !name_equal(&got, name))
        return fail(e, ERR_PROTOCOL, "%s answers for another zone than %.200s", HETZNER_TITLE,
                    name->s);
    if (!str_equal(json_string_or(document, "zone.mode", "primary"), "secondary"))
        return hetzner_check_delegation(document, name, e);
    fail(e, ERR_CONFLICT, "%s holds %.200s as a secondary only", HETZNER_TITLE, name->s);
    return error_who(e, "whoever runs the primary name server of %.100s", name->s);
}

/* *found is false when the project has no such zone. */
static bool hetzner_ask_zone(const struct account *account, const struct name *name, bool *found,
                             struct error *e)
{
    struct buf path = BUF_INIT(HETZNER_PATH_MAX);
    json_t *document = NULL;
    bool ok;

    buf_text(&path, "/zones/");
    http_encode(&path, name->s);
    ok = hetzner_call(account, "GET", &path, NULL, true, &document, e);
    *found = ok && document != NULL;
    if (*found)
        ok = hetzner_read_zone(document, name, e);
    json_decref(document);
    buf_free(&path);
    return ok;
}

/* The zone that serves the owner; without knowing it, the longest suffix that is there. */
static bool hetzner_find_zone(const struct account *account, const struct subject *subject,
                              struct name *zone, struct error *e)
{
    bool known = !name_is_empty(&subject->zone), found = false;

    *zone = known ? subject->zone : subject->owner;
    while (name_labels(zone) > 1) {
        if (!hetzner_ask_zone(account, zone, &found, e))
            return false;
        if (found)
            return true;
        if (known)
            break;
        *zone = name_parent(zone);
    }
    return fail(e, ERR_NO_INPUT, "the project of \"%s\" has no zone for %.200s", account->id,
                subject->owner.s);
}

static bool hetzner_read_values(const json_t *item, const struct subject *subject,
                                struct hetzner_set *set, struct error *e)
{
    json_int_t ttl = json_integer_value(json_at(item, "ttl"));
    size_t i;
    json_t *record;
    struct ip ip;

    set->found = true;
    set->holding.ttl_s = ttl > 0 && ttl <= INT32_MAX ? (uint32_t)ttl : 0;
    json_array_foreach(json_at(item, "records"), i, record)
    {
        if (!ip_parse(json_string_or(record, "value", ""), &ip) || ip.family != subject->ip.family)
            return fail(e, ERR_PROTOCOL, "%s holds something that is no address for %.200s",
                        HETZNER_TITLE, subject->owner.s);
        strings_add(&set->holding.values, ip_text(&ip).s);
    }
    set->records = json_deep_copy(json_at(item, "records"));
    strings_sort(&set->holding.values);
    return true;
}

static bool hetzner_read_sets(const json_t *items, const struct subject *subject,
                              struct hetzner_set *set, struct error *e)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        const char *type = json_string_or(item, "type", "");

        if (!str_equal_nocase(json_string_or(item, "name", ""), set->rr_name))
            return fail(e, ERR_PROTOCOL, "%s answers for another name than %.200s", HETZNER_TITLE,
                        subject->owner.s);
        if (str_equal(type, "CNAME")) {
            fail(e, ERR_CONFLICT, "%.200s is an alias (CNAME), so it can hold no address",
                 subject->owner.s);
            return error_who(e, "whoever manages the zone: put address records in place of it");
        }
        if (!str_equal(type, ip_record_type(subject->ip.family)))
            continue;
        if (set->found)
            return fail(e, ERR_PROTOCOL, "%s repeats a set", HETZNER_TITLE);
        if (!hetzner_read_values(item, subject, set, e))
            return false;
    }
    return true;
}

/* The set as it is now; the caller frees the set, also after a failure. */
static bool hetzner_set_read(const struct account *account, const struct subject *subject,
                             struct hetzner_set *set, struct error *e)
{
    struct buf query = BUF_INIT(HETZNER_PATH_MAX);
    json_t *items = NULL;
    bool ok;

    *set = (struct hetzner_set){.rr_name = "@"};
    if (!hetzner_find_zone(account, subject, &set->zone, e))
        return false;
    if (!name_equal(&set->zone, &subject->owner))
        str_format(set->rr_name, sizeof set->rr_name, "%.*s",
                   (int)(strlen(subject->owner.s) - strlen(set->zone.s) - 1), subject->owner.s);
    str_format(set->holding.resource, sizeof set->holding.resource, "zone/%.180s", set->zone.s);
    buf_printf(&query, "/zones/%s/rrsets?name=", set->zone.s);
    http_encode(&query, set->rr_name);
    buf_char(&query, '&');
    ok = hetzner_list(account, buf_string(&query), "rrsets", &items, e) &&
         hetzner_read_sets(items, subject, set, e);
    json_decref(items);
    buf_free(&query);
    return ok;
}

/* The record of an address as it is named in a request: as the vendor spells it, if it is there. */
static json_t *hetzner_record(const struct hetzner_set *set, const char *address)
{
    size_t i;
    json_t *record, *named;
    struct ip ip;

    json_array_foreach(set->records, i, record)
    {
        const char *comment = json_string_or(record, "comment", "");

        if (!ip_parse(json_string_or(record, "value", ""), &ip) ||
            !str_equal(ip_text(&ip).s, address))
            continue;
        named = need(json_pack("{s:s}", "value", json_string_or(record, "value", "")));
        if (comment[0] != '\0')
            json_object_set_new(named, "comment", need(json_string(comment)));
        return named;
    }
    return need(json_pack("{s:s}", "value", address));
}

static json_t *hetzner_records(const struct hetzner_set *set, const struct strings *values,
                               const struct strings *without)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < values->count; i++)
        if (!strings_have(without, values->v[i]))
            json_array_append_new(list, hetzner_record(set, values->v[i]));
    return list;
}

static bool hetzner_contains(const struct strings *all, const struct strings *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (!strings_have(all, part->v[i]))
            return false;
    return true;
}

/* The smallest change of a set that is there: what is not named in it stays as it is. */
static bool hetzner_set_change(const struct account *account, const struct hetzner_set *set,
                               struct buf *path, const struct strings *after, struct error *e)
{
    const struct strings *now = &set->holding.values, none = {0};
    const char *action = "set_records";
    json_t *records, *record;
    size_t i;

    if (hetzner_contains(after, now)) {
        action = "add_records";
        records = hetzner_records(set, after, now);
    } else if (hetzner_contains(now, after)) {
        action = "remove_records";
        records = hetzner_records(set, now, after);
        json_array_foreach(records, i, record) json_object_del(record, "comment");
    } else {
        records = hetzner_records(set, after, &none);
    }
    buf_printf(path, "/actions/%s", action);
    return hetzner_act(account, "POST", path, need(json_pack("{s:o}", "records", records)), e);
}

/* A set is made by its first record and gone with its last. */
static bool hetzner_set_write(const struct account *account, const struct subject *subject,
                              const struct hetzner_set *set, const struct strings *after,
                              uint32_t ttl_s, struct error *e)
{
    const char *type = ip_record_type(subject->ip.family);
    struct buf path = BUF_INIT(HETZNER_PATH_MAX);
    const struct strings none = {0};

    if (strings_equal(&set->holding.values, after))
        return true;
    buf_printf(&path, "/zones/%s/rrsets", set->zone.s);
    if (!set->found)
        return hetzner_act(account, "POST", &path,
                           need(json_pack("{s:s, s:s, s:i, s:o}", "name", set->rr_name, "type",
                                          type, "ttl", ttl_s < TTL_MIN ? TTL_MIN : (int)ttl_s,
                                          "records", hetzner_records(set, after, &none))),
                           e);
    buf_char(&path, '/');
    http_encode(&path, set->rr_name);
    buf_printf(&path, "/%s", type);
    if (after->count == 0)
        return hetzner_act(account, "DELETE", &path, NULL, e);
    return hetzner_set_change(account, set, &path, after, e);
}

bool hetzner_zone_read(const struct account *account, const struct subject *subject,
                       struct holding *holding, struct error *e)
{
    struct hetzner_set set;
    bool ok = hetzner_set_read(account, subject, &set, e);

    if (ok) {
        *holding = set.holding;
        set.holding = (struct holding){.ttl_s = 0};
    }
    hetzner_set_free(&set);
    return ok;
}

bool hetzner_zone_write(const struct account *account, const struct subject *subject,
                        const struct holding *before, const struct strings *after, uint32_t ttl_s,
                        struct error *e)
{
    struct hetzner_set set;
    bool ok = hetzner_set_read(account, subject, &set, e) &&
              hetzner_check_before(subject, &set.holding, before, e) &&
              hetzner_set_write(account, subject, &set, after, ttl_s, e);

    hetzner_set_free(&set);
    return ok;
}
