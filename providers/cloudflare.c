/* cloudflare.c - address records in zones at Cloudflare, with their proxy; and the vendor. */
#include "providers/cloudflare.h"

#include "agent/base/mem.h"

#include <string.h>

/* The API's own limits of a TTL. */
#define TTL_MIN 60
#define TTL_MAX 86400

static const struct setting cloudflare_settings[] = {
    {.key = "token",
     .secret = true,
     .required = true,
     .variables = (const char *const[]){"CLOUDFLARE_API_TOKEN", "CLOUDFLARE_DNS_API_TOKEN",
                                        "CF_DNS_API_TOKEN", "CF_API_TOKEN", NULL},
     .help = "API token with the permissions Zone:Read and DNS:Edit"},
    {.key = NULL},
};

/*
 * What the world sees: a proxied record resolves to Cloudflare's own addresses, so for a mail
 * host it is not there; the note keeps which they are. The TTL is not known where it is "automatic".
 */
static struct holding cloudflare_holding(const struct cloudflare_zone *zone,
                                         const struct cloudflare_set *set)
{
    struct holding holding = {0};
    struct strings proxied = {0};

    str_cut(holding.resource, sizeof holding.resource, zone->name.s);
    for (size_t i = 0; i < set->count; i++) {
        if (set->records[i].proxied) {
            strings_add(&proxied, set->records[i].address.s);
            continue;
        }
        strings_add(&holding.values, set->records[i].address.s);
        holding.ttl_s = set->records[i].ttl_s;
    }
    if (proxied.count > 0)
        str_cut(holding.side_effect, sizeof holding.side_effect,
                "ends the proxying of this name by Cloudflare");
    strings_sort(&proxied);
    strings_join(&proxied, " ", "", holding.note, sizeof holding.note);
    strings_sort(&holding.values);
    strings_free(&proxied);
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
    int ttl = CLOUDFLARE_TTL_AUTO;

    if (ttl_s > TTL_MAX)
        ttl = TTL_MAX;
    else if (ttl_s > 0)
        ttl = ttl_s < TTL_MIN ? TTL_MIN : (int)ttl_s;
    return need(json_pack("{s:s, s:s, s:s, s:i, s:b}", "type", ip_record_type(subject->ip.family),
                          "name", subject->owner.s, "content", address, "ttl", ttl, "proxied", 0));
}

/* What a record is after a write; an identical one that was there already comes without. */
static bool cloudflare_read_result(const json_t *document, const struct subject *subject,
                                   const char *address, bool proxied, struct error *e)
{
    struct cloudflare_set set = {.count = 0};

    if (cloudflare_is_identical(document))
        return true;
    if (!cloudflare_read_record(json_at(document, "result"), subject, &set, e))
        return false;
    if (set.count == 1 && str_equal(set.records[0].address.s, address) &&
        set.records[0].proxied == proxied)
        return true;
    return fail(e, ERR_PROTOCOL, "%s made another record than the wanted one of %.200s",
                CLOUDFLARE_TITLE, subject->owner.s);
}

/* A write of one operation: where, about what, and which records there are. */
struct cloudflare_change {
    const struct account *account;
    const struct subject *subject;
    struct cloudflare_zone zone;
    struct cloudflare_set set;
};

/* A new record (id ""), or new members of one that is there: its comment and tags stay. */
static bool cloudflare_put(const struct cloudflare_change *change, const char *id, json_t *body,
                           const char *address, bool proxied, struct error *e)
{
    const char *method = id[0] != '\0' ? "PATCH" : "POST";
    struct buf path = BUF_INIT(CLOUDFLARE_PATH_MAX);
    json_t *document = NULL;
    bool ok;

    cloudflare_path(&path, &change->zone, id);
    ok = cloudflare_call(change->account, method, &path, body, &document, e) &&
         cloudflare_read_result(document, change->subject, address, proxied, e);
    json_decref(document);
    buf_free(&path);
    return ok;
}

