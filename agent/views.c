/* views.c - one place after the other: log in, look, judge. */
#include "agent/views.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/net/via.h"
#include "agent/verify.h"

size_t public_resolvers(struct dns_server *out, size_t room)
{
    static const char *const addresses[] = {
        "1.1.1.1",    "8.8.8.8", "9.9.9.9", "2606:4700:4700::1111", "2001:4860:4860::8888",
        "2620:fe::fe"};
    size_t count = 0;

    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0] && count < room; i++) {
        out[count].port = 53;
        count += ip_parse(addresses[i], &out[count].ip);
    }
    return count;
}

static const char *target_of(const struct config *config, const char *word)
{
    for (size_t i = 0; i < config->vantage_count; i++)
        if (str_equal(config->vantages[i].id, word))
            return config->vantages[i].target;
    return str_equal(word, "here") ? "" : word;
}

static void add_view(struct views *views, const char *id, const char *target)
{
    struct view *view = &views->v[views->count];

    for (size_t i = 0; i < views->count; i++)
        if (str_equal(views->v[i].target, target))
            return; /* asked for twice */
    *view = (struct view){.via = NULL};
    str_cut(view->vantage.id, sizeof view->vantage.id, id);
    str_cut(view->target, sizeof view->target, target);
    views->count++;
}

void views_choose(struct views *views, const struct config *config, const struct options *options,
                  bool here)
{
    *views = (struct views){.count = 0};
    if (here)
        add_view(views, "here", "");
    for (size_t i = 0; i < options->via_count; i++)
        add_view(views, options->via[i], target_of(config, options->via[i]));
}

static void leave(struct view *view)
{
    via_free(view->via);
    view->via = NULL;
}

void views_close(struct views *views)
{
    for (size_t i = 0; i < views->count; i++)
        leave(&views->v[i]);
}

bool views_are_here(const struct views *views)
{
    return views->count == 0 || (views->count == 1 && views->v[0].target[0] == '\0');
}

static bool cannot(struct view *view, const struct error *e)
{
    struct vantage *vantage = &view->vantage;

    vantage->reached = false;
    str_format(vantage->why, sizeof vantage->why, "%s: %s", e->what, e->why);
    str_cut(vantage->next, sizeof vantage->next, e->next);
    leave(view);
    return false;
}

bool view_open(struct view *view, const struct collector *here, struct collector *out)
{
    struct error e = {0};

    *out = *here;
    out->vantage = view->vantage.id;
    memcpy(out->proven, view->proven, sizeof out->proven);
    if (view->target[0] == '\0')
        return true;
    if (here->config->resolver_count == 0) /* those of this machine may be for it alone */
        out->resolver_count = public_resolvers(out->resolvers, RESOLVERS_MAX);
    if (view->via == NULL)
        view->via = via_open(view->target, here->loop, &e);
    out->via = view->via;
    return view->via != NULL || cannot(view, &e);
}

bool view_end(struct view *view, const struct collector *used)
{
    memcpy(view->proven, used->proven, sizeof view->proven);
    if (view->via != NULL && view->via->lost)
        return cannot(view, &view->via->why);
    view->vantage.reached = true;
    view->vantage.why[0] = view->vantage.next[0] = '\0';
    return true;
}

static void add_sights(struct sights *out, struct identity *seen, size_t count)
{
    out->identities = mem_resize(out->identities, out->count + count + 1, sizeof *seen);
    memcpy(out->identities + out->count, seen, count * sizeof *seen);
    out->count += count;
    free(seen);
}

/* False when the look was stopped. */
static bool look_from(struct view *view, const struct collector *here, const struct target *targets,
                      size_t count, int64_t deadline_ms, struct sights *out)
{
    struct collector collector;
    struct identity *seen;
    bool complete;

    if (!view_open(view, here, &collector))
        return true;
    complete = look_and_judge(&collector, targets, count, deadline_ms, &seen);
    if (view_end(view, &collector))
        add_sights(out, seen, count);
    else
        identities_free(seen, count);
    return complete;
}

bool views_look(struct views *views, const struct collector *here, const struct target *targets,
                size_t count, int64_t deadline_ms, struct sights *out)
{
    bool complete = true;

    *out = (struct sights){.identities = mem_new(1, sizeof *out->identities)};
    for (size_t i = 0; i < views->count; i++)
        complete = look_from(&views->v[i], here, targets, count, deadline_ms, out) && complete;
    return complete;
}
