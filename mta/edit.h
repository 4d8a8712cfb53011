/*
 * edit.h - PURE: set one parameter in the text of a main.cf and keep every
 * other byte: comments, order, line breaks, blanks, line ends.
 *
 * What a main.cf means (mta facts, section 2.4): a logical line begins with a
 * line that starts with no blank and goes on with the following lines that do;
 * comment and blank lines within do not end it and are not part of it. Of
 * several logical lines for one parameter the last one counts. CR before LF is
 * white space. There are no comments at the end of a line.
 */
#ifndef NAMESAKE_MTA_EDIT_H
#define NAMESAKE_MTA_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/buf.h"
#include "agent/base/error.h"

/* One logical line: offsets into the text. */
struct edit_entry {
    size_t at, end;              /* the whole: first byte, byte after the last line's end */
    size_t name_at, name_length; /* the parameter; no length where there is none */
    size_t equals;               /* the byte after "="; 0 where there is no "=" */
};

/*
 * The logical line that begins at or after *at; *at moves behind it. False at the end. Comments
 * after the last continuation line belong to no entry.
 */
bool edit_next(const char *text, size_t length, size_t *at, struct edit_entry *entry);

/*
 * Append the effective value of a parameter to out: its words with one blank in between, as
 * Postfix's own tools show it. False when the text does not set it.
 */
bool edit_value(const char *text, size_t length, const char *parameter, struct buf *out) MUST_USE;

/*
 * Append the text to out, with the parameter's effective value changed to `value`. Only words
 * that differ are touched; continuation lines that lose all their words go away. A parameter that
 * is not set gets a new line: after a commented-out "#name =" line where there is one that is not
 * within a logical line, else at the end, after a final newline if that is missing.
 *
 * ERR_CONFLICT when the value cannot be written there: control characters, a word that would
 * start a comment; or when the text has a NUL byte.
 */
bool edit_set(const char *text, size_t length, const char *parameter, const char *value,
              struct buf *out, struct error *e) MUST_USE;

/* Append the text to out without any line that sets the parameter; comments stay. */
bool edit_remove(const char *text, size_t length, const char *parameter, struct buf *out,
                 struct error *e) MUST_USE;

#endif
