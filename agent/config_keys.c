/* config_keys.c - reads the values of keys by their kind. */
#include "agent/config_keys.h"

#include "agent/base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS_MAX 24 /* in one group, for suggestions */

void config_key_text(const config_setting_t *s, char *out, size_t size)
{
    char path[512] = "", tail[512];

    for (; s != NULL && config_setting_parent(s) != NULL; s = config_setting_parent(s)) {
        const char *dot = path[0] == '\0' ? "" : ".";

        str_cut(tail, sizeof tail, path);
        if (config_setting_name(s) != NULL)
            snprintf(path, sizeof path, "%.80s%s%.400s", config_setting_name(s), dot, tail);
        else
            snprintf(path, sizeof path, "[%d]%s%.400s", config_setting_index(s), dot, tail);
    }
    str_cut(out, size, path);
}

void config_note(struct config_reading *r, const config_setting_t *at, enum err code,
                 const char *repair, const char *text, ...)
{
    struct config_origin origin = config_source_origin(r->source, config_setting_source_line(at));
    struct config_mistake mistake = {.code = code, .line = origin.line};
    va_list args;

    str_cut(mistake.file, sizeof mistake.file, r->source->files.v[origin.file]);
    config_key_text(at, mistake.key, sizeof mistake.key);
    va_start(args, text);
    vsnprintf(mistake.text, sizeof mistake.text, text, args);
    va_end(args);
    str_cut(mistake.repair, sizeof mistake.repair, repair);
    config_mistake_add(r->mistakes, &mistake);
}

struct config_repair config_suggest(const char *word, const char *const *candidates)
{
    struct config_repair repair = {""};
    const char *nearest = str_nearest(word, candidates);

    if (nearest != NULL)
        snprintf(repair.s, sizeof repair.s, "did you mean \"%.100s\"?", nearest);
    return repair;
}

void *config_room(void *array, size_t count, size_t size)
{
    bool is_full = (count & (count - 1)) == 0; /* at 0, 1, 2, 4, 8, ... */

    return is_full ? mem_resize(array, count == 0 ? 1 : 2 * count, size) : array;
}

/* How a value of some other kind would have to be written. */
static void note_kind(struct config_reading *r, const config_setting_t *s, const char *kind,
                      const char *example)
{
    char repair[160];
    const char *name = config_setting_name(s);

    if (name != NULL)
        snprintf(repair, sizeof repair, "write: %.40s = %s;", name, example);
    else
        snprintf(repair, sizeof repair, "write: %s", example);
    config_note(r, s, ERR_CONFIG_KEY, repair, "this has to be %s", kind);
}

const char *config_text(struct config_reading *r, const config_setting_t *setting)
{
    if (config_setting_type(setting) == CONFIG_TYPE_STRING)
        return config_setting_get_string(setting);
    note_kind(r, setting, "text in double quotes", "\"...\"");
    return NULL;
}

static void *place_of(const struct config_key *key, void *target)
{
    return (char *)target + key->offset;
}

static void store(const struct config_key *key, uint64_t value, void *target)
{
    if (key->width == sizeof(bool))
        *(bool *)place_of(key, target) = value != 0;
    else if (key->width == sizeof(uint16_t))
        *(uint16_t *)place_of(key, target) = (uint16_t)value;
    else if (key->width == sizeof(uint32_t))
        *(uint32_t *)place_of(key, target) = (uint32_t)value;
}

static void read_text(struct config_reading *r, const config_setting_t *s,
                      const struct config_key *key, void *target)
{
    const char *text = config_text(r, s);

    if (text == NULL)
        return;
    if (text[0] == '\0')
        config_note(r, s, ERR_CONFIG_KEY, "", "this must not be empty");
    else if (key->width > 0 && !str_copy(place_of(key, target), key->width, text))
        config_note(r, s, ERR_CONFIG_KEY, "", "this is longer than %zu characters", key->width - 1);
}

