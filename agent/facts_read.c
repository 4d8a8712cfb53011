/* facts_read.c - facts from a file that anybody may have written, for --facts. */
#include "agent/facts_json.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/json.h"
#include "agent/base/mem.h"

#define VALUES_MAX 256 /* of one record set; a real answer holds far fewer */
#define LINES_MAX 64
#define NAMES_MAX 64

/* Absent members leave their place as it is; those of another type are errors. */

static bool read_text(const json_t *object, const char *key, char *out, size_t size,
                      struct error *e)
{
    const json_t *value = json_at(object, key);

    if (value == NULL)
        return true;
    if (!json_is_string(value))
        return fail(e, ERR_PROTOCOL, "\"%s\" is no text", key);
    if (json_string_length(value) >= size)
        return fail(e, ERR_PROTOCOL, "\"%s\" is longer than %zu bytes", key, size - 1);
    str_printable(out, size, json_string_value(value), json_string_length(value));
    return true;
}

/* The text itself, not a printable form of it, is what the DNS has. */
static bool read_name(const json_t *object, const char *key, struct name *out, struct error *e)
{
    const char *text;

    if (json_at(object, key) == NULL)
        return true;
    if (!json_get_string(object, key, &text, e))
        return false;
    return text[0] == '\0' || name_from_dns(text, out) ||
           fail(e, ERR_PROTOCOL, "\"%s\" is no DNS name", key);
}

static bool read_flag(const json_t *object, const char *key, bool *out, struct error *e)
{
    const json_t *value = json_at(object, key);

    if (value == NULL)
        return true;
    if (!json_is_boolean(value))
        return fail(e, ERR_PROTOCOL, "\"%s\" is neither true nor false", key);
    *out = json_is_true(value);
    return true;
}

static bool read_seconds(const json_t *object, const char *key, uint32_t *out, struct error *e)
{
    int64_t value;

    if (json_at(object, key) == NULL)
        return true;
    if (!json_get_int(object, key, 0, UINT32_MAX, &value, e))
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool read_part(const json_t *document, const char *key, const json_t **out, struct error *e)
{
    *out = json_at(document, key);
    return *out == NULL || json_is_object(*out) ||
           fail(e, ERR_PROTOCOL, "\"%s\" is no object", key);
}

static bool read_texts(const json_t *object, const char *key, size_t max, struct strings *out,
                       struct error *e)
{
    const json_t *list = json_at(object, key);
    size_t i;
    json_t *item;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > max)
        return fail(e, ERR_PROTOCOL, "\"%s\" is not a list of at most %zu texts", key, max);
    json_array_foreach(list, i, item)
    {
        if (!json_is_string(item))
            return fail(e, ERR_PROTOCOL, "\"%s\" holds something that is no text", key);
        strings_add(out, json_string_value(item));
    }
    return true;
}

/* What a server said: made harmless. */
static bool read_lines(const json_t *object, const char *key, struct strings *out, struct error *e)
{
    char printable[1024];

    if (!read_texts(object, key, LINES_MAX, out, e))
        return false;
    for (size_t i = 0; i < out->count; i++) {
        str_printable(printable, sizeof printable, out->v[i], strlen(out->v[i]));
        free(out->v[i]);
        out->v[i] = mem_text(printable);
    }
    return true;
}

/* Canonical addresses, names without final dot; the same twice is one, as in a record set. */
static bool normalise(struct strings *values, bool addresses, struct error *e)
{
    struct strings canonical = {0};

    for (size_t i = 0; i < values->count; i++) {
        struct ip ip;
        struct name name;
        struct ip_text text;
        const char *value = name.s;
        if (addresses ? !ip_parse(values->v[i], &ip) : !name_from_dns(values->v[i], &name)) {
            strings_free(&canonical);
            return fail(e, ERR_PROTOCOL, "\"%.100s\" is no %s", values->v[i],
                        addresses ? "address" : "DNS name");
        }
        if (addresses) {
            text = ip_text(&ip);
            value = text.s;
        }
        strings_add_new(&canonical, value);
    }
    strings_free(values);
    *values = canonical;
    return true;
}

/* Without a code, only values prove that there was an answer. */
static bool read_rcode(const json_t *object, const char *values_key, int *out, struct error *e)
{
    char text[24] = "";

    if (!read_text(object, "rcode", text, sizeof text, e))
        return false;
    if (text[0] == '\0' && json_array_size(json_at(object, values_key)) > 0)
        return true;
    *out = dns_rcode_from_text(text);
    if (*out < 0)
        return fail(e, ERR_PROTOCOL, "\"rcode\" is no DNS response code: \"%s\"", text);
    return true;
}

static bool read_sightings(const json_t *object, struct rrset_facts *set, bool addresses,
                           struct error *e)
{
    const json_t *list = json_at(object, "seen");
    size_t i;
    json_t *item;

