/* fake_postfix.c - the tools of a small Postfix: what main.cf sets, what follows from it. */
#include "tests/support/fake_host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"
#include "mta/edit.h"

/* As "postconf -d" of 3.7 says; names that are not here are unknown to this Postfix. */
static const char *const defaults[][2] = {
    {"address_verify_local_transport", "$local_transport"},
    {"config_directory", "/etc/postfix"},
    {"content_filter", ""},
    {"default_transport", "smtp"},
    {"fast_flush_domains", "$relay_domains"},
    {"inet_interfaces", "all"},
    {"inet_protocols", "all"},
    {"lmtp_lhlo_name", "$myhostname"},
    {"local_transport", "local:$myhostname"},
    {"mail_name", "Postfix"},
    {"mail_version", "3.7.11"},
    {"master_service_disable", ""},
    {"milter_macro_daemon_name", "$myhostname"},
    {"multi_instance_directories", ""},
    {"multi_instance_enable", "no"},
    {"mydestination", "$myhostname, localhost.$mydomain, localhost"},
    {"mydomain", "?"},
    {"myhostname", "?"},
    {"myorigin", "$myhostname"},
    {"postscreen_greet_banner", "$smtpd_banner"},
    {"proxy_read_maps", "$local_recipient_maps $mydestination $virtual_alias_maps"},
    {"queue_directory", "/var/spool/postfix"},
    {"relay_domains", "$mydestination"},
    {"relayhost", ""},
    {"smtp_bind_address", ""},
    {"smtp_bind_address6", ""},
    {"smtp_helo_name", "$myhostname"},
    {"smtpd_banner", "$myhostname ESMTP $mail_name"},
    {"smtp_fallback_relay", ""},
    {"smtpd_milters", ""},
    {"smtpd_sasl_auth_enable", "no"},
    {"smtpd_sasl_local_domain", ""},
    {"smtpd_sasl_type", "cyrus"},
    {"smtpd_tls_cert_file", ""},
    {"sender_dependent_relayhost_maps", ""},
    {"transport_maps", ""},
    {"virtual_alias_domains", "$virtual_alias_maps"},
    {"virtual_alias_maps", ""},
};

#define DEFAULTS (sizeof defaults / sizeof defaults[0])

/* One run of postconf. */
struct postconf {
    struct fake_host *fake;
    char folder[256];
    const char *own[64]; /* -o name=value */
    size_t own_count;
    const char *text;    /* main.cf */
    struct buf services; /* master.cf, one logical line a line */
};

static void expand(const struct postconf *p, const char *raw, struct buf *out, int depth);

/* False: neither set nor a default. */
static bool raw_of(const struct postconf *p, const char *name, struct buf *out)
{
    const char *dot;
    struct buf value = BUF_INIT(65536);

    for (size_t i = p->own_count; i-- > 0;)
        if (strncmp(p->own[i], name, strlen(name)) == 0 && p->own[i][strlen(name)] == '=') {
            buf_text(out, p->own[i] + strlen(name) + 1);
            return true;
        }
    if (edit_value(p->text, strlen(p->text), name, out))
        return true;
    if (str_equal(name, "config_directory")) {
        buf_text(out, p->folder);
        return true;
    }
    if (str_equal(name, "myhostname")) {
        buf_text(out, p->fake->hostname);
        if (!strchr(p->fake->hostname, '.')) {
            if (!edit_value(p->text, strlen(p->text), "mydomain", &value))
                buf_text(&value, "localdomain");
            buf_printf(out, ".%s", buf_string(&value));
        }
        buf_free(&value);
        return true;
    }
    if (str_equal(name, "mydomain")) {
        expand(p, "$myhostname", &value, 0);
        dot = strchr(buf_string(&value), '.');
        buf_text(out, dot ? dot + 1 : "localdomain");
        buf_free(&value);
        return true;
    }
    for (size_t i = 0; i < DEFAULTS; i++)
        if (str_equal(defaults[i][0], name)) {
            buf_text(out, defaults[i][1]);
            return true;
        }
    return false;
}

static void expand(const struct postconf *p, const char *raw, struct buf *out, int depth)
{
    while (*raw) {
        struct buf value = BUF_INIT(65536);
        char name[64];
        size_t bracket, n;

        if (*raw != '$' || depth > 9) {
            buf_char(out, *raw++);
            continue;
        }
        bracket = raw[1] == '{' || raw[1] == '(';
        raw += 1 + bracket;
        for (n = 0; isalnum((unsigned char)raw[n]) || raw[n] == '_';)
            n++;
        snprintf(name, sizeof name, "%.*s", (int)n, raw);
        raw += n + (raw[n] ? bracket : 0);
        if (raw_of(p, name, &value))
            expand(p, buf_string(&value), out, depth + 1);
        buf_free(&value);
    }
}

static void print_one(const struct postconf *p, const char *name, bool effective, struct buf *out)
{
    struct buf raw = BUF_INIT(65536), value = BUF_INIT(65536);

    if (!raw_of(p, name, &raw))
        return;
    if (effective)
        expand(p, buf_string(&raw), &value, 0);
    else
        buf_text(&value, buf_string(&raw));
    buf_printf(out, "%s =%s%s\n", name, value.length > 0 ? " " : "", buf_string(&value));
    buf_free(&raw);
    buf_free(&value);
}

static bool is_default(const char *name)
{
    for (size_t i = 0; i < DEFAULTS; i++)
        if (str_equal(defaults[i][0], name))
            return true;
    return false;
}

