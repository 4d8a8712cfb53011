/* host_ssh_files.c - the files of another machine; what it refused, in our own codes. */
#include "agent/net/host_ssh.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

#define FILE_MS 30000 /* for one operation; a file is at most HOST_FILE_MAX */

/* How tools and shells end the line that says why, with LC_ALL=C; dash has words of its own. */
static const struct {
    const char *text;
    int number;
} reasons[] = {
    {"No such file or directory", ENOENT},
    {"No such file", ENOENT},
    {"Directory nonexistent", ENOENT},
    {"Not a directory", ENOTDIR},
    {"Permission denied", EACCES},
    {"Operation not permitted", EPERM},
    {"Read-only file system", EROFS},
    {"No space left on device", ENOSPC},
    {"Disk quota exceeded", EDQUOT},
    {"File exists", EEXIST},
    {"Too many levels of symbolic links", ELOOP},
    {"Input/output error", EIO},
};

/* Statuses of host_ssh.sh from 10 on. */
static const struct {
    int status;
    enum err code;
    const char *why, *after; /* what the script said stands between them when there are two */
    const char *next;        /* before the file's name; NULL: nothing to type */
} statuses[] = {
    {10, ERR_SYSTEM, "it is no regular file", NULL, NULL},
    {11, ERR_CONFLICT, "it now leads to ", "", NULL},
    {12, ERR_CONFLICT, "somebody else has changed it in the meantime", NULL, NULL},
    {13, ERR_CONFLICT, "it has ", " names (hard links), and replacing it would part them",
     "find / -xdev -samefile "},
    {14, ERR_SYSTEM, "it is marked as not to be changed (chattr +i)", NULL, "chattr -i "},
    {15, ERR_SYSTEM, "it is marked as not to be changed (chattr +a)", NULL, "chattr -a "},
    {16, ERR_ROOT_NEEDED,
     "its owner, mode, label or access list cannot be kept (the last needs setfacl there)", NULL,
     NULL},
    {17, ERR_SSH_FAILED, "the new content did not arrive whole", NULL, NULL},
    {18, ERR_CONFLICT, "somebody else has replaced it in the meantime", NULL, NULL},
};

/* A command that root could type: as the one who logs in there, on that machine. */
static bool say_sudo(const struct host_ssh *host, struct error *e)
{
    const char *user = host->target.user;

    error_who(e, "root of %s: %s has to be root there, or use sudo without a password",
              host->target.host, user);
    error_next(e, "%s -t \"echo '%s ALL=(root) NOPASSWD: ALL' | sudo tee /etc/sudoers.d/namesake\"",
               ssh_target_command(&host->target).s, user);
    return error_next(e, "--ssh root@%s", host->target.host);
}

static int reason_number(const char *line)
{
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (str_ends(line, reasons[i].text))
            return reasons[i].number;
    return 0;
}

static bool fail_by_words(const struct host_ssh *host, const char *said, const char *path,
                          struct error *e)
{
    char line[512];
    size_t length = strlen(said);
    int number;

    while (length > 0 && (said[length - 1] == '\n' || said[length - 1] == ' '))
        length--;
    while (length > 0 && memchr(said, '\n', length)) {
        size_t first = strcspn(said, "\n") + 1;

        said += first;
        length -= first;
    }
    str_format(line, sizeof line, "%.*s", (int)(length < 500 ? length : 500), said);
    number = reason_number(line);
    if (number != 0)
        return host_refused(e, number, path, host->root);
    return fail(e, ERR_SYSTEM, "%.400s", line[0] ? line : "it gives no reason");
}

static bool fail_by_status(const struct host_ssh *host, const struct ssh_output *output,
                           const char *path, struct error *e)
{
    const char *said = buf_string(&output->err);

    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        if (statuses[i].status != output->status)
            continue;
        fail(e, statuses[i].code, "%s%.200s%s", statuses[i].why, statuses[i].after ? said : "",
             statuses[i].after ? statuses[i].after : "");
        return statuses[i].next && error_next(e, "%s%.200s", statuses[i].next, path);
    }
    return fail_by_words(host, said, path, e);
}

/* One operation on a file; what it is called, for the headline. */
static bool operate(struct host *base, const char *verb, const char *path,
                    const struct host_ssh_call *call, struct ssh_output *output, struct error *e)
{
    struct host_ssh *host = (struct host_ssh *)base;

    if (!host_ssh_call(host, call, output, e))
        return error_what(e, "cannot %s %.150s on %s", verb, path, base->title);
    if (output->status == 0)
        return true;
    (void)fail_by_status(host, output, path, e);
    host_ssh_output_free(output);
    if (e->code == ERR_ROOT_NEEDED)
        say_sudo(host, e);
    return error_what(e, "cannot %s %.150s on %s", verb, path, base->title);
}

