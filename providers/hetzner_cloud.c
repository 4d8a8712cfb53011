/* hetzner_cloud.c - PTR records of addresses at Hetzner Cloud (API version 1), and the vendor. */
#include "providers/hetzner_cloud.h"

#include "agent/base/mem.h"

#include <stdio.h>

static const struct setting hetzner_settings[] = {
    {.key = "token",
     .secret = true,
     .required = true,
     .variables = (const char *const[]){"HCLOUD_TOKEN", "HETZNER_API_TOKEN", NULL},
     .help = "API token of the project, with permission to read and write"},
    {.key = "endpoint",
     .variables = (const char *const[]){"HCLOUD_ENDPOINT", NULL},
     .help = "URL of the API"},
    {.key = NULL},
};

/* What holds an address, in the order in which it is looked for. */
static const struct hetzner_kind {
    const char *name, *list;
    bool filter;      /* the list can be asked for one address */
    const char *path; /* where an item has its addresses: "" or a member with ipv4 and ipv6 */
} hetzner_kinds[] = {
    {"primary_ip", "primary_ips", true, ""},
    {"floating_ip", "floating_ips", false, ""},
    {"server", "servers", false, "public_net."},
};

/* An address of the account. */
struct hetzner_address {
    const struct hetzner_kind *kind;
    int64_t id;
    struct name ptr; /* "": none */
};

/* Where an item has the address: "public_net.ipv6.ip"; the member beside it is "dns_ptr". */
static const json_t *hetzner_at(const struct hetzner_kind *kind, const json_t *item,
                                enum ip_family family, const char *member)
{
    char path[64];

    snprintf(path, sizeof path, "%s%s%s%s", kind->path,
             kind->path[0] != '\0' ? ip_family_name(family) : "", kind->path[0] != '\0' ? "." : "",
             member);
    return json_at(item, path);
}

/* IPv4 is exact, IPv6 is a network of 64 bits. */
static bool hetzner_has(const struct hetzner_kind *kind, const json_t *item, const struct ip *ip)
{
    const char *text = json_string_value(hetzner_at(kind, item, ip->family, "ip"));
    struct ip_net net;

    return text != NULL && ip_net_parse(text, &net) && net.base.family == ip->family &&
           ip_net_has(&net, ip);
}

/* One name for IPv4 of a server, a list of them elsewhere; IPv6 lists only what was set. */
static bool hetzner_read_ptr(const json_t *ptr, const struct ip *ip, struct name *out,
                             struct error *e)
{
    const char *text = json_string_value(ptr);
    size_t i;
    json_t *entry;
    struct ip at;

    json_array_foreach(ptr, i, entry) if (ip_parse(json_string_or(entry, "ip", ""), &at) &&
                                          ip_equal(&at, ip)) text =
        json_string_value(json_at(entry, "dns_ptr"));
    *out = (struct name){""};
    if (text == NULL || name_from_dns(text, out))
        return true;
    return fail(e, ERR_PROTOCOL, "%s holds a PTR that is no name", HETZNER_TITLE);
}

static bool hetzner_read_address(const struct hetzner_kind *kind, const json_t *items,
                                 const struct ip *ip, struct hetzner_address *out, struct error *e)
{
    size_t i;
    json_t *item;

    json_array_foreach(items, i, item)
    {
        if (!hetzner_has(kind, item, ip))
            continue;
        out->kind = kind;
        return json_get_int(item, "id", 1, INT64_MAX, &out->id, e) &&
               hetzner_read_ptr(hetzner_at(kind, item, ip->family, "dns_ptr"), ip, &out->ptr, e);
    }
    if (kind->filter && ip->family == IP_V4 && json_array_size(items) > 0)
        return fail(e, ERR_PROTOCOL, "%s answers for another address than %s", HETZNER_TITLE,
                    ip_text(ip).s);
    return true;
}

/* What the filter makes of a single IPv6 address is not documented, so it is not used for those. */
static void hetzner_list_path(const struct hetzner_kind *kind, const struct ip *ip,
                              struct buf *path)
{
    buf_printf(path, "/%s?", kind->list);
    if (kind->filter && ip->family == IP_V4)
        buf_printf(path, "ip=%s&", ip_text(ip).s);
}

