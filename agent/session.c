/* session.c - opening, looking and ending, the same for every command. */
#include "agent/session.h"

#include <langinfo.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "agent/ability.h"
#include "agent/base/file.h"
#include "agent/base/json.h"
#include "agent/base/log.h"
#include "agent/base/mem.h"

#define REPORT_MAX (64U << 20)
#define INPUT_MAX (16U << 20)
#define TIMEOUT_DEFAULT_S 60

static bool is_dumb_terminal(void)
{
    const char *term = getenv("TERM");

    return term == NULL || *term == '\0' || str_equal(term, "dumb");
}

/* Colour only on a terminal, not with NO_COLOR or a dumb one; no-color.org. */
static bool wants_color(const struct options *options)
{
    const char *no = getenv("NO_COLOR");

    if (!str_equal(options->color, "auto"))
        return str_equal(options->color, "always");
    return isatty(STDOUT_FILENO) && (no == NULL || *no == '\0') && !is_dumb_terminal();
}

static struct style find_style(const struct options *options)
{
    struct winsize size;
    struct style style = {.width = 80, .live = isatty(STDOUT_FILENO) != 0};

    style.color = wants_color(options);
    style.ascii = options->ascii || !str_equal(nl_langinfo(CODESET), "UTF-8");
    if (style.live && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        style.width = size.ws_col < 80 ? size.ws_col : 80;
    return style;
}

/* One mistake of the configuration in the shape of every other error. */
static struct error mistake_error(const struct config_mistake *mistake)
{
    struct error e = {0};

