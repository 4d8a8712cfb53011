/*
 * options.h - the command line as a struct: a table of options, no
 * abbreviations, the nearest known word when one is not known.
 */
#ifndef NAMESAKE_OPTIONS_H
#define NAMESAKE_OPTIONS_H

#include "agent/config.h"
#include "agent/plan.h"
#include "agent/report.h"

/* Commands, as bits: which options belong to which. */
enum command_id {
    CMD_AUDIT = 1 << 0,
    CMD_PLAN = 1 << 1,
    CMD_APPLY = 1 << 2,
    CMD_VERIFY = 1 << 3,
    CMD_ROLLBACK = 1 << 4,
    CMD_TICKET = 1 << 5,
    CMD_DOCTOR = 1 << 6,
    CMD_SHOW = 1 << 7,
    CMD_EXPLAIN = 1 << 8,
    CMD_HELP = 1 << 9,
    CMD_VERSION = 1 << 10,
    CMD_SCHEMA = 1 << 11,
    CMD_COMPLETION = 1 << 12,
    CMD_HEADERS = 1 << 13,
    CMD_OBSERVE = 1 << 14,
    CMD_TRACE = 1 << 15,
    CMD_ALL = (1 << 16) - 1,
};

#define OUTPUTS_MAX 8
#define WORDS_MAX 4096
#define VIA_MAX 8

struct output {
    enum format format;
    const char *file; /* NULL: standard output */
};

struct options {
    enum command_id command;
    const char *words[WORDS_MAX]; /* after the command */
    size_t word_count;
    bool help;

    const char *config, *name, *mta, *ssh, *facts, *from, *record, *save, *approve;
    const char *receiver, *probe, *sender;
    struct output outputs[OUTPUTS_MAX];
    size_t output_count;
    struct dns_server resolvers[16];
    size_t resolver_count;
    const char *via[VIA_MAX]; /* other places to look from */
    size_t via_count;
    struct dns_server listen[16]; /* addresses and ports of the observer */
    size_t listen_count;
    struct ip observer[2]; /* where an observer is reached, one a family; IP_NONE: not given */
    int verbosity;         /* -1, 0, 1, 2 */
    const char *color;
    bool ascii, no_input, strict, exit_code, yes, resume, dry_run, list;
    enum ip_family family;
    bool kinds[STEP_KINDS];
    int forward_replace; /* -1 not given, 0 add, 1 replace */
    int64_t timeout_s, wait_s, window_s, interval_s, passes, jobs, count; /* -1: not given */
};

/*
 * Read the command line. ERR_USAGE names the word, the nearest known one, and the help to type.
 * What could be read is in *out also on failure: the format of the error is in there.
 */
bool options_parse(int argc, char **argv, struct options *out, struct error *e) MUST_USE;

/* The tables of commands and options, for help and completion. */
struct command_row {
    enum command_id id;
    const char *name, *usage, *help;
};
struct option_row {
    const char *name, *other; /* "--config", "-c"; other may be NULL */
    const char *value;        /* what follows: "FILE", "a|b"; NULL: nothing */
    int commands;             /* of enum command_id */
    const char *help;
};

/* One row after the other; false past the last one. */
bool command_row(size_t index, struct command_row *out) MUST_USE;
bool option_row(size_t index, struct option_row *out) MUST_USE;

/* The name of a command; the one-line help of each; the whole help of one (interface section 3). */
const char *command_name(enum command_id id);
void options_help(struct buf *out);
void options_help_command(enum command_id id, struct buf *out);

/*
 * The targets and the options that decide what a plan holds, as they are typed: " 203.0.113.25
 * --only ptr", so that a command that is told means the same. "" when there are none, or too many.
 */
#define OPTIONS_AGAIN_MAX 200
void options_again(const struct options *options, char out[OPTIONS_AGAIN_MAX]);

/* Find a command by its word; false when there is none. */
bool command_find(const char *word, enum command_id *out) MUST_USE;

#endif
