/* main.c - start, the command line, and the one place that exits. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "agent/base/log.h"
#include "agent/base/mem.h"
#include "agent/commands.h"
#include "agent/net/loop.h"
#include "agent/session.h"

/* Open files limit how many targets can be looked at: take what the system allows. */
static void raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

/* The help text and exit status of a command line without command. */
static int no_command(void)
{
    struct buf out = BUF_INIT(1U << 16);

    options_help(&out);
    fputs(buf_string(&out), stderr);
    buf_free(&out);
    return error_exit_code(ERR_USAGE);
}

static int show_help(const struct options *options)
{
    struct buf out = BUF_INIT(1U << 16);

    if (options->command != 0 && options->command != CMD_HELP)
        options_help_command(options->command, &out);
    else
        options_help(&out);
    fputs(buf_string(&out), stdout);
    buf_free(&out);
    return 0;
}

static int report_usage(const struct options *options, const struct error *e)
{
    struct session session = {.options = options, .done = "nothing was changed"};

    session.style = (struct style){.width = 80, .ascii = options->ascii};
    return session_fail(&session, e);
}

static int run(int argc, char **argv, struct options *options)
{
    struct error e = {0};

    if (!options_parse(argc, argv, options, &e))
        return report_usage(options, &e);
    if (options->help)
        return show_help(options);
    if (options->command == 0)
        return no_command();
    log_set_level((enum log_level)options->verbosity);
    loop_catch_signals();
    return command_run(options);
}

int main(int argc, char **argv)
{
    struct options *options = mem_new(1, sizeof *options);
    int code;

    setlocale(LC_ALL, "");
    (void)prctl(PR_SET_DUMPABLE, 0); /* secrets do not end in a core file */
    raise_limits();
    code = run(argc, argv, options);
    free(options);
    return code;
}
