/*
 * config_syntax.h - names the slip behind a syntax error: libconfig itself
 * says "syntax error" and a line, often the line after. PURE.
 */
#ifndef NAMESAKE_CONFIG_SYNTAX_H
#define NAMESAKE_CONFIG_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/error.h"

/* Deeper nesting is refused before libconfig sees it: it recurses. Ours needs four. */
#define CONFIG_DEPTH_MAX 32

struct config_slip {
    size_t line;      /* from 1 */
    bool silent;      /* libconfig takes it without a word, and reads something else */
    char text[256];   /* the comma after the last element */
    char repair[160]; /* remove it; "" when nothing better is known */
};

/*
 * Find the first place where the text leaves the grammar of libconfig 1.5. False when there is
 * none. What was written in the place of a value is not repeated: it may be a secret. The text
 * holds no NUL byte and is followed by one.
 */
bool config_syntax_find(const char *text, size_t length, struct config_slip *slip);

#endif
