/* config_environment.c - accounts of vendors whose own tools' variables are set. */
#include "agent/config_account.h"

#include "agent/base/file.h"
#include "agent/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void config_account_init(const struct provider *provider, struct account *out)
{
    *out = (struct account){.provider = provider, .roles = provider->roles};
    str_cut(out->id, sizeof out->id, provider->type);
}

struct config_variables config_variables(const struct setting *setting)
{
    struct config_variables all = {""};
    size_t used = 0;

    for (size_t i = 0; setting->variables != NULL && setting->variables[i] != NULL; i++) {
        snprintf(all.s + used, sizeof all.s - used, "%s%s", i == 0 ? "" : " or ",
                 setting->variables[i]);
        used = strlen(all.s);
    }
    return all;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static char lower(char c)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *at = memchr(letters, c, 26);

    if (at == NULL)
        return c;
    return at[26];
}

/* "hcloud_token": the credential of a variable. True when systemd has put it there. */
static bool has_credential(const char *name, char *credential, size_t size)
{
    const char *folder = variable("CREDENTIALS_DIRECTORY");
    char path[1024];

    if (folder == NULL || !str_copy(credential, size, name))
        return false;
    for (char *c = credential; *c != '\0'; c++)
        *c = lower(*c);
    snprintf(path, sizeof path, "%.700s/%.300s", folder, credential);
    return access(path, F_OK) == 0;
}

/* Where a variable is set: as itself, as NAME_FILE, or as a credential. */
static bool find_variable(const char *name, struct secret_ref *ref)
{
    char file[128];
    const char *path;

    snprintf(file, sizeof file, "%s_FILE", name);
    path = variable(file);
    *ref = (struct secret_ref){.from = SECRET_NONE};
    if (variable(name) != NULL && str_copy(ref->place, sizeof ref->place, name))
        ref->from = SECRET_ENV;
    else if (path != NULL && str_copy(ref->place, sizeof ref->place, path))
        ref->from = SECRET_FILE;
    else if (has_credential(name, ref->place, sizeof ref->place))
        ref->from = SECRET_CREDENTIAL;
    return ref->from != SECRET_NONE;
}

/* The text of a setting that is no secret, less its last newline. */
static bool read_value(const struct secret_ref *ref, char *out, size_t size, struct error *e)
{
    struct buf text = BUF_INIT(size);
    char path[1024];
    bool ok;

    if (ref->from == SECRET_ENV) {
        if (str_copy(out, size, getenv(ref->place)))
            return true;
        return fail(e, ERR_CONFIG_KEY, "its value is longer than %zu characters", size - 1);
    }
    if (ref->from == SECRET_CREDENTIAL)
        snprintf(path, sizeof path, "%.700s/%.300s", getenv("CREDENTIALS_DIRECTORY"), ref->place);
    else
        str_cut(path, sizeof path, ref->place);
    ok = file_read(path, &text, e);
    if (ok && text.length > 0 && text.data[text.length - 1] == '\n')
        text.data[--text.length] = '\0';
    if (ok && !str_copy(out, size, buf_string(&text)))
        ok = fail(e, ERR_CONFIG_KEY, "its value is longer than %zu characters", size - 1);
    buf_free(&text);
    return ok;
}

static void note(struct config_mistakes *mistakes, const struct secret_ref *ref,
                 const struct error *e)
{
    struct config_mistake mistake = {.code = ERR_CONFIG_KEY, .file = "the environment"};

    str_cut(mistake.key, sizeof mistake.key, ref->place);
    str_cut(mistake.text, sizeof mistake.text, e->why);
    str_cut(mistake.repair, sizeof mistake.repair, e->next);
    config_mistake_add(mistakes, &mistake);
}

/* The vendor's own name for what every account has: the URL of the API. */
static bool is_endpoint(const struct setting *setting)
{
    return str_equal(setting->key, "endpoint");
}

