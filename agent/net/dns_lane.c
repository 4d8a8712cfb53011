/* dns_lane.c - a queue for each server, and how many of it may go at once. */
#include "agent/net/dns_lane.h"

#include <stdlib.h>

#include "agent/base/mem.h"

struct dns_lane {
    struct table_link link;
    struct dns_server server;
    size_t width, under_way;
    uint64_t sent;          /* how many were, so far */
    uint64_t sent_when_cut; /* ... when the width was cut for the last time */
    struct dns_turn *first, *last;
    bool going; /* turns are being called, which may end within */
};

static bool is_lane(const struct table_link *link, const void *key)
{
    const struct dns_lane *lane = (const struct dns_lane *)link;
    const struct dns_server *server = key;

    return lane->server.port == server->port && ip_equal(&lane->server.ip, &server->ip);
}

static struct dns_lane *lane_of(struct dns_lanes *lanes, const struct dns_server *server)
{
    const uint64_t hash = table_hash(TABLE_HASH_START, server->ip.bytes, sizeof server->ip.bytes);
    struct dns_lane *lane = (struct dns_lane *)table_find(&lanes->table, hash, is_lane, server);

    if (lane != NULL)
        return lane;
    lane = mem_new(1, sizeof *lane);
    lane->server = *server;
    lane->width = DNS_LANE_WIDTH;
    table_add(&lanes->table, &lane->link, hash);
    return lane;
}

/* A turn that ends while it is called leaves the next one to this loop: no call within a call. */
static void go_on(struct dns_lanes *lanes, struct dns_lane *lane)
{
    if (lane->going)
        return;
    lane->going = true;
    while (lane->first != NULL && lane->under_way < lane->width) {
        struct dns_turn *turn = lane->first;

        lane->first = turn->next;
        lane->under_way++;
        turn->number = ++lane->sent;
        turn->go(turn);
    }
    lane->going = false;
    if (lane->under_way > 0)
        return;
    table_remove(&lanes->table, &lane->link);
    free(lane);
}

void dns_lane_enter(struct dns_lanes *lanes, const struct dns_server *server, struct dns_turn *turn)
{
    struct dns_lane *lane = lane_of(lanes, server);

    turn->lane = lane;
    turn->next = NULL;
    *(lane->first != NULL ? &lane->last->next : &lane->first) = turn;
    lane->last = turn;
    go_on(lanes, lane);
}

/*
 * Half as many after a loss; of what was under way at that time, further losses are the same news.
 * One more for each answer that came at once. Silence is no news: the server may be dead, and those
 * who wait for it should learn that together.
 */
static void learn(struct dns_lane *lane, const struct dns_turn *turn, bool answered, unsigned again)
{
    if (!answered)
        return;
    if (again == 0) {
        lane->width += lane->width < DNS_LANE_WIDTH;
    } else if (turn->number > lane->sent_when_cut) {
        lane->width = lane->width / 2 > DNS_LANE_WIDTH_MIN ? lane->width / 2 : DNS_LANE_WIDTH_MIN;
        lane->sent_when_cut = lane->sent;
    }
}

void dns_lane_leave(struct dns_lanes *lanes, struct dns_turn *turn, bool answered, unsigned again)
{
    struct dns_lane *lane = turn->lane;

    lane->under_way--;
    learn(lane, turn, answered, again);
    go_on(lanes, lane);
}

static void lane_free(struct table_link *link)
{
    free(link);
}

void dns_lanes_free(struct dns_lanes *lanes)
{
    table_each(&lanes->table, lane_free);
    table_free(&lanes->table);
}
