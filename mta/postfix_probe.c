/* postfix_probe.c - a message handed to Postfix, looked for in its queue, and taken back. */
#include "mta/postfix.h"

#include <string.h>

#include "agent/base/json.h"

/* Run and require status 0; *out may be NULL. */
static bool run(struct host *host, const char *const *argv, const char *input,
                struct command_result *out, struct error *e)
{
    struct command command = {.argv = argv, .input = input, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    char words[400];
    int status;

    if (!host_run(host, &command, &result, e))
        return false;
    status = result.status;
    postfix_words(buf_string(&result.err), result.err.length, words, sizeof words);
    if (status == 0 && out != NULL)
        *out = result;
    else
        command_result_free(&result);
    return status == 0 || fail(e, ERR_SYSTEM, "%s ended with status %d: %.380s", argv[0], status,
                               words[0] ? words : "it did not say why");
}

bool postfix_submit(struct host *host, const char *instance, const char *sender,
                    const char *recipient, const char *message, struct error *e)
{
    /* -N never: nobody is written to when it comes back (RFC 3461 4.1). */
    const char *argv[12] = {"sendmail", "-i", "-N", "never"};
    size_t count = 4;

    if (instance[0] != '\0') {
        argv[count++] = "-C";
        argv[count++] = instance;
    }
    if (sender[0] != '\0') {
        argv[count++] = "-f";
        argv[count++] = sender;
    }
    argv[count++] = "--";
    argv[count++] = recipient;
    return run(host, argv, message, NULL, e) ||
           error_what(e, "cannot hand a probe to Postfix on %.200s", host->title);
}

/* One line of "postqueue -j"; true when it is mail for the recipient. */
static bool read_entry(const struct cursor *line, const char *recipient, struct mta_queued *out)
{
    struct error ignored;
    json_t *entry = json_parse(line->at, (size_t)(line->end - line->at), &ignored);
    const json_t *recipients = json_at(entry, "recipients");
    const char *why;
    bool found = false;

    for (size_t i = 0; !found && i < json_array_size(recipients); i++) {
        const json_t *one = json_array_get(recipients, i);

        found = str_equal_nocase(json_string_or(one, "address", ""), recipient);
        if (!found)
            continue;
        str_cut(out->id, sizeof out->id, json_string_or(entry, "queue_id", ""));
        why = json_string_or(one, "delay_reason", "");
        str_printable(out->why, sizeof out->why, why, strlen(why));
    }
    json_decref(entry);
    return found;
}

bool postfix_queued(struct host *host, const char *instance, const char *recipient,
                    struct mta_queued *out, struct error *e)
{
    const char *here[] = {"postqueue", "-j", NULL};
    const char *there[] = {"postqueue", "-c", instance, "-j", NULL};
    struct command_result result = {.status = 0};
    struct cursor text, line;

    *out = (struct mta_queued){.id = ""};
    if (!run(host, instance[0] != '\0' ? there : here, NULL, &result, e))
        return error_what(e, "cannot look into Postfix's queue on %.200s", host->title);
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (cursor_line(&text, &line))
        if (read_entry(&line, recipient, out))
            break;
    command_result_free(&result);
    return true;
}

bool postfix_forget(struct host *host, const char *instance, const char *id, struct error *e)
{
    const char *here[] = {"postsuper", "-d", id, NULL};
    const char *there[] = {"postsuper", "-c", instance, "-d", id, NULL};
    size_t n = 0;

    while ((id[n] >= '0' && id[n] <= '9') || (id[n] >= 'A' && id[n] <= 'Z') ||
           (id[n] >= 'a' && id[n] <= 'z'))
        n++;
    /* "ALL" is every message there is; "-" reads a list. Neither is an id. */
    if (n < 5 || id[n] != '\0')
        return fail(e, ERR_INTERNAL, "\"%.60s\" is no queue id", id);
    return run(host, instance[0] != '\0' ? there : here, NULL, NULL, e) ||
           error_what(e, "cannot remove the probe %.60s from Postfix's queue", id);
}
