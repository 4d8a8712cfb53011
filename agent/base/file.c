/* file.c - own files: read within a limit, replaced atomically, appended durably, locked. */
#include "agent/base/file.h"

#include "agent/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 32768, TEMP_TRIES = 100, HOLDER_MAX = 200 };

/* The folder that a path is in: "/a/b" is in "/a", "/a" in "/", "a" in ".". */
static bool folder_of(const char *path, struct file_path *folder)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash == NULL ? 0 : (size_t)(slash - path);
    struct cursor part = cursor_of(path, length == 0 ? (slash != NULL) : length);

    if (slash == NULL)
        return str_copy(folder->s, sizeof folder->s, ".");
    errno = ENAMETOOLONG;
    return cursor_copy(&part, folder->s, sizeof folder->s);
}

/* What shows, or mends, why nothing can be written at this path. */
static void next_for(int reason, const char *path, struct error *e)
{
    struct file_path folder;
    char quoted[sizeof e->next];

    if (!folder_of(path, &folder))
        return;
    str_shell_quote(quoted, sizeof quoted, reason == EEXIST ? path : folder.s);
    if (quoted[0] == '\0') /* too long to be typed */
        return;
    if (reason == ENOSPC || reason == EDQUOT)
        error_next(e, "df %s   # make room, then the same command again", quoted);
    else if (reason == ENOENT)
        error_next(e, "mkdir -p %s   # then the same command again", quoted);
    else if (reason == EROFS)
        error_next(e, "findmnt --target %s", quoted);
    else
        error_next(e, "ls -ld %s", quoted);
}

static bool fail_errno(struct error *e, enum err code, const char *what, const char *path)
{
    const int reason = errno;

    fail(e, code, "%s", strerror(reason));
    if (code == ERR_CANNOT_CREATE)
        next_for(reason, path, e);
    return error_what(e, "cannot %s %s", what, path);
}

static ssize_t read_again(int fd, char *data, size_t length)
{
    ssize_t got;

    do
        got = read(fd, data, length);
    while (got < 0 && errno == EINTR);
    return got;
}

static bool read_all(int fd, struct buf *out)
{
    char chunk[CHUNK];
    ssize_t got = 0;

    while (buf_ok(out) && (got = read_again(fd, chunk, sizeof chunk)) > 0)
        buf_add(out, chunk, (size_t)got);
    return got >= 0;
}

/* Put a buffer back to the length that it had. */
static void give_back(struct buf *out, size_t length)
{
    out->length = length;
    out->bad = false;
    if (out->data != NULL)
        out->data[length] = '\0';
}

static bool read_open_file(int fd, const char *path, struct buf *out, struct error *e)
{
    struct stat st;
    size_t before = out->length;
    bool ok = false;

    if (fstat(fd, &st) != 0)
        return fail_errno(e, ERR_NO_INPUT, "read", path);
    if (!S_ISREG(st.st_mode))
        fail(e, ERR_NO_INPUT, "it is not a regular file");
    else if (!read_all(fd, out))
        fail(e, ERR_NO_INPUT, "%s", strerror(errno));
    else if (!buf_ok(out))
        fail(e, ERR_LIMIT_EXCEEDED, "it is larger than %zu bytes", out->ceiling - before);
    else
        ok = true;
    if (ok)
        return true;
    give_back(out, before);
    return error_what(e, "cannot read %s", path);
}

