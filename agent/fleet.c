/* fleet.c - a stream of targets in, a stream of judgements out. */
#include "agent/fleet.h"

#include <stdio.h>

#include "agent/fleet_line.h"
#include "agent/fleet_out.h"
#include "agent/fleet_rounds.h"
#include "agent/net/lines.h"

struct fleet {
    struct session *session;
    struct collector collector; /* of the place that looks */
    struct lines lines;
    struct fleet_out out;
};

static bool is_left_out(const struct fleet *fleet, const struct target *target)
{
    enum ip_family family = fleet->session->options->family;

    return family != IP_NONE && family != target->address.family;
}

/* True when the line is a target that is wanted. */
static bool take_line(struct fleet *fleet, const char *line, struct target *out)
{
    char why[400];

    switch (fleet_line_parse(line, out, why, sizeof why)) {
    case FLEET_LINE_TARGET:
        targets_configure(&fleet->session->config, fleet->session->options->name, out);
        return !is_left_out(fleet, out);
    case FLEET_LINE_BAD:
        fleet_out_bad_line(&fleet->out, fleet->lines.number, why);
        break;
    case FLEET_LINE_EMPTY:
        break;
    }
    return false;
}

static enum supply next_line(void *arg, struct target *out)
{
    struct fleet *fleet = arg;
    const char *line;

    for (;;) {
        enum lines_got got = lines_next(&fleet->lines, &line);

        if (got == LINES_LATER || got == LINES_END)
            return got == LINES_LATER ? SUPPLY_LATER : SUPPLY_END;
        if (got == LINES_TOO_LONG)
            fleet_out_bad_line(&fleet->out, fleet->lines.number,
                               "it is longer than any target, or no text");
        else if (take_line(fleet, line, out))
            return SUPPLY_TARGET;
    }
}

static void take_one(void *arg, size_t index, const struct target *target, struct facts *facts)
{
    struct fleet *fleet = arg;
    struct identity identity = {.facts = *facts};

    (void)index;
    (void)target;
    identity_judge(&fleet->session->config, &identity);
    fleet_out_identity(&fleet->out, &identity, NULL);
    identity_free(&identity);
}

/* The place that looks: this machine, or the viewpoint that was named. */
static bool choose_place(struct session *session, struct collector *out, struct error *e)
{
    struct views *views = &session->views;

    if (session->options->via_count > 1)
        return fail(e, ERR_USAGE, "with --from, one place looks: give --via once");
    views_choose(views, &session->config, session->options, session->options->via_count == 0);
    if (view_open(&views->v[0], &session->collector, out))
        return true;
    fail(e, ERR_SSH_FAILED, "%s", views->v[0].vantage.why);
    error_what(e, "cannot look from %s", views->v[0].vantage.id);
    return error_next(e, "%s", views->v[0].vantage.next);
}

/* The one list of targets is FILE's. */
static bool no_other_list(const struct options *options, struct error *e)
{
    if (options->facts != NULL)
        return fail(e, ERR_USAGE, "--facts is a list of its own: leave --from out");
    if (options->word_count == 0)
        return true;
    return fail(e, ERR_USAGE,
                "with --from, targets come from %s: write %s there, or leave --from out",
                options->from, options->words[0]);
}

static bool fleet_open(struct fleet *fleet, const char *command, struct error *e)
{
    struct session *session = fleet->session;

    if (!no_other_list(session->options, e)) {
        error_next(e, "namesake help %s", command);
        return error_what(e, "cannot tell which targets are meant");
    }
    return fleet_out_open(&fleet->out, session, command, e) &&
           choose_place(session, &fleet->collector, e) &&
           lines_open(&fleet->lines, session->collector.loop, session->options->from, e) &&
           fleet_out_begin(&fleet->out, e);
}

/* True when all that there was to look at was looked at. */
static bool look(struct fleet *fleet, bool rounds, int64_t deadline_ms, struct error *e)
{
    struct fleet_rounds all = {.session = fleet->session,
                               .collector = &fleet->collector,
                               .out = &fleet->out,
                               .first = next_line,
                               .arg = fleet};

    if (rounds)
        return fleet_rounds_run(&all, deadline_ms, e);
    fleet->collector.brief = true;
    return collect_run(&fleet->collector, next_line, take_one, fleet, deadline_ms);
}

int fleet_run(struct session *session)
{
    bool rounds = session->options->command == CMD_VERIFY;
    struct fleet fleet = {.session = session};
    struct error e = {0}, later = {0}; /* the first one is told */
    int64_t deadline_ms = 0;
    int code;

    if (!fleet_open(&fleet, rounds ? "verify" : "audit", &e))
        return session_fail(session, &e);
    if (session->options->timeout_s > 0)
        deadline_ms = loop_now_ms(session->collector.loop) + session->options->timeout_s * 1000;
    if (!look(&fleet, rounds, deadline_ms, &e) && e.code == ERR_NONE && loop_stop_signal() == 0)
        fprintf(stderr, "Stopped by --timeout; what was complete by then is above.\n");
    if (!view_end(&session->views.v[0], &fleet.collector))
        fprintf(stderr, "Lost on the way: %s\n", session->views.v[0].vantage.why);
    code = fleet_out_end(&fleet.out, e.code == ERR_NONE ? &e : &later);
    lines_close(&fleet.lines);
    return e.code != ERR_NONE ? session_fail(session, &e) : code;
}
