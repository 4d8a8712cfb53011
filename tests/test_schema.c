/* test_schema.c - schemas are JSON, and that of the configuration has every key of the tables. */
#include "agent/schema.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/config_keys.h"
#include "tests/support/unit.h"

static json_t *schema_of(const char *name)
{
    const char *text = schema_text(name);
    struct error e = {0};
    json_t *document;

    ck_assert_msg(text != NULL, "no schema %s", name);
    document = json_parse(text, strlen(text), &e);
    ck_assert_msg(document != NULL, "%s: %s", name, e.why);
    return document;
}

START_TEST(each_is_a_schema)
{
    const char *name = schema_names()[_i];
    json_t *document = schema_of(name);
    char id[64];

    str_format(id, sizeof id, "urn:namesake:schema:%s:1", name);
    ck_assert_str_eq(json_string_or(document, "$id", ""), id);
    ck_assert_str_eq(json_string_or(document, "$schema", ""),
                     "https://json-schema.org/draft/2020-12/schema");
    ck_assert_str_eq(json_string_or(document, "type", ""), "object");
    json_decref(document);
}
END_TEST

START_TEST(the_command_line_names_all)
{
    struct buf all = BUF_INIT(256);
    struct command_row row;

    for (size_t i = 0; schema_names()[i] != NULL; i++)
        buf_printf(&all, "%s%s", i > 0 ? "|" : "", schema_names()[i]);
    for (size_t i = 0; command_row(i, &row); i++)
        if (row.id == CMD_SCHEMA)
            ck_assert_str_eq(row.usage, buf_string(&all));
    ck_assert_ptr_null(schema_text("audti"));
    ck_assert_ptr_null(schema_text(""));
    buf_free(&all);
}
END_TEST

/* What a key of this kind is in JSON. */
static const char *type_of(enum field field)
{
    switch (field) {
    case FIELD_TEXT:
    case FIELD_PATH:
    case FIELD_NAME:
        return "string";
    case FIELD_NUMBER:
        return "integer";
    case FIELD_FLAG:
        return "boolean";
    case FIELD_GROUP:
        return "object";
    case FIELD_GROUPS:
        return "array";
    case FIELD_CHOICE:
    case FIELD_DURATION:
    case FIELD_TEXTS:
        return "";
    }
    return "";
}

static void compare(const json_t *properties, const struct config_key *keys, size_t *count)
{
    size_t here = 0;

    for (; keys->key != NULL; keys++, here++) {
        const json_t *property = json_object_get(properties, keys->key);
        ck_assert_msg(property != NULL, "no key %s", keys->key);
        ck_assert_msg(str_equal(json_string_or(property, "type", ""), type_of(keys->field)),
                      "%s is no %s", keys->key, type_of(keys->field));
        if (keys->field == FIELD_NUMBER) {
            ck_assert_int_eq(json_integer_value(json_object_get(property, "minimum")),
                             (json_int_t)keys->min);
            ck_assert_int_eq(json_integer_value(json_object_get(property, "maximum")),
                             (json_int_t)keys->max);
            ck_assert_int_eq(json_integer_value(json_object_get(property, "default")),
                             (json_int_t)keys->fallback);
        }
        for (size_t i = 0; keys->choices != NULL && keys->choices[i] != NULL; i++)
            ck_assert_str_eq(
                json_string_value(json_array_get(json_object_get(property, "enum"), i)),
                keys->choices[i]);
        if (keys->members != NULL)
            compare(json_object_get(property, "properties"), keys->members, count);
    }
    ck_assert_uint_eq(json_object_size(properties), here);
    *count += here;
}

START_TEST(configuration_has_every_key)
{
    json_t *document = schema_of("config");
    size_t count = 0;

    compare(json_object_get(document, "properties"), config_keys, &count);
    ck_assert_uint_gt(count, 20);
    json_decref(document);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"each is a schema", each_is_a_schema, 7, 0},
        {"the command line names all", the_command_line_names_all, 1, 0},
        {"configuration has every key", configuration_has_every_key, 1, 0},
    };

    return unit_run("schema", tests, ROWS(tests));
}
