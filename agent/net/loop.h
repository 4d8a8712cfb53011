/*
 * loop.h - the one place that waits: an epoll set and a heap of deadlines.
 * c-ares and the greeting client hang on it. One thread, no locks.
 */
#ifndef NAMESAKE_NET_LOOP_H
#define NAMESAKE_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"

struct loop;

/*
 * A descriptor that is waited for; embedded in its owner, which outlives the waiting. An owner
 * that goes away stops the waiting first (0 events); it may do so in its own `ready`.
 * Zero-initialise all but `ready` and `fd`.
 */
struct watch {
    void (*ready)(struct watch *watch, uint32_t events); /* EPOLLIN, EPOLLERR, ... */
    int fd;
    uint32_t events; /* the loop's own: what is waited for, 0 for nothing */
};

/* A deadline; embedded in its owner. Zero-initialise all but `expired`. */
struct timer {
    void (*expired)(struct timer *timer);
    int64_t at_ms;   /* on the loop's clock */
    uint64_t number; /* this and the next are the loop's own */
    size_t place;
    bool armed;
};

/* The caller frees it with loop_free. ERR_SYSTEM when the kernel gives no epoll set. */
struct loop *loop_new(struct error *e) MUST_USE;
void loop_free(struct loop *loop);

/* Milliseconds on a clock that never jumps (CLOCK_MONOTONIC), as of this turn of the loop. */
int64_t loop_now_ms(const struct loop *loop);

/* Start or change waiting for events on watch->fd; 0 events stop it, before the fd is closed. */
void loop_watch(struct loop *loop, struct watch *watch, uint32_t events);

/*
 * Stop waiting and close watch->fd, in one call of the system. It must be close-on-exec and the
 * only descriptor of its kind: a copy would keep the kernel waiting for it.
 */
void loop_close(struct loop *loop, struct watch *watch);

/* Arm, or re-arm, a deadline this many milliseconds (at least one) from now; disarm it. */
void loop_timer_set(struct loop *loop, struct timer *timer, int64_t in_ms);
void loop_timer_clear(struct loop *loop, struct timer *timer);

/*
 * Turn until done(arg) says so, the stop flag is set or the deadline (0: none, in ms on the
 * loop's clock) has passed. True when done. done() is asked before the first wait and after
 * each turn. Also false when nothing is left that could ever happen.
 */
bool loop_run(struct loop *loop, bool (*done)(void *arg), void *arg, int64_t deadline_ms);

/*
 * One of many things that a pass is run for. Whoever is asked and cannot answer yet wakes the
 * one that asked when the answer is there (memo.h), so only those run again that have something
 * new to read. Zero-initialise; embedded in its owner.
 */
struct waiter {
    struct waiter *next; /* of those that are awake */
    bool awake;
    struct hold *holds; /* what it uses (memo.h) */
};

/* From now on questions are asked for this waiter; NULL: for nobody in particular. */
void loop_ask_for(struct loop *loop, struct waiter *waiter);
struct waiter *loop_asking(const struct loop *loop);

/* Let a waiter run again; something has happened that a pass may want to know. */
void loop_wake(struct loop *loop, struct waiter *waiter);
void loop_progress(struct loop *loop);

/* It will not run again: its owner goes away. */
void loop_sleep(struct loop *loop, struct waiter *waiter);

/* Take the next waiter that is awake, in the order of waking; NULL when all are asleep. */
struct waiter *loop_next_awake(struct loop *loop);

/*
 * Run pass(arg) again and again, after each progress, until it returns true ("nothing is
 * open"). Limits and result as in loop_run. A pass asks for what it needs (dns_ask, smtp_ask),
 * leaves when an answer is not there yet, and so reads from top to bottom.
 */
bool loop_run_pass(struct loop *loop, bool (*pass)(void *arg), void *arg, int64_t deadline_ms);

/*
 * The stop flag: set by SIGINT or SIGTERM, read by loops and by the acts that should not be
 * begun any more. Holds the signal's number, 0 while none came. A second signal ends the program
 * at once, as if it had not been caught. SIGPIPE is ignored from the first call on.
 */
void loop_catch_signals(void);
int loop_stop_signal(void);

#endif
