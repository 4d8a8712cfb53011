/* postfix_edit.c - PURE: the smallest edits of main.cf that give Postfix its name. */
#include "mta/postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "mta/edit.h"

/* The name is part of these by their nature: they follow it. */
static const char *const names[] = {
    "myhostname",     "smtp_helo_name",           "smtpd_banner",     "postscreen_greet_banner",
    "lmtp_lhlo_name", "milter_macro_daemon_name", "smtpd_proxy_ehlo", "local_transport"};

/* An edit in the making. */
struct draft {
    const struct mta_facts *facts;
    const struct mta_instance *instance;
    const char *name; /* the wish */
    const char *old;  /* myhostname as it is */
    const struct mta_wish *wish;
    struct mta_edits *edits;
};

bool postfix_is_name(const char *parameter)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (str_equal(names[i], parameter))
            return true;
    return false;
}

static void add_change(struct draft *d, const char *parameter, const char *after, bool follows)
{
    const struct mta_setting *s = postfix_setting(d->instance, parameter);
    struct mta_change change = {.follows = follows};
    struct mta_edits *edits = d->edits;

    str_cut(change.file, sizeof change.file, postfix_main_cf(d->instance)->path);
    str_cut(change.parameter, sizeof change.parameter, parameter);
    change.before = s && s->set ? mem_text(s->raw) : NULL;
    change.after = mem_text(after);
    edits->changes = mem_resize(edits->changes, edits->change_count + 1, sizeof change);
    edits->changes[edits->change_count++] = change;
}

/* What a service says its name is: a HELO argument, or the first word of a greeting. */
static void said_name(const struct mta_service *service, char *out, size_t size)
{
    if (service->role == MTA_SENDER)
        str_cut(out, size, service->says);
    else
        postfix_first_word(service->says, out, size);
}

static bool says_wish(const struct draft *d, const struct mta_service *service)
{
    char said[256];

    said_name(service, said, sizeof said);
    return str_equal_nocase(said, d->name);
}

/* "smtp inet -o smtpd_banner": a setting in master.cf has the last word there. */
static bool refuse_override(const struct mta_service *service, struct error *e)
{
    const char *own = strstr(service->from, " -o ") + 4;
    char said[256], shown[2][256], title[96], place[160], word[200], *blank;

    said_name(service, said, sizeof said);
    str_printable(shown[0], sizeof shown[0], said, strlen(said));
    str_printable(shown[1], sizeof shown[1], service->title, strlen(service->title));
    str_cut(title, sizeof title, service->title);
    blank = strrchr(title, ' ');
    if (blank)
        *blank = '/';
    snprintf(place, sizeof place, "%s/%.40s", title, own);
    str_shell_quote(word, sizeof word, place);
    fail(e, ERR_CONFLICT,
         "master.cf gives the service \"%.80s\" the name %.200s with -o %.40s; "
         "main.cf does not reach it",
         shown[1], shown[0], own);
    return error_next(e, "postconf -c %.100s -P %s", service->instance, word);
}

/* The first word has a "$" that is no plain $myhostname: what it becomes is not ours to guess. */
static bool refuse_built(const char *parameter, const char *raw, struct error *e)
{
    char shown[256];

    str_printable(shown, sizeof shown, raw, strlen(raw));
    fail(e, ERR_CONFLICT,
         "%.60s is built from other settings (%.200s), and it is not clear which "
         "of them to change",
         parameter, shown);
    return error_next(e, "postconf -n | grep -F '$'");
}

static bool is_planned(const struct mta_edits *edits, const char *parameter)
{
    for (size_t i = 0; i < edits->change_count; i++)
        if (str_equal(edits->changes[i].parameter, parameter))
            return true;
    return false;
}

/* What follows the first word of a greeting stays; an empty greeting gets the usual "ESMTP". */
static void change_literal(struct draft *d, const struct mta_service *service)
{
    const char *raw = postfix_raw(d->instance, service->from);
    size_t blanks = strspn(raw, " \t"), word = strcspn(raw + blanks, " \t");
    struct buf text = BUF_INIT(HOST_FILE_MAX);

    buf_text(&text, d->name);
    if (service->role == MTA_LISTENER)
        buf_text(&text, word > 0 ? raw + blanks + word : " ESMTP");
    if (!is_planned(d->edits, service->from))
        add_change(d, service->from, buf_string(&text), false);
    buf_free(&text);
}

