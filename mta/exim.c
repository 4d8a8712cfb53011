/* exim.c - Exim: whether it is there, and what is built before it reads it. */
#include "mta/exim.h"

#include <string.h>

static bool exim_present(struct host *host)
{
    char program[64];

    return exim_program(host, program, sizeof program);
}

/* Known from what was seen, or, where Exim could not be asked, from Debian's file. */
static bool is_built(struct host *host, const struct mta_facts *facts)
{
    const char *scheme =
        facts->instance_count > 0 ? exim_value(&facts->instances[0], ".scheme") : "";
    struct host_file file = {0};
    struct error ignored;
    bool there;

    if (scheme[0] != '\0')
        return !str_equal(scheme, "single");
    there = host_look(host, EXIM_UPDATE_CONF, &file, &ignored) && !host_is_absent(&file);
    host_file_free(&file);
    return there;
}

/* Debian's tool tests what it has built, and keeps the old one when that fails (section 3.4). */
bool exim_build(struct host *host, const struct mta_facts *facts, struct error *e)
{
    static const char *const argv[] = {"update-exim4.conf", NULL};
    struct command command = {.argv = argv, .timeout_ms = EXIM_TIMEOUT_MS};
    struct command_result result;
    char words[400];
    int status;

    if (!is_built(host, facts))
        return true;
    if (!host_run(host, &command, &result, e)) {
        e->code = ERR_MTA_RELOAD_FAILED;
        return false;
    }
    status = result.status;
    exim_words(&result, words, sizeof words);
    command_result_free(&result);
    if (status == 0)
        return true;
    fail(e, ERR_MTA_RELOAD_FAILED, "update-exim4.conf ended with status %d: %.380s", status, words);
    return error_next(e, "update-exim4.conf");
}

const struct mta mta_exim = {
    .name = "exim",
    .title = "Exim",
    .present = exim_present,
    .observe = exim_observe,
    .edit = exim_edit,
    .check = exim_check,
    .build = exim_build,
    .activate = exim_activate,
    .alive = exim_alive,
};
