/* config_table.c - every key of the configuration but those of providers. */
#include "agent/config_keys.h"

#include "agent/config_account.h"
#include "mta/mta.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS_MAX 4096
#define RESOLVERS_MAX 32
#define DAY_S UINT64_C(86400)

static void add_address(struct config_reading *r, const config_setting_t *s, const char *text,
                        void *target);
static void add_resolver(struct config_reading *r, const config_setting_t *s, const char *text,
                         void *target);
static void add_host(struct config_reading *r, const config_setting_t *group);
static void add_vantage(struct config_reading *r, const config_setting_t *group);

static const struct config_key host_keys[] = {
    {"name", FIELD_NAME, FIELD_AT(struct config_host, name),
     .help = "the name that its addresses shall have"},
    {"mta", FIELD_CHOICE, FIELD_AT(struct config_host, mta), .choices = mta_choices,
     .help = "the mail server that runs there"},
    {"banner", FIELD_CHOICE, FIELD_AT(struct config_host, banner),
     .choices = (const char *const[]){"auto", "required", "off", NULL},
     .help = "whether port 25 has to greet"},
    {"ssh", FIELD_TEXT, FIELD_AT(struct config_host, ssh),
     .help = "[USER@]HOST[:PORT] when it is another machine"},
    {"addresses", FIELD_TEXTS, .text = add_address, .help = "the addresses that it sends from"},
    {.key = NULL},
};

static const struct config_key vantage_keys[] = {
    {"id", FIELD_TEXT, FIELD_AT(struct config_vantage, id),
     .help = "how options and reports call it"},
    {"type", FIELD_CHOICE, .choices = (const char *const[]){"ssh", NULL},
     .help = "how it is reached"},
    {"target", FIELD_TEXT, FIELD_AT(struct config_vantage, target), .help = "[USER@]HOST[:PORT]"},
    {.key = NULL},
};

static const struct config_key dns_keys[] = {
    {"port", FIELD_NUMBER, FIELD_AT(struct config, dns.port), .min = 1, .max = 65535,
     .fallback = 53, .help = "of authoritative servers"},
    {"timeout", FIELD_DURATION, FIELD_AT(struct config, dns.timeout_ms), .min = 1, .max = 60,
     .fallback = 3, .scale = 1000, .help = "for one question, all tries together"},
    {"tries", FIELD_NUMBER, FIELD_AT(struct config, dns.tries), .min = 1, .max = 10, .fallback = 3,
     .help = "how often a question is sent at most"},
    {.key = NULL},
};

static const struct config_key smtp_keys[] = {
    {"port", FIELD_NUMBER, FIELD_AT(struct config, smtp_port), .min = 1, .max = 65535,
     .fallback = 25, .help = "where mail servers listen"},
    {"timeout", FIELD_DURATION, FIELD_AT(struct config, smtp_timeout_s), .min = 1, .max = 600,
     .fallback = 30, .help = "for one greeting, from the first packet to the last line"},
    {.key = NULL},
};

static const struct config_key policy_keys[] = {
    {"forward", FIELD_CHOICE, FIELD_AT(struct config, forward_replace),
     .choices = (const char *const[]){"add", "replace", NULL},
     .help = "whether other addresses of the name stay"},
    {"max_changes", FIELD_NUMBER, FIELD_AT(struct config, max_changes), .min = 1, .max = 100000,
     .fallback = 10, .help = "a plan with more changes is refused"},
    {"strict", FIELD_FLAG, FIELD_AT(struct config, strict), .help = "warnings fail"},
    {"ttl", FIELD_NUMBER, FIELD_AT(struct config, ttl_s), .min = 1, .max = 7 * DAY_S,
     .fallback = 300, .help = "of records that are created, in seconds"},
    {"allow_private", FIELD_FLAG, FIELD_AT(struct config, allow_private),
     .help = "plan and apply take private addresses too"},
    {.key = NULL},
};

static const struct config_key verify_keys[] = {
    {"window", FIELD_DURATION, FIELD_AT(struct config, window_s), .max = 7 * DAY_S,
     .fallback = 1800, .help = "how long to go on looking"},
    {"interval", FIELD_DURATION, FIELD_AT(struct config, interval_s), .min = 1, .max = DAY_S,
     .fallback = 30, .help = "between two rounds"},
    {"passes", FIELD_NUMBER, FIELD_AT(struct config, passes), .min = 1, .max = 1000, .fallback = 3,
     .help = "good rounds in a row that are wanted"},
    {.key = NULL},
};

static const struct config_key watch_keys[] = {
    {"interval", FIELD_DURATION, .min = 1, .max = 7 * DAY_S, .fallback = 900,
     .help = "between two rounds"},
    {"confirm", FIELD_NUMBER, .min = 1, .max = 100, .fallback = 2,
     .help = "bad rounds in a row before drift is reported"},
    {"metrics_file", FIELD_PATH, .help = "written after every round, for Prometheus"},
    {"on_drift", FIELD_TEXTS, .help = "a program and its arguments"},
    {.key = NULL},
};

const struct config_key config_keys[] = {
    {"name", FIELD_NAME, FIELD_AT(struct config, name), .help = "the name wanted for all"},
    {"hosts", FIELD_GROUPS, .group = add_host, .help = "the machines that send"},
    {"providers", FIELD_GROUPS, .group = config_account_read, .help = "who holds the records"},
    {"vantage", FIELD_GROUPS, .group = add_vantage, .help = "other places to look from"},
    {"resolvers", FIELD_TEXTS, .text = add_resolver, .help = "resolvers to ask, ADDRESS[:PORT]"},
    {"dns", FIELD_GROUP, .members = dns_keys, .help = "questions to name servers"},
    {"smtp", FIELD_GROUP, .members = smtp_keys, .help = "questions to mail servers"},
    {"policy", FIELD_GROUP, .members = policy_keys, .help = "what may be changed"},
    {"verify", FIELD_GROUP, .members = verify_keys, .help = "repeated checks"},
    {"watch", FIELD_GROUP, .members = watch_keys, .help = "the watching service"},
    {.key = NULL},
};

