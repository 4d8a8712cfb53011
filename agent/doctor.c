/* doctor.c - abilities of this machine, line by line, with the reason where one is missing. */
#include "agent/doctor.h"

#include <stdio.h>
#include <string.h>

#include "agent/journal.h"

static void line(const char *what, const char *text)
{
    printf("  %-12s %s\n", what, text);
}

static void show_targets(const struct session *session)
{
    char text[600];

    for (size_t i = 0; i < session->targets.count; i++) {
        const struct target *target = &session->targets.v[i];
        str_format(text, sizeof text, "%s  %s%s  wanted: %s", ip_text(&target->address).s,
                   target->here ? "this machine" : "another machine",
                   ip_scope(&target->address) == IP_SCOPE_PUBLIC ? "" : " (not a public address)",
                   target->wanted.s[0] ? target->wanted.s : "not declared");
        line(i == 0 ? "addresses" : "", text);
    }
}

static void show_mta(const struct session *session)
{
    const struct mta_facts *mta = &session->collector.mta;
    const struct mta_service *sender = mta_service_of(mta, MTA_SENDER);
    char text[1200];

    if (mta->mta == NULL) {
        line("mail server", "none that namesake knows is installed here");
        return;
    }
    if (mta->unknown[0] != '\0')
        str_format(text, sizeof text, "%s: %s (%s)", mta->mta->title, mta->unknown,
                   mta->unknown_next);
    else
        str_format(text, sizeof text, "%s %s, HELO %s (%s)", mta->mta->title, mta->version,
                   sender ? sender->says : "unknown", sender ? sender->from : "no sending service");
    line("mail server", text);
}

static void show_resolvers(const struct session *session)
{
    char text[128];

    for (size_t i = 0; i < session->collector.resolver_count; i++) {
        const struct dns_server *resolver = &session->collector.resolvers[i];
        str_format(text, sizeof text, "%s port %u", ip_text(&resolver->ip).s, resolver->port);
        line(i == 0 ? "resolvers" : "", text);
    }
    if (session->collector.resolver_count == 0)
        line("resolvers", "none: /etc/resolv.conf names none");
}

static const char *roles_text(unsigned roles)
{
    static const char *const texts[] = {"nothing", "ptr", "forward", "forward, ptr"};

    return texts[roles & (ROLE_PTR | ROLE_FORWARD)];
}

/* Open the account's credentials to see whether they are there; say what came of it. */
static bool try_account(struct account *account, char *text, size_t size)
{
    struct error e = {0};
    bool by_hand = account->provider->write == NULL;
    bool opened = !by_hand && config_open_account(account, &e);

    str_format(text, size, "%s (%s): %s%s%s", account_title(account).s, roles_text(account->roles),
               opened    ? "credentials are there"
               : by_hand ? "by hand, with a ticket"
                         : e.why,
               e.next[0] ? "; next: " : "", e.next);
    return opened;
}

static void show_accounts(struct session *session, bool opened[])
{
    struct config *config = &session->config;
    char text[1200];

    for (size_t i = 0; i < config->account_count; i++) {
        opened[i] = try_account(&config->accounts[i], text, sizeof text);
        line(i == 0 ? "accounts" : "", text);
    }
    if (config->account_count == 0)
        line("accounts", "none configured and none in the environment");
}

/* "forward: can do (rfc2136 "dns")", "ptr: by hand (Example Colo)" */
static void conclude(const struct session *session, enum role role, const bool opened[])
{
    const struct config *config = &session->config;
    const char *kind = role == ROLE_PTR ? "ptr" : "forward";
    const char *owner = NULL;

    for (size_t i = 0; i < config->account_count; i++) {
        const struct account *account = &config->accounts[i];
        if ((account->roles & role) == 0)
            continue;
        if (opened[i]) {
            printf("%s: can do (%s)\n", kind, account_title(account).s);
            return;
        }
        owner = account->owner[0] ? account->owner : account->id;
    }
    printf(owner ? "%s: by hand (%s)\n" : "%s: by hand (no account)\n", kind, owner); // NOLINT
}

static void conclude_mta(struct session *session)
{
    struct collector *collector = &session->collector;

    if (collector->mta.mta == NULL)
        puts("mta: by hand (no mail server that namesake knows)");
    else if (!host_is_root(collector->host))
        puts("mta: needs root");
    else if (collector->mta.unknown[0] != '\0')
        printf("mta: not now (%s)\n", collector->mta.unknown);
    else
        printf("mta: can do (%s)\n", collector->mta.mta->name);
}

bool doctor_run(struct session *session, struct error *e)
{
    bool opened[256] = {false};
    char state[512];

    if (session->config.account_count > sizeof opened)
        return fail(e, ERR_LIMIT_EXCEEDED, "more than %zu accounts", sizeof opened);
    printf("namesake %s on %s\n\n", NAMESAKE_VERSION,
           session->collector.ehlo_name[0] == '[' ? "this machine" : session->collector.ehlo_name);
    line("settings", session->config.path[0] ? session->config.path : "no configuration file");
    if (!session_find_targets(session, e))
        return false;
    show_targets(session);
    show_mta(session);
    show_resolvers(session);
    show_accounts(session, opened);
    if (journal_state_dir(state, sizeof state, e))
        line("state", state);
    putchar('\n');
    conclude(session, ROLE_FORWARD, opened);
    conclude(session, ROLE_PTR, opened);
    conclude_mta(session);
    return true;
}
