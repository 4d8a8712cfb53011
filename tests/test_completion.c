/* test_completion.c - completion scripts know every command and option, and their shells take them. */
#include "agent/completion.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/unit.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

#define SCRIPT_MAX (1U << 20)

static struct buf script_of(const char *shell)
{
    struct buf out = BUF_INIT(SCRIPT_MAX);
    struct error e = {0};

    ck_assert_msg(completion_write(shell, &out, &e), "%s: %s", shell, e.why);
    ck_assert(buf_ok(&out));
    return out;
}

START_TEST(knows_every_word)
{
    struct buf out = script_of(shells[_i]);
    struct command_row command;
    struct option_row option;
    bool fish = str_equal(shells[_i], "fish");
    char text[80];

    for (size_t i = 0; command_row(i, &command); i++)
        ck_assert_msg(strstr(out.data, command.name) != NULL, "%s: %s", shells[_i], command.name);
    for (size_t i = 0; option_row(i, &option); i++) {
        const char *name = option.name + (fish ? strspn(option.name, "-") : 0);
        str_format(text, sizeof text, "%s%s", fish ? " " : "", name);
        ck_assert_msg(strstr(out.data, text) != NULL, "%s: %s", shells[_i], option.name);
    }
    for (int i = 0; i < FIND_COUNT; i++)
        ck_assert(strstr(out.data, catalog_entry((enum finding_id)i)->id) != NULL);
    ck_assert(strstr(out.data, "auto always never") != NULL);
    for (int i = 0; i < FORMAT_COUNT; i++)
        ck_assert(strstr(out.data, format_text((enum format)i)) != NULL);
    ck_assert(strstr(out.data, "forward ptr mta") != NULL);
    ck_assert(strstr(out.data, "{{") == NULL);
    buf_free(&out);
}
END_TEST

/* Runs a shell's command over the script; its output in text. False when there is no such shell. */
static bool run(const char *shell, const char *command, char *text, size_t size)
{
    struct buf out = script_of(shell);
    char path[] = "/tmp/namesake-completion-XXXXXX", line[512];
    int fd = mkstemp(path);
    FILE *output;
    size_t length;

    str_format(line, sizeof line, "command -v %s >/dev/null", shell);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, out.data, out.length), (ssize_t)out.length);
    close(fd);
    buf_free(&out);
    if (system(line) != 0) { /* the words are ours */
        unlink(path);
        return false;
    }
    str_format(line, sizeof line, "SCRIPT=%s %s 2>&1", path, command);
    output = popen(line, "r");
    ck_assert_ptr_nonnull(output);
    length = fread(text, 1, size - 1, output);
    text[length] = '\0';
    ck_assert_msg(pclose(output) == 0, "%s: %s", command, text);
    unlink(path);
    return true;
}

START_TEST(its_shell_takes_it)
{
    char command[64], text[4096];

    str_format(command, sizeof command, "%s -n $SCRIPT", shells[_i]);
    if (run(shells[_i], command, text, sizeof text))
        ck_assert_str_eq(text, "");
    else
        printf("%s is not installed: its script was not tried\n", shells[_i]);
}
END_TEST

static const struct {
    const char *label, *words, *want;
} bash_rows[] = {
    {"a command is completed", "namesake aud", "audit"},
    {"after help, too", "namesake help verif", "verify"},
    {"an option of the command", "namesake plan --sav", "--save"},
    {"not one of another command", "namesake audit --sav", ""},
    {"choices of an option", "namesake audit --color al", "always"},
    {"choices after an equals sign", "namesake audit --color = al", "always"},
    {"formats", "namesake -o na", "nagios"},
    {"kinds of steps", "namesake plan --only fo", "forward"},
    {"a finding to explain", "namesake explain ptr-gen", "ptr-generic"},
    {"a schema", "namesake schema ev", "events"},
    {"a shell", "namesake completion f", "fish"},
    {"a file", "namesake show /etc/hostnam", "/etc/hostname"},
    {"nothing for a name", "namesake audit --name m", ""},
};

START_TEST(bash_completes)
{
    char command[512], text[1024] = "";

    str_format(command, sizeof command,
               "bash -c 'source $SCRIPT; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
               "_namesake; echo -n ${COMPREPLY[*]}'",
               bash_rows[_i].words);
    ck_assert(run("bash", command, text, sizeof text));
    text[strcspn(text, " ")] = '\0'; /* the first one of several */
    ck_assert_msg(str_equal(text, bash_rows[_i].want), "%s: \"%s\" instead of \"%s\"",
                  bash_rows[_i].label, text, bash_rows[_i].want);
}
END_TEST

START_TEST(another_shell_is_refused)
{
    struct buf out = BUF_INIT(SCRIPT_MAX);
    struct error e = {0};

    ck_assert(!completion_write("ksh", &out, &e));
    ck_assert_int_eq(e.code, ERR_USAGE);
    ck_assert_uint_eq(out.length, 0);
    ck_assert(!completion_write("", &out, &e));
    ck_assert_int_eq(e.code, ERR_USAGE);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"knows every word", knows_every_word, ROWS(shells), 0},
        {"its shell takes it", its_shell_takes_it, ROWS(shells), 0},
        {"bash completes", bash_completes, ROWS(bash_rows), 0},
        {"another shell is refused", another_shell_is_refused, 1, 0},
    };

    return unit_run("completion", tests, ROWS(tests));
}
