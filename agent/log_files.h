/*
 * log_files.h - the logs of a host's mail server, for log_evidence.h: the files
 * where distributions and panels keep them, and the journal.
 */
#ifndef NAMESAKE_LOG_FILES_H
#define NAMESAKE_LOG_FILES_H

#include "agent/log_evidence.h"
#include "agent/net/host.h"

struct log_files {
    struct log_evidence evidence;
    size_t read;      /* logs that could be read */
    char denied[128]; /* one that may not be read by this user; "" when there is none */
};

/*
 * Read the end of every log that is there. It cannot fail: a machine without logs, or a user who
 * may not read them, gives no evidence. Changes nothing.
 */
void log_files_read(struct host *host, struct log_files *out);

/*
 * The last line at the end of those logs that holds a word, from its "status=" on where it has
 * one, printable and cut. False when there is none that could be read.
 */
bool log_files_find(struct host *host, const char *word, char *out, size_t size) MUST_USE;

/* Whether what log_files_find() gave tells that the mail server gave the message up. */
bool log_tells_failure(const char *found);

#endif
