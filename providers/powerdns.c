/* powerdns.c - the HTTP API of PowerDNS Authoritative Server: record sets of its zones. */
#include "providers/provider.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/net/http.h"

#include <string.h>

#define TITLE "PowerDNS"
#define BASE "/api/v1"
#define SERVER_LENGTH_MAX 128
#define PATH_MAX_BYTES ((size_t)2048)

static bool powerdns_check_server(const char *text, struct error *e)
{
    if (text[0] != '\0' && strlen(text) <= SERVER_LENGTH_MAX)
        return true;
    return fail(e, ERR_CONFIG_KEY, "a server's name has 1 to %d characters", SERVER_LENGTH_MAX);
}

static const struct setting powerdns_settings[] = {
    {.key = "endpoint",
     .required = true,
     .variables = (const char *const[]){"PDNS_API_URL", NULL},
     .help = "URL of its web server: \"https://ns1.example.com\", \"http://127.0.0.1:8081\""},
    {.key = "api_key",
     .secret = true,
     .required = true,
     .variables = (const char *const[]){"PDNS_API_KEY", NULL},
     .help = "the server's api-key"},
    {.key = "server",
     .fallback = "localhost",
     .variables = (const char *const[]){"PDNS_SERVER_NAME", NULL},
     .help = "name of the server behind the API; almost always localhost",
     .check = powerdns_check_server},
    {.key = NULL},
};

struct powerdns_zone {
    struct name name;
    char id[600];       /* the server's own, to be encoded like any text */
    bool has_secondary; /* the server tells secondaries of changes */
};

/* What the server holds at the subject's place; powerdns_set_free frees it. */
struct powerdns_set {
    bool found;
    uint32_t ttl_s;
    struct strings values; /* sorted */
    json_t *disabled;      /* array of contents that are kept, but not served */
    bool serial_stays;     /* a change does not raise the serial, so secondaries will not see it */
};

static void powerdns_set_free(struct powerdns_set *set)
{
    strings_free(&set->values);
    json_decref(set->disabled);
    *set = (struct powerdns_set){.found = false};
}

/* What 422 may mean beyond "this is wrong"; nothing was changed by any of them. */
static const struct {
    const char *part;
    enum err err;
} powerdns_texts[] = {
    {"Conflicts with", ERR_CONFLICT},
    {"Could not find domain", ERR_NO_INPUT},
};

static void powerdns_reason(const json_t *document, char *out, size_t size)
{
    size_t i;
    json_t *more;

    str_cut(out, size, json_string_or(document, "error", ""));
    json_array_foreach(json_at(document, "errors"), i, more)
    {
        size_t used = strlen(out);

        if (json_is_string(more))
            str_format(out + used, size - used, "; %s", json_string_value(more));
    }
}

static bool powerdns_refused(const struct http_api *api, const char *method,
                             const struct http_answer *answer, struct error *e)
{
    json_t *document = http_document(answer);
    char text[300];

    powerdns_reason(document, text, sizeof text);
    json_decref(document);
    http_refused(api, method, answer, text, e);
    for (size_t i = 0; i < sizeof powerdns_texts / sizeof powerdns_texts[0]; i++)
        if (answer->status == 422 && strstr(text, powerdns_texts[i].part) != NULL)
            e->code = powerdns_texts[i].err;
    if (e->code == ERR_PROVIDER_DENIED)
        error_who(e, "whoever runs PowerDNS: the key has to be its api-key");
    if (answer->status == 404)
        error_who(e, "you: endpoint and server have to be those of PowerDNS's API");
    return false;
}

/* "https://ns1.example.com/api/v1/servers/localhost"; lego and others name the API's base, too. */
static void powerdns_base(const struct account *account, struct buf *out)
{
    size_t length = strlen(account->endpoint);

    while (length > 0 && account->endpoint[length - 1] == '/')
        length--;
    buf_add(out, account->endpoint, length);
    if (!str_ends(buf_string(out), BASE))
        buf_text(out, BASE);
    buf_text(out, "/servers/");
    http_encode(out, account_text(account, "server"));
}

/* One call; *document is NULL after 204. A body is freed. */
static bool powerdns_call(const struct account *account, const char *method, const struct buf *path,
                          json_t *body, json_t **document, struct error *e)
{
    struct buf base = BUF_INIT(PATH_MAX_BYTES);
    struct http_api api = {.title = TITLE,
                           .key = {"X-API-Key", "", account_secret(account, "api_key")}};
    struct http_answer answer = {0};
    bool ok;

    powerdns_base(account, &base);
    api.endpoint = buf_string(&base);
    *document = NULL;
    ok = http_api_call(&api, method, path, body, &answer, e);
    if (ok && !http_ok(&answer))
        ok = powerdns_refused(&api, method, &answer, e);
    if (ok && answer.status != 204) {
        *document = http_document(&answer);
        ok = *document != NULL || http_strange(&answer, TITLE, "not with a document", e);
    }
    http_answer_free(&answer);
    buf_free(&base);
    return ok;
}

