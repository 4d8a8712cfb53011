/* proxy.c - content networks by their published address ranges and the names of their edges. */
#include "agent/proxy.h"

#include "agent/base/ip.h"
#include "agent/base/name.h"

static const struct range {
    const char *net, *network;
} ranges[] = {
    {"103.21.244.0/22", "Cloudflare"}, {"103.22.200.0/22", "Cloudflare"},
    {"103.31.4.0/22", "Cloudflare"},   {"104.16.0.0/13", "Cloudflare"},
    {"104.24.0.0/14", "Cloudflare"},   {"108.162.192.0/18", "Cloudflare"},
    {"131.0.72.0/22", "Cloudflare"},   {"141.101.64.0/18", "Cloudflare"},
    {"162.158.0.0/15", "Cloudflare"},  {"172.64.0.0/13", "Cloudflare"},
    {"173.245.48.0/20", "Cloudflare"}, {"188.114.96.0/20", "Cloudflare"},
    {"190.93.240.0/20", "Cloudflare"}, {"197.234.240.0/22", "Cloudflare"},
    {"198.41.128.0/17", "Cloudflare"}, {"2400:cb00::/32", "Cloudflare"},
    {"2405:8100::/32", "Cloudflare"},  {"2405:b500::/32", "Cloudflare"},
    {"2606:4700::/32", "Cloudflare"},  {"2803:f800::/32", "Cloudflare"},
    {"2a06:98c0::/29", "Cloudflare"},  {"2c0f:f248::/32", "Cloudflare"},
    {"151.101.0.0/16", "Fastly"},      {"199.232.0.0/16", "Fastly"},
    {"2a04:4e40::/32", "Fastly"},
};

static const struct edge_name {
    const char *suffix, *network;
} edge_names[] = {
    {"cdn.cloudflare.net", "Cloudflare"},
    {"cloudfront.net", "Amazon CloudFront"},
    {"fastly.net", "Fastly"},
    {"fastlylb.net", "Fastly"},
    {"akamaiedge.net", "Akamai"},
    {"edgekey.net", "Akamai"},
    {"edgesuite.net", "Akamai"},
    {"akamai.net", "Akamai"},
    {"azureedge.net", "Azure CDN"},
    {"azurefd.net", "Azure Front Door"},
    {"b-cdn.net", "bunny.net"},
};

static const char *network_of(const char *address)
{
    struct ip_net net;
    struct ip ip;

    if (!ip_parse(address, &ip))
        return NULL;
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ip_net_parse(ranges[i].net, &net) && ip_net_has(&net, &ip))
            return ranges[i].network;
    return NULL;
}

static const char *network_of_edge(const char *alias)
{
    struct name name, suffix;

    if (!name_from_dns(alias, &name))
        return NULL;
    for (size_t i = 0; i < sizeof edge_names / sizeof edge_names[0]; i++)
        if (name_from_dns(edge_names[i].suffix, &suffix) && name_within(&name, &suffix))
            return edge_names[i].network;
    return NULL;
}

const char *proxy_of(const struct strings *addresses, const struct strings *aliases)
{
    const char *network = NULL;

    for (size_t i = 0; i < aliases->count; i++)
        if ((network = network_of_edge(aliases->v[i])) != NULL)
            return network;
    for (size_t i = 0; i < addresses->count; i++)
        if ((network = network_of(addresses->v[i])) == NULL)
            return NULL;
    return network;
}
