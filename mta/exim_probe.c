/* exim_probe.c - a message handed to Exim, looked for in its queue, and taken back (section 7). */
#include "mta/exim.h"

#include <string.h>

/* Run Exim and require status 0; *out may be NULL. */
static bool run(struct host *host, const char *const *arguments, const char *input,
                struct command_result *out, struct error *e)
{
    struct exim_asking asking;
    struct mta_facts facts = {0};
    struct command_result result;
    char words[400];
    bool ok;

    if (!exim_begin(host, &facts, &asking, e))
        return false;
    asking.input = input;
    ok = exim_run(&asking, arguments, &result, e);
    if (ok && result.status != 0) {
        exim_words(&result, words, sizeof words);
        ok = fail(e, ERR_SYSTEM, "%.60s %s ended with status %d: %.300s", asking.program,
                  arguments[0], result.status, words[0] ? words : "it did not say why");
        command_result_free(&result);
    } else if (ok && out != NULL) {
        *out = result;
    } else if (ok) {
        command_result_free(&result);
    }
    strings_free(&asking.options);
    mta_facts_free(&facts);
    return ok;
}

/*
 * Exim cannot be told to report nothing to a sender ("-N" is something else there, and dangerous:
 * it pretends to deliver). So a probe has no sender where the way does not ask for one: nobody is
 * written to, and what cannot be delivered is frozen in the queue. With -E the postmaster is not
 * told of that either (freeze_tell).
 */
bool exim_submit(struct host *host, const char *instance, const char *sender, const char *recipient,
                 const char *message, struct error *e)
{
    const char *argv[10] = {"-i", "-oep", "-odb", "-f", sender[0] ? sender : "<>"};
    size_t count = 5;

    (void)instance;
    if (sender[0] == '\0')
        argv[count++] = "-E";
    argv[count++] = "--";
    argv[count] = recipient;
    return run(host, argv, message, NULL, e) ||
           error_what(e, "cannot hand a probe to Exim on %.200s", host->title);
}

/* --- The queue --------------------------------------------------------------------------------- */

/* " 0m   326 1xWNil-0000Eq-18 <root@example.com> *** frozen ***", recipients below, a blank line. */
static bool read_entry(const struct cursor *line, char *id, size_t size)
{
    struct cursor rest = *line, word;

    for (int i = 0; i < 3; i++)
        if (!cursor_word(&rest, &word))
            return false;
    return cursor_copy(&word, id, size) && exim_is_id(id);
}

static void find_entry(const struct command_result *result, const char *recipient,
                       struct mta_queued *out)
{
    struct cursor text = cursor_of(buf_string(&result->out), result->out.length), line, word;
    char id[64] = "", one[256];

    while (out->id[0] == '\0' && cursor_line(&text, &line)) {
        if (read_entry(&line, id, sizeof id))
            continue;
        /* "D" before a recipient: it is done. */
        if (id[0] != '\0' && cursor_word(&line, &word) && cursor_copy(&word, one, sizeof one) &&
            str_equal_nocase(one, recipient))
            str_cut(out->id, sizeof out->id, id);
    }
}

/* "2026-11-26 00:52:19 ": the log of one message begins its lines so. */
static void skip_time(struct cursor *line)
{
    const ptrdiff_t n = (ptrdiff_t)strlen("2026-11-26 00:52:19 ");

    if (line->end - line->at > n && line->at[4] == '-' && line->at[13] == ':')
        line->at += n;
}

/* The last line that tells of a failure: every line but those that tell of the message itself. */
void exim_why(const char *text, size_t length, char *out, size_t size)
{
    struct cursor all = cursor_of(text, length), line;
    char one[400];

    out[0] = '\0';
    while (cursor_line(&all, &line)) {
        skip_time(&line);
        str_printable(one, sizeof one, line.at, (size_t)(line.end - line.at));
        if (one[0] != '\0' && !str_starts(one, "Received from ") && !str_starts(one, "*** ") &&
            !str_starts(one, "Frozen"))
            str_cut(out, size, one);
    }
}

