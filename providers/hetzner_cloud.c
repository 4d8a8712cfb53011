/* hetzner_cloud.c - PTR records of addresses and zones at Hetzner Cloud (API version 1). */
#include "providers/provider.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/net/http.h"

#include <stdio.h>
#include <string.h>

#define TITLE "Hetzner Cloud"
#define ENDPOINT "https://api.hetzner.cloud/v1"
#define PATH_MAX_BYTES ((size_t)2048)
#define PER_PAGE 50 /* the most that all lists allow */
#define PAGES_MAX 200
#define TTL_MIN 60

/* An action takes seconds; one was seen to take eight. */
#define POLL_FIRST_MS 500
#define POLL_TOP_MS 5000
#define POLL_MAX 40

static const struct setting hetzner_settings[] = {
    {.key = "token",
     .secret = true,
     .required = true,
     .variables = (const char *const[]){"HCLOUD_TOKEN", "HETZNER_API_TOKEN", NULL},
     .help = "API token of the project, with permission to read and write"},
    {.key = "endpoint",
     .variables = (const char *const[]){"HCLOUD_ENDPOINT", NULL},
     .help = "URL of the API"},
    {.key = NULL},
};

static const struct {
    const char *code;
    enum err err;
} hetzner_codes[] = {
    {"unauthorized", ERR_PROVIDER_DENIED},
    {"forbidden", ERR_PROVIDER_DENIED},
    {"token_readonly", ERR_PROVIDER_DENIED},
    {"rate_limit_exceeded", ERR_PROVIDER_LIMITED},
    {"conflict", ERR_CONFLICT},
    {"locked", ERR_CONFLICT},
    {"uniqueness_error", ERR_CONFLICT},
    {"protected", ERR_PROVIDER_DENIED},
    {"incorrect_zone_mode", ERR_CONFLICT},
};

/* What holds an address, in the order in which it is looked for. */
static const struct hetzner_kind {
    const char *name, *list;
    bool filter;      /* the list can be asked for one address */
    const char *path; /* where an item has its addresses: "" or a member with ipv4 and ipv6 */
} hetzner_kinds[] = {
    {"primary_ip", "primary_ips", true, ""},
    {"floating_ip", "floating_ips", false, ""},
    {"server", "servers", false, "public_net."},
};

/* An address of the account. */
struct hetzner_address {
    const struct hetzner_kind *kind;
    int64_t id;
    struct name ptr; /* "": none */
};

static bool hetzner_refused(const struct http_api *api, const char *method,
                            const struct http_answer *answer, const json_t *document,
                            struct error *e)
{
    const char *code = json_string_or(document, "error.code", "");
    char text[256] = "";

    if (str_equal(code, "token_readonly"))
        str_cut(text, sizeof text, "this token may only read (token_readonly)");
    else if (code[0] != '\0')
        str_format(text, sizeof text, "%s (%s)",
                   json_string_or(document, "error.message", "no reason"), code);
    http_refused(api, method, answer, text, e);
    for (size_t i = 0; i < sizeof hetzner_codes / sizeof hetzner_codes[0]; i++)
        if (answer->status < 500 && str_equal(hetzner_codes[i].code, code))
            e->code = hetzner_codes[i].err;
    return false;
}

static bool hetzner_read_answer(const struct http_api *api, const char *method,
                                const struct http_answer *answer, bool absent_ok, json_t **document,
                                struct error *e)
{
    json_t *got = http_document(answer);
    bool ok = true;

    if (http_ok(answer) && !json_is_object(got))
        ok = http_strange(answer, TITLE, "not with its usual document", e);
    else if (!http_ok(answer) && !(absent_ok && answer->status == 404 && json_is_object(got)))
        ok = hetzner_refused(api, method, answer, got, e);
    if (ok && http_ok(answer))
        *document = got;
    else
        json_decref(got);
    return ok;
}

/*
 * One call; the body is freed, *document is the caller's. Where absence is no failure (a lookup
 * by name, a repeated DELETE), *document stays NULL.
 */
