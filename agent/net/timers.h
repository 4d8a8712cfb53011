/*
 * timers.h - the deadlines of a loop. Setting one and taking one back costs the
 * logarithm of their number, whatever their order.
 */
#ifndef NAMESAKE_NET_TIMERS_H
#define NAMESAKE_NET_TIMERS_H

#include "agent/net/loop.h"

/* Zero-initialise. */
struct timers {
    struct timer **heap; /* heap[0] is due first; each is due before heap[2i + 1], heap[2i + 2] */
    size_t count, room;
    uint64_t next_number;
};

/* Arm one that is not armed; equal ones keep the order in which they were added. */
void timers_add(struct timers *timers, struct timer *timer, int64_t at_ms);

/* Disarm one that is armed. */
void timers_remove(struct timers *timers, struct timer *timer);

/* Forget all of them. */
void timers_free(struct timers *timers);

#endif