static bool cloudflare_remove(const struct cloudflare_change *change,
                              const struct cloudflare_record *record, struct error *e)
{
    struct buf path = BUF_INIT(CLOUDFLARE_PATH_MAX);
    json_t *document = NULL;
    bool ok;

    cloudflare_path(&path, &change->zone, record->id);
    ok = cloudflare_call(change->account, "DELETE", &path, NULL, &document, e);
    if (ok && json_is_true(json_at(document, "success")) &&
        !str_equal(json_string_or(document, "result.id", ""), record->id))
        ok = fail(e, ERR_PROTOCOL, "%s removed another record than the one that was meant",
                  CLOUDFLARE_TITLE);
    json_decref(document);
    buf_free(&path);
    return ok;
}

static bool cloudflare_find(struct cloudflare_change *change, struct error *e)
{
    return cloudflare_zone(change->account, change->subject, &change->zone, e) &&
           cloudflare_records(change->account, &change->zone, change->subject, &change->set, e);
}

/* The set is as it was read, with the same records behind the proxy. */
static bool cloudflare_check_before(const struct cloudflare_change *change,
                                    const struct holding *before, struct error *e)
{
    struct holding now = cloudflare_holding(&change->zone, &change->set);
    bool equal = strings_equal(&now.values, &before->values) && str_equal(now.note, before->note);
    char shown[256];

    strings_join(&now.values, ", ", "nothing", shown, sizeof shown);
    if (!equal)
        fail(e, ERR_CONFLICT, "%.200s is %.200s now%s%.100s", change->subject->owner.s, shown,
             now.note[0] != '\0' ? ", and through the proxy " : "", now.note);
    holding_free(&now);
    return equal;
}

/*
 * One proxied record is enough, and the whole name goes through the proxy. It is switched off for
 * the wanted addresses only: another one would come to light.
 */
static bool cloudflare_check_proxied(const struct cloudflare_change *change,
                                     const struct strings *after, struct error *e)
{
    for (size_t i = 0; i < change->set.count && after->count > 0; i++) {
        const struct cloudflare_record *record = &change->set.records[i];
        if (!record->proxied || strings_have(after, record->address.s))
            continue;
        fail(e, ERR_CONFLICT, "%.200s has the address %s through the proxy of Cloudflare",
             change->subject->owner.s, record->address.s);
        return error_who(e, "whoever manages the zone: set it to \"DNS only\" or remove it");
    }
    return true;
}

static bool cloudflare_set_proxied(const struct cloudflare_change *change,
                                   const struct cloudflare_record *record, bool proxied,
                                   struct error *e)
{
    return cloudflare_put(change, record->id, need(json_pack("{s:b}", "proxied", (int)proxied)),
                          record->address.s, proxied, e);
}

/* The record of an address; NULL: none. */
static struct cloudflare_record *cloudflare_of(struct cloudflare_set *set, const char *address)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_equal(set->records[i].address.s, address))
            return &set->records[i];
    return NULL;
}

/* A record whose address is not wanted any more; NULL: none. */
static struct cloudflare_record *cloudflare_spare(struct cloudflare_set *set,
                                                  const struct strings *keep)
{
    for (size_t i = 0; i < set->count; i++)
        if (!set->records[i].proxied && !strings_have(keep, set->records[i].address.s))
            return &set->records[i];
    return NULL;
}

/* Bring in one wanted address: unveil it, give it to a record that is not to be kept, or make one. */
static bool cloudflare_add(struct cloudflare_change *change, const struct strings *keep,
                           const char *address, uint32_t ttl_s, struct error *e)
{
    struct cloudflare_record *record = cloudflare_of(&change->set, address);

    if (record != NULL)
        return !record->proxied || cloudflare_set_proxied(change, record, false, e);
    record = cloudflare_spare(&change->set, keep);
    if (record == NULL)
        return cloudflare_put(change, "", cloudflare_new_record(change->subject, address, ttl_s),
                              address, false, e);
    if (!cloudflare_put(change, record->id, need(json_pack("{s:s}", "content", address)), address,
                        false, e))
        return false;
    str_cut(record->address.s, sizeof record->address.s, address);
    return true;
}