static bool hetzner_call(const struct account *account, const char *method, const struct buf *path,
                         json_t *body, bool absent_ok, json_t **document, struct error *e)
{
    const struct http_api api = {TITLE,
                                 account->endpoint[0] != '\0' ? account->endpoint : ENDPOINT,
                                 {"Authorization", "Bearer ", account_secret(account, "token")}};
    struct http_answer answer = {0};
    bool ok = http_api_call(&api, method, path, body, &answer, e) &&
              hetzner_read_answer(&api, method, &answer, absent_ok, document, e);

    http_answer_free(&answer);
    return ok;
}

/* The page must be the one that was asked for, so that a list has an end. */
static bool hetzner_read_page(const json_t *document, const char *key, int page, json_t *items,
                              bool *last, struct error *e)
{
    const json_t *list, *next = json_at(document, "meta.pagination.next_page");
    int64_t number = page;
    size_t i;
    json_t *item;

    if (!json_get_array(document, key, &list, e))
        return false;
    if (json_at(document, "meta.pagination") != NULL &&
        !json_get_int(document, "meta.pagination.page", 1, PAGES_MAX, &number, e))
        return false;
    if (number != page || page == PAGES_MAX ||
        (next != NULL && json_integer_value(next) != page + 1))
        return fail(e, ERR_PROTOCOL, "%s repeats its pages: page %lld for page %d", TITLE,
                    (long long)number, page);
    json_array_foreach(list, i, item) json_array_append(items, item);
    *last = next == NULL;
    return true;
}

/* All entries of a list, whose path ends in "?" or "&"; the caller frees *out. */
static bool hetzner_list(const struct account *account, const char *query, const char *key,
                         json_t **out, struct error *e)
{
    json_t *items = need(json_array());
    bool ok = true, last = false;

    for (int page = 1; ok && !last; page++) {
        struct buf path = BUF_INIT(PATH_MAX_BYTES);
        json_t *document = NULL;

        buf_printf(&path, "%spage=%d&per_page=%d", query, page, PER_PAGE);
        ok = hetzner_call(account, "GET", &path, NULL, false, &document, e) &&
             hetzner_read_page(document, key, page, items, &last, e);
        json_decref(document);
        buf_free(&path);
    }
    if (ok)
        *out = items;
    else
        json_decref(items);
    return ok;
}

static bool hetzner_read_action(const json_t *document, int64_t *id, bool *done, struct error *e)
{
    const char *status;

    if (!json_get_int(document, "action.id", 1, INT64_MAX, id, e) ||
        !json_get_string(document, "action.status", &status, e))
        return false;
    *done = str_equal(status, "success");
    if (*done || str_equal(status, "running"))
        return true;
    return fail(e, ERR_CONFLICT, "%s began but could not do it: %.200s (%.60s)", TITLE,
                json_string_or(document, "action.error.message", "no reason"),
                json_string_or(document, "action.error.code", status));
}

/* Ask until the action is over. */
static bool hetzner_settle(const struct account *account, const json_t *document, struct error *e)
{
    int64_t id, other, wait_ms = POLL_FIRST_MS;
    bool done, ok = hetzner_read_action(document, &id, &done, e);

    for (int polls = 0; ok && !done; polls++) {
        struct buf path = BUF_INIT(PATH_MAX_BYTES);
        json_t *now = NULL;

        if (polls == POLL_MAX || !http_wait(wait_ms))
            return fail(e, ERR_TIMEOUT, "%s still works on action %lld", TITLE, (long long)id);
        buf_printf(&path, "/actions/%lld", (long long)id);
        ok = hetzner_call(account, "GET", &path, NULL, false, &now, e) &&
             hetzner_read_action(now, &other, &done, e);
        if (ok && other != id)
            ok = fail(e, ERR_PROTOCOL, "%s answers for another action", TITLE);
        json_decref(now);
        buf_free(&path);
        wait_ms = wait_ms * 2 < POLL_TOP_MS ? wait_ms * 2 : POLL_TOP_MS;
    }
    return ok;
}

