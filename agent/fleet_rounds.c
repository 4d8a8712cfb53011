/* fleet_rounds.c - a fleet that is looked at until it is in order, or the window is over. */
#include "agent/fleet_rounds.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/act.h"
#include "agent/base/clock.h"
#include "agent/base/log.h"
#include "agent/verify_command.h"

/* A target and what is known of it so far: a record of the file, read by this process only. */
struct waiting {
    struct target target;
    unsigned in_row; /* good rounds, up to the last one */
    struct verify_memory memory;
};

/* Records of one length. */
struct store {
    FILE *file;
    size_t count;
};

struct work {
    struct fleet_rounds *rounds;
    struct verify_settings settings;
    struct store now, later; /* the targets of this round, and of the next */
    size_t next;             /* of now, to be looked at */
    unsigned made;           /* rounds before this one */
    bool last;               /* no other round fits into the window */
    size_t good;             /* of this round */
    int failed;              /* errno of the store; 0 */
};

static bool store_put(struct work *work, struct store *store, const struct waiting *record)
{
    off_t at = (off_t)(store->count * sizeof *record);

    if (pwrite(fileno(store->file), record, sizeof *record, at) != (ssize_t)sizeof *record) {
        work->failed = errno != 0 ? errno : ENOSPC;
        return false;
    }
    store->count++;
    return true;
}

static bool store_get(struct work *work, size_t index, struct waiting *record)
{
    off_t at = (off_t)(index * sizeof *record);

    if (pread(fileno(work->now.file), record, sizeof *record, at) == (ssize_t)sizeof *record)
        return true;
    work->failed = errno != 0 ? errno : EIO;
    return false;
}

/* In the first round targets come from outside, and are kept; then they come from the file. */
static enum supply next_waiting(void *arg, struct target *out)
{
    struct work *work = arg;
    struct waiting record;
    enum supply got;

    if (work->failed != 0)
        return SUPPLY_END;
    if (work->made > 0) {
        if (work->next == work->now.count || !store_get(work, work->next, &record))
            return SUPPLY_END;
        work->next++;
        *out = record.target;
        return SUPPLY_TARGET;
    }
    got = work->rounds->first(work->rounds->arg, out);
    if (got != SUPPLY_TARGET)
        return got;
    memset(&record, 0, sizeof record);
    record.target = *out;
    return store_put(work, &work->now, &record) ? SUPPLY_TARGET : SUPPLY_END;
}

/* The window is over for a target that was not good often enough. */
static void tell_last(struct work *work, struct identity *identity, const struct waiting *record,
                      const struct verify_round *round)
{
    char why[sizeof round->note + 32];

    if (verify_conclude(identity, 1, &record->memory, 1, work->made + 1, &work->settings) !=
        VERIFY_PENDING) {
        fleet_out_identity(work->rounds->out, identity, NULL);
        return;
    }
    str_format(why, sizeof why, "%u of %u good rounds", record->in_row, work->settings.passes);
    fleet_out_identity(work->rounds->out, identity, round->note[0] != '\0' ? round->note : why);
}

/* One target was looked at: it is told if it is over, and waits for the next round otherwise. */
static void take_seen(void *arg, size_t index, const struct target *target, struct facts *facts)
{
    struct work *work = arg;
    struct identity identity = {.facts = *facts};
    struct verify_round round = {0};
    struct waiting record;

    (void)target;
    identity_judge(&work->rounds->session->config, &identity);
    if (store_get(work, index, &record)) {
        verify_judge(&identity, 1, work->settings.strict, &round);
        verify_remember(&identity, 1, &record.memory);
        record.in_row = round.good ? record.in_row + 1 : 0;
        work->good += round.good;
        if (record.in_row >= work->settings.passes)
            fleet_out_identity(work->rounds->out, &identity, NULL);
        else if (!work->last)
            store_put(work, &work->later, &record);
        else
            tell_last(work, &identity, &record, &round);
    }
    identity_free(&identity);
}

static void tell_round(const struct work *work, uint32_t at_s)
{
    if (log_level() < LOG_LEVEL_NORMAL)
        return;
    fprintf(stderr, "  %02u:%02u  %zu of %zu good", at_s / 60, at_s % 60, work->good,
            work->now.count);
    if (work->later.count > 0)
        fprintf(stderr, ", %zu to look at again in %s", work->later.count,
                str_duration_text(work->settings.interval_s).s);
    fputc('\n', stderr);
}

/* The records of the next round become those of this one. */
static void turn(struct work *work)
{
    struct store done = work->now;

    work->now = work->later;
    work->later = (struct store){.file = done.file};
    work->next = work->good = 0;
    work->made++;
}

static bool make_rounds(struct work *work, int64_t deadline_ms)
{
    const struct verify_settings *settings = &work->settings;
    const int64_t start_ms = clock_ms();

    for (;; turn(work)) {
        work->last = clock_seconds_since(start_ms) + settings->interval_s > settings->window_s;
        if (!collect_run(work->rounds->collector, next_waiting, take_seen, work, deadline_ms))
            return false;
        tell_round(work, clock_seconds_since(start_ms));
        if (work->failed != 0 || work->later.count == 0)
            return work->failed == 0;
        fleet_out_flush(work->rounds->out);
        act_pause((long)settings->interval_s * 1000);
        if (loop_stop_signal() != 0)
            return false;
    }
}

bool fleet_rounds_run(struct fleet_rounds *rounds, int64_t deadline_ms, struct error *e)
{
    struct work work = {.rounds = rounds,
                        .settings = verify_settings_of(rounds->session),
                        .now = {.file = tmpfile()},
                        .later = {.file = tmpfile()}};
    bool complete = false;

    if (work.now.file == NULL || work.later.file == NULL)
        work.failed = errno;
    else
        complete = make_rounds(&work, deadline_ms);
    if (work.failed != 0) {
        fail(e, ERR_SYSTEM, "%s", strerror(work.failed));
        error_what(e, "cannot keep the targets between two rounds in a file of /tmp");
    }
    if (work.now.file != NULL)
        fclose(work.now.file);
    if (work.later.file != NULL)
        fclose(work.later.file);
    return complete;
}
