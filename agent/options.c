/* options.c - reading the command line by tables. */
#include "agent/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "agent/options_value.h"

static const struct command_row commands[] = {
    {CMD_AUDIT, "audit", "[TARGET...]", "look and report; without target: this machine"},
    {CMD_PLAN, "plan", "[TARGET...]",
     "show what would change, in which order, and who has to do it"},
    {CMD_APPLY, "apply", "[PLANFILE | TARGET...]", "make the changes, after approval"},
    {CMD_VERIFY, "verify", "[TARGET...]", "repeat the outside checks until they are stable"},
    {CMD_ROLLBACK, "rollback", "[RUN]", "undo a run (the last one), last step first"},
    {CMD_TICKET, "ticket", "[PLANFILE | TARGET...]",
     "print the request for whoever owns a step that is done by hand"},
    {CMD_HEADERS, "headers", "[FILE]",
     "say what the last receiver of a delivered message saw of its sender"},
    {CMD_TRACE, "trace", "[TARGET...]",
     "send a probe to an observer and say which address and name arrive"},
    {CMD_OBSERVE, "observe", "", "listen for SMTP and tell who connects under which name"},
    {CMD_DOCTOR, "doctor", "", "list what this machine can see and change, and why not"},
    {CMD_SHOW, "show", "FILE | RUN", "print a saved plan, report or run in any format"},
    {CMD_EXPLAIN, "explain", "FINDING-ID", "explain one finding: meaning, owner, repair by hand"},
    {CMD_SCHEMA, "schema", "audit|plan|result|verify|events|facts|headers|trace|config",
     "print the JSON Schema of a document"},
    {CMD_COMPLETION, "completion", "bash|zsh|fish", "print the completion script"},
    {CMD_HELP, "help", "[COMMAND]", "this text, or all options of a command"},
    {CMD_VERSION, "version", "", "print the version"},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

#define CMD_LOOK                                                                                   \
    (CMD_AUDIT | CMD_PLAN | CMD_APPLY | CMD_VERIFY | CMD_TICKET | CMD_DOCTOR | CMD_TRACE)
#define CMD_WISH (CMD_AUDIT | CMD_PLAN | CMD_APPLY | CMD_VERIFY | CMD_TICKET | CMD_TRACE)
#define CMD_PLANS (CMD_PLAN | CMD_APPLY | CMD_TICKET)
#define CMD_REPORTS (CMD_ALL & ~(CMD_HELP | CMD_VERSION | CMD_EXPLAIN))

/* How the value of an option is read, and where it goes. */
enum option_kind {
    KIND_FLAG,     /* bool */
    KIND_TEXT,     /* const char *, kept as it is */
    KIND_DURATION, /* int64_t, seconds */
    KIND_SPAN,     /* the same, but not 0 */
    KIND_NUMBER,   /* int64_t, from 1 on */
    KIND_OWN,      /* by a function of its own */
};

#define FLAG(member) KIND_FLAG, offsetof(struct options, member), NULL
#define TEXT(member) KIND_TEXT, offsetof(struct options, member), NULL
#define DURATION(member) KIND_DURATION, offsetof(struct options, member), NULL
#define SPAN(member) KIND_SPAN, offsetof(struct options, member), NULL
#define NUMBER(member) KIND_NUMBER, offsetof(struct options, member), NULL
#define OWN(function) KIND_OWN, 0, function

static const struct option {
    const char *name, *other; /* "--config", "-c" */
    const char *value;        /* what follows; NULL: nothing */
    enum option_kind kind;
    size_t offset;
    option_reader *read;
    int commands;
    const char *help;
} options[] = {
    {"--config", "-c", "FILE", TEXT(config), CMD_ALL, "configuration; \"none\" reads none"},
    {"--name", "-n", "FQDN", TEXT(name), CMD_WISH, "the name that the addresses should carry"},
    {"--output", "-o", "FORMAT[=FILE]", OWN(value_output), CMD_ALL,
     "text, table, json, jsonl, markdown, nagios, ticket; repeatable"},
    {"--json", NULL, NULL, OWN(value_json), CMD_ALL, "same as -o json"},
    {"--quiet", "-q", NULL, OWN(value_quiet), CMD_ALL, "errors only on stderr"},
    {"--verbose", "-v", NULL, OWN(value_more), CMD_ALL, "DNS questions and SMTP lines on stderr"},
    {"-vv", NULL, NULL, OWN(value_much_more), CMD_ALL, "more of it"},
    {"--color", NULL, COLORS, OWN(value_color), CMD_ALL, "colour; auto"},
    {"--ascii", NULL, NULL, FLAG(ascii), CMD_ALL, "no signs beyond ASCII"},
    {"--no-input", NULL, NULL, FLAG(no_input), CMD_ALL, "never ask"},
    {"--timeout", NULL, "DUR", SPAN(timeout_s), CMD_ALL,
     "for the whole command; 60s, observe has none"},
    {"--resolver", NULL, "ADDR[:PORT]", OWN(value_resolver), CMD_LOOK,
     "ask this resolver; repeatable; instead of the configured ones"},
    {"--via", NULL, "VANTAGE", OWN(value_via), CMD_AUDIT | CMD_VERIFY,
     "look from there: an id of the configuration or [USER@]HOST[:PORT]; repeatable"},
    {"--mta", NULL, MTAS, OWN(value_mta), CMD_LOOK, "mail server to read and edit; auto"},
    {"--ssh", NULL, "[USER@]HOST[:PORT]", TEXT(ssh), CMD_LOOK,
     "the mail server is on that host; keys or agent, known host"},
    {"--facts", NULL, "FILE", TEXT(facts), CMD_AUDIT, "judge recorded facts; no network"},
    {"--from", NULL, "FILE", TEXT(from), CMD_AUDIT | CMD_VERIFY,
     "targets from FILE (-: stdin), one a line: ADDRESS [WANTED]"},
    {"--record", NULL, "FILE", TEXT(record), CMD_AUDIT | CMD_VERIFY | CMD_HEADERS | CMD_TRACE,
     "write the facts that were seen"},
    {"-4", NULL, NULL, OWN(value_v4), CMD_WISH, "IPv4 only"},
    {"-6", NULL, NULL, OWN(value_v6), CMD_WISH, "IPv6 only"},
    {"--strict", NULL, NULL, FLAG(strict), CMD_AUDIT | CMD_VERIFY | CMD_TRACE,
     "warnings fail; a greeting that was not observed is unknown"},
    {"--only", NULL, "KINDS", OWN(value_kinds), CMD_PLANS, "comma list of forward, ptr, mta"},
    {"--forward", NULL, FORWARDS, OWN(value_forward), CMD_PLANS,
     "what happens to other addresses of the name; add"},
    {"--save", NULL, "FILE", TEXT(save), CMD_PLAN, "write the plan"},
    {"--exit-code", "--detailed-exitcode", NULL, FLAG(exit_code), CMD_PLAN,
     "exit 2 when changes are pending"},
    {"--yes", "--auto-approve", NULL, FLAG(yes), CMD_APPLY | CMD_ROLLBACK,
     "approve without a prompt"},
    {"--approve", NULL, "PLAN-ID", TEXT(approve), CMD_APPLY, "approve this plan and no other"},
    {"--continue", NULL, NULL, FLAG(resume), CMD_APPLY, "finish the last run that stopped midway"},
    {"--dry-run", NULL, NULL, FLAG(dry_run), CMD_APPLY | CMD_ROLLBACK, "show the plan and stop"},
    {"--wait", NULL, "DUR", DURATION(wait_s), CMD_APPLY,
     "per step, until all servers serve it; 5m"},
    {"--window", NULL, "DUR", DURATION(window_s), CMD_VERIFY | CMD_APPLY, "give up after; 30m"},
    {"--interval", NULL, "DUR", SPAN(interval_s), CMD_VERIFY | CMD_APPLY, "between rounds; 30s"},
    {"--passes", NULL, "N", NUMBER(passes), CMD_VERIFY | CMD_APPLY, "good rounds in a row; 3"},
    {"--jobs", NULL, "N", NUMBER(jobs), CMD_LOOK, "addresses looked at at once; 256"},
    {"--receiver", NULL, "NAME", TEXT(receiver), CMD_HEADERS,
     "believe the lines of this host or domain"},
    {"--listen", NULL, "ADDR[:PORT]", OWN(value_listen), CMD_OBSERVE | CMD_TRACE,
     "listen here; repeatable; port 25"},
    {"--observer", NULL, "ADDR", OWN(value_observer), CMD_TRACE,
     "send to the observer there; its lines come on standard input, or --listen"},
    {"--sender", NULL, "ADDRESS", TEXT(sender), CMD_TRACE,
     "who the probe is from; the mail server's choice"},
    {"--probe", NULL, "TOKEN", TEXT(probe), CMD_OBSERVE, "take this probe and no other"},
    {"--count", NULL, "N", NUMBER(count), CMD_OBSERVE,
     "end after so many; with --probe only that one counts"},
    {"--list", NULL, NULL, FLAG(list), CMD_ROLLBACK, "list the runs"},
    {"--help", "-h", NULL, FLAG(help), CMD_ALL, "help; wins over everything else"},
};

#define OPTIONS (sizeof options / sizeof options[0])

const char *command_name(enum command_id id)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (commands[i].id == id)
            return commands[i].name;
    return "namesake";
}

