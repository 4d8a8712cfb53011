/*
 * log.h - one line per event to standard error: what is asked, what is done.
 */
#ifndef NAMESAKE_BASE_LOG_H
#define NAMESAKE_BASE_LOG_H

#include "agent/base/error.h"

enum log_level {
    LOG_LEVEL_QUIET = -1, /* errors only */
    LOG_LEVEL_NORMAL,     /* progress and warnings */
    LOG_LEVEL_VERBOSE,    /* -v: DNS questions and SMTP lines */
    LOG_LEVEL_DEBUG,      /* -vv: HTTP too */
};

void log_set_level(enum log_level level);
enum log_level log_level(void);

/* A line at this level or above; control characters are made printable. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
