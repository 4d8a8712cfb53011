/*
 * file.h - files of our own: read whole within a limit, replaced atomically,
 * appended durably, locked.
 */
#ifndef NAMESAKE_BASE_FILE_H
#define NAMESAKE_BASE_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"

/* Append a regular file's content to out. ERR_NO_INPUT; ERR_LIMIT_EXCEEDED past out's ceiling. */
bool file_read(const char *path, struct buf *out, struct error *e) MUST_USE;

/*
 * Write a file whole: temporary in the same folder (O_EXCL, O_NOFOLLOW), fsync, rename, fsync of
 * the folder. Readers see the old content or the new, never a part. What exists and is not a
 * regular file (a symbolic link, /dev/stdout) is refused. The mode ignores umask; the owner is
 * the caller. ERR_CANNOT_CREATE.
 */
bool file_replace(const char *path, const void *data, size_t length, mode_t mode,
                  struct error *e) MUST_USE;

/* The same, written piece by piece: the file that is there stays until file_draft_keep. */
struct file_path {
    char s[PATH_MAX];
};

struct file_draft {
    const char *path; /* as given to file_draft_open; not owned */
    struct file_path temp;
    int fd;
};

/* ERR_CANNOT_CREATE each. What was opened is closed by file_draft_keep or file_draft_drop. */
bool file_draft_open(struct file_draft *draft, const char *path, struct error *e) MUST_USE;
bool file_draft_add(struct file_draft *draft, const void *data, size_t length,
                    struct error *e) MUST_USE;
bool file_draft_keep(struct file_draft *draft, mode_t mode, struct error *e) MUST_USE;
void file_draft_drop(struct file_draft *draft);

/* Write a new file and sync it and its folder; an existing one is ERR_CANNOT_CREATE. */
bool file_create(const char *path, const void *data, size_t length, mode_t mode,
                 struct error *e) MUST_USE;

/*
 * Append one piece and sync it, all or nothing; a missing file is made with mode 0600. Opens and
 * closes. ERR_CANNOT_CREATE.
 */
bool file_append(const char *path, const void *data, size_t length, struct error *e) MUST_USE;

/* Make a folder and its missing parents, mode as given; an existing one is fine. */
bool file_make_folder(const char *path, mode_t mode, struct error *e) MUST_USE;

/*
 * Only this user, or root, may write in the folder (a symbolic link is followed): what is found
 * there was put there by us. ERR_CANNOT_CREATE.
 */
bool file_folder_is_safe(const char *path, struct error *e) MUST_USE;

/*
 * Take an exclusive lock without waiting and write who holds it into the file, which is no
 * symbolic link. *fd is closed to release it. ERR_LOCKED, with what the holder wrote in the reason.
 */
bool file_lock(const char *path, const char *holder, int *fd, struct error *e) MUST_USE;

#endif