static bool first_word_is_built(const char *raw)
{
    size_t blanks = strspn(raw, " \t"), word = strcspn(raw + blanks, " \t");

    return memchr(raw + blanks, '$', word) != NULL;
}

/* One service, two addresses that shall have two names. */
static bool refuse_contested(const struct mta_service *service, const struct mta_pair *rival,
                             struct error *e)
{
    fail(
        e, ERR_CONFLICT,
        "the service \"%.80s\" also serves %s, which shall be %.200s: each name needs a service of "
        "its own, tied to its address (smtp_bind_address, smtp_helo_name)",
        service->title, ip_text(&rival->address).s, rival->name.s);
    return error_next(e, "postconf -c %.200s -M", service->instance);
}

/* A service that shall keep its name, or has nothing to do with the wish, takes it from main.cf. */
static bool refuse_shared(const struct draft *d, struct error *e)
{
    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        if (!s->outside || strstr(s->from, " -o ") ||
            !str_equal(s->instance, d->instance->folder) ||
            mta_claim(d->facts, d->wish, s, NULL) != MTA_LEAVE ||
            !postfix_starts_with(postfix_raw(d->instance, s->from), "myhostname"))
            continue;
        fail(e, ERR_CONFLICT,
             "the service \"%.80s\" takes its name from myhostname as well and shall keep it",
             s->title);
        return error_next(e, "postconf -c %.200s -P", s->instance);
    }
    return true;
}

/* Sets *rename when myhostname has to change; plans literal names that differ. */
static bool plan_services(struct draft *d, bool *rename, struct error *e)
{
    const struct mta_facts *facts = d->facts;

    for (size_t i = 0; i < facts->service_count; i++) {
        const struct mta_service *s = &facts->services[i];
        const char *raw = postfix_raw(d->instance, s->from);
        const struct mta_pair *rival = NULL;
        enum mta_claim claim = mta_claim(facts, d->wish, s, &rival);

        if (!postfix_is_judged(facts, s) || claim == MTA_LEAVE)
            continue;
        if (claim == MTA_CONTESTED)
            return refuse_contested(s, rival, e);
        if (says_wish(d, s))
            continue;
        if (strstr(s->from, " -o "))
            return refuse_override(s, e);
        if (postfix_starts_with(raw, "myhostname"))
            *rename = true;
        else if (first_word_is_built(raw))
            return refuse_built(s->from, raw, e);
        else
            change_literal(d, s);
    }
    return true;
}

/* A server that greets with our own name is a mail loop for us (section 2.10). */
static bool refuse_taken(const struct draft *d, struct error *e)
{
    const char *relay = d->facts->relay + (d->facts->relay[0] == '[');
    size_t n = strcspn(relay, "]:");
    char said[256];

    if (n == strlen(d->name) && strncasecmp(relay, d->name, n) == 0)
        return fail(e, ERR_CONFLICT,
                    "%s is the name of the relay that all mail goes through; with the same name "
                    "here, Postfix would take it for a mail loop",
                    d->name);
    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        said_name(s, said, sizeof said);
        if (!str_equal(s->instance, d->instance->folder) && str_equal_nocase(said, d->name))
            return fail(e, ERR_CONFLICT,
                        "the Postfix instance in %.200s says %s already; two instances with one "
                        "name take each other for a mail loop",
                        s->instance, d->name);
    }
    return true;
}

/* A name in inet_interfaces that does not lead here stops all of Postfix (section 2.9). */
static bool refuse_interfaces(const struct draft *d, struct error *e)
{
    const char *raw = postfix_raw(d->instance, "inet_interfaces");

    if (postfix_use(raw) == POSTFIX_USES_NOT && !postfix_list_has(raw, d->old))
        return true;
    fail(e, ERR_CONFLICT,
         "inet_interfaces contains the host name, and Postfix does not start where that name "
         "leads to no address of this host; write the addresses there instead");
    return error_next(e, "postconf inet_interfaces");
}

