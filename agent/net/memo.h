/*
 * memo.h - what was asked, who uses the answer, and what is remembered after
 * the last user has gone: a table whose size does not depend on the length of
 * the run.
 *
 * An entry stays while it is under way or held. After that it is idle: a set
 * number of idle entries is kept, the ones that were used last. What every
 * target needs (zones, their servers) is used again and again and so stays for
 * the run; the answers of one target go soon after it.
 */
#ifndef NAMESAKE_NET_MEMO_H
#define NAMESAKE_NET_MEMO_H

#include "agent/net/loop.h"
#include "agent/net/table.h"

struct hold; /* one waiter's use of one entry */

/* First member of what is remembered. Zero-initialise. */
struct memo_entry {
    struct table_link link;
    struct hold *holds;
    struct memo_entry *older, *newer; /* while idle */
    bool settled;                     /* the answer is there */
    bool idle;
};

/* Zero-initialise all but the first three. */
struct memo {
    struct loop *loop;
    size_t idle_max;
    void (*forget)(struct table_link *link); /* frees an entry; it is in no list any more */
    struct table table;
    struct memo_entry *oldest, *newest; /* of the idle ones */
    size_t idle_count;
};

/*
 * The entry for which same(link, key) holds, NULL when there is none. The waiter that asks
 * (loop_ask_for) holds it from now on, once however often it asks.
 */
struct memo_entry *memo_find(struct memo *memo, uint64_t hash,
                             bool (*same)(const struct table_link *link, const void *key),
                             const void *key);

/* Add an entry that is not there yet, held by the waiter that asks and under way. */
void memo_add(struct memo *memo, struct memo_entry *entry, uint64_t hash);

/* Its answer is there: wake all that hold it. Without any of them it is idle now. */
void memo_settle(struct memo *memo, struct memo_entry *entry);

/* The waiter has read what it wanted from this memo and will not be woken by it any more. */
void memo_let_go(struct memo *memo, struct waiter *waiter);

/* Forget everything. No waiter may hold anything. */
void memo_free(struct memo *memo);

#endif
