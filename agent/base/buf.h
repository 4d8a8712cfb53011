/*
 * buf.h - a growing buffer with a ceiling from birth. Past the ceiling it
 * turns bad, later additions do nothing, and one buf_ok at the end tells.
 */
#ifndef NAMESAKE_BASE_BUF_H
#define NAMESAKE_BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "agent/base/error.h"

struct buf {
    char *data; /* always followed by a NUL byte that is not counted; NULL while empty */
    size_t length, room, ceiling;
    bool bad;
};

/* An empty buffer that will hold at most this many bytes. */
#define BUF_INIT(ceiling_bytes) ((struct buf){.ceiling = (ceiling_bytes)})

void buf_add(struct buf *b, const void *data, size_t length);
void buf_text(struct buf *b, const char *text);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* False when something did not fit. */
bool buf_ok(const struct buf *b) MUST_USE;

/* The content as text, "" when empty; valid until the next change. */
const char *buf_string(const struct buf *b);

/* Empty it, keeping memory and ceiling. */
void buf_clear(struct buf *b);

/* Hand the content over (never NULL); the caller frees it. The buffer is empty afterwards. */
char *buf_take(struct buf *b) MUST_USE;

/*
 * The text with one piece, unless that is empty, replaced throughout; what goes past the ceiling is
 * missing. The caller frees it.
 */
char *buf_replaced(const char *text, const char *from, const char *to, size_t ceiling) MUST_USE;

void buf_free(struct buf *b);

#endif
