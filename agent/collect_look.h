/*
 * collect_look.h - one target as it is looked at: what collect.c gives to the
 * window that runs many of them.
 */
#ifndef NAMESAKE_COLLECT_LOOK_H
#define NAMESAKE_COLLECT_LOOK_H

#include "agent/collect.h"
#include "agent/collect_dns.h"
#include "agent/net/smtp.h"

/* Questions and conversations, and what is remembered of them, for one run. */
struct look {
    const struct collector *collector;
    struct dns_look dns;
    struct smtp *smtp;
};

void look_open(struct look *look, struct collector *collector);
void look_close(struct look *look);

/* A target, and what is known of it by now. */
struct looked {
    struct target target;
    struct facts facts;
    bool brief; /* as in struct dns_look; ends when something is not as wanted */
};

/* Take over the target. The facts begin with what is known without asking. */
void look_begin(const struct look *look, const struct target *target, struct looked *out);

/*
 * One pass over a target, from top to bottom, for the waiter that asks: asks for what is needed
 * next and reads what has come. True when nothing is open any more and the facts are complete.
 */
bool look_pass(const struct look *look, struct waiter *waiter, struct looked *looked) MUST_USE;

#endif