/* A write and the action that it begins. */
static bool hetzner_act(const struct account *account, const char *method, struct buf *path,
                        json_t *body, struct error *e)
{
    json_t *document = NULL;
    bool gone_ok = str_equal(method, "DELETE");
    bool ok = hetzner_call(account, method, path, body, gone_ok, &document, e) &&
              (document == NULL || hetzner_settle(account, document, e));

    json_decref(document);
    buf_free(path);
    return ok;
}

/* Where an item has the address: "public_net.ipv6.ip"; the member beside it is "dns_ptr". */
static const json_t *hetzner_at(const struct hetzner_kind *kind, const json_t *item,
                                enum ip_family family, const char *member)
{
    char path[64];

    snprintf(path, sizeof path, "%s%s%s%s", kind->path,
             kind->path[0] != '\0' ? ip_family_name(family) : "", kind->path[0] != '\0' ? "." : "",
             member);
    return json_at(item, path);
}

/* IPv4 is exact, IPv6 is a network of 64 bits. */
static bool hetzner_has(const struct hetzner_kind *kind, const json_t *item, const struct ip *ip)
{
    const char *text = json_string_value(hetzner_at(kind, item, ip->family, "ip"));
    struct ip_net net;

    return text != NULL && ip_net_parse(text, &net) && net.base.family == ip->family &&
           ip_net_has(&net, ip);
}

/* One name for IPv4 of a server, a list of them elsewhere; IPv6 lists only what was set. */
static bool hetzner_read_ptr(const json_t *ptr, const struct ip *ip, struct name *out,
                             struct error *e)
{
    const char *text = json_string_value(ptr);
    size_t i;
    json_t *entry;
    struct ip at;

    json_array_foreach(ptr, i, entry) if (ip_parse(json_string_or(entry, "ip", ""), &at) &&
                                          ip_equal(&at, ip)) text =
        json_string_value(json_at(entry, "dns_ptr"));
    *out = (struct name){""};
    if (text == NULL || name_from_dns(text, out))
        return true;
    return fail(e, ERR_PROTOCOL, "%s holds a PTR that is no name", TITLE);
}

static bool hetzner_read_address(const struct hetzner_kind *kind, const json_t *items,
                                 const struct ip *ip, struct hetzner_address *out, struct error *e)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (!hetzner_has(kind, item, ip))
            continue;
        out->kind = kind;
        return json_get_int(item, "id", 1, INT64_MAX, &out->id, e) &&
               hetzner_read_ptr(hetzner_at(kind, item, ip->family, "dns_ptr"), ip, &out->ptr, e);
    }
    if (kind->filter && ip->family == IP_V4 && json_array_size(items) > 0)
        return fail(e, ERR_PROTOCOL, "%s answers for another address than %s", TITLE,
                    ip_text(ip).s);
    return true;
}

/* What the filter makes of a single IPv6 address is not documented, so it is not used for those. */
static void hetzner_list_path(const struct hetzner_kind *kind, const struct ip *ip,
                              struct buf *path)
{
    buf_printf(path, "/%s?", kind->list);
    if (kind->filter && ip->family == IP_V4)
        buf_printf(path, "ip=%s&", ip_text(ip).s);
}

/* Which resource holds the address; ERR_NO_INPUT when it is not of this project. */
static bool hetzner_find(const struct account *account, const struct ip *ip,
                         struct hetzner_address *out, struct error *e)
{
    *out = (struct hetzner_address){.kind = NULL};
    for (size_t i = 0; i < sizeof hetzner_kinds / sizeof hetzner_kinds[0]; i++) {
        const struct hetzner_kind *kind = &hetzner_kinds[i];
        struct buf path = BUF_INIT(PATH_MAX_BYTES);
        json_t *items = NULL;
        bool ok;

        hetzner_list_path(kind, ip, &path);
        ok = hetzner_list(account, buf_string(&path), kind->list, &items, e) &&
             hetzner_read_address(kind, items, ip, out, e);
        json_decref(items);
        buf_free(&path);
        if (!ok || out->kind != NULL)
            return ok;
    }
    return fail(e, ERR_NO_INPUT, "the project of \"%s\" does not hold %s", account->id,
                ip_text(ip).s);
}

