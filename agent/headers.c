/* headers.c - finds the line to believe, and what that receiver says of its own checks. */
#include "agent/headers.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/mem.h"
#include "agent/generic.h"

#define NOTES_MAX 16

static const char *const role_texts[HOP_ROLES] = {
    [HOP_INSIDE] = "inside",
    [HOP_BELIEVED] = "believed",
    [HOP_UNPROVEN] = "unproven",
};

const char *hop_role_text(enum hop_role role)
{
    return role_texts[role];
}

static void note(struct headers *headers, const char *format, ...) PRINTF_LIKE(2, 3);

static void note(struct headers *headers, const char *format, ...)
{
    struct buf text = BUF_INIT(2048);
    char shown[600];
    va_list args;

    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    str_printable(shown, sizeof shown, buf_string(&text), text.length);
    buf_free(&text);
    if (headers->notes.count < NOTES_MAX)
        strings_add(&headers->notes, shown);
}

/* Exchange Online's hosts have names of three domains. */
static void merge_microsoft(struct name *domain)
{
    static const char *const same[] = {"office365.com", "exchangelabs.com"};

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        if (str_equal(domain->s, same[i]))
            str_cut(domain->s, sizeof domain->s, "outlook.com");
}

/* The registered domain of a text, when it is a host name. */
static bool organisation(const char *text, struct name *out)
{
    struct name name;

    (void)name_parse_host(text, &name);
    if (name.s[0] == '\0' || name.s[0] == '[' || strchr(name.s, ':') != NULL)
        return false;
    *out = generic_registrable(&name);
    merge_microsoft(out);
    return true;
}

static bool same_organisation(const char *a, const char *b)
{
    struct name of_a, of_b;

    return organisation(a, &of_a) && organisation(b, &of_b) && name_equal(&of_a, &of_b);
}

/* Whether a host is the receiver that was named, or below it. */
static bool is_receiver(const char *host, const char *receiver)
{
    struct name name, zone;

    (void)name_parse_host(host, &name);
    (void)name_parse_host(receiver, &zone);
    return name.s[0] != '\0' && zone.s[0] != '\0' && name_within(&name, &zone);
}

/* Exchange Online names the client that it judged; between its own hosts it names no verified
 * name, so that this is the only sign that a peer of such a name is a stranger. */
static struct ip judged_client(const struct header_fields *fields)
{
    struct auth auth;

    for (size_t i = 0; i < fields->count; i++) {
        auth_parse(&fields->v[i], &auth);
        if (auth.client.family != IP_NONE && auth.server[0] == '\0')
            return auth.client;
    }
    return (struct ip){.family = IP_NONE};
}

/* A customer's machine at the receiver's hoster has a default name of that hoster. */
static bool is_customer(const struct hop *hop)
{
    struct name name;

    (void)name_parse_host(hop->ptr, &name);
    return generic_judge(&name, &hop->peer).is_generic;
}

static bool is_own_host(const struct hop *hop, const struct ip *judged)
{
    if (hop->ptr_confirmed)
        return same_organisation(hop->ptr, hop->by) && !is_customer(hop);
    return hop->microsoft && !ip_equal(&hop->peer, judged) && same_organisation(hop->helo, hop->by);
}

/* Why a line tells of a step within the receiving side; NULL when its peer is a stranger. */
static const char *inside_because(const struct hop *hop, const struct ip *judged)
{
    if (hop->peer.family == IP_NONE)
        return "no peer address";
    if (ip_scope(&hop->peer) != IP_SCOPE_PUBLIC)
        return ip_scope_text(ip_scope(&hop->peer));
    if (str_starts(hop->with, "LMTP")) /* RFC 2033: only within one side */
        return "handed on by LMTP";
    return is_own_host(hop, judged) ? "a host of the same organisation" : NULL;
}

/*
 * A line below one that is trusted is by the host that handed the message over: of the same
 * organisation, or of the name that the line above it gives its peer.
 */
static bool continues(const struct hop *above, const struct hop *hop)
{
    return above->peer.family == IP_NONE || same_organisation(hop->by, above->by) ||
           same_organisation(hop->by, above->helo) || same_organisation(hop->by, above->ptr) ||
           str_equal_nocase(hop->by, above->helo);
}

static void believe(struct headers *headers, size_t index, const char *because)
{
    struct hop_seen *seen = &headers->hops[index];

    headers->believed = index;
    for (size_t i = 0; i < headers->hop_count; i++)
        headers->hops[i].role = i < index ? HOP_INSIDE : i > index ? HOP_UNPROVEN : HOP_BELIEVED;
    headers->address = seen->hop.peer;
    str_cut(headers->helo, sizeof headers->helo, seen->hop.helo);
    str_cut(headers->ptr, sizeof headers->ptr, seen->hop.ptr);
    str_cut(headers->receiver, sizeof headers->receiver, seen->hop.by);
    str_format(headers->why, sizeof headers->why, "line %zu of %zu, written by %s: %s", index + 1,
               headers->hop_count, seen->hop.by[0] ? seen->hop.by : "a host without name", because);
}

/* Where the walk begins: the top, or the first line of the receiver that was named. */
static size_t first_line(struct headers *headers, const char *receiver)
{
    size_t i = 0;

    while (receiver != NULL && i < headers->hop_count &&
           !is_receiver(headers->hops[i].hop.by, receiver))
        headers->hops[i++].why = "written behind the receiver that was named";
    headers->top = i > 0 ? headers->hops[i - 1].field : 0;
    return i;
}

