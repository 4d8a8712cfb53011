/* exim_services.c - who listens and who sends, and what Exim says that they say. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

/* --- One service ------------------------------------------------------------------------------- */

static char *put_and_free(char *text, const char *name, const char *value)
{
    char *next = exim_put(text, name, value);

    free(text);
    return next;
}

/* A string with the address of the service in place of the variables that stand for it. */
void exim_add_text(struct exim_making *m, const char *text, const struct ip *address)
{
    static const char *const own[] = {"sending_ip_address", "interface_address",
                                      "received_ip_address"};
    struct ip_text shown = address ? ip_text(address) : (struct ip_text){.s = ""};
    char *made = mem_text(text);

    for (size_t i = 0; address != NULL && i < sizeof own / sizeof own[0]; i++)
        made = put_and_free(made, own[i], shown.s);
    strings_add(&m->texts, made);
    free(made);
}

void exim_add_for_sender(struct strings *texts, const char *text, const char *sender)
{
    const char *at = strrchr(sender, '@');
    char mailbox[192];
    char *made = exim_put(text, "sender_address_domain", at ? at + 1 : "");

    str_format(mailbox, sizeof mailbox, "%.*s", at ? (int)(at - sender) : 0, sender);
    made = put_and_free(made, "sender_address_local_part", mailbox);
    made = put_and_free(made, "sender_address", sender);
    made = put_and_free(made, "return_path", sender);
    strings_add(texts, made);
    free(made);
}

struct mta_service *exim_add_service(struct exim_making *m, enum mta_role role, const char *title)
{
    struct mta_facts *facts = m->facts;
    struct mta_service one = {.role = role, .outside = true};

    if (facts->service_count >= EXIM_SERVICES_MAX)
        return NULL;
    str_cut(one.instance, sizeof one.instance, m->instance->folder);
    str_cut(one.title, sizeof one.title, title);
    facts->services = mem_resize(facts->services, facts->service_count + 1, sizeof one);
    facts->services[facts->service_count] = one;
    return &facts->services[facts->service_count++];
}

void exim_bind(struct mta_service *service, const struct ip *address)
{
    if (address->family != IP_NONE)
        service->bind[address->family == IP_V6] = *address;
}

bool exim_is_reference(const char *text, const char *name)
{
    char plain[80], braces[80];

    str_format(plain, sizeof plain, "$%s", name);
    str_format(braces, sizeof braces, "${%s}", name);
    return str_equal(text, plain) || str_equal(text, braces);
}

/* --- Senders ----------------------------------------------------------------------------------- */

static const char *option_of(const struct mta_instance *instance, const char *transport,
                             const char *option)
{
    return exim_option(instance, "transports", transport, option);
}

/* A sender: what a transport says in its HELO, to whom it may speak, and from where. */
static struct mta_service *add_sender(struct exim_making *m, const char *transport,
                                      const char *title, const char *helo,
                                      const struct ip *addresses, size_t count)
{
    const char *hosts = option_of(m->instance, transport, "hosts");
    const char *domain = strstr(title, EXIM_FOR);
    struct mta_service *s = exim_add_service(m, MTA_SENDER, title);

    if (s == NULL)
        return NULL;
    for (size_t i = count; i-- > 0;)
        exim_bind(s, &addresses[i]);
    s->outside = !(str_starts(hosts, "127.") || str_equal(hosts, "localhost"));
    if (helo[0] == '\0' || exim_is_reference(helo, "primary_hostname"))
        str_cut(s->from, sizeof s->from, "primary_hostname");
    else
        str_format(s->from, sizeof s->from, "%.*s helo_data%.30s%s", domain != NULL ? 40 : 60,
                   transport, domain != NULL ? domain : "",
                   exim_asks_ptr(helo) ? " (the PTR)" : "");
    exim_add_text(m, helo[0] ? helo : "$primary_hostname", count > 0 ? addresses : NULL);
    strings_add(&m->texts, "");
    return s;
}

/* One for each address; it sends nothing over the other family. */
static void add_sender_from(struct exim_making *m, const char *transport, const struct ip *address)
{
    struct mta_service *s;
    char title[96];

    str_format(title, sizeof title, "%s from %s", transport, ip_text(address).s);
    s = add_sender(m, transport, title, option_of(m->instance, transport, "helo_data"), address, 1);
    if (s != NULL)
        s->silent[address->family == IP_V4] = true;
}

static void add_address(struct ip *list, size_t *count, const char *text)
{
    struct ip address;

    if (*count == EXIM_ADDRESSES_MAX || !ip_parse(text, &address))
        return;
    for (size_t i = 0; i < *count; i++)
        if (ip_equal(&list[i], &address))
            return;
    list[(*count)++] = address;
}

