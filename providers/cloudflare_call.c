/* cloudflare_call.c - calls of the API of Cloudflare (version 4): envelopes, lists, records. */
#include "providers/cloudflare.h"

#define ENDPOINT "https://api.cloudflare.com/client/v4"
#define PER_PAGE 50  /* the most that the list of zones allows */
#define PAGES_MAX 20 /* a name or a zone has a handful of entries; more is a loop */

/* Codes inside the envelope, which say more than the status. */
#define CODE_IDENTICAL 81058 /* the very record is there already */

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

bool cloudflare_is_identical(const json_t *document)
{
    return cloudflare_code(document) == CODE_IDENTICAL;
}

/* Refusals that say: it is so already. A repeated DELETE may find nothing left. */
static bool cloudflare_is_done(const char *method, const struct http_answer *answer,
                               const json_t *envelope)
{
    return cloudflare_is_identical(envelope) ||
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
        ok = http_strange(answer, CLOUDFLARE_TITLE, "not with its usual document", e);
    else if (!http_ok(answer) || !json_is_true(json_at(envelope, "success")))
        ok = cloudflare_is_done(method, answer, envelope) ||
             cloudflare_refused(api, method, answer, envelope, e);
    if (ok)
        *document = envelope;
    else
        json_decref(envelope);
    return ok;
}

bool cloudflare_call(const struct account *account, const char *method, const struct buf *path,
                     json_t *body, json_t **document, struct error *e)
{
    const struct http_api api = {CLOUDFLARE_TITLE,
                                 account->endpoint[0] != '\0' ? account->endpoint : ENDPOINT,
                                 {"Authorization", "Bearer ", account_secret(account, "token")}};
    struct http_answer answer = {0};
    bool ok = http_api_call(&api, method, path, body, &answer, e) &&
              cloudflare_read_envelope(&api, method, &answer, document, e);

    http_answer_free(&answer);
    return ok;
}

static bool cloudflare_get(const void *account, const struct buf *path, json_t **document,
                           struct error *e)
{
    return cloudflare_call(account, "GET", path, NULL, document, e);
}

/* All entries that a path with a query lists; the caller frees *out. */
static bool cloudflare_list(const struct account *account, struct buf *query, json_t **out,
                            struct error *e)
{
    struct http_pages pages = {.vendor = CLOUDFLARE_TITLE,
                               .items = "result",
                               .number = "result_info.page",
                               .total = "result_info.total_pages",
                               .per_page = PER_PAGE,
                               .most = PAGES_MAX,
                               .get = cloudflare_get,
                               .arg = account};

    buf_char(query, '&');
    pages.query = buf_string(query);
    return http_list(&pages, out, e);
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
        return fail(e, ERR_PROVIDER_AMBIGUOUS, "%s holds the zone %.200s more than once",
                    CLOUDFLARE_TITLE, name->s);
    if (!cloudflare_same_name(item, name))
        return fail(e, ERR_PROTOCOL, "%s answers for another zone than %.200s", CLOUDFLARE_TITLE,
                    name->s);
    zone->name = *name;
    if (!str_copy(zone->id, sizeof zone->id, json_string_or(item, "id", "")))
        return fail(e, ERR_PROTOCOL, "%s gives the zone %.200s no usable id", CLOUDFLARE_TITLE,
                    name->s);
    return true;
}

/* *found is false when the account has no active zone of that name. */
static bool cloudflare_ask_zone(const struct account *account, const struct name *name,
                                struct cloudflare_zone *zone, bool *found, struct error *e)
{
    struct buf query = BUF_INIT(CLOUDFLARE_PATH_MAX);
    json_t *items = NULL;
    bool ok;

    buf_text(&query, "/zones?status=active&name=");
    http_encode(&query, name->s);
    ok = cloudflare_list(account, &query, &items, e);
    *found = ok && json_array_size(items) > 0;
    if (*found)
        ok = cloudflare_read_zone(items, name, zone, e);
    json_decref(items);
    buf_free(&query);
    return ok;
}

bool cloudflare_zone(const struct account *account, const struct subject *subject,
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

bool cloudflare_read_record(const json_t *item, const struct subject *subject,
                            struct cloudflare_set *set, struct error *e)
{
    struct cloudflare_record *record = &set->records[set->count];
    json_int_t ttl = json_integer_value(json_at(item, "ttl"));
    struct ip ip;

    if (!cloudflare_same_name(item, &subject->owner))
        return fail(e, ERR_PROTOCOL, "%s answers for another name than %.200s", CLOUDFLARE_TITLE,
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
        set->count + 1 == CLOUDFLARE_RECORDS_MAX)
        return fail(e, ERR_PROTOCOL, "%s holds for %.200s what cannot be used", CLOUDFLARE_TITLE,
                    subject->owner.s);
    record->address = ip_text(&ip);
    record->proxied = json_is_true(json_at(item, "proxied"));
    record->ttl_s = ttl > CLOUDFLARE_TTL_AUTO && ttl <= INT32_MAX ? (uint32_t)ttl : 0;
    set->count++;
    return true;
}

void cloudflare_path(struct buf *path, const struct cloudflare_zone *zone, const char *id)
{
    buf_text(path, "/zones/");
    http_encode(path, zone->id);
    buf_text(path, id[0] != '\0' ? "/dns_records/" : "/dns_records");
    http_encode(path, id);
}

bool cloudflare_records(const struct account *account, const struct cloudflare_zone *zone,
                        const struct subject *subject, struct cloudflare_set *set, struct error *e)
{
    struct buf query = BUF_INIT(CLOUDFLARE_PATH_MAX);
    json_t *items = NULL, *item;
    bool ok;
    size_t i;

    cloudflare_path(&query, zone, "");
    buf_text(&query, "?name=");
    http_encode(&query, subject->owner.s);
    ok = cloudflare_list(account, &query, &items, e);
    set->count = 0;
    json_array_foreach(items, i, item) ok = ok && cloudflare_read_record(item, subject, set, e);
    buf_free(&query);
    json_decref(items);
    return ok;
}
