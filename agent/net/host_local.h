/*
 * host_local.h - the parts of "this machine" that have a file of their own;
 * only host_local.c and they include it.
 */
#ifndef NAMESAKE_NET_HOST_LOCAL_H
#define NAMESAKE_NET_HOST_LOCAL_H

#include "agent/net/host.h"

/* The operations of struct host_ops, for this machine. */
bool host_local_run(struct host *host, const struct command *command, struct command_result *out,
                    struct error *e) MUST_USE;
bool host_local_replace(struct host *host, const struct host_file *old, const char *text,
                        size_t length, struct error *e) MUST_USE;

/* Read an open file whole within HOST_FILE_MAX; it must be a regular one. */
bool host_local_read_fd(int fd, struct buf *out, struct error *e) MUST_USE;

/* host_refused, for who we are here. Returns false. */
bool host_local_refused(struct error *e, int number, const char *path);

/*
 * Make a file look some seconds old: Postfix waits until a configuration file is one to two
 * seconds old before it trusts it (mta facts, section 2.12).
 */
void host_local_back_date(int fd);

/* Write all of it and sync it. */
bool host_local_write(int fd, const char *text, size_t length, struct error *e) MUST_USE;

#endif
