/* test_origin.c - what will give a host or its mail server another name. */
#include "mta/mta.h"

#include <string.h>

#include "tests/support/fake_host.h"
#include "tests/support/unit.h"

#define CLOUD "/etc/cloud/cloud.cfg"
#define SCRIPT "/etc/letsencrypt/renewal-hooks/deploy/mail.sh"

static const struct {
    const char *label;
    bool by_system;
    const char *file, *text; /* one more file of the host */
    const char *hostname;    /* in /etc/hostname; NULL: there is none */
    const char *command, *output;
    const char *what, *next; /* a part of each, of the only drift; NULL: there is none */
} rows[] = {
    {"nothing that is known changes it", true, NULL, NULL, "vm25\n", NULL, NULL, NULL, NULL},
    {"cloud-init does", true, CLOUD, "x", "vm25\n", NULL, NULL, "cloud-init",
     "preserve_hostname: true"},
    {"cloud-init was told not to", true, CLOUD, "x", "vm25\n", "grep -rhsE",
     "preserve_hostname: true\n", NULL, NULL},
    {"a name of its own is not the system's", false, CLOUD, "x", "other\n", NULL, NULL, NULL, NULL},
    {"the name in use is not the one on disk", true, NULL, NULL, "other\n", NULL, NULL,
     "vm25, is not the one in /etc/hostname, other", "hostnamectl hostname vm25"},
    {"NetworkManager, where there is no static name", true,
     "/etc/NetworkManager/NetworkManager.conf", "[main]\n", NULL, NULL, NULL, "NetworkManager",
     "hostname-mode=none"},
    {"NetworkManager keeps a static name", true, "/etc/NetworkManager/NetworkManager.conf",
     "[main]\n", "vm25\n", NULL, NULL, NULL, NULL},
    {"systemd-networkd", true, "/run/systemd/netif/state", "", NULL, NULL, NULL, "DHCP",
     "hostnamectl hostname"},
    {"a hook of the DHCP client", true, NULL, NULL, "vm25\n", "grep -rlsE ^[^#]*(hostname",
     "/etc/dhcp/dhclient-exit-hooks.d/name\n", "dhclient-exit-hooks.d/name sets",
     "grep -n hostname"},
    {"a container", true, "/.dockerenv", "", "vm25\n", NULL, NULL, "container", "--hostname"},
    {"cPanel", false, NULL, NULL, NULL, "ls -d", "/usr/local/cpanel/version\n",
     "cPanel builds the configuration anew", "whmapi1 sethostname hostname=NAME"},
    {"Plesk", false, NULL, NULL, NULL, "ls -d", "/usr/local/psa/version\n", "Plesk rewrites",
     "plesk bin server_pref"},
    {"DirectAdmin", false, NULL, NULL, NULL, "ls -d", "/usr/local/directadmin/directadmin\n",
     "DirectAdmin makes", "/etc/virtual/helo_data"},
    {"Hestia", false, NULL, NULL, NULL, "ls -d", "/usr/local/hestia/bin/v-change-sys-hostname\n",
     "Hestia keeps a table of names", "v-change-sys-hostname NAME"},
    {"Vesta", false, NULL, NULL, NULL, "ls -d", "/usr/local/vesta/bin/v-change-sys-hostname\n",
     "Vesta", "v-change-sys-hostname NAME"},
    {"CyberPanel", false, NULL, NULL, NULL, "ls -d", "/usr/local/CyberCP\n",
     "with every certificate", "cyberpanel"},
    {"Mail-in-a-Box", false, NULL, NULL, NULL, "ls -d", "/etc/mailinabox.conf\n",
     "every run of its setup", "PRIMARY_HOSTNAME"},
    {"mailcow", false, NULL, NULL, NULL, "ls -d", "/opt/mailcow-dockerized\n",
     "start of its containers", "MAILCOW_HOSTNAME"},
    {"docker-mailserver", false, NULL, NULL, NULL, "ls -d", "/etc/dms-settings\n",
     "start of its container", "OVERRIDE_HOSTNAME"},
    {"a hook of certbot", false, NULL, NULL, "vm25\n", "grep -rlsE ^[^#]*postconf", SCRIPT "\n",
     SCRIPT " gives the mail server a name", "[[:space:]]*=' " SCRIPT},
};

static struct fake_host *host_of(int i)
{
    struct fake_host *fake = fake_host_new();

    fake_host_postfix(fake, "", "");
    if (rows[i].file)
        fake_host_file(fake, rows[i].file, rows[i].text);
    if (rows[i].hostname)
        fake_host_file(fake, "/etc/hostname", rows[i].hostname);
    if (rows[i].command)
        fake_host_answer(fake, rows[i].command, 0, rows[i].output, "");
    return fake;
}

START_TEST(drift_is_found)
{
    struct fake_host *fake = host_of(_i);
    struct mta_facts facts = {.mta = mta_by_name("postfix"), .named_by_system = rows[_i].by_system};

    mta_find_drift(&fake->host, &facts);
    ck_assert_msg(facts.drift_count == (rows[_i].what ? 1U : 0U), "%s: %zu, %s", rows[_i].label,
                  facts.drift_count, facts.drift_count ? facts.drifts[0].what : "");
    if (rows[_i].what) {
        ck_assert_msg(strstr(facts.drifts[0].what, rows[_i].what) != NULL, "%s: %s", rows[_i].label,
                      facts.drifts[0].what);
        ck_assert_msg(strstr(facts.drifts[0].next, rows[_i].next) != NULL, "%s: %s", rows[_i].label,
                      facts.drifts[0].next);
        ck_assert(facts.drifts[0].hostname == rows[_i].by_system);
    }
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

static const struct {
    const char *label, *text, *says;
} headers[] = {
    {"Ansible", "# Ansible managed\nmyhostname = a.example\n", "# Ansible managed"},
    {"Puppet, some lines down", "# main.cf\n#\n# This file is managed by Puppet.\n", "Puppet"},
    {"a setting that is called so", "puppet = 1\n", NULL},
    {"an ordinary comment", "# See postconf(5).\n", NULL},
};

START_TEST(files_that_a_program_makes_are_found)
{
    struct fake_host *fake = fake_host_new();
    struct mta_facts facts = {.instance_count = 0};
    struct error e = {0};

    fake_host_postfix(fake, headers[_i].text, "smtp unix - - n - - smtp\n");
    ck_assert(mta_by_name("postfix")->observe(&fake->host, &facts, &e));
    fake->hostname = "";
    mta_find_drift(&fake->host, &facts);
    ck_assert_msg(facts.drift_count == (headers[_i].says ? 1U : 0U), "%s", headers[_i].label);
    if (headers[_i].says)
        ck_assert_msg(strstr(facts.drifts[0].what, headers[_i].says) != NULL &&
                          str_starts(facts.drifts[0].what, "/etc/postfix/main.cf"),
                      "%s: %s", headers[_i].label, facts.drifts[0].what);
    mta_facts_free(&facts);
    host_free(&fake->host);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"drift is found", drift_is_found, ROWS(rows), 0},
        {"files that a program makes", files_that_a_program_makes_are_found, ROWS(headers), 0},
    };

    return unit_run("origin", tests, ROWS(tests));
}