bool command_find(const char *word, enum command_id *out)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (str_equal(commands[i].name, word)) {
            *out = commands[i].id;
            return true;
        }
    return false;
}

bool command_row(size_t index, struct command_row *out)
{
    if (index < COMMANDS)
        *out = commands[index];
    return index < COMMANDS;
}

bool option_row(size_t index, struct option_row *out)
{
    const struct option *o = &options[index];

    if (index < OPTIONS)
        *out = (struct option_row){o->name, o->other, o->value, o->commands, o->help};
    return index < OPTIONS;
}

static const struct option *find_option(const char *word, size_t length)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *const names[] = {options[i].name, options[i].other};
        for (size_t k = 0; k < 2; k++)
            if (names[k] != NULL && strlen(names[k]) == length &&
                memcmp(names[k], word, length) == 0)
                return &options[i];
    }
    return NULL;
}

static bool unknown_option(const char *word, size_t length, struct error *e)
{
    char name[64];
    const char *known[2 * OPTIONS + 1];
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; i < OPTIONS; i++) {
        known[count++] = options[i].name;
        if (options[i].other != NULL)
            known[count++] = options[i].other;
    }
    known[count] = NULL;
    str_format(name, sizeof name, "%.*s", length < 60 ? (int)length : 60, word);
    nearest = str_nearest(name, known);
    return fail(e, ERR_USAGE,
                nearest ? "there is no option %s; did you mean %s?" : "there is no option %s", name,
                nearest);
}

