/*
 * host.h - the machine that a mail server runs on: read a file, replace a
 * file, run a program. This one, or another one over SSH, behind one struct.
 */
#ifndef NAMESAKE_NET_HOST_H
#define NAMESAKE_NET_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/buf.h"
#include "agent/base/digest.h"
#include "agent/base/error.h"
#include "agent/base/ip.h"

#define HOST_FILE_MAX (1U << 20)   /* bytes of a configuration file */
#define HOST_OUTPUT_MAX (1U << 20) /* bytes of a program's output */

struct host;

/* A program to run: an argument vector, never a shell line. */
struct command {
    const char *const *argv; /* NULL-terminated; argv[0] is searched in the system's sbin and bin */
    const char *input;       /* for its standard input; NULL: none */
    uint32_t timeout_ms;     /* then it is killed, and that is ERR_TIMEOUT; never 0 */
};

struct command_result {
    int status; /* exit status, 128 + signal when killed by one */
    struct buf out, err;
};

/* A file as it was read: its text and what identifies that very state. */
struct host_file {
    char *path;   /* as asked for */
    char *target; /* the file itself, symbolic links followed */
    char *text;
    size_t length;
    struct digest digest; /* HOST_ABSENT: there is no such file; the text is empty then */
};

#define HOST_ABSENT "absent"

struct host_ops {
    bool (*read)(struct host *, const char *path, struct host_file *out, struct error *);
    bool (*replace)(struct host *, const struct host_file *old, const char *text, size_t length,
                    struct error *);
    bool (*make_stage)(struct host *, const char *beside, char *path, size_t size, struct error *);
    bool (*put)(struct host *, const char *path, const char *text, size_t length, struct error *);
    bool (*remove_stage)(struct host *, const char *path, struct error *);
    bool (*sweep)(struct host *, const char *folder, const char *prefix, struct error *);
    bool (*run)(struct host *, const struct command *, struct command_result *, struct error *);
    bool (*is_locked)(struct host *, const char *path, bool *locked, struct error *);
    bool (*is_root)(struct host *);
    bool (*source)(struct host *, const struct ip *towards, struct ip *out); /* may be NULL */
    void (*free)(struct host *);
};

struct host {
    const struct host_ops *ops;
    char title[280]; /* "this machine", "root@out2.example.com" */
    char mark[64];   /* of the run at work, a part of the names of temporaries and stages; or "" */
};

#define HOST_HIDDEN ".namesake-"
#define HOST_PREFIX_MAX 80
#define HOST_TEMPORARY_MAX (HOST_PREFIX_MAX + 32)

/* How the names of temporaries and stages begin: hidden, and disabled in folders that are globbed. */
void host_prefix(const struct host *host, char *out, size_t size);

/* Such a name that nobody else has; of HOST_TEMPORARY_MAX bytes. */
bool host_temporary(const struct host *host, char *out, size_t size, struct error *e) MUST_USE;

/* This machine. The caller frees it with host_free. */
struct host *host_local(void);
void host_free(struct host *host);

/*
 * Read a regular file. ERR_NO_INPUT; ERR_ROOT_NEEDED when it may not be read; ERR_SYSTEM when it
 * is something else than a file; ERR_LIMIT_EXCEEDED past HOST_FILE_MAX.
 */
bool host_read(struct host *host, const char *path, struct host_file *out,
               struct error *e) MUST_USE;
void host_file_free(struct host_file *file);

/* As host_read, but that there is no such file is an answer: digest HOST_ABSENT. */
bool host_look(struct host *host, const char *path, struct host_file *out,
               struct error *e) MUST_USE;
bool host_is_absent(const struct host_file *file);

/*
 * Replace the file's content, provided that it still is what was read (else ERR_CONFLICT and
 * nothing is written): temporary in the same folder, same owner, mode, ACL and extended
 * attributes, fsync, rename, fsync of the folder. The target of a symbolic link is replaced, not
 * the link. A file with more than one name (hard links) is ERR_CONFLICT: a rename would part
 * them. The file looks some seconds old afterwards, because Postfix waits for that.
 * ERR_ROOT_NEEDED, ERR_SYSTEM (immutable, read-only, full); the old content stays in every case
 * of failure. A file that is absent is made (mode 0644, owner and group of its folder), unless it
 * is there by now; a text of NULL removes the file.
 */
bool host_replace(struct host *host, const struct host_file *old, const char *text, size_t length,
                  struct error *e) MUST_USE;

/*
 * A new private folder (mode 0700) beside a file, on the same file system; a new file in it (mode
 * 0600, looking some seconds old; an existing one is an error); and the folder removed with all
 * that is in it. Only what host_make_stage made is removed; gone already is fine.
 */
bool host_make_stage(struct host *host, const char *beside, char *path, size_t size,
                     struct error *e) MUST_USE;
bool host_put(struct host *host, const char *path, const char *text, size_t length,
              struct error *e) MUST_USE;
bool host_remove_stage(struct host *host, const char *path, struct error *e) MUST_USE;

/*
 * Remove from a folder the temporaries and stages of the run whose mark the host bears: what a
 * process of it that was killed, or cut off, has left. A replacement that is still under way
 * over there fails then, and the old file stays. Without a mark nothing is done.
 */
bool host_sweep(struct host *host, const char *folder, struct error *e) MUST_USE;

/*
 * Run a program: LC_ALL=C, PATH of the system, in "/", no terminal, no other descriptors. True
 * whatever its exit status; ERR_NO_INPUT when there is no such program, ERR_TIMEOUT when it had
 * to be killed, with its process group, ERR_LIMIT_EXCEEDED when its output is more than
 * HOST_OUTPUT_MAX; of standard error what is too long is dropped. A daemon that it leaves behind
 * is not waited for. The caller calls command_result_free.
 */
bool host_run(struct host *host, const struct command *command, struct command_result *out,
              struct error *e) MUST_USE;
void command_result_free(struct command_result *result);

/*
 * Whether somebody holds an exclusive lock (flock or fcntl) on a file: Postfix's proof of life. A
 * file that is not there is not locked. ERR_ROOT_NEEDED when we may not look.
 */
bool host_is_locked(struct host *host, const char *path, bool *locked, struct error *e) MUST_USE;

bool host_is_root(struct host *host);

/*
 * The address that the kernel would send from towards another one: its route. No packet is sent
 * (mta facts, section 6). False when there is no route, or it cannot be told.
 */
bool host_source(struct host *host, const struct ip *towards, struct ip *out) MUST_USE;

/*
 * For the files that implement a host: report what a system refused (an errno) when root was, or
 * was not, at work. ERR_ROOT_NEEDED where root could, ERR_NO_INPUT when there is no such file,
 * ERR_SYSTEM otherwise. Returns false.
 */
bool host_refused(struct error *e, int number, const char *path, bool root);

#endif
