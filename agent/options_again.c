/* options_again.c - what decides a plan, as it is typed, for commands that are told. */
#include "agent/options.h"

#include "agent/base/str.h"
#include "agent/net/dns_tcp.h"

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