static bool unknown_command(const char *word, struct error *e)
{
    const char *known[COMMANDS + 1];
    const char *nearest;

    for (size_t i = 0; i < COMMANDS; i++)
        known[i] = commands[i].name;
    known[COMMANDS] = NULL;
    nearest = str_nearest(word, known);
    fail(e, ERR_USAGE,
         nearest ? "there is no command \"%.60s\"; did you mean %s?"
                 : "there is no command \"%.60s\"",
         word, nearest);
    return error_next(e, nearest ? "namesake %s" : "namesake help", nearest);
}

static bool set_option(const struct option *option, const char *value, struct options *out,
                       struct error *e)
{
    void *member = (char *)out + option->offset;

    switch (option->kind) {
    case KIND_FLAG:
        *(bool *)member = true;
        return true;
    case KIND_TEXT:
        *(const char **)member = value;
        return true;
    case KIND_DURATION:
        return value_duration(option->name, value, 0, member, e);
    case KIND_SPAN:
        return value_duration(option->name, value, 1, member, e);
    case KIND_NUMBER:
        return value_number(option->name, value, 100000, member, e);
    case KIND_OWN:
        return option->read(out, value, e);
    }
    return false;
}

/* One option word with its value, in the same word after "=" or in the next one. */
static bool read_option(int argc, char **argv, int *at, struct options *out, struct error *e)
{
    const char *word = argv[*at];
    size_t length = str_starts(word, "--") ? strcspn(word, "=") : strlen(word);
    const struct option *option = find_option(word, length);
    const char *value = word[length] == '=' ? word + length + 1 : NULL;

    if (option == NULL)
        return unknown_option(word, length, e);
    if (option->value == NULL && value != NULL)
        return fail(e, ERR_USAGE, "%s takes no value", option->name);
    if (option->value != NULL && value == NULL) {
        if (*at + 1 >= argc)
            return fail(e, ERR_USAGE, "%s needs a value: %s %s", option->name, option->name,
                        option->value);
        value = argv[++*at];
    }
    return set_option(option, value, out, e);
}

