/* exim_observe.c - ask Exim what is effective, and read the files in which that is written. */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

#define AS_ROOT "sudo namesake audit"

/* One host while it is asked. */
struct looking {
    struct exim_asking asking;
    struct mta_facts *facts;
    struct mta_instance *instance;
    bool unknown; /* Exim would not tell: a function failed without an error */
};

static bool not_known(struct looking *l, const char *words, const char *next)
{
    l->unknown = true;
    str_cut(l->facts->unknown, sizeof l->facts->unknown,
            words[0] ? words : "Exim does not say why");
    str_cut(l->facts->unknown_next, sizeof l->facts->unknown_next,
            strstr(words, "Permission denied") ? AS_ROOT : next);
    return false;
}

static bool ask(struct looking *l, const char *const *arguments, struct command_result *out,
                struct error *e)
{
    char words[sizeof l->facts->unknown], next[128];

    if (!exim_run(&l->asking, arguments, out, e))
        return false;
    if (out->status == 0)
        return true;
    exim_words(out, words, sizeof words);
    command_result_free(out);
    str_format(next, sizeof next, "sudo %s -bV", l->asking.program);
    return not_known(l, words, next);
}

/* -C and -D of the daemon belong to every question; -oX says where it listens. */
static void keep_options(struct mta_instance *instance)
{
    const char *command = exim_value(instance, ".command");
    struct cursor c = cursor_of(command, strlen(command)), line;
    struct buf options = BUF_INIT(HOST_OUTPUT_MAX);
    const char *wants = "";
    char one[512];

    while (cursor_line(&c, &line)) {
        if (!cursor_copy(&line, one, sizeof one))
            continue;
        if (str_equal(wants, "-oX"))
            exim_set(instance, ".oX", one, one, true);
        else if (str_equal(wants, "-C") || str_equal(one, "-C") || str_starts(one, "-D"))
            buf_printf(&options, "%s\n", one);
        wants = str_equal(one, "-C") ? "-C" : str_equal(one, "-oX") ? "-oX" : "";
    }
    exim_set(instance, ".options", buf_string(&options), buf_string(&options), true);
    buf_free(&options);
}

/* --- What is effective ------------------------------------------------------------------------- */

static void keep_entry(struct mta_instance *instance, const struct exim_entry *entry)
{
    char parameter[192], value[4096];

    if (entry->kind == EXIM_MACRO)
        str_format(parameter, sizeof parameter, "=%s", entry->name);
    else if (entry->section[0] == '\0')
        str_cut(parameter, sizeof parameter, entry->name);
    else
        str_format(parameter, sizeof parameter, "%s/%s/%s", entry->section, entry->owner,
                   entry->name);
    exim_unquote(entry->raw, value, sizeof value);
    exim_set(instance, parameter, entry->raw, value, true);
}

/* Debian's debconf macros follow the line that they stand for. */
static void keep_generated(struct mta_instance *instance, const struct exim_config *config)
{
    struct buf text = BUF_INIT(HOST_OUTPUT_MAX);
    bool within = false;

    for (size_t i = 0; i < config->count; i++) {
        const struct exim_entry *entry = &config->v[i];

        if (within && entry->kind != EXIM_MACRO)
            break;
        if (within)
            buf_printf(&text, "%s = %s\n", entry->name, entry->raw);
        within = within || str_equal(entry->name, "UPEX4CmacrosUPEX4C");
    }
    exim_set(instance, ".generated", buf_string(&text), buf_string(&text), true);
    buf_free(&text);
}

static void keep_config(struct mta_instance *instance, const struct command_result *result)
{
    static const char *const order[] = {"live", NULL};
    struct exim_text file = {
        .path = "live", .text = buf_string(&result->out), .length = result->out.length};
    struct exim_source source = {.files = &file, .count = 1, .order = order};
    struct exim_config config;

    exim_read(&source, &config);
    for (size_t i = 0; i < config.count; i++)
        if (config.v[i].raw != NULL)
            keep_entry(instance, &config.v[i]);
    keep_generated(instance, &config);
    exim_config_free(&config);
}

