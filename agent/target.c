/* target.c - from words, configuration or this machine to addresses with names. */
#include "agent/target.h"

#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/base/file.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"
#include "agent/cloud.h"
#include "agent/collect.h"
#include "agent/net/authority.h"

#define RESOLV_CONF_MAX 65536
#define DMI_FOLDER "/sys/class/dmi/id"
#define SOURCES_MAX 64 /* sending addresses of one machine */

size_t targets_resolvers(const struct config *config, struct dns_server *out, size_t room)
{
    struct buf text = BUF_INIT(RESOLV_CONF_MAX);
    struct error ignored;
    size_t count = 0;

    for (; count < config->resolver_count && count < room; count++)
        out[count] = config->resolvers[count];
    if (count == 0 && file_read("/etc/resolv.conf", &text, &ignored))
        count = authority_parse_resolv_conf(buf_string(&text), text.length, out, room);
    buf_free(&text);
    return count;
}

const struct ip *target_own_address(const struct target *target)
{
    return target->inside.family != IP_NONE ? &target->inside : &target->address;
}

/*
 * Only its own addresses are ones that a machine may speak from; connecting excludes those that it
 * may merely claim (net.ipv4.ip_nonlocal_bind). Asking the kernel so sends nothing and waits for
 * nothing, as a list of all interfaces may (for the lock of the routing tables).
 */
