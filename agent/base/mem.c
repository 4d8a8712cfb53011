/* mem.c - allocation that ends the program instead of failing. */
#include "agent/base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *need(void *pointer)
{
    if (pointer == NULL) {
        fputs("error: out of memory [internal]\n", stderr);
        exit(1);
    }
    return pointer;
}

/* Nothing at all still gets an address: NULL would look like exhaustion. */
static size_t at_least_one(size_t count)
{
    return count == 0 ? 1 : count;
}

void *mem_new(size_t count, size_t size)
{
    return need(calloc(at_least_one(count), at_least_one(size)));
}

void *mem_resize(void *old, size_t count, size_t size)
{
    return need(reallocarray(old, at_least_one(count), at_least_one(size)));
}

void *mem_copy(const void *array, size_t count, size_t size)
{
    return array == NULL ? NULL : memcpy(mem_new(count, size), array, count * size);
}

char *mem_text(const char *text)
{
    return text == NULL ? NULL : need(strdup(text));
}