/* "primary_hostname = vm25.localdomain", the defaults among them. */
static bool ask_defaults(struct looking *l, struct error *e)
{
    static const char *const options[] = {"-bP",
                                          "primary_hostname",
                                          "smtp_banner",
                                          "smtp_active_hostname",
                                          "qualify_domain",
                                          "qualify_recipient",
                                          "local_interfaces",
                                          "daemon_smtp_ports",
                                          "tls_on_connect_ports",
                                          NULL};
    struct command_result result;
    struct cursor text, line;

    if (!ask(l, options, &result, e))
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&text, &line)) {
        char one[4096], *equals;

        if (!cursor_copy(&line, one, sizeof one) || !(equals = strstr(one, " =")))
            continue;
        *equals = '\0';
        equals += equals[2] == ' ' ? 3 : 2;
        exim_set(l->instance, one,
                 exim_is_set(l->instance, one) ? exim_raw(l->instance, one) : equals, equals,
                 false);
    }
    command_result_free(&result);
    return true;
}

static bool ask_builtin(struct looking *l, struct error *e)
{
    static const char *const macros[] = {"-bP", "macros", NULL};
    struct buf names = BUF_INIT(HOST_OUTPUT_MAX);
    struct command_result result;
    struct cursor text, line;

    if (!exim_run(&l->asking, macros, &result, e))
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&text, &line)) {
        const char *equals = memchr(line.at, '=', (size_t)(line.end - line.at));

        if (line.end > line.at && *line.at == '_')
            buf_printf(&names, "%.*s ", (int)((equals ? equals : line.end) - line.at), line.at);
    }
    command_result_free(&result);
    exim_set(l->instance, ".builtin", buf_string(&names), buf_string(&names), true);
    buf_free(&names);
    return true;
}

/* --- The files --------------------------------------------------------------------------------- */

static bool read_file(struct looking *l, const char *path, bool may_be_absent, struct error *e)
{
    struct mta_instance *instance = l->instance;
    struct error refused;
    bool ok;

    if (exim_file(instance, path) != EXIM_NOWHERE || instance->file_count == EXIM_FILES_MAX)
        return true;
    instance->files =
        mem_resize(instance->files, instance->file_count + 1, sizeof *instance->files);
    ok = may_be_absent
             ? host_look(l->asking.host, path, &instance->files[instance->file_count], &refused)
             : host_read(l->asking.host, path, &instance->files[instance->file_count], &refused);
    if (ok) {
        instance->file_count++;
        return true;
    }
    if (refused.code == ERR_SSH_FAILED || refused.code == ERR_TIMEOUT) {
        *e = refused;
        return false;
    }
    return not_known(l, refused.why,
                     refused.code == ERR_ROOT_NEEDED ? AS_ROOT : "ls -l /etc/exim*");
}

/* `# 3 "/etc/exim4/inc.conf"`: where the lines after it stand. */
static bool is_marker(const struct cursor *line, char *path, size_t size)
{
    const char *quote = memchr(line->at, '"', (size_t)(line->end - line->at));
    struct cursor name;

    if (line->end - line->at < 5 || line->at[0] != '#' || !quote || line->end[-1] != '"' ||
        quote + 1 >= line->end)
        return false;
    name = cursor_of(quote + 1, (size_t)(line->end - quote) - 2);
    return cursor_copy(&name, path, size) && path[0] == '/' && !str_equal(path, EXIM_GENERATED);
}

static bool read_marked(struct looking *l, const struct command_result *result, struct error *e)
{
    struct cursor text = cursor_of(buf_string(&result->out), result->out.length), line;

    while (cursor_line(&text, &line)) {
        char path[256];

        if (!is_marker(&line, path, sizeof path))
            continue;
        if (!read_file(l, path, false, e))
            return false;
    }
    return true;
}

