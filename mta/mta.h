/*
 * mta.h - a mail server: what it says and where that is written, the smallest
 * edit that gives it another name, and how such an edit becomes live safely.
 */
#ifndef NAMESAKE_MTA_MTA_H
#define NAMESAKE_MTA_MTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"
#include "agent/base/ip.h"
#include "agent/base/name.h"
#include "agent/base/str.h"
#include "agent/net/host.h"
#include "mta/registry.h"

enum mta_role {
    MTA_LISTENER, /* greets: the 220 line and the EHLO reply */
    MTA_SENDER,   /* is heard by receivers: HELO */
};

/* One service of a mail server and the name that is effective on it, as its own tools say. */
struct mta_service {
    enum mta_role role;
    char instance[256]; /* configuration folder: "/etc/postfix" */
    char title[96];     /* "smtp inet", "smtp unix" */
    char says[256];     /* sender: the HELO argument; listener: the 220 text after the code */
    char ehlo[256];     /* listener: the name in its EHLO reply */
    char from[96];      /* what decides it: "smtp_helo_name", "smtp inet -o myhostname" */
    struct ip bind[2];  /* addresses it is tied to, one a family; IP_NONE: the kernel chooses */
    bool silent[2];     /* it does not use this family */
    uint16_t port;      /* listener: 25 for SMTP; 0: a sender, or not known */
    bool outside;       /* faces the Internet: not a loopback re-injection listener */
};

/* One setting's raw and effective value. */
struct mta_setting {
    char parameter[192]; /* "myhostname"; of one service only: "submission/inet/myhostname" */
    char *raw;           /* "$myhostname ESMTP", as written or by default */
    char *value;         /* expanded */
    bool set;            /* written in the configuration, not a default */
};

/* Instances: the default one first. */
struct mta_instance {
    char folder[256];
    bool enabled;            /* it runs when the mail system runs */
    char entry[256];         /* the instance that takes mail of local programs for it; "": itself */
    struct host_file *files; /* as observed, in the order in which they are to be swapped */
    size_t file_count;
    struct mta_setting *settings;
    size_t setting_count;
    bool running, running_known; /* not known: only root may look */
};

/* One way that mail takes out of the machine. */
struct mta_route {
    char what[192];      /* "": all other mail; "mail for example.org", "mail from @example.com" */
    char transport[64];  /* "smtp" */
    char relay[256];     /* the host that it is handed to, as written: "[relay.example.net]:587";
                            "": the recipient's own hosts */
    char sender[192];    /* a sender whose mail goes this way; "": any */
    char from[128];      /* what decides it: "relayhost", "hash:/etc/postfix/transport" */
    bool general;        /* what an instance does with all other mail */
    bool sends;          /* the transport speaks SMTP; else it is error, discard, a pipe ... */
    bool unresolved;     /* rules that cannot be listed: only `what` and `from` are known */
    unsigned shares;     /* not 0: one of so many that are taken at random */
    char instance[256];  /* configuration folder of the instance that sends it */
    struct ip leaves[2]; /* from where, one a family, where that is not the transport's choice */
};

/* What will change the mail server's name behind its administrator's back (section 10). */
struct mta_drift {
    char what[256]; /* "cloud-init sets the host name at every boot" */
    char next[256]; /* the line that prevents it; NAME stands for the wanted name */
    bool hostname;  /* by way of the system's host name; else in the mail server's own files */
};

/* A probe that waits in the queue. */
struct mta_queued {
    char id[64];
    char why[400]; /* why it was deferred; "" while that has not happened */
};

struct mta_facts {
    const struct mta *mta; /* NULL: no mail server was found */
    char version[32];
    struct mta_instance *instances;
    size_t instance_count;
    struct mta_service *services; /* of each role, the one that counts most first */
    size_t service_count;
    char unknown[512];        /* why the configuration cannot be read; "" when it can */
    char unknown_next[256];   /* what to type then */
    struct strings peers;     /* hosts that mail is handed to by name: none may have ours */
    char relay[256];          /* "[relay.example.net]:25" when all mail goes through one; else "" */
    bool named_by_system;     /* its name is the system's host name */
    struct mta_route *routes; /* the one that most mail takes first, then exceptions */
    size_t route_count;
    struct mta_drift *drifts;
    size_t drift_count;
    struct ip source[2];  /* what the kernel sends from towards the Internet, one a family; IP_NONE:
                               nothing, or not known */
    char panel[32];       /* the program that owns the configuration: "cPanel"; "": nobody */
    char panel_next[200]; /* what to type there; NAME stands for the name */
    bool panel_tables;    /* it owns the tables that names are looked up in, too */
    bool silent[2];       /* it sends nothing over this family, whatever the kernel would do */
};

