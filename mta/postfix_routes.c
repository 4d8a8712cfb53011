/* postfix_routes.c - all ways that mail takes out, and the hosts that it is handed to. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

#define PEERS_MAX 256

/* A host that greets with our own name is a mail loop for us (section 2.10). */
static void add_peer(struct mta_facts *facts, const char *hop)
{
    char name[256];

    mta_hop_name(hop, name, sizeof name);
    if (strchr(name, '.') && facts->peers.count < PEERS_MAX && !strings_have(&facts->peers, name))
        strings_add(&facts->peers, name);
}

static void add_route(struct mta_facts *facts, const struct mta_route *route)
{
    if (facts->route_count < MTA_ROUTES_MAX)
        mta_add_route(facts, route);
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

    one.general = false;
    one.what[0] = '\0';
    if (l->hops) {
        str_cut(one.relay, sizeof one.relay, value);
        str_cut(one.from, sizeof one.from, map);
    } else {
        if (!l->by_sender)
            one.relay[0] = '\0';
        postfix_take_transport(value, map, &one);
    }
    one.sends = postfix_sends(l->facts, l->instance, one.transport, strlen(one.transport));
    return one;
}

static void add_key(const struct listing *l, const char *map, const char *key, const char *value)
{
    struct mta_route one = way_of(l, map, value);

    if (!str_equal_nocase(value, "DUNNO"))
        add_peer(l->facts, one.relay);
    if (str_equal(key, "*") || str_equal(key, "<>") || str_equal(value, ":") ||
        str_equal_nocase(value, "DUNNO") ||
        (str_equal(one.transport, l->general->transport) &&
         str_equal(one.relay, l->general->relay)))
        return;
    str_format(one.what, sizeof one.what, "mail %s %.150s", l->by_sender ? "from" : "for", key);
    if (l->by_sender)
        str_format(one.sender, sizeof one.sender, "%s%.150s", key[0] == '@' ? "namesake-probe" : "",
                   key);
    add_route(l->facts, &one);
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
        add_route(l->facts, &unresolved);
        return;
    }
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&text, &line))
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
    for (at = members; postfix_next_element(&at, ", \t", value, sizeof value);)
        shares++;
    for (at = members; postfix_next_element(&at, ", \t", value, sizeof value);) {
        struct mta_route one = {.shares = shares};

        str_format(one.what, sizeof one.what, "one of %u messages, by chance", shares);
        str_cut(one.instance, sizeof one.instance, l->instance->folder);
        postfix_take_transport(value, map, &one);
        one.sends = postfix_sends(l->facts, l->instance, one.transport, strlen(one.transport));
        add_route(l->facts, &one);
    }
    return true;
}

static void list_parameter(struct listing *l, const char *parameter)
{
    const struct postfix_maps maps = postfix_maps_of(l->instance, parameter);

    l->by_sender = str_starts(parameter, "sender_");
    l->hops = strstr(parameter, "relayhost") != NULL;
    for (size_t i = 0; i < maps.count; i++)
        if (!str_starts(maps.v[i], "static:") && !add_shares(l, maps.v[i]))
            list_map(l, maps.v[i]);
}

static void find_of(struct host *host, struct mta_facts *facts, const struct mta_instance *instance)
{
    struct listing l = {.host = host, .facts = facts, .instance = instance};
    struct mta_route general;
    bool first = facts->route_count == 0;

    postfix_route(host, facts, instance, "", MTA_NOWHERE, &general);
    general.general = true;
    if (!first)
        str_format(general.what, sizeof general.what, "mail of the instance %.150s",
                   instance->folder);
    l.general = &general;
    mta_add_route(facts, &general);
    add_peer(facts, general.relay);
    add_peer(facts, postfix_effective(instance, "smtp_fallback_relay"));
    if (first && general.sends && !mta_hop_is_inside(general.relay))
        str_printable(facts->relay, sizeof facts->relay, general.relay, strlen(general.relay));
    list_parameter(&l, "transport_maps");
    list_parameter(&l, "sender_dependent_default_transport_maps");
    list_parameter(&l, "sender_dependent_relayhost_maps");
}

/* Mail for an instance that takes none of local programs is given to one that hands its mail on. */
static void find_entries(struct mta_facts *facts)
{
    const char *door = "";

    for (size_t i = facts->instance_count; i-- > 0;)
        if (facts->instances[i].enabled && postfix_hands_on(facts, &facts->instances[i]))
            door = facts->instances[i].folder;
    for (size_t i = 0; i < facts->instance_count; i++) {
        struct mta_instance *instance = &facts->instances[i];
        const struct mta_setting *may = postfix_setting(instance, "authorized_submit_users");

        if (may != NULL && may->value[0] == '\0')
            str_cut(instance->entry, sizeof instance->entry, door);
    }
}

void postfix_find_routes(struct host *host, struct mta_facts *facts)
{
    if (facts->unknown[0] != '\0')
        return;
    find_entries(facts);
    for (size_t i = 0; i < facts->instance_count; i++)
        if (facts->instances[i].enabled && !postfix_hands_on(facts, &facts->instances[i]))
            find_of(host, facts, &facts->instances[i]);
}
