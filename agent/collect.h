/*
 * collect.h - fills facts: asks DNS, the server's greeting and the mail
 * server's own tools, many targets at once in bounded memory.
 */
#ifndef NAMESAKE_COLLECT_H
#define NAMESAKE_COLLECT_H

#include "agent/config.h"
#include "agent/facts.h"
#include "agent/machine.h"
#include "agent/net/loop.h"
#include "agent/target.h"

struct via;

/* What looking needs; made once per command. */
struct collector {
    struct config *config;
    struct loop *loop;
    struct dns_server resolvers[RESOLVERS_MAX];
    size_t resolver_count;
    const char *vantage;      /* "here", or the viewpoint that looks */
    struct via *via;          /* its connections; NULL: from here */
    bool proven[IP_V6 + 1];   /* of each family: a greeting came, so port 25 is open from there */
    size_t jobs;              /* targets at once */
    bool brief;               /* ask one server a question as long as all is as wanted */
    struct machines machines; /* whose mail servers were asked */
    char probe_label[32];     /* random: no name begins with it */
    char ehlo_name[300];      /* what we call ourselves to other servers */
};

/* Prepare: event loop and resolvers. collector_free frees all. */
bool collector_open(struct collector *collector, struct config *config, struct error *e) MUST_USE;
void collector_free(struct collector *collector);

/* How many targets at once the limit of open files allows; the soft limit is raised first. */
size_t collect_jobs_max(void);

enum supply {
    SUPPLY_TARGET,
    SUPPLY_LATER, /* none now; whoever brings one makes progress (loop_progress) */
    SUPPLY_END,
};

/* Gives the next target to look at. Asked for somewhat more than can begin at once. */
typedef enum supply collect_next(void *arg, struct target *out);

/*
 * Called for each target when its facts are complete, in the order of completion, with its number
 * in the order of asking. Takes the facts over.
 */
typedef void collect_done(void *arg, size_t index, const struct target *target,
                          struct facts *facts);

/*
 * Look at targets as they come: at most collector->jobs at once, and of one network (fair.h) only a
 * part of these, in memory that does not depend on how many there are. deadline_ms as in loop_run. False when a signal or the deadline stopped it;
 * what was complete by then has been handed over.
 */
bool collect_run(struct collector *collector, collect_next *next, collect_done *done, void *arg,
                 int64_t deadline_ms) MUST_USE;

/*
 * Ask every authoritative server, and the resolvers when all of those have it, for one record
 * set; nothing is remembered from earlier calls. *zone may be NULL.
 */
void collect_rrset(struct collector *collector, const struct name *owner, bool ptr,
                   enum ip_family family, struct rrset_facts *out, struct name *zone);

/* Read the greeting of one address now. */
void collect_banner(struct collector *collector, const struct ip *address,
                    struct banner_facts *out);

#endif
