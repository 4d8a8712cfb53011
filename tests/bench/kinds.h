/*
 * kinds.h - what the servers of the bench are like. All stand at 198.18.0.0/15
 * (RFC 2544: for benchmarks); of 198.19.KIND.0/24 each is of that kind, the
 * others are plain. run.sh knows the verdict that each deserves.
 */
#ifndef NAMESAKE_TESTS_BENCH_KINDS_H
#define NAMESAKE_TESTS_BENCH_KINDS_H

#include <stdint.h>

enum kind {
    KIND_PLAIN,
    KIND_TARPIT,     /* a byte now and then, never a greeting */
    KIND_SILENT,     /* takes the connection and says nothing */
    KIND_CLOSING,    /* closes it at once */
    KIND_OTHER,      /* speaks SSH */
    KIND_ENDLESS,    /* a line without end */
    KIND_POSTSCREEN, /* half of a greeting, the other half after a second */
    KIND_554,
    KIND_421,
    KIND_OTHER_NAME, /* greets with another name */
    KIND_NO_PTR,
    KIND_SERVFAIL, /* for the PTR */
    KIND_LINES,    /* a greeting of several lines */
    KIND_REFUSING, /* port 25 is closed: refusing.sh stands there */
    KIND_COUNT,
    KIND_RESET = KIND_COUNT /* of no address: a fault of the soak */
};

/* An address in host order. */
static inline enum kind kind_of(uint32_t address)
{
    const uint32_t third = address >> 8 & 0xFF;

    return address >> 16 == (198U << 8 | 19U) && third < KIND_COUNT ? (enum kind)third : KIND_PLAIN;
}

#endif