static void remember_address(struct config_reading *r, const config_setting_t *s,
                             const struct ip *ip)
{
    struct config_origin origin = config_source_origin(r->source, config_setting_source_line(s));
    struct config_place *place;

    r->places = config_room(r->places, r->place_count, sizeof *r->places);
    place = &r->places[r->place_count++];
    *place = (struct config_place){.ip = *ip, .line = origin.line};
    place->file = (unsigned)(r->files.count - r->source->files.count) + origin.file;
    config_key_text(s, place->key, sizeof place->key);
}

static void add_address(struct config_reading *r, const config_setting_t *s, const char *text,
                        void *target)
{
    struct config_host *host = target;
    char shown[64];
    struct ip ip;

    if (!ip_parse(text, &ip)) {
        str_printable(shown, sizeof shown, text, strlen(text));
        config_note(r, s, ERR_CONFIG_KEY, "write one address: 203.0.113.25 or 2001:db8:25::25",
                    "\"%s\" is no address", shown);
        return;
    }
    remember_address(r, s, &ip);
    host->addresses = config_room(host->addresses, host->address_count, sizeof ip);
    host->addresses[host->address_count++] = ip;
}

static void add_resolver(struct config_reading *r, const config_setting_t *s, const char *text,
                         void *target)
{
    struct config *config = target;
    struct dns_server server;
    char shown[64];

    if (!ip_port_parse(text, 53, &server.ip, &server.port)) {
        str_printable(shown, sizeof shown, text, strlen(text));
        config_note(r, s, ERR_CONFIG_KEY,
                    "write an address: 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353",
                    "\"%s\" is no address of a resolver", shown);
    } else if (config->resolver_count == RESOLVERS_MAX) {
        config_note(r, s, ERR_CONFIG_KEY, "", "more than %d resolvers", RESOLVERS_MAX);
    } else {
        config->resolvers = config_room(config->resolvers, config->resolver_count, sizeof server);
        config->resolvers[config->resolver_count++] = server;
    }
}

static void add_host(struct config_reading *r, const config_setting_t *group)
{
    struct config *config = r->config;
    struct config_host host = {.mta = "auto"};

    if (config->host_count == HOSTS_MAX) {
        config_note(r, group, ERR_CONFIG_KEY, "give large fleets with --from FILE",
                    "more than %d hosts", HOSTS_MAX);
        return;
    }
    config_keys_read(r, group, host_keys, &host);
    if (config_setting_get_member(group, "name") == NULL &&
        config_setting_get_member(group, "addresses") == NULL)
        config_note(r, group, ERR_CONFIG_KEY, "write: addresses = [ \"203.0.113.25\" ];",
                    "this host has neither a name nor addresses");
    config->hosts = config_room(config->hosts, config->host_count, sizeof host);
    config->hosts[config->host_count++] = host;
}

static bool is_taken(const struct config *config, const char *id)
{
    for (size_t i = 0; i < config->vantage_count; i++)
        if (str_equal(config->vantages[i].id, id))
            return true;
    return str_equal(id, "here");
}

static void add_vantage(struct config_reading *r, const config_setting_t *group)
{
    struct config *config = r->config;
    struct config_vantage vantage = {.id = ""};

    config_keys_read(r, group, vantage_keys, &vantage);
    for (const struct config_key *key = vantage_keys; key->key != NULL; key++) {
        if (config_setting_get_member(group, key->key) == NULL)
            config_note(r, group, ERR_CONFIG_KEY, "", "\"%s\" is missing", key->key);
    }
    if (is_taken(config, vantage.id))
        config_note(r, group, ERR_CONFIG_KEY, "give each place a name of its own",
                    "\"%.63s\" is another place already", vantage.id);
    config->vantages = config_room(config->vantages, config->vantage_count, sizeof vantage);
    config->vantages[config->vantage_count++] = vantage;
}

static int compare_places(const void *a, const void *b)
{
    const struct config_place *x = a, *y = b;
    int order = ip_compare(&x->ip, &y->ip);

    if (order == 0)
        order = (x->file > y->file) - (x->file < y->file);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static void note_twice(struct config_reading *r, const struct config_place *first,
                       const struct config_place *again)
{
    struct config_mistake mistake = {.code = ERR_CONFIG_KEY, .line = again->line};

    str_cut(mistake.file, sizeof mistake.file, r->files.v[again->file]);
    str_cut(mistake.key, sizeof mistake.key, again->key);
    snprintf(mistake.text, sizeof mistake.text, "%s is already given in line %u%s%.120s",
             ip_text(&again->ip).s, first->line, again->file == first->file ? "" : " of ",
             again->file == first->file ? "" : r->files.v[first->file]);
    str_cut(mistake.repair, sizeof mistake.repair, "an address has one name: remove one of them");
    config_mistake_add(r->mistakes, &mistake);
}

void config_check_addresses(struct config_reading *r)
{
    size_t first = 0;

    if (r->place_count > 1)
        qsort(r->places, r->place_count, sizeof *r->places, compare_places);
    for (size_t i = 1; i < r->place_count; i++) {
        if (ip_equal(&r->places[i].ip, &r->places[first].ip))
            note_twice(r, &r->places[first], &r->places[i]);
        else
            first = i;
    }
}
