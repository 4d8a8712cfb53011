/* exim_route.c - which ways mail takes: the general one, and exceptions that routers make. */
#include "mta/exim.h"

#include <string.h>

#define ASKS_MAX 32            /* of "exim -bt"; each takes some 20 ms */
#define PROBE "namesake-probe" /* a mailbox, or a host, that is nobody's */

/* What is being listed: an exception is one that differs from the general way. */
struct listing {
    const struct exim_asking *asking;
    struct mta_facts *facts;
    const struct mta_instance *instance;
    struct mta_route general;
    struct strings keys; /* that were looked at: "for example.org", "from @example.com" */
};

static bool is_on(const struct mta_instance *instance, const char *section, const char *owner,
                  const char *option)
{
    char parameter[192];

    str_format(parameter, sizeof parameter, "%s/%s/%s", section, owner, option);
    return exim_is_on(instance, parameter);
}

/* Hosts in an order of chance: the option of the router or the transport, or a word of the list. */
static bool is_shuffled(const struct mta_instance *instance, const struct exim_way *way)
{
    const char *list = exim_option(instance, "routers", way->router, "route_list");

    return is_on(instance, "routers", way->router, "hosts_randomize") ||
           is_on(instance, "transports", way->transport, "hosts_randomize") ||
           (strstr(list, "randomize") != NULL && strstr(list, "no_randomize") == NULL) ||
           strstr(exim_option(instance, "routers", way->router, "route_data"), " randomize") !=
               NULL;
}

/* The addresses that the transport sends from for this sender; none: it does not depend on it. */
static void find_leaves(const struct listing *l, const char *sender, struct mta_route *out)
{
    const char *raw = exim_option(l->instance, "transports", out->transport, "interface");
    struct strings texts = {0}, answers = {0};
    struct ip list[EXIM_ADDRESSES_MAX];
    struct error ignored;
    size_t count = 0;

    if (!exim_uses_message(raw))
        return;
    exim_add_for_sender(&texts, raw, sender);
    if (exim_expand(l->asking, &texts, &answers, &ignored) && answers.count > 0)
        exim_addresses_in(answers.v[0], list, &count);
    for (size_t i = count; i-- > 0;)
        out->leaves[list[i].family == IP_V6] = list[i];
    strings_free(&texts);
    strings_free(&answers);
}

static void take_way(const struct listing *l, const struct exim_way *way, const char *sender,
                     struct mta_route *out)
{
    const char *driver = exim_option(l->instance, "routers", way->router, "driver");

    *out = (struct mta_route){.sends = exim_sends(l->instance, way->transport)};
    str_cut(out->instance, sizeof out->instance, l->instance->folder);
    str_cut(out->transport, sizeof out->transport, way->transport);
    str_format(out->from, sizeof out->from, "router %s", way->router);
    if (way->hosts.count > 0 && !str_equal(driver, "dnslookup") && !str_equal(driver, "ipliteral"))
        str_cut(out->relay, sizeof out->relay, way->hosts.v[0]);
    find_leaves(l, sender, out);
}

/* The way, once for each host where chance decides. */
static void add_way(const struct listing *l, const struct exim_way *way, struct mta_route *route)
{
    bool shuffled = way->hosts.count > 1 && route->relay[0] && is_shuffled(l->instance, way);

    route->shares = shuffled ? (unsigned)way->hosts.count : 0;
    mta_add_route(l->facts, route);
    for (size_t i = 1; shuffled && i < way->hosts.count; i++) {
        struct mta_route other = *route;

        other.general = false;
        str_format(other.what, sizeof other.what, "%.100s%sone of %u messages, by chance",
                   route->what, route->what[0] ? ": " : "", route->shares);
        str_cut(other.relay, sizeof other.relay, way->hosts.v[i]);
        mta_add_route(l->facts, &other);
    }
}

static void add_unresolved(const struct listing *l, const char *router, const char *why)
{
    struct mta_route one = {.unresolved = true};

    str_format(one.what, sizeof one.what, "some mail by the %s of the router %.60s", why, router);
    str_format(one.from, sizeof one.from, "router %.60s", router);
    if (l->facts->route_count < MTA_ROUTES_MAX)
        mta_add_route(l->facts, &one);
}

static bool is_exception(const struct listing *l, const struct mta_route *route)
{
    const struct mta_route *general = &l->general;

    return !str_equal(route->transport, general->transport) ||
           !str_equal(route->relay, general->relay) ||
           !ip_equal(&route->leaves[0], &general->leaves[0]) ||
           !ip_equal(&route->leaves[1], &general->leaves[1]);
}

