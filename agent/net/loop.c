/* loop.c - epoll, deadlines, and the stop flag. */
#include "agent/net/loop.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/net/timers.h"

#define READY_MAX 64 /* descriptors handled in one turn; the rest is for the next */

struct loop {
    int epoll_fd;
    size_t watches;
    int64_t now_ms;
    uint64_t progress;
    struct waiter *asking;
    struct waiter *first_awake, *last_awake;
    struct timers timers;
    struct epoll_event ready[READY_MAX];
    int ready_at, ready_count; /* what is still to be handled in this turn */
    sigset_t stop_signals;
};

static volatile sig_atomic_t stop_signal;

struct loop *loop_new(struct error *e)
{
    struct loop *loop;
    int fd = epoll_create1(EPOLL_CLOEXEC);

    if (fd < 0) {
        fail(e, ERR_SYSTEM, "epoll_create1: %s", strerror(errno));
        return NULL;
    }
    loop = mem_new(1, sizeof *loop);
    loop->epoll_fd = fd;
    loop->now_ms = clock_ms();
    sigemptyset(&loop->stop_signals);
    sigaddset(&loop->stop_signals, SIGINT);
    sigaddset(&loop->stop_signals, SIGTERM);
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL)
        return;
    timers_free(&loop->timers);
    close(loop->epoll_fd);
    free(loop);
}

int64_t loop_now_ms(const struct loop *loop)
{
    return loop->now_ms;
}

/* An event that the kernel has already handed over must not reach an owner that is gone. */
static void forget_ready(struct loop *loop, const struct watch *watch)
{
    for (int i = loop->ready_at; i < loop->ready_count; i++)
        if (loop->ready[i].data.ptr == watch)
            loop->ready[i].data.ptr = NULL;
}

static void forget_watch(struct loop *loop, struct watch *watch)
{
    loop->watches--;
    watch->events = 0;
    forget_ready(loop, watch);
}

void loop_watch(struct loop *loop, struct watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data = {.ptr = watch}};
    int operation = EPOLL_CTL_MOD;

    if (events == watch->events)
        return;
    if (events == 0) {
        operation = EPOLL_CTL_DEL;
        forget_watch(loop, watch);
    } else if (watch->events == 0) {
        operation = EPOLL_CTL_ADD;
        loop->watches++;
    }
    watch->events = events;

    /* Without the kernel's help the owner's deadline expires: no answer, which is the truth. */
    if (epoll_ctl(loop->epoll_fd, operation, watch->fd, &event) != 0)
        log_line(LOG_LEVEL_QUIET, "epoll_ctl: %s", strerror(errno));
}

void loop_close(struct loop *loop, struct watch *watch)
{
    if (watch->events != 0)
        forget_watch(loop, watch);
    close(watch->fd);
}

void loop_timer_set(struct loop *loop, struct timer *timer, int64_t in_ms)
{
    loop_timer_clear(loop, timer);
    timers_add(&loop->timers, timer, loop->now_ms + (in_ms < 1 ? 1 : in_ms));
}

void loop_timer_clear(struct loop *loop, struct timer *timer)
{
    if (timer->armed)
        timers_remove(&loop->timers, timer);
}

/* The one that is due first; NULL when none is armed. */
static struct timer *first_timer(const struct loop *loop)
{
    return loop->timers.count > 0 ? loop->timers.heap[0] : NULL;
}

static int wait_ms(const struct loop *loop, int64_t deadline_ms)
{
    const struct timer *first = first_timer(loop);
    int64_t until = deadline_ms, wait;

    if (first != NULL && (until == 0 || first->at_ms < until))
        until = first->at_ms;
    if (until == 0)
        return -1;
    wait = until - loop->now_ms;
    return wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : (int)wait;
}

static void handle_ready(struct loop *loop)
{
    while (loop->ready_at < loop->ready_count) {
        const struct epoll_event *event = &loop->ready[loop->ready_at++];
        struct watch *watch = event->data.ptr;

        if (watch != NULL)
            watch->ready(watch, event->events);
    }
}

