/* postfix.c - Postfix: whether it is there, how a change becomes live, whether it lives. */
#include "mta/postfix.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* A start waits for the master; the first check of a new queue takes 2 s. */
#define ACTIVATE_TIMEOUT_MS 60000

/* How long a master may take to come up, and to die of what it has just read. */
#define UP_TRIES 20
#define STEP_MS 100
#define SETTLE_MS 300

static bool postfix_present(struct host *host)
{
    const char *const argv[] = {"postconf", "-d", "-h", "mail_version", NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    struct error e;
    bool ok;

    if (!host_run(host, &command, &result, &e))
        return false;
    ok = result.status == 0 && result.out.length > 0;
    command_result_free(&result);
    return ok;
}

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    int left;

    do
        left = nanosleep(&t, &t);
    while (left != 0);
}

/* Up to 3.7 "postfix" says nothing without a terminal; postmap always does (section 2.11). */
static void find_words(struct host *host, const char *folder, char *words, size_t size)
{
    const char *argv[] = {"postmap", "-c", folder, "-q", "x", "static:ok", NULL};
    struct command command = {.argv = argv, .timeout_ms = POSTFIX_TIMEOUT_MS};
    struct command_result result;
    struct error ignored;

    words[0] = '\0';
    if (!host_run(host, &command, &result, &ignored))
        return;
    if (result.status != 0)
        postfix_words(buf_string(&result.err), result.err.length, words, size);
    command_result_free(&result);
}

static bool run_postfix(struct host *host, const char *folder, const char *what, struct error *e)
{
    const char *argv[] = {"postfix", "-c", folder, what, NULL};
    struct command command = {.argv = argv, .timeout_ms = ACTIVATE_TIMEOUT_MS};
    struct command_result result;
    char words[400];
    int status;

    if (!host_run(host, &command, &result, e)) {
        e->code = ERR_MTA_RELOAD_FAILED;
        return false;
    }
    status = result.status;
    postfix_words(buf_string(&result.err), result.err.length, words, sizeof words);
    command_result_free(&result);
    if (status == 0)
        return true;
    if (!strstr(words, " "))
        find_words(host, folder, words, sizeof words);
    fail(e, ERR_MTA_RELOAD_FAILED, "\"postfix %s\" ended with status %d: %.380s", what, status,
         words[0] ? words : "it did not say why, its log may");
    return error_next(e, "postfix -c %.200s status", folder);
}

/* The lock of the master, which it holds as long as it lives, in whatever state main.cf is. */
static bool is_up(struct host *host, const struct mta_instance *instance, bool *up, struct error *e)
{
    const char *queue = postfix_effective(instance, "queue_directory");
    char path[512];

    snprintf(path, sizeof path, "%.480s/pid/master.pid", queue);
    return host_is_locked(host, path, up, e) || error_what(e, "cannot see whether Postfix runs");
}

static bool refuse_down(const struct mta_instance *instance, struct error *e)
{
    fail(e, ERR_MTA_RELOAD_FAILED, "it does not run: its master process holds no lock");
    return error_next(e, "postfix -c %.200s start", instance->folder);
}

/* The instances that the edits are about and that ran when they were looked at. */
static bool is_meant(const struct mta_edits *edits, const struct mta_instance *instance)
{
    return instance->enabled && (instance->running || !instance->running_known) &&
           postfix_concerns(edits, instance);
}

/* What the master reads at its start only (section 2.9). */
static bool has_new_interfaces(struct host *host, const struct mta_instance *instance)
{
    static const char *const names[] = {"inet_interfaces", "inet_protocols"};
    const char *const more[] = {"-x", names[0], names[1], NULL};
    struct command_result result;
    struct postfix_values values;
    struct error ignored;
    bool differs = false;

    if (!postfix_ask(host, instance->folder, more, &result, &ignored))
        return false;
    postfix_parse_values(buf_string(&result.out), result.out.length, &values);
    for (size_t i = 0; i < 2; i++) {
        const char *now = postfix_value(&values, names[i]);

        differs = differs || (now && !str_equal(now, postfix_effective(instance, names[i])));
    }
    postfix_values_free(&values);
    command_result_free(&result);
    return differs;
}

static bool start_again(struct host *host, const struct mta_instance *instance, struct error *e)
{
    bool up;

    return is_up(host, instance, &up, e) &&
           (!up || run_postfix(host, instance->folder, "stop", e)) &&
           run_postfix(host, instance->folder, "start", e);
}

static bool activate_one(struct host *host, const struct mta_instance *instance, bool restart,
                         struct error *e)
{
    bool up = true;

    if (!restart && !is_up(host, instance, &up, e))
        return false;
    if (!up)
        return refuse_down(instance, e);
    if (!run_postfix(host, instance->folder, "check", e))
        return false;
    if (restart || has_new_interfaces(host, instance))
        return start_again(host, instance, e);
    return run_postfix(host, instance->folder, "reload", e);
}

static bool postfix_activate(struct host *host, const struct mta_facts *facts,
                             const struct mta_edits *edits, struct error *e)
{
    for (size_t i = 0; i < facts->instance_count; i++)
        if (is_meant(edits, &facts->instances[i]) &&
            !activate_one(host, &facts->instances[i], edits->restart, e))
            return error_what(e, "cannot make the change of Postfix live");
    return true;
}

static bool all_up(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                   const struct mta_instance **down, struct error *e)
{
    bool up = true;

    *down = NULL;
    for (size_t i = 0; i < facts->instance_count && !*down; i++) {
        if (!is_meant(edits, &facts->instances[i]))
            continue;
        if (!is_up(host, &facts->instances[i], &up, e))
            return false;
        if (!up)
            *down = &facts->instances[i];
    }
    return true;
}

/*
 * A master may die of a reload that ended with status 0 (section 2.12), so it is looked at once
 * more a moment later.
 */
static bool postfix_alive(struct host *host, const struct mta_facts *facts,
                          const struct mta_edits *edits, struct error *e)
{
    const struct mta_instance *down;

    for (int i = 0; i < UP_TRIES; i++) {
        if (!all_up(host, facts, edits, &down, e))
            return false;
        if (!down)
            break;
        sleep_ms(STEP_MS);
    }
    if (!down) {
        sleep_ms(SETTLE_MS);
        if (!all_up(host, facts, edits, &down, e))
            return false;
    }
    return !down || refuse_down(down, e) || error_what(e, "Postfix is down");
}

const struct mta mta_postfix = {
    .name = "postfix",
    .title = "Postfix",
    .settings = {[MTA_SAYS_HELO] = "myhostname or smtp_helo_name",
                 [MTA_SAYS_GREETING] = "myhostname or smtpd_banner",
                 [MTA_SAYS_NAME] = "myhostname"},
    .by_hand = "postconf -e 'myhostname = NAME' && postfix check && postfix reload",
    .renames = "^[^#]*postconf[^#]*(myhostname|smtp_helo_name|smtpd_banner)[[:space:]]*=",
    .journal = "_COMM=smtp",
    .present = postfix_present,
    .observe = postfix_observe,
    .edit = postfix_edit,
    .check = postfix_check,
    .activate = postfix_activate,
    .alive = postfix_alive,
    .find_routes = postfix_find_routes,
    .submit = postfix_submit,
    .queued = postfix_queued,
    .forget = postfix_forget,
};
