/* exim_edit.c - PURE: the smallest edits that give Exim its name. */
#include "mta/exim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_from_primary(const struct mta_service *s)
{
    return str_equal(s->from, "primary_hostname");
}

static bool follows_ptr(const struct mta_service *s)
{
    return str_ends(s->from, " (the PTR)");
}

static enum mta_claim claim_of(const struct exim_draft *d, const struct mta_service *s,
                               const struct mta_pair **rival)
{
    return s->role == MTA_LISTENER ? mta_greeting_claim(d->facts, d->wish, s)
                                   : mta_claim(d->facts, d->wish, s, rival);
}

static bool says_wish(const struct exim_draft *d, const struct mta_service *s)
{
    char said[256];

    exim_said(s, said, sizeof said);
    return str_equal_nocase(said, d->wish->name.s) &&
           (s->role == MTA_SENDER || str_equal_nocase(s->ehlo, d->wish->name.s));
}

static bool refuse_contested(const struct mta_service *s, const struct mta_pair *rival,
                             struct error *e)
{
    fail(e, ERR_CONFLICT,
         "the transport \"%.60s\" also sends from %s, which shall be %.160s: each name needs a "
         "transport of its own (interface, helo_data), or a table that helo_data looks "
         "$sending_ip_address up in",
         s->title, ip_text(&rival->address).s, rival->name.s);
    return error_next(e, "exim -bP transports | grep -E 'transport:|helo_data|interface'");
}

static bool refuse_built(const char *option, const char *value, struct error *e)
{
    char shown[256];

    str_printable(shown, sizeof shown, value, strlen(value));
    fail(e, ERR_CONFLICT, "%.80s is computed (%.220s), and it is not clear what to change", option,
         shown);
    return error_next(e, "exim -be '$primary_hostname'");
}

/* --- Options ----------------------------------------------------------------------------------- */

/* What Exim reads must be what the file says, or what it shall say: a run may have been killed. */
static bool agrees(const struct exim_draft *d, const struct exim_entry *entry,
                   const char *parameter, struct error *e)
{
    char value[4096];

    if (entry == NULL) {
        fail(e, ERR_CONFLICT, "%.100s is set, but in none of the files that were read", parameter);
        return error_next(e, "exim -bP config | grep -n %.100s", parameter);
    }
    exim_unquote(entry->value, value, sizeof value);
    if (str_equal(value, exim_value(d->instance, parameter)) || strstr(value, d->wish->name.s))
        return true;
    fail(e, ERR_CONFLICT, "%.100s: what Exim reads is not what its files say now", parameter);
    return error_next(e, "exim -bP config");
}

static bool is_literal(const char *value)
{
    return strpbrk(value, "${") == NULL;
}

/* The rows of a table that stand for a service: those of its addresses, or of its senders' domain;
 * the default, when it is for all other domains. None: the table says nothing of it. */
static void rows_of(const struct exim_lookup *lookup, const struct mta_service *s,
                    struct strings *out)
{
    const char *domain = strstr(s->title, EXIM_FOR);

    for (int family = 0; exim_is_by_address(lookup) && family < 2; family++)
        if (s->bind[family].family != IP_NONE)
            strings_add(out, ip_text(&s->bind[family]).s);
    if (exim_is_by_domain(lookup) && (domain != NULL || lookup->has_default))
        strings_add(out, domain != NULL ? domain + strlen(EXIM_FOR) : "*");
}

static bool change_rows(struct exim_draft *d, const struct exim_lookup *lookup,
                        const struct mta_service *s, const char *name, bool follows,
                        struct error *e)
{
    const size_t file = exim_file(d->instance, lookup->file);
    struct strings rows = {0};
    bool ok = true;

    rows_of(lookup, s, &rows);
    for (size_t i = 0; ok && i < rows.count; i++)
        ok = exim_change_table(d, file, rows.v[i], name, follows, e);
    strings_free(&rows);
    return ok;
}

/* The row of a table that stands for one service of ours. */
static bool change_table(struct exim_draft *d, const char *option, const char *value,
                         const struct mta_service *s, struct error *e)
{
    struct exim_lookup lookup;

    if (!exim_lookup_of(value, &lookup))
        return refuse_built(option, value, e);
    if (exim_file(d->instance, lookup.file) != EXIM_NOWHERE &&
        (exim_is_by_address(&lookup) || exim_is_by_domain(&lookup)))
        return change_rows(d, &lookup, s, d->wish->name.s, false, e);
    fail(e, ERR_CONFLICT,
         "%.80s is looked up in %.200s by %.100s, not by the address or the domain", option,
         lookup.file, lookup.key);
    return error_next(e, "grep -n . %.200s", lookup.file);
}

