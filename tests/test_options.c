/* test_options.c - command lines: what is taken, what is refused, and what the refusal says. */
#include "agent/options.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/session.h"
#include "tests/support/unit.h"

#define ARGS_MAX 32

struct command_line {
    char text[512];
    char *argv[ARGS_MAX];
    int argc;
    struct options *options;
    struct error e;
};

/* Words of a line, separated by one blank each; "''" is an empty word. */
static bool parse(const char *words, struct command_line *line)
{
    *line = (struct command_line){.argc = 0, .options = mem_new(1, sizeof(struct options))};
    str_format(line->text, sizeof line->text, "namesake%s%s", words[0] ? " " : "", words);
    for (char *at = line->text, *next; at != NULL; at = next) {
        next = strchr(at, ' ');
        if (next != NULL)
            *next++ = '\0';
        if (str_equal(at, "''"))
            at[0] = '\0';
        ck_assert_int_lt(line->argc, ARGS_MAX - 1);
        line->argv[line->argc++] = at;
    }
    return options_parse(line->argc, line->argv, line->options, &line->e);
}

static const struct {
    const char *label, *words;
    struct {
        enum command_id command;
        size_t words, outputs;
        const char *config, *name, *first_word;
        int verbosity;
        enum ip_family family;
        int64_t timeout_s, jobs;
        bool help, strict, yes;
    } want;
} good[] = {
    {"nothing at all is no command", "", {.timeout_s = -1, .jobs = -1}},
    {"an option before the command",
     "--config none audit",
     {CMD_AUDIT, .config = "none", .timeout_s = -1, .jobs = -1}},
    {"an option after the command",
     "audit --config none",
     {CMD_AUDIT, .config = "none", .timeout_s = -1, .jobs = -1}},
    {"a value after an equals sign",
     "audit --config=none",
     {CMD_AUDIT, .config = "none", .timeout_s = -1, .jobs = -1}},
    {"a value with an equals sign in it",
     "audit --config=a=b",
     {CMD_AUDIT, .config = "a=b", .timeout_s = -1, .jobs = -1}},
    {"an empty value after an equals sign",
     "audit --config=",
     {CMD_AUDIT, .config = "", .timeout_s = -1, .jobs = -1}},
    {"a value that looks like an option",
     "audit --config --strict",
     {CMD_AUDIT, .config = "--strict", .timeout_s = -1, .jobs = -1}},
    {"a value that is a command's name",
     "--config audit plan",
     {CMD_PLAN, .config = "audit", .timeout_s = -1, .jobs = -1}},
    {"an option of the command before the command",
     "--strict audit",
     {CMD_AUDIT, .strict = true, .timeout_s = -1, .jobs = -1}},
    {"short names",
     "audit -c none -n mail.example.com",
     {CMD_AUDIT, .config = "none", .name = "mail.example.com", .timeout_s = -1, .jobs = -1}},
    {"the last of two counts",
     "audit --name a.example --name b.example",
     {CMD_AUDIT, .name = "b.example", .timeout_s = -1, .jobs = -1}},
    {"targets before and after options",
     "audit 192.0.2.1 --strict 192.0.2.2",
     {CMD_AUDIT, .words = 2, .first_word = "192.0.2.1", .strict = true, .timeout_s = -1,
      .jobs = -1}},
    {"a second command is a word",
     "help audit",
     {CMD_HELP, .words = 1, .first_word = "audit", .timeout_s = -1, .jobs = -1}},
    {"one dash is a word",
     "apply -",
     {CMD_APPLY, .words = 1, .first_word = "-", .timeout_s = -1, .jobs = -1}},
    {"two dashes end the options",
     "audit -- --strict",
     {CMD_AUDIT, .words = 1, .first_word = "--strict", .timeout_s = -1, .jobs = -1}},
    {"two dashes before the command", "-- audit", {CMD_AUDIT, .timeout_s = -1, .jobs = -1}},
    {"the second pair of dashes is a word",
     "audit -- --",
     {CMD_AUDIT, .words = 1, .first_word = "--", .timeout_s = -1, .jobs = -1}},
    {"-h after two dashes is a word",
     "audit -- -h",
     {CMD_AUDIT, .words = 1, .first_word = "-h", .timeout_s = -1, .jobs = -1}},
    {"--version after two dashes is a word",
     "audit -- --version",
     {CMD_AUDIT, .words = 1, .first_word = "--version", .timeout_s = -1, .jobs = -1}},
    {"a version without command", "--version", {CMD_VERSION, .timeout_s = -1, .jobs = -1}},
    {"seconds without unit", "audit --timeout 90", {CMD_AUDIT, .timeout_s = 90, .jobs = -1}},
    {"seconds", "audit --timeout 90s", {CMD_AUDIT, .timeout_s = 90, .jobs = -1}},
    {"minutes", "audit --timeout 5m", {CMD_AUDIT, .timeout_s = 300, .jobs = -1}},
    {"hours", "audit --timeout=2h", {CMD_AUDIT, .timeout_s = 7200, .jobs = -1}},
    {"hours and minutes", "audit --timeout 1h30m", {CMD_AUDIT, .timeout_s = 5400, .jobs = -1}},
    {"a number", "audit --jobs 16", {CMD_AUDIT, .timeout_s = -1, .jobs = 16}},
    {"-v", "audit -v", {CMD_AUDIT, .verbosity = 1, .timeout_s = -1, .jobs = -1}},
    {"-v twice", "-v audit -v", {CMD_AUDIT, .verbosity = 2, .timeout_s = -1, .jobs = -1}},
    {"-vv", "audit -vv", {CMD_AUDIT, .verbosity = 2, .timeout_s = -1, .jobs = -1}},
    {"-q", "audit -q", {CMD_AUDIT, .verbosity = -1, .timeout_s = -1, .jobs = -1}},
    {"-4", "audit -4", {CMD_AUDIT, .family = IP_V4, .timeout_s = -1, .jobs = -1}},
    {"-6 twice is still -6",
     "audit -6 -6",
     {CMD_AUDIT, .family = IP_V6, .timeout_s = -1, .jobs = -1}},
    {"another name of an option",
     "apply --auto-approve",
     {CMD_APPLY, .yes = true, .timeout_s = -1, .jobs = -1}},
    {"several outputs, one of them to standard output",
     "audit -o json=a -o markdown=b -o text",
     {CMD_AUDIT, .outputs = 3, .timeout_s = -1, .jobs = -1}},
    {"--json is an output", "audit --json", {CMD_AUDIT, .outputs = 1, .timeout_s = -1, .jobs = -1}},
    {"-h wins over an unknown option",
     "audit --no-such -h",
     {CMD_AUDIT, .help = true, .timeout_s = -1, .jobs = -1}},
    {"-h wins over an unknown command",
     "frobnicate -h",
     {.help = true, .timeout_s = -1, .jobs = -1}},
    {"-h wins over a value that is missing",
     "-h audit --name",
     {CMD_AUDIT, .help = true, .timeout_s = -1, .jobs = -1}},
    {"-h wins where a value is expected",
     "audit --config -h",
     {CMD_AUDIT, .config = "-h", .help = true, .timeout_s = -1, .jobs = -1}},
    {"--help, too",
     "plan --help --timeout soon",
     {CMD_PLAN, .help = true, .timeout_s = -1, .jobs = -1}},
    {"-h wins over --version",
     "--version -h",
     {CMD_VERSION, .help = true, .timeout_s = -1, .jobs = -1}},
};

