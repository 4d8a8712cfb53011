/* options_value.c - reads the values of options: formats, choices, numbers, durations. */
#include "agent/options_value.h"

#include <stdio.h>
#include <string.h>

static bool wrong_value(const char *option, const char *value, const char *wanted, struct error *e)
{
    return fail(e, ERR_USAGE, "%s cannot be \"%.80s\": it takes %s", option, value, wanted);
}

bool value_duration(const char *option, const char *value, uint32_t min, int64_t *out,
                    struct error *e)
{
    uint32_t seconds;

    if (!str_duration(value, &seconds))
        return wrong_value(option, value, "a duration such as 90s, 5m or 1h30m", e);
    if (seconds < min)
        return wrong_value(option, value, "a duration of at least 1s", e);
    *out = seconds;
    return true;
}

bool value_number(const char *option, const char *value, uint64_t max, int64_t *out,
                  struct error *e)
{
    uint64_t number;

    if (!str_uint(value, 1, max, &number))
        return wrong_value(option, value, "a whole number from 1 on", e);
    *out = (int64_t)number;
    return true;
}

bool value_output(struct options *out, const char *value, struct error *e)
{
    const char *equals = strchr(value, '=');
    char format[32] = "";
    struct output *output = &out->outputs[out->output_count];

    if (out->output_count == OUTPUTS_MAX)
        return fail(e, ERR_USAGE, "--output was given too often");
    str_format(format, sizeof format, "%.*s",
               equals ? (int)(equals - value) : (int)sizeof format - 1, value);
    output->file = equals ? equals + 1 : NULL;
    if (!format_parse(format, &output->format) || (equals != NULL && equals[1] == '\0'))
        return wrong_value("--output", value, format_names(), e);
    for (size_t i = 0; i < out->output_count && equals == NULL; i++)
        if (out->outputs[i].file == NULL)
            return fail(e, ERR_USAGE,
                        "only one --output can go to standard output; give the other "
                        "one a file: --output %s=FILE",
                        format);
    out->output_count++;
    return true;
}

/* The kind of a piece of text; STEP_KINDS when it is none. */
static int find_kind(const char *text, size_t length)
{
    int i = 0;

    for (; i < STEP_KINDS; i++) {
        const char *kind = step_kind_text((enum step_kind)i);
        if (strlen(kind) == length && memcmp(kind, text, length) == 0)
            break;
    }
    return i;
}

bool value_kinds(struct options *out, const char *value, struct error *e)
{
    const char *at = value;
    bool more;

    memset(out->kinds, 0, sizeof out->kinds);
    do {
        size_t length = strcspn(at, ",");
        int kind = find_kind(at, length);
        if (kind == STEP_KINDS)
            return wrong_value("--only", value, "a comma list of forward, ptr, mta", e);
        out->kinds[kind] = true;
        more = at[length] == ',';
        at += length + 1;
    } while (more);
    return true;
}

static bool read_choice(const char *option, const char *value, const char *choices, struct error *e)
{
    const char *at = choices;
    size_t length = strlen(value);

    while (*at != '\0') {
        size_t choice = strcspn(at, "|");
        if (choice == length && memcmp(at, value, length) == 0)
            return true;
        at += choice;
        at += *at == '|';
    }
    return wrong_value(option, value, choices, e);
}

bool value_resolver(struct options *out, const char *value, struct error *e)
{
    struct dns_server *server = &out->resolvers[out->resolver_count];

    if (out->resolver_count == sizeof out->resolvers / sizeof out->resolvers[0])
        return fail(e, ERR_USAGE, "--resolver was given too often");
    if (!ip_port_parse(value, 53, &server->ip, &server->port))
        return wrong_value("--resolver", value, "an address, with :PORT if it is not 53", e);
    out->resolver_count++;
    return true;
}

bool value_via(struct options *out, const char *value, struct error *e)
{
    if (out->via_count == VIA_MAX)
        return fail(e, ERR_USAGE, "--via was given too often");
    out->via[out->via_count++] = value;
    return true;
}

bool value_listen(struct options *out, const char *value, struct error *e)
{
    struct dns_server *place = &out->listen[out->listen_count];

    if (out->listen_count == sizeof out->listen / sizeof out->listen[0])
        return fail(e, ERR_USAGE, "--listen was given too often");
    if (!ip_port_parse(value, 25, &place->ip, &place->port))
        return wrong_value("--listen", value, "an address, with :PORT if it is not 25", e);
    out->listen_count++;
    return true;
}

bool value_observer(struct options *out, const char *value, struct error *e)
{
    struct ip ip;

    if (!ip_parse(value, &ip))
        return wrong_value("--observer", value, "an address", e);
    if (out->observer[ip.family == IP_V6].family != IP_NONE)
        return fail(e, ERR_USAGE, "--observer was given twice for one address family");
    out->observer[ip.family == IP_V6] = ip;
    return true;
}

bool value_json(struct options *out, const char *value, struct error *e)
{
    (void)value;
    return value_output(out, "json", e);
}

bool value_quiet(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = -1;
    return true;
}

bool value_more(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = out->verbosity < 1 ? 1 : 2;
    return true;
}

bool value_much_more(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = 2;
    return true;
}

bool value_v4(struct options *out, const char *value, struct error *e)
{
    (void)value;
    if (out->family == IP_V6)
        return fail(e, ERR_USAGE, "-4 and -6 exclude each other");
    out->family = IP_V4;
    return true;
}

bool value_v6(struct options *out, const char *value, struct error *e)
{
    (void)value;
    if (out->family == IP_V4)
        return fail(e, ERR_USAGE, "-4 and -6 exclude each other");
    out->family = IP_V6;
    return true;
}

bool value_color(struct options *out, const char *value, struct error *e)
{
    out->color = value;
    return read_choice("--color", value, COLORS, e);
}

bool value_mta(struct options *out, const char *value, struct error *e)
{
    out->mta = value;
    return read_choice("--mta", value, MTAS, e);
}

bool value_forward(struct options *out, const char *value, struct error *e)
{
    out->forward_replace = str_equal(value, "replace");
    return read_choice("--forward", value, FORWARDS, e);
}
