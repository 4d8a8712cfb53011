/* rfc2136.c - a name server that takes dynamic updates: Knot, BIND, PowerDNS, and so on. */
#include "providers/provider.h"

#include "agent/net/dns_update.h"

#define TIMEOUT_MS 10000 /* for one connection and its answer */
#define DNS_PORT 53

static bool rfc2136_check_nameserver(const char *text, struct error *e)
{
    struct dns_server server;

    if (ip_port_parse(text, DNS_PORT, &server.ip, &server.port))
        return true;
    fail(e, ERR_CONFIG_KEY, "\"%.100s\" is no address of a name server", text);
    return error_next(e, "write its address: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353");
}

static bool rfc2136_check_key(const char *text, struct error *e)
{
    struct name name;

    if (name_from_dns(text, &name) && name_labels(&name) > 0)
        return true;
    return fail(e, ERR_CONFIG_KEY, "\"%.100s\" is no name of a key", text);
}

static bool rfc2136_check_algorithm(const char *text, struct error *e)
{
    char algorithm[TSIG_ALGORITHM_MAX];

    if (tsig_algorithm_parse(text, algorithm))
        return true;
    fail(e, ERR_CONFIG_KEY, "\"%.60s\" is no TSIG algorithm", text);
    return error_next(e, "write hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224 or hmac-sha1");
}

static const struct setting rfc2136_settings[] = {
    {.key = "nameserver",
     .required = true,
     .variables = (const char *const[]){"DNSUPDATE_NAMESERVER", "RFC2136_NAMESERVER", NULL},
     .help = "address of the primary server, with a port if it is not 53",
     .check = rfc2136_check_nameserver},
    {.key = "tsig_key",
     .variables = (const char *const[]){"DNSUPDATE_TSIG_KEY", "RFC2136_TSIG_KEY", NULL},
     .help = "name of the TSIG key; without one the updates are not signed",
     .with = "tsig_secret",
     .check = rfc2136_check_key},
    {.key = "tsig_algorithm",
     .fallback = "hmac-sha256",
     .variables = (const char *const[]){"DNSUPDATE_TSIG_ALGORITHM", "RFC2136_TSIG_ALGORITHM", NULL},
     .help = "hmac-sha256, hmac-sha512, hmac-sha384, hmac-sha224 or hmac-sha1",
     .check = rfc2136_check_algorithm},
    {.key = "tsig_secret",
     .secret = true,
     .variables = (const char *const[]){"DNSUPDATE_TSIG_SECRET", "RFC2136_TSIG_SECRET", NULL},
     .help = "the key itself, base64 text",
     .with = "tsig_key"},
    {.key = NULL},
};

/* Where to send and how to sign; *key is used when the account has one. */
static bool rfc2136_master(const struct account *account, struct tsig_key *key,
                           struct dns_master *master, struct error *e)
{
    const char *server = account_text(account, "nameserver");

    *key = (struct tsig_key){.secret = account_secret(account, "tsig_secret")};
    *master = (struct dns_master){.timeout_ms = TIMEOUT_MS};
    if (!ip_port_parse(server, DNS_PORT, &master->server.ip, &master->server.port))
        return rfc2136_check_nameserver(server, e);
    if (!account_has(account, "tsig_key"))
        return true;
    if (key->secret == NULL)
        return fail(e, ERR_CREDENTIAL_MISSING, "the secret of the key \"%s\" is not loaded",
                    account_text(account, "tsig_key"));
    if (!name_from_dns(account_text(account, "tsig_key"), &key->name))
        return rfc2136_check_key(account_text(account, "tsig_key"), e);
    if (!tsig_algorithm_parse(account_text(account, "tsig_algorithm"), key->algorithm))
        return rfc2136_check_algorithm(account_text(account, "tsig_algorithm"), e);
    master->key = key;
    return tsig_key_check(key, e);
}

static enum dns_type rfc2136_type(const struct subject *subject)
{
    if (subject->role == ROLE_PTR)
        return DNS_PTR;
    return subject->ip.family == IP_V6 ? DNS_AAAA : DNS_A;
}

static bool rfc2136_fail_alias(const struct subject *subject, const struct name *zone,
                               const struct name *target, struct error *e)
{
    fail(e, ERR_CONFLICT, "%.200s is an alias (CNAME) of %.200s, so it can hold no other record",
         subject->owner.s, target->s);
    if (subject->role == ROLE_PTR)
        return error_who(e, "the DNS administrator of %.60s: the PTR belongs at the alias's target",
                         zone->s);
    return error_who(e, "the DNS administrator of %.60s: put address records in place of the alias",
                     zone->s);
}

/*
 * The server's own zone of the owner, which has to be the one to which the DNS delegates it: in
 * another one, old, private or not yet delegated, nobody would see the change.
 */
static bool rfc2136_zone(const struct account *account, const struct dns_master *master,
                         const struct subject *subject, struct name *zone, struct error *e)
{
    if (!dns_update_zone(master, &subject->owner, zone, e))
        return false;
    if (name_is_empty(&subject->zone) || name_equal(zone, &subject->zone))
        return true;
    fail(e, ERR_NO_INPUT, "%.60s has the zone %.120s, but the DNS finds %.120s in the zone %.120s",
         account_text(account, "nameserver"), zone->s, subject->owner.s, subject->zone.s);
    return error_who(e, "whoever delegates %.60s, or runs that server", zone->s);
}

static bool rfc2136_read(struct account *account, const struct subject *subject,
                         struct holding *holding, struct error *e)
{
    struct tsig_key key;
    struct dns_master master;
    struct dns_set set;
    struct name zone;

    if (!rfc2136_master(account, &key, &master, e) ||
        !rfc2136_zone(account, &master, subject, &zone, e))
        return false;
    if (!dns_update_read(&master, &subject->owner, rfc2136_type(subject), &set, e))
        return false;
    if (!name_is_empty(&set.alias)) {
        strings_free(&set.values);
        return rfc2136_fail_alias(subject, &zone, &set.alias, e);
    }
    *holding = (struct holding){.values = set.values, .ttl_s = set.ttl_s};
    str_cut(holding->resource, sizeof holding->resource, zone.s);
    return true;
}

static bool rfc2136_write(struct account *account, const struct subject *subject,
                          const struct holding *before, const struct strings *after, uint32_t ttl_s,
                          struct error *e)
{
    struct tsig_key key;
    struct dns_master master;
    struct dns_update update = {
        .zone = subject->zone,
        .owner = subject->owner,
        .type = rfc2136_type(subject),
        .ttl_s = ttl_s,
        .before = &before->values,
        .after = after,
    };

    if (subject->role == ROLE_FORWARD && !name_equal(&subject->owner, &subject->name))
        return fail(e, ERR_INTERNAL, "%.200s is not the wanted name %.200s", subject->owner.s,
                    subject->name.s);
    if (!rfc2136_master(account, &key, &master, e))
        return false;
    if (name_is_empty(&update.zone) && !dns_update_zone(&master, &subject->owner, &update.zone, e))
        return false;
    return dns_update_send(&master, &update, e);
}

const struct provider provider_rfc2136 = {
    .type = "rfc2136",
    .title = "RFC 2136 name server",
    .roles = ROLE_PTR | ROLE_FORWARD,
    .settings = rfc2136_settings,
    .read = rfc2136_read,
    .write = rfc2136_write,
};