/* An option that decides what one service says: a literal, a macro, or a look-up. */
static bool change_option(struct exim_draft *d, const char *section, const char *owner,
                          const char *name, const struct mta_service *s, struct error *e)
{
    const struct exim_entry *entry = exim_find(&d->config, EXIM_OPTION, section, owner, name);
    bool banner = str_equal(name, "smtp_banner");
    char parameter[192], word[512];
    const char *value;

    if (section[0])
        str_format(parameter, sizeof parameter, "%s/%s/%s", section, owner, name);
    else
        str_cut(parameter, sizeof parameter, name);
    value = exim_value(d->instance, parameter);
    str_cut(word, sizeof word, value);
    if (banner)
        word[strcspn(word, " \t\\")] = '\0';
    if (!is_literal(word))
        return banner ? refuse_built(parameter, value, e) : change_table(d, parameter, value, s, e);
    return agrees(d, entry, parameter, e) &&
           exim_change_value(d, entry, d->wish->name.s, banner, e);
}

/* --- The host's name --------------------------------------------------------------------------- */

static bool mentions(const struct mta_instance *instance, const char *text)
{
    for (size_t i = 0; i < instance->file_count; i++)
        if (strstr(instance->files[i].text, text))
            return true;
    return false;
}

/* Debian's files have a macro for it; anywhere else it is an option like others. */
static bool set_primary(struct exim_draft *d, struct error *e)
{
    static const char macro[] = "MAIN_HARDCODE_PRIMARY_HOSTNAME";
    const struct exim_entry *entry =
        exim_find(&d->config, EXIM_OPTION, "", NULL, "primary_hostname");

    if (entry != NULL)
        return agrees(d, entry, "primary_hostname", e) &&
               exim_change_value(d, entry, d->wish->name.s, false, e);
    if (exim_is_set(d->instance, "primary_hostname"))
        return agrees(d, NULL, "primary_hostname", e);
    if (exim_value(d->instance, ".macros")[0] && mentions(d->instance, macro))
        return exim_add_option(d, macro, d->wish->name.s, false, e);
    return exim_add_option(d, "primary_hostname", d->wish->name.s, false, e);
}

static bool stands_for_host(const char *list)
{
    return exim_list_has(list, "@") || exim_list_has(list, "$primary_hostname") ||
           exim_list_has(list, "${primary_hostname}");
}

/* The old name stays one of those that mail is delivered here for (trap 7). */
static bool keep_domains(struct exim_draft *d, struct error *e)
{
    for (size_t i = 0; i < d->config.count; i++) {
        const struct exim_entry *entry = &d->config.v[i];

        if (entry->kind != EXIM_OPTION || !str_starts(entry->name, "domainlist ") ||
            entry->section[0] || !stands_for_host(entry->value) ||
            exim_list_has(entry->value, d->old))
            continue;
        if (!exim_add_element(d, entry, d->old, e))
            return false;
    }
    return true;
}

static bool refuse_routers(const struct exim_draft *d, struct error *e)
{
    for (size_t i = 0; i < d->instance->setting_count; i++) {
        const struct mta_setting *s = &d->instance->settings[i];

        if (!str_starts(s->parameter, "routers/") || !str_ends(s->parameter, "/domains") ||
            !stands_for_host(s->value) || exim_list_has(s->value, d->old))
            continue;
        fail(e, ERR_CONFLICT,
             "%.100s = %.150s follows the host's name; the old name has to be added there first",
             s->parameter, s->value);
        return error_next(e, "exim -bP routers");
    }
    return true;
}

/* Unqualified senders are completed with the host's name where nothing else is said. */
static bool keep_qualification(struct exim_draft *d, struct error *e)
{
    return exim_is_set(d->instance, "qualify_domain") ||
           exim_find(&d->config, EXIM_OPTION, "", NULL, "qualify_domain") != NULL ||
           exim_add_option(d, "qualify_domain", d->old, true, e);
}

/* The look-up of a name that is the host's when the table has none. */
static bool falls_back(const struct exim_draft *d, const struct mta_service *s,
                       struct exim_lookup *lookup)
{
    char transport[96];
    const char *helo;

    exim_transport_of(s, transport, sizeof transport);
    helo = exim_option(d->instance, "transports", transport, "helo_data");
    return s->role == MTA_SENDER && str_equal_nocase(s->says, d->old) &&
           exim_uses(helo, "primary_hostname") && exim_lookup_of(helo, lookup) &&
           (exim_is_by_address(lookup) || exim_is_by_domain(lookup));
}

