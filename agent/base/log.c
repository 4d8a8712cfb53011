/* log.c - lines to standard error, each written at once and safe to show. */
#include "agent/base/log.h"

#include "agent/base/str.h"

#include <stdio.h>
#include <string.h>

static enum log_level current = LOG_LEVEL_NORMAL;

void log_set_level(enum log_level level)
{
    current = level;
}

enum log_level log_level(void)
{
    return current;
}

void log_line(enum log_level level, const char *format, ...)
{
    char raw[2048], shown[4096];
    va_list args;

    if (level > current)
        return;
    va_start(args, format);
    vsnprintf(raw, sizeof raw, format, args);
    va_end(args);
    str_printable(shown, sizeof shown, raw, strlen(raw));
    fprintf(stderr, "%s\n", shown);
}
