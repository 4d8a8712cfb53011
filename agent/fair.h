/*
 * fair.h - which target begins next: networks (IPv4 /24, IPv6 /64) take turns,
 * and of each only so many are looked at at once. A list that is sorted by
 * network then neither crawls along one of them nor hammers it.
 */
#ifndef NAMESAKE_FAIR_H
#define NAMESAKE_FAIR_H

#include "agent/net/table.h"
#include "agent/target.h"

struct network;

/* Zero-initialise all but at_once. */
struct fair {
    size_t at_once;               /* targets of one network */
    size_t waiting;               /* targets that have not begun */
    struct table networks;        /* those with targets, waiting or begun */
    struct network *first, *last; /* those that may begin one, in the order of their turns */
};

/* Let a target wait for its turn; `index` is the caller's. */
void fair_add(struct fair *fair, const struct target *target, size_t index);

/* The next that may begin; false when none waits, or all networks are busy. */
bool fair_take(struct fair *fair, struct target *out, size_t *index) MUST_USE;

/* One that was taken, with this address, is done. */
void fair_done(struct fair *fair, const struct ip *address);

void fair_free(struct fair *fair);

#endif
