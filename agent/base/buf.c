/* buf.c - a growing buffer that turns bad at its ceiling instead of growing on. */
#include "agent/base/buf.h"

#include "agent/base/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

/* Make room for more bytes and a NUL; false, and bad, past the ceiling. */
static bool reserve(struct buf *b, size_t more)
{
    if (b->bad || more > b->ceiling - b->length || b->length + more == SIZE_MAX) {
        b->bad = true;
        return false;
    }
    size_t wanted = b->length + more + 1;
    if (wanted <= b->room)
        return true;
    size_t doubled = b->room < SIZE_MAX / 2 ? b->room * 2 : SIZE_MAX;
    b->room = wanted > doubled ? wanted : doubled;
    if (b->room < FIRST_ROOM)
        b->room = FIRST_ROOM;
    b->data = mem_resize(b->data, b->room, 1);
    return true;
}

void buf_add(struct buf *b, const void *data, size_t length)
{
    if (length == 0 || !reserve(b, length))
        return;
    memcpy(b->data + b->length, data, length);
    b->length += length;
    b->data[b->length] = '\0';
}

void buf_text(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_printf(struct buf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    buf_vprintf(b, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *b, const char *format, va_list args)
{
    va_list again;
    int length;

    va_copy(again, args);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        b->bad = true;
    if (length <= 0 || !reserve(b, (size_t)length))
        return;
    vsnprintf(b->data + b->length, (size_t)length + 1, format, args);
    b->length += (size_t)length;
}

bool buf_ok(const struct buf *b)
{
    return !b->bad;
}

const char *buf_string(const struct buf *b)
{
    return b->data == NULL ? "" : b->data;
}

void buf_clear(struct buf *b)
{
    b->length = 0;
    b->bad = false;
    if (b->data != NULL)
        b->data[0] = '\0';
}

char *buf_take(struct buf *b)
{
    char *text = b->data == NULL ? mem_text("") : b->data;

    *b = BUF_INIT(b->ceiling);
    return text;
}

char *buf_replaced(const char *text, const char *from, const char *to, size_t ceiling)
{
    struct buf out = BUF_INIT(ceiling);
    size_t length = strlen(from);
    const char *found;

    while (length > 0 && (found = strstr(text, from)) != NULL) {
        buf_add(&out, text, (size_t)(found - text));
        buf_text(&out, to);
        text = found + length;
    }
    buf_text(&out, text);
    return buf_take(&out);
}

void buf_free(struct buf *b)
{
    if (b == NULL)
        return;
    free(b->data);
    *b = BUF_INIT(b->ceiling);
}
