/* log_files.c - reads the end of the usual logs through the host. */
#include "agent/log_files.h"

#include <string.h>

#include "agent/base/str.h"

#define TIMEOUT_MS 5000
#define TAIL_BYTES "524288" /* of each file: some thousand lines; HOST_OUTPUT_MAX is more */
#define JOURNAL_LINES "2000"

/* facts of section 8 of the mail server sheet: Debian, RHEL and Plesk; Exim's own on Debian, RHEL
 * and cPanel. */
static const char *const paths[] = {
    "/var/log/mail.log",      "/var/log/maillog",      "/var/log/exim4/mainlog",
    "/var/log/exim/main.log", "/var/log/exim/mainlog", "/var/log/exim_mainlog",
};

static void run(struct host *host, const char *const *argv, const char *name, struct log_files *out)
{
    const struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
    struct command_result result;
    struct error ignored = {0};

    if (!host_run(host, &command, &result, &ignored))
        return;
    if (result.status == 0) {
        log_evidence_read(buf_string(&result.out), result.out.length, &out->evidence);
        out->read++;
    } else if (strstr(buf_string(&result.err), "Permission denied") != NULL) {
        str_cut(out->denied, sizeof out->denied, name);
    }
    command_result_free(&result);
}

void log_files_read(struct host *host, struct log_files *out)
{
    /* By the program's name: the identifier of an instance is what its administrator likes. */
    static const char *const journal[] = {
        "journalctl", "-o", "json", "-q", "--no-pager", "-n", JOURNAL_LINES, "_COMM=smtp", NULL};

    *out = (struct log_files){.read = 0};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *const argv[] = {"tail", "-c", TAIL_BYTES, "--", paths[i], NULL};
        run(host, argv, paths[i], out);
    }
    run(host, journal, "the journal", out);
}
