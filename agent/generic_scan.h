/*
 * generic_scan.h - PURE: what stands left of a name's registrable domain: its
 * words, its numbers, and how much of an address they spell.
 */
#ifndef NAMESAKE_GENERIC_SCAN_H
#define NAMESAKE_GENERIC_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/ip.h"

/* A piece of a name. */
struct generic_part {
    const char *text;
    size_t length;
};

enum { GENERIC_RUNS = 40 }; /* as many numbers as a name is asked for; the rest is not looked at */

/* What one pass over a part finds. */
struct generic_scan {
    struct generic_part part;
    struct generic_part run[GENERIC_RUNS]; /* the numbers: "static-25.0" holds 25 and 0 */
    size_t run_count;
    size_t longest_run;           /* digits of the longest number */
    unsigned strong, weak, vague; /* how many words of access lines */
    bool is_numbered;             /* a weak one has a number right beside it */
    size_t mail_end; /* where the last word of a mail host ends; 0 when there is none */
};

/* How much of an address a part spells, and where that ends. */
struct generic_spelling {
    unsigned octets; /* 4: all of it (or of the interface part of an IPv6 address), 3, 2 or 0 */
    size_t digits;   /* digits that spell it: few of them agree by chance */
    size_t end;
    size_t last_digits; /* of the number that is, or ends with, the last octet; 0 when none is */
};

/* Words, numbers. */
struct generic_scan generic_scan(struct generic_part part);

/*
 * The address in a part that has been scanned: octets in decimal, whole or zero-padded, apart or
 * packed, in any order; hex digits; the nibbles or groups of IPv6. Four numbers that could be an
 * address count as three octets, whatever the address.
 */
struct generic_spelling generic_spelling(const struct generic_scan *scan, const struct ip *address);

#endif