bool host_ssh_read(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    char limit[32];
    const char *words[] = {"read", path, limit, NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = FILE_MS, .output_max = HOST_FILE_MAX + PATH_MAX + 2};
    struct ssh_output output;
    const char *text;
    size_t target;

    str_format(limit, sizeof limit, "%u", HOST_FILE_MAX + 1);
    if (!operate(host, "read", path, &call, &output, e))
        return false;
    target = strlen(buf_string(&output.out));
    if (target >= output.out.length || output.out.length - target - 1 > HOST_FILE_MAX) {
        fail(e, ERR_LIMIT_EXCEEDED, "it is larger than %u bytes", HOST_FILE_MAX);
        host_ssh_output_free(&output);
        return error_what(e, "cannot read %.150s on %s", path, host->title);
    }
    text = output.out.data + target + 1;
    *out = (struct host_file){.path = mem_text(path), .target = mem_text(output.out.data)};
    out->length = output.out.length - target - 1;
    out->text = mem_new(out->length + 1, 1);
    memcpy(out->text, text, out->length);
    out->digest = digest_of(out->text, out->length);
    host_ssh_output_free(&output);
    return true;
}

bool host_ssh_replace(struct host *host, const struct host_file *old, const char *text,
                      size_t length, struct error *e)
{
    const struct digest digest = text ? digest_of(text, length) : (struct digest){"none"};
    char name[HOST_TEMPORARY_MAX];
    const char *words[] = {"replace",  old->path, old->target, old->digest.hex,
                           digest.hex, name,      NULL};
    const struct host_ssh_call call = {.words = words,
                                       .input = text ? text : "",
                                       .length = text ? length : 0,
                                       .timeout_ms = FILE_MS,
                                       .output_max = PATH_MAX};
    struct ssh_output output;

    if (!host_temporary(host, name, sizeof name, e) ||
        !operate(host, "replace", old->target, &call, &output, e))
        return false;
    host_ssh_output_free(&output);
    return true;
}

bool host_ssh_make_stage(struct host *host, const char *beside, char *path, size_t size,
                         struct error *e)
{
    const char *slash = strrchr(beside, '/');
    char folder[PATH_MAX], prefix[HOST_PREFIX_MAX];
    const char *words[] = {"stage", folder, prefix, NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = FILE_MS, .output_max = PATH_MAX};
    struct ssh_output output;
    bool fits;

    str_format(folder, sizeof folder, "%.*s", slash ? (int)(slash - beside) : 1,
               slash ? beside : ".");
    host_prefix(host, prefix, sizeof prefix);
    if (!operate(host, "make a folder beside", beside, &call, &output, e))
        return false;
    if (output.out.length > 0 && output.out.data[output.out.length - 1] == '\n')
        output.out.data[--output.out.length] = '\0';
    fits = str_copy(path, size, buf_string(&output.out));
    host_ssh_output_free(&output);
    return fits || fail(e, ERR_SYSTEM, "the name of the folder beside %.200s is too long", beside);
}

bool host_ssh_put(struct host *host, const char *path, const char *text, size_t length,
                  struct error *e)
{
    const struct digest digest = digest_of(text, length);
    const char *words[] = {"put", path, digest.hex, NULL};
    const struct host_ssh_call call = {.words = words,
                                       .input = text,
                                       .length = length,
                                       .timeout_ms = FILE_MS,
                                       .output_max = PATH_MAX};
    struct ssh_output output;

    if (!operate(host, "write", path, &call, &output, e))
        return false;
    host_ssh_output_free(&output);
    return true;
}

bool host_ssh_remove_stage(struct host *host, const char *path, struct error *e)
{
    const char *slash = strrchr(path, '/');
    const char *words[] = {"remove", path, NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = FILE_MS, .output_max = PATH_MAX};
    struct ssh_output output;

    /* What was not made by host_ssh_make_stage is never removed. */
    if (!str_starts(slash ? slash + 1 : path, HOST_HIDDEN))
        return fail(e, ERR_INTERNAL, "%.200s is not a staging folder", path);
    if (!operate(host, "remove", path, &call, &output, e))
        return false;
    host_ssh_output_free(&output);
    return true;
}

bool host_ssh_sweep(struct host *host, const char *folder, const char *prefix, struct error *e)
{
    const char *words[] = {"sweep", folder, prefix, NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = FILE_MS, .output_max = PATH_MAX};
    struct ssh_output output;

    if (!operate(host, "tidy up", folder, &call, &output, e))
        return false;
    host_ssh_output_free(&output);
    return true;
}

bool host_ssh_is_locked(struct host *host, const char *path, bool *locked, struct error *e)
{
    const char *words[] = {"locked", path, NULL};
    const struct host_ssh_call call = {
        .words = words, .timeout_ms = FILE_MS, .output_max = PATH_MAX};
    struct ssh_output output;

    if (!operate(host, "look at", path, &call, &output, e)) {
        if (e->code != ERR_NO_INPUT)
            return false;
        *locked = false; /* a file that is not there is not locked */
        return true;
    }
    *locked = str_equal(buf_string(&output.out), "locked\n");
    host_ssh_output_free(&output);
    return true;
}