    if (list == NULL)
        return true;
    if (!json_is_array(list) || json_array_size(list) > NAMES_MAX)
        return fail(e, ERR_PROTOCOL, "\"seen\" is not a list of at most %d servers", NAMES_MAX);
    set->seen = mem_new(json_array_size(list), sizeof *set->seen);
    json_array_foreach(list, i, item)
    {
        struct sighting *seen = &set->seen[set->seen_count++];
        if (!json_is_object(item))
            return fail(e, ERR_PROTOCOL, "\"seen\" holds something that is no object");
        str_cut(seen->vantage, sizeof seen->vantage, "here");
        if (!read_text(item, "server", seen->server, sizeof seen->server, e) ||
            !read_text(item, "vantage", seen->vantage, sizeof seen->vantage, e) ||
            !read_flag(item, "authoritative", &seen->authoritative, e) ||
            !read_flag(item, "bogus", &seen->bogus, e) ||
            !read_flag(item, "rewrites", &seen->rewrites, e) ||
            !read_seconds(item, "ttl", &seen->ttl_s, e) ||
            !read_rcode(item, "rr", &seen->rcode, e) ||
            !read_texts(item, "rr", VALUES_MAX, &seen->values, e) ||
            !normalise(&seen->values, addresses, e))
            return false;
    }
    return true;
}

static bool read_rrset(const json_t *object, const char *key, bool addresses,
                       struct rrset_facts *out, struct error *e)
{
    if (!json_is_object(object))
        return fail(e, ERR_PROTOCOL, "a record set is no object");
    if (out->asked)
        return fail(e, ERR_PROTOCOL, "it is there twice");
    out->asked = true;
    return read_seconds(object, "ttl", &out->ttl_s, e) &&
           read_seconds(object, "negative_ttl", &out->negative_ttl_s, e) &&
           read_seconds(object, "broken_for", &out->broken_s, e) &&
           read_rcode(object, key, &out->rcode, e) &&
           read_texts(object, key, VALUES_MAX, &out->values, e) &&
           normalise(&out->values, addresses, e) && read_sightings(object, out, addresses, e);
}

static bool read_reverse(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *object = json_at(document, "reverse");
    struct reverse_facts *reverse = &out->reverse;

    reverse->owner = ip_reverse_name(&out->address);
    if (object == NULL)
        return true;
    if (!read_rrset(object, "ptr", false, &reverse->ptr, e) ||
        !read_texts(object, "cname", NAMES_MAX, &reverse->cname, e) ||
        !normalise(&reverse->cname, false, e) || !read_name(object, "zone", &reverse->zone, e))
        return error_what(e, "cannot read \"reverse\"");
    if (reverse->cname.count > 0)
        return name_from_dns(reverse->cname.v[reverse->cname.count - 1], &reverse->owner);
    return true;
}

static bool read_forward(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *object = json_at(document, "forward");
    const char *key;
    json_t *item;
    struct name name;

    if (object == NULL)
        return true;
    if (!json_is_object(object) || json_object_size(object) > NAMES_MAX)
        return fail(e, ERR_PROTOCOL, "\"forward\" is not an object of at most %d names", NAMES_MAX);
    json_object_foreach((json_t *)(uintptr_t)object, key, item)
    {
        if (!json_is_object(item) || !name_from_dns(key, &name))
            return fail(e, ERR_PROTOCOL, "\"forward\" holds \"%.80s\", which is no name", key);
        struct forward_facts *forward = facts_add_forward(out, &name);
        const json_t *a = json_at(item, "A"), *aaaa = json_at(item, "AAAA");
        if ((a && !read_rrset(a, "rr", true, &forward->a, e)) ||
            (aaaa && !read_rrset(aaaa, "rr", true, &forward->aaaa, e)) ||
            !read_texts(item, "cname", NAMES_MAX, &forward->cname, e) ||
            !normalise(&forward->cname, false, e) || !read_name(item, "zone", &forward->zone, e))
            return error_what(e, "cannot read \"forward\" of %s", name.s);
    }
    return true;
}

static int state_of(const char *text, const char *const *states, int count)
{
    for (int i = 1; i < count; i++)
        if (str_equal(states[i], text))
            return i;
    return -1;
}

static bool read_banner(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *object;
    char text[16] = "";
    int state;

    if (!read_part(document, "banner", &object, e) ||
        !read_text(object, "state", text, sizeof text, e))
        return false;
    if (object == NULL)
        return true;
    out->banner_off = str_equal(text, "off");
    if (out->banner_off)
        return true;
    state = state_of(text, facts_banner_states, BANNER_STATES);
    if (state < 0)
        return fail(e, ERR_PROTOCOL,
                    "\"banner.state\" is \"%s\", not one of ok, refused, "
                    "timeout, closed, not-smtp",
                    text);
    out->banner.state = (enum banner_state)state;
    return read_flag(object, "expected", &out->banner.expected, e) &&
           read_flag(object, "doubted", &out->banner.doubted, e) &&
           read_lines(object, "lines", &out->banner.lines, e) &&
           read_lines(object, "ehlo", &out->banner.ehlo, e);
}

static bool read_reason(const json_t *helo, struct facts *out, struct error *e)
{
    struct reason_facts *reason;

    if (json_at(helo, "why") == NULL && json_at(helo, "next") == NULL)
        return true;
    reason = facts_set_reason(out);
    return read_text(helo, "why", reason->why, sizeof reason->why, e) &&
           read_text(helo, "next", reason->next, sizeof reason->next, e);
}

