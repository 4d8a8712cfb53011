/* completion.c - fills the templates of completion scripts from the tables. */
#include "agent/completion.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "agent/template.h"

#define SCRIPT_MAX (1U << 20)
#define PARTS_MAX 5

/* Made by CMake from templates/completion.SHELL. */
extern const char completion_bash[], completion_zsh[], completion_fish[];

/* What may stand in the place of a value or an argument, as the help calls it ("FILE", "a|b"). */
enum wanted {
    WANT_ANYTHING, /* nothing can be proposed */
    WANT_WORDS,
    WANT_FILES,
};

static void add_word(const char *word, const char *between, struct buf *words)
{
    buf_printf(words, "%s%s", words->length > 0 ? between : "", word);
}

static void add_commands(const char *between, struct buf *words)
{
    struct command_row row;

    for (size_t i = 0; command_row(i, &row); i++)
        add_word(row.name, between, words);
}

static void add_choices(const char *value, struct buf *words)
{
    for (; *value != '\0'; value++)
        buf_char(words, (char)(*value == '|' ? ' ' : *value));
}

static enum wanted proposals(const char *value, struct buf *words)
{
    if (str_starts(value, "FORMAT"))
        for (int i = 0; i < FORMAT_COUNT; i++)
            add_word(format_text((enum format)i), " ", words);
    else if (str_equal(value, "KINDS"))
        for (int i = 0; i < STEP_KINDS; i++)
            add_word(step_kind_text((enum step_kind)i), " ", words);
    else if (str_equal(value, "FINDING-ID"))
        for (int i = 0; i < FIND_COUNT; i++)
            add_word(catalog_entry((enum finding_id)i)->id, " ", words);
    else if (str_equal(value, "[COMMAND]"))
        add_commands(" ", words);
    else if (islower((unsigned char)value[0]) && strchr(value, '|') != NULL)
        add_choices(value, words);
    if (words->length > 0)
        return WANT_WORDS;
    return strstr(value, "FILE") != NULL ? WANT_FILES : WANT_ANYTHING;
}

/* Whether an option belongs to a command; before there is one, those of all commands do. */
static bool belongs(const struct option_row *option, int command)
{
    return command == 0 ? option->commands == CMD_ALL : (option->commands & command) != 0;
}

/* Quoted for the inside of '...', with a backslash before the given characters. */
static void add_quoted(const char *text, const char *escaped, const char *apostrophe,
                       struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buf_text(out, apostrophe);
        else
            buf_printf(out, "%s%c", strchr(escaped, *text) != NULL ? "\\" : "", *text);
    }
}

/* bash */

static void bash_value(const struct option_row *row, struct buf *out)
{
    struct buf words = BUF_INIT(SCRIPT_MAX);
    enum wanted wanted = proposals(row->value, &words);

    buf_printf(out, "    %s%s%s)\n", row->other ? row->other : "", row->other ? " | " : "",
               row->name);
    if (wanted == WANT_FILES)
        buf_text(out, "        mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n");
    if (wanted == WANT_WORDS)
        buf_printf(out, "        mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$word\")\n",
                   buf_string(&words));
    buf_text(out, "        return\n        ;;\n");
    buf_free(&words);
}

static void bash_options(const char *name, int command, struct buf *out)
{
    struct option_row row;

    buf_printf(out, "        %s) words='", name);
    for (size_t i = 0; option_row(i, &row); i++)
        if (belongs(&row, command))
            buf_printf(out, "%s%s%s ", row.name, row.other ? " " : "", row.other ? row.other : "");
    buf_text(out, "' ;;\n");
}

static void bash_arguments(const struct command_row *row, struct buf *out)
{
    struct buf words = BUF_INIT(SCRIPT_MAX);
    enum wanted wanted = proposals(row->usage, &words);

    if (wanted == WANT_WORDS)
        buf_printf(out, "        %s) words='%s' ;;\n", row->name, buf_string(&words));
    if (wanted == WANT_FILES)
        buf_printf(out,
                   "        %s)\n            mapfile -t COMPREPLY < <(compgen -f -- \"$word\")\n"
                   "            return\n            ;;\n",
                   row->name);
    buf_free(&words);
}

static void bash_parts(struct buf *values, struct buf *options, struct buf *arguments)
{
    struct buf names = BUF_INIT(SCRIPT_MAX);
    struct command_row command;
    struct option_row option;

    for (size_t i = 0; option_row(i, &option); i++)
        if (option.value != NULL)
            bash_value(&option, values);
    for (size_t i = 0; command_row(i, &command); i++) {
        bash_options(command.name, (int)command.id, options);
        bash_arguments(&command, arguments);
    }
    bash_options("*", 0, options);
    add_commands(" ", &names);
    buf_printf(arguments, "        '') words='%s' ;;\n", buf_string(&names));
    buf_free(&names);
}

/* zsh */

/* What is proposed for a value: ":FILE:_files", ":a|b:(a b)". */
static void zsh_value(const char *value, struct buf *out)
{
    struct buf words = BUF_INIT(SCRIPT_MAX);
    enum wanted wanted = proposals(value, &words);

    buf_char(out, ':');
    add_quoted(value, ":\\", "'\\''", out);
    if (wanted == WANT_WORDS)
        buf_printf(out, ":(%s)", buf_string(&words));
    else
        buf_text(out, wanted == WANT_FILES ? ":_files" : ": ");
    buf_free(&words);
}

static void zsh_option(const struct option_row *row, const char *name, struct buf *out)
{
    bool equals = row->value != NULL && str_starts(name, "--");

    buf_printf(out, " '*%s%s[", name, equals ? "=" : "");
    add_quoted(row->help, "[]:\\", "'\\''", out);
    buf_char(out, ']');
    if (row->value != NULL)
        zsh_value(row->value, out);
    buf_char(out, '\'');
}

