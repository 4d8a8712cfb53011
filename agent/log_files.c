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

/* By the program's name: the identifier of an instance is what its administrator likes. */
static const char *const journal[] = {"journalctl", "-o",          "json",       "-q", "--no-pager",
                                      "-n",         JOURNAL_LINES, "_COMM=smtp", NULL};

/* The end of each log that is there, with its name. */
static void read_ends(struct host *host,
                      void (*take)(void *arg, const char *name, const struct command_result *),
                      void *arg)
{
    for (size_t i = 0; i <= sizeof paths / sizeof paths[0]; i++) {
        const bool last = i == sizeof paths / sizeof paths[0];
        const char *const tail[] = {"tail", "-c", TAIL_BYTES, "--", last ? "" : paths[i], NULL};
        const struct command command = {.argv = last ? journal : tail, .timeout_ms = TIMEOUT_MS};
        struct command_result result;
        struct error ignored = {0};

        if (!host_run(host, &command, &result, &ignored))
            continue;
        take(arg, last ? "the journal" : paths[i], &result);
        command_result_free(&result);
    }
}

static void take_evidence(void *arg, const char *name, const struct command_result *result)
{
    struct log_files *out = arg;

    if (result->status == 0) {
        log_evidence_read(buf_string(&result->out), result->out.length, &out->evidence);
        out->read++;
    } else if (strstr(buf_string(&result->err), "Permission denied") != NULL) {
        str_cut(out->denied, sizeof out->denied, name);
    }
}

void log_files_read(struct host *host, struct log_files *out)
{
    *out = (struct log_files){.read = 0};
    read_ends(host, take_evidence, out);
}

struct search {
    const char *word;
    char *out;
    size_t size;
    bool found;
};

static void take_line(void *arg, const char *name, const struct command_result *result)
{
    struct search *search = arg;
    struct cursor text = cursor_of(buf_string(&result->out), result->out.length), line;
    char copy[LOG_LINE_MAX];

    (void)name;
    while (cursor_line(&text, &line)) {
        const char *from;

        if ((size_t)(line.end - line.at) >= sizeof copy || !cursor_copy(&line, copy, sizeof copy) ||
            strstr(copy, search->word) == NULL)
            continue;
        from = strstr(copy, "status=");
        from = from != NULL ? from : copy;
        str_printable(search->out, search->size, from, strlen(from));
        search->found = true;
    }
}

bool log_files_find(struct host *host, const char *word, char *out, size_t size)
{
    struct search search = {.word = word, .out = out, .size = size};

    read_ends(host, take_line, &search);
    return search.found;
}