/* One sending address and the name that it shall have. */
struct mta_pair {
    struct ip address;
    struct name name;
};

/*
 * The name that the services which serve some addresses shall say. The pairs are all addresses of
 * the machine whose names are known, also those that keep another name; none: every outside
 * service shall say the name.
 */
struct mta_wish {
    struct name name;
    const struct mta_pair *pairs;
    size_t pair_count;
};

/* What a wish means for one service. */
enum mta_claim {
    MTA_LEAVE,    /* it serves none of the name's addresses */
    MTA_SET,      /* it shall say the name */
    MTA_CONTESTED /* it also serves an address that has another name: one of its own is needed */
};

/* One file's new text, and the settings that changed, for people. */
struct mta_edit {
    const struct host_file *file; /* of the facts that the edit was made from */
    char *text;
    size_t length;
};

struct mta_change {
    char file[256];
    char parameter[192];  /* as in mta_setting */
    char *before, *after; /* raw values; NULL: not set */
    bool follows; /* keeps a value that would have followed the name: the old one, spelt out */
};

struct mta_edits {
    struct mta_edit *files;
    size_t file_count;
    struct mta_change *changes;
    size_t change_count;
    char setting[96];        /* the one that the plan names: "myhostname" */
    char before[256];        /* the name that it gives now */
    struct strings commands; /* what is run to make it live: "postfix check", "postfix reload" */
    struct strings notes;    /* what a person should know, a sentence each; without files: what a
                                person has to do */
    bool restart;            /* reload is not enough */
    bool at_once;            /* what is on disk is live: there is nothing to reload */
    bool greets_by_ptr;      /* the greeting follows the PTR record: no reload makes it another */
};

/* What of a mail server a text may be about. */
enum mta_saying { MTA_SAYS_NOTHING, MTA_SAYS_HELO, MTA_SAYS_GREETING, MTA_SAYS_NAME, MTA_SAYINGS };

struct mta {
    const char *name;  /* "postfix" */
    const char *title; /* "Postfix" */

    /* For people who do it by hand: which setting it is, "myhostname or smtp_helo_name"; and what
     * to type or to write, with NAME in place of the name. */
    const char *settings[MTA_SAYINGS], *by_hand;

    /* An extended regular expression for a line of a script that gives it another name. */
    const char *renames;

    /* Logs that it alone writes, NULL-terminated, may be NULL; and how the journal knows its
     * client, "_COMM=smtp", NULL when it does not. */
    const char *const *logs;
    const char *journal;

    /* True when this mail server is installed on the host. */
    bool (*present)(struct host *);

    /*
     * Ask the mail server's own tools: instances, services, effective names. What cannot be read
     * becomes facts->unknown, not an error. ERR_SYSTEM only when nothing can be asked at all.
     */
    bool (*observe)(struct host *, struct mta_facts *, struct error *);

    /*
     * PURE: the smallest edits that give every outside service of the wish the name, keeping what
     * follows it (mydestination and its like) as it is. No edits when all is as wished.
     * ERR_CONFLICT with the reason when a person has to do it; ERR_NAME_REFUSED when the name is
     * none for SMTP. The edits point into the facts, which must live as long. Their files are in
     * the order in which they are to be swapped, and what edits->before tells is in the last: a
     * run that was ended between two files finds it as it was planned.
     */
    bool (*edit)(const struct mta_facts *, const struct mta_wish *, struct mta_edits *,
                 struct error *);

    /*
     * Put the edits on a staged copy beside the live files, have the mail server's own parser
     * judge it, and compare effective values: only intended ones may differ. Changes nothing
     * live. ERR_MTA_CHECK_FAILED.
     */
    bool (*check)(struct host *, const struct mta_facts *, const struct mta_edits *,
                  const struct mta_wish *, struct error *);

    /*
     * Where the mail server reads a file that is built from the edited ones: build it, after every
     * swap, whether it runs or not. ERR_MTA_RELOAD_FAILED; what was built before stays then. NULL:
     * it reads what is edited.
     */
    bool (*build)(struct host *, const struct mta_facts *, struct error *);

    /*
     * Make what is on disk live, in the instances whose files the edits change (no edits: in all).
     * A restart where the edits ask for one, or where settings differ from the facts that are read
     * at a start only; else a reload. ERR_MTA_RELOAD_FAILED, also when it is down and no restart
     * was asked for.
     */
    bool (*activate)(struct host *, const struct mta_facts *, const struct mta_edits *,
                     struct error *);

