/* cloudflare.c - address records in zones at Cloudflare (API version 4). */
#include "providers/provider.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/net/http.h"

#include <string.h>

#define TITLE "Cloudflare"
#define ENDPOINT "https://api.cloudflare.com/client/v4"
#define PATH_MAX_BYTES ((size_t)2048)
#define PAGES_MAX 20 /* a name or a zone has a handful of entries; more is a loop */
#define RECORDS_MAX 64

/* The API's own limits of a TTL; 1 is "automatic". */
#define TTL_AUTO 1
#define TTL_MIN 60
#define TTL_MAX 86400

/* Codes inside the envelope, which say more than the status. */
#define CODE_IDENTICAL 81058 /* the very record is there already */

static const struct setting cloudflare_settings[] = {
    {.key = "token",
     .secret = true,
     .required = true,
     .variables = (const char *const[]){"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_DNS_API_TOKEN",
                                        "CF_DNS_API_TOKEN", "CF_API_TOKEN", NULL},
     .help = "API token with the permissions Zone:Read and DNS:Edit"},
    {.key = NULL},
};

struct cloudflare_zone {
    char id[64];
    struct name name;
};

/* The address records of one name and family. */
struct cloudflare_set {
    struct cloudflare_record {
        char id[64];
        struct ip_text address;
        bool proxied;
        uint32_t ttl_s;
    } records[RECORDS_MAX];
    size_t count;
};

static const struct {
    int64_t code;
    enum err err;
} cloudflare_codes[] = {
    {971, ERR_PROVIDER_LIMITED}, {10013, ERR_PROVIDER_LIMITED}, {6003, ERR_PROVIDER_DENIED},
    {9109, ERR_PROVIDER_DENIED}, {10000, ERR_PROVIDER_DENIED},  {81053, ERR_CONFLICT},
    {81054, ERR_CONFLICT},       {81057, ERR_CONFLICT},
};

static int64_t cloudflare_code(const json_t *document)
{
    const json_t *first = json_array_get(json_at(document, "errors"), 0);

    return json_integer_value(json_at(first, "code"));
}

static bool cloudflare_refused(const struct http_api *api, const char *method,
                               const struct http_answer *answer, const json_t *document,
                               struct error *e)
{
    const json_t *first = json_array_get(json_at(document, "errors"), 0);
    int64_t code = cloudflare_code(document);
    char text[256] = "";

    if (first != NULL)
        str_format(text, sizeof text, "%s (%lld)", json_string_or(first, "message", "no reason"),
                   (long long)code);
    http_refused(api, method, answer, text, e);
    for (size_t i = 0; i < sizeof cloudflare_codes / sizeof cloudflare_codes[0]; i++)
        if (answer->status < 500 && cloudflare_codes[i].code == code)
            e->code = cloudflare_codes[i].err;
    return false;
}

/* Refusals that say: it is so already. A repeated DELETE may find nothing left. */
static bool cloudflare_is_done(const char *method, const struct http_answer *answer,
                               const json_t *envelope)
{
    return cloudflare_code(envelope) == CODE_IDENTICAL ||
           (answer->status == 404 && str_equal(method, "DELETE"));
}

/* *document is the envelope, also when it was done already; the caller frees it. */
static bool cloudflare_read_envelope(const struct http_api *api, const char *method,
                                     const struct http_answer *answer, json_t **document,
                                     struct error *e)
{
    json_t *envelope = http_document(answer);
    bool ok = true;

    if (http_ok(answer) && !json_is_boolean(json_at(envelope, "success")))
        ok = http_strange(answer, TITLE, "not with its usual document", e);
    else if (!http_ok(answer) || !json_is_true(json_at(envelope, "success")))
        ok = cloudflare_is_done(method, answer, envelope) ||
             cloudflare_refused(api, method, answer, envelope, e);
    if (ok)
        *document = envelope;
    else
        json_decref(envelope);
    return ok;
}

/* One call; *document as above. A body is freed. */
static bool cloudflare_call(const struct account *account, const char *method,
                            const struct buf *path, json_t *body, json_t **document,
                            struct error *e)
{
    const struct http_api api = {TITLE,
                                 account->endpoint[0] != '\0' ? account->endpoint : ENDPOINT,
                                 {"Authorization", "Bearer ", account_secret(account, "token")}};
    struct http_answer answer = {0};
    bool ok = http_api_call(&api, method, path, body, &answer, e) &&
              cloudflare_read_envelope(&api, method, &answer, document, e);

    http_answer_free(&answer);
    return ok;
}