/* "*.example.org" and ".example.org" stand for any host of it. */
static void host_of(const char *key, char *out, size_t size)
{
    key += key[0] == '*';
    str_format(out, size, "%s%.150s", key[0] == '.' ? PROBE : "", key);
}

/* "example.com", "@example.com", "*@example.com", "a@example.com" */
static void sender_of(const char *key, char *out, size_t size)
{
    const char *at;

    key += str_starts(key, "*@");
    at = strchr(key, '@');
    if (at != NULL && at > key)
        str_cut(out, size, key);
    else
        str_format(out, size, PROBE "@%.150s", key + (at != NULL));
}

/* What a key of a router leads to, when that is an exception. */
static void add_key(struct listing *l, const char *router, const char *key, bool by_sender)
{
    char seen[256], host[192], recipient[256] = MTA_NOWHERE, sender[192] = "";
    struct exim_way way;
    struct mta_route one;

    str_format(seen, sizeof seen, "%s %.150s", by_sender ? "from" : "for", key);
    if (key[0] == '\0' || str_equal(key, "*") || strings_have(&l->keys, seen))
        return;
    if (l->keys.count >= ASKS_MAX) {
        if (l->keys.count == ASKS_MAX)
            add_unresolved(l, router, "long list");
        strings_add(&l->keys, seen);
        return;
    }
    strings_add(&l->keys, seen);
    host_of(key, host, sizeof host);
    if (by_sender)
        sender_of(key, sender, sizeof sender);
    else
        str_format(recipient, sizeof recipient, "postmaster@%s", host);
    if (exim_ask_way(l->asking, sender, recipient, &way))
        take_way(l, &way, sender, &one);
    else { /* its hosts are looked up: the general way's transport, unless that is none */
        one = l->general;
        one.general = false;
        find_leaves(l, sender, &one);
    }
    str_format(one.what, sizeof one.what, "mail %.180s", seen);
    str_cut(one.sender, sizeof one.sender, sender);
    if (is_exception(l, &one) && l->facts->route_count < MTA_ROUTES_MAX)
        add_way(l, &way, &one);
    exim_way_free(&way);
}

/* --- Where keys stand -------------------------------------------------------------------------- */

/* All keys of a table in a file; false when it is another kind of table, or cannot be read. */
static bool add_table(struct listing *l, const char *router, const char *type, const char *path,
                      bool by_sender)
{
    struct host_file file = {0};
    struct strings keys = {0};
    struct error ignored;
    bool ok = strstr(type, "lsearch") != NULL && path[0] == '/' &&
              host_look(l->asking->host, path, &file, &ignored);

    if (ok && !host_is_absent(&file))
        exim_table_keys(file.text, file.length, &keys);
    for (size_t i = 0; i < keys.count; i++)
        add_key(l, router, keys.v[i], by_sender);
    strings_free(&keys);
    host_file_free(&file);
    return ok;
}

/* One element of a domain or address list: "example.org", "partial-lsearch;/etc/hubs", "! +x". */
static void add_element(struct listing *l, const char *router, const char *element, bool by_sender)
{
    const char *semicolon = strchr(element, ';');
    char type[64];

    if (semicolon != NULL) {
        str_format(type, sizeof type, "%.*s",
                   (int)(semicolon - element > 60 ? 60 : semicolon - element), element);
        if (!add_table(l, router, type, semicolon + 1 + strspn(semicolon + 1, " "), by_sender))
            add_unresolved(l, router, "look-ups");
    } else if (element[0] == '^' || strchr(element, '$') != NULL) {
        add_unresolved(l, router, "patterns");
    } else if (element[0] != '\0' && strchr("!+@<", element[0]) == NULL) {
        add_key(l, router, element, by_sender);
    }
}

/* A list as Exim expands it, where that needs no message. */
static void add_list(struct listing *l, const char *router, const char *list, bool by_sender)
{
    struct strings texts = {0}, answers = {0};
    struct exim_list elements;
    struct error ignored;
    char one[256];

    strings_add(&texts, list);
    if (strchr(list, '$') == NULL)
        strings_add(&answers, list);
    else if (exim_uses_message(list) || !exim_expand(l->asking, &texts, &answers, &ignored))
        add_unresolved(l, router, "conditions");
    if (answers.count > 0)
        for (elements = exim_list_of(answers.v[0]); exim_list_next(&elements, one, sizeof one);)
            add_element(l, router, one, by_sender);
    strings_free(&texts);
    strings_free(&answers);
}

