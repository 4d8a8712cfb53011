/* fake_host.c - implements struct host on files in memory. */
#include "tests/support/fake_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

static struct fake_host *fake_of(struct host *host)
{
    return (struct fake_host *)host; /* it is the first member */
}

static struct fake_file *find(struct fake_host *fake, const char *path)
{
    for (size_t i = 0; i < fake->file_count; i++)
        if (str_equal(fake->files[i].path, path))
            return &fake->files[i];
    return NULL;
}

void fake_host_file(struct fake_host *fake, const char *path, const char *text)
{
    struct fake_file *file = find(fake, path);

    if (!file) {
        file = &fake->files[fake->file_count++];
        str_cut(file->path, sizeof file->path, path);
    }
    free(file->text);
    file->text = mem_text(text);
}

const char *fake_host_text(const struct fake_host *fake, const char *path)
{
    for (size_t i = 0; i < fake->file_count; i++)
        if (str_equal(fake->files[i].path, path))
            return fake->files[i].text;
    return NULL;
}

void fake_host_answer(struct fake_host *fake, const char *command, int status, const char *out,
                      const char *err)
{
    fake->answers[fake->answer_count++] =
        (struct fake_answer){.command = command, .status = status, .out = out, .err = err};
}

void fake_host_postfix(struct fake_host *fake, const char *main_cf, const char *master_cf)
{
    fake_host_file(fake, "/etc/postfix/main.cf", main_cf);
    fake_host_file(fake, "/etc/postfix/master.cf", master_cf);
}

static bool fake_read(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    struct fake_file *file = find(fake_of(host), path);

    if (!file)
        return fail(e, ERR_NO_INPUT, "%s: No such file or directory", path);
    if (!file->text)
        return fail(e, ERR_ROOT_NEEDED, "%s: Permission denied", path);
    *out = (struct host_file){
        .path = mem_text(path),
        .target = mem_text(path),
        .text = mem_text(file->text),
        .length = strlen(file->text),
        .digest = digest_of(file->text, strlen(file->text)),
    };
    return true;
}

static bool fake_replace(struct host *host, const struct host_file *old, const char *text,
                         size_t length, struct error *e)
{
    struct fake_file *file = find(fake_of(host), old->path);

    if (host_is_absent(old) && !file && text) {
        fake_host_file(fake_of(host), old->path, text);
        return true;
    }
    if (!file || !str_equal(digest_of(file->text, strlen(file->text)).hex, old->digest.hex))
        return fail(e, ERR_CONFLICT, "%s has changed", old->path);
    (void)length;
    if (text) {
        fake_host_file(fake_of(host), old->path, text);
        return true;
    }
    free(file->text);
    *file = fake_of(host)->files[--fake_of(host)->file_count];
    return true;
}

static bool fake_make_stage(struct host *host, const char *beside, char *path, size_t size,
                            struct error *e)
{
    const char *slash = strrchr(beside, '/');
    char *stage = fake_of(host)->stage;

    snprintf(stage, sizeof fake_of(host)->stage, "%.*s/.namesake-stage", (int)(slash - beside),
             beside);
    return str_copy(path, size, stage) || fail(e, ERR_SYSTEM, "too long");
}

static bool fake_put(struct host *host, const char *path, const char *text, size_t length,
                     struct error *e)
{
    (void)length;
    if (find(fake_of(host), path))
        return fail(e, ERR_SYSTEM, "%s: File exists", path);
    fake_host_file(fake_of(host), path, text);
    return true;
}

static bool fake_remove_stage(struct host *host, const char *path, struct error *e)
{
    struct fake_host *fake = fake_of(host);

    if (!str_equal(path, fake->stage))
        return fail(e, ERR_INTERNAL, "%s is no stage", path);
    for (size_t i = fake->file_count; i-- > 0;)
        if (str_starts(fake->files[i].path, path)) {
            free(fake->files[i].text);
            fake->files[i] = fake->files[--fake->file_count];
            fake->files[fake->file_count].text = NULL;
        }
    return true;
}

static bool fake_sweep(struct host *host, const char *folder, const char *prefix, struct error *e)
{
    (void)host;
    (void)folder;
    (void)prefix;
    (void)e;
    return true;
}

static bool canned(const struct fake_host *fake, const char *command, struct command_result *out)
{
    for (size_t i = 0; i < fake->answer_count; i++) {
        const struct fake_answer *a = &fake->answers[i];

        if (!str_starts(command, a->command))
            continue;
        out->status = a->status;
        buf_text(&out->out, a->out);
        buf_text(&out->err, a->err);
        return true;
    }
    return false;
}

static bool fake_run(struct host *host, const struct command *command, struct command_result *out,
                     struct error *e)
{
    struct fake_host *fake = fake_of(host);
    struct command_result r = {.out = BUF_INIT(HOST_OUTPUT_MAX), .err = BUF_INIT(HOST_OUTPUT_MAX)};
    size_t start = fake->log.length;

    for (size_t i = 0; command->argv[i]; i++)
        buf_printf(&fake->log, "%s%s", i > 0 ? " " : "", command->argv[i]);
    if (!canned(fake, buf_string(&fake->log) + start, &r) &&
        !fake_postfix_run(fake, command->argv, &r) && !fake_exim_run(fake, command->argv, &r)) {
        buf_char(&fake->log, '\n');
        return fail(e, ERR_NO_INPUT, "there is no program %s", command->argv[0]);
    }
    buf_char(&fake->log, '\n');
    *out = r;
    return true;
}

static bool fake_is_locked(struct host *host, const char *path, bool *locked, struct error *e)
{
    if (fake_of(host)->lock_refused)
        return fail(e, ERR_ROOT_NEEDED, "%s: Permission denied", path);
    *locked = fake_of(host)->locked;
    return true;
}

static bool fake_is_root(struct host *host)
{
    return fake_of(host)->root;
}

static void fake_free(struct host *host)
{
    struct fake_host *fake = fake_of(host);

    for (size_t i = 0; i < fake->file_count; i++)
        free(fake->files[i].text);
    buf_free(&fake->log);
    free(fake);
}

static const struct host_ops fake_ops = {
    .read = fake_read,
    .replace = fake_replace,
    .make_stage = fake_make_stage,
    .put = fake_put,
    .remove_stage = fake_remove_stage,
    .sweep = fake_sweep,
    .run = fake_run,
    .is_locked = fake_is_locked,
    .is_root = fake_is_root,
    .free = fake_free,
};

struct fake_host *fake_host_new(void)
{
    struct fake_host *fake = mem_new(1, sizeof *fake);

    fake->host.ops = &fake_ops;
    str_cut(fake->host.title, sizeof fake->host.title, "a fake machine");
    fake->hostname = "vm25";
    fake->locked = true;
    fake->root = true;
    fake->log = BUF_INIT(HOST_OUTPUT_MAX);
    return fake;
}
