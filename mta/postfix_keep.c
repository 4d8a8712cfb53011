/* postfix_keep.c - PURE: what would follow the name keeps the value that it has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mta/postfix_draft.h"

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

/* One element of the list with the old name, unless it is there already. */
static void keep_element(struct postfix_draft *d, const char *element, bool commas,
                         struct buf *list)
{
    char *kept = postfix_expand(element, "myhostname", d->old);
    const char *all = buf_string(list);

    if (!postfix_list_has(all, kept)) {
        if (commas && list->length > 0 && all[list->length - 1] != ',')
            buf_char(list, ',');
        buf_printf(list, " %s", kept);
    }
    free(kept);
}

/* What mail is delivered here for by the name stays so by the old one: itself, names below it. */
static void keep_destination(struct postfix_draft *d, const char *raw)
{
    const char *const separators = ", \t\r\n", *at = raw + strspn(raw, separators);
    bool commas = strchr(raw, ',') != NULL;
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    char element[512];
    size_t length;

    buf_text(&text, raw);
    for (; *at != '\0'; at += length, at += strspn(at, separators)) {
        length = strcspn(at, separators);
        if (length >= sizeof element)
            continue; /* what is lost by that, the check finds */
        snprintf(element, sizeof element, "%.*s", (int)length, at);
        if (postfix_use(element) != POSTFIX_USES_NOT)
            keep_element(d, element, commas, &text);
    }
    if (!str_equal(buf_string(&text), raw))
        postfix_change(d, NULL, "mydestination", buf_string(&text), true);
    buf_free(&text);
}

/* "smtp/inet" of "smtp/inet/myhostname"; false for a setting of main.cf. */
static bool split(const struct mta_setting *s, struct postfix_key *key, const char **own)
{
    const char *slash = strrchr(s->parameter, '/');

    if (!slash)
        return false;
    snprintf(key->s, sizeof key->s, "%.*s", (int)(slash - s->parameter), s->parameter);
    *own = slash + 1;
    return true;
}

/* These carry the name by their nature, or only into the log. */
static bool may_follow(const char *parameter)
{
    return postfix_is_name(parameter) || str_equal(parameter, "syslog_name");
}

static bool freeze(struct postfix_draft *d, const char *key, const char *parameter,
                   const struct mta_setting *s, const char *old, struct error *e)
{
    enum postfix_use use = postfix_use(s->raw);
    char *kept;

    if (use == POSTFIX_USES_NOT)
        return true;
    if (use == POSTFIX_USES_ODDLY)
        return refuse_odd(s, e);
    kept = postfix_expand(s->raw, "myhostname", old);
    postfix_change_at(d, key, parameter, kept, true);
    free(kept);
    return true;
}

/* A service with a myhostname of its own does not see the one of main.cf. */
static bool has_own_name(const struct mta_instance *instance, const struct postfix_key *key)
{
    char full[sizeof key->s + 16];

    snprintf(full, sizeof full, "%s/myhostname", key->s);
    return postfix_setting(instance, full) != NULL;
}

static bool keep_setting(struct postfix_draft *d, const struct mta_setting *s, struct error *e)
{
    bool destination = str_equal(s->parameter, "mydestination");
    struct postfix_key key;
    const char *own;

    if (split(s, &key, &own))
        return may_follow(own) || has_own_name(d->instance, &key) ||
               freeze(d, key.s, own, s, d->old, e);
    if (postfix_is_name(s->parameter) || str_equal(s->parameter, "inet_interfaces"))
        return true;
    /* Other defaults that use the name do so by their nature. */
    if (!s->set && !destination && !str_equal(s->parameter, "myorigin"))
        return true;
    if (destination && postfix_use(s->raw) == POSTFIX_USES_PLAINLY) {
        keep_destination(d, s->raw);
        return true;
    }
    return freeze(d, NULL, s->parameter, s, d->old, e);
}

/* mydomain is by default the name less its first label. */
static void keep_domain(struct postfix_draft *d)
{
    const struct mta_setting *s = postfix_setting(d->instance, "mydomain");
    const char *dot = strchr(d->name, '.');

    if (s && !s->set && dot && !str_equal_nocase(dot + 1, s->value))
        postfix_change(d, NULL, "mydomain", s->value, true);
}

static const char *value_on(const struct mta_instance *instance, const struct mta_service *service,
                            const char *parameter)
{
    const struct mta_setting *own = postfix_own(instance, service, parameter);

    return own ? own->raw : postfix_effective(instance, parameter);
}

/* Logins without a realm are looked up in the realm of the host's name (sasldb). */
static bool has_realm_of_name(const struct mta_instance *instance,
                              const struct mta_service *service)
{
    return service->role == MTA_LISTENER &&
           str_equal_nocase(value_on(instance, service, "smtpd_sasl_auth_enable"), "yes") &&
           str_equal_nocase(value_on(instance, service, "smtpd_sasl_type"), "cyrus") &&
           value_on(instance, service, "smtpd_sasl_local_domain")[0] == '\0';
}

/* Whether a listener's logins have the realm of a name, which is its own one or main.cf's. */
static bool is_in_realm(const struct postfix_draft *d, const struct mta_service *service, bool own)
{
    return str_equal(service->instance, d->instance->folder) &&
           has_realm_of_name(d->instance, service) &&
           (postfix_own(d->instance, service, "myhostname") != NULL) == own;
}

/* Written once in main.cf, unless that would reach a service whose realm is another name. */
static void keep_realms(struct postfix_draft *d)
{
    const struct mta_facts *facts = d->facts;
    bool apart = false;

    for (size_t i = 0; i < facts->service_count; i++)
        apart = apart || is_in_realm(d, &facts->services[i], true);
    for (size_t i = 0; i < facts->service_count; i++)
        if (is_in_realm(d, &facts->services[i], false))
            postfix_change(d, apart ? &facts->services[i] : NULL, "smtpd_sasl_local_domain", d->old,
                           true);
}

bool postfix_keep_followers(struct postfix_draft *d, struct error *e)
{
    keep_domain(d);
    for (size_t i = 0; i < d->instance->setting_count; i++)
        if (!keep_setting(d, &d->instance->settings[i], e))
            return false;
    keep_realms(d);
    return true;
}

bool postfix_keep_own(struct postfix_draft *d, const struct mta_service *service, const char *old,
                      struct error *e)
{
    const char *prefix = service->role == MTA_LISTENER ? "smtpd_" : "smtp_";
    struct postfix_key key = postfix_key_of(service), of;

    for (size_t i = 0; i < d->instance->setting_count; i++) {
        const struct mta_setting *s = &d->instance->settings[i];
        const char *own = s->parameter;

        /* Settings of other programs are not read by this one. */
        if (split(s, &of, &own)
                ? !str_equal(of.s, key.s)
                : !s->set || !str_starts(own, prefix) || postfix_own(d->instance, service, own))
            continue;
        if (!may_follow(own) && !freeze(d, key.s, own, s, old, e))
            return false;
    }
    if (has_realm_of_name(d->instance, service))
        postfix_change(d, service, "smtpd_sasl_local_domain", old, true);
    return true;
}