    fail(&e, mistake->code, "%s%s%s", mistake->text, mistake->repair[0] ? ": " : "",
         mistake->repair);
    if (mistake->line > 0)
        error_what(&e, "%s line %u%s%s", mistake->file, mistake->line,
                   mistake->key[0] ? ", key " : "", mistake->key);
    else
        error_what(&e, "%s%s%s", mistake->file, mistake->key[0] ? ", key " : "", mistake->key);
    error_next(&e, "%s %s", mistake->line > 0 ? "editor" : "ls -l", mistake->file);
    return e;
}

/* All mistakes in one run: each on standard error, the last one also ends the report. */
static int report_mistakes(struct session *session, const struct config_mistakes *mistakes)
{
    size_t kept = mistakes->count < CONFIG_MISTAKES_MAX ? mistakes->count : CONFIG_MISTAKES_MAX;
    struct buf out = BUF_INIT(REPORT_MAX);
    struct error e = {0};

    for (size_t i = 0; i < kept; i++) {
        e = mistake_error(&mistakes->all[i]);
        if (i + 1 < kept)
            report_error(&e, session->done, &session->style, &out);
    }
    fputs(buf_string(&out), stderr);
    buf_free(&out);
    return session_fail(session, &e);
}

/* Options win over the file. */
static void override_config(const struct options *options, struct config *config)
{
    if (options->resolver_count > 0) {
        free(config->resolvers);
        config->resolvers = mem_new(options->resolver_count, sizeof *config->resolvers);
        memcpy(config->resolvers, options->resolvers,
               options->resolver_count * sizeof *config->resolvers);
        config->resolver_count = options->resolver_count;
    }
    if (options->forward_replace >= 0)
        config->forward_replace = options->forward_replace == 1;
    config->strict = config->strict || options->strict;
}

/* As many at once as was asked for, or as the system allows. */
static void set_jobs(struct session *session)
{
    const size_t max = collect_jobs_max();
    const int64_t asked = session->options->jobs;

    if (asked > 0)
        session->collector.jobs = (size_t)asked;
    if (session->collector.jobs <= max)
        return;
    session->collector.jobs = max;
    if (asked > 0)
        log_line(LOG_LEVEL_NORMAL,
                 "--jobs %lld: the limit of open files allows %zu at once (ulimit -n)",
                 (long long)asked, max);
}

bool session_open(struct session *session, const struct options *options, bool offline, int *code)
{
    struct config_mistakes *mistakes = mem_new(1, sizeof *mistakes);
    struct error e = {0};
    bool ok;

    *session = (struct session){.options = options, .done = "nothing was changed"};
    session->style = find_style(options);
    options_again(options, session->again);
    session->live_errors = isatty(STDERR_FILENO) && !is_dumb_terminal();
    config_defaults(&session->config);
    ok = offline || config_load(options->config, &session->config, mistakes);
    if (!ok)
        *code = report_mistakes(session, mistakes);
    free(mistakes);
    if (!ok)
        return false;
    override_config(options, &session->config);
    if (!collector_open(&session->collector, &session->config, &e)) {
        *code = session_fail(session, &e);
        return false;
    }
    set_jobs(session);
    return true;
}

void session_close(struct session *session)
{
    identities_free(session->identities, session->identity_count);
    views_close(&session->views);
    targets_free(&session->targets);
    plan_free(&session->plan);
    run_free(&session->run);
    free(session->outcomes);
    collector_free(&session->collector);
    config_free(&session->config);
}

/* Ask the mail server of a target's machine, once for all of its addresses. */
static bool observe_machine(struct session *session, const struct target *target, struct error *e)
{
    struct machine *machine;

    if (target->machine == NULL || str_equal(target->mta, "none"))
        return true;
    if (!machines_open(&session->collector.machines, target->machine, &machine, e))
        return false;
    if (!machine->observed)
        machine_observe(machine, target->mta);
    return true;
}

bool session_find_targets(struct session *session, struct error *e)
{
    const struct options *options = session->options;
    const struct target_wish wish = {.words = options->words,
                                     .word_count = options->word_count,
                                     .name = options->name,
                                     .mta = options->mta,
                                     .ssh = options->ssh,
                                     .family = options->family};

    if (!targets_find(&session->config, &wish, &session->collector.machines, &session->targets, e))
        return false;
    for (size_t i = 0; i < session->targets.count; i++)
        if (!observe_machine(session, &session->targets.v[i], e))
            return false;
    return true;
}

static int64_t deadline(const struct session *session)
{
    int64_t seconds =
        session->options->timeout_s > 0 ? session->options->timeout_s : TIMEOUT_DEFAULT_S;

    return loop_now_ms(session->collector.loop) + seconds * 1000;
}

/* Within a moment the operator sees that something is going on; it is gone with the report. */
static void tell_looking(const struct session *session, bool over)
{
    if (!session->live_errors || log_level() != LOG_LEVEL_NORMAL)
        return;
    if (over)
        fputs("\r\033[K", stderr);
    else if (session->targets.count == 1)
        fprintf(stderr, "looking at %s ...", ip_text(&session->targets.v[0].address).s);
    else
        fprintf(stderr, "looking at %zu addresses ...", session->targets.count);
    fflush(stderr);
}

void session_keep(struct session *session, struct identity *identities, size_t count)
{
    identities_free(session->identities, session->identity_count);
    session->identities = identities;
    session->identity_count = count;
}

bool session_look(struct session *session, struct error *e)
{
    views_choose(&session->views, &session->config, session->options, true);
    session->views.count = 1;
    return session_look_around(session, e);
}

bool session_look_around(struct session *session, struct error *e)
{
    struct sights sights;
    bool complete;

    tell_looking(session, false);
    complete = views_look(&session->views, &session->collector, session->targets.v,
                          session->targets.count, deadline(session), &sights);
    tell_looking(session, true);
    session_keep(session, sights.identities, sights.count);
    if (complete)
        return true;
    if (loop_stop_signal() == 0)
        return true; /* out of time: what was not reached is unknown, and the report says so */
    return fail(e, ERR_TIMEOUT, "stopped by a signal");
}

struct report session_report(struct session *session)
{
    const bool here = views_are_here(&session->views);