static void defaults(struct options *out)
{
    *out = (struct options){.color = "auto",
                            .forward_replace = -1,
                            .timeout_s = -1,
                            .wait_s = -1,
                            .window_s = -1,
                            .interval_s = -1,
                            .passes = -1,
                            .jobs = -1,
                            .count = -1};
    for (int i = 0; i < STEP_KINDS; i++)
        out->kinds[i] = true;
}

/* "-h" anywhere wins over every other mistake. */
static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && !str_equal(argv[i], "--"); i++)
        if (str_equal(argv[i], "-h") || str_equal(argv[i], "--help"))
            return true;
    return false;
}

static bool add_word(const char *word, struct options *out, struct error *e)
{
    if (out->command == 0 && command_find(word, &out->command))
        return true;
    if (out->command == 0)
        return out->help || unknown_command(word, e);
    if (out->word_count == WORDS_MAX)
        return fail(e, ERR_LIMIT_EXCEEDED, "more than %d arguments", WORDS_MAX);
    out->words[out->word_count++] = word;
    return true;
}

/* An option that the command does not have; the first one is reported. */
static bool check_belongs(int argc, char **argv, const struct options *out, struct error *e)
{
    for (int i = 1; i < argc && !str_equal(argv[i], "--"); i++) {
        const struct option *option =
            argv[i][0] == '-' ? find_option(argv[i], strcspn(argv[i], "=")) : NULL;
        if (option == NULL)
            continue;
        if ((option->commands & (int)out->command) == 0) {
            return fail(e, ERR_USAGE, "%s is not an option of \"namesake %s\"", option->name,
                        command_name(out->command));
        }
        i += option->value != NULL && strchr(argv[i], '=') == NULL;
    }
    return true;
}

/* One word, and its value with it. */
static bool read_word(int argc, char **argv, int *at, bool *only_words, struct options *out,
                      struct error *e)
{
    const char *word = argv[*at];

    if (*only_words || word[0] != '-' || word[1] == '\0')
        return add_word(word, out, e);
    if (str_equal(word, "--")) {
        *only_words = true;
        return true;
    }
    if (str_equal(word, "--version") && out->command == 0) {
        out->command = CMD_VERSION;
        return true;
    }
    return read_option(argc, argv, at, out, e);
}

/* The first mistake counts; what follows it may still say in which format to report it. */
static bool read_words(int argc, char **argv, struct options *out, struct error *e)
{
    bool only_words = false, ok = true;
    struct error later;

    for (int i = 1; i < argc; i++) {
        bool first = ok && !out->help;
        if (!read_word(argc, argv, &i, &only_words, out, first ? e : &later))
            ok = out->help;
    }
    return ok;
}

bool options_parse(int argc, char **argv, struct options *out, struct error *e)
{
    defaults(out);
    out->help = asks_for_help(argc, argv);
    if (read_words(argc, argv, out, e) &&
        (out->help || out->command == 0 || check_belongs(argc, argv, out, e)))
        return true;
    if (e->next[0] == '\0')
        error_next(e, "namesake help%s%s", out->command ? " " : "",
                   out->command ? command_name(out->command) : "");
    return error_what(e, "cannot read the command line");
}
