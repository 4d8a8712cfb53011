/* postfix_route.c - which way mail goes, as Postfix's own look-ups say (section 2.8). */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

bool postfix_next_element(const char **at, const char *separators, char *out, size_t size)
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

struct postfix_maps postfix_maps_of(const struct mta_instance *instance, const char *parameter)
{
    const char *at = postfix_effective(instance, parameter);
    struct postfix_maps maps = {.count = 0};

    while (maps.count < POSTFIX_MAPS_MAX &&
           postfix_next_element(&at, ", \t", maps.v[maps.count], sizeof maps.v[0]))
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
                     const struct postfix_maps *maps, const char *key, char *value, size_t size,
                     char *from, size_t from_size)
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

void postfix_take_transport(const char *value, const char *from, struct mta_route *out)
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
    const struct postfix_maps maps = postfix_maps_of(instance, "transport_maps");
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
    const struct postfix_maps maps = postfix_maps_of(instance, parameter);
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

    postfix_take_transport(postfix_effective(instance, "default_transport"), "default_transport",
                           out);
    if (ask_sender(host, instance, "sender_dependent_default_transport_maps", sender, value,
                   sizeof value, from, sizeof from))
        postfix_take_transport(value, from, out);
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
        postfix_take_transport(value, from, out);
    }
    out->sends = postfix_sends(facts, instance, out->transport, strlen(out->transport));
}
