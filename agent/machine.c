/* machine.c - opening machines once, and asking their mail servers and routes. */
#include "agent/machine.h"

#include <stdlib.h>
#include <string.h>

#include "agent/base/mem.h"
#include "agent/net/host_open.h"

struct machine *machines_find(const struct machines *machines, const char *ssh)
{
    for (size_t i = 0; i < machines->count; i++)
        if (str_equal(machines->v[i]->ssh, ssh))
            return machines->v[i];
    return NULL;
}

bool machines_open(struct machines *machines, const char *ssh, struct machine **out,
                   struct error *e)
{
    struct host *host;

    *out = machines_find(machines, ssh);
    if (*out != NULL)
        return true;
    host = host_open(ssh, e);
    if (host == NULL)
        return error_what(e, "cannot reach the mail server's machine %s", ssh);
    *out = mem_new(1, sizeof **out);
    str_cut((*out)->ssh, sizeof(*out)->ssh, ssh);
    (*out)->host = host;
    machines->v = mem_resize(machines->v, machines->count + 1, sizeof(struct machine *));
    machines->v[machines->count++] = *out;
    return true;
}

void machines_free(struct machines *machines)
{
    for (size_t i = 0; i < machines->count; i++) {
        mta_facts_free(&machines->v[i]->mta);
        host_free(machines->v[i]->host);
        free(machines->v[i]);
    }
    free(machines->v);
    *machines = (struct machines){0};
}

/* Places far away in ranges that are routed like any other (root server addresses). */
static const char *const far[2] = {"198.41.0.4", "2001:503:ba3e::2:30"};

static void find_sources(struct machine *machine)
{
    struct ip towards;

    for (int i = 0; i < 2; i++)
        if (!ip_parse(far[i], &towards) ||
            !host_source(machine->host, &towards, &machine->mta.source[i]))
            machine->mta.source[i] = (struct ip){.family = IP_NONE};
}

void machine_observe(struct machine *machine, const char *which)
{
    const struct mta *mta = NULL;
    struct error e = {0};

    mta_facts_free(&machine->mta);
    machine->observed = true;
    find_sources(machine);
    if (str_equal(which, "none"))
        return;
    if (!str_equal(which, "auto"))
        mta = mta_by_name(which);
    for (size_t i = 0; mta == NULL && str_equal(which, "auto") && mta_all[i] != NULL; i++)
        if (mta_all[i]->present(machine->host))
            mta = mta_all[i];
    if (mta == NULL)
        return;
    if (!mta->observe(machine->host, &machine->mta, &e))
        str_format(machine->mta.unknown, sizeof machine->mta.unknown, "%s", e.why);
    machine->mta.mta = mta;
    if (mta->find_routes != NULL)
        mta->find_routes(machine->host, &machine->mta);
    mta_find_drift(machine->host, &machine->mta);
}

static void add_source(const struct ip *address, struct ip *out, size_t room, size_t *count)
{
    if (address->family == IP_NONE || *count == room)
        return;
    for (size_t i = 0; i < *count; i++)
        if (ip_equal(&out[i], address))
            return;
    out[(*count)++] = *address;
}

/* Whether the kernel's choice is one that mail leaves from: some sender is not bound, or none is
 * known. */
static bool kernel_chooses(const struct mta_facts *mta, int family)
{
    bool senders = false;

    if (mta->silent[family])
        return false;
    for (size_t i = 0; i < mta->service_count; i++) {
        const struct mta_service *service = &mta->services[i];
        if (service->role != MTA_SENDER || !service->outside)
            continue;
        if (service->bind[family].family == IP_NONE)
            return true;
        senders = true;
    }
    return !senders;
}

size_t machine_sources(struct machine *machine, struct ip *out, size_t room)
{
    const struct mta_facts *mta = &machine->mta;
    size_t count = 0;

    for (int family = 0; family < 2; family++)
        if (kernel_chooses(mta, family))
            add_source(&mta->source[family], out, room, &count);
    for (size_t i = 0; i < mta->service_count; i++)
        for (int family = 0; family < 2; family++)
            if (mta->services[i].role == MTA_SENDER && mta->services[i].outside &&
                !mta->silent[family])
                add_source(&mta->services[i].bind[family], out, room, &count);
    return count;
}
