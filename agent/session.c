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
#define WAIT_DEFAULT_S 300

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
static int report_mistakes(const struct session *session, const struct config_mistakes *mistakes)
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

bool session_open(struct session *session, const struct options *options, bool offline, int *code)
{
    struct config_mistakes *mistakes = mem_new(1, sizeof *mistakes);
    struct error e = {0};
    bool ok;

    *session = (struct session){.options = options, .done = "nothing was changed"};
    session->style = find_style(options);
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
    if (options->jobs > 0)
        session->collector.jobs = (size_t)options->jobs;
    return true;
}

void session_close(struct session *session)
{
    identities_free(session->identities, session->targets.count);
    targets_free(&session->targets);
    plan_free(&session->plan);
    run_free(&session->run);
    free(session->outcomes);
    collector_free(&session->collector);
    config_free(&session->config);
}

bool session_find_targets(struct session *session, struct error *e)
{
    const struct options *options = session->options;
    const struct target_wish wish = {.words = options->words,
                                     .word_count = options->word_count,
                                     .name = options->name,
                                     .mta = options->mta,
                                     .family = options->family};

    if (!targets_find(&session->config, &wish, &session->targets, e))
        return false;
    for (size_t i = 0; i < session->targets.count; i++)
        if (session->targets.v[i].here && !str_equal(session->targets.v[i].mta, "none")) {
            collector_observe_mta(&session->collector, session->targets.v[i].mta);
            break;
        }
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

bool session_look(struct session *session, struct error *e)
{
    bool complete;

    tell_looking(session, false);
    complete = look_and_judge(&session->collector, session->targets.v, session->targets.count,
                              deadline(session), &session->identities);
    tell_looking(session, true);
    if (complete)
        return true;
    if (loop_stop_signal() == 0)
        return true; /* out of time: what was not reached is unknown, and the report says so */
    return fail(e, ERR_TIMEOUT, "stopped by a signal");
}

/* Whether the target needs a record of this kind, so that its account has to be asked. */
static bool needs(const struct judgement *judged, enum role role)
{
    return judged->edges[role == ROLE_PTR ? EDGE_PTR : EDGE_FORWARD] == RESULT_FAIL;
}

static bool find_abilities(struct session *session, struct plan_input *input, struct error *e)
{
    struct subject subject;

    if (name_is_empty(&input->facts->wanted))
        return true;
    subject = ability_subject(input->facts, ROLE_FORWARD);
    if (session->options->kinds[STEP_FORWARD] && needs(input->judgement, ROLE_FORWARD) &&
        !ability_find(&session->config, &subject, &input->forward, e))
        return false;
    subject = ability_subject(input->facts, ROLE_PTR);
    return !session->options->kinds[STEP_PTR] || !needs(input->judgement, ROLE_PTR) ||
           ability_find(&session->config, &subject, &input->ptr, e);
}

/* The edits that would give this machine's mail server the target's name. */
static void find_edits(struct session *session, const struct target *target,
                       struct plan_input *input, struct mta_edits *edits)
{
    const struct mta_facts *mta = &session->collector.mta;
    struct mta_wish wish = {.name = input->facts->wanted};
    struct error e = {0};

    if (!target->here || mta->mta == NULL || str_equal(target->mta, "none") ||
        name_is_empty(&wish.name))
        return;
    input->mta = mta;
    if (mta->unknown[0] != '\0')
        str_cut(input->mta_reason, sizeof input->mta_reason, mta->unknown);
    else if (mta->mta->edit(mta, &wish, edits, &e))
        input->edits = edits;
    else
        str_cut(input->mta_reason, sizeof input->mta_reason, e.why);
}

static bool make_plan(struct session *session, struct plan_input *inputs, struct mta_edits *edits,
                      struct error *e)
{
    struct plan_policy policy = {.forward_replace = session->config.forward_replace,
                                 .allow_private = session->config.allow_private,
                                 .max_changes = session->config.max_changes,
                                 .ttl_s = session->config.ttl_s};

    memcpy(policy.kinds, session->options->kinds, sizeof policy.kinds);
    for (size_t i = 0; i < session->targets.count; i++) {
        inputs[i].facts = &session->identities[i].facts;
        inputs[i].judgement = &session->identities[i].judgement;
        inputs[i].host = "";
        if (!find_abilities(session, &inputs[i], e))
            return false;
        find_edits(session, &session->targets.v[i], &inputs[i], &edits[i]);
    }
    return plan_make(inputs, session->targets.count, &policy, time(NULL), &session->plan, e);
}

bool session_plan(struct session *session, struct error *e)
{
    size_t count = session->targets.count;
    struct plan_input *inputs = mem_new(count + 1, sizeof *inputs);
    struct mta_edits *edits = mem_new(count + 1, sizeof *edits);
    bool ok = make_plan(session, inputs, edits, e);

    for (size_t i = 0; i < count; i++) {
        ability_free(&inputs[i].forward);
        ability_free(&inputs[i].ptr);
        mta_edits_free(&edits[i]);
    }
    free(inputs);
    free(edits);
    return ok;
}

struct report session_report(const struct session *session)
{
    return (struct report){.command = command_name(session->options->command),
                           .strict = session->config.strict,
                           .now = time(NULL),
                           .identities = session->identities,
                           .identity_count = session->identities ? session->targets.count : 0};
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

int session_fail(const struct session *session, const struct error *error)
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

static void print_event(void *arg, const struct act_event *event);

struct actor session_actor(struct session *session, const struct plan *plan)
{
    const struct options *options = session->options;
    uint32_t wait_s = options->wait_s >= 0 ? (uint32_t)options->wait_s : WAIT_DEFAULT_S;

    free(session->outcomes);
    session->outcomes = mem_new(plan->count + 1, sizeof *session->outcomes);
    session->acting = plan;
    return (struct actor){.collector = &session->collector,
                          .config = &session->config,
                          .wait_s = wait_s,
                          .event = print_event,
                          .arg = session};
}

/* Keep what became of a step for the report at the end. */
static void keep_outcome(struct session *session, const struct act_event *event)
{
    static const enum step_state states[] = {
        [ACT_START] = STEP_OPEN,   [ACT_WAIT] = STEP_PENDING,  [ACT_DONE] = STEP_DONE,
        [ACT_ALREADY] = STEP_DONE, [ACT_FAILED] = STEP_FAILED,
    };
    const struct step *step = plan_step(session->acting, event->step->id);
    struct step_outcome *outcome;

    if (step == NULL)
        return;
    outcome = &session->outcomes[step - session->acting->steps];
    outcome->state = states[event->phase];
    outcome->seconds = event->waited_s;
    str_cut(outcome->detail, sizeof outcome->detail, event->detail);
}

/*
 * Interface section 7: on a terminal a waiting step is redrawn; elsewhere it tells when it begins
 * to wait and once a minute.
 */
static bool is_quiet_now(struct session *session, const struct act_event *event)
{
    uint32_t minute = event->waited_s / 60 + 1;

    if (event->phase == ACT_START)
        return true;
    if (event->phase != ACT_WAIT || session->live_errors) {
        session->told_minute = 0;
        return false;
    }
    if (session->told_minute >= minute)
        return true;
    session->told_minute = minute;
    return false;
}

/* Write over the last lines of a waiting step. */
static void draw(struct session *session, const struct buf *text, bool again)
{
    if (session->drawn > 0)
        fprintf(stderr, "\033[%dA\033[J", session->drawn);
    fputs(buf_string(text), stderr);
    session->drawn = 0;
    for (size_t i = 0; again && session->live_errors && i < text->length; i++)
        session->drawn += text->data[i] == '\n';
}

static void print_event(void *arg, const struct act_event *event)
{
    static const char *const states[] = {
        [ACT_START] = "start",  [ACT_WAIT] = "wait",     [ACT_DONE] = "done",
        [ACT_ALREADY] = "done", [ACT_FAILED] = "failed",
    };
    struct session *session = arg;
    struct buf out = BUF_INIT(REPORT_MAX);
    char time_part[64] = "";

    keep_outcome(session, event);

    if (log_level() < LOG_LEVEL_NORMAL || is_quiet_now(session, event))
        return;
    if (event->phase == ACT_WAIT)
        str_format(time_part, sizeof time_part, "%u:%02u of %u:%02u", event->waited_s / 60,
                   event->waited_s % 60, event->limit_s / 60, event->limit_s % 60);
    else if (event->phase == ACT_ALREADY)
        str_cut(time_part, sizeof time_part, "already");
    else if (event->phase == ACT_DONE)
        str_format(time_part, sizeof time_part, "%u s", event->waited_s);
    report_step(event->step, states[event->phase], time_part, event->detail, &session->style, &out);
    draw(session, &out, event->phase == ACT_WAIT);
    buf_free(&out);
}