static bool powerdns_is(const json_t *item, const char *key, const struct name *name)
{
    struct name got;

    return name_from_dns(json_string_or(item, key, ""), &got) && name_equal(&got, name);
}

/* What another server owns is overwritten by its next transfer; old and new words are in use. */
static bool powerdns_is_copy(const char *kind)
{
    return str_equal_nocase(kind, "Slave") || str_equal_nocase(kind, "Secondary") ||
           str_equal_nocase(kind, "Consumer");
}

static bool powerdns_is_original(const char *kind)
{
    return str_equal_nocase(kind, "Master") || str_equal_nocase(kind, "Primary") ||
           str_equal_nocase(kind, "Producer");
}

static bool powerdns_read_zone(const json_t *item, const struct name *name,
                               struct powerdns_zone *zone, struct error *e)
{
    const char *kind = json_string_or(item, "kind", "");

    *zone = (struct powerdns_zone){.name = *name, .has_secondary = powerdns_is_original(kind)};
    if (!str_copy(zone->id, sizeof zone->id, json_string_or(item, "id", "")) || zone->id[0] == '\0')
        return fail(e, ERR_PROTOCOL, TITLE " gives the zone %.200s no usable id", name->s);
    if (!powerdns_is_copy(kind))
        return true;
    fail(e, ERR_CONFLICT, TITLE " holds %.200s as a secondary only (%.20s)", name->s, kind);
    return error_who(e, "whoever runs the primary name server of %.100s", name->s);
}

/* *found is false when the server has no zone of that name. Old versions list all of them. */
static bool powerdns_ask_zone(const struct account *account, const struct name *name,
                              struct powerdns_zone *zone, bool *found, struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *document = NULL, *item;
    bool ok;
    size_t i;

    *found = false;
    buf_text(&path, "/zones?zone=");
    http_encode(&path, name->s);
    buf_text(&path, ".&dnssec=false");
    ok = powerdns_call(account, "GET", &path, NULL, &document, e);
    if (ok && !json_is_array(document))
        ok = fail(e, ERR_PROTOCOL, TITLE " answers with no list of zones");
    json_array_foreach(ok ? document : NULL, i, item)
    {
        if (*found || !powerdns_is(item, "name", name))
            continue;
        *found = true;
        ok = powerdns_read_zone(item, name, zone, e);
    }
    json_decref(document);
    buf_free(&path);
    return ok;
}

/* The longest suffix of the owner that the server has as a zone. */
static bool powerdns_longest(const struct account *account, const struct subject *subject,
                             struct powerdns_zone *zone, bool *found, struct error *e)
{
    struct name name = subject->owner;

    for (*found = false; name_labels(&name) > 0; name = name_parent(&name))
        if (!powerdns_ask_zone(account, &name, zone, found, e) || *found)
            break;
    return *found || name_labels(&name) == 0;
}

/*
 * The zone to which the owner is delegated. Any other that the server has may be old, private or
 * waiting for its delegation: nobody would see the change.
 */
static bool powerdns_find_zone(const struct account *account, const struct subject *subject,
                               struct powerdns_zone *zone, struct error *e)
{
    bool known = !name_is_empty(&subject->zone), found = false;

    if (known && !powerdns_ask_zone(account, &subject->zone, zone, &found, e))
        return false;
    if (!found && !powerdns_longest(account, subject, zone, &found, e))
        return false;
    if (!found)
        return fail(e, ERR_NO_INPUT, "the server of \"%s\" has no zone for %.200s", account->id,
                    subject->owner.s);
    if (!known || name_equal(&zone->name, &subject->zone))
        return true;
    fail(e, ERR_NO_INPUT,
         "the server of \"%s\" has the zone %.120s, but the DNS finds %.120s in the zone %.120s",
         account->id, zone->name.s, subject->owner.s, subject->zone.s);
    return error_who(e, "whoever delegates %.100s, or runs the server", zone->name.s);
}

static const char *powerdns_type(const struct subject *subject)
{
    return subject->role == ROLE_PTR ? "PTR" : ip_record_type(subject->ip.family);
}

static bool powerdns_disabled(const json_t *record)
{
    return json_is_true(json_object_get(record, "disabled"));
}

