/* origin.c - what gives the host, or its mail server, another name later on (section 10). */
#include "mta/mta.h"
#include "mta/panel.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 20000
#define HEAD_LINES 40 /* a generator says so at the top */
#define SCRIPTS_MAX 4

static bool file_is_there(struct host *host, const char *path)
{
    struct host_file file = {0};
    struct error e;
    bool ok = host_read(host, path, &file, &e);

    host_file_free(&file);
    return ok;
}

/* The first word of the first line; "" when there is none. */
static void first_word_of(const char *text, size_t length, char *out, size_t size)
{
    struct cursor c = cursor_of(text, length), line, word;

    out[0] = '\0';
    if (cursor_line(&c, &line) && cursor_word(&line, &word) && !cursor_copy(&word, out, size))
        out[0] = '\0';
}

/* A program's standard output, of which the first line matters; "" when there is none. */
static void first_line_of(struct host *host, const char *const *argv, char *out, size_t size)
{
    struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    struct error e;

    out[0] = '\0';
    if (!host_run(host, &command, &result, &e))
        return;
    text = cursor_of(buf_string(&result.out), result.out.length);
    if (cursor_line(&text, &line))
        str_printable(out, size, line.at, (size_t)(line.end - line.at));
    command_result_free(&result);
}

static void file_word(struct host *host, const char *path, char *out, size_t size)
{
    struct host_file file = {0};
    struct error e;

    out[0] = '\0';
    if (host_read(host, path, &file, &e))
        first_word_of(file.text, file.length, out, size);
    host_file_free(&file);
}

/* Any spelling of YAML's true. */
#define PRESERVED                                                                                  \
    "^[[:space:]]*preserve_hostname:[[:space:]]*[\"']?([Tt]rue|TRUE|[Yy]es|YES|[Oo]n|ON)"

/* cloud-init sets the host name at every boot unless it is told to preserve it. */
static void find_cloud_init(struct host *host, struct mta_facts *facts)
{
    static const char *const argv[] = {
        "grep", "-rhsE", PRESERVED, "/etc/cloud/cloud.cfg", "/etc/cloud/cloud.cfg.d", NULL};
    char preserved[128];

    if (!file_is_there(host, "/etc/cloud/cloud.cfg") ||
        file_is_there(host, "/etc/cloud/cloud-init.disabled"))
        return;
    first_line_of(host, argv, preserved, sizeof preserved);
    if (preserved[0] == '\0')
        mta_add_drift(
            facts, true,
            "sudo tee /etc/cloud/cloud.cfg.d/99-hostname.cfg <<<'preserve_hostname: true'",
            "cloud-init sets the system's host name at every boot, because "
            "preserve_hostname is not true");
}

/* A transient name, as from DHCP, may win over the one in /etc/hostname. */
static void find_transient(struct host *host, const char *written, struct mta_facts *facts)
{
    static const char *const argv[] = {"uname", "-n", NULL};
    char running[256], next[256];

    first_line_of(host, argv, running, sizeof running);
    if (written[0] == '\0' || running[0] == '\0' || str_equal(written, running))
        return;
    str_format(next, sizeof next, "sudo hostnamectl hostname %.200s", running);
    mta_add_drift(facts, true, next,
                  "the host name in use, %.60s, is not the one in /etc/hostname, %.60s: DHCP or "
                  "a person has set it since, and the next boot need not",
                  running, written);
}

/* These set the name only where /etc/hostname gives none. */
static const struct {
    const char *marker, *what, *next;
} daemons[] = {
    {"/etc/NetworkManager/NetworkManager.conf",
     "NetworkManager takes the system's host name from DHCP or DNS, because /etc/hostname has none",
     "sudo tee /etc/NetworkManager/conf.d/hostname.conf <<<$'[main]\\nhostname-mode=none'"},
    {"/run/systemd/netif/state",
     "systemd-networkd takes the system's host name from DHCP, because /etc/hostname has none",
     "sudo hostnamectl hostname mail.example.com"},
};

static void find_daemons(struct host *host, const char *written, struct mta_facts *facts)
{
    if (written[0] != '\0' && !str_equal(written, "localhost"))
        return;
    for (size_t i = 0; i < sizeof daemons / sizeof daemons[0]; i++)
        if (file_is_there(host, daemons[i].marker))
            mta_add_drift(facts, true, daemons[i].next, "%s", daemons[i].what);
}

static void find_dhcp_hooks(struct host *host, struct mta_facts *facts)
{
    static const char *const argv[] = {"grep", "-rlsE", "^[^#]*(hostname|hostnamectl)[[:space:]]",
                                       "/etc/dhcp", NULL};
    char hook[160], next[256];

    first_line_of(host, argv, hook, sizeof hook);
    if (hook[0] == '\0')
        return;
    str_format(next, sizeof next, "sudo grep -n hostname %s", hook);
    mta_add_drift(facts, true, next, "%s sets the system's host name with every lease", hook);
}