bool exim_queued(struct host *host, const char *instance, const char *recipient,
                 struct mta_queued *out, struct error *e)
{
    const char *const list[] = {"-bp", NULL}, *const log[] = {"-Mvl", out->id, NULL};
    struct command_result result = {.status = 0};
    struct error ignored;

    (void)instance;
    *out = (struct mta_queued){.id = ""};
    if (!run(host, list, NULL, &result, e))
        return error_what(e, "cannot look into Exim's queue on %.200s", host->title);
    find_entry(&result, recipient, out);
    command_result_free(&result);
    if (out->id[0] == '\0' || !run(host, log, NULL, &result, &ignored))
        return true;
    exim_why(buf_string(&result.out), result.out.length, out->why, sizeof out->why);
    command_result_free(&result);
    return true;
}

/* "1xWNil-0000Eq-18", and longer ones since 4.97. */
bool exim_is_id(const char *text)
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const size_t first = strspn(text, letters), second = first + 1;
    size_t n;

    if (first != 6 || text[first] != '-')
        return false;
    n = strspn(text + second, letters);
    if ((n != 6 && n != 11) || text[second + n] != '-')
        return false;
    text += second + n + 1;
    n = strspn(text, letters);
    return (n == 2 || n == 4) && text[n] == '\0';
}

bool exim_forget(struct host *host, const char *instance, const char *id, struct error *e)
{
    const char *const argv[] = {"-Mrm", id, NULL};

    (void)instance;
    if (!exim_is_id(id))
        return fail(e, ERR_INTERNAL, "\"%.60s\" is no message id", id);
    return run(host, argv, NULL, NULL, e) ||
           error_what(e, "cannot remove the probe %.60s from Exim's queue", id);
}

/* --- Where a probe goes ------------------------------------------------------------------------ */

/* Whether mail for a domain goes anywhere; to that address, unless it is NULL. */
static bool leads_to(const struct exim_asking *asking, const char *domain, const char *address)
{
    char recipient[300];
    struct exim_way way;
    bool found;

    str_format(recipient, sizeof recipient, "namesake-probe@%s", domain);
    found = exim_ask_way(asking, "", recipient, &way) &&
            (address == NULL || strings_have(&way.addresses, address));
    exim_way_free(&way);
    return found;
}

/* "192.0.2.53  observer.example.net observer": the host's own names of the address. */
static bool find_name(const struct exim_asking *asking, const char *address, char *out, size_t size)
{
    const char *const argv[] = {"getent", "hosts", address, NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, word;
    struct error ignored;
    bool found = false;

    if (!host_run(asking->host, &command, &result, &ignored))
        return false;
    text = cursor_of(buf_string(&result.out), result.out.length);
    (void)cursor_word(&text, &word);
    while (!found && cursor_word(&text, &word))
        found = cursor_copy(&word, out, size) && leads_to(asking, out, address);
    command_result_free(&result);
    return found;
}

bool exim_domain_of(struct host *host, const struct ip *address, const char *literal, char *out,
                    size_t size, struct error *e)
{
    struct exim_asking asking;
    struct mta_facts facts = {0};
    const struct ip_text shown = ip_text(address);
    bool found;

    if (!exim_begin(host, &facts, &asking, e))
        return false;
    /* Only a relay, or a router made for it, takes a literal. */
    found = leads_to(&asking, literal, NULL) && str_copy(out, size, literal);
    found = found || find_name(&asking, shown.s, out, size);
    strings_free(&asking.options);
    mta_facts_free(&facts);
    if (found)
        return true;
    fail(e, ERR_NO_INPUT,
         "this Exim takes no mail for an address literal, and %s has no name that leads back to it",
         shown.s);
    return error_next(e, "give it a name in /etc/hosts here, and an address record of that name");
}
