/* config_account.c - reads the entries of providers: common keys, a vendor's settings, secrets. */
#include "agent/config_account.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define ACCOUNTS_MAX 128
#define KEYS_MAX 32 /* common keys and a vendor's settings together, for suggestions */

#define SECRET_FORMS                                                                               \
    "write { file = \"/path\"; }, { env = \"NAME\"; }, { credential = \"name\"; } or "             \
    "{ command = [ \"program\", \"argument\" ]; }"

static void add_role(struct config_reading *r, const config_setting_t *s, const char *text,
                     void *target);
static void add_zone(struct config_reading *r, const config_setting_t *s, const char *text,
                     void *target);
static void add_network(struct config_reading *r, const config_setting_t *s, const char *text,
                        void *target);

static const struct config_key account_keys[] = {
    {"id", FIELD_TEXT, FIELD_AT(struct account, id), .help = "how plans and reports call it"},
    {"type", FIELD_TEXT, .help = "the vendor"},
    {"roles", FIELD_TEXTS, .text = add_role, .help = "what it is used for: ptr, forward"},
    {"zones", FIELD_TEXTS, .text = add_zone, .help = "only names in these zones"},
    {"networks", FIELD_TEXTS, .text = add_network, .help = "only addresses in these networks"},
    {"owner", FIELD_TEXT, FIELD_AT(struct account, owner), .help = "who to write to"},
    {"endpoint", FIELD_TEXT, FIELD_AT(struct account, endpoint), .help = "URL of the API"},
    {.key = NULL},
};

static void add_role(struct config_reading *r, const config_setting_t *s, const char *text,
                     void *target)
{
    static const char *const names[] = {"ptr", "forward", NULL};
    struct account *account = target;
    unsigned role = str_equal(text, "ptr")       ? ROLE_PTR
                    : str_equal(text, "forward") ? ROLE_FORWARD
                                                 : 0;
    char shown[64];

    str_printable(shown, sizeof shown, text, strlen(text));
    if (role == 0)
        config_note(r, s, ERR_CONFIG_KEY, config_suggest(text, names).s,
                    "\"%s\" is no role; the roles are ptr and forward", shown);
    else if ((account->provider->roles & role) == 0)
        config_note(r, s, ERR_CONFIG_KEY, "", "%s cannot hold %s records", account->provider->title,
                    role == ROLE_PTR ? "PTR" : "address");
    else
        account->roles |= role;
}

static void add_zone(struct config_reading *r, const config_setting_t *s, const char *text,
                     void *target)
{
    struct account *account = target;
    struct name zone;

    if (name_from_dns(text, &zone))
        strings_add(&account->zones, zone.s);
    else
        config_note(r, s, ERR_CONFIG_KEY, "", "this is no name of a zone");
}

static void add_network(struct config_reading *r, const config_setting_t *s, const char *text,
                        void *target)
{
    struct account *account = target;
    struct ip_net network;

    if (!ip_net_parse(text, &network)) {
        config_note(r, s, ERR_CONFIG_KEY, "such as 198.51.100.0/24: the bits after it are zero",
                    "this is no network");
        return;
    }
    account->networks = config_room(account->networks, account->network_count, sizeof network);
    account->networks[account->network_count++] = network;
}

bool config_is_variable(const char *text)
{
    size_t length = strlen(text);

    if (length == 0 || isdigit((unsigned char)text[0]))
        return false;
    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char)text[i]) && text[i] != '_')
            return false;
    }
    return true;
}

bool config_is_credential(const char *text)
{
    return text[0] != '\0' && text[0] != '.' && strchr(text, '/') == NULL && strlen(text) < 256;
}

/* The program and its arguments; the first element is the program. */
static void read_command(struct config_reading *r, const config_setting_t *s,
                         struct secret_ref *ref)
{
    size_t room = sizeof ref->args / sizeof ref->args[0];
    int count = config_setting_length(s);