bool target_is_local(const struct ip *address)
{
    struct sockaddr_storage own, to;
    const socklen_t length = ip_to_sockaddr(address, 0, &own);
    const int fd = socket(own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool local;

    if (fd < 0)
        return false;
    (void)ip_to_sockaddr(address, 53, &to);
    local = bind(fd, (const struct sockaddr *)&own, length) == 0 &&
            connect(fd, (const struct sockaddr *)&to, length) == 0;
    close(fd);
    return local;
}

/* Add a target unless its address is there already or is of the family that is not wanted. */
static struct target *add_target(struct targets *targets, const struct target_wish *wish,
                                 const struct ip *address)
{
    struct target *target;

    if (wish->family != IP_NONE && wish->family != address->family)
        return NULL;
    for (size_t i = 0; i < targets->count; i++)
        if (ip_equal(&targets->v[i].address, address))
            return NULL;
    targets->v = mem_resize(targets->v, targets->count + 1, sizeof *targets->v);
    target = &targets->v[targets->count++];
    *target = (struct target){.address = *address, .mta = "auto"};
    if (wish->ssh != NULL)
        target->machine = wish->ssh;
    else if (target_is_local(address))
        target->machine = "";
    return target;
}

static const struct config_host *host_of(const struct config *config, const struct ip *address)
{
    for (size_t i = 0; i < config->host_count; i++)
        for (size_t k = 0; k < config->hosts[i].address_count; k++)
            if (ip_equal(&config->hosts[i].addresses[k], address))
                return &config->hosts[i];
    return NULL;
}

static void name_target(struct target *target, const struct name *name, const char *from)
{
    if (!name_is_empty(&target->wanted) || name_is_empty(name))
        return;
    target->wanted = *name;
    target->wanted_from = from;
}

/* What the configuration says of a host. */
static void set_host(struct target *target, const struct config_host *host)
{
    name_target(target, &host->name, "configuration");
    target->banner = host->banner;
    target->machine = host->ssh;
    if (host->mta[0] != '\0')
        target->mta = host->mta;
}

/* What the configuration says of an address: its host, else the name for all. */
static void configure_target(const struct config *config, struct target *target)
{
    const struct config_host *host = host_of(config, &target->address);

    if (host != NULL)
        set_host(target, host);
    name_target(target, &config->name, "configuration");
}

/* Addresses of interfaces that a receiver could see, for machines without a default route. */
static void add_interface_addresses(const struct target_wish *wish, struct targets *out)
{
    struct ifaddrs *all, *at;
    struct ip ip;

    if (getifaddrs(&all) != 0)
        return;
    for (at = all; at != NULL; at = at->ifa_next)
        if (at->ifa_addr != NULL && ip_from_sockaddr(at->ifa_addr, &ip) &&
            ip_scope(&ip) == IP_SCOPE_PUBLIC)
            add_target(out, wish, &ip);
    freeifaddrs(all);
}

static bool refuse_sourceless(const struct machine *machine, struct error *e)
{
    fail(e, ERR_DNS_UNREACHABLE, "no interface has an address that could send to the Internet");
    error_what(e, "cannot find a sending address of %s", machine->host->title);
    error_who(e, "root on %s", machine->host->title);
    error_next(e, "ip route get 198.41.0.4");
    return error_next(e, "namesake audit ADDRESS");
}

/* The cloud that runs this machine; of others it is not asked. */
static const struct cloud *find_cloud(const char *ssh)
{
    struct dmi dmi;

    if (ssh[0] != '\0')
        return NULL;
    dmi_read(DMI_FOLDER, &dmi);
    return cloud_of(&dmi);
}

/*
 * The address that others see when the machine sends from this one: where that is the kernel's
 * choice and private, the public one that the cloud tells. Without one the private address stays,
 * and the report says that it is hidden.
 */
static struct ip shown_address(const struct config *config, const struct machine *machine,
                               const struct cloud *cloud, const struct ip *source)
{
    struct ip shown = *source;
    struct error e = {0};

    if (cloud == NULL || source->family != IP_V4 || ip_scope(source) == IP_SCOPE_PUBLIC ||
        config->allow_private || !ip_equal(source, &machine->mta.source[0]))
        return shown;
    if (!cloud_public_address(cloud, &shown, &e))
        log_line(LOG_LEVEL_VERBOSE, "%s: %s", cloud_name(cloud), e.why);
    return shown;
}

/* The sending addresses of a machine, as its mail server and its routes tell them. */
static bool add_machine(const struct config *config, struct machines *machines, const char *ssh,
                        const char *mta, const struct target_wish *wish, struct targets *out,
                        struct error *e)
{
    const struct cloud *cloud = find_cloud(ssh);
    struct ip sources[SOURCES_MAX];
    struct machine *machine;
    size_t count, before = out->count;

    if (!machines_open(machines, ssh, &machine, e))
        return false;
    if (!machine->observed)
        machine_observe(machine, wish->mta != NULL ? wish->mta : mta);
    count = machine_sources(machine, sources, SOURCES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct ip shown = shown_address(config, machine, cloud, &sources[i]);
        struct target *target = add_target(out, wish, &shown);
        if (target == NULL)
            continue;
        target->machine = ssh;
        target->cloud = cloud != NULL ? cloud_name(cloud) : NULL;
        if (!ip_equal(&shown, &sources[i]))
            target->inside = sources[i];
    }
    if (out->count == before && ssh[0] == '\0')
        add_interface_addresses(wish, out);
    return out->count > before || refuse_sourceless(machine, e);
}

/* A host of the configuration: its addresses there, or those that it is found to send from. */
static bool add_host(const struct config *config, const struct config_host *host,
                     const struct target_wish *wish, struct machines *machines, struct targets *out,
                     struct error *e)
{
    size_t before = out->count;

    for (size_t i = 0; i < host->address_count; i++)
        add_target(out, wish, &host->addresses[i]);
    if (host->address_count > 0)
        return true;
    if (!add_machine(config, machines, host->ssh, host->mta[0] ? host->mta : "auto", wish, out, e))
        return false;
    for (size_t i = before; i < out->count; i++)
        set_host(&out->v[i], host);
    return true;
}

static void add_addresses(const struct rrset_facts *set, const struct name *name,
                          const struct target_wish *wish, struct targets *out)
{
    struct ip ip;

    for (size_t i = 0; i < set->values.count; i++) {
        struct target *target = ip_parse(set->values.v[i], &ip) ? add_target(out, wish, &ip) : NULL;
        if (target != NULL)
            name_target(target, name, "target");
    }
}

/* An international name has an A-label, which idn2 tells; for other faults only another name helps. */
static bool refuse_name(const char *word, enum name_fault fault, const char *next, struct error *e)
{
    char quoted[sizeof e->next];
    bool international = false;

    for (const char *p = word; *p != '\0'; p++)
        international = international || (unsigned char)*p >= 0x80;
    str_shell_quote(quoted, sizeof quoted, word);
    if (fault == NAME_BAD_CHARACTER && international && quoted[0] != '\0')
        return error_next(e, "idn2 %s   # prints the A-label", quoted);
    return error_next(e, "%s", next);
}

/* A host name stands for its addresses and is their wanted name. */
static bool add_by_name(struct config *config, const char *word, const struct target_wish *wish,
                        struct targets *out, struct error *e)
{
    struct collector collector;
    struct rrset_facts a = {0}, aaaa = {0};
    struct name name;
    enum name_fault fault = name_parse_host(word, &name);
    size_t before = out->count;

    if (fault != NAME_GOOD && fault != NAME_PRIVATE_SUFFIX) {
        fail(e, ERR_NAME_REFUSED, "it is neither an address nor a host name: it %s",
             name_fault_text(fault));
        error_what(e, "cannot use the target \"%.100s\"", word);
        return refuse_name(word, fault, "namesake help targets", e);
    }
    if (!collector_open(&collector, config, e))
        return false;
    collect_rrset(&collector, &name, false, IP_V4, &a, NULL);
    collect_rrset(&collector, &name, false, IP_V6, &aaaa, NULL);
    collector_free(&collector);
    add_addresses(&a, &name, wish, out);
    add_addresses(&aaaa, &name, wish, out);
    if (out->count == before) {
        fail(e, ERR_DNS_UNREACHABLE, "A: %s, AAAA: %s%s", dns_rcode_text(a.rcode),
             dns_rcode_is_temporary(aaaa.rcode) ? "no answer" : "no address",
             config->resolver_count > 0 ? "" : " (resolvers of /etc/resolv.conf)");
        error_what(e, "cannot find an address of %s", name.s);
        error_next(e, "namesake audit ADDRESS --name %s", name.s);
    }
    rrset_facts_free(&a);
    rrset_facts_free(&aaaa);
    return out->count > before;
}

static bool add_word(struct config *config, const char *word, const struct target_wish *wish,
                     struct machines *machines, struct targets *out, struct error *e)
{
    struct ip ip;
    struct name name;
    bool known = false;

    if (ip_parse(word, &ip)) {
        if (wish->family != IP_NONE && wish->family != ip.family)
            return fail(e, ERR_USAGE, "%s is not an address of the family that -4 or -6 asks for",
                        word);
        add_target(out, wish, &ip);
        return true;
    }
    (void)name_parse_host(word, &name);
    for (size_t i = 0; i < config->host_count; i++) {
        if (!str_equal(word, "all") && !name_equal(&config->hosts[i].name, &name))
            continue;
        if (!add_host(config, &config->hosts[i], wish, machines, out, e))
            return false;
        known = true;
    }
    if (known)
        return true;
    if (str_equal(word, "all")) {
        fail(e, ERR_USAGE, "\"all\" means the hosts of the configuration, and it has none");
        return error_next(e, "namesake audit");
    }
    return add_by_name(config, word, wish, out, e);
}

static bool find(struct config *config, const struct target_wish *wish, struct machines *machines,
                 struct targets *out, struct error *e)
{
    for (size_t i = 0; i < wish->word_count; i++)
        if (!add_word(config, wish->words[i], wish, machines, out, e))
            return false;
    if (wish->word_count > 0)
        return true;
    if (wish->ssh != NULL || config->host_count == 0)
        return add_machine(config, machines, wish->ssh != NULL ? wish->ssh : "", "auto", wish, out,
                           e);
    for (size_t i = 0; i < config->host_count; i++)
        if (!add_host(config, &config->hosts[i], wish, machines, out, e))
            return false;
    return true;
}

bool targets_find(struct config *config, const struct target_wish *wish, struct machines *machines,
                  struct targets *out, struct error *e)
{
    struct targets targets = {0};
    struct name name = {""};
    enum name_fault fault;

    if (wish->name != NULL) {
        fault = name_parse_host(wish->name, &name);
        if (fault != NAME_GOOD && fault != NAME_PRIVATE_SUFFIX) {
            fail(e, ERR_NAME_REFUSED, "it %s", name_fault_text(fault));
            error_what(e, "cannot use the name \"%.100s\"", wish->name);
            return refuse_name(wish->name, fault, "--name mail.example.com", e);
        }
    }
    if (!find(config, wish, machines, &targets, e)) {
        targets_free(&targets);
        return false;
    }
    for (size_t i = 0; i < targets.count; i++) {
        struct target *target = &targets.v[i];
        if (wish->name != NULL)
            target->wanted = (struct name){""};
        name_target(target, &name, "--name");
        configure_target(config, target);
        if (wish->ssh != NULL)
            target->machine = wish->ssh;
        if (wish->mta != NULL)
            target->mta = wish->mta;
    }
    *out = targets;
    return true;
}

void targets_configure(const struct config *config, const char *name, struct target *target)
{
    struct name wanted;

    if (name != NULL && name_parse_host(name, &wanted) == NAME_GOOD)
        name_target(target, &wanted, "--name");
    configure_target(config, target);
}

void targets_free(struct targets *targets)
{
    free(targets->v);
    *targets = (struct targets){0};
}