/* The old name stays one of those that mail is delivered here for. */
static void keep_destination(struct draft *d, const char *raw)
{
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    size_t n = strlen(raw);

    if (postfix_list_has(raw, d->old))
        return;
    buf_text(&text, raw);
    if (n > 0 && raw[n - 1] != ',' && strchr(raw, ','))
        buf_char(&text, ',');
    buf_printf(&text, " %s", d->old);
    add_change(d, "mydestination", buf_string(&text), true);
    buf_free(&text);
}

static bool refuse_odd(const struct mta_setting *s, struct error *e)
{
    const char *option = strchr(s->parameter, '/') ? "-P " : "";
    char shown[200], word[256];

    str_printable(shown, sizeof shown, s->raw, strlen(s->raw));
    str_shell_quote(word, sizeof word, s->parameter);
    fail(e, ERR_CONFLICT, "%.190s depends on $myhostname and would change as well: %.190s",
         s->parameter, shown);
    return error_next(e, "postconf %s%s", option, word);
}

/* Settings of one service are in master.cf, which is not edited here. */
static bool keep_override(const struct mta_setting *s, struct error *e)
{
    const char *own = strrchr(s->parameter, '/') + 1;

    if (postfix_is_name(own) || str_equal(own, "syslog_name"))
        return true;
    return refuse_odd(s, e);
}

static bool keep_setting(struct draft *d, const struct mta_setting *s, struct error *e)
{
    enum postfix_use use = postfix_use(s->raw);
    bool destination = str_equal(s->parameter, "mydestination");
    char *kept;

    if (use == POSTFIX_USES_NOT || postfix_is_name(s->parameter))
        return true;
    if (strchr(s->parameter, '/'))
        return keep_override(s, e);
    /* Other defaults that use the name do so by their nature. */
    if (!s->set && !destination && !str_equal(s->parameter, "myorigin"))
        return true;
    if (use == POSTFIX_USES_ODDLY)
        return refuse_odd(s, e);
    if (destination) {
        keep_destination(d, s->raw);
        return true;
    }
    kept = postfix_expand(s->raw, "myhostname", d->old);
    add_change(d, s->parameter, kept, true);
    free(kept);
    return true;
}

/* mydomain is by default the name less its first label. */
static void keep_domain(struct draft *d)
{
    const struct mta_setting *s = postfix_setting(d->instance, "mydomain");
    const char *dot = strchr(d->name, '.');

    if (s && !s->set && dot && !str_equal_nocase(dot + 1, s->value))
        add_change(d, "mydomain", s->value, true);
}

/* "smtpd_sasl_auth_enable" in main.cf, or for one service in master.cf. */
static bool has_value(const struct mta_instance *instance, const char *parameter, const char *value)
{
    char own[80];

    snprintf(own, sizeof own, "/%s", parameter);
    for (size_t i = 0; i < instance->setting_count; i++) {
        const struct mta_setting *s = &instance->settings[i];

        if ((str_equal(s->parameter, parameter) || str_ends(s->parameter, own)) &&
            str_equal_nocase(s->value, value))
            return true;
    }
    return false;
}

/* Logins without a realm are looked up in the realm of the host's name (sasldb). */
static void keep_realm(struct draft *d)
{
    if (has_value(d->instance, "smtpd_sasl_auth_enable", "yes") &&
        has_value(d->instance, "smtpd_sasl_type", "cyrus") &&
        postfix_effective(d->instance, "smtpd_sasl_local_domain")[0] == '\0')
        add_change(d, "smtpd_sasl_local_domain", d->old, true);
}

static bool keep_followers(struct draft *d, struct error *e)
{
    keep_domain(d);
    for (size_t i = 0; i < d->instance->setting_count; i++)
        if (!keep_setting(d, &d->instance->settings[i], e))
            return false;
    keep_realm(d);
    return true;
}

