/* collect_window.c - many targets at once: which begin, which run again, what is kept of them. */
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "agent/base/mem.h"
#include "agent/collect_look.h"
#include "agent/fair.h"

/* Targets of one network at once: what one hoster's servers should not even notice. */
#define NETWORK_AT_ONCE 32

/*
 * So many targets for each place of the window are known in advance, to choose among networks.
 * With full /24 networks, sorted, this keeps every place busy: 8 networks x 32 at once.
 */
#define AHEAD 8

/* A burst of questions beyond this overruns the buffers of servers: the rest begins a turn later. */
#define BEGIN_AT_ONCE 256
#define BEGIN_PAUSE_MS 1

/* Descriptors for other things than targets: files, the resolvers' and servers' sockets. */
#define FILES_APART 256

struct slot {
    struct waiter waiter;
    struct slot *before, *after; /* of all that are in flight */
    size_t index;
    struct looked looked;
};

struct window {
    struct look look;
    struct collector *collector;
    struct loop *loop;
    size_t width, in_flight, begun; /* begun: since the last pause */
    struct fair fair;
    struct slot *slots;
    struct timer pause;
    collect_next *next;
    collect_done *done;
    void *arg;
    size_t next_index;
    bool exhausted; /* there are no more targets */
};

size_t collect_jobs_max(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    if (limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
        (void)getrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur > FILES_APART + 1 ? (size_t)limit.rlim_cur - FILES_APART : 1;
}

/* Know enough targets in advance, as far as there are any. */
static void stock(struct window *window)
{
    struct target target;

    while (!window->exhausted && window->fair.waiting < AHEAD * window->width) {
        enum supply supply = window->next(window->arg, &target);

        if (supply == SUPPLY_TARGET)
            fair_add(&window->fair, &target, window->next_index++);
        window->exhausted = supply == SUPPLY_END;
        if (supply == SUPPLY_LATER)
            return;
    }
}

static void link_slot(struct window *window, struct slot *slot)
{
    slot->after = window->slots;
    if (slot->after != NULL)
        slot->after->before = slot;
    window->slots = slot;
    window->in_flight++;
}

static void slot_free(struct window *window, struct slot *slot)
{
    *(slot->before != NULL ? &slot->before->after : &window->slots) = slot->after;
    if (slot->after != NULL)
        slot->after->before = slot->before;
    window->in_flight--;
    loop_sleep(window->loop, &slot->waiter);
    dns_let_go(window->look.dns.dns, &slot->waiter);
    smtp_let_go(window->look.smtp, &slot->waiter);
    facts_free(&slot->looked.facts);
    free(slot);
}

/* Targets begin as places are free and turns allow. */
static void begin(struct window *window)
{
    struct target target;
    size_t index;

    stock(window);
    while (window->in_flight < window->width && window->begun < BEGIN_AT_ONCE &&
           fair_take(&window->fair, &target, &index)) {
        struct slot *slot = mem_new(1, sizeof *slot);

        slot->index = index;
        look_begin(&window->look, &target, &slot->looked);
        link_slot(window, slot);
        loop_wake(window->loop, &slot->waiter);
        window->begun++;
    }
    if (window->begun == BEGIN_AT_ONCE && !window->pause.armed)
        loop_timer_set(window->loop, &window->pause, BEGIN_PAUSE_MS);
}

static void on_pause_over(struct timer *timer)
{
    struct window *window =
        (struct window *)(void *)((char *)timer - offsetof(struct window, pause));

    window->begun = 0;
    loop_progress(window->loop);
}

/*
 * Many networks let nobody out to port 25, and through a viewpoint that looks like a port where
 * nobody listens. Only where some greeting came has another's silence a meaning.
 */
static void weigh_silence(struct collector *collector, struct facts *facts)
{
    bool *proven = &collector->proven[facts->address.family];
    struct banner_facts *banner = &facts->banner;

    *proven = *proven || banner->state == BANNER_OK;
    banner->doubted = collector->via != NULL && !*proven &&
                      (banner->state == BANNER_REFUSED || banner->state == BANNER_TIMEOUT);
}

/* Hand a complete target over; its place is free. */
static void slot_done(struct window *window, struct slot *slot)
{
    struct looked *looked = &slot->looked;
    struct ip address = looked->target.address;

    weigh_silence(window->collector, &looked->facts);
    window->done(window->arg, slot->index, &looked->target, &looked->facts);
    looked->facts = (struct facts){0};
    slot_free(window, slot);
    fair_done(&window->fair, &address);
}

/* Run those that have something new to read, begin others in their places. True at the end. */
static bool window_pass(void *arg)
{
    struct window *window = arg;
    struct waiter *waiter;

    begin(window);
    while ((waiter = loop_next_awake(window->loop)) != NULL) {
        struct slot *slot = (struct slot *)waiter;

        if (!look_pass(&window->look, &slot->waiter, &slot->looked))
            continue;
        slot_done(window, slot);
        begin(window);
    }
    return window->exhausted && window->in_flight == 0 && window->fair.waiting == 0;
}

bool collect_run(struct collector *collector, collect_next *next, collect_done *done, void *arg,
                 int64_t deadline_ms)
{
    struct window window = {.collector = collector,
                            .loop = collector->loop,
                            .width = collector->jobs,
                            .fair = {.at_once = NETWORK_AT_ONCE},
                            .pause = {.expired = on_pause_over},
                            .next = next,
                            .done = done,
                            .arg = arg};
    bool complete;

    look_open(&window.look, collector);
    complete = loop_run_pass(collector->loop, window_pass, &window, deadline_ms);
    for (struct slot *slot = window.slots, *after; slot != NULL; slot = after) {
        after = slot->after;
        slot_free(&window, slot);
    }
    loop_timer_clear(collector->loop, &window.pause);
    fair_free(&window.fair);
    look_close(&window.look);
    return complete;
}