    for (size_t i = 0; i < session->views.count; i++)
        session->vantages[i] = &session->views.v[i].vantage;
    return (struct report){.command = command_name(session->options->command),
                           .strict = session->config.strict,
                           .again = session->again,
                           .now = time(NULL),
                           .identities = session->identities,
                           .identity_count = session->identity_count,
                           .vantages = here ? NULL : session->vantages,
                           .vantage_count = here ? 0 : session->views.count};
}

static bool write_output(const struct session *session, const struct report *report,
                         const struct output *output, struct error *e)
{
    struct buf out = BUF_INIT(REPORT_MAX);
    bool ok = true;

    report_write(report, output->format, &session->style, &out);
    if (output->file != NULL)
        ok = file_replace(output->file, buf_string(&out), out.length, 0644, e);
    else
        fwrite(buf_string(&out), 1, out.length, stdout);
    buf_free(&out);
    return ok;
}

int session_end(const struct session *session, const struct report *report)
{
    const struct options *options = session->options;
    const struct output text = {.format = FORMAT_TEXT};
    bool to_stdout = false, nagios = false;
    struct error e = {0};
    int code = report->exit_code;

    for (size_t i = 0; i < options->output_count; i++) {
        to_stdout = to_stdout || options->outputs[i].file == NULL;
        nagios = nagios || (options->outputs[i].format == FORMAT_NAGIOS && to_stdout);
        if (!write_output(session, report, &options->outputs[i], &e)) {
            struct buf out = BUF_INIT(REPORT_MAX);
            report_error(&e, session->done, &session->style, &out);
            fputs(buf_string(&out), stderr);
            buf_free(&out);
            code = error_exit_code(e.code);
        }
    }
    if (!to_stdout && report->error == NULL)
        (void)write_output(session, report, &text, &e);
    if (fflush(stdout) != 0)
        return error_exit_code(ERR_CANNOT_CREATE);
    return nagios ? report_nagios_code(report) : code;
}

/* Every error ends with something to type. */
static struct error with_next(const struct session *session, const struct error *e)
{
    struct error told = *e;

    if (told.next[0] != '\0')
        return told;
    if (e->code == ERR_USAGE)
        error_next(&told, "namesake help %s", command_name(session->options->command));
    else if (e->code == ERR_ROOT_NEEDED)
        error_next(&told, "sudo namesake %s", command_name(session->options->command));
    else
        error_next(&told, "namesake doctor");
    return told;
}

int session_fail(struct session *session, const struct error *error)
{
    const struct error told = with_next(session, error), *e = &told;
    struct report report = session_report(session);
    struct buf out = BUF_INIT(REPORT_MAX);
    bool changed = !str_equal(session->done, "nothing was changed");

    report.error = e;
    report.exit_code = changed ? EXIT_PARTIAL : error_exit_code(e->code);
    str_cut(report.done, sizeof report.done, session->done);
    report_error(e, session->done, &session->style, &out);
    fputs(buf_string(&out), stderr);
    buf_free(&out);
    return session_end(session, &report);
}

bool session_can_ask(const struct session *session)
{
    return !session->options->no_input && isatty(STDIN_FILENO);
}

bool session_confirm(const struct session *session, const char *question)
{
    char answer[16];

    if (!session_can_ask(session))
        return false;
    fflush(stdout);
    fprintf(stderr, "%s Only the word yes is accepted: ", question);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) != NULL && str_equal(answer, "yes\n");
}

bool session_read(const char *path, struct buf *out, struct error *e)
{
    char piece[65536];
    size_t length;

    if (!str_equal(path, "-"))
        return file_read(path, out, e);
    while ((length = fread(piece, 1, sizeof piece, stdin)) > 0)
        buf_add(out, piece, length);
    return buf_ok(out) || fail(e, ERR_LIMIT_EXCEEDED, "standard input is too long");
}
