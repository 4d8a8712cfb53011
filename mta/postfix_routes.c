/* postfix_routes.c - where mail goes to, hosts that it is handed to, and where it leaves from. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

#define MAPS_MAX 8
#define PEERS_MAX 256

/* "[relay.example.net]:25", "relay.example.net:25": the name in it; "" for none. */
static void hop_name(const char *hop, char *out, size_t size)
{
    size_t blanks = strspn(hop, " \t"), n;

    hop += blanks;
    hop += hop[0] == '[';
    n = strcspn(hop, "]:, \t");
    snprintf(out, size, "%.*s", (int)n, hop);
}

static bool leads_inside(const char *hop)
{
    char name[256];
    struct ip ip;

    if (str_starts(hop, "[::1]"))
        return true;
    hop_name(hop, name, sizeof name);
    return str_equal_nocase(name, "localhost") ||
           (ip_parse(name, &ip) && ip_scope(&ip) == IP_SCOPE_LOOPBACK);
}

/* All mail through one host: relayhost, or a default transport with a next hop (section 2.8). */
static const char *relay_of(const struct mta_facts *facts, const struct mta_instance *instance)
{
    const char *transport = postfix_effective(instance, "default_transport");
    const char *hop = strchr(transport, ':');

    if (hop && hop[1] && postfix_sends(facts, instance, transport, (size_t)(hop - transport)))
        return hop + 1;
    return postfix_effective(instance, "relayhost");
}

static size_t enabled_count(const struct mta_facts *facts)
{
    size_t count = 0;

    for (size_t i = 0; i < facts->instance_count; i++)
        count += facts->instances[i].enabled;
    return count;
}

/* An instance that hands all its mail to another one here is heard by nobody outside. */
static void find_relay(struct mta_facts *facts)
{
    bool several = enabled_count(facts) > 1, found = false;

    for (size_t i = 0; i < facts->instance_count; i++) {
        const struct mta_instance *instance = &facts->instances[i];
        const char *relay = relay_of(facts, instance);
        bool inside = several && leads_inside(relay);

        if (!instance->enabled)
            continue;
        for (size_t k = 0; inside && k < facts->service_count; k++)
            if (facts->services[k].role == MTA_SENDER &&
                str_equal(facts->services[k].instance, instance->folder))
                facts->services[k].outside = false;
        if (!inside && !found)
            str_printable(facts->relay, sizeof facts->relay, relay, strlen(relay));
        found = found || !inside;
    }
}

/* Nothing is sent over a family that every sender leaves out. */
static void find_silence(struct mta_facts *facts)
{
    for (int family = 0; family < 2; family++) {
        bool any = false;

        facts->silent[family] = facts->unknown[0] == '\0';
        for (size_t i = 0; i < facts->service_count; i++) {
            const struct mta_service *s = &facts->services[i];

            if (s->role == MTA_SENDER && s->outside && !s->silent[family])
                facts->silent[family] = false;
            any = any || s->role == MTA_SENDER;
        }
        facts->silent[family] = facts->silent[family] && any;
    }
}

static void add_peer(struct mta_facts *facts, const char *hop)
{
    char name[256];

    hop_name(hop, name, sizeof name);
    if (strchr(name, '.') && facts->peers.count < PEERS_MAX && !strings_have(&facts->peers, name))
        strings_add(&facts->peers, name);
}

/* "key value" lines; the next hop of a value is all of it, or what follows its first colon. */
static void add_peers_of(struct mta_facts *facts, const struct command_result *result,
                         bool transports)
{
    struct cursor c = cursor_of(buf_string(&result->out), result->out.length), line, key, word;
    char value[512];

    while (cursor_line(&c, &line)) {
        if (!cursor_word(&line, &key) || !cursor_word(&line, &word) ||
            !cursor_copy(&word, value, sizeof value))
            continue;
        if (!transports)
            add_peer(facts, value);
        else if (strchr(value, ':'))
            add_peer(facts, strchr(value, ':') + 1);
    }
}

/* Tables in files only: a data base that hangs would hold us up. */
static bool is_in_file(const char *map)
{
    static const char *const types[] = {"hash:", "btree:", "lmdb:", "cdb:", "dbm:", "texthash:"};

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (str_starts(map, types[i]))
            return true;
    return false;
}

/* All next hops of the maps that a parameter lists; what cannot be read is left out. */
static void find_peers_in(struct host *host, struct mta_facts *facts,
                          const struct mta_instance *instance, const char *parameter)
{
    const char *list = postfix_effective(instance, parameter);
    bool transports = !strstr(parameter, "relayhost");
    struct command_result result;
    struct error ignored;
    char map[512];

    for (size_t i = 0; i < MAPS_MAX && *list; i++) {
        const char *argv[] = {"postmap", "-c", instance->folder, "-s", map, NULL};
        struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
        size_t n;

        list += strspn(list, ", \t");
        n = strcspn(list, ", \t");
        snprintf(map, sizeof map, "%.*s", (int)n, list);
        list += n;
        if (!is_in_file(map) || !host_run(host, &command, &result, &ignored))
            continue;
        add_peers_of(facts, &result, transports);
        command_result_free(&result);
    }
}

/* A host that greets with our own name is a mail loop for us (section 2.10). */
static void find_peers(struct host *host, struct mta_facts *facts)
{
    for (size_t i = 0; i < facts->instance_count; i++) {
        const struct mta_instance *instance = &facts->instances[i];

        if (!instance->enabled)
            continue;
        add_peer(facts, relay_of(facts, instance));
        add_peer(facts, postfix_effective(instance, "smtp_fallback_relay"));
        find_peers_in(host, facts, instance, "transport_maps");
        find_peers_in(host, facts, instance, "sender_dependent_relayhost_maps");
    }
}

void postfix_find_routes(struct host *host, struct mta_facts *facts)
{
    find_relay(facts);
    find_silence(facts);
    find_peers(host, facts);
}

bool postfix_resolve(struct host *host, const char *name, struct buf *out)
{
    const char *const argv[] = {"getent", "ahosts", name, NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    struct cursor c, line, word;
    struct error ignored;
    char address[64];
    struct ip ip;
    bool any = false;

    if (!host_run(host, &command, &result, &ignored))
        return false;
    c = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&c, &line)) {
        if (!cursor_word(&line, &word) || !cursor_copy(&word, address, sizeof address) ||
            !ip_parse(address, &ip) || postfix_list_has(buf_string(out), address))
            continue;
        buf_printf(out, "%s ", address);
        any = true;
    }
    command_result_free(&result);
    return any;
}

void postfix_resolve_interfaces(struct host *host, const struct mta_instance *instance,
                                struct buf *out)
{
    const char *list = postfix_effective(instance, "inet_interfaces");
    char one[256];
    struct ip ip;

    while (*list) {
        size_t n;

        list += strspn(list, ", \t");
        n = strcspn(list, ", \t");
        snprintf(one, sizeof one, "%.*s", (int)n, list);
        list += n;
        if (!strchr(one, '.') || ip_parse(one, &ip) || !postfix_resolve(host, one, out))
            buf_printf(out, "%s ", one);
    }
}
