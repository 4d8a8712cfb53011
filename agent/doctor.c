/* doctor.c - abilities of this machine, line by line, with the reason where one is missing. */
#include "agent/doctor.h"

#include "agent/journal.h"
#include "agent/log_files.h"

#define ACCOUNTS_MAX 256

/* "this machine", "root@out2.example.com" */
static const char *place_of(const struct session *session, const struct target *target)
{
    const struct machine *machine =
        target->machine != NULL ? machines_find(&session->collector.machines, target->machine)
                                : NULL;

    return machine != NULL ? machine->host->title : "another machine";
}

static void show_targets(const struct session *session, struct notes *notes)
{
    for (size_t i = 0; i < session->targets.count; i++) {
        const struct target *target = &session->targets.v[i];
        notes_add(notes, i == 0 ? "addresses" : "", "%s  %s%s  wanted: %s",
                  ip_text(&target->address).s, place_of(session, target),
                  ip_scope(&target->address) == IP_SCOPE_PUBLIC ? "" : " (not a public address)",
                  target->wanted.s[0] ? target->wanted.s : "not declared");
    }
}

/* Ways out beside the general one, which the name line tells. */
static void show_ways(const struct machine *machine, struct notes *notes)
{
    const struct mta_facts *mta = &machine->mta;

    if (mta->relay[0] != '\0')
        notes_add(notes, "", "all mail leaves through the relay %s", mta->relay);
    for (size_t i = 1; i < mta->route_count; i++)
        notes_add(notes, "", "%s: %s %s", mta->routes[i].what, mta->routes[i].transport,
                  mta->routes[i].relay);
}

static void show_mta(const struct machine *machine, struct notes *notes)
{
    const struct mta_facts *mta = &machine->mta;
    const struct mta_service *sender = mta_service_of(mta, MTA_SENDER);
    char label[320] = "mail server";

    if (machine->ssh[0] != '\0')
        str_format(label, sizeof label, "mail server on %s", machine->host->title);
    if (mta->mta == NULL)
        notes_add(notes, label, "none that namesake knows is installed there");
    else if (mta->unknown[0] != '\0')
        notes_add(notes, label, "%s: %s; next: %s", mta->mta->title, mta->unknown,
                  mta->unknown_next);
    else
        notes_add(notes, label, "%s %s, HELO %s (%s)", mta->mta->title, mta->version,
                  sender ? sender->says : "unknown", sender ? sender->from : "no sending service");
}

/* What its logs tell of the past: a hint, never a fact, because the configuration may be newer. */
static void show_logs(const struct machine *machine, struct notes *notes)
{
    struct log_files logs;

    if (machine->mta.mta == NULL)
        return;
    log_files_read(machine->host, &logs);
    for (size_t i = 0; i < logs.evidence.count; i++) {
        const struct log_sighting *seen = &logs.evidence.v[i];
        bool address = seen->address.family != IP_NONE;
        notes_add(notes, i == 0 ? "seen in logs" : "", "%s%s%s, %u times, last %s",
                  address ? ip_text(&seen->address).s : "HELO",
                  seen->helo[0] == '\0' ? ""
                  : address             ? " HELO "
                                        : " ",
                  seen->helo, seen->count, seen->when[0] ? seen->when : "at an unknown time");
    }
    if (logs.denied[0] != '\0')
        notes_add(notes, "seen in logs", "%s may not be read; next: sudo namesake doctor",
                  logs.denied);
}

static void show_resolvers(const struct session *session, struct notes *notes)
{
    for (size_t i = 0; i < session->collector.resolver_count; i++) {
        const struct dns_server *resolver = &session->collector.resolvers[i];
        notes_add(notes, i == 0 ? "resolvers" : "", "%s port %u", ip_text(&resolver->ip).s,
                  resolver->port);
    }
    if (session->collector.resolver_count == 0)
        notes_add(notes, "resolvers", "none: /etc/resolv.conf names none");
}

/* What each address greets with; another machine may see something else behind a filter. */
static void show_port(struct session *session, struct notes *notes)
{
    for (size_t i = 0; i < session->targets.count; i++) {
        struct banner_facts banner;
        collect_banner(&session->collector, &session->targets.v[i].address, &banner);
        notes_add(notes, i == 0 ? "port 25" : "", "%s: %s",
                  ip_text(&session->targets.v[i].address).s,
                  banner.lines.count > 0 ? banner.lines.v[0] : "no greeting");
        strings_free(&banner.lines);
        strings_free(&banner.ehlo);
    }
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

static void show_accounts(struct session *session, bool opened[], struct notes *notes)
{
    struct config *config = &session->config;
    char text[1200];

    for (size_t i = 0; i < config->account_count; i++) {
        opened[i] = try_account(&config->accounts[i], text, sizeof text);
        notes_add(notes, i == 0 ? "accounts" : "", "%s", text);
    }
    if (config->account_count == 0)
        notes_add(notes, "accounts", "none configured and none in the environment");
}

/* forward: can do (Cloudflare "cf"); ptr: by hand (Example Colo) */
static void conclude(const struct session *session, enum role role, const bool opened[],
                     struct notes *notes)
{
    const struct config *config = &session->config;
    const char *kind = role == ROLE_PTR ? "ptr:" : "forward:";
    const char *owner = "no account";

    for (size_t i = 0; i < config->account_count; i++) {
        const struct account *account = &config->accounts[i];
        if ((account->roles & role) == 0)
            continue;
        if (opened[i]) {
            notes_add(notes, kind, "can do (%s)", account_title(account).s);
            return;
        }
        owner = account->owner[0] ? account->owner : account->id;
    }
    notes_add(notes, kind, "by hand (%s)", owner);
}

static void conclude_mta(const struct machine *machine, struct notes *notes)
{
    const struct mta_facts *mta = &machine->mta;
    char label[320] = "mta:";

    if (machine->ssh[0] != '\0')
        str_format(label, sizeof label, "mta on %s:", machine->host->title);
    if (mta->mta == NULL)
        notes_add(notes, label, "by hand (no mail server that namesake knows)");
    else if (!host_is_root(machine->host))
        notes_add(notes, label, "needs root");
    else if (mta->unknown[0] != '\0')
        notes_add(notes, label, "not now (%s)", mta->unknown);
    else
        notes_add(notes, label, "can do (%s)", mta->mta->name);
}

bool doctor_find(struct session *session, struct notes *notes, struct error *e)
{
    const struct machines *machines = &session->collector.machines;
    bool opened[ACCOUNTS_MAX] = {false};
    char state[512];

    if (session->config.account_count > ACCOUNTS_MAX)
        return fail(e, ERR_LIMIT_EXCEEDED, "more than %d accounts", ACCOUNTS_MAX);
    if (!session_find_targets(session, e))
        return false;
    notes_add(notes, "settings", "%s",
              session->config.path[0] ? session->config.path : "no configuration file");
    show_targets(session, notes);
    for (size_t i = 0; i < machines->count; i++) {
        show_mta(machines->v[i], notes);
        show_ways(machines->v[i], notes);
    }
    for (size_t i = 0; i < machines->count; i++)
        show_logs(machines->v[i], notes);
    show_port(session, notes);
    show_resolvers(session, notes);
    show_accounts(session, opened, notes);
    if (journal_state_dir(state, sizeof state, e))
        notes_add(notes, "state", "%s", state);
    conclude(session, ROLE_FORWARD, opened, notes);
    conclude(session, ROLE_PTR, opened, notes);
    for (size_t i = 0; i < machines->count; i++)
        conclude_mta(machines->v[i], notes);
    return true;
}
