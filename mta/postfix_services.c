/* postfix_services.c - PURE: which services greet, which are heard, and what they say. */
#include "mta/postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

#define SMTP_PORT 25

/* Ports that have a name in master.cf (services(5)). */
static const struct {
    const char *name;
    uint16_t port;
} ports[] = {
    {"smtp", SMTP_PORT}, {"smtps", 465},      {"submissions", 465},
    {"ssmtp", 465},      {"submission", 587}, {"msa", 587},
};

/* "192.0.2.11:smtp", "[::1]:10025", "smtp": the address, "" for all, and the port. */
static void split_endpoint(const char *name, char *address, size_t size, uint16_t *port)
{
    const char *colon = strrchr(name, ':'), *service = colon ? colon + 1 : name;
    char text[160];
    uint64_t number;
    size_t n;

    *port = 0;
    address[0] = '\0';
    if (str_uint(service, 1, UINT16_MAX, &number))
        *port = (uint16_t)number;
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
        if (str_equal(ports[i].name, service))
            *port = ports[i].port;
    if (!colon)
        return;
    snprintf(text, sizeof text, "%.*s", (int)(colon - name), name);
    n = strlen(text);
    if (n >= 2 && text[0] == '[' && text[n - 1] == ']') {
        text[n - 1] = '\0';
        memmove(text, text + 1, n - 1);
    }
    str_cut(address, size, text);
}

/* An address with or without brackets; any: 0.0.0.0 or ::, which stands for all of its family. */
static bool parse_address(const char *text, struct ip *ip, bool *any)
{
    static const uint8_t zero[sizeof ip->bytes];
    size_t n = strlen(text);
    bool brackets = n >= 2 && text[0] == '[' && text[n - 1] == ']';
    char plain[64];

    snprintf(plain, sizeof plain, "%.*s", (int)(brackets ? n - 2 : n), text + brackets);
    if (!ip_parse(plain, ip))
        return false;
    *any = memcmp(ip->bytes, zero, sizeof zero) == 0;
    return true;
}

static bool is_loopback(const char *address)
{
    bool any;
    struct ip ip;

    if (str_equal_nocase(address, "localhost") || str_equal(address, "loopback-only"))
        return true;
    return parse_address(address, &ip, &any) && ip_scope(&ip) == IP_SCOPE_LOOPBACK;
}

static bool next_element(const char **list, char *out, size_t size)
{
    size_t n;

    *list += strspn(*list, ", \t");
    n = strcspn(*list, ", \t");
    snprintf(out, size, "%.*s", (int)n, *list);
    *list += n;
    return n > 0;
}

static bool only_loopback(const char *interfaces)
{
    char one[256];
    bool any = false;

    while (next_element(&interfaces, one, sizeof one)) {
        if (!is_loopback(one))
            return false;
        any = true;
    }
    return any;
}

/* What inet_interfaces lists of each family. */
struct interfaces {
    size_t loopback[2], others[2];
    struct ip found[2]; /* one of the others */
};

/* False when a host name among them leaves it open. */
static bool count_interfaces(const char *list, struct interfaces *out)
{
    char one[256];
    struct ip ip;
    bool any;

    *out = (struct interfaces){0};
    while (next_element(&list, one, sizeof one)) {
        bool literal = parse_address(one, &ip, &any), six = literal && ip.family == IP_V6;

        if (is_loopback(one)) {
            out->loopback[six]++;
            out->loopback[!six] += !literal;
        } else if (literal) {
            out->others[six]++;
            out->found[six] = ip;
        } else {
            return false;
        }
    }
    return true;
}

/*
 * Where inet_interfaces lists exactly one address of a family that is no loopback, a listener has
 * that one, and where it lists none, nobody listens. Mail leaves from it only where it is the
 * family's only one at all: smtp_connect_addr() counts loopback addresses as well (section 2.7).
 */
static void bind_to_interfaces(const char *list, struct mta_service *service)
{
    bool sends = service->role == MTA_SENDER;
    struct interfaces has;

    if (!count_interfaces(list, &has))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (has.others[i] == 1 && !(sends && has.loopback[i] > 0) &&
            service->bind[i].family == IP_NONE)
            service->bind[i] = has.found[i];
        if (has.others[i] == 0 && has.others[1 - i] > 0 && !sends)
            service->silent[i] = true;
    }
}

/* master_service_disable: "inet", "smtp/inet", "!smtp/inet"; the first match decides. */
static bool is_disabled(const struct postfix_seen *seen, const struct postfix_service *line)
{
    const char *list = postfix_effective(seen->instance, "master_service_disable");
    char one[256], full[256];

    snprintf(full, sizeof full, "%s/%s", line->name, line->type);
    while (next_element(&list, one, sizeof one)) {
        const char *pattern = one[0] == '!' ? one + 1 : one;

        if (str_equal(pattern, line->type) || str_equal(pattern, full))
            return one[0] != '!';
    }
    return false;
}

