/* host_local.c - this machine: its files, and who we are on it. */
#include "agent/net/host_local.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "agent/base/mem.h"
#include "agent/base/str.h"

/* Older than the two seconds that Postfix waits for. */
#define BACK_DATE_S 5

bool host_local_refused(struct error *e, int number, const char *path)
{
    return host_refused(e, number, path, geteuid() == 0);
}

void host_local_back_date(int fd)
{
    struct timespec times[2];

    if (clock_gettime(CLOCK_REALTIME, &times[1]) != 0)
        return;
    times[1].tv_sec -= BACK_DATE_S;
    times[0] = times[1];
    /* Only a matter of speed: a file that keeps its true time is waited for. */
    (void)futimens(fd, times);
}

bool host_local_write(int fd, const char *text, size_t length, struct error *e)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = write(fd, text + done, length - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(e, ERR_SYSTEM, "cannot write: %s", strerror(n < 0 ? errno : EIO));
        done += (size_t)n;
    }
    host_local_back_date(fd);
    if (fsync(fd) != 0)
        return fail(e, ERR_SYSTEM, "cannot write to the disk: %s", strerror(errno));
    return true;
}

bool host_local_read_fd(int fd, struct buf *out, struct error *e)
{
    char piece[16384];
    struct stat st;
    ssize_t n;

    if (fstat(fd, &st) != 0)
        return fail(e, ERR_SYSTEM, "%s", strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(e, ERR_SYSTEM, "it is no regular file");
    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(e, ERR_SYSTEM, "%s", strerror(errno));
        buf_add(out, piece, (size_t)n);
        if (!buf_ok(out))
            return fail(e, ERR_LIMIT_EXCEEDED, "it is larger than %zu bytes", out->ceiling);
    }
    return true;
}

/* The name of the very file that is open, symbolic links followed. */
static bool target_of(const char *path, int fd, char target[PATH_MAX], struct error *e)
{
    struct stat opened, named;

    if (!realpath(path, target) || stat(target, &named) != 0 || fstat(fd, &opened) != 0)
        return host_local_refused(e, errno, path);
    if (opened.st_dev != named.st_dev || opened.st_ino != named.st_ino)
        return fail(e, ERR_CONFLICT, "%.200s was replaced while it was read", path);
    return true;
}

static bool local_read(struct host *host, const char *path, struct host_file *out, struct error *e)
{
    /* Not blocking: a FIFO in place of the file must not hold us up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct buf text = BUF_INIT(HOST_FILE_MAX);
    char target[PATH_MAX];
    bool ok;

    (void)host;
    if (fd < 0) {
        (void)host_local_refused(e, errno, path);
        return error_what(e, "cannot read %.200s", path);
    }
    ok = target_of(path, fd, target, e) && host_local_read_fd(fd, &text, e);
    close(fd);
    if (!ok) {
        buf_free(&text);
        return error_what(e, "cannot read %.200s", path);
    }
    *out = (struct host_file){.path = mem_text(path), .target = mem_text(target)};
    out->length = text.length;
    out->text = buf_take(&text);
    out->digest = digest_of(out->text, out->length);
    return true;
}

static bool local_make_stage(struct host *host, const char *beside, char *path, size_t size,
                             struct error *e)
{
    const char *slash = strrchr(beside, '/');
    int folder = slash ? (int)(slash - beside) : 1;
    char made[PATH_MAX], prefix[HOST_PREFIX_MAX];
    int n;

    host_prefix(host, prefix, sizeof prefix);
    n = snprintf(made, sizeof made, "%.*s/%sXXXXXX", folder, slash ? beside : ".", prefix);
    if (n < 0 || (size_t)n >= sizeof made || (size_t)n >= size)
        return fail(e, ERR_SYSTEM, "the name of the folder beside %.200s is too long", beside);
    if (!mkdtemp(made)) {
        (void)host_local_refused(e, errno, beside);
        return error_what(e, "cannot make a folder beside %.200s", beside);
    }
    return str_copy(path, size, made);
}

static bool local_put(struct host *host, const char *path, const char *text, size_t length,
                      struct error *e)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    bool ok;

    (void)host;
    if (fd < 0) {
        (void)host_local_refused(e, errno, path);
        return error_what(e, "cannot write %.200s", path);
    }
    ok = host_local_write(fd, text, length, e);
    close(fd);
    return ok || error_what(e, "cannot write %.200s", path);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static bool local_remove_stage(struct host *host, const char *path, struct error *e)
{
    const char *slash = strrchr(path, '/');

    (void)host;
    /* What was not made by local_make_stage is never removed. */
    if (!str_starts(slash ? slash + 1 : path, HOST_HIDDEN))
        return fail(e, ERR_INTERNAL, "%.200s is not a staging folder", path);
    if (nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
        return true;
    (void)host_local_refused(e, errno, path);
    return error_what(e, "cannot remove %.200s", path);
}

static bool local_sweep(struct host *host, const char *folder, const char *prefix, struct error *e)
{
    DIR *all = opendir(folder);
    const struct dirent *entry;
    char path[PATH_MAX];
    bool ok = true;

    (void)host;
    if (all == NULL)
        return errno == ENOENT || host_local_refused(e, errno, folder);
    while (ok && (entry = readdir(all)) != NULL) {
        str_format(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (str_starts(entry->d_name, prefix))
            ok = local_remove_stage(host, path, e);
    }
    closedir(all);
    return ok;
}

/* A record lock of another process; flock does not see those. */
static bool record_locked(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

static bool local_is_locked(struct host *host, const char *path, bool *locked, struct error *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    bool ok = true;

    (void)host;
    if (fd < 0 && errno == ENOENT) {
        *locked = false;
        return true;
    }
    if (fd < 0)
        return host_local_refused(e, errno, path);
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        *locked = record_locked(fd);
    else if (errno == EWOULDBLOCK)
        *locked = true;
    else
        ok = host_local_refused(e, errno, path);
    close(fd); /* gives the lock back */
    return ok;
}

static bool local_is_root(struct host *host)
{
    (void)host;
    return geteuid() == 0;
}

/* Connecting a datagram socket looks for a route and sends nothing. */
static bool local_source(struct host *host, const struct ip *towards, struct ip *out)
{
    struct sockaddr_storage sa;
    socklen_t length = ip_to_sockaddr(towards, 25, &sa);
    int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok;

    (void)host;
    if (fd < 0)
        return false;
    ok = connect(fd, (struct sockaddr *)&sa, length) == 0;
    length = sizeof sa;
    ok = ok && getsockname(fd, (struct sockaddr *)&sa, &length) == 0 &&
         ip_from_sockaddr((struct sockaddr *)&sa, out);
    close(fd);
    return ok;
}

static void local_free(struct host *host)
{
    free(host);
}

static const struct host_ops local_ops = {
    .read = local_read,
    .replace = host_local_replace,
    .make_stage = local_make_stage,
    .put = local_put,
    .remove_stage = local_remove_stage,
    .sweep = local_sweep,
    .run = host_local_run,
    .is_locked = local_is_locked,
    .is_root = local_is_root,
    .source = local_source,
    .free = local_free,
};

struct host *host_local(void)
{
    struct host *host = mem_new(1, sizeof *host);

    host->ops = &local_ops;
    str_cut(host->title, sizeof host->title, "this machine");
    return host;
}
