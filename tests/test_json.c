/* test_json.c - documents that somebody else wrote: limits, paths, canonical text. */
#include "agent/base/json.h"

#include "tests/support/unit.h"

#include <string.h>

#define TEXT(literal) (literal), sizeof(literal) - 1

static const struct {
    const char *label, *text;
    size_t length;
    const char *why; /* NULL: good; else how the reason begins */
} documents[] = {
    {"an object", TEXT("{\"a\": 1}"), NULL},
    {"an array", TEXT("[1, \"\xC3\xA9\"]"), NULL},
    {"white space around", TEXT(" \r\n{} \n"), NULL},
    {"a NUL byte ends nothing", TEXT("{}\0"), "not valid JSON at line 1, column 3"},
    {"an escaped NUL in a string", TEXT("[\"a\\u0000b\"]"), "not valid JSON at line 1"},
    {"an escaped NUL in a key", TEXT("{\"a\\u0000b\": 1}"), "not valid JSON at line 1"},
    {"nothing", TEXT(""), "not valid JSON at line 1, column 0"},
    {"a page of HTML", TEXT("<html>502</html>"), "not valid JSON at line 1, column 1"},
    {"a duplicate key", TEXT("{\"a\": 1,\n \"a\": 2}"), "not valid JSON at line 2, column 4"},
    {"a duplicate key deeper down", TEXT("{\"x\": [{\"a\": 1, \"a\": 1}]}"), "not valid JSON"},
    {"a comma after the last", TEXT("[1,]"), "not valid JSON at line 1, column 4"},
    {"a second document", TEXT("{} {}"), "not valid JSON at line 1, column 4"},
    {"a document cut off", TEXT("{\"a\": [1, 2"), "not valid JSON at line 1"},
    {"invalid UTF-8", TEXT("[\"\xC3(\"]"), "not valid JSON at line 1"},
    {"a lone surrogate", TEXT("[\"\\ud800\"]"), "not valid JSON at line 1"},
    {"a single value", TEXT("42"), "not valid JSON at line 1"},
    {"a number too large for 64 bits", TEXT("[9223372036854775808]"), "not valid JSON"},
};

START_TEST(parse)
{
    struct error e = {0};
    json_t *document = json_parse(documents[_i].text, documents[_i].length, &e);

    ck_assert_msg((document != NULL) == (documents[_i].why == NULL), "%s: %s", documents[_i].label,
                  e.why);
    if (document == NULL) {
        ck_assert_int_eq(e.code, ERR_PROTOCOL);
        ck_assert_msg(strncmp(e.why, documents[_i].why, strlen(documents[_i].why)) == 0, "%s: %s",
                      documents[_i].label, e.why);
    }
    json_decref(document);
}
END_TEST

START_TEST(too_deep)
{
    size_t depth = 100000;
    char *text = malloc(depth);
    struct error e = {0};

    ck_assert_ptr_nonnull(text);
    memset(text, '[', depth);
    ck_assert_ptr_null(json_parse(text, depth, &e));
    ck_assert_int_eq(e.code, ERR_PROTOCOL);
    free(text);
}
END_TEST

START_TEST(too_large)
{
    size_t limit = (size_t)16 << 20, room = limit + 1;
    char *text = malloc(room);
    struct error e = {0};

    ck_assert_ptr_nonnull(text);
    memset(text, ' ', room);
    memcpy(text, "{}", 2);
    json_t *document = json_parse(text, limit, &e);
    ck_assert_ptr_nonnull(document);
    json_decref(document);
    ck_assert_ptr_null(json_parse(text, room, &e));
    ck_assert_str_eq(e.why, "the JSON document is larger than 16 MiB");
    free(text);
}
END_TEST

START_TEST(reasons_quote_no_values)
{
    struct error e = {0};

    ck_assert_ptr_null(json_parse(TEXT("{\"token\" \"s3cr3t\"}"), &e));
    ck_assert_msg(strstr(e.why, "s3cr3t") == NULL, "%s", e.why);
    ck_assert_ptr_null(json_parse(TEXT("{\"s3cr3t\": 1, \"s3cr3t\": 1}"), &e));
    ck_assert_msg(strstr(e.why, "duplicate") != NULL, "%s", e.why);
}
END_TEST

static json_t *sample(void)
{
    static const char text[] =
        "{ \"id\": 4711, \"big\": 9223372036854775807, \"less\": -5, \"ratio\": 1.5, \"on\": true,"
        "  \"none\": null, \"empty\": \"\","
        "  \"net\": { \"ipv4\": { \"ip\": \"203.0.113.25\", \"none\": null } },"
        "  \"names\": [\"a\", \"b\"], \"mixed\": [\"a\", 1], \"nothing\": [] }";
    struct error e = {0};
    json_t *document = json_parse(text, strlen(text), &e);

    ck_assert_msg(document != NULL, "%s", e.why);
    return document;
}

enum getter { GET_STRING, GET_INT, GET_ARRAY, GET_STRINGS };

