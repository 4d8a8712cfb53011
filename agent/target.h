/*
 * target.h - the addresses to look at and the names they must have.
 */
#ifndef NAMESAKE_TARGET_H
#define NAMESAKE_TARGET_H

#include "agent/config.h"
#include "agent/machine.h"

/* What an observer heard of an address' mail. */
struct heard {
    struct ip from;         /* where it came from, the first time that it was seen outside */
    char helo[256];         /* the name that it gave itself there */
    char relay[256];        /* the host that handed it on; "": it came straight to the observer */
    char by[96];            /* who heard it: "observer", "relay.example.net" */
    struct ip private_side; /* the machine's own address behind a translator; IP_NONE: none */
};

/* One address to look at. */
struct target {
    struct ip address;
    const char *wanted_from; /* "--name", "configuration", "target"; NULL: no name is wanted yet */
    enum banner_policy banner;
    /* This and the next belong to the configuration or the command line. */
    const char *mta; /* "auto", "postfix", "none": whose configuration tells its HELO */
    /* Where its mail server runs: "" this machine, else as struct machine has it; NULL: not known. */
    const char *machine;
    struct ip inside;  /* the machine's own address, when a cloud hides it behind the public one */
    const char *cloud; /* that runs the machine; NULL: none is known */
    const struct heard *heard; /* what decides its HELO, in place of the configuration; or NULL */
    struct name wanted; /* "": to be decided from what is seen. Last: fair.c keeps what is used */
};

struct targets {
    struct target *v;
    size_t count;
};

/* What the command line says about targets. */
struct target_wish {
    const char *const *words; /* addresses, host names, "all" */
    size_t word_count;
    const char *name;      /* --name, NULL when not given */
    const char *mta;       /* --mta, NULL when not given */
    const char *ssh;       /* --ssh, NULL when not given */
    enum ip_family family; /* -4, -6; IP_NONE: both */
};

/*
 * Find the targets: the words of the command line; else the hosts of the configuration; else the
 * sending addresses of this machine, or of the one that --ssh names. A host without addresses in
 * the configuration is asked for them in the same way: what its mail server is bound to, and the
 * kernel's choice towards the Internet, both families. Host names are asked through DNS.
 * ERR_USAGE, ERR_NAME_REFUSED, ERR_SSH_FAILED, ERR_DNS_UNREACHABLE when no address can be found.
 * Caller: targets_free.
 */
bool targets_find(struct config *config, const struct target_wish *wish, struct machines *machines,
                  struct targets *out, struct error *e) MUST_USE;

/* What --name (NULL: not given) and the configuration say of a target that was made elsewhere. */
void targets_configure(const struct config *config, const char *name, struct target *target);

void targets_free(struct targets *targets);

/* The address that the machine itself sends from; a cloud may show another one to the world. */
const struct ip *target_own_address(const struct target *target);

/* Whether an address is one of this machine's. */
bool target_is_local(const struct ip *address);

/*
 * The resolvers to ask: those of the configuration or command line, else those of
 * /etc/resolv.conf. Returns how many.
 */
size_t targets_resolvers(const struct config *config, struct dns_server *out, size_t room);

#define RESOLVERS_MAX 16

#endif
