/* options.c - reading the command line by tables. */
#include "agent/options.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct command_row commands[] = {
    {CMD_AUDIT, "audit", "[TARGET...]", "look and report; without target: this machine"},
    {CMD_PLAN, "plan", "[TARGET...]",
     "show what would change, in which order, and who has to do it"},
    {CMD_APPLY, "apply", "[PLANFILE | TARGET...]", "make the changes, after approval"},
    {CMD_VERIFY, "verify", "[TARGET...]", "repeat the outside checks until they are stable"},
    {CMD_ROLLBACK, "rollback", "[RUN]", "undo a run (the last one), last step first"},
    {CMD_TICKET, "ticket", "[PLANFILE | TARGET...]",
     "print the request for whoever owns a step that is done by hand"},
    {CMD_DOCTOR, "doctor", "", "list what this machine can see and change, and why not"},
    {CMD_SHOW, "show", "FILE", "print a saved plan or report in any format"},
    {CMD_EXPLAIN, "explain", "FINDING-ID", "explain one finding: meaning, owner, repair by hand"},
    {CMD_SCHEMA, "schema", "NAME", "print the JSON Schema of a document", .rare = true},
    {CMD_COMPLETION, "completion", "bash|zsh|fish", "print the completion script", .rare = true},
    {CMD_HELP, "help", "[COMMAND]", "this text, or all options of a command", .rare = true},
    {CMD_VERSION, "version", "", "print the version", .rare = true},
};

#define COMMANDS (sizeof commands / sizeof commands[0])

#define CMD_LOOK (CMD_AUDIT | CMD_PLAN | CMD_APPLY | CMD_VERIFY | CMD_TICKET | CMD_DOCTOR)
#define CMD_WISH (CMD_AUDIT | CMD_PLAN | CMD_APPLY | CMD_VERIFY | CMD_TICKET)
#define CMD_PLANS (CMD_PLAN | CMD_APPLY | CMD_TICKET)
#define CMD_REPORTS (CMD_ALL & ~(CMD_HELP | CMD_VERSION | CMD_EXPLAIN))

/* How the value of an option is read, and where it goes. */
enum option_kind {
    KIND_FLAG,     /* bool */
    KIND_TEXT,     /* const char *, kept as it is */
    KIND_DURATION, /* int64_t, seconds */
    KIND_NUMBER,   /* int64_t, from 1 on */
    KIND_OWN,      /* by a function of its own */
};

typedef bool option_reader(struct options *out, const char *value, struct error *e);

static option_reader read_output, read_json, read_more, read_much_more, read_quiet, read_color,
    read_mta, read_resolver, read_v4, read_v6, read_kinds, read_forward;

#define FLAG(member) KIND_FLAG, offsetof(struct options, member), NULL
#define TEXT(member) KIND_TEXT, offsetof(struct options, member), NULL
#define DURATION(member) KIND_DURATION, offsetof(struct options, member), NULL
#define NUMBER(member) KIND_NUMBER, offsetof(struct options, member), NULL
#define OWN(function) KIND_OWN, 0, function

