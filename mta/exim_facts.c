/* exim_facts.c - what was observed of Exim, as settings; values, lists and variables in them. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

static struct mta_setting *setting_of(const struct mta_instance *instance, const char *parameter)
{
    for (size_t i = 0; i < instance->setting_count; i++)
        if (str_equal(instance->settings[i].parameter, parameter))
            return &instance->settings[i];
    return NULL;
}

void exim_set(struct mta_instance *instance, const char *parameter, const char *raw,
              const char *value, bool set)
{
    struct mta_setting *s = setting_of(instance, parameter);
    /* Either text may be the one that is there. */
    char *new_raw = mem_text(raw), *new_value = mem_text(value);

    if (s == NULL) {
        struct mta_setting one = {.set = set};

        if (!str_copy(one.parameter, sizeof one.parameter, parameter)) {
            free(new_raw);
            free(new_value);
            return;
        }
        instance->settings =
            mem_resize(instance->settings, instance->setting_count + 1, sizeof one);
        s = &instance->settings[instance->setting_count++];
        *s = one;
    }
    free(s->raw);
    free(s->value);
    s->raw = new_raw;
    s->value = new_value;
    s->set = s->set || set;
}

const char *exim_value(const struct mta_instance *instance, const char *parameter)
{
    const struct mta_setting *s = setting_of(instance, parameter);

    return s ? s->value : "";
}

const char *exim_raw(const struct mta_instance *instance, const char *parameter)
{
    const struct mta_setting *s = setting_of(instance, parameter);

    return s ? s->raw : "";
}

bool exim_is_set(const struct mta_instance *instance, const char *parameter)
{
    const struct mta_setting *s = setting_of(instance, parameter);

    return s != NULL && s->set;
}

bool exim_is_on(const struct mta_instance *instance, const char *parameter)
{
    const char *value = exim_value(instance, parameter);

    return exim_is_set(instance, parameter) && !str_equal(value, "false") &&
           !str_equal(value, "no");
}

const char *exim_option(const struct mta_instance *instance, const char *section, const char *owner,
                        const char *option)
{
    char parameter[192];

    str_format(parameter, sizeof parameter, "%s/%s/%s", section, owner, option);
    return exim_value(instance, parameter);
}

size_t exim_file(const struct mta_instance *instance, const char *path)
{
    for (size_t i = 0; i < instance->file_count; i++)
        if (str_equal(instance->files[i].path, path))
            return i;
    return EXIM_NOWHERE;
}

static struct strings lines_of(const char *text)
{
    struct cursor c = cursor_of(text, strlen(text)), line;
    struct strings list = {0};
    char one[512];

    while (cursor_line(&c, &line))
        if (line.end > line.at && cursor_copy(&line, one, sizeof one))
            strings_add(&list, one);
    return list;
}

/* "-DNAME=value" of the daemon's options, without the "-D", one a line. */
static char *given_macros(const struct mta_instance *instance)
{
    struct strings options = lines_of(exim_value(instance, ".options"));
    struct buf out = BUF_INIT(HOST_OUTPUT_MAX);

    for (size_t i = 0; i < options.count; i++)
        if (str_starts(options.v[i], "-D"))
            buf_printf(&out, "%s\n", options.v[i] + 2);
    strings_free(&options);
    return buf_take(&out);
}

void exim_read_files(const struct mta_instance *instance, struct exim_config *out)
{
    struct exim_text *files = mem_new(instance->file_count + 1, sizeof *files);
    struct strings order = lines_of(exim_value(instance, ".order"));
    char *given = given_macros(instance);
    struct exim_source source = {.files = files,
                                 .count = instance->file_count,
                                 .builtin = exim_value(instance, ".builtin"),
                                 .generated = exim_value(instance, ".generated"),
                                 .given = given};

    strings_add(&order, "");
    free(order.v[order.count - 1]);
    order.v[order.count - 1] = NULL;
    source.order = (const char *const *)order.v;
    for (size_t i = 0; i < instance->file_count; i++)
        files[i] = (struct exim_text){.path = instance->files[i].path,
                                      .text = instance->files[i].text,
                                      .length = instance->files[i].length};
    exim_read(&source, out);
    strings_free(&order);
    free(given);
    free(files);
}

