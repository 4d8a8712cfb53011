/* origin.c - what may change the system's host name, where a mail server takes its name from it. */
#include "mta/origin.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/str.h"

#define TIMEOUT_MS 20000

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
    struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
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

/* The first word of the first line; "" when there is none. */
static void first_word_of(const char *text, size_t length, char *out, size_t size)
{
    struct cursor c = cursor_of(text, length), line, word;

    out[0] = '\0';
    if (cursor_line(&c, &line) && cursor_word(&line, &word) && !cursor_copy(&word, out, size))
        out[0] = '\0';
}

/* A transient name, as from DHCP, may win over the one in /etc/hostname. */
static bool is_transient(struct host *host)
{
    static const char *const argv[] = {"uname", "-n", NULL};
    char running[256], written[256] = "";
    struct command_result result;
    struct host_file file = {0};
    struct error e;

    if (!output_of(host, argv, &result))
        return false;
    first_word_of(buf_string(&result.out), result.out.length, running, sizeof running);
    command_result_free(&result);
    if (host_read(host, "/etc/hostname", &file, &e))
        first_word_of(file.text, file.length, written, sizeof written);
    host_file_free(&file);
    return written[0] && running[0] && !str_equal(written, running);
}

const char *origin_of_hostname(struct host *host)
{
    if (cloud_init_may(host))
        return "cloud-init, which sets it at every boot unless preserve_hostname is true";
    if (is_transient(host))
        return "DHCP or the like: the name in use is not the one in /etc/hostname";
    return "";
}