static bool read_helo(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *object;
    struct helo_facts *helo = &out->helo;
    char text[16] = "", seen[64] = "";
    int state;

    if (!read_part(document, "helo", &object, e) ||
        !read_text(object, "state", text, sizeof text, e) ||
        !read_text(object, "seen_ip", seen, sizeof seen, e) ||
        !read_text(object, "value", helo->value, sizeof helo->value, e) ||
        !read_text(object, "from", helo->from, sizeof helo->from, e) ||
        !read_reason(object, out, e))
        return false;
    if (object == NULL)
        return true;
    state = state_of(text, facts_helo_states, HELO_STATES);
    if (state < 0)
        return fail(e, ERR_PROTOCOL,
                    "\"helo.state\" is \"%s\", not one of observed, configured, unknown", text);
    helo->state = (enum helo_state)state;
    if (helo->state != HELO_UNKNOWN && json_at(object, "value") == NULL)
        return fail(e, ERR_PROTOCOL, "no field \"helo.value\"");
    return seen[0] == '\0' || ip_parse(seen, &helo->seen_ip) ||
           fail(e, ERR_PROTOCOL, "\"helo.seen_ip\" is no address");
}

static bool read_path(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *object;
    struct path_facts *path = &out->path;
    char side[64] = "";

    return read_part(document, "path", &object, e) &&
           read_text(object, "relay", path->relay, sizeof path->relay, e) &&
           read_text(object, "private_side", side, sizeof side, e) &&
           (side[0] == '\0' || ip_parse(side, &path->private_side) ||
            fail(e, ERR_PROTOCOL, "\"path.private_side\" is no address")) &&
           read_texts(object, "other", LINES_MAX, &path->other, e) &&
           read_flag(object, "nat", &path->nat, e) &&
           read_texts(document, "hosts_file", LINES_MAX, &out->hosts_file, e) &&
           normalise(&out->hosts_file, true, e);
}

static bool read_drifts(const json_t *document, struct facts *out, struct error *e)
{
    const json_t *list = json_at(document, "drift");

    if (list != NULL && !json_is_array(list))
        return fail(e, ERR_PROTOCOL, "\"drift\" is no list");
    if (json_array_size(list) > FACTS_DRIFTS_MAX)
        return fail(e, ERR_PROTOCOL, "\"drift\" has more than %d elements", FACTS_DRIFTS_MAX);
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);
        struct drift_facts *drift = facts_add_drift(out);

        if (!json_is_object(one))
            return fail(e, ERR_PROTOCOL, "\"drift\" holds something that is no object");
        if (!read_text(one, "what", drift->what, sizeof drift->what, e) ||
            !read_text(one, "next", drift->next, sizeof drift->next, e) ||
            !read_flag(one, "hostname", &drift->hostname, e))
            return false;
    }
    return true;
}

static bool read_wanted(const json_t *document, struct facts *out, struct error *e)
{
    if (!read_name(document, "wanted", &out->wanted, e))
        return false;
    if (str_equal(out->wanted.s, "."))
        return fail(e, ERR_PROTOCOL, "\"wanted\" is the root, which is no host");
    if (name_is_empty(&out->wanted))
        return true;
    str_cut(out->wanted_from, sizeof out->wanted_from, "facts");
    return read_text(document, "wanted_from", out->wanted_from, sizeof out->wanted_from, e);
}

static bool check_format(const json_t *document, struct error *e)
{
    char format[32] = "namesake.facts", version[16] = "1.0";

    if (!json_is_object(document))
        return fail(e, ERR_PROTOCOL, "it is no JSON object");
    if (!read_text(document, "format", format, sizeof format, e) ||
        !read_text(document, "format_version", version, sizeof version, e))
        return false;
    if (!str_equal(format, "namesake.facts"))
        return fail(e, ERR_PROTOCOL, "its \"format\" is \"%s\", not \"namesake.facts\"", format);
    if (!str_starts(version, "1."))
        return fail(e, ERR_PROTOCOL, "its \"format_version\" is %s; this program reads 1.x",
                    version);
    return true;
}

bool facts_from_json(const json_t *document, struct facts *out, struct error *e)
{
    const char *text;
    struct facts facts = {0};

    if (!check_format(document, e) || !json_get_string(document, "address", &text, e))
        return false;
    if (!ip_parse(text, &facts.address))
        return fail(e, ERR_PROTOCOL, "\"address\" is no IP address: \"%.60s\"", text);
    if (!read_text(document, "vantage", facts.vantage, sizeof facts.vantage, e) ||
        !read_wanted(document, &facts, e) || !read_reverse(document, &facts, e) ||
        !read_forward(document, &facts, e) || !read_banner(document, &facts, e) ||
        !read_helo(document, &facts, e) || !read_path(document, &facts, e) ||
        !read_drifts(document, &facts, e)) {
        facts_free(&facts);
        return false;
    }
    *out = facts;
    return true;
}
