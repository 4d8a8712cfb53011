/*
 * host_ssh.h - another machine over SSH; its files are shared by host_ssh*.c
 * only, but for host_ssh itself, which host_open.c knows.
 */
#ifndef NAMESAKE_NET_HOST_SSH_H
#define NAMESAKE_NET_HOST_SSH_H

#include "agent/net/host.h"
#include "agent/net/ssh.h"

/*
 * Log in to "[USER@]HOST[:PORT]" and see who we are there: root, somebody whom `sudo -n` makes
 * root, or somebody else. NULL on failure; the caller frees it with host_free. ERR_USAGE,
 * ERR_SSH_FAILED.
 */
struct host *host_ssh(const char *target, struct error *e);

struct host_ssh {
    struct host host;
    struct ssh_target target;
    struct ssh *ssh; /* opened anew for the next operation when it broke during the last one */
    int64_t lost_ms; /* when that was tried in vain, on clock_ms; 0: never */
    bool root, sudo;
};

/* An operation of host_ssh.sh. */
struct host_ssh_call {
    const char *const *words; /* its name and arguments; NULL-terminated */
    const char *const *more;  /* more arguments; NULL: none */
    const void *input;
    size_t length;
    uint32_t timeout_ms;
    size_t output_max;
};

/*
 * Run it. True whatever its status; the caller calls host_ssh_output_free. ERR_TIMEOUT,
 * ERR_SSH_FAILED, ERR_LIMIT_EXCEEDED.
 */
bool host_ssh_call(struct host_ssh *host, const struct host_ssh_call *call,
                   struct ssh_output *output, struct error *e) MUST_USE;
void host_ssh_output_free(struct ssh_output *output);

/* The operations of struct host_ops. */
bool host_ssh_read(struct host *host, const char *path, struct host_file *out,
                   struct error *e) MUST_USE;
bool host_ssh_replace(struct host *host, const struct host_file *old, const char *text,
                      size_t length, struct error *e) MUST_USE;
bool host_ssh_make_stage(struct host *host, const char *beside, char *path, size_t size,
                         struct error *e) MUST_USE;
bool host_ssh_put(struct host *host, const char *path, const char *text, size_t length,
                  struct error *e) MUST_USE;
bool host_ssh_remove_stage(struct host *host, const char *path, struct error *e) MUST_USE;
bool host_ssh_sweep(struct host *host, const char *folder, const char *prefix,
                    struct error *e) MUST_USE;
bool host_ssh_is_locked(struct host *host, const char *path, bool *locked,
                        struct error *e) MUST_USE;

/* The text of host_ssh.sh, built in. */
extern const char host_ssh_script[];

#endif
