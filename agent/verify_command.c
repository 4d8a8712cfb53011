/* verify_command.c - verify as it is seen on the terminal. */
#include "agent/verify_command.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/log.h"
#include "agent/fleet.h"
#include "agent/recorded.h"

/* "authority ok" or "resolvers 2/4" */
static void print_count(const char *what, size_t ok, size_t all)
{
    if (ok == all && str_equal(what, "authority"))
        fprintf(stderr, "  %s ok", what);
    else
        fprintf(stderr, "  %s %zu/%zu", what, ok, all);
}

/* Who was not counted is told when it changes. */
static void print_left_out(char *told, size_t size, const struct verify_round *round)
{
    if (str_equal(told, round->left_out))
        return;
    str_cut(told, size, round->left_out);
    if (told[0] != '\0')
        fprintf(stderr, "         %s\n", told);
}

static void print_round(void *arg, const struct verify_round *round)
{
    if (log_level() < LOG_LEVEL_NORMAL)
        return;
    fprintf(stderr, "  %02u:%02u", round->at_s / 60, round->at_s % 60);
    print_count("authority", round->authority_ok, round->authority_all);
    print_count("resolvers", round->resolvers_ok, round->resolvers_all);
    fprintf(stderr, "  banner %s  helo %s", result_text(round->banner), result_text(round->helo));
    if (round->good)
        fprintf(stderr, "   %u of %u", round->in_row, round->passes);
    fprintf(stderr, "\n%s%s%s", round->good ? "" : "         ", round->good ? "" : round->note,
            round->good ? "" : "\n");
    print_left_out(arg, sizeof round->left_out, round);
}

/* "203.0.113.25 mail.example.com: 3 good rounds in a row, every 30 s, 1 h at most" */
static void announce_rounds(const struct session *s, const struct verify_settings *settings)
{
    if (log_level() < LOG_LEVEL_NORMAL)
        return;
    if (s->targets.count == 1)
        fprintf(stderr, "%s %s: ", ip_text(&s->targets.v[0].address).s, s->targets.v[0].wanted.s);
    else
        fprintf(stderr, "%zu addresses: ", s->targets.count);
    fprintf(stderr, "%u good rounds in a row, every %s, ", settings->passes,
            str_duration_text(settings->interval_s).s);
    fprintf(stderr, "%s at most\n", str_duration_text(settings->window_s).s);
}

static enum verify_outcome run_rounds(struct session *s, const struct verify_settings *settings)
{
    char left_out[sizeof((struct verify_round *)0)->left_out] = "";
    struct verify_run run = {.collector = &s->collector,
                             .views = &s->views,
                             .targets = s->targets.v,
                             .count = s->targets.count,
                             .settings = settings,
                             .told = print_round,
                             .arg = left_out};
    struct sights last;
    enum verify_outcome outcome;

    views_choose(&s->views, &s->config, s->options, true);
    outcome = verify_run(&run, &last);
    session_keep(s, last.identities, last.count);
    return outcome;
}

/* What this machine sees can be planned for; what only another place sees has to be looked at. */
static void say_next(const struct session *s, enum verify_outcome outcome, char *out, size_t size)
{
    const struct identity *differs = NULL;

    for (size_t i = 0; i < s->identity_count && differs == NULL; i++)
        if (judgement_verdict(&s->identities[i].judgement, s->config.strict) != VERDICT_ALIGNED)
            differs = &s->identities[i];
    if (outcome == VERIFY_PENDING)
        str_cut(out, size, "namesake verify --window 2h");
    else if (differs != NULL && !facts_from_here(&differs->facts))
        str_format(out, size, "namesake audit --via %s %s", differs->facts.vantage,
                   ip_text(&differs->facts.address).s);
    else
        str_cut(out, size, "namesake plan");
}

struct verify_settings verify_settings_of(const struct session *s)
{
    const struct options *o = s->options;

    return (struct verify_settings){
        .window_s = o->window_s >= 0 ? (uint32_t)o->window_s : s->config.window_s,
        .interval_s = o->interval_s >= 0 ? (uint32_t)o->interval_s : s->config.interval_s,
        .passes = o->passes >= 0 ? (uint32_t)o->passes : s->config.passes,
        .strict = s->config.strict};
}

int verify_command(struct session *s)
{
    static const int codes[] = {EXIT_YES, EXIT_PENDING, EXIT_NO, EXIT_UNKNOWN};
    const struct options *o = s->options;
    const struct verify_settings settings = verify_settings_of(s);
    enum verify_outcome outcome;
    struct report report;
    struct error e = {0};

    if (s->config.resolver_count == 0) /* those that many receivers ask, too */
        s->collector.resolver_count = public_resolvers(s->collector.resolvers, RESOLVERS_MAX);
    if (o->from != NULL)
        return fleet_run(s);
    if (s->targets.count == 0 && !session_find_targets(s, &e))
        return session_fail(s, &e);
    announce_rounds(s, &settings);
    outcome = run_rounds(s, &settings);
    if (o->record != NULL && !recorded_write(s, &e))
        return session_fail(s, &e);
    report = session_report(s);
    report.command = "verify";
    report.exit_code = loop_stop_signal() ? 128 + loop_stop_signal() : codes[outcome];
    if (report.exit_code != EXIT_YES)
        say_next(s, outcome, report.next, sizeof report.next);
    return session_end(s, &report);
}
