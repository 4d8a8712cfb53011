/* config.c - finds the configuration files, reads them in order, and frees what they gave. */
#include "agent/config.h"

#include "agent/config_account.h"
#include "agent/config_keys.h"
#include "agent/config_source.h"
#include "agent/config_syntax.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef NAMESAKE_CONFIG_FOLDER
#define NAMESAKE_CONFIG_FOLDER "/etc/namesake"
#endif

void config_defaults(struct config *config)
{
    *config = (struct config){.path = ""};
    config_keys_defaults(config_keys, config);
}

static void note_slip(struct config_reading *r, const struct config_slip *slip)
{
    struct config_origin origin = config_source_origin(r->source, slip->line);
    struct config_mistake mistake = {.code = ERR_CONFIG_SYNTAX, .line = origin.line};

    str_cut(mistake.file, sizeof mistake.file, r->source->files.v[origin.file]);
    str_cut(mistake.text, sizeof mistake.text, slip->text);
    str_cut(mistake.repair, sizeof mistake.repair, slip->repair);
    config_mistake_add(r->mistakes, &mistake);
}

/* What libconfig said, where ours saw nothing wrong ("duplicate setting name"). */
static void note_refusal(struct config_reading *r, const config_t *parsed)
{
    struct config_slip slip = {.line = (size_t)config_error_line(parsed)};

    str_cut(slip.text, sizeof slip.text, config_error_text(parsed));
    if (str_equal(slip.text, "duplicate setting name"))
        str_cut(slip.repair, sizeof slip.repair, "give each key once in a group");
    note_slip(r, &slip);
}

/* libconfig is asked only what we have nothing against: it leaks the texts of a file it refuses. */
static void read_parsed(struct config_reading *r)
{
    const char *text = buf_string(&r->source->text);
    struct config_slip slip;
    config_t parsed;

    if (config_syntax_find(text, r->source->text.length, &slip)) {
        note_slip(r, &slip);
        return;
    }
    config_init(&parsed);
    if (config_read_string(&parsed, text) == CONFIG_TRUE)
        config_keys_read(r, config_root_setting(&parsed), config_keys, r->config);
    else
        note_refusal(r, &parsed);
    config_destroy(&parsed);
}

static void read_source(struct config_reading *r, const struct config_source *source)
{
    r->source = source;
    for (size_t i = 0; i < source->files.count; i++)
        strings_add(&r->files, source->files.v[i]);
    if (r->config->path[0] == '\0')
        str_cut(r->config->path, sizeof r->config->path, source->files.v[0]);
    read_parsed(r);
    r->source = NULL;
}

static void read_file(struct config_reading *r, const char *path)
{
    struct config_source source;

    if (config_source_read(path, &source, r->mistakes))
        read_source(r, &source);
    config_source_free(&source);
}

static void read_file_if_there(struct config_reading *r, const char *path)
{
    if (access(path, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR))
        read_file(r, path);
}

static void read_folder(struct config_reading *r, const char *folder)
{
    struct strings names = {.count = 0};
    DIR *d = opendir(folder);

    if (d == NULL)
        return;
    for (const struct dirent *entry = readdir(d); entry != NULL; entry = readdir(d)) {
        if (entry->d_name[0] != '.' && str_ends(entry->d_name, ".conf"))
            strings_add(&names, entry->d_name);
    }
    closedir(d);
    strings_sort(&names);
    for (size_t i = 0; i < names.count; i++) {
        char path[512];

        snprintf(path, sizeof path, "%.240s/%.255s", folder, names.v[i]);
        read_file(r, path);
    }
    strings_free(&names);
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static void read_own_file(struct config_reading *r)
{
    const char *folder = variable("XDG_CONFIG_HOME"), *home = variable("HOME");
    char path[512];

    if (geteuid() == 0 || (folder == NULL && home == NULL))
        return;
    snprintf(path, sizeof path, "%.400s%s/namesake/namesake.conf", folder != NULL ? folder : home,
             folder != NULL ? "" : "/.config");
    read_file_if_there(r, path);
}

static void read_files(struct config_reading *r, const char *path)
{
    if (path == NULL)
        path = variable("NAMESAKE_CONFIG");
    if (path == NULL) {
        read_file_if_there(r, NAMESAKE_CONFIG_FOLDER "/namesake.conf");
        read_folder(r, NAMESAKE_CONFIG_FOLDER "/conf.d");
        read_own_file(r);
    } else if (!str_equal(path, "none")) {
        read_file(r, path);
    }
}

static size_t rank(const struct config_reading *r, const struct config_mistake *mistake)
{
    for (size_t i = 0; i < r->files.count; i++) {
        if (str_equal(r->files.v[i], mistake->file))
            return i;
    }
    return r->files.count;
}

static bool comes_after(const struct config_reading *r, const struct config_mistake *a,
                        const struct config_mistake *b)
{
    size_t x = rank(r, a), y = rank(r, b);

    return x != y ? x > y : a->line > b->line;
}

/* By file and line; those of one line stay in the order in which they were found. */
static void sort_mistakes(const struct config_reading *r)
{
    struct config_mistake *all = r->mistakes->all;
    size_t count = r->mistakes->count;

    if (count > CONFIG_MISTAKES_MAX)
        count = CONFIG_MISTAKES_MAX;
    for (size_t i = 1; i < count; i++) {
        struct config_mistake moving = all[i];
        size_t at = i;

        for (; at > 0 && comes_after(r, &all[at - 1], &moving); at--)
            all[at] = all[at - 1];
        all[at] = moving;
    }
}

static bool finish(struct config_reading *r)
{
    config_check_addresses(r);
    config_accounts_from_environment(r->config, r->mistakes);
    sort_mistakes(r);
    strings_free(&r->files);
    free(r->places);
    if (r->mistakes->count == 0)
        return true;
    config_free(r->config);
    return false;
}

bool config_load(const char *path, struct config *config, struct config_mistakes *mistakes)
{
    struct config_reading reading = {.config = config, .mistakes = mistakes};

    config_defaults(config);
    mistakes->count = 0;
    read_files(&reading, path);
    return finish(&reading);
}

bool config_load_text(const char *name, const char *text, size_t length, struct config *config,
                      struct config_mistakes *mistakes)
{
    struct config_reading reading = {.config = config, .mistakes = mistakes};
    struct config_source source;

    config_defaults(config);
    mistakes->count = 0;
    config_source_text(name, text, length, &source, mistakes);
    read_source(&reading, &source);
    config_source_free(&source);
    return finish(&reading);
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->host_count; i++)
        free(config->hosts[i].addresses);
    for (size_t i = 0; i < config->account_count; i++)
        account_free(&config->accounts[i]);
    free(config->hosts);
    free(config->accounts);
    free(config->resolvers);
    free(config->vantages);
    *config = (struct config){.path = ""};
}
