/*
 * config.h - the configuration: libconfig files and environment in, one
 * struct out; every mistake of a file in one run.
 */
#ifndef NAMESAKE_CONFIG_H
#define NAMESAKE_CONFIG_H

#include <jansson.h>

#include "agent/base/ip.h"
#include "agent/base/name.h"
#include "agent/net/dns.h"
#include "providers/provider.h"

enum banner_policy {
    BANNER_AUTO,     /* a host that takes no mail on port 25 is skipped */
    BANNER_REQUIRED, /* it must greet */
    BANNER_OFF,      /* it is not asked */
};

/* One host of the configuration: its name and the addresses that it sends from. */
struct config_host {
    struct name name; /* "": the name of the configuration */
    char mta[16];     /* "auto", "postfix", ... */
    enum banner_policy banner;
    char ssh[280];        /* "" : this machine */
    struct ip *addresses; /* none: found on the host itself */
    size_t address_count;
};

/* Another place to look from. */
struct config_vantage {
    char id[64];
    char target[280]; /* [USER@]HOST[:PORT] of an SSH server */
};

struct config {
    char path[512];   /* the first file that was read; "" when none */
    struct name name; /* wanted name for all; "" undecided */
    struct config_host *hosts;
    size_t host_count;
    struct account *accounts; /* configured ones first, then those found in the environment */
    size_t account_count;
    struct config_vantage *vantages;
    size_t vantage_count;
    struct dns_server *resolvers;
    size_t resolver_count;
    struct dns_settings dns;
    uint16_t smtp_port;
    uint32_t smtp_timeout_s;
    bool forward_replace;
    uint32_t max_changes;
    bool strict, allow_private;
    uint32_t ttl_s;                        /* of records that are created; 300 */
    uint32_t window_s, interval_s, passes; /* verify */
};

/* A mistake of the configuration. */
struct config_mistake {
    enum err code;    /* ERR_CONFIG_SYNTAX, ERR_CONFIG_KEY, ERR_SECRET_INLINE, ... */
    char file[256];   /* "the environment": the key is a variable */
    unsigned line;    /* 0: the file as a whole */
    char key[96];     /* "providers.[0].token"; "" for syntax */
    char text[256];   /* unknown key "adresses" */
    char repair[160]; /* did you mean "addresses"?; "" when nothing better is known */
};

#define CONFIG_MISTAKES_MAX 50

struct config_mistakes {
    struct config_mistake all[CONFIG_MISTAKES_MAX];
    size_t count; /* may be larger than CONFIG_MISTAKES_MAX: those were not kept */
};

/* Defaults of every setting, no hosts, no accounts. The caller frees it with config_free. */
void config_defaults(struct config *config);

/*
 * Read the configuration: --config (path; "none" reads none; NULL: not given), else
 * $NAMESAKE_CONFIG, else the standard places of interface section 11. All mistakes are collected,
 * in the order of file and line. False when there is one; *config is usable only on true.
 * A file that was named but cannot be read is a mistake with code ERR_NO_INPUT; a standard place
 * that does not exist is none. Accounts of vendors whose variables are set in the environment
 * are added for the types that the files do not mention; what an entry has to have and lacks is
 * looked for there, too.
 */
bool config_load(const char *path, struct config *config,
                 struct config_mistakes *mistakes) MUST_USE;

/* As config_load, but of one text in memory, for tests and editors. */
bool config_load_text(const char *name, const char *text, size_t length, struct config *config,
                      struct config_mistakes *mistakes) MUST_USE;

/*
 * Load the secrets of one account (env, file, credential or command). Only for commands that
 * change or plan: audit opens none. ERR_SECRET_MISSING, ERR_SECRET_MODE, ERR_CREDENTIAL_MISSING.
 * Secrets that are already there are kept, so calling it again is free.
 */
bool config_open_account(struct account *account, struct error *e) MUST_USE;

/*
 * What a later rollback needs of an account, references of secrets instead of secrets; and back.
 * The caller owns the document. A document that is none of ours is ERR_PROTOCOL.
 */
json_t *config_account_to_json(const struct account *account);
bool config_account_from_json(const json_t *document, struct account *out,
                              struct error *e) MUST_USE;

void config_free(struct config *config);

#endif