static void zsh_options(const struct command_row *command, struct buf *out)
{
    struct option_row row;

    buf_printf(out, "    (%s) specs=(", command->name);
    for (size_t i = 0; option_row(i, &row); i++) {
        if (!belongs(&row, (int)command->id))
            continue;
        zsh_option(&row, row.name, out);
        if (row.other != NULL)
            zsh_option(&row, row.other, out);
    }
    if (command->id != 0) {
        buf_printf(out, " '1: :(%s)' '*", command->name);
        zsh_value(command->usage[0] ? command->usage : " ", out);
        buf_char(out, '\'');
    }
    buf_text(out, ") ;;\n");
}

static void zsh_parts(struct buf *commands, struct buf *options)
{
    const struct command_row none = {.name = "*", .usage = "", .help = ""};
    struct command_row row;

    for (size_t i = 0; command_row(i, &row); i++) {
        buf_printf(commands, "        '%s:", row.name);
        add_quoted(row.help, "\\", "'\\''", commands);
        buf_text(commands, "'\n");
        zsh_options(&row, options);
    }
    zsh_options(&none, options);
}

/* fish */

/* What is proposed, after the condition for it; false when that is nothing. */
static bool fish_proposals(const char *value, const char *condition, struct buf *out)
{
    struct buf words = BUF_INIT(SCRIPT_MAX);
    enum wanted wanted = proposals(value, &words);

    if (wanted == WANT_WORDS)
        buf_printf(out, "%s -a '%s'", condition, buf_string(&words));
    if (wanted == WANT_FILES)
        buf_printf(out, "%s -F", condition);
    buf_free(&words);
    return wanted != WANT_ANYTHING;
}

static void fish_help(const char *help, struct buf *out)
{
    buf_text(out, " -d '");
    add_quoted(help, "\\", "\\'", out);
    buf_text(out, "'\n");
}

static void fish_command(const struct command_row *row, struct buf *out)
{
    char condition[160];

    buf_printf(out, "complete -c namesake -n __fish_use_subcommand -a %s", row->name);
    fish_help(row->help, out);
    str_format(condition, sizeof condition,
               "complete -c namesake -n '__fish_seen_subcommand_from %s'", row->name);
    if (fish_proposals(row->usage, condition, out))
        buf_char(out, '\n');
}

/* "--color" is a long option, "-c" a short one, "-vv" a long one with a single dash. */
static void fish_name(const char *name, struct buf *out)
{
    const char *kind = str_starts(name, "--") ? "-l" : strlen(name) == 2 ? "-s" : "-o";

    buf_printf(out, " %s %s", kind, name + strspn(name, "-"));
}

static void fish_option(const struct option_row *option, struct buf *out)
{
    struct command_row row;

    buf_text(out, "complete -c namesake");
    if (option->commands != CMD_ALL) {
        buf_text(out, " -n '__fish_seen_subcommand_from");
        for (size_t i = 0; command_row(i, &row); i++)
            if (belongs(option, (int)row.id))
                buf_printf(out, " %s", row.name);
        buf_char(out, '\'');
    }
    fish_name(option->name, out);
    if (option->other != NULL)
        fish_name(option->other, out);
    if (option->value != NULL) {
        buf_text(out, " -r");
        (void)fish_proposals(option->value, "", out);
    }
    fish_help(option->help, out);
}

static void fish_parts(struct buf *commands, struct buf *options)
{
    struct command_row command;
    struct option_row option;

    for (size_t i = 0; command_row(i, &command); i++)
        fish_command(&command, commands);
    for (size_t i = 0; option_row(i, &option); i++)
        fish_option(&option, options);
}

bool completion_write(const char *shell, struct buf *out, struct error *e)
{
    static const char *const names[PARTS_MAX] = {"pattern", "values", "options", "arguments",
                                                 "commands"};
    struct template_value values[PARTS_MAX];
    struct buf parts[PARTS_MAX];
    const char *script = completion_bash;
    bool ok;

    if (!str_equal(shell, "bash") && !str_equal(shell, "zsh") && !str_equal(shell, "fish")) {
        fail(e, ERR_USAGE, "\"%.60s\" is not one of bash, zsh and fish", shell);
        return error_next(e, "namesake completion bash");
    }
    for (size_t i = 0; i < PARTS_MAX; i++)
        parts[i] = BUF_INIT(SCRIPT_MAX);
    add_commands(shell[0] == 'b' ? " | " : "|", &parts[0]);
    if (str_equal(shell, "bash")) {
        bash_parts(&parts[1], &parts[2], &parts[3]);
    } else if (str_equal(shell, "zsh")) {
        script = completion_zsh;
        zsh_parts(&parts[4], &parts[2]);
    } else {
        script = completion_fish;
        fish_parts(&parts[4], &parts[2]);
    }
    for (size_t i = 0; i < PARTS_MAX; i++)
        values[i] = (struct template_value){names[i], buf_string(&parts[i])};
    ok = template_fill(script, values, PARTS_MAX, out, e);
    for (size_t i = 0; i < PARTS_MAX; i++)
        buf_free(&parts[i]);
    return ok;
}

int completion_print(struct session *session)
{
    const struct options *options = session->options;
    struct buf out = BUF_INIT(SCRIPT_MAX);
    struct error e = {0};
    bool ok = completion_write(options->word_count == 1 ? options->words[0] : "", &out, &e);
    int code = EXIT_YES;

    if (!ok) {
        error_what(&e, "cannot print a completion script");
        code = session_fail(session, &e);
    } else if (fputs(buf_string(&out), stdout) == EOF || fflush(stdout) != 0) {
        code = error_exit_code(ERR_CANNOT_CREATE);
    }
    buf_free(&out);
    return code;
}
