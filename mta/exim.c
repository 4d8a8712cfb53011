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

    if (!is_built(host, facts))
        return true;
    return exim_do(host, argv, e) || error_next(e, "update-exim4.conf");
}

/* Debian, RHEL, cPanel (section 8). */
static const char *const logs[] = {"/var/log/exim4/mainlog", "/var/log/exim/main.log",
                                   "/var/log/exim/mainlog", "/var/log/exim_mainlog", NULL};

const struct mta mta_exim = {
    .name = "exim",
    .title = "Exim",
    .settings = {[MTA_SAYS_HELO] = "primary_hostname or helo_data",
                 [MTA_SAYS_GREETING] = "primary_hostname or smtp_banner",
                 [MTA_SAYS_NAME] = "primary_hostname"},
    .by_hand = "primary_hostname = NAME, then reload",
    .renames = "^[^#]*(primary_hostname|MAIN_HARDCODE_PRIMARY_HOSTNAME)[[:space:]]*=",
    .logs = logs,
    .present = exim_present,
    .observe = exim_observe,
    .edit = exim_edit,
    .check = exim_check,
    .build = exim_build,
    .activate = exim_activate,
    .alive = exim_alive,
    .find_routes = exim_find_routes,
    .submit = exim_submit,
    .queued = exim_queued,
    .forget = exim_forget,
    .domain_of = exim_domain_of,
};
