/*
 * faults.h - servers that fail at times, for the soak: some of a hundred answers at random, and
 * now and then a burst in which half of them fails.
 */
#ifndef NAMESAKE_TESTS_BENCH_FAULTS_H
#define NAMESAKE_TESTS_BENCH_FAULTS_H

#include <stdbool.h>
#include <stdlib.h>

enum {
    FAULTS_BURST = 60,      /* answers in a burst */
    FAULTS_BURST_ODDS = 800 /* one of so many answers begins one */
};

struct faults {
    long percent; /* 0: never */
    unsigned burst_left;
    unsigned long count; /* how many answers failed */
};

/* Whether the answer that is due now fails. */
static inline bool fault_due(struct faults *faults)
{
    bool due;

    if (faults->percent == 0)
        return false;
    if (faults->burst_left == 0 && random() % FAULTS_BURST_ODDS == 0)
        faults->burst_left = FAULTS_BURST;
    if (faults->burst_left > 0)
        due = faults->burst_left-- % 2 == 0;
    else
        due = random() % 100 < faults->percent;
    faults->count += due;
    return due;
}

#endif
