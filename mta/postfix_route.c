/* postfix_route.c - which way mail goes, as Postfix's own look-ups say (section 2.8). */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

#define MAPS_MAX 16
#define ROUTES_MAX 64                         /* exceptions that are listed */
#define NOWHERE "postmaster@namesake.invalid" /* a recipient that only general rules fit */

/* The tables of a parameter: "hash:/etc/postfix/transport". */
struct maps {
    char v[MAPS_MAX][256];
    size_t count;
};

/* Elements are parted by blanks and commas, but not within braces: "randmap:{a:, b:}". */
static bool next_element(const char **at, const char *separators, char *out, size_t size)
{
    const char *start;
    int depth = 0;

    *at += strspn(*at, separators);
    start = *at;
    while (**at != '\0' && (depth > 0 || strchr(separators, **at) == NULL)) {
        depth += (**at == '{') - (**at == '}');
        (*at)++;
    }
    snprintf(out, size, "%.*s", (int)(*at - start), start);
    return *at > start;
}

static struct maps maps_of(const struct mta_instance *instance, const char *parameter)
{
    const char *at = postfix_effective(instance, parameter);
    struct maps maps = {.count = 0};

    while (maps.count < MAPS_MAX && next_element(&at, ", \t", maps.v[maps.count], sizeof maps.v[0]))
        maps.count++;
    return maps;
}

