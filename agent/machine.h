/*
 * machine.h - the machines whose mail servers are looked at and edited: this
 * one, and those that the configuration or --ssh names.
 */
#ifndef NAMESAKE_MACHINE_H
#define NAMESAKE_MACHINE_H

#include "agent/net/host.h"
#include "mta/mta.h"

struct machine {
    char ssh[280];        /* "" : this machine; else as written: "root@out2.example.com" */
    struct host *host;    /* NULL until it is opened */
    struct mta_facts mta; /* what its mail server's own tools say; mta.mta NULL: there is none */
    bool observed;
};

/* The machines of one run, each opened once. Zero-initialise. */
struct machines {
    struct machine **v;
    size_t count;
};

/*
 * The machine of that name ("": this one), opened; the same one each time. ERR_SSH_FAILED and its
 * like when it cannot be reached. It belongs to machines and lives as long.
 */
bool machines_open(struct machines *machines, const char *ssh, struct machine **out,
                   struct error *e) MUST_USE;

/* The machine if it has been opened, else NULL. */
struct machine *machines_find(const struct machines *machines, const char *ssh);

void machines_free(struct machines *machines);

/*
 * Ask the machine's mail server for its names, afresh: the one given ("postfix"), or the first
 * that is there ("auto"); "none" asks none. What cannot be read is in machine->mta.unknown.
 */
void machine_observe(struct machine *machine, const char *which);

/*
 * Addresses that its mail server sends from or could: what it is bound to, and the kernel's
 * choice towards the Internet, both families. At most `room` of them, each once; returns how many.
 */
size_t machine_sources(struct machine *machine, struct ip *out, size_t room);

#endif
