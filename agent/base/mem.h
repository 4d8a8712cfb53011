/*
 * mem.h - allocation that cannot fail: without memory the program ends with a
 * message, and the journal makes that safe.
 */
#ifndef NAMESAKE_BASE_MEM_H
#define NAMESAKE_BASE_MEM_H

#include <stddef.h>

/* Zeroed memory for count objects of size bytes; the caller frees it with free(). */
void *mem_new(size_t count, size_t size) __attribute__((returns_nonnull, warn_unused_result));

/* Grow or shrink an array; new elements are not zeroed. The caller frees the result. */
void *mem_resize(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));

/* A copy of an array; the caller frees it. NULL stays NULL. */
void *mem_copy(const void *array, size_t count, size_t size) __attribute__((warn_unused_result));

/* A copy of the text; the caller frees it. NULL stays NULL. */
char *mem_text(const char *text) __attribute__((warn_unused_result));

/* Returns its argument; ends the program when that is NULL: for jansson and its like. */
void *need(void *pointer) __attribute__((returns_nonnull));

#endif
