/*
 * views.h - the same look from several places: here, and through the SSH
 * servers that the operator names.
 */
#ifndef NAMESAKE_VIEWS_H
#define NAMESAKE_VIEWS_H

#include "agent/collect.h"
#include "agent/options.h"
#include "agent/report.h"

/* A place that looks. */
struct view {
    struct vantage vantage; /* what is told of it; reached as of the last look */
    char target[280];       /* "": here */
    struct via *via;        /* while it is reached; NULL: here */
    bool proven[IP_V6 + 1]; /* as in struct collector */
};

struct views {
    struct view v[VIA_MAX + 1];
    size_t count;
};

/* What was seen by all that could be reached: targets in order, one place after the other. */
struct sights {
    struct identity *identities;
    size_t count;
};

/*
 * The places of the command line: ids of the configuration, "here", or targets themselves.
 * `here` puts this machine first. Connects to nobody. The caller frees them with views_close.
 */
void views_choose(struct views *views, const struct config *config, const struct options *options,
                  bool here);
void views_close(struct views *views);

/* Only this machine looks. */
bool views_are_here(const struct views *views);

/*
 * The collector of one place, after logging in there if need be; what it needs to look from
 * there. False when it cannot be reached: view->vantage says why.
 */
bool view_open(struct view *view, const struct collector *here, struct collector *out) MUST_USE;

/* It has looked: keep what was learned of it. False when it was lost meanwhile. */
bool view_end(struct view *view, const struct collector *used) MUST_USE;

/*
 * Look at the targets once from every place and judge what each saw. A place that cannot be
 * reached is left out. The caller frees the identities (identities_free). False when stopped.
 */
bool views_look(struct views *views, const struct collector *here, const struct target *targets,
                size_t count, int64_t deadline_ms, struct sights *out) MUST_USE;

/* Resolvers of others, for whoever has none configured, in both families. Returns how many. */
size_t public_resolvers(struct dns_server *out, size_t room);

#endif