static const struct {
    const char *label;
    enum getter getter;
    const char *path, *why; /* NULL: found */
} gets[] = {
    {"a string by path", GET_STRING, "net.ipv4.ip", NULL},
    {"an empty string is a string", GET_STRING, "empty", NULL},
    {"an absent member", GET_STRING, "net.ipv6.ip", "no field \"net.ipv6.ip\""},
    {"a null counts as absent", GET_STRING, "net.ipv4.none", "no field \"net.ipv4.none\""},
    {"a number for a string", GET_STRING, "id", "field \"id\" is a number, not a string"},
    {"an object for a string", GET_STRING, "net", "field \"net\" is an object, not a string"},
    {"a path through a string", GET_STRING, "empty.ip", "no field \"empty.ip\""},
    {"a path through an array", GET_STRING, "names.a", "no field \"names.a\""},
    {"a number", GET_INT, "id", NULL},
    {"a number too large", GET_INT, "big",
     "field \"big\" is 9223372036854775807, not within 0 to 5000"},
    {"a number too small", GET_INT, "less", "field \"less\" is -5, not within 0 to 5000"},
    {"a fraction for a number", GET_INT, "ratio", "field \"ratio\" is a fraction, not a number"},
    {"true for a number", GET_INT, "on", "field \"on\" is true, not a number"},
    {"an array", GET_ARRAY, "names", NULL},
    {"an empty array", GET_ARRAY, "nothing", NULL},
    {"a string for an array", GET_ARRAY, "empty", "field \"empty\" is a string, not an array"},
    {"strings", GET_STRINGS, "names", NULL},
    {"no strings", GET_STRINGS, "nothing", NULL},
    {"strings and a number", GET_STRINGS, "mixed",
     "element 2 of \"mixed\" is a number, not a string"},
    {"a path that is too long", GET_STRING,
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
     "xxx"
     "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
     "no field \"xxxx"},
};

static bool get(enum getter getter, const json_t *document, const char *path, struct error *e)
{
    static const char untouched[] = "untouched";
    const char *text = untouched;
    const json_t *array = NULL;
    struct strings list = {0};
    int64_t number = -77;
    bool ok = false;

    switch (getter) {
    case GET_STRING:
        ok = json_get_string(document, path, &text, e);
        break;
    case GET_INT:
        ok = json_get_int(document, path, 0, 5000, &number, e);
        break;
    case GET_ARRAY:
        ok = json_get_array(document, path, &array, e);
        break;
    case GET_STRINGS:
        ok = json_get_strings(document, path, &list, e);
        break;
    }
    ck_assert_msg(ok || (text == untouched && number == -77 && array == NULL && list.v == NULL),
                  "%s: output touched", path);
    strings_free(&list);
    return ok;
}

START_TEST(getters)
{
    json_t *document = sample();
    struct error e = {0};
    bool ok = get(gets[_i].getter, document, gets[_i].path, &e);

    ck_assert_msg(ok == (gets[_i].why == NULL), "%s: %s", gets[_i].label, e.why);
    if (!ok) {
        ck_assert_int_eq(e.code, ERR_PROTOCOL);
        ck_assert_msg(strncmp(e.why, gets[_i].why, strlen(gets[_i].why)) == 0, "%s: %s",
                      gets[_i].label, e.why);
    }
    json_decref(document);
}
END_TEST

START_TEST(values)
{
    json_t *document = sample();
    struct error e = {0};
    struct strings list = {0};
    const char *text;
    int64_t number;

    ck_assert(json_get_string(document, "net.ipv4.ip", &text, &e));
    ck_assert_str_eq(text, "203.0.113.25");
    ck_assert(json_get_int(document, "big", INT64_MIN, INT64_MAX, &number, &e));
    ck_assert(number == INT64_MAX);
    ck_assert(json_get_strings(document, "names", &list, &e));
    ck_assert(list.count == 2 && strcmp(list.v[1], "b") == 0);
    ck_assert_ptr_eq(json_at(document, ""), document);
    ck_assert_ptr_null(json_at(document, "none"));
    ck_assert_ptr_null(json_at(NULL, "none"));
    ck_assert_str_eq(json_string_or(document, "net.ipv4.ip", "?"), "203.0.113.25");
    ck_assert_str_eq(json_string_or(document, "id", "?"), "?");
    ck_assert_str_eq(json_string_or(document, "none", "?"), "?");
    strings_free(&list);
    json_decref(document);
}
END_TEST

START_TEST(texts)
{
    struct strings list = {0};
    json_t *document = json_object();
    char *text;

    strings_add(&list, "z");
    strings_add(&list, "\xC3\xA9");
    json_object_set_new(document, "b", json_from_strings(&list));
    json_object_set_new(document, "a", json_integer(1));
    text = json_text(document);
    ck_assert_str_eq(text, "{\n  \"b\": [\n    \"z\",\n    \"\xC3\xA9\"\n  ],\n  \"a\": 1\n}\n");
    free(text);
    text = json_canonical(document);
    ck_assert_str_eq(text, "{\"a\":1,\"b\":[\"z\",\"\xC3\xA9\"]}");
    free(text);
    strings_free(&list);
    json_decref(document);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"parse", parse, ROWS(documents), 0},
        {"too deep", too_deep, 1, 0},
        {"too large", too_large, 1, 0},
        {"reasons quote no values", reasons_quote_no_values, 1, 0},
        {"getters", getters, ROWS(gets), 0},
        {"values", values, 1, 0},
        {"texts", texts, 1, 0},
    };

    return unit_run("json", tests, ROWS(tests));
}
