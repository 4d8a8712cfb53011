/* credential.c - loads the secrets of one account, just before they are needed. */
#include "agent/config.h"

#include "agent/base/mem.h"
#include "agent/config_account.h"
#include "agent/net/host.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_TIMEOUT_MS 30000
#define COMMAND_WORDS_MAX 10 /* the program, eight arguments, NULL */

/* The command as it would be typed, for the operator to try it. */
static void command_text(const struct secret_ref *ref, char *out, size_t size)
{
    struct buf text = BUF_INIT(4096);
    char word[600];

    str_shell_quote(word, sizeof word, ref->place);
    buf_text(&text, word);
    for (size_t i = 0; i < ref->arg_count; i++) {
        str_shell_quote(word, sizeof word, ref->args[i]);
        buf_char(&text, ' ');
        buf_text(&text, word);
    }
    str_cut(out, size, buf_string(&text));
    buf_free(&text);
}

static bool fail_command(const struct secret_ref *ref, const char *why, struct error *e)
{
    char command[300];

    command_text(ref, command, sizeof command);
    fail(e, ERR_SECRET_MISSING, "%.200s %s", ref->place, why);
    error_next(e, "%s >/dev/null   # shows what it complains of", command);
    return false;
}

/* Its standard output, less the last newline, is the secret. Both its outputs are wiped. */
static bool take_output(const struct secret_ref *ref, struct command_result *result,
                        struct secret *out, struct error *e)
{
    char why[64];

    if (result->status != 0) {
        snprintf(why, sizeof why, "ended with status %d", result->status);
        return fail_command(ref, why, e);
    }
    if (result->out.length > 0 && memchr(result->out.data, '\0', result->out.length) != NULL)
        return fail_command(ref, "printed a NUL byte: that is no text", e);
    secret_take(out, result->out.data, result->out.length);
    if (out->length > 0)
        return true;
    secret_free(out);
    return fail_command(ref, "printed nothing", e);
}

static void wipe(struct buf *b)
{
    if (b->data != NULL)
        explicit_bzero(b->data, b->length);
}

static bool run_command(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    const char *argv[COMMAND_WORDS_MAX] = {ref->place};
    struct command command = {.argv = argv, .timeout_ms = COMMAND_TIMEOUT_MS};
    struct command_result result = {.status = 0};
    struct host *host = host_local();
    bool ok;

    for (size_t i = 0; i < ref->arg_count && i + 2 < COMMAND_WORDS_MAX; i++)
        argv[i + 1] = ref->args[i];
    ok = host_run(host, &command, &result, e);
    if (ok)
        ok = take_output(ref, &result, out, e);
    else
        e->code = ERR_SECRET_MISSING;
    wipe(&result.out);
    wipe(&result.err);
    command_result_free(&result);
    host_free(host);
    return ok;
}

/* How to put a secret there without leaving it in the shell's history. */
static void say_how(const struct secret_ref *ref, struct error *e)
{
    char path[280];

    if (e->code != ERR_SECRET_MISSING || e->next[0] != '\0')
        return;
    if (ref->from == SECRET_ENV)
        error_next(e, "read -rs %s && export %s   # then the same command again", ref->place,
                   ref->place);
    if (ref->from != SECRET_FILE)
        return;
    str_shell_quote(path, sizeof path, ref->place);
    if (path[0] != '\0')
        error_next(e, "install -m 600 /dev/stdin %s   # type the secret, Enter, Ctrl-D", path);
}

static bool load(const struct secret_ref *ref, struct secret *out, struct error *e)
{
    if (ref->from == SECRET_COMMAND ? run_command(ref, out, e) : secret_load(ref, out, e))
        return true;
    say_how(ref, e);
    return false;
}

static bool fail_missing(const struct account *account, const struct setting *setting,
                         struct error *e)
{
    struct config_variables variables = config_variables(setting);

    if (variables.s[0] == '\0')
        return fail(e, ERR_CREDENTIAL_MISSING, "%s has no %s", account_title(account).s,
                    setting->key);
    fail(e, ERR_CREDENTIAL_MISSING, "%s has no %s, and %s is not set", account_title(account).s,
         setting->key, variables.s);
    error_who(e, "you: put it where the configuration says, or into that variable");
    return error_next(e, "read -rs %s && export %s   # then the same command again",
                      setting->variables[0], setting->variables[0]);
}

bool config_open_account(struct account *account, struct error *e)
{
    const struct setting *setting = account->provider->settings;
    const struct setting *lacks = config_account_lacks(account, true);

    if (lacks != NULL) {
        fail_missing(account, lacks, e);
        return error_what(e, "cannot use %.200s", account_title(account).s);
    }
    for (size_t i = 0; setting[i].key != NULL; i++) {
        struct account_value *value = &account->values[i];

        if (value->ref.from == SECRET_NONE || value->secret.bytes != NULL)
            continue;
        if (!load(&value->ref, &value->secret, e))
            return error_what(e, "cannot load %s of %.150s", setting[i].key,
                              account_title(account).s);
    }
    return true;
}
