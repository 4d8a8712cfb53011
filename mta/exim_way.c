/* exim_way.c - the way of one message, as "exim -bt" tells it (section 3.1). */
#include "mta/exim.h"

#include <string.h>

/* "host relay.example.net [192.0.2.9] MX=10 port=587" -> "[relay.example.net]:587", 192.0.2.9. */
static void add_host(struct cursor *line, struct exim_way *out)
{
    struct cursor word;
    char name[200], one[64], hop[256], port[16] = "";

    if (!cursor_word(line, &word) || !cursor_copy(&word, name, sizeof name))
        return;
    while (cursor_word(line, &word)) {
        if (!cursor_copy(&word, one, sizeof one))
            continue;
        if (str_starts(one, "port="))
            str_cut(port, sizeof port, one + strlen("port="));
        if (one[0] == '[')
            one[strcspn(one, "]")] = '\0';
        if (one[0] == '[')
            strings_add(&out->addresses, one + 1);
    }
    str_format(hop, sizeof hop, "[%s]%s%s", name, port[0] ? ":" : "", port);
    strings_add_new(&out->hosts, hop);
}

/* The word behind "transport =", without the comma after it. */
static void take_word(const char *line, const char *label, char *out, size_t size)
{
    const char *found = strstr(line, label);
    struct cursor word;

    if (found == NULL || out[0] != '\0')
        return;
    found += strlen(label);
    word = cursor_of(found, strcspn(found, ", "));
    if (!cursor_copy(&word, out, size))
        out[0] = '\0';
}

bool exim_read_way(const char *text, size_t length, struct exim_way *out)
{
    struct cursor all = cursor_of(text, length), line, word;
    char shown[512];

    *out = (struct exim_way){.router = ""};
    while (cursor_line(&all, &line)) {
        struct cursor rest = line;

        if (line.at == line.end || *line.at != ' ')
            continue;
        str_printable(shown, sizeof shown, line.at, (size_t)(line.end - line.at));
        take_word(shown, "router = ", out->router, sizeof out->router);
        take_word(shown, "transport = ", out->transport, sizeof out->transport);
        if (cursor_word(&rest, &word) && word.end - word.at == 4 &&
            memcmp(word.at, "host", 4) == 0 && out->addresses.count < EXIM_HOSTS_MAX)
            add_host(&rest, out);
    }
    return out->transport[0] != '\0';
}

bool exim_ask_way(const struct exim_asking *asking, const char *sender, const char *recipient,
                  struct exim_way *out)
{
    const char *const argv[] = {"-f", sender[0] ? sender : "<>", "-bt", "--", recipient, NULL};
    struct command_result result;
    struct error ignored;
    bool found;

    *out = (struct exim_way){.router = ""};
    if (!exim_run(asking, argv, &result, &ignored))
        return false;
    found = exim_read_way(buf_string(&result.out), result.out.length, out);
    command_result_free(&result);
    return found;
}

void exim_way_free(struct exim_way *way)
{
    strings_free(&way->hosts);
    strings_free(&way->addresses);
}
