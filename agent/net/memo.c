/* memo.c - a table of entries, their holders, and a list of those that nobody holds. */
#include "agent/net/memo.h"

#include <stdlib.h>

#include "agent/base/mem.h"

/* In two lists: that of its entry (both ways), and that of its waiter. */
struct hold {
    struct memo *memo;
    struct memo_entry *entry;
    struct waiter *waiter;
    struct hold *before, *after;
    struct hold *next;
};

static void leave_idle(struct memo *memo, struct memo_entry *entry)
{
    if (!entry->idle)
        return;
    *(entry->older != NULL ? &entry->older->newer : &memo->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &memo->newest) = entry->older;
    entry->older = entry->newer = NULL;
    entry->idle = false;
    memo->idle_count--;
}

static void forget(struct memo *memo, struct memo_entry *entry)
{
    leave_idle(memo, entry);
    table_remove(&memo->table, &entry->link);
    memo->forget(&entry->link);
}

/* The newest of the idle ones; the oldest has to go when there are too many. */
static void become_idle(struct memo *memo, struct memo_entry *entry)
{
    entry->older = memo->newest;
    *(memo->newest != NULL ? &memo->newest->newer : &memo->oldest) = entry;
    memo->newest = entry;
    entry->idle = true;
    memo->idle_count++;
    if (memo->idle_count > memo->idle_max)
        forget(memo, memo->oldest);
}

static void become_idle_if_unused(struct memo *memo, struct memo_entry *entry)
{
    if (entry->settled && entry->holds == NULL)
        become_idle(memo, entry);
}

static bool holds(const struct waiter *waiter, const struct memo_entry *entry)
{
    const struct hold *hold = waiter->holds;

    while (hold != NULL && hold->entry != entry)
        hold = hold->next;
    return hold != NULL;
}

static void hold_for_asking(struct memo *memo, struct memo_entry *entry)
{
    struct waiter *waiter = loop_asking(memo->loop);
    struct hold *hold;

    if (waiter == NULL || holds(waiter, entry))
        return;
    leave_idle(memo, entry);
    hold = mem_new(1, sizeof *hold);
    *hold = (struct hold){.memo = memo,
                          .entry = entry,
                          .waiter = waiter,
                          .after = entry->holds,
                          .next = waiter->holds};
    if (entry->holds != NULL)
        entry->holds->before = hold;
    entry->holds = waiter->holds = hold;
}

/* Nobody in particular uses it, but it was used: it is the newest again. */
static void refresh(struct memo *memo, struct memo_entry *entry)
{
    if (!entry->idle)
        return;
    leave_idle(memo, entry);
    become_idle(memo, entry);
}

struct memo_entry *memo_find(struct memo *memo, uint64_t hash,
                             bool (*same)(const struct table_link *link, const void *key),
                             const void *key)
{
    struct memo_entry *entry = (struct memo_entry *)table_find(&memo->table, hash, same, key);

    if (entry == NULL)
        return NULL;
    hold_for_asking(memo, entry);
    refresh(memo, entry);
    return entry;
}

void memo_add(struct memo *memo, struct memo_entry *entry, uint64_t hash)
{
    table_add(&memo->table, &entry->link, hash);
    hold_for_asking(memo, entry);
}

void memo_settle(struct memo *memo, struct memo_entry *entry)
{
    entry->settled = true;
    loop_progress(memo->loop);
    for (struct hold *hold = entry->holds; hold != NULL; hold = hold->after)
        loop_wake(memo->loop, hold->waiter);
    become_idle_if_unused(memo, entry);
}

static void drop(struct hold *hold)
{
    struct memo_entry *entry = hold->entry;
    struct memo *memo = hold->memo;

    *(hold->before != NULL ? &hold->before->after : &entry->holds) = hold->after;
    if (hold->after != NULL)
        hold->after->before = hold->before;
    free(hold);
    become_idle_if_unused(memo, entry);
}

void memo_let_go(struct memo *memo, struct waiter *waiter)
{
    struct hold **at = &waiter->holds;

    while (*at != NULL) {
        struct hold *hold = *at;

        if (hold->memo != memo) {
            at = &hold->next;
            continue;
        }
        *at = hold->next;
        drop(hold);
    }
}

void memo_free(struct memo *memo)
{
    table_each(&memo->table, memo->forget);
    table_free(&memo->table);
    *memo = (struct memo){.loop = memo->loop};
}
