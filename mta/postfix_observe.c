/* postfix_observe.c - ask Postfix's own tools what it says, and where that is written. */
#include "mta/postfix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "mta/edit.h"

#define INSTANCES_MAX 32
#define OWN_MAX 36 /* settings of one service; each is two arguments */
#define AS_ROOT "sudo namesake audit"

/* Kept even where main.cf does not set them; the rest only if it does. */
static const char *const wanted[] = {"myhostname",
                                     "mydomain",
                                     "myorigin",
                                     "mydestination",
                                     "smtp_helo_name",
                                     "smtpd_banner",
                                     "postscreen_greet_banner",
                                     "smtp_bind_address",
                                     "smtp_bind_address6",
                                     "inet_interfaces",
                                     "inet_protocols",
                                     "relayhost",
                                     "smtp_fallback_relay",
                                     "authorized_submit_users",
                                     "transport_maps",
                                     "sender_dependent_relayhost_maps",
                                     "smtpd_milters",
                                     "default_transport",
                                     "content_filter",
                                     "queue_directory",
                                     "config_directory",
                                     "multi_instance_directories",
                                     "multi_instance_enable",
                                     "master_service_disable",
                                     "smtpd_sasl_auth_enable",
                                     "smtpd_sasl_type",
                                     "smtpd_sasl_local_domain",
                                     "mail_version"};

/* What may change the effective name of one service. */
static const char *const naming[] = {"myhostname",
                                     "mydomain",
                                     "smtpd_banner",
                                     "smtp_helo_name",
                                     "smtp_bind_address",
                                     "smtp_bind_address6",
                                     "postscreen_greet_banner",
                                     "inet_protocols",
                                     NULL};

/* One instance while it is asked. */
struct asking {
    struct host *host;
    const char *folder;      /* NULL: the default instance, wherever it is */
    bool without_interfaces; /* inet_interfaces does not resolve */
    bool staged;             /* a copy of an instance that is enabled */
    bool unknown;            /* Postfix would not tell: a function failed without an error */
    struct mta_facts *facts;
    struct mta_instance *instance;
    struct postfix_service *services;
    size_t service_count;
};

static void add_arguments(const char **argv, size_t *count, const char *const *more)
{
    for (; *more && *count < POSTFIX_ARGUMENTS_MAX - 1; more++)
        argv[(*count)++] = *more;
    argv[*count] = NULL;
}

/* Whether main.cf itself says that the instance runs: nothing else can be asked. */
static bool is_enabled_by_text(struct asking *a)
{
    struct buf value = BUF_INIT(HOST_FILE_MAX);
    struct host_file file = {0};
    struct error ignored;
    char path[300];
    bool yes;

    snprintf(path, sizeof path, "%s/main.cf", a->folder);
    yes = host_read(a->host, path, &file, &ignored) &&
          edit_value(file.text, file.length, "multi_instance_enable", &value) &&
          str_equal_nocase(buf_string(&value), "yes");
    buf_free(&value);
    host_file_free(&file);
    return yes;
}

/* Say why nothing more is known, and what to type. An instance that is switched off may fail. */
static bool not_known(struct asking *a, const char *words, const char *next)
{
    struct mta_facts *facts = a->facts;

    a->unknown = true;
    if (a->folder && !a->staged && !is_enabled_by_text(a))
        return false;
    str_format(facts->unknown, sizeof facts->unknown, "%s%s%.400s",
               a->folder && !a->staged ? a->folder : "", a->folder && !a->staged ? ": " : "",
               words[0] ? words : "Postfix does not say why");
    str_cut(facts->unknown_next, sizeof facts->unknown_next, next);
    return false;
}

static bool not_known_from(struct asking *a, const struct command_result *result, const char *next)
{
    char words[sizeof a->facts->unknown];

    postfix_words(buf_string(&result->err), result->err.length, words, sizeof words);
    return not_known(a, words, strstr(words, "Permission denied") ? AS_ROOT : next);
}

/* The output when Postfix answered; an option that is NULL asks for all raw values. */
static bool ask(struct asking *a, const char *option, struct command_result *out, struct error *e)
{
    const char *plain[] = {option, NULL};
    const char *without[] = {"-o", "inet_interfaces=", option, NULL};

    if (!postfix_ask(a->host, a->folder, a->without_interfaces ? without : plain, out, e))
        return false;
    if (out->status == 0)
        return true;
    (void)not_known_from(a, out, "sudo postfix check");
    command_result_free(out);
    return false;
}

