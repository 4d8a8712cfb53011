/* exim_listeners.c - where Exim listens, and what decides with which name it greets. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

/* --- Addresses --------------------------------------------------------------------------------- */

/* "2: e0    inet 203.0.113.25/24 scope global e0\..." */
static void keep_address(struct exim_making *m, struct cursor *line)
{
    struct cursor word;
    bool next = false;

    while (m->machine_count < EXIM_ADDRESSES_MAX && cursor_word(line, &word)) {
        char one[80] = "";

        if (next && cursor_copy(&word, one, sizeof one)) {
            one[strcspn(one, "/")] = '\0';
            m->machine_count += ip_parse(one, &m->machine[m->machine_count]);
            return;
        }
        next = word.end - word.at >= 4 && memcmp(word.at, "inet", 4) == 0;
    }
}

static void find_machine(struct exim_making *m)
{
    static const char *const argv[] = {"ip", "-o", "addr", "show", "scope", "global", NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    struct error ignored;

    if (m->machine_count > 0 || !host_run(m->asking->host, &command, &result, &ignored))
        return;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&text, &line))
        keep_address(m, &line);
    command_result_free(&result);
}

static bool is_loopback(const struct ip *ip)
{
    return ip_scope(ip) == IP_SCOPE_LOOPBACK;
}

/* The first word, a brace expression with blanks in it as a whole. */
static void first_word(const char *text, char *out, size_t size)
{
    size_t n = 0;
    int depth = 0;

    while (*text == ' ')
        text++;
    for (; *text && (depth > 0 || (*text != ' ' && *text != '\n')); text++) {
        depth += *text == '{';
        depth -= *text == '}';
        if (n + 1 < size)
            out[n++] = *text;
    }
    out[n] = '\0';
}

static const char *active_of(const struct exim_making *m)
{
    const char *active = exim_value(m->instance, "smtp_active_hostname");

    return active[0] ? active : "$primary_hostname";
}

static const char *decider_of_ehlo(const struct exim_making *m)
{
    return exim_is_reference(active_of(m), "primary_hostname") ? "primary_hostname"
                                                               : "smtp_active_hostname";
}

static const char *decider_of_banner(const struct exim_making *m)
{
    char word[512];

    first_word(exim_value(m->instance, "smtp_banner"), word, sizeof word);
    if (exim_is_reference(word, "primary_hostname"))
        return "primary_hostname";
    return exim_is_reference(word, "smtp_active_hostname") ? decider_of_ehlo(m) : "smtp_banner";
}

/* What decides the greeting; of a text that asks the PTR that is said, too. */
static void note_decider(const struct exim_making *m, struct mta_service *s)
{
    const char *from = decider_of_banner(m);
    const char *text = str_equal(from, "smtp_active_hostname") ? active_of(m)
                       : str_equal(from, "smtp_banner") ? exim_value(m->instance, "smtp_banner")
                                                        : "";

    str_format(s->from, sizeof s->from, "%s%s", from, exim_asks_ptr(text) ? " (the PTR)" : "");
}

static void add_listener(struct exim_making *m, const struct ip *address, uint16_t port)
{
    char title[96], *banner;
    struct mta_service *s;

    for (size_t i = 0; i < m->facts->service_count; i++) {
        const struct ip *bind = m->facts->services[i].bind;
        const struct ip *same = &bind[address != NULL && address->family == IP_V6];

        if (m->facts->services[i].port == port &&
            (address ? ip_equal(same, address)
                     : bind[0].family == IP_NONE && bind[1].family == IP_NONE))
            return;
    }
    if (address)
        str_format(title, sizeof title, "%s port %u", ip_text(address).s, port);
    else
        str_format(title, sizeof title, "port %u", port);
    s = exim_add_service(m, MTA_LISTENER, title);
    if (s == NULL)
        return;
    s->port = port;
    note_decider(m, s);
    if (address) {
        exim_bind(s, address);
        s->outside = !is_loopback(address);
    }
    banner = exim_put(exim_value(m->instance, "smtp_banner"), "smtp_active_hostname", active_of(m));
    exim_add_text(m, banner, address);
    exim_add_text(m, active_of(m), address);
    free(banner);
}

static uint16_t port_of(const char *text)
{
    static const struct {
        const char *name;
        uint16_t port;
    } names[] = {{"smtp", 25}, {"submission", 587}, {"smtps", 465}, {"submissions", 465}};
    uint64_t port = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(names[i].name, text))
            return names[i].port;
    return str_uint(text, 1, 65535, &port) ? (uint16_t)port : 0;
}

/* "192.0.2.1", "192.0.2.1.26", "[192.0.2.1]:26", "::1", "2001:db8::1.26". */
static bool interface_of(const char *text, struct ip *address, uint16_t *port)
{
    char copy[96], *dot;

    *port = 0;
    if (ip_parse(text, address))
        return true;
    if (!str_copy(copy, sizeof copy, text + (text[0] == '[')) ||
        !(dot = text[0] == '[' ? strchr(copy, ']') : strrchr(copy, '.')))
        return false;
    if (text[0] == '[' && dot[1] != ':') {
        *dot = '\0';
        return ip_parse(copy, address);
    }
    if (text[0] == '[')
        *dot++ = '\0';
    *dot = '\0';
    *port = port_of(dot + 1);
    return *port > 0 && ip_parse(copy, address);
}

static bool is_any(const struct ip *address)
{
    return str_equal(ip_text(address).s, "0.0.0.0") || str_equal(ip_text(address).s, "::");
}

/* A name that depends on the address that was called: one service an address. */
static void add_listeners_at(struct exim_making *m, const struct ip *address, uint16_t port)
{
    const char *banner = exim_value(m->instance, "smtp_banner"), *active = active_of(m);
    bool differs =
        exim_uses(banner, "interface_address") || exim_uses(banner, "received_ip_address") ||
        exim_uses(active, "interface_address") || exim_uses(active, "received_ip_address");

    if (!is_any(address)) {
        add_listener(m, address, port);
        return;
    }
    if (differs)
        find_machine(m);
    for (size_t i = 0; differs && i < m->machine_count; i++)
        if (m->machine[i].family == address->family)
            add_listener(m, &m->machine[i], port);
    if (!differs || m->machine_count == 0)
        add_listener(m, NULL, port);
}

/* -oX of the daemon has the last word: ports, or addresses with or without them (section 3.6). */
void exim_find_listeners(struct exim_making *m)
{
    const char *given = exim_value(m->instance, ".oX");
    const char *interfaces = exim_value(m->instance, "local_interfaces");
    const char *ports = exim_value(m->instance, "daemon_smtp_ports");
    bool are_ports =
        given[0] && given[strspn(given, "0123456789 :")] == '\0' && !strstr(given, "::");
    struct exim_list list = exim_list_of(given[0] && !are_ports ? given : interfaces), each;
    char one[128], word[64];
    struct ip address;
    uint16_t port;

    while (exim_list_next(&list, one, sizeof one)) {
        if (!interface_of(one, &address, &port))
            continue;
        if (port > 0) {
            add_listeners_at(m, &address, port);
            continue;
        }
        each = exim_list_of(are_ports ? given : ports);
        while (exim_list_next(&each, word, sizeof word))
            if (port_of(word) > 0)
                add_listeners_at(m, &address, port_of(word));
    }
}
