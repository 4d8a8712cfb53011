/* log_files.c - reads the end of the usual logs through the host. */
#include "agent/log_files.h"

#include <string.h>

#include "agent/base/str.h"
#include "mta/mta.h"

#define TIMEOUT_MS 5000
#define TAIL_BYTES "524288" /* of each file: some thousand lines; HOST_OUTPUT_MAX is more */
#define JOURNAL_LINES "500" /* as JSON some 1.5 KB each, which HOST_OUTPUT_MAX has room for */

#define LOGS_MAX 32

/* Where syslog puts mail (section 8 of the mail server facts): Debian; RHEL and Plesk. */
static const char *const common[] = {"/var/log/mail.log", "/var/log/maillog"};

/* One source of lines, what it says handed on with its name. */
static void read_end(struct host *host, const char *const *argv, const char *name,
                     void (*take)(void *arg, const char *name, const struct command_result *),
                     void *arg)
{
    const struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
    struct command_result result;
    struct error ignored = {0};

    if (!host_run(host, &command, &result, &ignored))
        return;
    take(arg, name, &result);
    command_result_free(&result);
}

/* The end of each log that is there, with its name. */
static void read_ends(struct host *host,
                      void (*take)(void *arg, const char *name, const struct command_result *),
                      void *arg)
{
    const char *paths[LOGS_MAX] = {common[0], common[1]};
    size_t count = 2;

    for (size_t i = 0; mta_all[i] != NULL; i++)
        for (size_t k = 0; mta_all[i]->logs != NULL && mta_all[i]->logs[k] != NULL; k++)
            if (count < LOGS_MAX)
                paths[count++] = mta_all[i]->logs[k];
    for (size_t i = 0; i < count; i++) {
        const char *const tail[] = {"tail", "-c", TAIL_BYTES, "--", paths[i], NULL};
        read_end(host, tail, paths[i], take, arg);
    }
    /* By the program's name: the identifier of an instance is what its administrator likes. */
    for (size_t i = 0; mta_all[i] != NULL; i++) {
        const char *const journal[] = {"journalctl", "-o", "json",        "-q",
                                       "--no-pager", "-n", JOURNAL_LINES, mta_all[i]->journal,
                                       NULL};
        if (mta_all[i]->journal != NULL)
            read_end(host, journal, "the journal", take, arg);
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
    bool found, ended; /* a line with the word; one that tells how it ended */
};

/* Where a line tells how a delivery ended: "status=bounced (...)", "** a@b.example R=...: 550". */
static const char *end_of(const char *line)
{
    static const char *const signs[] = {"status=", " ** ", " == "};

    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++)
        if (strstr(line, signs[i]) != NULL)
            return strstr(line, signs[i]);
    return NULL;
}

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
        from = end_of(copy);
        if (from == NULL && search->ended)
            continue;
        search->ended = from != NULL;
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

/* A Postfix that returns mail says "status=bounced" or "expired"; Exim marks it with "**". */
bool log_tells_failure(const char *found)
{
    return str_starts(found, "status=bounced") || str_starts(found, "status=expired") ||
           str_starts(found, " ** ");
}