static bool ask_values(struct asking *a, const char *option, struct postfix_values *out,
                       struct error *e)
{
    struct command_result result;

    if (!ask(a, option, &result, e))
        return false;
    postfix_parse_values(buf_string(&result.out), result.out.length, out);
    command_result_free(&result);
    return true;
}

/* The first question tells whether inet_interfaces resolves (section 2.9). */
static bool ask_effective(struct asking *a, struct postfix_values *out, struct error *e)
{
    const char *const plain[] = {"-x", NULL};
    struct command_result result;

    if (!postfix_ask(a->host, a->folder, plain, &result, e))
        return false;
    a->without_interfaces =
        result.status != 0 && strstr(buf_string(&result.err), "inet_interfaces") != NULL;
    if (result.status == 0)
        postfix_parse_values(buf_string(&result.out), result.out.length, out);
    else if (!a->without_interfaces)
        (void)not_known_from(a, &result, "sudo postfix check");
    command_result_free(&result);
    return a->without_interfaces ? ask_values(a, "-x", out, e) : !a->unknown;
}

static bool is_wanted(const char *parameter)
{
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++)
        if (str_equal(wanted[i], parameter))
            return true;
    return false;
}

static void add_setting(struct mta_instance *instance, const char *parameter, const char *raw,
                        const char *value, bool set)
{
    struct mta_setting one = {.set = set};

    if (!str_copy(one.parameter, sizeof one.parameter, parameter))
        return;
    one.raw = mem_text(raw);
    one.value = mem_text(value);
    instance->settings = mem_resize(instance->settings, instance->setting_count + 1, sizeof one);
    instance->settings[instance->setting_count++] = one;
}

static void add_settings(struct mta_instance *instance, const struct postfix_values *raw,
                         const struct postfix_values *effective, const struct postfix_values *set)
{
    for (size_t i = 0; i < raw->count; i++) {
        const char *parameter = raw->v[i].parameter, *text = raw->v[i].value;
        const char *value = postfix_value(effective, parameter);
        bool is_set = postfix_value(set, parameter) != NULL;

        if (is_set || is_wanted(parameter) || postfix_use(text) != POSTFIX_USES_NOT)
            add_setting(instance, parameter, text, value ? value : text, is_set);
    }
}

static bool ask_settings(struct asking *a, struct error *e)
{
    struct postfix_values effective = {0}, raw = {0}, set = {0}, own = {0};
    bool ok = ask_effective(a, &effective, e) && ask_values(a, NULL, &raw, e) &&
              ask_values(a, "-n", &set, e) && ask_values(a, "-P", &own, e);

    if (ok) {
        add_settings(a->instance, &raw, &effective, &set);
        for (size_t i = 0; i < own.count; i++)
            add_setting(a->instance, own.v[i].parameter, own.v[i].value, own.v[i].value, true);
    }
    postfix_values_free(&effective);
    postfix_values_free(&raw);
    postfix_values_free(&set);
    postfix_values_free(&own);
    return ok;
}