static bool hetzner_ptr_read(const struct account *account, const struct subject *subject,
                             struct holding *holding, struct error *e)
{
    struct hetzner_address address;

    if (!hetzner_find(account, &subject->ip, &address, e))
        return false;
    *holding = (struct holding){0};
    str_format(holding->resource, sizeof holding->resource, "%s/%lld", address.kind->name,
               (long long)address.id);
    if (!name_is_empty(&address.ptr))
        strings_add(&holding->values, address.ptr.s);
    return true;
}

/* A set of records of a zone. */
struct hetzner_set {
    struct name zone;
    char rr_name[NAME_MAX_TEXT]; /* below the zone; "@" for its apex */
    bool found;
    struct holding holding;
};

static bool hetzner_read_zone(const json_t *document, const struct name *name, struct error *e)
{
    struct name got;

    if (!name_from_dns(json_string_or(document, "zone.name", ""), &got) || !name_equal(&got, name))
        return fail(e, ERR_PROTOCOL, "%s answers for another zone than %.200s", TITLE, name->s);
    if (!str_equal(json_string_or(document, "zone.mode", "primary"), "secondary"))
        return true;
    fail(e, ERR_CONFLICT, "%s holds %.200s as a secondary only", TITLE, name->s);
    return error_who(e, "whoever runs the primary name server of %.100s", name->s);
}

/* *found is false when the project has no such zone. */
static bool hetzner_ask_zone(const struct account *account, const struct name *name, bool *found,
                             struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
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
static bool hetzner_zone(const struct account *account, const struct subject *subject,
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
            return fail(e, ERR_PROTOCOL, "%s holds something that is no address for %.200s", TITLE,
                        subject->owner.s);
        strings_add(&set->holding.values, ip_text(&ip).s);
    }
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
            return fail(e, ERR_PROTOCOL, "%s answers for another name than %.200s", TITLE,
                        subject->owner.s);
        if (str_equal(type, "CNAME")) {
            fail(e, ERR_CONFLICT, "%.200s is an alias (CNAME), so it can hold no address",
                 subject->owner.s);
            return error_who(e, "whoever manages the zone: put address records in place of it");
        }
        if (str_equal(type, ip_record_type(subject->ip.family)) &&
            (set->found || !hetzner_read_values(item, subject, set, e)))
            return set->found && fail(e, ERR_PROTOCOL, "%s repeats a set", TITLE);
    }
    return true;
}

/* The set as it is now; the caller frees set->holding, also after a failure. */
static bool hetzner_set_read(const struct account *account, const struct subject *subject,
                             struct hetzner_set *set, struct error *e)
{
    struct buf query = BUF_INIT(PATH_MAX_BYTES);
    json_t *items = NULL;
    bool ok;