    if ((!config_setting_is_array(s) && !config_setting_is_list(s)) || count < 1) {
        config_note(r, s, ERR_CONFIG_KEY, "write: command = [ \"program\", \"argument\" ];",
                    "this has to be a program and its arguments");
        return;
    }
    if ((size_t)count > room + 1) {
        config_note(r, s, ERR_CONFIG_KEY, "put them into a script", "more than %zu arguments",
                    room);
        return;
    }
    for (int i = 0; i < count; i++) {
        const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);
        const char *text = config_text(r, element);
        char *to = i == 0 ? ref->place : ref->args[i - 1];
        size_t size = i == 0 ? sizeof ref->place : sizeof ref->args[0];

        if (text != NULL && !str_copy(to, size, text))
            config_note(r, element, ERR_CONFIG_KEY, "", "this is longer than %zu characters",
                        size - 1);
    }
    ref->from = SECRET_COMMAND;
    ref->arg_count = (size_t)count - 1;
}

static bool is_place(enum secret_from from, const char *text)
{
    if (from == SECRET_ENV)
        return config_is_variable(text);
    if (from == SECRET_CREDENTIAL)
        return config_is_credential(text);
    return text[0] == '/';
}

/* The value of env, file or credential. It is not repeated: it may be the secret itself. */
static void read_place(struct config_reading *r, const config_setting_t *s, enum secret_from from,
                       struct secret_ref *ref)
{
    static const char *const wanted[] = {
        [SECRET_ENV] = "the name of an environment variable",
        [SECRET_FILE] = "an absolute path",
        [SECRET_CREDENTIAL] = "a name below $CREDENTIALS_DIRECTORY",
    };
    const char *text = config_text(r, s);

    if (text == NULL)
        return;
    if (is_place(from, text) && str_copy(ref->place, sizeof ref->place, text))
        ref->from = from;
    else
        config_note(r, s, ERR_CONFIG_KEY, "", "this has to be %s", wanted[from]);
}

static void read_secret_member(struct config_reading *r, const config_setting_t *s,
                               struct secret_ref *ref)
{
    static const char *const names[] = {"env", "file", "credential", "command", NULL};
    static const enum secret_from from[] = {SECRET_ENV, SECRET_FILE, SECRET_CREDENTIAL};
    const char *name = config_setting_name(s);

    if (str_equal(name, "command")) {
        read_command(r, s, ref);
        return;
    }
    for (size_t i = 0; i < 3; i++) {
        if (str_equal(name, names[i])) {
            read_place(r, s, from[i], ref);
            return;
        }
    }
    config_note(r, s, ERR_CONFIG_KEY, config_suggest(name, names).s,
                "unknown key \"%.80s\" of a secret", name);
}

static void read_secret(struct config_reading *r, const config_setting_t *s, struct secret_ref *ref)
{
    if (!config_setting_is_group(s)) {
        config_note(r, s, ERR_SECRET_INLINE, SECRET_FORMS,
                    "a secret may not stand in the configuration itself");
        return;
    }
    if (config_setting_length(s) != 1) {
        config_note(r, s, ERR_SECRET_INLINE, SECRET_FORMS,
                    "a secret is found in exactly one place, not in %d", config_setting_length(s));
        return;
    }
    read_secret_member(r, config_setting_get_elem(s, 0), ref);
}

static void read_setting(struct config_reading *r, const config_setting_t *s,
                         const struct setting *setting, struct account_value *value)
{
    const char *text;
    struct error e;

    if (setting->secret) {
        read_secret(r, s, &value->ref);
        return;
    }
    text = config_text(r, s);
    if (text == NULL)
        return;
    if (!str_copy(value->text, sizeof value->text, text))
        config_note(r, s, ERR_CONFIG_KEY, "", "this is longer than %zu characters",
                    sizeof value->text - 1);
    else if (setting->check != NULL && !setting->check(text, &e))
        config_note(r, s, ERR_CONFIG_KEY, e.next, "%s", e.why);
}