    /*
     * Proof of life of the same instances, not an exit status. ERR_MTA_RELOAD_FAILED when one does
     * not run. Takes a moment: what has just been activated may die of it. Needs root.
     */
    bool (*alive)(struct host *, const struct mta_facts *, const struct mta_edits *,
                  struct error *);

    /*
     * Fill facts->routes, as the mail server's own tools resolve them, and facts->relay by the
     * first. A table that cannot be read is an unresolved route, not an error. NULL: not known how.
     */
    void (*find_routes)(struct host *, struct mta_facts *);

    /*
     * Hand over a message for one recipient as a local program would, asking for no report of its
     * fate. sender "": the mail server's own choice. instance: a configuration folder, "" the
     * default one. ERR_SYSTEM when it does not take it.
     */
    bool (*submit)(struct host *, const char *instance, const char *sender, const char *recipient,
                   const char *message, struct error *);

    /*
     * A domain that mail is taken for and that leads to an address: the literal that is given, or a
     * name. ERR_NO_INPUT when there is none. NULL: the literal is always taken.
     */
    bool (*domain_of)(struct host *, const struct ip *address, const char *literal, char *out,
                      size_t size, struct error *);

    /* Whether mail for a recipient waits in the queue, and why: *out is "" when none does. */
    bool (*queued)(struct host *, const char *instance, const char *recipient,
                   struct mta_queued *out, struct error *);

    /* Remove that one message from the queue, by its id, and nothing else. ERR_SYSTEM. */
    bool (*forget)(struct host *, const char *instance, const char *id, struct error *);
};

/* registry.c: the mail servers that are known, NULL-terminated; and one by its name. */
extern const struct mta *const mta_all[];
const struct mta *mta_by_name(const char *name);

/* The first listener or sender that faces the outside, NULL when none is known. */
const struct mta_service *mta_service_of(const struct mta_facts *facts, enum mta_role role);

/*
 * Whether an outside service is heard from, or greets at, an address: the ones that are bound to
 * it, else those that are bound to none. An unbound sender also sends from what the kernel chooses.
 */
bool mta_serves(const struct mta_facts *facts, const struct mta_service *service,
                const struct ip *address);

/* The first sender that serves the address, NULL when there is none. */
const struct mta_service *mta_sender_of(const struct mta_facts *facts, const struct ip *address);

/* The first sender of the address that says another name, NULL when all of them say this one. */
const struct mta_service *mta_odd_sender(const struct mta_facts *facts, const struct ip *address,
                                         const struct name *name);

/* What the wish means for the service; *rival (may be NULL) is the other pair when contested. */
enum mta_claim mta_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                         const struct mta_service *service, const struct mta_pair **rival);

/*
 * The same for a listener that can say one name only: at several addresses with several names it
 * is that of the first of them, since receivers compare the HELO with the PTR, not the greeting.
 * Never MTA_CONTESTED.
 */
enum mta_claim mta_greeting_claim(const struct mta_facts *facts, const struct mta_wish *wish,
                                  const struct mta_service *listener);

/* Whether the address has to greet with the wished name, or nothing is known to listen there. */
bool mta_must_greet(const struct mta_facts *facts, const struct mta_wish *wish,
                    const struct ip *address);

/*
 * Fill facts->panel and facts->drifts: what will rename the host, where its name counts, and what writes the mail
 * server's files. Reads files and asks the host's tools (origin.c).
 */
void mta_find_drift(struct host *host, struct mta_facts *facts);

/*
 * Whether the configuration may be edited: no panel that writes it would undo the change
 * (ERR_CONFLICT, with what to type there for the name).
 */
bool mta_may_edit(const struct mta_facts *facts, const struct name *name, struct error *e) MUST_USE;

#define MTA_ROUTES_MAX 64 /* exceptions that are listed */

/* A recipient that only general rules fit. */
#define MTA_NOWHERE "postmaster@namesake.invalid"

/* The host of a next hop, which may be in brackets and have a port: "[::1]:10024", "[ipv6:::1]",
 * "mail.example.com:587, backup.example.com" (the first). And whether it is this machine. */
void mta_hop_name(const char *hop, char *out, size_t size);
bool mta_hop_is_inside(const char *hop);

/* Add a route, a drift: a copy. */
void mta_add_route(struct mta_facts *facts, const struct mta_route *route);
void mta_add_drift(struct mta_facts *facts, bool hostname, const char *next, const char *what, ...)
    PRINTF_LIKE(4, 5);

void mta_facts_free(struct mta_facts *facts);
void mta_edits_free(struct mta_edits *edits);

#endif