struct exim_asking exim_asking_of(struct host *host, const struct mta_facts *facts)
{
    const struct mta_instance *instance = &facts->instances[0];
    struct exim_asking asking = {.host = host,
                                 .options = lines_of(exim_value(instance, ".options"))};

    str_cut(asking.program, sizeof asking.program, exim_value(instance, ".program"));
    return asking;
}

void exim_transport_of(const struct mta_service *service, char *out, size_t size)
{
    str_cut(out, size, service->title);
    out[strcspn(out, " ")] = '\0';
}

void exim_said(const struct mta_service *service, char *out, size_t size)
{
    struct cursor c = cursor_of(service->says, strlen(service->says)), word;

    if (service->role == MTA_SENDER)
        str_cut(out, size, service->says);
    else if (!cursor_word(&c, &word) || !cursor_copy(&word, out, size))
        out[0] = '\0';
}

/* --- Values ------------------------------------------------------------------------------------ */

void exim_unquote(const char *value, char *out, size_t size)
{
    size_t n = strlen(value);
    struct cursor c = cursor_of(value, n);

    if (n > 1 && value[0] == '"' && value[n - 1] == '"')
        c = cursor_of(value + 1, n - 2);
    if (!cursor_copy(&c, out, size))
        str_cut(out, size, value);
}

struct exim_list exim_list_of(const char *text)
{
    struct exim_list list = {.at = text, .separator = ':'};

    while (*list.at == ' ' || *list.at == '\t' || *list.at == '"')
        list.at++;
    if (list.at[0] == '<' && list.at[1] != '\0') {
        list.separator = list.at[1];
        list.at += 2;
    }
    return list;
}

bool exim_list_next(struct exim_list *list, char *out, size_t size)
{
    size_t n = 0;

    while (*list->at == ' ' || *list->at == '\t')
        list->at++;
    if (*list->at == '\0')
        return false;
    for (; *list->at != '\0'; list->at++) {
        if (*list->at == list->separator && list->at[1] != list->separator)
            break;
        list->at += *list->at == list->separator;
        if (n + 1 < size && *list->at != '"')
            out[n++] = *list->at;
    }
    list->at += *list->at != '\0';
    while (n > 0 && (out[n - 1] == ' ' || out[n - 1] == '\t'))
        n--;
    out[n] = '\0';
    return true;
}

bool exim_list_has(const char *text, const char *element)
{
    struct exim_list list = exim_list_of(text);
    char one[512];

    while (exim_list_next(&list, one, sizeof one))
        if (str_equal_nocase(one, element))
            return true;
    return false;
}

/* --- Variables --------------------------------------------------------------------------------- */

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The reference at text, "$name" or "${name}": how long it is, 0 when there is none. */
static size_t reference(const char *text, const char *name)
{
    size_t n = strlen(name), bracket = text[0] == '$' && text[1] == '{';
    const char *at = text + 1 + bracket;

    if (text[0] != '$' || strncmp(at, name, n) != 0)
        return 0;
    if (bracket)
        return at[n] == '}' ? n + 3 : 0;
    return is_word(at[n]) ? 0 : n + 1;
}

char *exim_put(const char *text, const char *name, const char *value)
{
    struct buf out = BUF_INIT(EXIM_TEXT_MAX);

    while (*text) {
        size_t n = reference(text, name);

        if (n > 0)
            buf_text(&out, value);
        else
            buf_char(&out, *text);
        text += n > 0 ? n : 1;
    }
    return buf_take(&out);
}

bool exim_uses(const char *text, const char *name)
{
    for (; *text; text++)
        if (reference(text, name) > 0)
            return true;
    return false;
}

bool exim_uses_message(const char *text)
{
    static const char *const prefixes[] = {
        "sender_address", "return_path", "domain",       "local_part",     "original_domain",
        "header_",        "h_",          "acl_m",        "authenticated_", "originator_",
        "recipients",     "message_",    "address_data", "host",           "dkim_"};

    for (; *text; text++) {
        const char *at = text + 1 + (text[1] == '{');

        if (text[0] != '$')
            continue;
        for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
            if (str_starts(at, prefixes[i]))
                return true;
    }
    return false;
}
