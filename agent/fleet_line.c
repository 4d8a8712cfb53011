/* fleet_line.c - an address and a name, as words or as JSON. */
#include "agent/fleet_line.h"

#include <string.h>

#include "agent/base/json.h"

static enum fleet_line make(const char *address, const char *wanted, struct target *out, char *why,
                            size_t size)
{
    enum name_fault fault;
    char shown[96];

    *out = (struct target){.mta = "auto"};
    if (!ip_parse(address, &out->address)) {
        str_printable(shown, sizeof shown, address, strlen(address));
        str_format(why, size, "\"%s\" is no address", shown);
        return FLEET_LINE_BAD;
    }
    if (*wanted == '\0')
        return FLEET_LINE_TARGET;
    fault = name_parse_host(wanted, &out->wanted);
    out->wanted_from = "target";
    if (fault == NAME_GOOD || fault == NAME_PRIVATE_SUFFIX)
        return FLEET_LINE_TARGET;
    str_printable(shown, sizeof shown, wanted, strlen(wanted));
    str_format(why, size, "the name \"%s\" %s", shown, name_fault_text(fault));
    return FLEET_LINE_BAD;
}

/* The text of a member, "" when it is not there; false when it is no text. */
static bool member(const json_t *object, const char *key, const char **out)
{
    const json_t *value = json_object_get(object, key);

    *out = value != NULL ? json_string_value(value) : "";
    return *out != NULL;
}

static enum fleet_line parse_object(const char *line, struct target *out, char *why, size_t size)
{
    const char *address, *wanted;
    struct error e = {0};
    enum fleet_line result = FLEET_LINE_BAD;
    json_t *object = json_parse(line, strlen(line), &e);

    if (object == NULL)
        str_cut(why, size, e.why);
    else if (!member(object, "address", &address) || !member(object, "wanted", &wanted))
        str_cut(why, size, "address and wanted have to be texts");
    else
        result = make(address, wanted, out, why, size);
    json_decref(object);
    return result;
}

static enum fleet_line parse_words(const char *line, struct target *out, char *why, size_t size)
{
    struct cursor c = cursor_of(line, strlen(line)), word;
    char words[2][300] = {"", ""};

    for (size_t i = 0; cursor_word(&c, &word) && *word.at != '#'; i++) {
        if (i < 2 && cursor_copy(&word, words[i], sizeof words[i]))
            continue;
        str_cut(why, size,
                i < 2 ? "a word is longer than any name" : "there is more than ADDRESS and NAME");
        return FLEET_LINE_BAD;
    }
    return make(words[0], words[1], out, why, size);
}

enum fleet_line fleet_line_parse(const char *line, struct target *out, char *why, size_t size)
{
    const char *text = line + strspn(line, " \t");

    if (*text == '\0' || *text == '#')
        return FLEET_LINE_EMPTY;
    return *text == '{' ? parse_object(text, out, why, size) : parse_words(text, out, why, size);
}
