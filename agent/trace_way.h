/*
 * trace_way.h - a probe and its way from a mail server to an observer: values.
 */
#ifndef NAMESAKE_TRACE_WAY_H
#define NAMESAKE_TRACE_WAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/ip.h"

struct machine;

#define TRACE_HOPS_MAX 8
#define TRACE_TOKEN_MAX 64

enum trace_state {
    TRACE_SENT, /* handed to the mail server; nothing is known yet */
    TRACE_ARRIVED,
    TRACE_REFUSED,  /* the mail server did not take it */
    TRACE_DEFERRED, /* it waits in the queue for another try */
    TRACE_GONE,     /* it left the queue and did not arrive: returned, or handed on */
    TRACE_LATE,     /* time was up before anything was known */
    TRACE_STATES
};

/* One SMTP connection on the way, outwards. */
struct trace_hop {
    struct ip from;
    char helo[256]; /* "" when the one who heard it does not tell */
    char by[256];   /* who heard it: "relay.example.net"; of the last hop "observer" */
};

struct trace_probe {
    struct machine *machine; /* that sends it */
    char place[280];         /* its title: "this machine" */
    char instance[256];      /* of the mail server */
    char transport[64];      /* that it is expected to take */
    char relay[256];         /* that the configuration hands it to; "" for none */
    struct ip to;            /* the observer */
    struct ip expected;      /* what it should leave from; IP_NONE: not known */
    char token[TRACE_TOKEN_MAX + 1];
    char sender[192], recipient[320];
    enum trace_state state;
    struct trace_hop hops[TRACE_HOPS_MAX]; /* outwards: the first is what the first receiver saw of
                                              us, the last what the observer saw */
    size_t hop_count;
    int64_t sent_ms;
    uint32_t took_ms;
    unsigned missed; /* looks into the queue that did not find it */
    char id[64];     /* in the queue, while it is there */
    char queue[256]; /* the instance whose queue it was seen in last */
    bool removed;    /* from the queue, by us */
    char why[512];   /* why it did not arrive */
};

const char *trace_state_text(enum trace_state state); /* "arrived" */

#endif
