/* cases.c - scenarios in files. */
#include "tests/support/cases.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int is_case(const struct dirent *entry)
{
    return str_ends(entry->d_name, ".json");
}

struct strings cases_find(const char *folder)
{
    struct strings paths = {0};
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, is_case, alphasort);
    char path[512];

    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        strings_add(&paths, path);
        free(entries[i]);
    }
    free(entries);
    if (paths.count > 0)
        return paths;
    fprintf(stderr, "no scenario in %s\n", folder);
    exit(EXIT_FAILURE);
}

json_t *cases_read(const char *path)
{
    json_error_t where;
    json_t *document = json_load_file(path, JSON_REJECT_DUPLICATES, &where);

    ck_assert_msg(document != NULL, "%s:%d: %s", path, where.line, where.text);
    ck_assert_msg(json_is_object(document), "%s is no object", path);
    return document;
}

void cases_know(const char *path, const json_t *object, const char *const *keys)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        size_t i = 0;
        while (keys[i] != NULL && strcmp(keys[i], key) != 0)
            i++;
        ck_assert_msg(keys[i] != NULL, "%s: unknown key \"%s\"", path, key);
    }
}

void cases_same_list(const char *path, const char *what, const json_t *want,
                     const struct strings *got)
{
    char text[1024];
    size_t i;
    json_t *item;

    strings_join(got, " ", "(none)", text, sizeof text);
    ck_assert_msg(json_is_array(want), "%s: the expected %s are no list", path, what);
    json_array_foreach(want, i, item)
    {
        const char *value = json_string_value(item);
        ck_assert_msg(value != NULL, "%s: the expected %s hold something that is no text", path,
                      what);
        ck_assert_msg(i < got->count, "%s: %s: no \"%s\", only: %s", path, what, value, text);
        ck_assert_msg(str_equal(got->v[i], value), "%s: %s: \"%s\" is not \"%s\", in: %s", path,
                      what, got->v[i], value, text);
    }
    ck_assert_msg(i == got->count, "%s: %s: more than expected: %s", path, what, text);
}