static void same_text(const char *label, const char *what, const char *got, const char *want)
{
    if (want == NULL)
        ck_assert_msg(got == NULL, "%s: %s is \"%s\"", label, what, got);
    else
        ck_assert_msg(got != NULL && str_equal(got, want), "%s: %s is \"%s\", not \"%s\"", label,
                      what, got ? got : "(none)", want);
}

START_TEST(takes)
{
    const char *label = good[_i].label;
    struct command_line line;
    bool ok = parse(good[_i].words, &line);
    const struct options *o = line.options;

    ck_assert_msg(ok, "%s: %s", label, line.e.why);
    ck_assert_msg(o->command == good[_i].want.command, "%s: command %d", label, (int)o->command);
    ck_assert_msg(o->word_count == good[_i].want.words, "%s: %zu words", label, o->word_count);
    ck_assert_msg(o->output_count == good[_i].want.outputs, "%s: outputs", label);
    ck_assert_msg(o->verbosity == good[_i].want.verbosity, "%s: verbosity", label);
    ck_assert_msg(o->family == good[_i].want.family, "%s: family", label);
    ck_assert_msg(o->timeout_s == good[_i].want.timeout_s, "%s: timeout", label);
    ck_assert_msg(o->jobs == good[_i].want.jobs, "%s: jobs", label);
    ck_assert_msg(o->help == good[_i].want.help, "%s: help", label);
    ck_assert_msg(o->strict == good[_i].want.strict, "%s: strict", label);
    ck_assert_msg(o->yes == good[_i].want.yes, "%s: yes", label);
    same_text(label, "config", o->config, good[_i].want.config);
    same_text(label, "name", o->name, good[_i].want.name);
    same_text(label, "first word", o->words[0], good[_i].want.first_word);
    free(line.options);
}
END_TEST