/* "example.org relay.example.net byname ; *.example.com ..." */
static void add_route_list(struct listing *l, const char *router, const char *list)
{
    char rule[512], pattern[256];

    while (*list != '\0') {
        size_t n = strcspn(list, ";");
        struct cursor text, word;

        /* "lsearch;/file hosts": that semicolon ends no rule. */
        if (list[n] == ';' && n > 0 && list[n - 1] != ' ' && list[n + 1] == '/')
            n += 1 + strcspn(list + n + 1, ";");
        text = cursor_of(list, n);
        list += n + (list[n] == ';');
        if (!cursor_copy(&text, rule, sizeof rule))
            continue;
        text = cursor_of(rule, strlen(rule));
        if (cursor_word(&text, &word) && cursor_copy(&word, pattern, sizeof pattern))
            add_element(l, router, pattern, false);
    }
}

/* A look-up with the sender or the domain as its key: "${lookup{$domain}lsearch{/etc/routes}}". */
static void add_lookup(struct listing *l, const char *router, const char *text)
{
    struct exim_lookup lookup;
    bool by_sender;

    if (!exim_uses_message(text))
        return;
    if (!exim_lookup_of(text, &lookup)) {
        add_unresolved(l, router, "conditions");
        return;
    }
    by_sender = strstr(lookup.key, "sender") != NULL || strstr(lookup.key, "return_path") != NULL;
    if ((!by_sender && strstr(lookup.key, "domain") == NULL) ||
        !add_table(l, router, lookup.type, lookup.file, by_sender))
        add_unresolved(l, router, "look-ups");
}

static void list_router(struct listing *l, const char *router)
{
    const char *transport = exim_option(l->instance, "routers", router, "transport");

    if (!exim_sends(l->instance, transport) && strchr(transport, '$') == NULL)
        return;
    if (exim_option(l->instance, "routers", router, "condition")[0] != '\0')
        add_unresolved(l, router, "condition");
    add_list(l, router, exim_option(l->instance, "routers", router, "domains"), false);
    add_list(l, router, exim_option(l->instance, "routers", router, "senders"), true);
    add_route_list(l, router, exim_option(l->instance, "routers", router, "route_list"));
    add_lookup(l, router, exim_option(l->instance, "routers", router, "route_data"));
    add_lookup(l, router, exim_option(l->instance, "transports", transport, "interface"));
}

/* --- All of them ------------------------------------------------------------------------------- */

/* The router that looks hosts up in the DNS: it says nothing of a domain that is not there. */
static void general_by_dns(struct listing *l, struct exim_way *way)
{
    char name[64];

    for (size_t i = 0; i < l->instance->setting_count; i++) {
        const struct mta_setting *s = &l->instance->settings[i];
        const char *transport;

        if (!exim_owner_of(s->parameter, "routers", "driver", name, sizeof name) ||
            !str_equal(s->value, "dnslookup"))
            continue;
        transport = exim_option(l->instance, "routers", name, "transport");
        if (!exim_sends(l->instance, transport))
            continue;
        str_cut(way->router, sizeof way->router, name);
        str_cut(way->transport, sizeof way->transport, transport);
    }
}

static void find_general(struct listing *l)
{
    struct exim_way way;

    if (!exim_ask_way(l->asking, "", MTA_NOWHERE, &way))
        general_by_dns(l, &way);
    take_way(l, &way, "", &l->general);
    l->general.general = true;
    add_way(l, &way, &l->general);
    if (l->general.sends && !mta_hop_is_inside(l->general.relay))
        str_cut(l->facts->relay, sizeof l->facts->relay, l->general.relay);
    exim_way_free(&way);
}

void exim_find_routes(struct host *host, struct mta_facts *facts)
{
    struct listing l = {.facts = facts};
    struct exim_asking asking;
    char name[64];

    if (facts->unknown[0] != '\0' || facts->instance_count == 0)
        return;
    asking = exim_asking_of(host, facts);
    l.asking = &asking;
    l.instance = &facts->instances[0];
    find_general(&l);
    for (size_t i = 0; i < l.instance->setting_count; i++)
        if (exim_owner_of(l.instance->settings[i].parameter, "routers", "driver", name,
                          sizeof name))
            list_router(&l, name);
    strings_free(&l.keys);
    strings_free(&asking.options);
}