static void note_unknown(struct config_reading *r, const config_setting_t *s,
                         const struct provider *provider)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    const char *name = config_setting_name(s);
    size_t count = 0;

    for (size_t i = 0; account_keys[i].key != NULL; i++)
        names[count++] = account_keys[i].key;
    for (size_t i = 0; provider->settings[i].key != NULL && count < KEYS_MAX; i++)
        names[count++] = provider->settings[i].key;
    config_note(r, s, ERR_CONFIG_KEY, config_suggest(name, names).s,
                "unknown key \"%.80s\" of a provider of type \"%s\"", name, provider->type);
}

static void read_members(struct config_reading *r, const config_setting_t *group,
                         struct account *account)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const struct config_key *key = config_key_find(account_keys, config_setting_name(s));
        size_t index;

        if (key != NULL)
            config_key_read(r, s, key, account);
        else if (provider_setting(account->provider, config_setting_name(s), &index))
            read_setting(r, s, &account->provider->settings[index], &account->values[index]);
        else
            note_unknown(r, s, account->provider);
    }
}

static void note_type(struct config_reading *r, const config_setting_t *s, const char *type)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    char shown[64], known[160] = "known are ";
    struct config_repair repair;

    for (size_t i = 0; provider_all[i] != NULL && i < KEYS_MAX; i++) {
        size_t used = strlen(known);

        names[i] = provider_all[i]->type;
        snprintf(known + used, sizeof known - used, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    repair = config_suggest(type, names);
    str_printable(shown, sizeof shown, type, strlen(type));
    config_note(r, s, ERR_CONFIG_KEY, repair.s[0] != '\0' ? repair.s : known,
                "no provider of type \"%s\" is known", shown);
}

/* The vendor of an entry; NULL, with a mistake noted, when it is not known. */
static const struct provider *read_type(struct config_reading *r, const config_setting_t *group)
{
    const config_setting_t *s = config_setting_get_member(group, "type");
    const struct provider *provider = NULL;
    const char *type;

    if (s == NULL) {
        config_note(r, group, ERR_CONFIG_KEY, "write: type = \"rfc2136\"; or another one",
                    "\"type\" is missing");
        return NULL;
    }
    type = config_text(r, s);
    if (type != NULL)
        provider = provider_by_type(type);
    if (type != NULL && provider == NULL)
        note_type(r, s, type);
    return provider;
}

static void check_account(struct config_reading *r, const config_setting_t *group,
                          const struct account *account)
{
    const struct setting *lacks = config_account_lacks(account, false);
    const config_setting_t *id = config_setting_get_member(group, "id");
    const config_setting_t *endpoint = config_setting_get_member(group, "endpoint");
    struct error e;

    /* A setting that is there, but wrong, has its mistake already. */
    if (lacks != NULL && config_setting_get_member(group, lacks->key) == NULL)
        config_note(r, group, ERR_CONFIG_KEY, lacks->help, "\"%s\" is missing", lacks->key);
    if (endpoint != NULL && account->endpoint[0] != '\0' &&
        !config_check_endpoint(account->endpoint, &e))
        config_note(r, endpoint, ERR_CONFIG_KEY, e.next, "%s", e.why);
    for (size_t i = 0; i < r->config->account_count; i++) {
        if (str_equal(r->config->accounts[i].id, account->id))
            config_note(r, id == NULL ? group : id, ERR_CONFIG_KEY,
                        "give each provider an id of its own", "a second provider \"%s\"",
                        account->id);
    }
}

void config_account_read(struct config_reading *r, const config_setting_t *group)
{
    const struct provider *provider = read_type(r, group);
    struct config *config = r->config;
    struct account account;

    if (provider == NULL)
        return;
    if (config->account_count == ACCOUNTS_MAX) {
        config_note(r, group, ERR_CONFIG_KEY, "", "more than %d providers", ACCOUNTS_MAX);
        return;
    }
    config_account_init(provider, &account);
    if (config_setting_get_member(group, "roles") != NULL)
        account.roles = 0;
    read_members(r, group, &account);
    config_account_fill(&account, false, r->mistakes);
    config_account_finish(&account);
    check_account(r, group, &account);
    config->accounts = config_room(config->accounts, config->account_count, sizeof account);
    config->accounts[config->account_count++] = account;
}
