/*
 * config_account.h - accounts at vendors, from an entry of the configuration
 * or from the environment. Inside of the configuration; others include
 * config.h.
 */
#ifndef NAMESAKE_CONFIG_ACCOUNT_H
#define NAMESAKE_CONFIG_ACCOUNT_H

#include "agent/config_keys.h"

/* Read one entry of providers and append it to the configuration. */
void config_account_read(struct config_reading *r, const config_setting_t *group);

/* Append an account for each vendor that no file mentions and whose variables are set. */
void config_accounts_from_environment(struct config *config, struct config_mistakes *mistakes);

/* A fresh account: all roles of the vendor, its type as id. */
void config_account_init(const struct provider *provider, struct account *out);

/*
 * Fill what is not set yet from the vendor's variables: everything, or only what has to be there.
 * Returns how many were found. A value that the vendor's own check refuses is a mistake.
 */
size_t config_account_fill(struct account *account, bool all, struct config_mistakes *mistakes);

/* Put the fallbacks in where nothing is set, and the setting "endpoint" into the account. */
void config_account_finish(struct account *account);

/* The setting that has to be there and is not (secrets or the others); NULL: all are. */
const struct setting *config_account_lacks(const struct account *account, bool secret);

/* False, with the reason, unless it is https, or http to a loopback address. */
bool config_check_endpoint(const char *text, struct error *e) MUST_USE;

/* Whether the text can be the name of an environment variable, or of a systemd credential. */
bool config_is_variable(const char *text);
bool config_is_credential(const char *text);

/* "DNSUPDATE_TSIG_KEY or RFC2136_TSIG_KEY": the variables of a setting; "" when it has none. */
struct config_variables {
    char s[200];
};
struct config_variables config_variables(const struct setting *setting);

#endif
