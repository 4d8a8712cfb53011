/* host_replace.c - swap a file's content on this machine and keep everything else about it. */
#include "agent/net/host_local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/base/str.h"

#define ACL_NAME "system.posix_acl_access"

/* A replacement under way. Names are within the folder. */
struct swap {
    const struct host *host;
    const struct host_file *old;
    int folder, now, temporary;
    char name[NAME_MAX + 1];
    char temporary_name[HOST_TEMPORARY_MAX]; /* "" while there is none */
    struct stat st;                          /* of the file as it is */
};

static bool same_digest(const struct swap *swap, int fd, struct error *e)
{
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    struct digest digest;
    bool ok = host_local_read_fd(fd, &text, e);

    if (ok) {
        digest = digest_of(buf_string(&text), text.length);
        ok = strcmp(digest.hex, swap->old->digest.hex) == 0 ||
             fail(e, ERR_CONFLICT, "somebody else has changed it in the meantime");
    }
    buf_free(&text);
    return ok;
}

/* The path must still lead to the file that was read. */
static bool same_target(const struct host_file *old, struct error *e)
{
    char target[PATH_MAX];

    if (!realpath(old->path, target))
        return host_local_refused(e, errno, old->path);
    if (strcmp(target, old->target) != 0)
        return fail(e, ERR_CONFLICT, "%.200s now leads to %.200s", old->path, target);
    return true;
}

static bool open_folder(struct swap *swap, struct error *e)
{
    const char *target = swap->old->target, *slash = strrchr(target, '/');
    char folder[PATH_MAX];

    if (!slash || !str_copy(swap->name, sizeof swap->name, slash + 1))
        return fail(e, ERR_INTERNAL, "%.200s is no path of a file", target);
    snprintf(folder, sizeof folder, "%.*s/", (int)(slash - target), target);
    swap->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return swap->folder >= 0 || host_local_refused(e, errno, folder);
}

