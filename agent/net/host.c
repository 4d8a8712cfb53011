/* host.c - one way to call whatever machine is behind a struct host. */
#include "agent/net/host.h"

#include <assert.h>
#include <stdlib.h>

void host_free(struct host *host)
{
    if (host)
        host->ops->free(host);
}

bool host_read(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    return host->ops->read(host, path, out, e);
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
