/*
 * table.h - an intrusive hash table: what was asked and is remembered. It
 * owns nothing but its buckets; entries embed a link as their first member.
 */
#ifndef NAMESAKE_NET_TABLE_H
#define NAMESAKE_NET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct table_link {
    struct table_link *next; /* in the same bucket */
    uint64_t hash;
};

/* Zero-initialise. */
struct table {
    struct table_link **buckets;
    size_t bucket_count, count;
};

#define TABLE_HASH_START 0xcbf29ce484222325U

/* Mix bytes into a hash (not one that withstands chosen keys); begin with TABLE_HASH_START. */
uint64_t table_hash(uint64_t hash, const void *data, size_t length);

/* The entry for which same(link, key) holds, NULL when there is none. */
struct table_link *table_find(const struct table *table, uint64_t hash,
                              bool (*same)(const struct table_link *link, const void *key),
                              const void *key);

/* Add an entry that is not in the table yet. */
void table_add(struct table *table, struct table_link *link, uint64_t hash);

/* Take an entry out that is in the table. */
void table_remove(struct table *table, struct table_link *link);

/* Call visit for each entry, in no particular order; it may free the entry but not add one. */
void table_each(const struct table *table, void (*visit)(struct table_link *link));

/* Free the buckets, not the entries. */
void table_free(struct table *table);

#endif
