/* fair.c - a queue for each network, and a ring of the networks that may go on. */
#include "agent/fair.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"

enum {
    NETWORK_BYTES_V4 = 3,
    NETWORK_BYTES_V6 = 8,
};

/*
 * A target as it waits, of which there are many: without the room that its name does not use. The
 * name is its last member.
 */
struct waiting {
    struct waiting *next;
    size_t index;
    size_t length;
    char target[];
};

_Static_assert(sizeof(struct target) <
                   offsetof(struct target, wanted) + sizeof(struct name) + sizeof(void *),
               "the name is the last member of a target");

static struct waiting *wait_for_turn(const struct target *target, size_t index)
{
    const size_t length = offsetof(struct target, wanted) + strlen(target->wanted.s) + 1;
    struct waiting *waiting = mem_new(1, sizeof *waiting + length);

    waiting->index = index;
    waiting->length = length;
    memcpy(waiting->target, target, length);
    return waiting;
}

struct network {
    struct table_link link;
    struct ip base; /* host bits zero */
    size_t begun;
    struct waiting *first, *last;
    struct network *next; /* in the ring */
    bool in_ring;
};

static struct ip base_of(const struct ip *address)
{
    struct ip base = *address;
    size_t kept = address->family == IP_V6 ? NETWORK_BYTES_V6 : NETWORK_BYTES_V4;

    memset(base.bytes + kept, 0, sizeof base.bytes - kept);
    return base;
}

static bool is_network(const struct table_link *link, const void *key)
{
    return ip_equal(&((const struct network *)link)->base, key);
}

static struct network *network_of(struct fair *fair, const struct ip *address)
{
    const struct ip base = base_of(address);
    const uint64_t hash = table_hash(TABLE_HASH_START, base.bytes, NETWORK_BYTES_V6);
    struct network *network =
        (struct network *)table_find(&fair->networks, hash, is_network, &base);

    if (network != NULL)
        return network;
    network = mem_new(1, sizeof *network);
    network->base = base;
    table_add(&fair->networks, &network->link, hash);
    return network;
}

/* To the end of the ring, if it may begin a target now. */
static void join_ring(struct fair *fair, struct network *network)
{
    if (network->in_ring || network->first == NULL || network->begun == fair->at_once)
        return;
    network->next = NULL;
    *(fair->first != NULL ? &fair->last->next : &fair->first) = network;
    fair->last = network;
    network->in_ring = true;
}

void fair_add(struct fair *fair, const struct target *target, size_t index)
{
    struct network *network = network_of(fair, &target->address);
    struct waiting *waiting = wait_for_turn(target, index);

    *(network->first != NULL ? &network->last->next : &network->first) = waiting;
    network->last = waiting;
    fair->waiting++;
    join_ring(fair, network);
}

bool fair_take(struct fair *fair, struct target *out, size_t *index)
{
    struct network *network = fair->first;
    struct waiting *waiting;

    if (network == NULL)
        return false;
    fair->first = network->next;
    network->in_ring = false;
    waiting = network->first;
    network->first = waiting->next;
    network->begun++;
    fair->waiting--;
    join_ring(fair, network);
    *out = (struct target){.mta = ""};
    memcpy(out, waiting->target, waiting->length);
    *index = waiting->index;
    free(waiting);
    return true;
}

void fair_done(struct fair *fair, const struct ip *address)
{
    struct network *network = network_of(fair, address);

    network->begun--;
    join_ring(fair, network);
    if (network->begun > 0 || network->first != NULL)
        return;
    table_remove(&fair->networks, &network->link);
    free(network);
}

static void network_free(struct table_link *link)
{
    struct network *network = (struct network *)link;

    for (struct waiting *waiting = network->first, *next; waiting != NULL; waiting = next) {
        next = waiting->next;
        free(waiting);
    }
    free(network);
}

void fair_free(struct fair *fair)
{
    table_each(&fair->networks, network_free);
    table_free(&fair->networks);
    *fair = (struct fair){.at_once = fair->at_once};
}
