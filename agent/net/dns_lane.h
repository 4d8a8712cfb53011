/*
 * dns_lane.h - how many questions are under way to one server at once. A burst
 * of more overruns the buffer that it receives them in, and what is lost there
 * looks like a server that fails. Whoever comes later waits for a place, before
 * its time limit begins.
 */
#ifndef NAMESAKE_NET_DNS_LANE_H
#define NAMESAKE_NET_DNS_LANE_H

#include "agent/net/dns.h"
#include "agent/net/table.h"

/*
 * Half of the small messages that a Linux socket holds unread by default (256 of them:
 * net.core.rmem_default is 208 KiB); the other half is for what is sent again, and for others.
 */
#define DNS_LANE_WIDTH 128

/* A server that answers only what was sent again is asked less at once, but never less than this. */
#define DNS_LANE_WIDTH_MIN 16

struct dns_lane; /* to one server; there are as many as have questions */

/* A question that wants to be sent; embedded in its owner. Set `go` only. */
struct dns_turn {
    void (*go)(struct dns_turn *turn); /* send it now */
    struct dns_lane *lane;
    struct dns_turn *next; /* that waits */
    uint64_t number;       /* of those that were sent on this lane */
};

/* Zero-initialise. */
struct dns_lanes {
    struct table table;
};

/* Calls turn->go once, perhaps before this returns. */
void dns_lane_enter(struct dns_lanes *lanes, const struct dns_server *server,
                    struct dns_turn *turn);

/*
 * The question of a turn that was called is done; another one may go. `answered`: the server gave
 * some reply, after the question had been sent again so many times. May be called within `go`.
 */
void dns_lane_leave(struct dns_lanes *lanes, struct dns_turn *turn, bool answered, unsigned again);

/* Forget all of them; no turn that waits is called. */
void dns_lanes_free(struct dns_lanes *lanes);

#endif