static const struct {
    const char *label, *words;
    const char *why;  /* is part of the reason */
    const char *next; /* is part of the command to type; NULL: any */
} bad[] = {
    {"an unknown command, with the nearest", "adit", "did you mean audit?", "namesake audit"},
    {"an unknown command without a near one", "frobnicate", "no command \"frobnicate\"",
     "namesake help"},
    {"a command in capitals", "AUDIT", "no command \"AUDIT\"", NULL},
    {"an empty word in the command's place", "''", "no command \"\"", NULL},
    {"a command is not abbreviated", "aud", "no command \"aud\"", NULL},
    {"a command that is cut", "rollbac", "did you mean rollback?", "namesake rollback"},
    {"an unknown option, with the nearest", "plan --nmae x", "did you mean --name?",
     "namesake help plan"},
    {"an unknown option before the command", "--nmae x audit", "did you mean --name?",
     "namesake help"},
    {"an unknown option with a value", "audit --colour=always", "no option --colour; did you",
     NULL},
    {"an option is not abbreviated", "audit --stric", "did you mean --strict?", NULL},
    {"not even where it would be unique", "audit --res 192.0.2.53", "no option --res", NULL},
    {"short options are not joined", "audit -qv", "no option -qv", NULL},
    {"a short option takes no value in the same word", "audit -cnone", "no option -cnone", NULL},
    {"a short option takes no equals sign", "audit -c=none", "no option -c=none", NULL},
    {"a flag takes no value", "audit --strict=yes", "--strict takes no value", NULL},
    {"a flag takes no empty value", "audit --strict=", "--strict takes no value", NULL},
    {"a value is missing", "audit --name", "--name needs a value: --name FQDN", "help audit"},
    {"a value of a short option is missing", "audit -n", "--name needs a value", "help audit"},
    {"two outputs to standard output", "audit -o json -o text", "only one --output", NULL},
    {"--json is one of them", "audit --json -o nagios", "only one --output", NULL},
    {"the same one twice", "audit --json --json", "only one --output", NULL},
    {"an unknown format", "audit -o yaml", "\"yaml\"", NULL},
    {"a format without its file", "audit -o json=", "\"json=\"", NULL},
    {"no format", "audit -o =file", "\"=file\"", NULL},
    {"too many outputs",
     "audit -o json=1 -o json=2 -o json=3 -o json=4 -o json=5 -o json=6 -o json=7 -o json=8 -o "
     "json=9",
     "too often", NULL},
    {"-4 with -6", "audit -4 -6", "exclude each other", NULL},
    {"-6 with -4, and a command between", "-6 audit -4", "exclude each other", NULL},
    {"a duration that is a word", "audit --timeout soon", "a duration such as", NULL},
    {"a duration below nothing", "audit --timeout -5", "a duration such as", NULL},
    {"a duration with a fraction", "audit --timeout 1.5m", "a duration such as", NULL},
    {"a duration with a blank unit", "audit --timeout 5x", "a duration such as", NULL},
    {"a duration in the wrong order", "audit --timeout 30m1h", "a duration such as", NULL},
    {"an empty duration", "audit --timeout=", "a duration such as", NULL},
    {"a duration of centuries", "audit --timeout 99999999999h", "a duration such as", NULL},
    {"no time at all is no timeout", "audit --timeout 0", "--timeout", NULL},
    {"a number that is none", "audit --jobs many", "a whole number from 1 on", NULL},
    {"nothing as a number", "audit --jobs 0", "a whole number from 1 on", NULL},
    {"a number with a sign", "audit --jobs +5", "a whole number from 1 on", NULL},
    {"a number with something behind", "audit --jobs 5a", "a whole number from 1 on", NULL},
    {"no choice of colours", "audit --color sometimes", "auto|always|never", NULL},
    {"half a choice", "audit --color alw", "auto|always|never", NULL},
    {"two choices", "audit --color auto|never", "auto|always|never", NULL},
    {"an empty choice", "audit --color=", "auto|always|never", NULL},
    {"no mail server", "audit --mta sendmail", "postfix", NULL},
    {"no way to write", "plan --forward move", "add|replace", NULL},
    {"an unknown kind of step", "plan --only ptr,mx", "a comma list of", NULL},
    {"an empty kind", "plan --only ,", "a comma list of", NULL},
    {"a comma at the end", "plan --only ptr,", "a comma list of", NULL},
    {"no kind at all", "plan --only=", "a comma list of", NULL},
    {"a resolver that is a name", "audit --resolver dns.example", "an address", NULL},
    {"a resolver with an odd port", "audit --resolver 192.0.2.53:0", "an address", NULL},
    {"an option of another command", "audit --save plan.json",
     "--save is not an option of \"namesake audit\"", "namesake help audit"},
    {"the same before the command", "--save plan.json audit",
     "--save is not an option of \"namesake audit\"", "namesake help audit"},
    {"the same after an equals sign", "audit --save=plan.json",
     "--save is not an option of \"namesake audit\"", NULL},
    {"--yes changes nothing in a plan", "plan --yes", "--yes is not an option", NULL},
    {"--version of a command", "audit --version", "no option --version", NULL},
    {"an option of another command after a word of its value's name",
     "audit --name --save --save x", "--save is not an option", NULL},
};

