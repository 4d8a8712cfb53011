/* options_help.c - the help texts, from the tables of commands and options. */
#include "agent/options.h"

#include <string.h>

#include "agent/base/str.h"
#include "agent/net/dns_tcp.h"

#define COLUMNS 80
#define CMD_RARE (CMD_SCHEMA | CMD_COMPLETION | CMD_HELP | CMD_VERSION)
#define OPTION_COLUMN 32 /* where the text of an option begins */

/* The commands that are needed rarely share one line: the whole text fits a small terminal. */
void options_help(struct buf *out)
{
    struct command_row row;

    buf_text(out, "namesake makes PTR, SMTP name and A/AAAA record of a mail server name one "
                  "host.\n\nusage: namesake COMMAND [OPTION...] [ARGUMENT...]\n\n");
    for (size_t i = 0; command_row(i, &row); i++)
        if ((row.id & CMD_RARE) == 0)
            buf_printf(out, "  %-9s %s\n", row.name, row.help);
    buf_text(out, "  also     ");
    for (size_t i = 0; command_row(i, &row); i++)
        if ((row.id & CMD_RARE) != 0)
            buf_printf(out, " %s", row.name);
    buf_text(out, "\n\nBegin with: namesake audit        All options: namesake help COMMAND\n");
}

/* A text from a column on, wrapped between words. */
static void add_wrapped(const char *text, struct buf *out)
{
    struct cursor c = cursor_of(text, strlen(text)), word;
    size_t column = OPTION_COLUMN;

    while (cursor_word(&c, &word)) {
        size_t length = (size_t)(word.end - word.at);
        if (column > OPTION_COLUMN && column + 1 + length > COLUMNS) {
            buf_printf(out, "\n%*s", OPTION_COLUMN, "");
            column = OPTION_COLUMN;
        }
        buf_printf(out, "%s%.*s", column > OPTION_COLUMN ? " " : "", (int)length, word.at);
        column += length + (column > OPTION_COLUMN);
    }
    buf_char(out, '\n');
}

static void add_option(const struct option_row *row, struct buf *out)
{
    char left[80];

    str_format(left, sizeof left, "%s%s%s%s%s", row->other ? row->other : "",
               row->other ? ", " : "", row->name, row->value ? " " : "",
               row->value ? row->value : "");
    buf_printf(out, "  %-*s", OPTION_COLUMN - 2, left);
    if (strlen(left) + 2 >= OPTION_COLUMN)
        buf_printf(out, "\n%*s", OPTION_COLUMN, "");
    add_wrapped(row->help, out);
}

/* The arguments go to a line of their own when they do not fit. */
static void add_usage(const struct command_row *command, struct buf *out)
{
    const size_t begin = out->length;

    buf_printf(out, "usage: namesake %s [OPTION...]", command->name);
    if (command->usage[0] != '\0')
        buf_text(out,
                 out->length - begin + 1 + strlen(command->usage) > COLUMNS ? "\n       " : " ");
    buf_printf(out, "%s\n\n%s\n\n", command->usage, command->help);
}

void options_help_command(enum command_id id, struct buf *out)
{
    struct command_row command;
    struct option_row option;

    for (size_t i = 0; command_row(i, &command); i++)
        if (command.id == id)
            add_usage(&command, out);
    for (size_t i = 0; option_row(i, &option); i++)
        if ((option.commands & (int)id) != 0)
            add_option(&option, out);
    buf_text(out, "\nDUR is 90, 90s, 5m, 2h or 1h30m. A TARGET is an address, a host of the\n"
                  "configuration, \"all\", or a host name, which stands for its addresses and is\n"
                  "their wanted name.\n");
}

static void add_word(const char *option, const char *value, struct buf *out)
{
    char quoted[OPTIONS_AGAIN_MAX];

    if (value == NULL)
        return;
    str_shell_quote(quoted, sizeof quoted, value);
    /* What does not fit makes the whole too long, too. */
    buf_printf(out, "%s%s %s", option[0] != '\0' ? " " : "", option,
               quoted[0] != '\0' ? quoted : value);
}

static void add_kinds(const struct options *options, struct buf *out)
{
    const char *mark = " --only ";
    bool all = true;

    for (int kind = 0; kind < STEP_KINDS; kind++)
        all = all && options->kinds[kind];
    for (int kind = 0; kind < STEP_KINDS; kind++) {
        if (all || !options->kinds[kind])
            continue;
        buf_printf(out, "%s%s", mark, step_kind_text((enum step_kind)kind));
        mark = ",";
    }
}

void options_again(const struct options *options, char out[OPTIONS_AGAIN_MAX])
{
    struct buf text = BUF_INIT(OPTIONS_AGAIN_MAX - 1);

    for (size_t i = 0; i < options->word_count; i++)
        add_word("", options->words[i], &text);
    add_word("-n", options->name, &text);
    add_word("--mta", options->mta, &text);
    add_word("--ssh", options->ssh, &text);
    if (options->family != IP_NONE)
        buf_text(&text, options->family == IP_V4 ? " -4" : " -6");
    add_kinds(options, &text);
    if (options->forward_replace >= 0)
        buf_printf(&text, " --forward %s", options->forward_replace ? "replace" : "add");
    for (size_t i = 0; i < options->resolver_count; i++)
        buf_printf(&text, " --resolver %s", dns_server_text(&options->resolvers[i]).s);
    add_word("-c", options->config, &text);
    str_cut(out, OPTIONS_AGAIN_MAX, buf_ok(&text) ? buf_string(&text) : "");
    buf_free(&text);
}
