/* exim_daemon.c - the daemon: found, made to read its files anew, brought back, seen alive (3.6). */
#include "mta/exim.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/base/mem.h"

#define DAEMONS_MAX 32
#define UP_TRIES 30
#define STEP_MS 100
#define SETTLE_MS 400

/* The output of "cat": files of /proc have no size, and are read like any other. */
static bool cat(struct host *host, const char *path, struct buf *out)
{
    const char *const argv[] = {"cat", path, NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct error ignored;
    bool ok;

    if (!host_run(host, &command, &result, &ignored))
        return false;
    ok = result.status == 0;
    if (ok)
        buf_add(out, result.out.data, result.out.length);
    command_result_free(&result);
    return ok;
}

/*
 * A container's Exim is seen from outside, but it is another machine's: another network, other
 * files. Only root can tell.
 */
static bool is_of_this_machine(struct host *host, const char *pid)
{
    char mounts[64], network[64];
    const char *const argv[] = {"readlink",          mounts, network, "/proc/self/ns/mnt",
                                "/proc/self/ns/net", NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line[4];
    struct error ignored;
    bool same = true;
    int count = 0;

    str_format(mounts, sizeof mounts, "/proc/%s/ns/mnt", pid);
    str_format(network, sizeof network, "/proc/%s/ns/net", pid);
    if (!host_run(host, &command, &result, &ignored))
        return true;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (count < 4 && cursor_line(&text, &line[count]))
        count++;
    for (int i = 0; count == 4 && i < 2; i++)
        same = same && line[i].end - line[i].at == line[i + 2].end - line[i + 2].at &&
               memcmp(line[i].at, line[i + 2].at, (size_t)(line[i].end - line[i].at)) == 0;
    command_result_free(&result);
    return same;
}

/* "a\0b\0" becomes one argument a line. */
static void keep_command(struct mta_instance *instance, const char *pid, struct buf *command)
{
    bool daemon = false, own_file = false;

    for (size_t i = 0; i < command->length; i++) {
        const char *word = command->data + i;

        own_file = own_file || str_starts(word, "-C");

        daemon = daemon || str_equal(word, "-bd") || str_equal(word, "-bdf");
        i += strlen(word);
    }
    /* Of several, the one that reads the usual file. */
    if (!daemon || (exim_value(instance, ".pid")[0] != '\0' &&
                    (own_file || !strstr(exim_value(instance, ".command"), "\n-C"))))
        return;
    for (size_t i = 0; i + 1 < command->length; i++)
        if (command->data[i] == '\0')
            command->data[i] = '\n';
    exim_set(instance, ".pid", pid, pid, true);
    exim_set(instance, ".command", buf_string(command), buf_string(command), true);
}

/* "0::/system.slice/exim4.service" */
static void keep_unit(struct host *host, struct mta_instance *instance, const char *pid)
{
    struct buf text = BUF_INIT(HOST_OUTPUT_MAX);
    char path[64], unit[128] = "";
    struct cursor c, line;

    str_format(path, sizeof path, "/proc/%s/cgroup", pid);
    (void)cat(host, path, &text);
    c = cursor_of(buf_string(&text), text.length);
    while (cursor_line(&c, &line)) {
        struct cursor last = line;

        for (const char *at = line.at; at < line.end; at++)
            if (*at == '/')
                last.at = at + 1;
        if (!cursor_copy(&last, unit, sizeof unit) || !str_ends(unit, ".service") ||
            !strstr(unit, "exim"))
            unit[0] = '\0';
        if (unit[0])
            break;
    }
    exim_set(instance, ".unit", unit, unit, true);
    buf_free(&text);
}

/* A line of ps: pid, state, name of the program. */
static bool is_exim(struct cursor *line, char *pid, size_t size)
{
    struct cursor word, state, name;
    char text[64];

    return cursor_word(line, &word) && cursor_copy(&word, pid, size) && cursor_word(line, &state) &&
           *state.at != 'Z' && cursor_word(line, &name) && cursor_copy(&name, text, sizeof text) &&
           (str_equal(text, "exim4") || str_equal(text, "exim"));
}

void exim_find_daemon(struct host *host, struct mta_instance *instance)
{
    static const char *const argv[] = {"ps", "-eo", "pid=,stat=,comm=", NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    struct cursor text, line;
    char pid[24], path[64];
    struct error ignored;
    int left = DAEMONS_MAX;

    exim_set(instance, ".pid", "", "", true);
    instance->running_known = host_run(host, &command, &result, &ignored);
    if (!instance->running_known)
        return;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (left > 0 && cursor_line(&text, &line)) {
        struct buf arguments = BUF_INIT(HOST_OUTPUT_MAX);

        if (!is_exim(&line, pid, sizeof pid) || !is_of_this_machine(host, pid))
            continue;
        left--;
        str_format(path, sizeof path, "/proc/%s/cmdline", pid);
        if (cat(host, path, &arguments))
            keep_command(instance, pid, &arguments);
        buf_free(&arguments);
    }
    command_result_free(&result);
    instance->running = exim_value(instance, ".pid")[0] != '\0';
    if (instance->running)
        keep_unit(host, instance, exim_value(instance, ".pid"));
}

/* --- Live -------------------------------------------------------------------------------------- */

static void sleep_ms(long ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    int left;

    do
        left = nanosleep(&t, &t);
    while (left != 0);
}

/* A daemon that is told to read a broken file dies of it: it is never told (section 3.6). */
static bool is_sound(struct host *host, const struct mta_facts *facts, struct error *e)
{
    static const char *const version[] = {"-bV", NULL};
    struct exim_asking asking = exim_asking_of(host, facts);
    struct command_result result;
    char words[400];
    bool ok;

    ok = exim_run(&asking, version, &result, e);
    strings_free(&asking.options);
    if (!ok) {
        e->code = ERR_MTA_RELOAD_FAILED;
        return false;
    }
    ok = result.status == 0;
    exim_words(&result, words, sizeof words);
    command_result_free(&result);
    if (ok)
        return true;
    fail(e, ERR_MTA_RELOAD_FAILED, "Exim does not read its configuration: %.380s", words);
    return error_next(e, "%s -bV", exim_value(&facts->instances[0], ".program"));
}

bool exim_do(struct host *host, const char *const *argv, struct error *e)
{
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    char words[300];
    int status;

    if (!host_run(host, &command, &result, e)) {
        e->code = ERR_MTA_RELOAD_FAILED;
        return false;
    }
    status = result.status;
    exim_words(&result, words, sizeof words);
    command_result_free(&result);
    return status == 0 || fail(e, ERR_MTA_RELOAD_FAILED, "\"%.60s\" ended with status %d: %.280s",
                               argv[0], status, words);
}

/* As it was started, but not in the foreground: nobody would wait for it. */
static bool start_again(struct host *host, const struct mta_instance *was, struct error *e)
{
    const char *unit = exim_value(was, ".unit"), *command = exim_value(was, ".command");
    const char *const by_unit[] = {"systemctl", "restart", unit, NULL};
    const char *argv[EXIM_ARGUMENTS_MAX] = {NULL};
    struct cursor c = cursor_of(command, strlen(command)), line;
    struct strings words = {0};
    char one[512];
    bool ok;

    if (unit[0] != '\0')
        return exim_do(host, by_unit, e);
    while (words.count + 1 < EXIM_ARGUMENTS_MAX && cursor_line(&c, &line))
        if (cursor_copy(&line, one, sizeof one))
            strings_add(&words, str_equal(one, "-bdf") ? "-bd" : one);
    for (size_t i = 0; i < words.count; i++)
        argv[i] = words.v[i];
    ok = words.count > 0 ? exim_do(host, argv, e)
                         : fail(e, ERR_MTA_RELOAD_FAILED, "it is not known how Exim was started");
    strings_free(&words);
    return ok;
}

static void instance_clear(struct mta_instance *instance)
{
    for (size_t i = 0; i < instance->setting_count; i++) {
        free(instance->settings[i].raw);
        free(instance->settings[i].value);
    }
    free(instance->settings);
}

/* The pid as it is now: HUP keeps it, a restart does not. */
static bool look_for_pid(struct host *host, char *pid, size_t size)
{
    struct mta_instance now = {0};
    bool up;

    exim_find_daemon(host, &now);
    up = now.running;
    str_cut(pid, size, exim_value(&now, ".pid"));
    instance_clear(&now);
    return up;
}

bool exim_activate(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                   struct error *e)
{
    const struct mta_instance *was = &facts->instances[0];
    char pid[24];
    const char *const hangup[] = {"kill", "-HUP", pid, NULL};
    bool ok;

    (void)edits; /* a daemon that lives reads everything anew on HUP */
    if (!is_sound(host, facts, e))
        return error_what(e, "cannot make the change of Exim live");
    if (look_for_pid(host, pid, sizeof pid))
        ok = exim_do(host, hangup, e);
    else
        ok = start_again(host, was, e);
    return ok || error_what(e, "cannot make the change of Exim live");
}

/* A daemon that dies of what it has read does so at once, or is a zombie: it is looked at twice. */
bool exim_alive(struct host *host, const struct mta_facts *facts, const struct mta_edits *edits,
                struct error *e)
{
    char pid[24];
    bool up = false;

    (void)edits; /* there is one daemon */
    for (int i = 0; i < UP_TRIES && !up; i++) {
        if (i > 0)
            sleep_ms(STEP_MS);
        up = look_for_pid(host, pid, sizeof pid);
    }
    if (up) {
        sleep_ms(SETTLE_MS);
        up = look_for_pid(host, pid, sizeof pid);
    }
    if (up)
        return true;
    fail(e, ERR_MTA_RELOAD_FAILED, "there is no Exim daemon any more");
    (void)error_next(e, "%s -bV && %s -bd -q30m", exim_value(&facts->instances[0], ".program"),
                     exim_value(&facts->instances[0], ".program"));
    return error_what(e, "Exim is down");
}
