/* postfix_inside.c - several instances together, and names that stand for addresses of the host. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

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

bool postfix_hands_on(const struct mta_facts *facts, const struct mta_instance *instance)
{
    return enabled_count(facts) > 1 && mta_hop_is_inside(relay_of(facts, instance));
}

/* An instance that hands all its mail to another one here is heard by nobody outside. */
static void find_hidden(struct mta_facts *facts)
{
    for (size_t i = 0; i < facts->instance_count; i++) {
        const struct mta_instance *instance = &facts->instances[i];

        if (!instance->enabled || !postfix_hands_on(facts, instance))
            continue;
        for (size_t k = 0; k < facts->service_count; k++)
            if (facts->services[k].role == MTA_SENDER &&
                str_equal(facts->services[k].instance, instance->folder))
                facts->services[k].outside = false;
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

void postfix_find_outside(struct mta_facts *facts)
{
    find_hidden(facts);
    find_silence(facts);
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