static bool cloudflare_has(const json_t *items, const char *id)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i,
                       item) if (str_equal(json_string_or(item, "id", ""), id)) return true;
    return false;
}

/* One page's items, added to those of the pages before. */
static bool cloudflare_read_page(const json_t *document, int page, json_t *items, bool *last,
                                 struct error *e)
{
    const json_t *result;
    int64_t pages = 1, number = page;
    size_t i;
    json_t *item;

    if (!json_get_array(document, "result", &result, e))
        return false;
    if (json_at(document, "result_info.total_pages") != NULL &&
        (!json_get_int(document, "result_info.total_pages", 0, 100000, &pages, e) ||
         !json_get_int(document, "result_info.page", 0, 100000, &number, e)))
        return false;
    if (number != page || pages > PAGES_MAX)
        return fail(e, ERR_PROTOCOL, "%s sends page %lld of %lld for page %d", TITLE,
                    (long long)number, (long long)pages, page);
    json_array_foreach(result, i, item)
    {
        const char *id = json_string_or(item, "id", "");
        if (id[0] == '\0' || cloudflare_has(items, id))
            return fail(e, ERR_PROTOCOL, "%s repeats an entry on page %d", TITLE, page);
        json_array_append(items, item);
    }
    *last = page >= pages;
    return true;
}

/* All entries that a path with a query lists; the caller frees *out. */
static bool cloudflare_list(const struct account *account, const char *query, json_t **out,
                            struct error *e)
{
    json_t *items = need(json_array());
    bool ok = true, last = false;

    for (int page = 1; ok && !last; page++) {
        struct buf path = BUF_INIT(PATH_MAX_BYTES);
        json_t *document = NULL;

        buf_printf(&path, "%s&page=%d&per_page=100", query, page);
        ok = cloudflare_call(account, "GET", &path, NULL, &document, e) &&
             cloudflare_read_page(document, page, items, &last, e);
        json_decref(document);
        buf_free(&path);
    }
    if (ok)
        *out = items;
    else
        json_decref(items);
    return ok;
}

static bool cloudflare_same_name(const json_t *item, const struct name *name)
{
    struct name got;

    return name_from_dns(json_string_or(item, "name", ""), &got) && name_equal(&got, name);
}

static bool cloudflare_read_zone(const json_t *items, const struct name *name,
                                 struct cloudflare_zone *zone, struct error *e)
{
    const json_t *item = json_array_get(items, 0);

    if (json_array_size(items) > 1)
        return fail(e, ERR_PROVIDER_AMBIGUOUS, "%s holds the zone %.200s more than once", TITLE,
                    name->s);
    if (!cloudflare_same_name(item, name))
        return fail(e, ERR_PROTOCOL, "%s answers for another zone than %.200s", TITLE, name->s);
    zone->name = *name;
    if (!str_copy(zone->id, sizeof zone->id, json_string_or(item, "id", "")))
        return fail(e, ERR_PROTOCOL, "%s gives the zone %.200s no usable id", TITLE, name->s);
    return true;
}

/* *found is false when the account has no active zone of that name. */
static bool cloudflare_ask_zone(const struct account *account, const struct name *name,
                                struct cloudflare_zone *zone, bool *found, struct error *e)
{
    struct buf query = BUF_INIT(PATH_MAX_BYTES);
    json_t *items = NULL;
    bool ok;

    buf_text(&query, "/zones?status=active&name=");
    http_encode(&query, name->s);
    ok = cloudflare_list(account, buf_string(&query), &items, e);
    *found = ok && json_array_size(items) > 0;
    if (*found)
        ok = cloudflare_read_zone(items, name, zone, e);
    json_decref(items);
    buf_free(&query);
    return ok;
}

/* The zone that serves the owner; without knowing it, the longest suffix that is there. */
static bool cloudflare_zone(const struct account *account, const struct subject *subject,
                            struct cloudflare_zone *zone, struct error *e)
{
    bool known = !name_is_empty(&subject->zone), found = false;
    struct name name = known ? subject->zone : subject->owner;

    while (name_labels(&name) > 1) {
        if (!cloudflare_ask_zone(account, &name, zone, &found, e))
            return false;
        if (found)
            return true;
        if (known)
            break;
        name = name_parent(&name);
    }
    return fail(e, ERR_NO_INPUT, "the account \"%s\" has no active zone for %.200s", account->id,
                subject->owner.s);
}

static const char *cloudflare_string(const json_t *item, const char *path)
{
    return json_string_or(item, path, "");
}