/* Tables that names and addresses are looked up in. */
static bool read_tables(struct looking *l, struct error *e)
{
    static const char *const options[] = {"helo_data", "interface", "smtp_active_hostname",
                                          "smtp_banner"};
    struct exim_lookup lookup;

    for (size_t i = 0; i < l->instance->setting_count; i++)
        for (size_t k = 0; k < sizeof options / sizeof options[0]; k++)
            if (str_ends(l->instance->settings[i].parameter, options[k]) &&
                exim_lookup_of(l->instance->settings[i].value, &lookup) && exim_is_table(&lookup) &&
                !read_file(l, lookup.file, true, e))
                return false;
    return true;
}

/* A shell assignment of update-exim4.conf.conf, without its quotes; the last one counts. */
static void shell_value(const struct host_file *file, const char *name, char *out, size_t size)
{
    struct cursor text = cursor_of(file->text, file->length), line;
    size_t n = strlen(name);

    out[0] = '\0';
    while (cursor_line(&text, &line)) {
        if ((size_t)(line.end - line.at) <= n || memcmp(line.at, name, n) != 0 || line.at[n] != '=')
            continue;
        line.at += n + 1;
        if (line.end - line.at > 1 && (*line.at == '\'' || *line.at == '"') &&
            line.end[-1] == *line.at) {
            line.at++;
            line.end--;
        }
        if (!cursor_copy(&line, out, size))
            out[0] = '\0';
    }
}

/* A dot in a name of conf.d switches the file off (section 3.4). */
static bool is_part(const char *name)
{
    for (; *name; name++)
        if (!((*name >= 'a' && *name <= 'z') || (*name >= 'A' && *name <= 'Z') ||
              (*name >= '0' && *name <= '9') || *name == '_' || *name == '-'))
            return false;
    return true;
}