/*
 * Wanted addresses first, so that the name is never without one; then those go that are not kept,
 * which all of the wanted ones are.
 */
static bool cloudflare_replace(struct cloudflare_change *change, const struct strings *after,
                               const struct strings *keep, uint32_t ttl_s, struct error *e)
{
    for (size_t i = 0; i < after->count; i++)
        if (!cloudflare_add(change, keep, after->v[i], ttl_s, e))
            return false;
    for (size_t i = 0; i < change->set.count; i++) {
        const struct cloudflare_record *record = &change->set.records[i];
        if (!record->proxied && !strings_have(keep, record->address.s) &&
            !cloudflare_remove(change, record, e))
            return false;
    }
    return true;
}

static bool cloudflare_write(struct account *account, const struct subject *subject,
                             const struct holding *before, const struct strings *after,
                             uint32_t ttl_s, struct error *e)
{
    struct cloudflare_change change = {.account = account, .subject = subject};

    return cloudflare_find(&change, e) && cloudflare_check_before(&change, before, e) &&
           cloudflare_check_proxied(&change, after, e) &&
           cloudflare_replace(&change, after, after, ttl_s, e);
}

/* The addresses that a note names; ERR_ROLLBACK_CONFLICT when a record of them is gone. */
static bool cloudflare_veiled(struct cloudflare_change *change, const char *note,
                              struct strings *out, struct error *e)
{
    struct cursor all = cursor_of(note, strlen(note)), word;
    struct ip_text address;

    while (cursor_word(&all, &word)) {
        if (!cursor_copy(&word, address.s, sizeof address.s))
            return fail(e, ERR_PLAN_DAMAGED, "the note of the run names what is no address");
        if (cloudflare_of(&change->set, address.s) == NULL)
            return fail(e, ERR_ROLLBACK_CONFLICT,
                        "the record %s of %.200s is gone, which was proxied", address.s,
                        change->subject->owner.s);
        strings_add(out, address.s);
    }
    return true;
}

static bool cloudflare_veil(struct cloudflare_change *change, const struct strings *addresses,
                            struct error *e)
{
    for (size_t i = 0; i < change->set.count; i++) {
        const struct cloudflare_record *record = &change->set.records[i];
        if (!record->proxied && strings_have(addresses, record->address.s) &&
            !cloudflare_set_proxied(change, record, true, e))
            return false;
    }
    return true;
}

/* The note has the addresses that were proxied, some of which may still be; the others are values
 * as ever. */
static bool cloudflare_restore(struct account *account, const struct subject *subject,
                               const struct holding *now, const struct holding *before,
                               struct error *e)
{
    struct cloudflare_change change = {.account = account, .subject = subject};
    struct strings veiled = {0}, keep = strings_copy(&before->values);
    bool ok = cloudflare_find(&change, e) && cloudflare_check_before(&change, now, e) &&
              cloudflare_veiled(&change, before->note, &veiled, e);

    for (size_t i = 0; i < veiled.count; i++)
        strings_add(&keep, veiled.v[i]);
    ok = ok && cloudflare_replace(&change, &before->values, &keep, before->ttl_s, e) &&
         cloudflare_veil(&change, &veiled, e);
    strings_free(&veiled);
    strings_free(&keep);
    return ok;
}

const struct provider provider_cloudflare = {
    .type = "cloudflare",
    .title = CLOUDFLARE_TITLE,
    .roles = ROLE_FORWARD,
    .settings = cloudflare_settings,
    .piecewise = true,
    .read = cloudflare_read,
    .write = cloudflare_write,
    .restore = cloudflare_restore,
};
