/*
 * str.h - small tools for text: bounded copies, numbers, cursors for parsers,
 * making hostile text printable, lists of strings.
 */
#ifndef NAMESAKE_BASE_STR_H
#define NAMESAKE_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"

/* Copy text that must fit; false, with dst empty, when it does not. */
bool str_copy(char *dst, size_t size, const char *src) MUST_USE;

/* Copy text for a message: what does not fit is cut. */
void str_cut(char *dst, size_t size, const char *src);

/* Format text for a message: what does not fit is cut. */
void str_format(char *dst, size_t size, const char *format, ...) PRINTF_LIKE(3, 4);

bool str_equal(const char *a, const char *b);
bool str_equal_nocase(const char *a, const char *b); /* ASCII letters only */
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);
char str_lower(char c); /* ASCII letters only, whatever the locale */

/* A decimal number of digits only, within min and max; false leaves *out alone. */
bool str_uint(const char *text, uint64_t min, uint64_t max, uint64_t *out) MUST_USE;

/* A duration as the command line writes it: 90, 90s, 5m, 2h, 1h30m. Seconds. */
bool str_duration(const char *text, uint32_t *seconds) MUST_USE;

/* A duration as people read it: "38 s", "29 min", "1 h 30 min". */
struct str_duration_text {
    char s[32];
};
struct str_duration_text str_duration_text(uint64_t seconds);

/*
 * Make bytes from outside safe to show: everything but printable ASCII and
 * well-formed printable UTF-8 becomes \xNN, so that no terminal escape and no bidirectional
 * override survives. What does not fit is cut before an incomplete piece.
 */
void str_printable(char *dst, size_t size, const char *src, size_t length);

/* The candidate nearest to word by edit distance, NULL when none is near (NULL-terminated list). */
const char *str_nearest(const char *word, const char *const *candidates);

/* Quote one word for a POSIX shell, only where it needs it; what does not fit yields "". */
void str_shell_quote(char *dst, size_t size, const char *word);

/* A place in a text that a parser walks over without writing to it. */
struct cursor {
    const char *at, *end;
};

struct cursor cursor_of(const char *text, size_t length);

/* Take the next line, without its LF or CR LF; false at the end. */
bool cursor_line(struct cursor *c, struct cursor *line);

/* Take the next word, separated by blanks and tabs; false when there is none. */
bool cursor_word(struct cursor *c, struct cursor *word);

/* Copy a cursor's text; false when it does not fit. */
bool cursor_copy(const struct cursor *c, char *dst, size_t size) MUST_USE;

/* An owned list of strings. */
struct strings {
    char **v;
    size_t count;
};

void strings_add(struct strings *list, const char *text);
void strings_add_new(struct strings *list, const char *text); /* unless it is there */
void strings_sort(struct strings *list);                      /* byte order */
bool strings_equal(const struct strings *a, const struct strings *b);
bool strings_have(const struct strings *list, const char *text);

/*
 * Whether a set lies between two others: it is not empty, each of its members is in one of them,
 * and what is in both is in it.
 */
bool strings_between(const struct strings *a, const struct strings *b, const struct strings *set);
struct strings strings_copy(const struct strings *list); /* the caller frees it */

/* All of them with a separator, or the text for none, cut to size. */
void strings_join(const struct strings *list, const char *separator, const char *none, char *dst,
                  size_t size);
void strings_free(struct strings *list);

#endif