static bool fill_value(const struct setting *setting, struct account_value *value,
                       struct config_mistakes *mistakes)
{
    struct secret_ref ref;
    struct error e;
    size_t i = 0;

    while (setting->variables[i] != NULL && !find_variable(setting->variables[i], &ref))
        i++;
    if (setting->variables[i] == NULL)
        return false;
    if (setting->secret) {
        value->ref = ref;
        return true;
    }
    if (!read_value(&ref, value->text, sizeof value->text, &e) ||
        (setting->check != NULL && !setting->check(value->text, &e)) ||
        (is_endpoint(setting) && !config_check_endpoint(value->text, &e)))
        note(mistakes, &ref, &e);
    return true;
}

static bool is_set(const struct account_value *value)
{
    return value->text[0] != '\0' || value->ref.from != SECRET_NONE;
}

/* Required by itself, or by another one that is set. */
static bool is_wanted(const struct account *account, const struct setting *setting)
{
    const struct setting *other = account->provider->settings;

    for (size_t i = 0; other[i].key != NULL; i++) {
        if (other[i].with != NULL && str_equal(other[i].with, setting->key) &&
            is_set(&account->values[i]))
            return true;
    }
    return setting->required;
}

size_t config_account_fill(struct account *account, bool all, struct config_mistakes *mistakes)
{
    const struct setting *setting = account->provider->settings;
    size_t found = 0, index;

    if (provider_setting(account->provider, "endpoint", &index))
        str_cut(account->values[index].text, sizeof account->values[index].text, account->endpoint);
    for (size_t i = 0; setting[i].key != NULL; i++) {
        if (setting[i].variables != NULL && !is_set(&account->values[i]) &&
            (all || is_wanted(account, &setting[i])) &&
            fill_value(&setting[i], &account->values[i], mistakes))
            found++;
    }
    return found;
}

void config_account_finish(struct account *account)
{
    const struct setting *setting = account->provider->settings;

    for (size_t i = 0; setting[i].key != NULL; i++) {
        if (!is_set(&account->values[i]) && setting[i].fallback != NULL)
            str_cut(account->values[i].text, sizeof account->values[i].text, setting[i].fallback);
        if (is_endpoint(&setting[i]) && account->endpoint[0] == '\0')
            str_cut(account->endpoint, sizeof account->endpoint, account->values[i].text);
    }
}

const struct setting *config_account_lacks(const struct account *account, bool secret)
{
    const struct setting *setting = account->provider->settings;

    for (size_t i = 0; setting[i].key != NULL; i++) {
        if (setting[i].secret == secret && !is_set(&account->values[i]) &&
            is_wanted(account, &setting[i]))
            return &setting[i];
    }
    return NULL;
}

static bool is_mentioned(const struct config *config, const struct provider *provider)
{
    for (size_t i = 0; i < config->account_count; i++) {
        if (config->accounts[i].provider == provider)
            return true;
    }
    return false;
}

/* True when its variables make an account. */
static bool make_account(const struct provider *provider, struct account *out,
                         struct config_mistakes *mistakes)
{
    struct config_mistakes *own = mem_new(1, sizeof *own);
    bool ok;

    config_account_init(provider, out);
    ok = config_account_fill(out, true, own) > 0 && config_account_lacks(out, false) == NULL &&
         config_account_lacks(out, true) == NULL;
    for (size_t i = 0; ok && i < own->count && i < CONFIG_MISTAKES_MAX; i++)
        config_mistake_add(mistakes, &own->all[i]);
    free(own);
    config_account_finish(out);
    return ok;
}

void config_accounts_from_environment(struct config *config, struct config_mistakes *mistakes)
{
    for (size_t i = 0; provider_all[i] != NULL; i++) {
        struct account account;

        if (is_mentioned(config, provider_all[i]) ||
            !make_account(provider_all[i], &account, mistakes))
            continue;
        config->accounts = config_room(config->accounts, config->account_count, sizeof account);
        config->accounts[config->account_count++] = account;
    }
}
