/* host.c - one way to call whatever machine is behind a struct host. */
#include "agent/net/host.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

#define ROUTE_TIMEOUT_MS 5000

void host_free(struct host *host)
{
    if (host)
        host->ops->free(host);
}

bool host_read(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    return host->ops->read(host, path, out, e);
}

bool host_look(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    struct error refused;

    if (host_read(host, path, out, &refused))
        return true;
    if (refused.code != ERR_NO_INPUT) {
        *e = refused;
        return false;
    }
    *out = (struct host_file){.path = mem_text(path),
                              .target = mem_text(path),
                              .text = mem_text(""),
                              .digest = {HOST_ABSENT}};
    return true;
}

bool host_is_absent(const struct host_file *file)
{
    return str_equal(file->digest.hex, HOST_ABSENT);
}

void host_file_free(struct host_file *file)
{
    if (!file)
        return;
    free(file->path);
    free(file->target);
    free(file->text);
    *file = (struct host_file){0};
}

bool host_replace(struct host *host, const struct host_file *old, const char *text, size_t length,
                  struct error *e)
{
    return host->ops->replace(host, old, text, length, e);
}

bool host_make_stage(struct host *host, const char *beside, char *path, size_t size,
                     struct error *e)
{
    return host->ops->make_stage(host, beside, path, size, e);
}

bool host_put(struct host *host, const char *path, const char *text, size_t length, struct error *e)
{
    return host->ops->put(host, path, text, length, e);
}

bool host_remove_stage(struct host *host, const char *path, struct error *e)
{
    return host->ops->remove_stage(host, path, e);
}

void host_prefix(const struct host *host, char *out, size_t size)
{
    str_format(out, size, HOST_HIDDEN "%s%s", host->mark, host->mark[0] ? "-" : "");
}

bool host_temporary(const struct host *host, char *out, size_t size, struct error *e)
{
    char prefix[HOST_PREFIX_MAX];
    unsigned long long random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return fail(e, ERR_SYSTEM, "no random numbers: %s", strerror(errno));
    host_prefix(host, prefix, sizeof prefix);
    str_format(out, size, "%s%016llx", prefix, random);
    return true;
}

bool host_sweep(struct host *host, const char *folder, struct error *e)
{
    char prefix[HOST_PREFIX_MAX];

    host_prefix(host, prefix, sizeof prefix);
    return !host->mark[0] || host->ops->sweep(host, folder, prefix, e);
}

bool host_run(struct host *host, const struct command *command, struct command_result *out,
              struct error *e)
{
    assert(command->argv && command->argv[0] && command->timeout_ms > 0);
    return host->ops->run(host, command, out, e);
}

void command_result_free(struct command_result *result)
{
    if (!result)
        return;
    buf_free(&result->out);
    buf_free(&result->err);
    result->status = 0;
}

bool host_is_locked(struct host *host, const char *path, bool *locked, struct error *e)
{
    return host->ops->is_locked(host, path, locked, e);
}

bool host_is_root(struct host *host)
{
    return host->ops->is_root(host);
}

/* "198.41.0.4 via 203.0.113.1 dev e0 src 203.0.113.25 uid 0": ip-route(8). */
static bool parse_route(const char *text, size_t length, struct ip *out)
{
    struct cursor c = cursor_of(text, length), word;
    char copy[64];
    bool src = false;

    while (cursor_word(&c, &word)) {
        if (!cursor_copy(&word, copy, sizeof copy))
            copy[0] = '\0';
        if (src)
            return ip_parse(copy, out);
        src = str_equal(copy, "src");
    }
    return false;
}

bool host_source(struct host *host, const struct ip *towards, struct ip *out)
{
    struct ip_text far = ip_text(towards);
    const char *const argv[] = {"ip", "-o", "route", "get", far.s, NULL};
    struct command command = {.argv = argv, .timeout_ms = ROUTE_TIMEOUT_MS};
    struct command_result result;
    struct error ignored;
    bool found;

    if (host->ops->source != NULL)
        return host->ops->source(host, towards, out);
    if (!host_run(host, &command, &result, &ignored))
        return false;
    found = result.status == 0 && parse_route(buf_string(&result.out), result.out.length, out);
    command_result_free(&result);
    return found;
}

bool host_refused(struct error *e, int number, const char *path, bool root)
{
    bool rights = number == EACCES || number == EPERM;

    if (rights && !root)
        return fail(e, ERR_ROOT_NEEDED, "%.200s: %s", path, strerror(number));
    if (number == EROFS)
        return fail(e, ERR_SYSTEM, "%.200s is on a file system that is mounted read-only", path);
    if (number == ENOENT || number == ENOTDIR)
        return fail(e, ERR_NO_INPUT, "%.200s: %s", path, strerror(number));
    return fail(e, ERR_SYSTEM, "%.200s: %s", path, strerror(number));
}
