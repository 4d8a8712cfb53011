/* postfix_parse.c - PURE: the output of Postfix's own tools, taken apart. */
#include "mta/postfix.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

/* service type private unprivileged chroot wakeup maxproc command (master(5)) */
enum { FIELD_NAME = 0, FIELD_TYPE = 1, FIELD_COMMAND = 7 };

static bool parse_service(struct cursor line, struct postfix_service *out)
{
    struct cursor word;

    for (int field = FIELD_NAME; field <= FIELD_COMMAND; field++) {
        if (!cursor_word(&line, &word))
            return false;
        if (field == FIELD_NAME && !cursor_copy(&word, out->name, sizeof out->name))
            return false;
        if (field == FIELD_TYPE && !cursor_copy(&word, out->type, sizeof out->type))
            return false;
    }
    return cursor_copy(&word, out->program, sizeof out->program);
}

size_t postfix_parse_services(const char *text, size_t length, struct postfix_service **out)
{
    struct cursor c = cursor_of(text, length), line;
    struct postfix_service one;
    size_t count = 0;

    *out = NULL;
    while (count < POSTFIX_SERVICES_MAX && cursor_line(&c, &line)) {
        if (!parse_service(line, &one))
            continue;
        *out = mem_resize(*out, count + 1, sizeof **out);
        (*out)[count++] = one;
    }
    return count;
}

static char *text_between(const char *at, const char *end)
{
    struct buf b = BUF_INIT(HOST_OUTPUT_MAX);

    buf_add(&b, at, (size_t)(end - at));
    return buf_take(&b);
}

static const char *find_blank_equals(struct cursor line)
{
    for (const char *at = line.at; at + 1 < line.end; at++)
        if (at[0] == ' ' && at[1] == '=')
            return at;
    return NULL;
}

/* "name = value", "name =" for an empty one; the name has no blanks and no "=". */
static bool parse_value(struct cursor line, struct postfix_value *out)
{
    const char *equals = find_blank_equals(line), *value;

    if (!equals || equals == line.at || memchr(line.at, '\0', (size_t)(line.end - line.at)))
        return false;
    for (const char *at = line.at; at < equals; at++)
        if (!isgraph((unsigned char)*at) || *at == '=' || *at == '#')
            return false;
    value = equals + 2;
    if (value < line.end && *value == ' ')
        value++;
    out->parameter = text_between(line.at, equals);
    out->value = text_between(value, line.end);
    return true;
}

void postfix_parse_values(const char *text, size_t length, struct postfix_values *out)
{
    struct cursor c = cursor_of(text, length), line;
    struct postfix_value one;

    *out = (struct postfix_values){0};
    while (out->count < POSTFIX_SETTINGS_MAX && cursor_line(&c, &line)) {
        if (!parse_value(line, &one))
            continue;
        out->v = mem_resize(out->v, out->count + 1, sizeof *out->v);
        out->v[out->count++] = one;
    }
}

void postfix_values_free(struct postfix_values *values)
{
    if (!values)
        return;
    for (size_t i = 0; i < values->count; i++) {
        free(values->v[i].parameter);
        free(values->v[i].value);
    }
    free(values->v);
    *values = (struct postfix_values){0};
}

const char *postfix_value(const struct postfix_values *values, const char *parameter)
{
    for (size_t i = 0; i < values->count; i++)
        if (str_equal(values->v[i].parameter, parameter))
            return values->v[i].value;
    return NULL;
}

/* The service's name may have slashes, type and parameter have none. */
const char *postfix_override_of(const char *parameter, const struct postfix_service *service)
{
    size_t name = strlen(service->name), type = strlen(service->type);

    if (strncmp(parameter, service->name, name) != 0 || parameter[name] != '/')
        return NULL;
    parameter += name + 1;
    if (strncmp(parameter, service->type, type) != 0 || parameter[type] != '/')
        return NULL;
    parameter += type + 1;
    return strchr(parameter, '/') || !*parameter ? NULL : parameter;
}

void postfix_words(const char *text, size_t length, char *out, size_t size)
{
    struct cursor c = cursor_of(text, length), line, best = {0};
    bool fatal = false;

    while (cursor_line(&c, &line)) {
        size_t n = (size_t)(line.end - line.at);
        const char *found = n > 0 ? memmem(line.at, n, "fatal: ", 7) : NULL;

        if (n == 0 || (fatal && !found))
            continue;
        best = line;
        best.at = found ? found + 7 : line.at;
        fatal = found != NULL;
    }
    out[0] = '\0';
    if (best.at)
        str_printable(out, size, best.at, (size_t)(best.end - best.at));
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* The length of a plain reference to a parameter at this place, 0 when there is none. */
static size_t reference(const char *at, const char *parameter)
{
    size_t n = strlen(parameter);

    if (at[0] != '$')
        return 0;
    if (strncmp(at + 1, parameter, n) == 0 && !is_name_char(at[1 + n]))
        return n + 1;
    if ((at[1] != '{' && at[1] != '(') || strncmp(at + 2, parameter, n) != 0)
        return 0;
    return at[2 + n] == (at[1] == '{' ? '}' : ')') ? n + 3 : 0;
}

/* The name at this place, and not a part of a longer one such as $my_myhostname. */
static bool mentions(const char *raw, const char *at)
{
    return strncmp(at, "myhostname", 10) == 0 && !is_name_char(at[10]) && at > raw &&
           (at[-1] == '{' || at[-1] == '(');
}

enum postfix_use postfix_use(const char *raw)
{
    enum postfix_use use = POSTFIX_USES_NOT;

    for (const char *at = raw; *at; at++) {
        size_t n = reference(at, "myhostname");

        if (at[0] == '$' && at[1] == '$') {
            at++; /* a "$" that is meant */
        } else if (n > 0) {
            use = POSTFIX_USES_PLAINLY;
            at += n - 1;
        } else if (mentions(raw, at)) {
            return POSTFIX_USES_ODDLY;
        }
    }
    return use;
}

bool postfix_starts_with(const char *raw, const char *parameter)
{
    size_t n;

    while (isspace((unsigned char)*raw))
        raw++;
    n = reference(raw, parameter);
    return n > 0 && (raw[n] == '\0' || isspace((unsigned char)raw[n]));
}

char *postfix_expand(const char *raw, const char *parameter, const char *value)
{
    struct buf b = BUF_INIT(HOST_OUTPUT_MAX);

    for (const char *at = raw; *at;) {
        size_t n = reference(at, parameter);

        if (at[0] == '$' && at[1] == '$') {
            buf_add(&b, at, 2);
            at += 2;
        } else if (n > 0) {
            buf_text(&b, value);
            at += n;
        } else {
            buf_char(&b, *at++);
        }
    }
    return buf_take(&b);
}

bool postfix_list_has(const char *list, const char *element)
{
    size_t n = strlen(element);

    while (*list) {
        size_t blanks = strspn(list, ", \t\r\n"), word = strcspn(list + blanks, ", \t\r\n");

        list += blanks;
        if (word == n && n > 0 && strncasecmp(list, element, n) == 0)
            return true;
        list += word;
    }
    return false;
}

void postfix_first_word(const char *text, char *out, size_t size)
{
    struct cursor c = cursor_of(text, strlen(text)), word;
    char all[512];

    out[0] = '\0';
    if (cursor_word(&c, &word) && cursor_copy(&word, all, sizeof all))
        str_cut(out, size, all);
}