static void handle_expired(struct loop *loop)
{
    struct timer *timer;

    while ((timer = first_timer(loop)) != NULL && timer->at_ms <= loop->now_ms) {
        loop_timer_clear(loop, timer);
        timer->expired(timer);
    }
}

/*
 * Wait once and handle what came. The stop signals are let in during the wait only: one that
 * comes between the look at the flag and the wait would otherwise not end the wait.
 */
static void turn(struct loop *loop, int64_t deadline_ms)
{
    sigset_t usual;
    int count = 0;

    sigprocmask(SIG_BLOCK, &loop->stop_signals, &usual);
    if (stop_signal == 0)
        count =
            epoll_pwait(loop->epoll_fd, loop->ready, READY_MAX, wait_ms(loop, deadline_ms), &usual);
    sigprocmask(SIG_SETMASK, &usual, NULL);

    loop->now_ms = clock_ms();
    loop->ready_at = 0;
    loop->ready_count = count;
    handle_ready(loop);
    handle_expired(loop);
}

static bool may_wait(const struct loop *loop, int64_t deadline_ms)
{
    if (stop_signal != 0)
        return false;
    if (deadline_ms != 0)
        return loop->now_ms < deadline_ms;
    return loop->watches > 0 || loop->timers.count > 0;
}

bool loop_run(struct loop *loop, bool (*done)(void *arg), void *arg, int64_t deadline_ms)
{
    loop->now_ms = clock_ms();
    while (!done(arg)) {
        if (!may_wait(loop, deadline_ms))
            return false;
        turn(loop, deadline_ms);
    }
    return true;
}

void loop_ask_for(struct loop *loop, struct waiter *waiter)
{
    loop->asking = waiter;
}

struct waiter *loop_asking(const struct loop *loop)
{
    return loop->asking;
}

void loop_progress(struct loop *loop)
{
    loop->progress++;
}

void loop_wake(struct loop *loop, struct waiter *waiter)
{
    loop_progress(loop);
    if (waiter->awake)
        return;
    waiter->awake = true;
    waiter->next = NULL;
    *(loop->first_awake != NULL ? &loop->last_awake->next : &loop->first_awake) = waiter;
    loop->last_awake = waiter;
}

void loop_sleep(struct loop *loop, struct waiter *waiter)
{
    struct waiter *before = NULL, *at = loop->first_awake;

    if (!waiter->awake)
        return;
    for (; at != waiter; at = at->next)
        before = at;
    *(before != NULL ? &before->next : &loop->first_awake) = waiter->next;
    if (loop->last_awake == waiter)
        loop->last_awake = before;
    waiter->awake = false;
}

struct waiter *loop_next_awake(struct loop *loop)
{
    struct waiter *waiter = loop->first_awake;

    if (waiter != NULL)
        loop_sleep(loop, waiter);
    return waiter;
}

/* A pass and the progress that was known when it began. */
struct rerun {
    struct loop *loop;
    bool (*pass)(void *arg);
    void *arg;
    uint64_t seen;
    bool finished;
};

static bool rerun_after_progress(void *arg)
{
    struct rerun *rerun = arg;

    /* Some progress happens inside of the pass: a question that fails before it is sent. */
    while (!rerun->finished && rerun->seen != rerun->loop->progress) {
        rerun->seen = rerun->loop->progress;
        rerun->finished = rerun->pass(rerun->arg);
    }
    return rerun->finished;
}

bool loop_run_pass(struct loop *loop, bool (*pass)(void *arg), void *arg, int64_t deadline_ms)
{
    struct rerun rerun = {
        .loop = loop, .pass = pass, .arg = arg, .seen = loop->progress - 1 /* the first time */};

    return loop_run(loop, rerun_after_progress, &rerun, deadline_ms);
}

static void on_stop_signal(int number)
{
    if (stop_signal != 0) {
        signal(number, SIG_DFL);
        raise(number); /* takes effect when this handler returns */
    }
    stop_signal = number;
}

void loop_catch_signals(void)
{
    struct sigaction stop = {.sa_handler = on_stop_signal, .sa_flags = SA_RESTART};
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(&stop.sa_mask);
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

int loop_stop_signal(void)
{
    return stop_signal;
}