/* One record of the owner; those of other types and of the other family are passed over. */
static bool cloudflare_read_record(const json_t *item, const struct subject *subject,
                                   struct cloudflare_set *set, struct error *e)
{
    struct cloudflare_record *record = &set->records[set->count];
    json_int_t ttl = json_integer_value(json_at(item, "ttl"));
    struct ip ip;

    if (!cloudflare_same_name(item, &subject->owner))
        return fail(e, ERR_PROTOCOL, "%s answers for another name than %.200s", TITLE,
                    subject->owner.s);
    if (str_equal(cloudflare_string(item, "type"), "CNAME")) {
        fail(e, ERR_CONFLICT, "%.200s is an alias (CNAME), so it can hold no address",
             subject->owner.s);
        return error_who(e, "whoever manages the zone: put address records in place of it");
    }
    if (!str_equal(cloudflare_string(item, "type"), ip_record_type(subject->ip.family)))
        return true;
    if (!ip_parse(cloudflare_string(item, "content"), &ip) || ip.family != subject->ip.family ||
        !str_copy(record->id, sizeof record->id, cloudflare_string(item, "id")) ||
        set->count + 1 == RECORDS_MAX)
        return fail(e, ERR_PROTOCOL, "%s holds for %.200s what cannot be used", TITLE,
                    subject->owner.s);
    record->address = ip_text(&ip);
    record->proxied = json_is_true(json_at(item, "proxied"));
    record->ttl_s = ttl > TTL_AUTO && ttl <= INT32_MAX ? (uint32_t)ttl : 0;
    set->count++;
    return true;
}

static void cloudflare_path(struct buf *path, const struct cloudflare_zone *zone, const char *id)
{
    buf_text(path, "/zones/");
    http_encode(path, zone->id);
    buf_text(path, id[0] != '\0' ? "/dns_records/" : "/dns_records");
    http_encode(path, id);
}

static bool cloudflare_records(const struct account *account, const struct cloudflare_zone *zone,
                               const struct subject *subject, struct cloudflare_set *set,
                               struct error *e)
{
    struct buf query = BUF_INIT(PATH_MAX_BYTES);
    json_t *items = NULL, *item;
    bool ok;
    size_t i;

    cloudflare_path(&query, zone, "");
    buf_text(&query, "?name=");
    http_encode(&query, subject->owner.s);
    ok = cloudflare_list(account, buf_string(&query), &items, e);
    set->count = 0;
    json_array_foreach(items, i, item) ok = ok && cloudflare_read_record(item, subject, set, e);
    buf_free(&query);
    json_decref(items);
    return ok;
}

/*
 * What the world sees: a proxied record resolves to Cloudflare's own addresses, so for a mail
 * host it is not there. The TTL is not known where it is "automatic".
 */
static struct holding cloudflare_holding(const struct cloudflare_zone *zone,
                                         const struct cloudflare_set *set)
{
    struct holding holding = {0};

    str_cut(holding.resource, sizeof holding.resource, zone->name.s);
    for (size_t i = 0; i < set->count; i++) {
        if (set->records[i].proxied) {
            str_cut(holding.side_effect, sizeof holding.side_effect,
                    "ends the proxying of this name by Cloudflare");
            continue;
        }
        strings_add(&holding.values, set->records[i].address.s);
        holding.ttl_s = set->records[i].ttl_s;
    }
    strings_sort(&holding.values);
    return holding;
}

static bool cloudflare_read(struct account *account, const struct subject *subject,
                            struct holding *holding, struct error *e)
{
    struct cloudflare_zone zone = {.id = ""};
    struct cloudflare_set set;

    if (!cloudflare_zone(account, subject, &zone, e) ||
        !cloudflare_records(account, &zone, subject, &set, e))
        return false;
    *holding = cloudflare_holding(&zone, &set);
    return true;
}

static json_t *cloudflare_new_record(const struct subject *subject, const char *address,
                                     uint32_t ttl_s)
{
    int ttl = TTL_AUTO;

    if (ttl_s > TTL_MAX)
        ttl = TTL_MAX;
    else if (ttl_s > 0)
        ttl = ttl_s < TTL_MIN ? TTL_MIN : (int)ttl_s;
    return need(json_pack("{s:s, s:s, s:s, s:i, s:b}", "type", ip_record_type(subject->ip.family),
                          "name", subject->owner.s, "content", address, "ttl", ttl, "proxied", 0));
}