/* A content filter of this machine: "scan:[127.0.0.1]:10024" makes "scan" an inside sender. */
static bool leads_inside(const char *filter, const char *transport)
{
    size_t n = strlen(transport);

    return strncmp(filter, transport, n) == 0 && filter[n] == ':' &&
           mta_hop_is_inside(filter + n + 1);
}

static bool is_filter(const struct mta_instance *instance, const char *transport)
{
    for (size_t i = 0; i < instance->setting_count; i++) {
        const struct mta_setting *s = &instance->settings[i];

        if ((str_equal(s->parameter, "content_filter") ||
             str_ends(s->parameter, "/content_filter")) &&
            leads_inside(s->value, transport))
            return true;
    }
    return false;
}

static bool is_default(const struct mta_instance *instance, const char *transport)
{
    const char *way = postfix_effective(instance, "default_transport");
    size_t n = strcspn(way, ":");

    return strlen(transport) == n && strncmp(transport, way, n) == 0;
}

/* All other mail goes out by it, whatever else does (section 2.8). */
static bool is_way_out(const struct mta_instance *instance, const char *transport)
{
    const char *hop = strchr(postfix_effective(instance, "default_transport"), ':');

    if (!is_default(instance, transport))
        return false;
    return !mta_hop_is_inside(hop && hop[1] ? hop + 1 : postfix_effective(instance, "relayhost"));
}

static bool listener_outside(const struct postfix_seen *seen, const char *address)
{
    if (address[0])
        return !is_loopback(address);
    return !only_loopback(seen->interfaces);
}

/* smtpd behind postscreen gets its connections from there. */
static bool has_postscreen(const struct postfix_seen *seen)
{
    char address[160];
    uint16_t port;

    for (size_t i = 0; i < seen->service_count; i++) {
        const struct postfix_service *line = &seen->services[i];

        split_endpoint(line->name, address, sizeof address, &port);
        if (str_equal(line->type, "inet") && str_equal(line->program, "postscreen") &&
            !is_disabled(seen, line) && listener_outside(seen, address))
            return true;
    }
    return false;
}

static bool overrides(const struct mta_instance *instance, const struct postfix_service *line,
                      const char *parameter)
{
    for (size_t i = 0; i < instance->setting_count; i++) {
        const char *own = postfix_override_of(instance->settings[i].parameter, line);

        if (own && str_equal(own, parameter))
            return true;
    }
    return false;
}

/* What decides the name: a setting of the service's own, or the one in main.cf. */
static void say_from(const struct postfix_seen *seen, const struct postfix_service *line,
                     const char *parameter, struct mta_service *service)
{
    bool own = overrides(seen->instance, line, parameter);
    bool by_name = !own && overrides(seen->instance, line, "myhostname") &&
                   postfix_use(postfix_raw(seen->instance, parameter)) != POSTFIX_USES_NOT;

    if (own || by_name)
        snprintf(service->from, sizeof service->from, "%.60s -o %.30s", service->title,
                 own ? parameter : "myhostname");
    else
        str_cut(service->from, sizeof service->from, parameter);
}

static const char *banner_parameter(const struct postfix_seen *seen,
                                    const struct postfix_service *line)
{
    const char *first = "postscreen_greet_banner";

    /* Its default is $smtpd_banner; empty, it greets with smtpd's line only. */
    if (str_equal(line->program, "postscreen") &&
        (overrides(seen->instance, line, first) ||
         (postfix_effective(seen->instance, first)[0] &&
          !postfix_starts_with(postfix_raw(seen->instance, first), "smtpd_banner"))))
        return first;
    return "smtpd_banner";
}

/* Families that inet_protocols leaves out. */
static void set_silent(const char *protocols, bool silent[2])
{
    static const char *const families[2] = {"ipv4", "ipv6"};

    for (int i = 0; protocols && protocols[0] && i < 2; i++)
        silent[i] =
            !postfix_list_has(protocols, "all") && !postfix_list_has(protocols, families[i]);
}

static bool make_listener(const struct postfix_seen *seen, const struct postfix_service *line,
                          struct mta_service *service)
{
    const char *banner = banner_parameter(seen, line);
    char address[160];
    struct ip ip;
    bool any;

    service->role = MTA_LISTENER;
    split_endpoint(line->name, address, sizeof address, &service->port);
    service->outside = listener_outside(seen, address);
    if (str_equal(line->type, "pass")) {
        service->outside = has_postscreen(seen);
        service->port = SMTP_PORT;
    }
    if (parse_address(address, &ip, &any)) {
        if (!any)
            service->bind[ip.family == IP_V6] = ip;
        service->silent[ip.family != IP_V6] = true;
    } else if (!address[0]) {
        bind_to_interfaces(seen->interfaces, service);
    }
    str_cut(service->says, sizeof service->says, postfix_effective(seen->instance, banner));
    str_cut(service->ehlo, sizeof service->ehlo, postfix_effective(seen->instance, "myhostname"));
    say_from(seen, line, banner, service);
    return true;
}