/* What a table says of a key; false when nothing, or when it cannot be asked. */
static bool ask_map(struct host *host, const struct mta_instance *instance, const char *map,
                    const char *key, char *value, size_t size)
{
    const char *argv[] = {"postmap", "-c", instance->folder, "-q", key, map, NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    struct error ignored;
    bool found;

    if (!host_run(host, &command, &result, &ignored))
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    found = result.status == 0 && cursor_line(&text, &line) && line.end > line.at;
    if (found)
        str_printable(value, size, line.at, (size_t)(line.end - line.at));
    command_result_free(&result);
    return found;
}

/* The first table that knows the key; its name goes to from. */
static bool ask_maps(struct host *host, const struct mta_instance *instance,
                     const struct maps *maps, const char *key, char *value, size_t size, char *from,
                     size_t from_size)
{
    for (size_t i = 0; i < maps->count && key[0] != '\0'; i++)
        if (ask_map(host, instance, maps->v[i], key, value, size)) {
            str_cut(from, from_size, maps->v[i]);
            return true;
        }
    return false;
}

static const char *domain_of(const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL ? at + 1 : "";
}

/* A transport in front of a colon, a next hop behind it (transport(5)). */
static void take_transport(const char *value, const char *from, struct mta_route *out)
{
    const size_t n = strcspn(value, ":");

    if (n > 0)
        snprintf(out->transport, sizeof out->transport, "%.*s", (int)n, value);
    if (value[n] == ':' && value[n + 1] != '\0')
        str_cut(out->relay, sizeof out->relay, value + n + 1);
    str_cut(out->from, sizeof out->from, from);
}

/* The keys of a transport table, most exact first, with those of parent domains, then "*". */
static bool ask_transport(struct host *host, const struct mta_instance *instance,
                          const char *recipient, char *value, size_t size, char *from,
                          size_t from_size)
{
    const struct maps maps = maps_of(instance, "transport_maps");
    const char *domain = domain_of(recipient);
    char mailbox[256];

    if (maps.count == 0)
        return false;
    snprintf(mailbox, sizeof mailbox, "%.*s@%s", (int)strcspn(recipient, "+@"), recipient, domain);
    if (ask_maps(host, instance, &maps, recipient, value, size, from, from_size) ||
        (!str_equal(mailbox, recipient) &&
         ask_maps(host, instance, &maps, mailbox, value, size, from, from_size)) ||
        ask_maps(host, instance, &maps, domain, value, size, from, from_size))
        return true;
    /* ".example.org" is tried as such; whether "example.org" is, too, is parent_domain_matches. */
    for (const char *dot = domain[0] == '[' ? NULL : strchr(domain, '.'); dot != NULL;
         dot = strchr(dot + 1, '.'))
        if (ask_maps(host, instance, &maps, dot, value, size, from, from_size))
            return true;
    return ask_maps(host, instance, &maps, "*", value, size, from, from_size);
}

/* A table that is asked for the sender: its address, then "@" and its domain. "DUNNO" is no. */
static bool ask_sender(struct host *host, const struct mta_instance *instance,
                       const char *parameter, const char *sender, char *value, size_t size,
                       char *from, size_t from_size)
{
    const struct maps maps = maps_of(instance, parameter);
    const char *key = sender[0] != '\0' ? sender : "<>";
    const char *at = strrchr(sender, '@');

    return (ask_maps(host, instance, &maps, key, value, size, from, from_size) ||
            (at != NULL && ask_maps(host, instance, &maps, at, value, size, from, from_size))) &&
           !str_equal_nocase(value, "DUNNO");
}

static void general_way(struct host *host, const struct mta_instance *instance, const char *sender,
                        struct mta_route *out)
{
    char value[256], from[128];

    take_transport(postfix_effective(instance, "default_transport"), "default_transport", out);
    if (ask_sender(host, instance, "sender_dependent_default_transport_maps", sender, value,
                   sizeof value, from, sizeof from))
        take_transport(value, from, out);
    if (out->relay[0] != '\0')
        return;
    if (ask_sender(host, instance, "sender_dependent_relayhost_maps", sender, value, sizeof value,
                   from, sizeof from)) {
        str_cut(out->relay, sizeof out->relay, value);
        str_cut(out->from, sizeof out->from, from);
    } else if (postfix_effective(instance, "relayhost")[0] != '\0') {
        str_cut(out->relay, sizeof out->relay, postfix_effective(instance, "relayhost"));
        str_cut(out->from, sizeof out->from, "relayhost");
    }
}

void postfix_route(struct host *host, const struct mta_facts *facts,
                   const struct mta_instance *instance, const char *sender, const char *recipient,
                   struct mta_route *out)
{
    char value[256], from[128];

    *out = (struct mta_route){.shares = 0};
    str_cut(out->instance, sizeof out->instance, instance->folder);
    general_way(host, instance, sender, out);
    if (ask_transport(host, instance, recipient, value, sizeof value, from, sizeof from) &&
        !str_equal(value, ":")) {
        if (value[0] != ':' || value[1] != '\0') /* it says where to: the general way does not */
            out->relay[0] = '\0';
        take_transport(value, from, out);
    }
    out->sends = postfix_sends(facts, instance, out->transport, strlen(out->transport));
}

/* Postfix lists the keys of these; of others, as of rules and data bases, nobody can. */
static bool can_list(const char *map)
{
    static const char *const types[] = {
        "hash:", "btree:", "lmdb:", "cdb:", "texthash:", "inline:", "dbm:"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_starts(map, types[i]))
            return true;
    return false;
}

/* What is being listed: an exception is one that differs from the general way. */
struct listing {
    struct host *host;
    struct mta_facts *facts;
    const struct mta_instance *instance;
    const struct mta_route *general;
    bool by_sender, hops; /* keys are senders; values are next hops without a transport */
};

/* The way that a table's value makes of the general one. */
static struct mta_route way_of(const struct listing *l, const char *map, const char *value)
{
    struct mta_route one = *l->general;

    if (l->hops) {
        str_cut(one.relay, sizeof one.relay, value);
        str_cut(one.from, sizeof one.from, map);
    } else {
        if (!l->by_sender)
            one.relay[0] = '\0';
        take_transport(value, map, &one);
    }
    one.sends = postfix_sends(l->facts, l->instance, one.transport, strlen(one.transport));
    return one;
}

static void add_key(const struct listing *l, const char *map, const char *key, const char *value)
{
    struct mta_route one = way_of(l, map, value);

    if (str_equal(key, "*") || str_equal(key, "<>") || str_equal(value, ":") ||
        str_equal_nocase(value, "DUNNO") ||
        (str_equal(one.transport, l->general->transport) &&
         str_equal(one.relay, l->general->relay)))
        return;
    str_format(one.what, sizeof one.what, "mail %s %.150s", l->by_sender ? "from" : "for", key);
    if (l->by_sender)
        str_format(one.sender, sizeof one.sender, "%s%.150s", key[0] == '@' ? "namesake-probe" : "",
                   key);
    mta_add_route(l->facts, &one);
}

static void list_map(const struct listing *l, const char *map)
{
    const char *argv[] = {"postmap", "-c", l->instance->folder, "-s", map, NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct mta_route unresolved = {.unresolved = true};
    struct command_result result;
    struct cursor text, line, word;
    struct error ignored;
    bool listed = can_list(map) && host_run(l->host, &command, &result, &ignored);
    char key[192], value[256];

    if (!listed) {
        str_format(unresolved.what, sizeof unresolved.what, "some mail by the rules of %.120s",
                   map);
        str_cut(unresolved.from, sizeof unresolved.from, map);
        mta_add_route(l->facts, &unresolved);
        return;
    }
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (l->facts->route_count < ROUTES_MAX && cursor_line(&text, &line))
        if (cursor_word(&line, &word) && cursor_copy(&word, key, sizeof key) &&
            cursor_word(&line, &word) && cursor_copy(&word, value, sizeof value))
            add_key(l, map, key, value);
    command_result_free(&result);
}

/* "randmap:{a:, b:[relay]}": the members are taken by chance. */
static bool add_shares(const struct listing *l, const char *map)
{
    const char *at = map + strlen("randmap:");
    char members[256], value[256];
    unsigned shares = 0;

    if (!str_starts(map, "randmap:"))
        return false;
    str_cut(members, sizeof members, at + (*at == '{'));
    members[strcspn(members, "}")] = '\0';
    for (at = members; next_element(&at, ", \t", value, sizeof value);)
        shares++;
    for (at = members; next_element(&at, ", \t", value, sizeof value);) {
        struct mta_route one = {.shares = shares};

        str_format(one.what, sizeof one.what, "one of %u messages, by chance", shares);
        str_cut(one.instance, sizeof one.instance, l->instance->folder);
        take_transport(value, map, &one);
        one.sends = postfix_sends(l->facts, l->instance, one.transport, strlen(one.transport));
        mta_add_route(l->facts, &one);
    }
    return true;
}

static void list_parameter(struct listing *l, const char *parameter)
{
    const struct maps maps = maps_of(l->instance, parameter);

    l->by_sender = str_starts(parameter, "sender_");
    l->hops = strstr(parameter, "relayhost") != NULL;
    for (size_t i = 0; i < maps.count; i++)
        if (!str_starts(maps.v[i], "static:") && !add_shares(l, maps.v[i]))
            list_map(l, maps.v[i]);
}

static bool leads_inside(const char *hop)
{
    return strstr(hop, "127.") != NULL || strstr(hop, "[::1]") != NULL ||
           str_starts(hop, "localhost");
}

static void find_of(struct host *host, struct mta_facts *facts, const struct mta_instance *instance)
{
    struct listing l = {.host = host, .facts = facts, .instance = instance};
    struct mta_route general;

    postfix_route(host, facts, instance, "", NOWHERE, &general);
    l.general = &general;
    mta_add_route(facts, &general);
    if (general.sends && !leads_inside(general.relay))
        str_printable(facts->relay, sizeof facts->relay, general.relay, strlen(general.relay));
    list_parameter(&l, "transport_maps");
    list_parameter(&l, "sender_dependent_default_transport_maps");
    list_parameter(&l, "sender_dependent_relayhost_maps");
}

void postfix_find_ways(struct host *host, struct mta_facts *facts)
{
    if (facts->unknown[0] == '\0' && facts->instance_count > 0)
        find_of(host, facts, &facts->instances[0]);
}
