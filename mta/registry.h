/* registry.h - the names of the mail servers that are known, for options and configuration. */
#ifndef NAMESAKE_MTA_REGISTRY_H
#define NAMESAKE_MTA_REGISTRY_H

#define MTA_CHOICES "auto|postfix|exim|none"

/* The same, NULL-terminated. */
extern const char *const mta_choices[];

#endif