/* The value of a record as we write it; false when it is of another kind. */
static bool powerdns_value(const struct subject *subject, const char *content,
                           char out[NAME_MAX_TEXT])
{
    struct name name;
    struct ip ip;

    if (subject->role == ROLE_PTR)
        return name_from_dns(content, &name) && str_copy(out, NAME_MAX_TEXT, name.s);
    return ip_parse(content, &ip) && ip.family == subject->ip.family &&
           str_copy(out, NAME_MAX_TEXT, ip_text(&ip).s);
}

static bool powerdns_read_records(const json_t *item, const struct subject *subject,
                                  struct powerdns_set *set, struct error *e)
{
    json_int_t ttl = json_integer_value(json_at(item, "ttl"));
    char value[NAME_MAX_TEXT];
    size_t i;
    json_t *record;

    json_array_foreach(json_at(item, "records"), i, record)
    {
        if (!powerdns_value(subject, json_string_or(record, "content", ""), value))
            return fail(e, ERR_PROTOCOL, TITLE " holds for %.200s what cannot be used",
                        subject->owner.s);
        set->found = true;
        set->ttl_s = ttl > 0 && ttl <= INT32_MAX ? (uint32_t)ttl : 0;
        if (powerdns_disabled(record))
            json_array_append_new(set->disabled, need(json_string(value)));
        else
            strings_add(&set->values, value);
    }
    strings_sort(&set->values);
    return true;
}

/* Whether a record of another type answers in place of the set: an alias, or a program. */
static bool powerdns_rules(const char *type, const char *content, const struct subject *subject)
{
    const char *wanted = powerdns_type(subject);
    size_t length = strcspn(content, " \t");

    if (str_equal(type, "CNAME"))
        return true;
    if (str_equal(type, "ALIAS"))
        return subject->role == ROLE_FORWARD;
    return str_equal(type, "LUA") &&
           ((length == strlen(wanted) && strncmp(content, wanted, length) == 0) ||
            str_starts(content, "CNAME"));
}

static bool powerdns_check_others(const json_t *item, const char *type,
                                  const struct subject *subject, struct error *e)
{
    size_t i;
    json_t *record;

    json_array_foreach(json_at(item, "records"), i, record)
    {
        if (powerdns_disabled(record) ||
            !powerdns_rules(type, json_string_or(record, "content", ""), subject))
            continue;
        fail(e, ERR_CONFLICT, "%.200s is answered by its %s record in " TITLE, subject->owner.s,
             type);
        return error_who(e, "whoever manages the zone: put a plain %s record in place of it",
                         powerdns_type(subject));
    }
    return true;
}

static bool powerdns_read_sets(const json_t *document, const struct subject *subject,
                               struct powerdns_set *set, struct error *e)
{
    const json_t *list;
    size_t i;
    json_t *item;

    if (!json_get_array(document, "rrsets", &list, e))
        return error_what(e, "cannot read the zone from " TITLE);
    set->serial_stays = json_string_or(document, "soa_edit_api", "-")[0] == '\0';
    json_array_foreach(list, i, item)
    {
        const char *type = json_string_or(item, "type", "");

        if (!powerdns_is(item, "name", &subject->owner))
            continue;
        if (str_equal(type, powerdns_type(subject))
                ? !powerdns_read_records(item, subject, set, e)
                : !powerdns_check_others(item, type, subject, e))
            return false;
    }
    return true;
}

/*
 * The set as it is now. Asked for one name, the server (4.7) leaves its disabled records out, so
 * before a write, which replaces them all, the whole zone is asked for. The caller frees *set.
 */
static bool powerdns_set_read(const struct account *account, const struct subject *subject,
                              const struct powerdns_zone *zone, bool whole,
                              struct powerdns_set *set, struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *document = NULL;
    bool ok;

    *set = (struct powerdns_set){.disabled = need(json_array())};
    buf_text(&path, "/zones/");
    http_encode(&path, zone->id);
    if (!whole) {
        buf_text(&path, "?rrset_name=");
        http_encode(&path, subject->owner.s);
        buf_char(&path, '.');
    }
    ok = powerdns_call(account, "GET", &path, NULL, &document, e) &&
         powerdns_read_sets(document, subject, set, e);
    json_decref(document);
    buf_free(&path);
    if (!ok)
        powerdns_set_free(set);
    return ok;
}

static bool powerdns_read(struct account *account, const struct subject *subject,
                          struct holding *holding, struct error *e)
{
    struct powerdns_zone zone;
    struct powerdns_set set;

