/* strings.c - owned lists of strings (str.h). */
#include "agent/base/str.h"

#include "agent/base/buf.h"
#include "agent/base/mem.h"

#include <stdlib.h>
#include <string.h>

void strings_add(struct strings *list, const char *text)
{
    list->v = mem_resize(list->v, list->count + 1, sizeof *list->v);
    list->v[list->count++] = mem_text(text);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void strings_sort(struct strings *list)
{
    if (list->count > 1)
        qsort(list->v, list->count, sizeof *list->v, compare);
}

bool strings_equal(const struct strings *a, const struct strings *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (strcmp(a->v[i], b->v[i]) != 0)
            return false;
    return true;
}

bool strings_have(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->v[i], text) == 0)
            return true;
    return false;
}

void strings_add_new(struct strings *list, const char *text)
{
    if (!strings_have(list, text))
        strings_add(list, text);
}

bool strings_between(const struct strings *a, const struct strings *b, const struct strings *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (!strings_have(a, set->v[i]) && !strings_have(b, set->v[i]))
            return false;
    for (size_t i = 0; i < a->count; i++)
        if (strings_have(b, a->v[i]) && !strings_have(set, a->v[i]))
            return false;
    return set->count > 0;
}

struct strings strings_copy(const struct strings *list)
{
    struct strings copy = {0};

    for (size_t i = 0; i < list->count; i++)
        strings_add(&copy, list->v[i]);
    return copy;
}

void strings_join(const struct strings *list, const char *separator, const char *none, char *dst,
                  size_t size)
{
    struct buf all = BUF_INIT(SIZE_MAX - 1);

    if (list->count == 0)
        buf_text(&all, none);
    for (size_t i = 0; i < list->count && all.length < size; i++) {
        buf_text(&all, i == 0 ? "" : separator);
        buf_text(&all, list->v[i]);
    }
    str_cut(dst, size, buf_string(&all));
    buf_free(&all);
}

void strings_free(struct strings *list)
{
    if (list == NULL)
        return;
    for (size_t i = 0; i < list->count; i++)
        free(list->v[i]);
    free(list->v);
    *list = (struct strings){0};
}