/* A name that a table does not give, and that is the host's then, gets an entry. */
static bool keep_in_table(struct exim_draft *d, const struct mta_service *s, struct error *e)
{
    struct exim_lookup lookup;

    return !falls_back(d, s, &lookup) || exim_file(d->instance, lookup.file) == EXIM_NOWHERE ||
           change_rows(d, &lookup, s, d->old, true, e);
}

/* A sender that shall keep the old name gets it spelt out. */
static bool keep_senders(struct exim_draft *d, struct error *e)
{
    char transport[96];

    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        if (!s->outside || claim_of(d, s, NULL) != MTA_LEAVE)
            continue;
        if (!is_from_primary(s) && !keep_in_table(d, s, e))
            return false;
        if (!is_from_primary(s))
            continue;
        if (s->role == MTA_LISTENER) {
            fail(e, ERR_CONFLICT,
                 "the listener \"%.60s\" takes its name from primary_hostname as well and shall "
                 "keep it: smtp_active_hostname can tell them apart by $interface_address",
                 s->title);
            return error_next(e, "exim -bP smtp_active_hostname");
        }
        exim_transport_of(s, transport, sizeof transport);
        if (!exim_find(&d->config, EXIM_OPTION, "transports", transport, "helo_data") &&
            !exim_add_transport_option(d, transport, "helo_data", d->old, true, e))
            return false;
    }
    return true;
}

static bool rename_host(struct exim_draft *d, struct error *e)
{
    return refuse_routers(d, e) && keep_senders(d, e) && set_primary(d, e) && keep_domains(d, e) &&
           keep_qualification(d, e);
}

/* --- Services ---------------------------------------------------------------------------------- */

/* Another outside service takes its name from the host's and is not to have the wished one. */
static bool is_shared(const struct exim_draft *d)
{
    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        if (s->outside && is_from_primary(s) && claim_of(d, s, NULL) == MTA_LEAVE &&
            (s->role == MTA_LISTENER || mta_service_of(d->facts, MTA_SENDER) == s))
            return true;
    }
    return false;
}

static bool is_tied(const struct mta_service *s)
{
    return s->bind[0].family != IP_NONE || s->bind[1].family != IP_NONE;
}

static bool plan_sender(struct exim_draft *d, const struct mta_service *s, bool *rename,
                        struct error *e)
{
    struct exim_lookup lookup;
    char transport[96];

    if (follows_ptr(s))
        return true;
    exim_transport_of(s, transport, sizeof transport);
    if (falls_back(d, s, &lookup) && exim_is_by_domain(&lookup) && !lookup.has_default &&
        strstr(s->title, EXIM_FOR) == NULL) {
        *rename = true;
        return true;
    }
    if (!is_from_primary(s))
        return change_option(d, "transports", transport, "helo_data", s, e);
    if (is_tied(s) && is_shared(d))
        return exim_find(&d->config, EXIM_OPTION, "transports", transport, "helo_data") != NULL ||
               exim_add_transport_option(d, transport, "helo_data", d->wish->name.s, false, e);
    *rename = true;
    return true;
}

static bool plan_listener(struct exim_draft *d, const struct mta_service *s, bool *rename,
                          struct error *e)
{
    const char *active = exim_value(d->instance, "smtp_active_hostname");
    bool follows = active[0] == '\0' || str_equal(active, "$primary_hostname") ||
                   str_equal(active, "${primary_hostname}");
    char said[256];

    exim_said(s, said, sizeof said);
    if (!str_equal_nocase(s->ehlo, d->wish->name.s)) {
        if (follows)
            *rename = true;
        else if (!exim_asks_ptr(active) &&
                 !change_option(d, "", NULL, "smtp_active_hostname", s, e))
            return false;
    }
    if (str_equal_nocase(said, d->wish->name.s))
        return true;
    if (is_from_primary(s))
        *rename = true;
    return !str_equal(s->from, "smtp_banner") || change_option(d, "", NULL, "smtp_banner", s, e);
}

static bool plan_services(struct exim_draft *d, bool *rename, struct error *e)
{
    for (size_t i = 0; i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];
        const struct mta_pair *rival = NULL;
        enum mta_claim claim = claim_of(d, s, &rival);

        if (claim == MTA_LEAVE || says_wish(d, s))
            continue;
        if (follows_ptr(s)) {
            d->edits->greets_by_ptr = d->edits->greets_by_ptr || s->role == MTA_LISTENER;
            continue;
        }
        if (claim == MTA_CONTESTED)
            return refuse_contested(s, rival, e);
        if (!(s->role == MTA_SENDER ? plan_sender : plan_listener)(d, s, rename, e))
            return false;
    }
    return true;
}