/* Which resource holds the address; ERR_NO_INPUT when it is not of this project. */
static bool hetzner_find(const struct account *account, const struct ip *ip,
                         struct hetzner_address *out, struct error *e)
{
    *out = (struct hetzner_address){.kind = NULL};
    for (size_t i = 0; i < sizeof hetzner_kinds / sizeof hetzner_kinds[0]; i++) {
        const struct hetzner_kind *kind = &hetzner_kinds[i];
        struct buf path = BUF_INIT(HETZNER_PATH_MAX);
        json_t *items = NULL;
        bool ok;

        hetzner_list_path(kind, ip, &path);
        ok = hetzner_list(account, buf_string(&path), kind->list, &items, e) &&
             hetzner_read_address(kind, items, ip, out, e);
        json_decref(items);
        buf_free(&path);
        if (!ok || out->kind != NULL)
            return ok;
    }
    return fail(e, ERR_NO_INPUT, "the project of \"%s\" does not hold %s", account->id,
                ip_text(ip).s);
}

static struct holding hetzner_ptr_holding(const struct hetzner_address *address)
{
    struct holding holding = {0};

    str_format(holding.resource, sizeof holding.resource, "%s/%lld", address->kind->name,
               (long long)address->id);
    if (!name_is_empty(&address->ptr))
        strings_add(&holding.values, address->ptr.s);
    return holding;
}

static bool hetzner_ptr_read(const struct account *account, const struct subject *subject,
                             struct holding *holding, struct error *e)
{
    struct hetzner_address address;

    if (!hetzner_find(account, &subject->ip, &address, e))
        return false;
    *holding = hetzner_ptr_holding(&address);
    return true;
}

/* No name is null: back to the default of IPv4, nothing for IPv6. */
static bool hetzner_ptr_set(const struct account *account, const struct ip *ip,
                            const struct hetzner_address *address, const char *name,
                            struct error *e)
{
    struct buf path = BUF_INIT(HETZNER_PATH_MAX);
    json_t *body = need(json_pack("{s:s, s:s?}", "ip", ip_text(ip).s, "dns_ptr", name));

    buf_printf(&path, "/%s/%lld/actions/change_dns_ptr", address->kind->list,
               (long long)address->id);
    return hetzner_act(account, "POST", &path, body, e);
}

static bool hetzner_ptr_write(const struct account *account, const struct subject *subject,
                              const struct holding *before, const struct strings *after,
                              struct error *e)
{
    struct hetzner_address address;
    struct holding now;
    bool ok;

    if (after->count > 1)
        return fail(e, ERR_CONFLICT, "%s holds one name for an address, not %zu", HETZNER_TITLE,
                    after->count);
    if (!hetzner_find(account, &subject->ip, &address, e))
        return false;
    now = hetzner_ptr_holding(&address);
    ok = hetzner_check_before(subject, &now, before, e) &&
         hetzner_ptr_set(account, &subject->ip, &address, after->count > 0 ? after->v[0] : NULL, e);
    holding_free(&now);
    return ok;
}

static bool hetzner_read(struct account *account, const struct subject *subject,
                         struct holding *holding, struct error *e)
{
    return subject->role == ROLE_PTR ? hetzner_ptr_read(account, subject, holding, e)
                                     : hetzner_zone_read(account, subject, holding, e);
}

static bool hetzner_write(struct account *account, const struct subject *subject,
                          const struct holding *before, const struct strings *after, uint32_t ttl_s,
                          struct error *e)
{
    if (subject->role == ROLE_PTR)
        return hetzner_ptr_write(account, subject, before, after, e);
    return hetzner_zone_write(account, subject, before, after, ttl_s, e);
}

const struct provider provider_hetzner_cloud = {
    .type = "hetzner-cloud",
    .title = HETZNER_TITLE,
    .roles = ROLE_PTR | ROLE_FORWARD,
    .settings = hetzner_settings,
    .read = hetzner_read,
    .write = hetzner_write,
};