/* postconf reads what Postfix itself would die of; postmap does not (section 2.11). */
static bool ask_whole(struct asking *a, struct error *e)
{
    const char *argv[] = {"postmap", "-c", a->instance->folder, "-q", "x", "static:ok", NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    bool ok;

    if (a->without_interfaces)
        return true; /* it would say so; the names can be read all the same */
    if (!host_run(a->host, &command, &result, e))
        return false;
    ok = result.status == 0 || not_known_from(a, &result, "postmap -q x static:ok");
    command_result_free(&result);
    return ok;
}

static bool ask_services(struct asking *a, struct error *e)
{
    struct command_result result;

    if (!ask(a, "-M", &result, e))
        return false;
    a->service_count =
        postfix_parse_services(buf_string(&result.out), result.out.length, &a->services);
    command_result_free(&result);
    return true;
}

static bool read_one(struct asking *a, const char *name, struct error *e)
{
    struct mta_instance *instance = a->instance;
    struct error refused;
    char path[300];

    snprintf(path, sizeof path, "%s/%s", instance->folder, name);
    if (host_read(a->host, path, &instance->files[instance->file_count], &refused)) {
        instance->file_count++;
        return true;
    }
    if (refused.code != ERR_SSH_FAILED && refused.code != ERR_TIMEOUT)
        return not_known(a, refused.why,
                         refused.code == ERR_ROOT_NEEDED ? AS_ROOT : "sudo postfix check");
    *e = refused;
    return false;
}

/* master.cf first: only the master reads it, and only on a reload (section 9). */
static bool read_files(struct asking *a, struct error *e)
{
    a->instance->files = mem_new(2, sizeof *a->instance->files);
    return read_one(a, "master.cf", e) && read_one(a, "main.cf", e);
}

/* Where postconf had to be asked without it, only the text tells. */
static void restore_interfaces(struct asking *a)
{
    const struct host_file *file = postfix_main_cf(a->instance);
    struct buf value = BUF_INIT(HOST_FILE_MAX);

    if (file && edit_value(file->text, file->length, "inet_interfaces", &value))
        for (size_t i = 0; i < a->instance->setting_count; i++) {
            struct mta_setting *s = &a->instance->settings[i];

            if (!str_equal(s->parameter, "inet_interfaces"))
                continue;
            free(s->raw);
            s->raw = mem_text(buf_string(&value));
            s->set = true;
        }
    buf_free(&value);
}

static bool changes_name(const struct mta_instance *instance, const char *parameter)
{
    for (size_t i = 0; naming[i]; i++)
        if (str_equal(naming[i], parameter) || strstr(postfix_raw(instance, naming[i]), parameter))
            return true;
    return false;
}

/* "name=value" for postconf -o, which does not know the name of a service: that is put in. */
static void add_own(struct strings *texts, const char *parameter, const char *raw,
                    const struct postfix_service *line)
{
    char *value = postfix_expand(raw, "service_name", line->name);
    struct buf text = BUF_INIT(HOST_OUTPUT_MAX);

    buf_printf(&text, "%s=%s", parameter, value);
    strings_add(texts, buf_string(&text));
    buf_free(&text);
    free(value);
}

/* Settings that evaluate to another name on this service; none where there is no such thing. */
static struct strings own_settings(const struct asking *a, const struct postfix_service *line)
{
    const struct mta_instance *instance = a->instance;
    struct strings texts = {0};
    bool matters = false;

    for (size_t i = 0; naming[i]; i++) {
        const char *raw = postfix_raw(instance, naming[i]);

        if (!strstr(raw, "service_name"))
            continue;
        add_own(&texts, naming[i], raw, line);
        matters = true;
    }
    for (size_t i = 0; i < instance->setting_count && texts.count < OWN_MAX; i++) {
        const char *own = postfix_override_of(instance->settings[i].parameter, line);

        if (!own)
            continue;
        matters = matters || changes_name(instance, own);
        add_own(&texts, own, instance->settings[i].raw, line);
    }
    if (!matters)
        strings_free(&texts);
    return texts;
}

/* What is effective on a service with settings of its own is Postfix's to say. */
static bool ask_service(struct asking *a, const struct postfix_service *line,
                        struct mta_service *service, struct error *e)
{
    const char *argv[POSTFIX_ARGUMENTS_MAX];
    struct strings texts = own_settings(a, line);
    struct postfix_values values;
    struct command_result result;
    size_t count = 0;
    bool ok = true;

    if (a->without_interfaces)
        add_arguments(argv, &count, (const char *const[]){"-o", "inet_interfaces=", NULL});
    for (size_t i = 0; i < texts.count; i++)
        add_arguments(argv, &count, (const char *const[]){"-o", texts.v[i], NULL});
    add_arguments(argv, &count, (const char *const[]){"-x", NULL});
    add_arguments(argv, &count, naming);
    if (texts.count > 0)
        ok = postfix_ask(a->host, a->instance->folder, argv, &result, e);
    if (ok && texts.count > 0) {
        postfix_parse_values(buf_string(&result.out), result.out.length, &values);
        postfix_apply_values(service, &values);
        postfix_values_free(&values);
        command_result_free(&result);
    }
    strings_free(&texts);
    return ok;
}

static bool ask_own_settings(struct asking *a, struct error *e)
{
    for (size_t i = 0; i < a->service_count; i++) {
        struct mta_service *service =
            postfix_service_at(a->facts, a->instance->folder, &a->services[i]);

        if (service && !ask_service(a, &a->services[i], service, e))
            return false;
    }
    return true;
}

static void look_for_life(struct asking *a)
{
    struct error ignored;
    char path[512];

    snprintf(path, sizeof path, "%.480s/pid/master.pid",
             postfix_effective(a->instance, "queue_directory"));
    a->instance->running_known = host_is_locked(a->host, path, &a->instance->running, &ignored);
}

static void find_folder(struct asking *a)
{
    struct mta_instance *instance = a->instance;

    str_cut(instance->folder, sizeof instance->folder,
            a->folder ? a->folder : postfix_effective(instance, "config_directory"));
    instance->enabled =
        !a->folder || a->staged ||
        str_equal_nocase(postfix_effective(instance, "multi_instance_enable"), "yes");
}

static void add_services(struct asking *a)
{
    struct buf interfaces = BUF_INIT(HOST_OUTPUT_MAX);
    struct postfix_seen seen = {
        .instance = a->instance, .services = a->services, .service_count = a->service_count};

    postfix_resolve_interfaces(a->host, a->instance, &interfaces);
    seen.interfaces = buf_string(&interfaces);
    postfix_add_services(&seen, a->facts);
    buf_free(&interfaces);
}

static bool ask_instance(struct asking *a, struct error *e)
{
    if (!ask_settings(a, e))
        return false;
    find_folder(a);
    if (!read_files(a, e) || !ask_whole(a, e) || !ask_services(a, e))
        return false;
    if (a->without_interfaces)
        restore_interfaces(a);
    look_for_life(a);
    if (!a->instance->enabled)
        return true;
    add_services(a);
    return ask_own_settings(a, e);
}

static bool observe_instance(struct host *host, const char *folder, bool staged,
                             struct mta_facts *facts, struct error *e)
{
    struct mta_instance *place;
    struct asking a = {.host = host, .folder = folder, .staged = staged, .facts = facts};
    bool ok;

    facts->instances =
        mem_resize(facts->instances, facts->instance_count + 1, sizeof *facts->instances);
    place = &facts->instances[facts->instance_count++];
    *place = (struct mta_instance){0};
    if (folder)
        str_cut(place->folder, sizeof place->folder, folder);
    a.instance = place;
    ok = ask_instance(&a, e);
    free(a.services);
    return ok || a.unknown;
}

static bool observe_others(struct host *host, struct mta_facts *facts, struct error *e)
{
    char *list = mem_text(postfix_effective(&facts->instances[0], "multi_instance_directories"));
    const char *at = list;
    char folder[256];
    bool ok = true;

    while (ok && facts->instance_count < INSTANCES_MAX && *at) {
        size_t n = strcspn(at, ", \t");

        snprintf(folder, sizeof folder, "%.*s", (int)n, at);
        if (folder[0] == '/')
            ok = observe_instance(host, folder, false, facts, e);
        at += n;
        at += strspn(at, ", \t");
    }
    free(list);
    return ok;
}

/* Whether the name is the system's: main.cf does not say it, and it is said (section 2.2). */
static bool is_named_by_system(const struct mta_instance *instance)
{
    const struct mta_setting *name = postfix_setting(instance, "myhostname");

    return name && !name->set &&
           (postfix_use(postfix_raw(instance, "smtp_helo_name")) != POSTFIX_USES_NOT ||
            postfix_use(postfix_raw(instance, "smtpd_banner")) != POSTFIX_USES_NOT);
}

bool postfix_observe(struct host *host, struct mta_facts *facts, struct error *e)
{
    const char *version;

    if (!observe_instance(host, NULL, false, facts, e))
        return error_what(e, "cannot ask Postfix on %.200s", host->title);
    version = postfix_effective(&facts->instances[0], "mail_version");
    str_printable(facts->version, sizeof facts->version, version, strlen(version));
    facts->named_by_system = is_named_by_system(&facts->instances[0]);
    if (!observe_others(host, facts, e))
        return error_what(e, "cannot ask Postfix on %.200s", host->title);
    postfix_find_outside(facts);
    return true;
}

bool postfix_observe_stage(struct host *host, const char *stage, struct mta_facts *facts,
                           struct error *e)
{
    return observe_instance(host, stage, true, facts, e);
}
