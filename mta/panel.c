/* panel.c - which control panel or container image owns the mail server (mta facts, section 4). */
#include "mta/panel.h"

#include <string.h>

#include "agent/base/str.h"

#define TIMEOUT_MS 20000

static const struct panel panels[] = {
    {"/usr/local/cpanel/version", "cPanel", "whmapi1 sethostname hostname=NAME",
     "builds the configuration anew with every update and every change in it", true},
    {"/usr/local/psa/version", "Plesk", "plesk bin server_pref --update -fullhostname NAME",
     "rewrites the configuration with every repair, upgrade and change of its mail settings",
     false},
    {"/usr/local/directadmin/directadmin", "DirectAdmin",
     "grep -n . /etc/virtual/helo_data /etc/virtual/domainips",
     "makes the configuration anew with every update; tables in /etc/virtual stay", false},
    {"/usr/local/hestia/bin/v-change-sys-hostname", "Hestia", "v-change-sys-hostname NAME",
     "keeps a table of names, filled from the PTR records that it has seen", false},
    {"/usr/local/vesta/bin/v-change-sys-hostname", "Vesta", "v-change-sys-hostname NAME",
     "makes the configuration anew with every rebuild", false},
    {"/usr/local/CyberCP", "CyberPanel", "cyberpanel issueSSLForHostName --domainName NAME",
     "overwrites the name with every certificate for its mail server, of any domain", false},
    {"/etc/mailinabox.conf", "Mail-in-a-Box", "mailinabox   # set PRIMARY_HOSTNAME",
     "writes the name, the greeting and the addresses with every run of its setup", false},
    {"/opt/mailcow-dockerized", "mailcow",
     "grep MAILCOW_HOSTNAME /opt/mailcow-dockerized/mailcow.conf",
     "writes the configuration with every start of its containers", false},
    {"/etc/dms-settings", "docker-mailserver", "OVERRIDE_HOSTNAME in the container's environment",
     "writes the configuration with every start of its container", false},
};

#define PANELS (sizeof panels / sizeof panels[0])

/* "ls" names what is there, and complains of the rest. */
const struct panel *panel_find(struct host *host)
{
    const char *argv[PANELS + 4] = {"ls", "-d", "--"};
    struct command command = {.argv = argv, .timeout_ms = TIMEOUT_MS};
    struct command_result result;
    const struct panel *found = NULL;
    struct cursor text, line;
    struct error ignored;
    char path[128];

    for (size_t i = 0; i < PANELS; i++)
        argv[i + 3] = panels[i].marker;
    if (!host_run(host, &command, &result, &ignored))
        return NULL;
    text = cursor_of(buf_string(&result.out), result.out.length);
    while (found == NULL && cursor_line(&text, &line))
        for (size_t i = 0; i < PANELS && cursor_copy(&line, path, sizeof path); i++)
            if (str_equal(panels[i].marker, path))
                found = &panels[i];
    command_result_free(&result);
    return found;
}
