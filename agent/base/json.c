/* json.c - reading JSON by path, and the two forms in which we write it. */
#include "agent/base/json.h"

#include "agent/base/mem.h"

#include <inttypes.h>
#include <string.h>

enum { DOCUMENT_MAX = 16 << 20, KEY_MAX = 128 };

json_t *json_parse(const char *text, size_t length, struct error *e)
{
    json_error_t where;

    if (length > DOCUMENT_MAX) {
        fail(e, ERR_PROTOCOL, "the JSON document is larger than 16 MiB");
        return NULL;
    }
    json_t *document = json_loadb(length == 0 ? "" : text, length, JSON_REJECT_DUPLICATES, &where);
    if (document != NULL)
        return document;
    /* What jansson quotes is left out: the document may hold a token. */
    const char *quoted = strstr(where.text, " near '");
    size_t shown = quoted == NULL ? strlen(where.text) : (size_t)(quoted - where.text);
    fail(e, ERR_PROTOCOL, "not valid JSON at line %d, column %d: %.*s", where.line, where.column,
         (int)shown, where.text);
    return NULL;
}

const json_t *json_at(const json_t *object, const char *path)
{
    char key[KEY_MAX];

    while (object != NULL && *path != '\0') {
        size_t length = strcspn(path, ".");
        struct cursor part = cursor_of(path, length);

        if (!cursor_copy(&part, key, sizeof key))
            return NULL;
        object = json_object_get(object, key);
        path += path[length] == '.' ? length + 1 : length;
    }
    return json_is_null(object) ? NULL : object;
}

static const char *type_text(const json_t *value)
{
    static const char *const texts[] = {
        [JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array",  [JSON_STRING] = "a string",
        [JSON_INTEGER] = "a number", [JSON_REAL] = "a fraction", [JSON_TRUE] = "true",
        [JSON_FALSE] = "false",      [JSON_NULL] = "null",
    };

    return texts[json_typeof(value)];
}

/* The member at a path, of one type; NULL, with the error filled in, when it is not there. */
static const json_t *find(const json_t *object, const char *path, json_type type,
                          const char *wanted, struct error *e)
{
    const json_t *value = json_at(object, path);

    if (value == NULL) {
        fail(e, ERR_PROTOCOL, "no field \"%s\"", path);
        return NULL;
    }
    if (json_typeof(value) == type)
        return value;
    fail(e, ERR_PROTOCOL, "field \"%s\" is %s, not %s", path, type_text(value), wanted);
    return NULL;
}

bool json_get_string(const json_t *object, const char *path, const char **out, struct error *e)
{
    const json_t *value = find(object, path, JSON_STRING, "a string", e);

    if (value == NULL)
        return false;
    *out = json_string_value(value);
    return true;
}

bool json_get_int(const json_t *object, const char *path, int64_t min, int64_t max, int64_t *out,
                  struct error *e)
{
    const json_t *value = find(object, path, JSON_INTEGER, "a number", e);

    if (value == NULL)
        return false;
    int64_t number = json_integer_value(value);
    if (number < min || number > max)
        return fail(e, ERR_PROTOCOL,
                    "field \"%s\" is %" PRId64 ", not within %" PRId64 " to %" PRId64, path, number,
                    min, max);
    *out = number;
    return true;
}

bool json_get_array(const json_t *object, const char *path, const json_t **out, struct error *e)
{
    const json_t *value = find(object, path, JSON_ARRAY, "an array", e);

    if (value == NULL)
        return false;
    *out = value;
    return true;
}

bool json_get_strings(const json_t *object, const char *path, struct strings *out, struct error *e)
{
    const json_t *array, *item;
    struct strings list = {0};
    size_t i;

    if (!json_get_array(object, path, &array, e))
        return false;
    json_array_foreach(array, i, item)
    {
        if (!json_is_string(item)) {
            strings_free(&list);
            return fail(e, ERR_PROTOCOL, "element %zu of \"%s\" is %s, not a string", i + 1, path,
                        type_text(item));
        }
        strings_add(&list, json_string_value(item));
    }
    *out = list;
    return true;
}

const char *json_string_or(const json_t *object, const char *path, const char *fallback)
{
    const json_t *value = json_at(object, path);

    return json_is_string(value) ? json_string_value(value) : fallback;
}

json_t *json_from_strings(const struct strings *list)
{
    json_t *array = need(json_array());

    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, need(json_string(list->v[i])));
    return array;
}

char *json_text(const json_t *document)
{
    char *text = need(json_dumps(document, JSON_INDENT(2) | JSON_ENCODE_ANY));
    size_t length = strlen(text);

    text = mem_resize(text, length + 2, 1);
    text[length] = '\n';
    text[length + 1] = '\0';
    return text;
}

char *json_canonical(const json_t *document)
{
    return need(json_dumps(document, JSON_SORT_KEYS | JSON_COMPACT | JSON_ENCODE_ANY));
}
