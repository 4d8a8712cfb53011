/* timers.c - a heap of deadlines, the first one on top. */
#include "agent/net/timers.h"

#include <stdlib.h>

#include "agent/base/mem.h"

/* Equal ones in the order in which they were armed. */
static bool is_due_before(const struct timer *a, const struct timer *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->number < b->number;
}

static void put(struct timers *timers, size_t place, struct timer *timer)
{
    timers->heap[place] = timer;
    timer->place = place;
}

/* Up from a place, past all that are due later. */
static void rise(struct timers *timers, size_t place, struct timer *timer)
{
    while (place > 0 && is_due_before(timer, timers->heap[(place - 1) / 2])) {
        put(timers, place, timers->heap[(place - 1) / 2]);
        place = (place - 1) / 2;
    }
    put(timers, place, timer);
}

/* Down from a place, past all that are due earlier. */
static void sink(struct timers *timers, size_t place, struct timer *timer)
{
    for (size_t child; (child = 2 * place + 1) < timers->count; place = child) {
        if (child + 1 < timers->count &&
            is_due_before(timers->heap[child + 1], timers->heap[child]))
            child++;
        if (!is_due_before(timers->heap[child], timer))
            break;
        put(timers, place, timers->heap[child]);
    }
    put(timers, place, timer);
}

void timers_add(struct timers *timers, struct timer *timer, int64_t at_ms)
{
    timer->at_ms = at_ms;
    timer->number = timers->next_number++;
    timer->armed = true;
    if (timers->count == timers->room) {
        timers->room = timers->room > 0 ? 2 * timers->room : 16;
        timers->heap = mem_resize(timers->heap, timers->room, sizeof(struct timer *));
    }
    rise(timers, timers->count++, timer);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
    struct timer *last = timers->heap[--timers->count];

    timer->armed = false;
    if (last == timer)
        return;
    if (is_due_before(last, timer))
        rise(timers, timer->place, last);
    else
        sink(timers, timer->place, last);
}

void timers_free(struct timers *timers)
{
    free(timers->heap);
    *timers = (struct timers){0};
}