/* Two ways to read the file must agree, else our edit would not be what Postfix sees. */
static bool agrees(const struct mta_change *change, const struct host_file *file, struct error *e)
{
    struct buf mine = BUF_INIT(HOST_FILE_MAX);
    struct cursor a, b, x, y;
    bool set = edit_value(file->text, file->length, change->parameter, &mine), same;

    same = set == (change->before != NULL);
    a = cursor_of(buf_string(&mine), mine.length);
    b = cursor_of(change->before ? change->before : "",
                  change->before ? strlen(change->before) : 0);
    while (same && cursor_word(&a, &x))
        same = cursor_word(&b, &y) && x.end - x.at == y.end - y.at &&
               memcmp(x.at, y.at, (size_t)(x.end - x.at)) == 0;
    same = same && !cursor_word(&b, &y);
    buf_free(&mine);
    return same || fail(e, ERR_CONFLICT, "%.60s: what Postfix reads is not what %.200s says",
                        change->parameter, file->path);
}

static bool write_edits(struct draft *d, struct error *e)
{
    const struct host_file *file = postfix_main_cf(d->instance);
    struct buf text = BUF_INIT(HOST_FILE_MAX), next = BUF_INIT(HOST_FILE_MAX);
    struct mta_edits *edits = d->edits;
    bool ok = true;

    buf_add(&text, file->text, file->length);
    for (size_t i = 0; ok && i < edits->change_count; i++) {
        const struct mta_change *change = &edits->changes[i];

        buf_clear(&next);
        ok = agrees(change, file, e) &&
             edit_set(buf_string(&text), text.length, change->parameter, change->after, &next, e);
        if (ok) {
            struct buf swap = text;

            text = next;
            next = swap;
        }
    }
    if (ok) {
        edits->files = mem_new(1, sizeof *edits->files);
        edits->file_count = 1;
        edits->files[0].file = file;
        edits->files[0].length = text.length;
        edits->files[0].text = buf_take(&text);
    }
    buf_free(&text);
    buf_free(&next);
    return ok;
}

/* What people are told: the setting, its value now, what will be run. */
static void describe(struct draft *d, bool rename)
{
    struct mta_edits *edits = d->edits;
    const char *parameter = rename ? "myhostname" : edits->changes[0].parameter;
    const char *value = postfix_effective(d->instance, parameter);

    str_cut(edits->setting, sizeof edits->setting, parameter);
    if (str_ends(parameter, "_banner"))
        postfix_first_word(value, edits->before, sizeof edits->before);
    else
        str_cut(edits->before, sizeof edits->before, value);
    strings_add(&edits->commands, "postfix check");
    strings_add(&edits->commands, "postfix reload");
}

static bool plan_changes(struct draft *d, struct error *e)
{
    bool rename = false;

    if (!plan_services(d, &rename, e))
        return false;
    if (!rename && d->edits->change_count == 0)
        return true;
    if (!refuse_taken(d, e))
        return false;
    if (rename) {
        if (!refuse_shared(d, e) || !refuse_interfaces(d, e))
            return false;
        add_change(d, "myhostname", d->name, false);
        if (!keep_followers(d, e))
            return false;
    }
    if (!write_edits(d, e))
        return false;
    describe(d, rename);
    return true;
}

static bool usable(const struct mta_facts *facts, const struct mta_wish *wish, struct error *e)
{
    struct name name;
    enum name_fault fault = name_parse_host(wish->name.s, &name);

    if (fault != NAME_GOOD)
        return fail(e, ERR_NAME_REFUSED, "%.200s %s", wish->name.s, name_fault_text(fault));
    if (!facts->unknown[0] && facts->instance_count > 0 && postfix_main_cf(&facts->instances[0]))
        return true;
    fail(e, ERR_CONFLICT, "its configuration cannot be read: %.400s",
         facts->unknown[0] ? facts->unknown : "nothing was observed");
    return facts->unknown_next[0] ? error_next(e, "%s", facts->unknown_next) : false;
}

bool postfix_edit(const struct mta_facts *facts, const struct mta_wish *wish,
                  struct mta_edits *edits, struct error *e)
{
    struct mta_edits made = {0};
    struct draft d = {.facts = facts, .wish = wish, .name = wish->name.s, .edits = &made};

    if (!usable(facts, wish, e))
        return error_what(e, "cannot give Postfix the name %.200s", wish->name.s);
    d.instance = &facts->instances[0];
    d.old = postfix_effective(d.instance, "myhostname");
    if (!plan_changes(&d, e)) {
        mta_edits_free(&made);
        return error_what(e, "cannot give Postfix the name %.200s", wish->name.s);
    }
    *edits = made;
    return true;
}