void exim_addresses_in(const char *text, struct ip *list, size_t *count)
{
    struct exim_list elements = exim_list_of(text);
    char one[128];

    while (exim_list_next(&elements, one, sizeof one))
        add_address(list, count, one);
}

/* "example.com: 203.0.113.26; 2001:db8::26": all addresses that a table may give. */
static void addresses_of_table(const struct exim_making *m, const char *text, struct ip *list,
                               size_t *count)
{
    struct exim_lookup lookup;
    struct cursor all, line, word;
    size_t file;

    if (!exim_lookup_of(text, &lookup))
        return;
    file = exim_file(m->instance, lookup.file);
    if (file == EXIM_NOWHERE)
        return;
    all = cursor_of(m->instance->files[file].text, m->instance->files[file].length);
    while (cursor_line(&all, &line))
        while (line.at < line.end && *line.at != '#' && cursor_word(&line, &word)) {
            char one[80];

            while (word.end > word.at && (word.end[-1] == ';' || word.end[-1] == ','))
                word.end--;
            if (cursor_copy(&word, one, sizeof one))
                add_address(list, count, one);
        }
}

/* Addresses that the transport sends from, as `interface` says; none: the kernel chooses. */
static void add_senders(struct exim_making *m, const char *transport, const char *interfaces)
{
    const char *raw = option_of(m->instance, transport, "interface");
    bool by_message = exim_uses_message(raw);
    bool by_address =
        exim_uses(option_of(m->instance, transport, "helo_data"), "sending_ip_address");
    struct ip list[EXIM_ADDRESSES_MAX];
    size_t count = 0;

    exim_addresses_in(interfaces, list, &count);
    if (by_message)
        addresses_of_table(m, raw, list, &count);
    if (by_message && count > 0)
        by_address = true;
    if (by_message || (by_address && count == 0))
        for (int family = 0; family < 2; family++)
            if (m->facts->source[family].family != IP_NONE)
                add_address(list, &count, ip_text(&m->facts->source[family]).s);
    if (!by_address || count == 0) {
        add_sender(m, transport, transport, option_of(m->instance, transport, "helo_data"), list,
                   count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        add_sender_from(m, transport, &list[i]);
}

/* --- Names by the sender's domain, as Hestia and cPanel have them (section 4) ------------------ */

/* Domains with a row of their own where a text looks the sender's domain up. */
static void add_domains(const struct exim_making *m, const char *text, struct strings *out)
{
    struct exim_lookup lookup;
    struct strings keys = {0};
    size_t file;

    if (!exim_lookup_of(text, &lookup) || !exim_is_by_domain(&lookup))
        return;
    file = exim_file(m->instance, lookup.file);
    if (file == EXIM_NOWHERE)
        return;
    exim_table_keys(m->instance->files[file].text, m->instance->files[file].length, &keys);
    for (size_t i = 0; i < keys.count && out->count < EXIM_DOMAINS_MAX; i++)
        if (!str_equal(keys.v[i], "*"))
            strings_add_new(out, keys.v[i]);
    strings_free(&keys);
}

/* A sender for each of these domains, from the address that is the domain's. */
static bool add_senders_for(struct exim_making *m, const char *transport,
                            const struct strings *domains, struct error *e)
{
    const char *helo = option_of(m->instance, transport, "helo_data");
    const char *interface = option_of(m->instance, transport, "interface");
    struct strings raw = {0}, expanded = {0}, says = {0};
    bool ok;

    for (size_t i = 0; i < domains->count; i++) {
        char sender[256];

        str_format(sender, sizeof sender, "@%s", domains->v[i]);
        exim_add_for_sender(&raw, interface, sender);
        exim_add_for_sender(&says, helo, sender);
    }
    ok = exim_expand(m->asking, &raw, &expanded, e);
    for (size_t i = 0; ok && i < domains->count; i++) {
        struct ip list[EXIM_ADDRESSES_MAX];
        size_t count = 0;
        char title[sizeof((struct mta_service *)0)->title];

        exim_addresses_in(expanded.v[i], list, &count);
        str_format(title, sizeof title, "%s" EXIM_FOR "%s", transport, domains->v[i]);
        if (str_ends(title, domains->v[i])) /* cut, it would stand for another row */
            add_sender(m, transport, title, says.v[i], list, count);
    }
    strings_free(&raw);
    strings_free(&expanded);
    strings_free(&says);
    return ok;
}

static bool asks_by_domain(const struct exim_making *m, const char *transport)
{
    struct exim_lookup lookup;

    return exim_lookup_of(option_of(m->instance, transport, "helo_data"), &lookup) &&
           exim_is_by_domain(&lookup);
}

/* All other domains first: they are what the host says in general. */
static bool add_senders_by_domain(struct exim_making *m, const char *transport,
                                  const char *interfaces, struct error *e)
{
    const char *helo = option_of(m->instance, transport, "helo_data");
    struct strings domains = {0};
    struct ip list[EXIM_ADDRESSES_MAX];
    size_t count = 0;
    bool ok = true;

    add_domains(m, helo, &domains);
    add_domains(m, option_of(m->instance, transport, "interface"), &domains);
    exim_addresses_in(interfaces, list, &count);
    if (add_sender(m, transport, transport, helo, list, count) != NULL)
        ok = add_senders_for(m, transport, &domains, e);
    strings_free(&domains);
    return ok;
}

bool exim_sends(const struct mta_instance *instance, const char *transport)
{
    return str_equal(option_of(instance, transport, "driver"), "smtp") &&
           !str_equal(option_of(instance, transport, "protocol"), "lmtp");
}

bool exim_owner_of(const char *parameter, const char *section, const char *option, char *out,
                   size_t size)
{
    const char *last = strrchr(parameter, '/');
    size_t n = strlen(section);
    struct cursor c;

    if (!last || strncmp(parameter, section, n) != 0 || parameter[n] != '/' ||
        !str_equal(last + 1, option) || last <= parameter + n)
        return false;
    c = cursor_of(parameter + n + 1, (size_t)(last - parameter) - n - 1);
    return cursor_copy(&c, out, size);
}

/* Transports that routers use, in their order; a router may compute the name: then all. */
static struct strings used_transports(const struct mta_instance *instance)
{
    struct strings list = {0};
    bool all = false;
    char name[64];

    for (size_t i = 0; i < instance->setting_count; i++) {
        const struct mta_setting *s = &instance->settings[i];

        if (!exim_owner_of(s->parameter, "routers", "transport", name, sizeof name))
            continue;
        all = all || strchr(s->value, '$') != NULL;
        if (exim_sends(instance, s->value))
            strings_add_new(&list, s->value);
    }
    for (size_t i = 0; all && i < instance->setting_count; i++)
        if (exim_owner_of(instance->settings[i].parameter, "transports", "driver", name,
                          sizeof name) &&
            exim_sends(instance, name))
            strings_add_new(&list, name);
    return list;
}

static bool find_senders(struct exim_making *m, struct error *e)
{
    struct strings transports = used_transports(m->instance), raw = {0}, interfaces = {0};
    bool ok;

    for (size_t i = 0; i < transports.count; i++)
        strings_add(&raw, option_of(m->instance, transports.v[i], "interface"));
    ok = exim_expand(m->asking, &raw, &interfaces, e);
    for (size_t i = 0; ok && i < transports.count; i++) {
        if (asks_by_domain(m, transports.v[i]))
            ok = add_senders_by_domain(m, transports.v[i], interfaces.v[i], e);
        else
            add_senders(m, transports.v[i], interfaces.v[i]);
    }
    strings_free(&transports);
    strings_free(&raw);
    strings_free(&interfaces);
    return ok;
}

/* --- All of them ------------------------------------------------------------------------------- */

static bool is_hidden(const struct mta_service *s, const struct mta_instance *instance)
{
    char transport[96];

    exim_transport_of(s, transport, sizeof transport);
    return str_equal(option_of(instance, transport, "helo_data"), "<value not displayable>");
}

static void give_answers(struct exim_making *m, const struct strings *answers, size_t first)
{
    for (size_t i = first; i < m->facts->service_count; i++) {
        struct mta_service *s = &m->facts->services[i];

        str_cut(s->says, sizeof s->says, answers->v[2 * (i - first)]);
        if (s->role == MTA_LISTENER)
            str_cut(s->ehlo, sizeof s->ehlo, answers->v[2 * (i - first) + 1]);
        if (!is_hidden(s, m->instance))
            continue;
        str_format(m->facts->unknown, sizeof m->facts->unknown,
                   "%s is marked \"hide\": only root may see it", s->from);
        str_cut(m->facts->unknown_next, sizeof m->facts->unknown_next, "sudo namesake audit");
    }
}

bool exim_find_services(const struct exim_asking *asking, struct mta_facts *facts, struct error *e)
{
    struct exim_making m = {.asking = asking, .facts = facts, .instance = &facts->instances[0]};
    struct strings answers = {0};
    size_t first = facts->service_count;
    bool ok;

    exim_find_listeners(&m);
    ok = find_senders(&m, e) && exim_expand(asking, &m.texts, &answers, e);
    if (ok)
        give_answers(&m, &answers, first);
    facts->silent[1] = exim_is_on(m.instance, "disable_ipv6");
    strings_free(&m.texts);
    strings_free(&answers);
    return ok;
}
