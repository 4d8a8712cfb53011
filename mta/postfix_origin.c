/* postfix_origin.c - what may change the system's host name, where Postfix takes its name from it. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>

static bool file_is_there(struct host *host, const char *path)
{
    struct host_file file = {0};
    struct error e;
    bool ok = host_read(host, path, &file, &e);

    host_file_free(&file);
    return ok;
}

/* A program's standard output; false when it did not run. */
static bool output_of(struct host *host, const char *const *argv, struct command_result *out)
{
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct error e;

    return host_run(host, &command, out, &e);
}

/* cloud-init sets the host name at every boot unless it is told to preserve it. */
static bool cloud_init_may(struct host *host)
{
    static const char *const argv[] = {"grep",
                                       "-rhsE",
                                       "^[[:space:]]*preserve_hostname:",
                                       "/etc/cloud/cloud.cfg",
                                       "/etc/cloud/cloud.cfg.d",
                                       NULL};
    struct command_result result;
    bool preserved;

    if (!file_is_there(host, "/etc/cloud/cloud.cfg") ||
        file_is_there(host, "/etc/cloud/cloud-init.disabled") || !output_of(host, argv, &result))
        return false;
    preserved = strstr(buf_string(&result.out), "true") != NULL;
    command_result_free(&result);
    return !preserved;
}

/* A transient name, as from DHCP, may win over the one in /etc/hostname. */
static bool is_transient(struct host *host)
{
    static const char *const argv[] = {"uname", "-n", NULL};
    struct command_result result;
    struct host_file file = {0};
    struct cursor own, running, name, word;
    struct error e;
    bool differs;

    if (!output_of(host, argv, &result))
        return false;
    running = cursor_of(buf_string(&result.out), result.out.length);
    differs = host_read(host, "/etc/hostname", &file, &e);
    if (differs) {
        own = cursor_of(file.text, file.length);
        differs = cursor_line(&own, &own) && cursor_word(&own, &name) &&
                  cursor_line(&running, &running) && cursor_word(&running, &word) &&
                  (name.end - name.at != word.end - word.at ||
                   memcmp(name.at, word.at, (size_t)(name.end - name.at)) != 0);
    }
    host_file_free(&file);
    command_result_free(&result);
    return differs;
}

void postfix_find_origin(struct host *host, struct mta_facts *facts)
{
    const struct mta_instance *instance = &facts->instances[0];
    const struct mta_setting *name = postfix_setting(instance, "myhostname");
    const char *from = "";

    if (!name || name->set ||
        (postfix_use(postfix_raw(instance, "smtp_helo_name")) == POSTFIX_USES_NOT &&
         postfix_use(postfix_raw(instance, "smtpd_banner")) == POSTFIX_USES_NOT))
        return;
    if (cloud_init_may(host))
        from = "cloud-init, which sets it at every boot unless preserve_hostname is true";
    else if (is_transient(host))
        from = "DHCP or the like: the name in use is not the one in /etc/hostname";
    str_cut(facts->hostname_from, sizeof facts->hostname_from, from);
}