static void read_path(struct config_reading *r, const config_setting_t *s,
                      const struct config_key *key, void *target)
{
    const char *text = config_text(r, s);

    if (text != NULL && text[0] != '/')
        config_note(r, s, ERR_CONFIG_KEY, "begin it with /", "this has to be an absolute path");
    else if (text != NULL)
        read_text(r, s, key, target);
}

static void note_choice(struct config_reading *r, const config_setting_t *s,
                        const struct config_key *key, const char *text)
{
    struct config_repair repair = config_suggest(text, key->choices);
    char shown[64], all[160] = "";

    str_printable(shown, sizeof shown, text, strlen(text));
    for (size_t i = 0; key->choices[i] != NULL; i++) {
        size_t used = strlen(all);

        snprintf(all + used, sizeof all - used, "%s%s", i == 0 ? "one of " : ", ", key->choices[i]);
    }
    config_note(r, s, ERR_CONFIG_KEY, repair.s[0] != '\0' ? repair.s : all,
                "\"%s\" is not a value of %s", shown, key->key);
}

static void read_choice(struct config_reading *r, const config_setting_t *s,
                        const struct config_key *key, void *target)
{
    const char *text = config_text(r, s);
    uint64_t i = 0;

    if (text == NULL)
        return;
    while (key->choices[i] != NULL && !str_equal(key->choices[i], text))
        i++;
    if (key->choices[i] == NULL)
        note_choice(r, s, key, text);
    else if (key->width > 4)
        read_text(r, s, key, target);
    else
        store(key, i, target);
}

static void read_name(struct config_reading *r, const config_setting_t *s,
                      const struct config_key *key, void *target)
{
    const char *text = config_text(r, s);
    struct name name;
    enum name_fault fault;
    char shown[200];

    if (text == NULL)
        return;
    fault = name_parse_host(text, &name);
    if (fault != NAME_GOOD) {
        str_printable(shown, sizeof shown, text, strlen(text));
        config_note(r, s, ERR_CONFIG_KEY, "write the full host name, such as mail.example.com",
                    "\"%s\" %s", shown, name_fault_text(fault));
    } else if (key->width > 0) {
        *(struct name *)place_of(key, target) = name;
    }
}

static void store_in_range(struct config_reading *r, const config_setting_t *s,
                           const struct config_key *key, uint64_t value, void *target)
{
    uint64_t scale = key->scale == 0 ? 1 : key->scale;

    if (value >= key->min && value <= key->max)
        store(key, value * scale, target);
    else if (key->field == FIELD_DURATION)
        config_note(r, s, ERR_CONFIG_KEY, "", "this has to be between %s and %s",
                    str_duration_text(key->min).s, str_duration_text(key->max).s);
    else
        config_note(r, s, ERR_CONFIG_KEY, "", "this has to be between %llu and %llu",
                    (unsigned long long)key->min, (unsigned long long)key->max);
}

/* A whole number; false when the setting is none. A negative one is out of every range. */
static bool whole_number(const config_setting_t *s, uint64_t *out)
{
    long long value;

    if (config_setting_type(s) == CONFIG_TYPE_INT)
        value = config_setting_get_int(s);
    else if (config_setting_type(s) == CONFIG_TYPE_INT64)
        value = config_setting_get_int64(s);
    else
        return false;
    *out = value < 0 ? UINT64_MAX : (uint64_t)value;
    return true;
}

static void read_number(struct config_reading *r, const config_setting_t *s,
                        const struct config_key *key, void *target)
{
    uint64_t value;

    if (whole_number(s, &value))
        store_in_range(r, s, key, value, target);
    else
        note_kind(r, s, "a whole number, without quotes", "10");
}

static void read_duration(struct config_reading *r, const config_setting_t *s,
                          const struct config_key *key, void *target)
{
    uint64_t value;
    uint32_t seconds;

    if (config_setting_type(s) == CONFIG_TYPE_STRING) {
        if (str_duration(config_setting_get_string(s), &seconds)) {
            store_in_range(r, s, key, seconds, target);
            return;
        }
    } else if (whole_number(s, &value)) {
        store_in_range(r, s, key, value, target);
        return;
    }
    note_kind(r, s, "a duration: 90, 90s, 5m, 2h or 1h30m", "\"90s\"");
}

