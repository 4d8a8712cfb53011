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

PRINTF_LIKE(1, 0) static void write_line(const char *format, va_list args)
{
    char raw[2048], shown[4096];

    vsnprintf(raw, sizeof raw, format, args);
    str_printable(shown, sizeof shown, raw, strlen(raw));
    fprintf(stderr, "%s\n", shown);
}

void log_line(enum log_level level, const char *format, ...)
{
    va_list args;

    if (level > current)
        return;
    va_start(args, format);
    write_line(format, args);
    va_end(args);
}