    if (!powerdns_find_zone(account, subject, &zone, e) ||
        !powerdns_set_read(account, subject, &zone, false, &set, e))
        return false;
    *holding = (struct holding){.values = strings_copy(&set.values), .ttl_s = set.ttl_s};
    str_cut(holding->resource, sizeof holding->resource, zone.name.s);
    if (zone.has_secondary && set.serial_stays)
        str_cut(holding->side_effect, sizeof holding->side_effect,
                "secondaries lag: SOA-EDIT-API of the zone is not set");
    powerdns_set_free(&set);
    return true;
}

/*
 * The set is as it was read. A disabled record with a wanted value would have to be enabled, and
 * undoing would delete it: the journal keeps what is served, not what is switched off. So that
 * stays with a person.
 */
static bool powerdns_check_before(const struct subject *subject, const struct powerdns_set *set,
                                  const struct holding *before, const struct strings *after,
                                  struct error *e)
{
    char shown[256];
    size_t i;
    json_t *content;

    if (!strings_equal(&set->values, &before->values)) {
        strings_join(&set->values, ", ", "nothing", shown, sizeof shown);
        return fail(e, ERR_CONFLICT, "%.200s is %.200s now", subject->owner.s, shown);
    }
    json_array_foreach(set->disabled, i, content)
    {
        if (!strings_have(after, json_string_value(content)))
            continue;
        fail(e, ERR_CONFLICT, "%.200s has %.100s already, but the record is disabled in " TITLE,
             subject->owner.s, json_string_value(content));
        return error_who(e, "whoever manages the zone: enable that record, or remove it");
    }
    return true;
}

static void powerdns_add_record(json_t *records, const struct subject *subject, const char *value,
                                int disabled)
{
    const char *dot = subject->role == ROLE_PTR ? "." : "";

    json_array_append_new(
        records, need(json_pack("{s:s+, s:b}", "content", value, dot, "disabled", disabled)));
}

/* Names end in a dot, in content, too. Comments that are not named stay. */
static json_t *powerdns_body(const struct subject *subject, const struct powerdns_set *set,
                             const struct strings *after, uint32_t ttl_s)
{
    json_t *records = need(json_array()), *content;
    size_t i;

    for (i = 0; i < after->count; i++)
        powerdns_add_record(records, subject, after->v[i], 0);
    json_array_foreach(set->disabled, i, content)
        powerdns_add_record(records, subject, json_string_value(content), 1);
    return need(json_pack("{s:[{s:s+, s:s, s:I, s:s, s:o}]}", "rrsets", "name", subject->owner.s,
                          ".", "type", powerdns_type(subject), "ttl",
                          (json_int_t)(set->found ? set->ttl_s : ttl_s), "changetype", "REPLACE",
                          "records", records));
}

/* A call of the zone, or of what is below it, whose answer holds nothing new. */
static bool powerdns_tell(const struct account *account, const char *method,
                          const struct powerdns_zone *zone, const char *below, json_t *body,
                          struct error *e)
{
    struct buf path = BUF_INIT(PATH_MAX_BYTES);
    json_t *document = NULL;
    bool ok;

    buf_text(&path, "/zones/");
    http_encode(&path, zone->id);
    buf_text(&path, below);
    ok = powerdns_call(account, method, &path, body, &document, e);
    json_decref(document);
    buf_free(&path);
    return ok;
}

/* By itself the server looks once a minute for zones that its secondaries have to fetch. */
static bool powerdns_write(struct account *account, const struct subject *subject,
                           const struct holding *before, const struct strings *after,
                           uint32_t ttl_s, struct error *e)
{
    struct powerdns_zone zone;
    struct powerdns_set set;
    struct error ignored; /* the change is made, whatever becomes of the message */
    bool ok;

    if (!powerdns_find_zone(account, subject, &zone, e) ||
        !powerdns_set_read(account, subject, &zone, true, &set, e))
        return false;
    ok = powerdns_check_before(subject, &set, before, after, e);
    if (ok && !strings_equal(&set.values, after)) {
        ok = powerdns_tell(account, "PATCH", &zone, "", powerdns_body(subject, &set, after, ttl_s),
                           e);
        if (ok && zone.has_secondary)
            (void)!powerdns_tell(account, "PUT", &zone, "/notify", NULL, &ignored);
    }
    powerdns_set_free(&set);
    return ok;
}

const struct provider provider_powerdns = {
    .type = "powerdns",
    .title = TITLE,
    .roles = ROLE_PTR | ROLE_FORWARD,
    .settings = powerdns_settings,
    .read = powerdns_read,
    .write = powerdns_write,
};