#define COLORS "auto|always|never"
#define MTAS "auto|postfix|none"
#define FORWARDS "add|replace"

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
    {"--output", "-o", "FORMAT[=FILE]", OWN(read_output), CMD_ALL,
     "text, table, json, markdown, nagios, ticket; repeatable"},
    {"--json", NULL, NULL, OWN(read_json), CMD_ALL, "same as -o json"},
    {"--quiet", "-q", NULL, OWN(read_quiet), CMD_ALL, "errors only on stderr"},
    {"--verbose", "-v", NULL, OWN(read_more), CMD_ALL, "DNS questions and SMTP lines on stderr"},
    {"-vv", NULL, NULL, OWN(read_much_more), CMD_ALL, "more of it"},
    {"--color", NULL, COLORS, OWN(read_color), CMD_ALL, "colour; auto"},
    {"--ascii", NULL, NULL, FLAG(ascii), CMD_ALL, "no signs beyond ASCII"},
    {"--no-input", NULL, NULL, FLAG(no_input), CMD_ALL, "never ask"},
    {"--timeout", NULL, "DUR", DURATION(timeout_s), CMD_ALL, "for the whole command; 60s"},
    {"--resolver", NULL, "ADDR[:PORT]", OWN(read_resolver), CMD_LOOK,
     "ask this resolver; repeatable; instead of the configured ones"},
    {"--mta", NULL, MTAS, OWN(read_mta), CMD_LOOK, "mail server to read and edit; auto"},
    {"--facts", NULL, "FILE", TEXT(facts), CMD_AUDIT, "judge recorded facts; no network"},
    {"--record", NULL, "FILE", TEXT(record), CMD_AUDIT | CMD_VERIFY,
     "write the facts that were seen"},
    {"-4", NULL, NULL, OWN(read_v4), CMD_WISH, "IPv4 only"},
    {"-6", NULL, NULL, OWN(read_v6), CMD_WISH, "IPv6 only"},
    {"--strict", NULL, NULL, FLAG(strict), CMD_AUDIT | CMD_VERIFY,
     "warnings fail; a greeting that was not observed is unknown"},
    {"--only", NULL, "KINDS", OWN(read_kinds), CMD_PLANS, "comma list of forward, ptr, mta"},
    {"--forward", NULL, FORWARDS, OWN(read_forward), CMD_PLANS,
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
    {"--interval", NULL, "DUR", DURATION(interval_s), CMD_VERIFY | CMD_APPLY,
     "between rounds; 30s"},
    {"--passes", NULL, "N", NUMBER(passes), CMD_VERIFY | CMD_APPLY, "good rounds in a row; 3"},
    {"--jobs", NULL, "N", NUMBER(jobs), CMD_LOOK, "addresses looked at at once; 256"},
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

static bool unknown_option(const char *word, enum command_id command, struct error *e)
{
    const char *known[2 * OPTIONS + 1];
    const char *nearest;
    size_t count = 0;

    for (size_t i = 0; i < OPTIONS; i++) {
        known[count++] = options[i].name;
        if (options[i].other != NULL)
            known[count++] = options[i].other;
    }
    known[count] = NULL;
    nearest = str_nearest(word, known);
    fail(e, ERR_USAGE,
         nearest ? "there is no option %.60s; did you mean %s?" : "there is no option %.60s", word,
         nearest);
    return error_next(e, "namesake help %s", command ? command_name(command) : "");
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

static bool wrong_value(const char *option, const char *value, const char *wanted, struct error *e)
{
    fail(e, ERR_USAGE, "%s cannot be \"%.80s\": it takes %s", option, value, wanted);
    return error_next(e, "namesake help");
}

static bool read_duration(const char *option, const char *value, int64_t *out, struct error *e)
{
    uint32_t seconds;

    if (!str_duration(value, &seconds))
        return wrong_value(option, value, "a duration such as 90s, 5m or 1h30m", e);
    *out = seconds;
    return true;
}

static bool read_number(const char *option, const char *value, uint64_t max, int64_t *out,
                        struct error *e)
{
    uint64_t number;

    if (!str_uint(value, 1, max, &number))
        return wrong_value(option, value, "a whole number from 1 on", e);
    *out = (int64_t)number;
    return true;
}

static bool read_output(struct options *out, const char *value, struct error *e)
{
    const char *equals = strchr(value, '=');
    char format[32] = "";
    struct output *output = &out->outputs[out->output_count];

    if (out->output_count == OUTPUTS_MAX)
        return fail(e, ERR_USAGE, "--output was given too often");
    str_format(format, sizeof format, "%.*s",
               equals ? (int)(equals - value) : (int)sizeof format - 1, value);
    output->file = equals ? equals + 1 : NULL;
    if (!format_parse(format, &output->format) || (equals != NULL && equals[1] == '\0'))
        return wrong_value("--output", value, format_names(), e);
    for (size_t i = 0; i < out->output_count && equals == NULL; i++)
        if (out->outputs[i].file == NULL)
            return fail(e, ERR_USAGE,
                        "only one --output can go to standard output; give the other "
                        "one a file: --output %s=FILE",
                        format);
    out->output_count++;
    return true;
}

static bool read_kinds(struct options *out, const char *value, struct error *e)
{
    const char *at = value;

    memset(out->kinds, 0, sizeof out->kinds);
    while (*at != '\0') {
        size_t length = strcspn(at, ",");
        bool known = false;
        for (int i = 0; i < STEP_KINDS; i++) {
            const char *kind = step_kind_text((enum step_kind)i);
            if (strlen(kind) == length && memcmp(kind, at, length) == 0)
                known = out->kinds[i] = true;
        }
        if (!known)
            return wrong_value("--only", value, "a comma list of forward, ptr, mta", e);
        at += length;
        at += *at == ',';
    }
    return true;
}

static bool read_choice(const char *option, const char *value, const char *choices, struct error *e)
{
    const char *at = choices;
    size_t length = strlen(value);

    while (*at != '\0') {
        size_t choice = strcspn(at, "|");
        if (choice == length && memcmp(at, value, length) == 0)
            return true;
        at += choice;
        at += *at == '|';
    }
    return wrong_value(option, value, choices, e);
}

static bool read_resolver(struct options *out, const char *value, struct error *e)
{
    struct dns_server *server = &out->resolvers[out->resolver_count];

    if (out->resolver_count == sizeof out->resolvers / sizeof out->resolvers[0])
        return fail(e, ERR_USAGE, "--resolver was given too often");
    if (!ip_port_parse(value, 53, &server->ip, &server->port))
        return wrong_value("--resolver", value, "an address, with :PORT if it is not 53", e);
    out->resolver_count++;
    return true;
}

static bool read_json(struct options *out, const char *value, struct error *e)
{
    (void)value;
    return read_output(out, "json", e);
}

static bool read_quiet(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = -1;
    return true;
}

static bool read_more(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = out->verbosity < 1 ? 1 : 2;
    return true;
}

static bool read_much_more(struct options *out, const char *value, struct error *e)
{
    (void)value, (void)e;
    out->verbosity = 2;
    return true;
}

static bool read_v4(struct options *out, const char *value, struct error *e)
{
    (void)value;
    if (out->family == IP_V6)
        return fail(e, ERR_USAGE, "-4 and -6 exclude each other");
    out->family = IP_V4;
    return true;
}

static bool read_v6(struct options *out, const char *value, struct error *e)
{
    (void)value;
    if (out->family == IP_V4)
        return fail(e, ERR_USAGE, "-4 and -6 exclude each other");
    out->family = IP_V6;
    return true;
}

static bool read_color(struct options *out, const char *value, struct error *e)
{
    out->color = value;
    return read_choice("--color", value, COLORS, e);
}

static bool read_mta(struct options *out, const char *value, struct error *e)
{
    out->mta = value;
    return read_choice("--mta", value, MTAS, e);
}

static bool read_forward(struct options *out, const char *value, struct error *e)
{
    out->forward_replace = str_equal(value, "replace");
    return read_choice("--forward", value, FORWARDS, e);
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
        return read_duration(option->name, value, member, e);
    case KIND_NUMBER:
        return read_number(option->name, value, 100000, member, e);
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
        return unknown_option(word, out->command, e);
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
                            .jobs = -1};
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
            fail(e, ERR_USAGE, "%s is not an option of \"namesake %s\"", option->name,
                 command_name(out->command));
            return error_next(e, "namesake help %s", command_name(out->command));
        }
        i += option->value != NULL && strchr(argv[i], '=') == NULL;
    }
    return true;
}

bool options_parse(int argc, char **argv, struct options *out, struct error *e)
{
    bool only_words = false;

    defaults(out);
    out->help = asks_for_help(argc, argv);
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        bool is_option = !only_words && word[0] == '-' && word[1] != '\0';
        if (str_equal(word, "--version") && out->command == 0) {
            out->command = CMD_VERSION;
            continue;
        }
        if (is_option && str_equal(word, "--")) {
            only_words = true;
            continue;
        }
        if (!(is_option ? read_option(argc, argv, &i, out, e) : add_word(word, out, e)) &&
            !out->help)
            return error_what(e, "cannot read the command line");
    }
    if (out->help || out->command == 0)
        return true;
    return check_belongs(argc, argv, out, e) || error_what(e, "cannot read the command line");
}
