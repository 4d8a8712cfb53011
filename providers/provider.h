/*
 * provider.h - a vendor that holds PTR or address records, as two operations:
 * read what it holds, and replace it. A vendor never sees a plan, never logs,
 * never retries: plain arguments in, plain values out.
 */
#ifndef NAMESAKE_PROVIDERS_PROVIDER_H
#define NAMESAKE_PROVIDERS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/base/error.h"
#include "agent/base/ip.h"
#include "agent/base/name.h"
#include "agent/base/secret.h"
#include "agent/base/str.h"

enum role {
    ROLE_PTR = 1,
    ROLE_FORWARD = 2,
};

/* One thing that the configuration of an account may hold. */
struct setting {
    const char *key; /* "tsig_key"; in a provider's table the row with a NULL key is the end */
    bool secret;     /* given as a group: env, file, credential or command */
    bool required;
    const char *fallback;         /* when absent; NULL: none */
    const char *const *variables; /* environment variables, first set wins; NULL-terminated */
    const char *help;             /* one line */
    const char *with;             /* when this one is set, that one is required too; or NULL */

    /* Judge a value that is no secret, when the configuration is read; NULL: any will do. */
    bool (*check)(const char *text, struct error *e);
};

#define ACCOUNT_VALUES_MAX 8

/*
 * One configured account at a vendor. Values are in the order of the provider's settings. A
 * vendor whose own variables name an address ("PDNS_API_URL") has a row with the key "endpoint";
 * its value is then account->endpoint, too.
 */
struct account {
    const struct provider *provider;
    char id[64];             /* "hz", from the configuration; the type's name otherwise */
    unsigned roles;          /* of enum role: what it may be used for */
    struct strings zones;    /* forward: only these zones; empty: any */
    struct ip_net *networks; /* ptr: only these networks; none: any */
    size_t network_count;
    char owner[192];    /* who to write to: "Example Colo, noc@colo.example"; "" when not given */
    char endpoint[256]; /* "" for the vendor's own */
    struct account_value {
        char text[512];
        struct secret_ref ref;
        struct secret secret; /* loaded only for commands that need it */
    } values[ACCOUNT_VALUES_MAX];
};

/* The record set that is meant. */
struct subject {
    enum role role;
    struct ip ip;      /* the sending address; its family decides between A and AAAA */
    struct name name;  /* forward: the wanted name */
    struct name owner; /* where the record is: the name, or the final reverse name (RFC 2317) */
    struct name zone;  /* the zone that holds the owner, found from the servers; "" unknown */
};

#define HOLDING_NOTE_MAX 256

/* What the vendor holds of it now. */
struct holding {
    char resource[192];    /* how the vendor calls it: "primary_ip/4711", "example.com" */
    struct strings values; /* host names without final dot, or addresses; sorted */
    uint32_t ttl_s;        /* 0: not known or fixed by the vendor */
    char side_effect[64];  /* "renames the droplet"; "" when there is none */
    /* What else a write would lose, in the vendor's own words, for restore; "" when nothing. */
    char note[HOLDING_NOTE_MAX];
};

struct provider {
    const char *type;  /* "rfc2136" */
    const char *title; /* "RFC 2136 name server" */
    unsigned roles;    /* what it is able to do */
    const struct setting *settings;

    /* It takes one record at a time: a write that is ended leaves a part of the old set and a part
     * of the new one, but never nothing between two that hold something. Else all or nothing. */
    bool piecewise;

    /*
     * Read what the account holds. ERR_NO_INPUT when the subject is not this account's. Both
     * operations are NULL for a vendor that only people can ask.
     */
    bool (*read)(struct account *, const struct subject *, struct holding *, struct error *);

    /*
     * Replace the set, provided that it still is `before` (where the vendor can promise that;
     * ERR_CONFLICT). Values as in struct holding. ERR_TIMEOUT: outcome unknown, read again.
     * ERR_NOT_YET: the same write will do later, as when the name does not resolve for the vendor
     * yet; nothing was changed.
     */
    bool (*write)(struct account *, const struct subject *, const struct holding *before,
                  const struct strings *after, uint32_t ttl_s, struct error *);

    /* As write, back to what read gave before a write, its note included; NULL: no notes. */
    bool (*restore)(struct account *, const struct subject *, const struct holding *now,
                    const struct holding *before, struct error *);
};

/* registry.c: the vendors that are known, NULL-terminated; and one by its type. */
extern const struct provider *const provider_all[];
const struct provider *provider_by_type(const char *type);

/*
 * The text or the loaded secret of one setting by key; "" or NULL when it is not set. The
 * setting's fallback is already filled in.
 */
const char *account_text(const struct account *account, const char *key);
const struct secret *account_secret(const struct account *account, const char *key);

/* Whether the setting was given: as text, or as a place where the secret is found. */
bool account_has(const struct account *account, const char *key);

/* The place of a setting in the provider's table and in account->values; false: no such key. */
bool provider_setting(const struct provider *provider, const char *key, size_t *index) MUST_USE;

/* Whether the account may be used for the subject by its roles, zones and networks alone. */
bool account_may(const struct account *account, const struct subject *subject);

/*
 * Ask the vendor; and replace the set `before` by what is wanted, by restore when it has a note that
 * the vendor understands, by write otherwise. Errors are the vendor's (struct provider), but never
 * tell a secret of the account, whatever the vendor says.
 */
bool account_read(struct account *account, const struct subject *subject, struct holding *out,
                  struct error *e) MUST_USE;
bool account_put(struct account *account, const struct subject *subject,
                 const struct holding *before, const struct holding *wanted,
                 struct error *e) MUST_USE;

/* How people call it: Cloudflare "cf"; the owner instead when one is given. */
struct account_title {
    char s[256];
};
struct account_title account_title(const struct account *account);

void account_free(struct account *account);
void holding_free(struct holding *holding);

#endif
