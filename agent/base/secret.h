/*
 * secret.h - a token or key: loaded from where the configuration points,
 * used, wiped. It never passes through a log line, a message or a document.
 */
#ifndef NAMESAKE_BASE_SECRET_H
#define NAMESAKE_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/error.h"

enum secret_from {
    SECRET_NONE,
    SECRET_ENV,        /* an environment variable */
    SECRET_FILE,       /* a file that only its owner may read */
    SECRET_CREDENTIAL, /* a name below $CREDENTIALS_DIRECTORY */
    SECRET_COMMAND,    /* the standard output of a command, less its last newline */
};

/* Where a secret is found: safe to print, to store and to copy. */
struct secret_ref {
    enum secret_from from;
    char place[512];   /* variable, path or credential name; the program of a command */
    char args[8][256]; /* SECRET_COMMAND: its arguments, after the program */
    size_t arg_count;
};

struct secret {
    char *bytes; /* NUL-terminated, wiped by secret_free */
    size_t length;
};

/*
 * Load a secret that is not a command. ERR_SECRET_MISSING when it is not there or empty,
 * ERR_ROOT_NEEDED when this user may not read it,
 * ERR_SECRET_MODE when group or others may read the file. Reasons name the place, never the value.
 */
bool secret_load(const struct secret_ref *ref, struct secret *out, struct error *e) MUST_USE;

/* Take text over as a secret, less one final newline; the source is wiped. */
void secret_take(struct secret *out, char *text, size_t length);

/* "file /etc/namesake/credentials/x": for messages. */
struct secret_ref_text {
    char s[600];
};
struct secret_ref_text secret_ref_text(const struct secret_ref *ref);

void secret_free(struct secret *secret);

#endif