static bool open_now(struct swap *swap, struct error *e)
{
    const char *target = swap->old->target;

    swap->now =
        openat(swap->folder, swap->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (swap->now < 0 || fstat(swap->now, &swap->st) != 0)
        return host_local_refused(e, errno, target);
    return same_digest(swap, swap->now, e);
}

/*
 * A rename would part a file from its other names: they would keep the old content, and what
 * shall be one configuration would be two (mta facts, section 2.5).
 */
static bool only_name(const struct swap *swap, struct error *e)
{
    if (swap->st.st_nlink == 1)
        return true;
    fail(e, ERR_CONFLICT, "it has %lu names (hard links), and replacing it would part them",
         (unsigned long)swap->st.st_nlink);
    return error_next(e, "find / -xdev -samefile %.200s", swap->old->target);
}

static bool changeable(const struct swap *swap, struct error *e)
{
    int flags = 0;

    if (ioctl(swap->now, FS_IOC_GETFLAGS, &flags) != 0)
        return true; /* a file system without such flags */
    if (!(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
        return true;
    fail(e, ERR_SYSTEM, "it is marked as not to be changed (chattr +%c)",
         flags & FS_IMMUTABLE_FL ? 'i' : 'a');
    return error_next(e, "chattr -%c %.200s", flags & FS_IMMUTABLE_FL ? 'i' : 'a',
                      swap->old->target);
}

static bool open_temporary(struct swap *swap, struct error *e)
{
    if (!host_temporary(swap->host, swap->temporary_name, sizeof swap->temporary_name, e))
        return false;
    swap->temporary = openat(swap->folder, swap->temporary_name,
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (swap->temporary >= 0)
        return true;
    swap->temporary_name[0] = '\0';
    return host_local_refused(e, errno, swap->old->target);
}

/* Marks of the content itself, which the kernel makes anew (IMA, EVM). */
static bool is_of_content(const char *name)
{
    return str_equal(name, "security.ima") || str_equal(name, "security.evm");
}

static bool copy_xattr(int from, int to, const char *name, struct error *e)
{
    ssize_t size = fgetxattr(from, name, NULL, 0), had;
    char *value, *other;
    bool ok;

    if (size < 0)
        return errno == ENODATA || fail(e, ERR_SYSTEM, "%.100s: %s", name, strerror(errno));
    value = mem_new((size_t)size + 1, 1);
    other = mem_new((size_t)size + 1, 1);
    size = fgetxattr(from, name, value, (size_t)size);
    had = fgetxattr(to, name, other, (size_t)(size < 0 ? 0 : size));
    ok = size >= 0 && had == size && memcmp(value, other, (size_t)size) == 0;
    ok = ok || (size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) == 0) ||
         fail(e, ERR_SYSTEM, "cannot copy its attribute %.100s: %s", name, strerror(errno));
    free(value);
    free(other);
    return ok;
}

static bool copy_xattrs(const struct swap *swap, struct error *e)
{
    char *list = mem_new(XATTR_LIST_MAX, 1);
    ssize_t length = flistxattr(swap->now, list, XATTR_LIST_MAX);
    bool ok = true, acl = false;

    if (length < 0 && errno != ENOTSUP)
        ok = fail(e, ERR_SYSTEM, "cannot list its attributes: %s", strerror(errno));
    for (ssize_t at = 0; ok && at < length; at += (ssize_t)strlen(list + at) + 1) {
        acl = acl || str_equal(list + at, ACL_NAME);
        ok = is_of_content(list + at) || copy_xattr(swap->now, swap->temporary, list + at, e);
    }
    /* The folder's default ACL may have given the new file one that the old one does not have. */
    if (ok && !acl && fremovexattr(swap->temporary, ACL_NAME) != 0 && errno != ENODATA &&
        errno != ENOTSUP)
        ok = fail(e, ERR_SYSTEM, "cannot copy its access list: %s", strerror(errno));
    free(list);
    return ok;
}

/* The owner first: a change of owner takes set-id bits and capabilities away. */
static bool copy_metadata(const struct swap *swap, struct error *e)
{
    struct stat mine;

    if (fstat(swap->temporary, &mine) != 0)
        return fail(e, ERR_SYSTEM, "%s", strerror(errno));
    if ((mine.st_uid != swap->st.st_uid || mine.st_gid != swap->st.st_gid) &&
        fchown(swap->temporary, swap->st.st_uid, swap->st.st_gid) != 0)
        return host_local_refused(e, errno, swap->old->target) ||
               error_what(e, "cannot keep its owner");
    if (!copy_xattrs(swap, e))
        return false;
    if (fchmod(swap->temporary, swap->st.st_mode & 07777) != 0)
        return fail(e, ERR_SYSTEM, "cannot keep its mode: %s", strerror(errno));
    return true;
}

/* Just before the rename: the same file with the same content under the same name. */
static bool still_the_same(struct swap *swap, struct error *e)
{
    struct stat st;

    if (fstatat(swap->folder, swap->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return host_local_refused(e, errno, swap->old->target);
    if (st.st_ino != swap->st.st_ino || st.st_dev != swap->st.st_dev ||
        lseek(swap->now, 0, SEEK_SET) != 0)
        return fail(e, ERR_CONFLICT, "somebody else has replaced it in the meantime");
    return same_digest(swap, swap->now, e) && same_target(swap->old, e);
}

static bool rename_over(struct swap *swap, struct error *e)
{
    if (renameat(swap->folder, swap->temporary_name, swap->folder, swap->name) != 0)
        return host_local_refused(e, errno, swap->old->target);
    swap->temporary_name[0] = '\0';
    /* The new content is in place already; what is in doubt is only a power cut right now. */
    if (fsync(swap->folder) != 0)
        log_line(LOG_LEVEL_NORMAL, "warning %s: cannot sync its folder: %s", swap->old->target,
                 strerror(errno));
    return true;
}

/* The new content takes the place of the old one. */
static bool replace_with(struct swap *swap, const char *text, size_t length, struct error *e)
{
    return same_target(swap->old, e) && open_folder(swap, e) && open_now(swap, e) &&
           only_name(swap, e) && changeable(swap, e) && open_temporary(swap, e) &&
           copy_metadata(swap, e) && host_local_write(swap->temporary, text, length, e) &&
           still_the_same(swap, e) && rename_over(swap, e);
}

static bool sync_folder(const struct swap *swap, struct error *e)
{
    return fsync(swap->folder) == 0 || fail(e, ERR_SYSTEM, "%s", strerror(errno));
}

static bool own_as_folder(const struct swap *swap, struct error *e)
{
    struct stat st;

    if (fstat(swap->folder, &st) == 0 && fchown(swap->temporary, st.st_uid, st.st_gid) == 0 &&
        fchmod(swap->temporary, 0644) == 0)
        return true;
    return host_local_refused(e, errno, swap->old->target);
}

/* A link, not a rename: a file that has come into being meanwhile is not lost. */
static bool make(struct swap *swap, const char *text, size_t length, struct error *e)
{
    if (!open_folder(swap, e) || !open_temporary(swap, e) || !own_as_folder(swap, e) ||
        !host_local_write(swap->temporary, text, length, e))
        return false;
    if (linkat(swap->folder, swap->temporary_name, swap->folder, swap->name, 0) != 0)
        return errno == EEXIST ? fail(e, ERR_CONFLICT, "somebody else has made it in the meantime")
                               : host_local_refused(e, errno, swap->old->target);
    return sync_folder(swap, e);
}

static bool take_away(struct swap *swap, struct error *e)
{
    if (!same_target(swap->old, e) || !open_folder(swap, e) || !open_now(swap, e) ||
        !changeable(swap, e) || !still_the_same(swap, e))
        return false;
    if (unlinkat(swap->folder, swap->name, 0) != 0)
        return host_local_refused(e, errno, swap->old->target);
    return sync_folder(swap, e);
}

bool host_local_replace(struct host *host, const struct host_file *old, const char *text,
                        size_t length, struct error *e)
{
    struct swap swap = {.host = host, .old = old, .folder = -1, .now = -1, .temporary = -1};
    bool ok;

    if (text == NULL)
        ok = take_away(&swap, e);
    else if (host_is_absent(old))
        ok = make(&swap, text, length, e);
    else
        ok = replace_with(&swap, text, length, e);
    if (swap.temporary_name[0])
        (void)unlinkat(swap.folder, swap.temporary_name, 0);
    if (swap.temporary >= 0)
        close(swap.temporary);
    if (swap.now >= 0)
        close(swap.now);
    if (swap.folder >= 0)
        close(swap.folder);
    return ok || error_what(e, text == NULL ? "cannot remove %.200s" : "cannot replace %.200s",
                            old->target);
}