/* --- All of it --------------------------------------------------------------------------------- */

/* A server that greets with our own name is a mail loop for us (trap 8). */
static bool refuse_taken(const struct exim_draft *d, struct error *e)
{
    const char *relay = d->facts->relay + (d->facts->relay[0] == '[');
    size_t n = strcspn(relay, "]:");

    return n != strlen(d->wish->name.s) || strncasecmp(relay, d->wish->name.s, n) != 0 ||
           fail(e, ERR_CONFLICT,
                "%s is the name of the relay that all mail goes through; with the same name here, "
                "it would be taken for a mail loop",
                d->wish->name.s);
}

/* A table that a panel reads is safe to edit; what it writes itself is not (section 4). */
static bool refuse_panel(const struct exim_draft *d, struct error *e)
{
    return (!d->beside && !d->facts->panel_tables) || mta_may_edit(d->facts, &d->wish->name, e);
}

static void describe(struct exim_draft *d, bool rename)
{
    struct mta_edits *edits = d->edits;
    const char *program = exim_value(d->instance, ".program");
    char command[128];

    str_cut(edits->setting, sizeof edits->setting,
            rename ? "primary_hostname" : edits->changes[0].parameter);
    str_cut(edits->before, sizeof edits->before, d->old);
    for (size_t i = 0; !rename && i < d->facts->service_count; i++) {
        const struct mta_service *s = &d->facts->services[i];

        if (claim_of(d, s, NULL) != MTA_SET || says_wish(d, s) || follows_ptr(s))
            continue;
        exim_said(s, edits->before, sizeof edits->before);
        break;
    }
    edits->at_once = !d->beside;
    if (!d->beside)
        return;
    if (!str_equal(exim_value(d->instance, ".scheme"), "single"))
        strings_add(&edits->commands, "update-exim4.conf");
    str_format(command, sizeof command, "%.60s -bV", program);
    strings_add(&edits->commands, command);
    str_format(command, sizeof command, "kill -HUP %.20s", exim_value(d->instance, ".pid"));
    if (exim_value(d->instance, ".pid")[0])
        strings_add(&edits->commands, command);
}

static bool plan_changes(struct exim_draft *d, struct error *e)
{
    bool rename = false;

    if (!plan_services(d, &rename, e) || (rename && !rename_host(d, e)))
        return false;
    if (d->splice_count == 0)
        return true;
    if (!refuse_taken(d, e) || !refuse_panel(d, e) || !exim_finish(d, e))
        return false;
    if (d->edits->file_count > 0)
        describe(d, rename);
    return true;
}

/* What stands behind a NUL byte is not seen here, but may be there for Exim. */
static bool is_text(const struct mta_instance *instance, struct error *e)
{
    for (size_t i = 0; i < instance->file_count; i++) {
        const struct host_file *file = &instance->files[i];

        if (file->length > 0 && memchr(file->text, '\0', file->length) != NULL) {
            fail(e, ERR_CONFLICT, "%.200s is no text: it has a NUL byte", file->path);
            return error_next(e, "grep -naP '\\x00' %.200s", file->path);
        }
    }
    return true;
}

static bool usable(const struct mta_facts *facts, const struct mta_wish *wish, struct error *e)
{
    struct name name;
    enum name_fault fault = name_parse_host(wish->name.s, &name);

    if (fault != NAME_GOOD)
        return fail(e, ERR_NAME_REFUSED, "%.200s %s", wish->name.s, name_fault_text(fault));
    if (!facts->unknown[0] && facts->instance_count > 0 && facts->instances[0].file_count > 0)
        return is_text(&facts->instances[0], e);
    fail(e, ERR_CONFLICT, "its configuration cannot be read: %.400s",
         facts->unknown[0] ? facts->unknown : "nothing was observed");
    return facts->unknown_next[0] ? error_next(e, "%s", facts->unknown_next) : false;
}

bool exim_edit(const struct mta_facts *facts, const struct mta_wish *wish, struct mta_edits *edits,
               struct error *e)
{
    struct mta_edits made = {0};
    struct exim_draft d = {.facts = facts, .wish = wish, .edits = &made};
    bool ok;

    if (!usable(facts, wish, e))
        return error_what(e, "cannot give Exim the name %.200s", wish->name.s);
    d.instance = &facts->instances[0];
    d.old = exim_value(d.instance, "primary_hostname");
    exim_read_files(d.instance, &d.config);
    ok = plan_changes(&d, e);
    exim_draft_free(&d);
    if (!ok) {
        mta_edits_free(&made);
        return error_what(e, "cannot give Exim the name %.200s", wish->name.s);
    }
    *edits = made;
    return true;
}