static bool read_parts(struct looking *l, const char *folder, struct buf *order, struct error *e)
{
    const char *const argv[] = {"ls", "-1", folder, NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    char name[128], path[256];
    bool ok;

    ok = host_run(l->asking.host, &command, &result, e);
    if (!ok)
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (ok && cursor_line(&text, &line)) {
        if (!cursor_copy(&line, name, sizeof name) || !is_part(name))
            continue;
        str_format(path, sizeof path, "%s/%s", folder, name);
        ok = read_file(l, path, false, e);
        buf_printf(order, "%s\n", path);
    }
    command_result_free(&result);
    return ok;
}

#define CONF_D "/etc/exim4/conf.d"
#define SPLIT_MACROS CONF_D "/main/000_localmacros"
#define UNSPLIT_MACROS "/etc/exim4/exim4.conf.localmacros"

/* The macros' file first, whether it is there or not: it is where a macro is added. */
static bool read_debian(struct looking *l, struct error *e)
{
    struct buf order = BUF_INIT(HOST_OUTPUT_MAX);
    char split[16];
    bool is_split, ok = read_file(l, EXIM_UPDATE_CONF, false, e);

    if (!ok)
        return false;
    shell_value(&l->instance->files[0], "dc_use_split_config", split, sizeof split);
    is_split = str_equal_nocase(split, "true");
    exim_set(l->instance, ".scheme", is_split ? "split" : "unsplit", is_split ? "split" : "unsplit",
             true);
    exim_set(l->instance, ".macros", "", is_split ? SPLIT_MACROS : UNSPLIT_MACROS, true);
    ok = read_file(l, is_split ? SPLIT_MACROS : UNSPLIT_MACROS, true, e);
    if (is_split) {
        buf_text(&order, SPLIT_MACROS "\n");
        ok = ok && read_parts(l, CONF_D "/main", &order, e) &&
             read_parts(l, CONF_D "/transport", &order, e);
    } else {
        buf_text(&order, UNSPLIT_MACROS "\n/etc/exim4/exim4.conf.template\n");
        ok = ok && read_file(l, "/etc/exim4/exim4.conf.template", false, e);
    }
    exim_set(l->instance, ".order", buf_string(&order), buf_string(&order), true);
    buf_free(&order);
    return ok;
}

static bool read_files(struct looking *l, const char *config, const struct command_result *live,
                       struct error *e)
{
    if (str_equal(config, EXIM_GENERATED))
        return read_debian(l, e) && read_marked(l, live, e);
    exim_set(l->instance, ".scheme", "single", "single", true);
    exim_set(l->instance, ".order", config, config, true);
    return read_file(l, config, false, e) && read_marked(l, live, e);
}

/* --- All of it --------------------------------------------------------------------------------- */

/* "Exim version 4.96 #2 built ..." and "Configuration file is ...". */
static bool ask_version(struct looking *l, char *config, size_t size, struct error *e)
{
    static const char *const version[] = {"-bV", NULL};
    struct command_result result;
    struct cursor text, line, word;
    char one[512];

    if (!ask(l, version, &result, e))
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    config[0] = '\0';
    while (cursor_line(&text, &line)) {
        if (!cursor_copy(&line, one, sizeof one))
            continue;
        if (str_starts(one, "Configuration file is "))
            str_cut(config, size, one + strlen("Configuration file is "));
        line.at += str_starts(one, "Exim version ") ? strlen("Exim version ") : 0;
        if (str_starts(one, "Exim version ") && cursor_word(&line, &word) &&
            !cursor_copy(&word, l->facts->version, sizeof l->facts->version))
            l->facts->version[0] = '\0';
    }
    command_result_free(&result);
    exim_set(l->instance, ".config", config, config, true);
    str_cut(l->instance->folder, sizeof l->instance->folder,
            str_equal(config, EXIM_GENERATED) ? "/etc/exim4" : config);
    return config[0] != '\0' || not_known(l, "Exim does not say which file it reads", "exim -bV");
}

static bool ask_all(struct looking *l, struct error *e)
{
    static const char *const all[] = {"-bP", "config", NULL};
    struct command_result live;
    char config[256];
    bool ok;

    if (!ask_version(l, config, sizeof config, e) || !ask(l, all, &live, e))
        return false;
    keep_config(l->instance, &live);
    ok = ask_defaults(l, e) && ask_builtin(l, e) && read_files(l, config, &live, e) &&
         read_tables(l, e);
    command_result_free(&live);
    return ok && exim_find_services(&l->asking, l->facts, e);
}

bool exim_look(const struct exim_asking *asking, struct mta_facts *facts, struct error *e)
{
    static const char *const all[] = {"-bP", "config", NULL};
    struct looking l = {.asking = *asking, .facts = facts, .instance = &facts->instances[0]};
    struct command_result live;
    bool ok = ask(&l, all, &live, e);

    if (ok) {
        keep_config(l.instance, &live);
        command_result_free(&live);
        ok = ask_defaults(&l, e);
    }
    return ok || (l.unknown && fail(e, ERR_MTA_CHECK_FAILED, "%.400s", facts->unknown));
}

bool exim_begin(struct host *host, struct mta_facts *facts, struct exim_asking *out,
                struct error *e)
{
    char program[64];

    if (!exim_program(host, program, sizeof program))
        return fail(e, ERR_SYSTEM, "Exim does not run") ||
               error_what(e, "cannot ask Exim on %.200s", host->title);
    facts->instances = mem_new(1, sizeof *facts->instances);
    facts->instance_count = 1;
    facts->instances[0].enabled = true;
    exim_set(facts->instances, ".program", program, program, true);
    exim_find_daemon(host, facts->instances);
    keep_options(facts->instances);
    *out = exim_asking_of(host, facts);
    return true;
}

bool exim_observe(struct host *host, struct mta_facts *facts, struct error *e)
{
    struct looking l = {.facts = facts};
    bool ok;

    if (!exim_begin(host, facts, &l.asking, e))
        return false;
    l.instance = facts->instances;
    ok = ask_all(&l, e);
    facts->named_by_system =
        facts->unknown[0] == '\0' && !exim_is_set(&facts->instances[0], "primary_hostname");
    strings_free(&l.asking.options);
    return ok || l.unknown || error_what(e, "cannot ask Exim on %.200s", host->title);
}
