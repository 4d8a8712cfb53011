/* config_account_json.c - an account as a document: where secrets are, never what they are. */
#include "agent/config.h"

#include "agent/base/json.h"
#include "agent/base/mem.h"
#include "agent/config_account.h"

#include <stdio.h>
#include <string.h>

static const char *const places[] = {
    [SECRET_NONE] = NULL,         [SECRET_ENV] = "env",
    [SECRET_FILE] = "file",       [SECRET_CREDENTIAL] = "credential",
    [SECRET_COMMAND] = "command",
};
_Static_assert(sizeof places / sizeof places[0] == SECRET_COMMAND + 1, "one name for each place");

static void append(json_t *array, const char *text)
{
    json_array_append_new(array, need(json_string(text)));
}

static json_t *ref_to_json(const struct secret_ref *ref)
{
    json_t *object = need(json_object()), *value;

    if (ref->from == SECRET_COMMAND) {
        value = need(json_array());
        append(value, ref->place);
        for (size_t i = 0; i < ref->arg_count; i++)
            append(value, ref->args[i]);
    } else {
        value = need(json_string(ref->place));
    }
    json_object_set_new(object, places[ref->from], value);
    return object;
}

static json_t *values_to_json(const struct account *account)
{
    const struct setting *setting = account->provider->settings;
    json_t *object = need(json_object());

    for (size_t i = 0; setting[i].key != NULL; i++) {
        const struct account_value *value = &account->values[i];

        if (value->ref.from != SECRET_NONE)
            json_object_set_new(object, setting[i].key, ref_to_json(&value->ref));
        else if (value->text[0] != '\0')
            json_object_set_new(object, setting[i].key, need(json_string(value->text)));
    }
    return object;
}

static json_t *networks_to_json(const struct account *account)
{
    json_t *array = need(json_array());
    char text[64];

    for (size_t i = 0; i < account->network_count; i++) {
        const struct ip_net *network = &account->networks[i];

        snprintf(text, sizeof text, "%s/%u", ip_text(&network->base).s, network->bits);
        append(array, text);
    }
    return array;
}

json_t *config_account_to_json(const struct account *account)
{
    json_t *roles = need(json_array());
    char owner[sizeof account->owner]; /* of a configuration in any encoding */

    str_printable(owner, sizeof owner, account->owner, strlen(account->owner));
    if ((account->roles & ROLE_PTR) != 0)
        append(roles, "ptr");
    if ((account->roles & ROLE_FORWARD) != 0)
        append(roles, "forward");
    return need(json_pack("{s:s, s:s, s:o, s:o, s:o, s:s, s:s, s:o}", "id", account->id, "type",
                          account->provider->type, "roles", roles, "zones",
                          json_from_strings(&account->zones), "networks", networks_to_json(account),
                          "owner", owner, "endpoint", account->endpoint, "settings",
                          values_to_json(account)));
}

static bool get_text(const json_t *document, const char *key, char *out, size_t size,
                     struct error *e)
{
    const char *text;

    if (!json_get_string(document, key, &text, e))
        return false;
    return str_copy(out, size, text) || fail(e, ERR_PROTOCOL, "\"%s\" is too long", key);
}

static bool get_roles(const json_t *document, unsigned *roles, struct error *e)
{
    struct strings list = {.count = 0};

    if (!json_get_strings(document, "roles", &list, e))
        return false;
    if (strings_have(&list, "ptr"))
        *roles |= ROLE_PTR;
    if (strings_have(&list, "forward"))
        *roles |= ROLE_FORWARD;
    strings_free(&list);
    return true;
}

static bool get_networks(const json_t *document, struct account *out, struct error *e)
{
    struct strings list = {.count = 0};
    bool ok = json_get_strings(document, "networks", &list, e);

    for (size_t i = 0; ok && i < list.count; i++) {
        struct ip_net network;

        if (!ip_net_parse(list.v[i], &network)) {
            ok = fail(e, ERR_PROTOCOL, "\"networks\" holds something else than networks");
            break;
        }
        out->networks = mem_resize(out->networks, out->network_count + 1, sizeof network);
        out->networks[out->network_count++] = network;
    }
    strings_free(&list);
    return ok;
}

static bool get_command(const json_t *array, struct secret_ref *ref)
{
    size_t count = json_array_size(array), room = sizeof ref->args / sizeof ref->args[0];

    if (count < 1 || count > room + 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *text = json_string_value(json_array_get(array, i));

        if (text == NULL || !str_copy(i == 0 ? ref->place : ref->args[i - 1],
                                      i == 0 ? sizeof ref->place : sizeof ref->args[0], text))
            return false;
    }
    ref->from = SECRET_COMMAND;
    ref->arg_count = count - 1;
    return true;
}

static bool get_ref(const json_t *object, struct secret_ref *ref)
{
    for (enum secret_from from = SECRET_ENV; from <= SECRET_COMMAND; from++) {
        const json_t *value = json_object_get(object, places[from]);

        if (value == NULL)
            continue;
        if (from == SECRET_COMMAND)
            return get_command(value, ref);
        ref->from = from;
        return json_is_string(value) &&
               str_copy(ref->place, sizeof ref->place, json_string_value(value));
    }
    return false;
}

static bool get_settings(const json_t *document, struct account *out, struct error *e)
{
    const struct setting *setting = out->provider->settings;
    const json_t *object = json_at(document, "settings");

    if (!json_is_object(object))
        return fail(e, ERR_PROTOCOL, "\"settings\" is missing");
    for (size_t i = 0; setting[i].key != NULL; i++) {
        struct account_value *value = &out->values[i];
        const json_t *member = json_object_get(object, setting[i].key);

        if (member == NULL)
            continue;
        if (setting[i].secret
                ? !get_ref(member, &value->ref)
                : !json_is_string(member) ||
                      !str_copy(value->text, sizeof value->text, json_string_value(member)))
            return fail(e, ERR_PROTOCOL, "\"settings.%s\" is not what it should be",
                        setting[i].key);
    }
    return true;
}

bool config_account_from_json(const json_t *document, struct account *out, struct error *e)
{
    struct account account = {.provider = NULL};
    const char *type;

    if (!json_get_string(document, "type", &type, e))
        return false;
    account.provider = provider_by_type(type);
    if (account.provider == NULL)
        return fail(e, ERR_PROTOCOL, "no provider of type \"%.60s\" is known", type);
    if (get_text(document, "id", account.id, sizeof account.id, e) &&
        get_roles(document, &account.roles, e) &&
        json_get_strings(document, "zones", &account.zones, e) &&
        get_networks(document, &account, e) &&
        get_text(document, "owner", account.owner, sizeof account.owner, e) &&
        get_text(document, "endpoint", account.endpoint, sizeof account.endpoint, e) &&
        get_settings(document, &account, e)) {
        *out = account;
        return true;
    }
    account_free(&account);
    return error_what(e, "cannot read the account of a provider");
}