static void print_set(const struct postconf *p, bool known, bool effective, struct buf *out)
{
    struct edit_entry entry;
    size_t at = 0;
    char name[128];

    while (edit_next(p->text, strlen(p->text), &at, &entry)) {
        snprintf(name, sizeof name, "%.*s", (int)entry.name_length, p->text + entry.name_at);
        if (known || !is_default(name))
            print_one(p, name, effective, out);
    }
}

/* All, or those that are named. */
static void print_values(const struct postconf *p, const char *const *names, bool effective,
                         struct buf *out)
{
    for (size_t i = 0; names[i]; i++)
        print_one(p, names[i], effective, out);
    if (names[0])
        return;
    for (size_t i = 0; i < DEFAULTS; i++)
        print_one(p, defaults[i][0], effective, out);
    print_set(p, false, effective, out);
}

/* The end of an argument: braces hold blanks together. */
static const char *argument_end(const char *at)
{
    int level = 0;

    for (; *at && *at != '\n' && (level > 0 || *at != ' '); at++)
        level += (*at == '{') - (*at == '}');
    return at;
}

/* "a=b" or "{ a = b c }" becomes "smtp/inet/a = b". */
static void print_override(const char *service, const char *at, const char *end, struct buf *out)
{
    const char *equals = memchr(at, '=', (size_t)(end - at)), *name_end = equals;

    if (!equals)
        return;
    if (*at == '{') {
        at++;
        end--;
    }
    while (*at == ' ')
        at++;
    while (name_end > at && name_end[-1] == ' ')
        name_end--;
    for (equals++; equals < end && *equals == ' ';)
        equals++;
    while (end > equals && end[-1] == ' ')
        end--;
    buf_printf(out, "%s/%.*s =%s%.*s\n", service, (int)(name_end - at), at, end > equals ? " " : "",
               (int)(end - equals), equals);
}

/* "smtp inet n - n - - smtpd -o a=b" becomes "smtp/inet/a = b". */
static void print_own(const struct postconf *p, struct buf *out)
{
    struct cursor text = cursor_of(buf_string(&p->services), p->services.length), line, word, type;
    char service[256];

    while (cursor_line(&text, &line)) {
        if (!cursor_word(&line, &word) || !cursor_word(&line, &type))
            continue;
        snprintf(service, sizeof service, "%.*s/%.*s", (int)(word.end - word.at), word.at,
                 (int)(type.end - type.at), type.at);
        while (cursor_word(&line, &word))
            if (word.end - word.at == 2 && memcmp(word.at, "-o", 2) == 0 && line.at + 1 < line.end)
                print_override(service, line.at + 1, argument_end(line.at + 1), out);
    }
}

/* Continuation lines are joined, comments go. */
static void join_services(const char *text, struct buf *out)
{
    struct edit_entry entry;
    size_t at = 0;

    while (edit_next(text, strlen(text), &at, &entry)) {
        struct cursor c = cursor_of(text + entry.at, entry.end - entry.at), line, word;
        bool first = true;

        while (cursor_line(&c, &line)) {
            struct cursor look = line;

            if (!cursor_word(&look, &word) || *word.at == '#')
                continue;
            while (cursor_word(&line, &word)) {
                buf_printf(out, "%s%.*s", first ? "" : " ", (int)(word.end - word.at), word.at);
                first = false;
            }
        }
        buf_char(out, '\n');
    }
}

static bool open_folder(struct postconf *p, const char *folder, struct command_result *out)
{
    char path[300];

    str_cut(p->folder, sizeof p->folder, folder);
    snprintf(path, sizeof path, "%s/main.cf", folder);
    p->text = fake_host_text(p->fake, path);
    snprintf(path, sizeof path, "%s/master.cf", folder);
    if (p->text && fake_host_text(p->fake, path)) {
        p->services = BUF_INIT(65536);
        join_services(fake_host_text(p->fake, path), &p->services);
        return true;
    }
    out->status = 1;
    buf_printf(&out->err, "postconf: fatal: open %s/main.cf: No such file or directory\n", folder);
    return false;
}

static void run_postconf(struct fake_host *fake, const char *const *argv,
                         struct command_result *out)
{
    struct postconf p = {.fake = fake};
    const char *folder = "/etc/postfix", *option = "";

    for (argv++; argv[0] && argv[0][0] == '-'; argv++) {
        if (str_equal(argv[0], "-c"))
            folder = *++argv;
        else if (str_equal(argv[0], "-o"))
            p.own[p.own_count++] = *++argv;
        else if (!option[0])
            option = argv[0];
    }
    if (!open_folder(&p, folder, out))
        return;
    if (str_equal(option, "-d"))
        buf_text(&out->out, "3.7.11\n");
    else if (str_equal(option, "-M"))
        buf_text(&out->out, buf_string(&p.services));
    else if (str_equal(option, "-P"))
        print_own(&p, &out->out);
    else if (str_equal(option, "-n"))
        print_set(&p, true, false, &out->out);
    else
        print_values(&p, argv, str_equal(option, "-x"), &out->out);
    buf_free(&p.services);
}

bool fake_postfix_run(struct fake_host *fake, const char *const *argv, struct command_result *out)
{
    if (!fake_host_text(fake, "/etc/postfix/main.cf"))
        return false;
    if (str_equal(argv[0], "postconf"))
        run_postconf(fake, argv, out);
    else if (str_equal(argv[0], "postmap"))
        buf_text(&out->out, "ok\n");
    else if (str_equal(argv[0], "uname"))
        buf_printf(&out->out, "%s\n", fake->hostname);
    else
        return str_equal(argv[0], "postfix") || str_equal(argv[0], "grep");
    return true;
}
