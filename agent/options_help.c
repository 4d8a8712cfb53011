/* options_help.c - the help texts, from the tables of commands and options. */
#include "agent/options.h"

#include <string.h>

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