static void find_container(struct host *host, struct mta_facts *facts)
{
    static const char *const markers[] = {"/.dockerenv", "/run/.containerenv"};

    for (size_t i = 0; i < sizeof markers / sizeof markers[0]; i++)
        if (file_is_there(host, markers[i])) {
            mta_add_drift(facts, true, "sudo docker run --hostname mail.example.com IMAGE",
                          "this is a container: its host name is given anew with each start");
            return;
        }
}

/* What the makers of configurations write on top of their files, in lower case. */
static const char *const makers[] = {
    "ansible",
    "managed by puppet",
    "puppet",
    "managed by chef",
    "generated by chef",
    "saltstack",
    "managed by salt",
    "cfengine",
    "do not edit",
    "will be overwritten",
    "automatically generated",
};

static bool is_makers_line(const struct cursor *line, char *lower, size_t size)
{
    size_t n = (size_t)(line->end - line->at);

    if (n == 0 || line->at[0] != '#')
        return false;
    str_printable(lower, size, line->at, n);
    for (size_t i = 0; lower[i] != '\0'; i++)
        lower[i] = str_lower(lower[i]);
    for (size_t i = 0; i < sizeof makers / sizeof makers[0]; i++)
        if (strstr(lower, makers[i]) != NULL)
            return true;
    return false;
}

/* A file that says that it is made by a program will be made again; Debian's own are edited where
 * they are made from. */
static void find_maker(const struct host_file *file, struct mta_facts *facts)
{
    struct cursor text = cursor_of(file->text, file->length), line;
    char lower[200], shown[120], next[256];

    if (strstr(file->path, "autogenerated") != NULL)
        return;
    for (int i = 0; i < HEAD_LINES && cursor_line(&text, &line); i++) {
        if (!is_makers_line(&line, lower, sizeof lower))
            continue;
        str_printable(shown, sizeof shown, line.at, (size_t)(line.end - line.at));
        str_format(next, sizeof next, "sudo head -n %d %.200s", i + 1, file->path);
        mta_add_drift(facts, false, next, "%.100s is written by a program, which says: %s",
                      file->path, shown);
        return;
    }
}

static void find_makers(struct mta_facts *facts)
{
    for (size_t i = 0; i < facts->instance_count; i++)
        for (size_t k = 0; k < facts->instances[i].file_count; k++)
            find_maker(&facts->instances[i].files[k], facts);
}

/* Hooks and jobs that give the mail server a name: certificates, networks, boots. */
static void find_scripts(struct host *host, struct mta_facts *facts)
{
    const char *const argv[] = {"grep",
                                "-rlsE",
                                facts->mta != NULL ? facts->mta->renames : NULL,
                                "/etc/letsencrypt/renewal-hooks",
                                "/etc/letsencrypt/renewal",
                                "/etc/letsencrypt/cli.ini",
                                "/etc/cron.d",
                                "/etc/cron.hourly",
                                "/etc/cron.daily",
                                "/etc/cron.weekly",
                                "/etc/network",
                                "/etc/networkd-dispatcher",
                                "/etc/NetworkManager/dispatcher.d",
                                "/etc/dhcp",
                                "/etc/rc.local",
                                "/etc/init.d",
                                "/etc/cloud",
                                NULL};
    struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    struct error e;
    char path[160], next[256];

    if (argv[2] == NULL || !host_run(host, &command, &result, &e))
        return;
    text = cursor_of(buf_string(&result.out), result.out.length);
    for (int i = 0; i < SCRIPTS_MAX && cursor_line(&text, &line); i++) {
        str_printable(path, sizeof path, line.at, (size_t)(line.end - line.at));
        str_format(next, sizeof next, "sudo grep -nE '%s' %s", argv[2], path);
        mta_add_drift(facts, false, next, "%s gives the mail server a name whenever it runs", path);
    }
    command_result_free(&result);
}

/* A panel or an image that writes the configuration will write it again (section 4). */
static void find_panel(struct host *host, struct mta_facts *facts)
{
    const struct panel *panel = panel_find(host);

    if (panel == NULL)
        return;
    str_cut(facts->panel, sizeof facts->panel, panel->name);
    str_cut(facts->panel_next, sizeof facts->panel_next, panel->next);
    facts->panel_tables = panel->tables;
    mta_add_drift(facts, false, panel->next, "%s %s", panel->name, panel->does);
}

void mta_find_drift(struct host *host, struct mta_facts *facts)
{
    char written[256];

    find_panel(host, facts);
    find_makers(facts);
    find_scripts(host, facts);
    if (!facts->named_by_system)
        return;
    file_word(host, "/etc/hostname", written, sizeof written);
    find_cloud_init(host, facts);
    find_transient(host, written, facts);
    find_daemons(host, written, facts);
    find_dhcp_hooks(host, facts);
    find_container(host, facts);
}