bool file_read(const char *path, struct buf *out, struct error *e)
{
    /* Without O_NONBLOCK a FIFO would hold us up before we can see that it is one. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0)
        return fail_errno(e, ERR_NO_INPUT, "read", path);
    bool ok = read_open_file(fd, path, out, e);
    close(fd);
    return ok;
}

static bool write_all(int fd, const char *data, size_t length)
{
    while (length > 0) {
        ssize_t put = write(fd, data, length);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        data += put;
        length -= (size_t)put;
    }
    return true;
}

/* Make the entries of the folder around a path durable. False with errno. */
static bool sync_folder(const char *path)
{
    struct file_path folder;

    if (!folder_of(path, &folder))
        return false;
    int fd = open(folder.s, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    /* Some file systems cannot sync folders and say EINVAL: nothing more can be done there. */
    bool ok = fsync(fd) == 0 || errno == EINVAL;
    int why = errno;
    close(fd);
    errno = why;
    return ok;
}

/* Make what was written durable, with this mode whatever the umask, and close it. */
static bool finish_and_close(int fd, mode_t mode)
{
    bool ok = fchmod(fd, mode) == 0 && fsync(fd) == 0;
    int why = errno;

    if (close(fd) != 0 && ok)
        return false;
    errno = why;
    return ok;
}

/* A new file next to path; a name that is taken, also by a symbolic link, is left alone. */
static int open_temp(const char *path, struct file_path *temp)
{
    const char *slash = strrchr(path, '/');
    int folder = slash == NULL ? 0 : (int)(slash - path + 1);
    int fd = -1;

    for (int i = 0; i < TEMP_TRIES && fd < 0; i++) {
        int length = snprintf(temp->s, sizeof temp->s, "%.*s.%s.%ld.%d.tmp", folder, path,
                              path + folder, (long)getpid(), i);

        if (length < 0 || (size_t)length >= sizeof temp->s) {
            errno = ENAMETOOLONG;
            return -1;
        }
        fd = open(temp->s, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0 && errno != EEXIST)
            return -1;
    }
    return fd;
}

/* What may be replaced is a regular file or nothing: never /dev/null, never a link. */
static bool may_replace(const char *path, struct error *e)
{
    struct stat st;

    if (lstat(path, &st) != 0 || S_ISREG(st.st_mode))
        return true;
    fail(e, ERR_CANNOT_CREATE, "it is %s",
         S_ISLNK(st.st_mode)   ? "a symbolic link: name the file itself"
         : S_ISDIR(st.st_mode) ? "a folder"
                               : "not a regular file");
    next_for(EEXIST, path, e);
    return error_what(e, "cannot write %s", path);
}

bool file_draft_open(struct file_draft *draft, const char *path, struct error *e)
{
    draft->path = path;
    if (!may_replace(path, e))
        return false;
    draft->fd = open_temp(path, &draft->temp);
    return draft->fd >= 0 || fail_errno(e, ERR_CANNOT_CREATE, "write", path);
}

bool file_draft_add(struct file_draft *draft, const void *data, size_t length, struct error *e)
{
    return write_all(draft->fd, data, length) ||
           fail_errno(e, ERR_CANNOT_CREATE, "write", draft->path);
}

void file_draft_drop(struct file_draft *draft)
{
    close(draft->fd);
    unlink(draft->temp.s);
}

bool file_draft_keep(struct file_draft *draft, mode_t mode, struct error *e)
{
    if (!finish_and_close(draft->fd, mode) || rename(draft->temp.s, draft->path) != 0) {
        fail_errno(e, ERR_CANNOT_CREATE, "write", draft->path);
        unlink(draft->temp.s);
        return false;
    }
    if (!sync_folder(draft->path))
        return fail_errno(e, ERR_CANNOT_CREATE, "sync the folder of", draft->path);
    return true;
}

bool file_replace(const char *path, const void *data, size_t length, mode_t mode, struct error *e)
{
    struct file_draft draft;

    if (!file_draft_open(&draft, path, e))
        return false;
    if (file_draft_add(&draft, data, length, e))
        return file_draft_keep(&draft, mode, e);
    file_draft_drop(&draft);
    return false;
}

bool file_create(const char *path, const void *data, size_t length, mode_t mode, struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0)
        return fail_errno(e, ERR_CANNOT_CREATE, "create", path);
    const bool written = write_all(fd, data, length);
    if (!finish_and_close(fd, mode) || !written || !sync_folder(path)) {
        fail_errno(e, ERR_CANNOT_CREATE, "create", path);
        unlink(path);
        return false;
    }
    return true;
}

/* All of it or nothing: a part that got in before the disk was full is taken back. */
static bool append_whole(int fd, const void *data, size_t length)
{
    struct stat st;

    if (fstat(fd, &st) != 0)
        return false;
    if (write_all(fd, data, length) && fsync(fd) == 0)
        return true;
    int why = errno;
    if (ftruncate(fd, st.st_size) == 0)
        fsync(fd);
    errno = why;
    return false;
}

bool file_append(const char *path, const void *data, size_t length, struct error *e)
{
    int fd = open(path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return file_create(path, data, length, 0600, e);
    if (fd < 0)
        return fail_errno(e, ERR_CANNOT_CREATE, "write", path);
    bool ok = append_whole(fd, data, length) || fail_errno(e, ERR_CANNOT_CREATE, "write", path);
    close(fd);
    return ok;
}

static bool is_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool make_one_folder(const char *path, mode_t mode, struct error *e)
{
    if (is_folder(path))
        return true;
    if (mkdir(path, mode) == 0 && chmod(path, mode) == 0 && sync_folder(path))
        return true;
    if (errno == EEXIST && is_folder(path)) /* somebody else was faster */
        return true;
    return fail_errno(e, ERR_CANNOT_CREATE, "make the folder", path);
}

bool file_make_folder(const char *path, mode_t mode, struct error *e)
{
    struct file_path part = {""};

    if (!str_copy(part.s, sizeof part.s, path)) {
        errno = ENAMETOOLONG;
        return fail_errno(e, ERR_CANNOT_CREATE, "make the folder", path);
    }
    for (char *p = part.s + 1; part.s[0] != '\0' && *p != '\0'; p++) {
        if (*p != '/')
            continue;
        *p = '\0';
        if (!make_one_folder(part.s, mode, e))
            return false;
        *p = '/';
    }
    return make_one_folder(part.s, mode, e);
}

bool file_folder_is_safe(const char *path, struct error *e)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return fail_errno(e, ERR_CANNOT_CREATE, "look at", path);
    if ((st.st_uid == geteuid() || st.st_uid == 0) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return true;
    fail(e, ERR_CANNOT_CREATE, "others may write there: it is of user %u, with mode %04o",
         (unsigned)st.st_uid, (unsigned)st.st_mode & 07777);
    error_what(e, "cannot trust the folder %s", path);
    return error_next(
        e, "chown %u %s && chmod 700 %s   # once it is sure that nothing foreign is in it",
        (unsigned)geteuid(), path, path);
}

/* What the holder of a lock wrote, made printable; "" when it wrote nothing. */
static void read_holder(int fd, char *dst, size_t size)
{
    char raw[HOLDER_MAX];
    ssize_t got = read_again(fd, raw, sizeof raw);

    while (got > 0 && raw[got - 1] == '\n')
        got--;
    str_printable(dst, size, raw, got > 0 ? (size_t)got : 0);
}

static bool fail_locked(int fd, const char *path, struct error *e)
{
    char holder[HOLDER_MAX * 2];

    read_holder(fd, holder, sizeof holder);
    fail(e, ERR_LOCKED, "another run holds it%s%s", holder[0] == '\0' ? "" : ": ", holder);
    return error_what(e, "cannot lock %s", path);
}

static bool write_holder(int fd, const char *holder)
{
    return ftruncate(fd, 0) == 0 && write_all(fd, holder, strlen(holder)) && write_all(fd, "\n", 1);
}

bool file_lock(const char *path, const char *holder, int *fd, struct error *e)
{
    int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (lock < 0)
        return fail_errno(e, ERR_CANNOT_CREATE, "lock", path);
    if (flock(lock, LOCK_EX | LOCK_NB) == 0 && write_holder(lock, holder)) {
        *fd = lock;
        return true;
    }
    if (errno == EWOULDBLOCK)
        fail_locked(lock, path, e);
    else
        fail_errno(e, ERR_CANNOT_CREATE, "lock", path);
    close(lock);
    return false;
}