START_TEST(refuses)
{
    const char *label = bad[_i].label;
    struct command_line line;

    ck_assert_msg(!parse(bad[_i].words, &line), "%s: was taken", label);
    ck_assert_msg(line.e.code == ERR_USAGE, "%s: %s", label, error_id(line.e.code));
    ck_assert_msg(strstr(line.e.why, bad[_i].why) != NULL, "%s: %s", label, line.e.why);
    ck_assert_msg(line.e.what[0] != '\0', "%s: says not what was attempted", label);
    ck_assert_msg(line.e.next[0] != '\0', "%s: says not what to type: %s", label, line.e.why);
    if (bad[_i].next != NULL)
        ck_assert_msg(strstr(line.e.next, bad[_i].next) != NULL, "%s: %s", label, line.e.next);
    free(line.options);
}
END_TEST

START_TEST(format_of_the_error_is_known)
{
    struct command_line line;

    ck_assert(!parse("-o json plan --nmae x", &line));
    ck_assert_uint_eq(line.options->output_count, 1);
    ck_assert_int_eq(line.options->outputs[0].format, FORMAT_JSON);
    free(line.options);
    ck_assert(!parse("plan --nmae x -o json", &line));
    ck_assert_msg(line.options->output_count == 1, "an output after the mistake counts, too");
    ck_assert_str_eq(command_name(line.options->command), "plan");
    free(line.options);
    ck_assert(!parse("--nmae x plan --json", &line));
    ck_assert_msg(line.options->output_count == 1, "--json after the mistake counts, too");
    ck_assert_msg(line.options->command == CMD_PLAN, "so does the command");
    free(line.options);
}
END_TEST

START_TEST(help_is_short)
{
    struct buf out = BUF_INIT(1U << 16);
    struct command_row row;
    int lines = 0;

    options_help(&out);
    struct cursor c = cursor_of(out.data, out.length), line;
    while (cursor_line(&c, &line)) {
        lines++;
        ck_assert_msg(line.end - line.at <= 80, "%.*s", (int)(line.end - line.at), line.at);
    }
    ck_assert_msg(lines <= 20, "%d lines", lines);
    for (size_t i = 0; command_row(i, &row); i++)
        ck_assert_msg(strstr(out.data, row.name) != NULL, "%s is missing", row.name);
    buf_free(&out);
}
END_TEST

/* "--list", and not only "--listen". */
static bool has_word(const char *text, const char *word)
{
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word))
        if (strchr(" \n", at[strlen(word)]) != NULL)
            return true;
    return false;
}

/* Each text fits a terminal of 80 columns, and each option stands in the help of its commands. */
START_TEST(help_of_each_command)
{
    struct buf out = BUF_INIT(1U << 16);
    struct command_row row;
    struct option_row option;
    char left[80];

    ck_assert(command_row((size_t)_i, &row));
    options_help_command(row.id, &out);
    struct cursor c = cursor_of(out.data, out.length), line;
    while (cursor_line(&c, &line))
        ck_assert_msg(line.end - line.at <= 80, "%s: %.*s", row.name, (int)(line.end - line.at),
                      line.at);
    for (size_t i = 0; option_row(i, &option); i++) {
        str_format(left, sizeof left, "\n  %s%s%s", option.other ? option.other : "",
                   option.other ? ", " : "", option.name);
        ck_assert_msg(((option.commands & (int)row.id) != 0) == has_word(out.data, left), "%s: %s",
                      row.name, option.name);
    }
    buf_free(&out);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"takes", takes, ROWS(good), 0},
        {"refuses", refuses, ROWS(bad), 0},
        {"format of the error is known", format_of_the_error_is_known, 1, 0},
        {"help is short", help_is_short, 1, 0},
        {"help of each command", help_of_each_command, 13, 0},
    };

    return unit_run("options", tests, ROWS(tests));
}
