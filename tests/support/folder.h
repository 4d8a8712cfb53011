/*
 * folder.h - a temporary folder for one test.
 */
#ifndef NAMESAKE_TESTS_SUPPORT_FOLDER_H
#define NAMESAKE_TESTS_SUPPORT_FOLDER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/support/unit.h"

struct folder {
    char path[64];
};

struct folder_path {
    char s[400];
};

static inline struct folder folder_new(void)
{
    struct folder folder = {"/tmp/namesake-test-XXXXXX"};

    ck_assert_ptr_nonnull(mkdtemp(folder.path));
    return folder;
}

/* The path of an entry. */
static inline struct folder_path in(const struct folder *folder, const char *name)
{
    struct folder_path path;

    snprintf(path.s, sizeof path.s, "%s/%s", folder->path, name);
    return path;
}

/* Write a file of this mode without any code under test. */
static inline void folder_write(const char *path, const char *text, size_t length, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, length), (ssize_t)length);
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

/* True when the file holds exactly this text. */
static inline bool folder_has(const char *path, const char *text)
{
    char content[1024] = "";
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof content - 1);

    if (fd >= 0)
        close(fd);
    return got >= 0 && strcmp(content, text) == 0;
}

static inline mode_t folder_mode(const char *path)
{
    struct stat st;

    ck_assert_int_eq(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static inline int folder_remove_one(const char *path, const struct stat *st, int type,
                                    struct FTW *place)
{
    (void)st;
    (void)type;
    (void)place;
    return remove(path);
}

static inline void folder_free(const struct folder *folder)
{
    nftw(folder->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