/* What a record is after a write; an identical one that was there already comes without. */
static bool cloudflare_read_result(const json_t *document, const struct subject *subject,
                                   const char *address, struct error *e)
{
    struct cloudflare_set set = {.count = 0};

    if (cloudflare_code(document) == CODE_IDENTICAL)
        return true;
    if (!cloudflare_read_record(json_at(document, "result"), subject, &set, e))
        return false;
    if (set.count == 1 && str_equal(set.records[0].address.s, address) && !set.records[0].proxied)
        return true;
    return fail(e, ERR_PROTOCOL, "%s made another record than the wanted one of %.200s", TITLE,
                subject->owner.s);
}

static bool cloudflare_add(const struct account *account, const struct cloudflare_zone *zone,
                           const struct subject *subject, const char *address, uint32_t ttl_s,
                           struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *document = NULL, *body = cloudflare_new_record(subject, address, ttl_s);
    bool ok;

    cloudflare_path(&path, zone, "");
    ok = cloudflare_call(account, "POST", &path, body, &document, e) &&
         cloudflare_read_result(document, subject, address, e);
    json_decref(document);
    buf_free(&path);
    return ok;
}

static bool cloudflare_remove(const struct account *account, const struct cloudflare_zone *zone,
                              const struct cloudflare_record *record, struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *document = NULL;
    bool ok;

    cloudflare_path(&path, zone, record->id);
    ok = cloudflare_call(account, "DELETE", &path, NULL, &document, e);
    if (ok && json_is_true(json_at(document, "success")) &&
        !str_equal(cloudflare_string(document, "result.id"), record->id))
        ok = fail(e, ERR_PROTOCOL, "%s removed another record than the one that was meant", TITLE);
    json_decref(document);
    buf_free(&path);
    return ok;
}

/*
 * The set is as it was read, and nothing of the name goes through the proxy. Switching the proxy
 * off would be easy, but the journal keeps addresses only: undoing would delete the record instead
 * of switching it on again. So that stays with a person.
 */
static bool cloudflare_check_before(const struct cloudflare_set *set, const struct subject *subject,
                                    const struct holding *before, const struct strings *after,
                                    struct error *e)
{
    struct holding now = cloudflare_holding(&(struct cloudflare_zone){.id = ""}, set);
    bool equal = strings_equal(&now.values, &before->values);
    char shown[256];

    strings_join(&now.values, ", ", "nothing", shown, sizeof shown);
    holding_free(&now);
    if (!equal)
        return fail(e, ERR_CONFLICT, "%.200s is %.200s now", subject->owner.s, shown);
    for (size_t i = 0; i < set->count && after->count > 0; i++) {
        if (!set->records[i].proxied)
            continue;
        fail(e, ERR_CONFLICT, "%.200s has the address %s through the proxy of Cloudflare",
             subject->owner.s, set->records[i].address.s);
        return error_who(e, "whoever manages the zone: set it to \"DNS only\" or remove it");
    }
    return true;
}

/* New addresses first, so that the name is never without one. */
static bool cloudflare_replace(const struct account *account, const struct cloudflare_zone *zone,
                               const struct subject *subject, const struct cloudflare_set *set,
                               const struct strings *after, uint32_t ttl_s, struct error *e)
{
    for (size_t k = 0; k < after->count; k++) {
        bool there = false;

        for (size_t i = 0; i < set->count; i++)
            there = there || str_equal(set->records[i].address.s, after->v[k]);
        if (!there && !cloudflare_add(account, zone, subject, after->v[k], ttl_s, e))
            return false;
    }
    for (size_t i = 0; i < set->count; i++)
        if (!set->records[i].proxied && !strings_have(after, set->records[i].address.s) &&
            !cloudflare_remove(account, zone, &set->records[i], e))
            return false;
    return true;
}

static bool cloudflare_write(struct account *account, const struct subject *subject,
                             const struct holding *before, const struct strings *after,
                             uint32_t ttl_s, struct error *e)
{
    struct cloudflare_zone zone = {.id = ""};
    struct cloudflare_set set;

    return cloudflare_zone(account, subject, &zone, e) &&
           cloudflare_records(account, &zone, subject, &set, e) &&
           cloudflare_check_before(&set, subject, before, after, e) &&
           cloudflare_replace(account, &zone, subject, &set, after, ttl_s, e);
}

const struct provider provider_cloudflare = {
    .type = "cloudflare",
    .title = TITLE,
    .roles = ROLE_FORWARD,
    .settings = cloudflare_settings,
    .read = cloudflare_read,
    .write = cloudflare_write,
};