static void set_bind(const char *text, struct ip *bind)
{
    struct ip ip;
    bool any;

    if (text && parse_address(text, &ip, &any))
        *bind = any ? (struct ip){IP_NONE, {0}} : ip;
}

/* What is set, be it a wildcard, keeps the interfaces of its family from deciding. */
static void set_binds(const struct postfix_seen *seen, struct mta_service *service)
{
    static const char *const parameters[2] = {"smtp_bind_address", "smtp_bind_address6"};

    bind_to_interfaces(seen->interfaces, service);
    for (size_t i = 0; i < 2; i++)
        set_bind(postfix_effective(seen->instance, parameters[i]), &service->bind[i]);
}

static bool make_sender(const struct postfix_seen *seen, const struct postfix_service *line,
                        struct mta_service *service)
{
    const struct mta_instance *instance = seen->instance;

    service->role = MTA_SENDER;
    service->outside = is_way_out(instance, line->name) || !is_filter(instance, line->name);
    str_cut(service->says, sizeof service->says, postfix_effective(instance, "smtp_helo_name"));
    set_binds(seen, service);
    say_from(seen, line, "smtp_helo_name", service);
    return true;
}

static bool make_service(const struct postfix_seen *seen, const struct postfix_service *line,
                         struct mta_service *service)
{
    bool smtpd = str_equal(line->program, "smtpd"), inet = str_equal(line->type, "inet");

    *service = (struct mta_service){0};
    str_cut(service->instance, sizeof service->instance, seen->instance->folder);
    snprintf(service->title, sizeof service->title, "%.78s %s", line->name, line->type);
    if (is_disabled(seen, line))
        return false;
    set_silent(postfix_effective(seen->instance, "inet_protocols"), service->silent);
    if ((inet && (smtpd || str_equal(line->program, "postscreen"))) ||
        (smtpd && str_equal(line->type, "pass")))
        return make_listener(seen, line, service);
    if (str_equal(line->type, "unix") && str_equal(line->program, "smtp"))
        return make_sender(seen, line, service);
    return false;
}

/* The default transport before others, port 25 before submission. */
static bool counts_most(const struct postfix_seen *seen, const struct postfix_service *line,
                        const struct mta_service *service)
{
    if (service->role == MTA_LISTENER)
        return service->port == SMTP_PORT;
    return is_default(seen->instance, line->name);
}

void postfix_add_services(const struct postfix_seen *seen, struct mta_facts *facts)
{
    struct mta_service service;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < seen->service_count; i++) {
            const struct postfix_service *line = &seen->services[i];

            if (!make_service(seen, line, &service) ||
                counts_most(seen, line, &service) != (pass == 0))
                continue;
            facts->services =
                mem_resize(facts->services, facts->service_count + 1, sizeof *facts->services);
            facts->services[facts->service_count++] = service;
        }
}

struct mta_service *postfix_service_at(struct mta_facts *facts, const char *instance,
                                       const struct postfix_service *line)
{
    char title[sizeof facts->services->title];

    snprintf(title, sizeof title, "%.78s %s", line->name, line->type);
    for (size_t i = 0; i < facts->service_count; i++)
        if (str_equal(facts->services[i].instance, instance) &&
            str_equal(facts->services[i].title, title))
            return &facts->services[i];
    return NULL;
}

void postfix_apply_values(struct mta_service *service, const struct postfix_values *effective)
{
    bool listens = service->role == MTA_LISTENER;
    bool screen = str_ends(service->from, "postscreen_greet_banner");
    const char *says = postfix_value(effective, !listens ? "smtp_helo_name"
                                                : screen ? "postscreen_greet_banner"
                                                         : "smtpd_banner");
    const char *name = postfix_value(effective, "myhostname");

    if (says)
        str_cut(service->says, sizeof service->says, says);
    if (listens && name)
        str_cut(service->ehlo, sizeof service->ehlo, name);
    if (listens)
        return;
    set_silent(postfix_value(effective, "inet_protocols"), service->silent);
    set_bind(postfix_value(effective, "smtp_bind_address"), &service->bind[0]);
    set_bind(postfix_value(effective, "smtp_bind_address6"), &service->bind[1]);
}

bool postfix_is_judged(const struct mta_facts *facts, const struct mta_service *service)
{
    if (!service->outside)
        return false;
    if (service->role == MTA_SENDER || service->port == SMTP_PORT)
        return true;
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *other = &facts->services[i];

        if (other->role == MTA_LISTENER && other->outside && other->port == SMTP_PORT)
            return false;
    }
    return true;
}

bool postfix_sends(const struct mta_facts *facts, const struct mta_instance *instance,
                   const char *transport, size_t length)
{
    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];

        if (s->role == MTA_SENDER && str_equal(s->instance, instance->folder) &&
            strncmp(s->title, transport, length) == 0 && str_equal(s->title + length, " unix"))
            return true;
    }
    return false;
}