/* From the top down, as long as each line is by a host that the ones above it vouch for. */
static void walk(struct headers *headers, const char *receiver, const struct ip *judged)
{
    const size_t first = first_line(headers, receiver);
    size_t own = headers->hop_count, i;

    for (i = first; i < headers->hop_count; i++) {
        struct hop_seen *seen = &headers->hops[i];
        if (i > first && !continues(&headers->hops[i - 1].hop, &seen->hop))
            break;
        seen->why = inside_because(&seen->hop, judged);
        if (seen->why == NULL) {
            believe(headers, i,
                    "the first whose peer has a public address and is no host of the "
                    "receiving organisation");
            return;
        }
        if (ip_scope(&seen->hop.peer) == IP_SCOPE_PUBLIC && seen->hop.peer.family != IP_NONE)
            own = i;
        seen->role = HOP_INSIDE;
    }
    for (size_t k = i; k < headers->hop_count; k++)
        headers->hops[k].role = HOP_UNPROVEN;
    if (own < headers->hop_count)
        believe(headers, own,
                "no peer is a stranger to the receiving organisation; this is the "
                "last one with a public address");
    else if (headers->hop_count == 0)
        str_cut(headers->why, sizeof headers->why, "there is no Received line");
    else if (first == headers->hop_count)
        str_format(headers->why, sizeof headers->why, "no line was written by %.200s", receiver);
    else if (i < headers->hop_count)
        str_format(headers->why, sizeof headers->why,
                   "line %zu is by %.200s, a host that no line above it names: from there on "
                   "anybody may have written it",
                   i + 1, headers->hops[i].hop.by);
    else
        str_cut(headers->why, sizeof headers->why, "no line names a peer with a public address");
}

/*
 * Which fields the receiving side wrote: those above the line that is believed; below it, down to
 * the next Received line, those that carry its name. Those of Exchange Online stand anywhere.
 */
static bool is_trusted(const struct headers *headers, const struct header_field *field,
                       size_t index, const char *server)
{
    const struct hop_seen *seen = &headers->hops[headers->believed];
    const size_t next = headers->believed + 1;

    if (field->kind == HEADER_RECEIVED || index < headers->top)
        return false;
    if (field->kind == HEADER_FOREFRONT || field->kind == HEADER_SENDER_IP)
        return seen->hop.microsoft;
    if (server[0] != '\0' && same_organisation(server, headers->receiver))
        return next >= headers->hop_count || index < headers->hops[next].field;
    return index < seen->field;
}

static bool has_result(const struct headers *headers, const struct auth_result *result)
{
    for (size_t i = 0; i < headers->result_count; i++) {
        const struct auth_result *known = &headers->results[i];
        if (str_equal(known->method, result->method) &&
            (!str_equal(known->method, "dkim") || str_equal(known->identity, result->identity)))
            return true;
    }
    return false;
}

static void add_results(struct headers *headers, const struct auth *auth)
{
    for (size_t i = 0; i < auth->count && headers->result_count < AUTH_RESULTS_MAX; i++) {
        if (has_result(headers, &auth->results[i]))
            continue;
        headers->results =
            mem_resize(headers->results, headers->result_count + 1, sizeof *headers->results);
        headers->results[headers->result_count++] = auth->results[i];
    }
}

/* What a check tells of the client beside its result: it fills gaps, and it may contradict. */
static void compare_client(struct headers *headers, const char *field, const struct auth *auth)
{
    if (auth->client.family != IP_NONE && !ip_equal(&auth->client, &headers->address))
        note(headers, "%s judged %s, not %s", field, ip_text(&auth->client).s,
             ip_text(&headers->address).s);
    if (headers->helo[0] == '\0')
        str_cut(headers->helo, sizeof headers->helo, auth->helo);
    else if (auth->helo[0] != '\0' && !str_equal_nocase(auth->helo, headers->helo))
        note(headers, "%s says HELO %s, the line that is believed says %s", field, auth->helo,
             headers->helo);
    if (headers->ptr[0] == '\0' && strchr(auth->ptr, '.') != NULL)
        str_cut(headers->ptr, sizeof headers->ptr, auth->ptr);
}

static void gather_results(struct headers *headers, const struct header_fields *fields)
{
    struct auth auth;

    for (size_t i = 0; i < fields->count; i++) {
        auth_parse(&fields->v[i], &auth);
        if (!is_trusted(headers, &fields->v[i], i, auth.server))
            continue;
        add_results(headers, &auth);
        compare_client(headers, header_kind_text(fields->v[i].kind), &auth);
    }
}

static void parse_hops(struct headers *headers, const struct header_fields *fields)
{
    headers->hops = mem_new(fields->count + 1, sizeof *headers->hops);
    for (size_t i = 0; i < fields->count; i++) {
        struct hop_seen *seen = &headers->hops[headers->hop_count];
        if (fields->v[i].kind != HEADER_RECEIVED)
            continue;
        hop_parse(fields->v[i].value, &seen->hop);
        seen->field = i;
        headers->hop_count++;
    }
    headers->believed = headers->hop_count;
}

bool headers_read(const char *text, size_t length, const char *receiver, struct headers *out)
{
    struct header_fields fields;
    struct ip judged;

    *out = (struct headers){.address = {.family = IP_NONE}};
    header_fields_read(text, length, &fields);
    parse_hops(out, &fields);
    judged = judged_client(&fields);
    walk(out, receiver, &judged);
    if (fields.cut)
        note(out, "more than %d lines of this kind: those below were not read", HEADER_FIELDS_MAX);
    if (out->believed < out->hop_count)
        gather_results(out, &fields);
    header_fields_free(&fields);
    return out->believed < out->hop_count;
}

void headers_free(struct headers *headers)
{
    free(headers->hops);
    free(headers->results);
    strings_free(&headers->notes);
    *headers = (struct headers){.hop_count = 0};
}