static void read_flag(struct config_reading *r, const config_setting_t *s,
                      const struct config_key *key, void *target)
{
    if (config_setting_type(s) == CONFIG_TYPE_BOOL)
        store(key, config_setting_get_bool(s) != 0, target);
    else
        note_kind(r, s, "true or false, without quotes", "true");
}

static void read_texts(struct config_reading *r, const config_setting_t *s,
                       const struct config_key *key, void *target)
{
    if (!config_setting_is_array(s) && !config_setting_is_list(s)) {
        note_kind(r, s, "a list of texts", "[ \"...\", \"...\" ]");
        return;
    }
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);
        const char *text = config_text(r, element);

        if (text != NULL && key->text != NULL)
            key->text(r, element, text, target);
    }
}

static void read_group(struct config_reading *r, const config_setting_t *s,
                       const struct config_key *key, void *target)
{
    if (config_setting_is_group(s))
        config_keys_read(r, s, key->members, target);
    else
        note_kind(r, s, "a group of settings", "{ ... }");
}

static void read_groups(struct config_reading *r, const config_setting_t *s,
                        const struct config_key *key, void *target)
{
    (void)target;
    if (!config_setting_is_list(s)) {
        note_kind(r, s, "a list of groups", "( { ... }, { ... } )");
        return;
    }
    for (int i = 0; i < config_setting_length(s); i++) {
        const config_setting_t *element = config_setting_get_elem(s, (unsigned)i);

        if (config_setting_is_group(element))
            key->group(r, element);
        else
            note_kind(r, element, "a group of settings", "{ ... }");
    }
}

static void (*const readers[])(struct config_reading *, const config_setting_t *,
                               const struct config_key *, void *) = {
    [FIELD_TEXT] = read_text,         [FIELD_PATH] = read_path,     [FIELD_CHOICE] = read_choice,
    [FIELD_NAME] = read_name,         [FIELD_NUMBER] = read_number, [FIELD_FLAG] = read_flag,
    [FIELD_DURATION] = read_duration, [FIELD_TEXTS] = read_texts,   [FIELD_GROUP] = read_group,
    [FIELD_GROUPS] = read_groups,
};
_Static_assert(sizeof readers / sizeof readers[0] == FIELD_GROUPS + 1, "one reader for each kind");

void config_key_read(struct config_reading *r, const config_setting_t *setting,
                     const struct config_key *key, void *target)
{
    readers[key->field](r, setting, key, target);
}

const struct config_key *config_key_find(const struct config_key *keys, const char *name)
{
    for (; keys->key != NULL; keys++) {
        if (str_equal(keys->key, name))
            return keys;
    }
    return NULL;
}

static void note_unknown(struct config_reading *r, const config_setting_t *s,
                         const struct config_key *keys)
{
    const char *names[KEYS_MAX + 1] = {NULL};
    const char *name = config_setting_name(s);

    for (size_t i = 0; i < KEYS_MAX && keys[i].key != NULL; i++)
        names[i] = keys[i].key;
    config_note(r, s, ERR_CONFIG_KEY, config_suggest(name, names).s, "unknown key \"%.80s\"", name);
}

void config_keys_read(struct config_reading *r, const config_setting_t *group,
                      const struct config_key *keys, void *target)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *s = config_setting_get_elem(group, (unsigned)i);
        const struct config_key *key = config_key_find(keys, config_setting_name(s));

        if (key == NULL)
            note_unknown(r, s, keys);
        else
            config_key_read(r, s, key, target);
    }
}

void config_keys_defaults(const struct config_key *keys, void *target)
{
    for (; keys->key != NULL; keys++) {
        uint64_t scale = keys->scale == 0 ? 1 : keys->scale;

        if (keys->field == FIELD_GROUP)
            config_keys_defaults(keys->members, target);
        else if (keys->width > 0 && keys->width <= 4)
            store(keys, keys->fallback * scale, target);
    }
}
