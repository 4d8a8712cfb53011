/* table.c - buckets of chains, doubled when there are as many entries as buckets. */
#include "agent/net/table.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

#define BUCKETS_FIRST 64 /* a power of two, as all later sizes are */

/* Eight bytes at a time; the high bits, which depend on all of them, come down to the low ones. */
uint64_t table_hash(uint64_t hash, const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint64_t piece;

    while (length > 0) {
        const size_t taken = length < sizeof piece ? length : sizeof piece;

        piece = 0;
        memcpy(&piece, bytes, taken);
        hash = (hash ^ piece) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 32;
        bytes += taken;
        length -= taken;
    }
    return hash;
}

static struct table_link **bucket_of(const struct table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

struct table_link *table_find(const struct table *table, uint64_t hash,
                              bool (*same)(const struct table_link *link, const void *key),
                              const void *key)
{
    struct table_link *link = table->bucket_count > 0 ? *bucket_of(table, hash) : NULL;

    while (link != NULL && (link->hash != hash || !same(link, key)))
        link = link->next;
    return link;
}

static void insert(struct table *table, struct table_link *link)
{
    struct table_link **bucket = bucket_of(table, link->hash);

    link->next = *bucket;
    *bucket = link;
}

static void grow(struct table *table)
{
    struct table old = *table;

    table->bucket_count = old.bucket_count > 0 ? 2 * old.bucket_count : BUCKETS_FIRST;
    table->buckets = mem_new(table->bucket_count, sizeof(struct table_link *));
    for (size_t i = 0; i < old.bucket_count; i++)
        for (struct table_link *link = old.buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            insert(table, link);
        }
    free(old.buckets);
}

void table_add(struct table *table, struct table_link *link, uint64_t hash)
{
    if (table->count == table->bucket_count)
        grow(table);
    link->hash = hash;
    insert(table, link);
    table->count++;
}

void table_remove(struct table *table, struct table_link *link)
{
    struct table_link **at = bucket_of(table, link->hash);

    while (*at != link)
        at = &(*at)->next;
    *at = link->next;
    table->count--;
}

void table_each(const struct table *table, void (*visit)(struct table_link *link))
{
    for (size_t i = 0; i < table->bucket_count; i++)
        for (struct table_link *link = table->buckets[i], *next; link != NULL; link = next) {
            next = link->next;
            visit(link);
        }
}

void table_free(struct table *table)
{
    free(table->buckets);
    *table = (struct table){0};
}