    *set = (struct hetzner_set){.rr_name = "@"};
    if (!hetzner_zone(account, subject, &set->zone, e))
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

static json_t *hetzner_records(const struct strings *values, const struct strings *without)
{
    json_t *list = need(json_array());

    for (size_t i = 0; i < values->count; i++)
        if (!strings_have(without, values->v[i]))
            json_array_append_new(list, need(json_pack("{s:s}", "value", values->v[i])));
    return list;
}

static bool hetzner_contains(const struct strings *all, const struct strings *part)
{
    for (size_t i = 0; i < part->count; i++)
        if (!strings_have(all, part->v[i]))
            return false;
    return true;
}

/* A set is made by the first record, added to where that is enough, and gone with its last. */
static bool hetzner_set_write(const struct account *account, const struct subject *subject,
                              const struct hetzner_set *set, const struct strings *after,
                              uint32_t ttl_s, struct error *e)
{
    const struct strings *now = &set->holding.values, none = {0};
    const char *type = ip_record_type(subject->ip.family);
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    bool add = hetzner_contains(after, now);

    if (strings_equal(now, after))
        return true;
    buf_printf(&path, "/zones/%s/rrsets", set->zone.s);
    if (!set->found)
        return hetzner_act(account, "POST", &path,
                           need(json_pack("{s:s, s:s, s:i, s:o}", "name", set->rr_name, "type",
                                          type, "ttl", ttl_s < TTL_MIN ? TTL_MIN : (int)ttl_s,
                                          "records", hetzner_records(after, &none))),
                           e);
    buf_char(&path, '/');
    http_encode(&path, set->rr_name);
    buf_printf(&path, "/%s", type);
    if (after->count == 0)
        return hetzner_act(account, "DELETE", &path, NULL, e);
    buf_text(&path, add ? "/actions/add_records" : "/actions/set_records");
    return hetzner_act(
        account, "POST", &path,
        need(json_pack("{s:o}", "records", hetzner_records(after, add ? now : &none))), e);
}

static bool hetzner_read(struct account *account, const struct subject *subject,
                         struct holding *holding, struct error *e)
{
    struct hetzner_set set;

    if (subject->role == ROLE_PTR)
        return hetzner_ptr_read(account, subject, holding, e);
    if (hetzner_set_read(account, subject, &set, e)) {
        *holding = set.holding;
        return true;
    }
    holding_free(&set.holding);
    return false;
}

static bool hetzner_check_before(const struct subject *subject, const struct holding *now,
                                 const struct holding *before, struct error *e)
{
    char shown[256];

    if (strings_equal(&now->values, &before->values))
        return true;
    strings_join(&now->values, ", ", "nothing", shown, sizeof shown);
    return fail(e, ERR_CONFLICT, "%.200s is %.200s now", subject->owner.s, shown);
}

/* No name is null: back to the default of IPv4, nothing for IPv6. */
static bool hetzner_ptr_write(const struct account *account, const struct subject *subject,
                              const struct holding *before, const struct strings *after,
                              struct error *e)
{
    struct hetzner_address address;
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *body;

    if (after->count > 1)
        return fail(e, ERR_CONFLICT, "%s holds one name for an address, not %zu", TITLE,
                    after->count);
    if (!hetzner_ptr_read(account, subject, &now, e))
        return false;
    ok = hetzner_check_before(subject, &now, before, e);
    holding_free(&now);
    if (!ok || !hetzner_find(account, &subject->ip, &address, e))
        return false;
    buf_printf(&path, "/%s/%lld/actions/change_dns_ptr", address.kind->list, (long long)address.id);
    body = need(json_pack("{s:s, s:s?}", "ip", ip_text(&subject->ip).s, "dns_ptr",
                          after->count > 0 ? after->v[0] : NULL));
    return hetzner_act(account, "POST", &path, body, e);
}

static bool hetzner_write(struct account *account, const struct subject *subject,
                          const struct holding *before, const struct strings *after, uint32_t ttl_s,
                          struct error *e)
{
    struct hetzner_set set = {.found = false};
    bool ok;

    if (subject->role == ROLE_PTR)
        return hetzner_ptr_write(account, subject, before, after, e);
    ok = hetzner_set_read(account, subject, &set, e) &&
         hetzner_check_before(subject, &set.holding, before, e) &&
         hetzner_set_write(account, subject, &set, after, ttl_s, e);
    holding_free(&set.holding);
    return ok;
}

const struct provider provider_hetzner_cloud = {
    .type = "hetzner-cloud",
    .title = TITLE,
    .roles = ROLE_PTR | ROLE_FORWARD,
    .settings = hetzner_settings,
    .read = hetzner_read,
    .write = hetzner_write,
};
