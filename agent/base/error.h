/*
 * error.h - what went wrong, in the four parts that an operator needs: what
 * was attempted, why it failed, who can repair it, what to type next.
 */
#ifndef NAMESAKE_BASE_ERROR_H
#define NAMESAKE_BASE_ERROR_H

#include <stdarg.h>
#include <stdbool.h>

#define MUST_USE __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* One code per kind of failure that a caller or a script decides on. */
enum err {
    ERR_NONE,
    ERR_USAGE,
    ERR_LIMIT_EXCEEDED,
    ERR_ADDRESS_REFUSED,
    ERR_NAME_REFUSED,
    ERR_PLAN_DAMAGED,
    ERR_PLAN_EXPIRED,
    ERR_PLAN_STALE,
    ERR_PLAN_NOT_APPROVED,
    ERR_ROLLBACK_CONFLICT,
    ERR_NO_INPUT,
    ERR_CANNOT_CREATE,
    ERR_PROVIDER_UNREACHABLE,
    ERR_SSH_FAILED,
    ERR_DNS_UNREACHABLE,
    ERR_LOCKED,
    ERR_PROVIDER_LIMITED,
    ERR_NOT_YET, /* the vendor waits for something that is under way: ask again */
    ERR_CREDENTIAL_MISSING,
    ERR_PROVIDER_DENIED,
    ERR_ROOT_NEEDED,
    ERR_CONFIG_SYNTAX,
    ERR_CONFIG_KEY,
    ERR_SECRET_INLINE,
    ERR_SECRET_MODE,
    ERR_SECRET_MISSING,
    ERR_PROVIDER_AMBIGUOUS,
    ERR_MTA_CHECK_FAILED,
    ERR_MTA_RELOAD_FAILED,
    ERR_CONFLICT, /* a value is not what it was when it was read: look again */
    ERR_PROTOCOL, /* the other side does not speak as agreed */
    ERR_TIMEOUT,  /* no answer: the outcome is unknown, look again */
    ERR_SYSTEM,   /* the operating system said no */
    ERR_INTERNAL,
    ERR_COUNT
};

struct error {
    enum err code;
    char what[256]; /* cannot set the PTR of 203.0.113.25 */
    char why[512];  /* Hetzner Cloud answered 403: this token may only read */
    char who[160];  /* who can repair it; "": the usual person for this code */
    char next[320]; /* a command that can be pasted; "": none */
    char alt[320];  /* another command, shown as "or:"; "": none */
};

/*
 * Report a failure where it happens: the code and the reason. The rest of *e
 * is emptied. Returns false, so that "return fail(...)" leaves a function. Every text of an
 * error is made printable (str_printable) when it is set.
 */
bool fail(struct error *e, enum err code, const char *why, ...) PRINTF_LIKE(3, 4);

/*
 * Add what was attempted, on the way up. The outermost call is the headline; what an inner call
 * said moves in front of the reason. Returns false.
 */
bool error_what(struct error *e, const char *what, ...) PRINTF_LIKE(2, 3);

/* Say who can repair it. Returns false. */
bool error_who(struct error *e, const char *who, ...) PRINTF_LIKE(2, 3);

/* Say what to type next; a second call gives the alternative. Returns false. */
bool error_next(struct error *e, const char *command, ...) PRINTF_LIKE(2, 3);

/* The stable identifier of a code ("plan-stale"); interface section 9. */
const char *error_id(enum err code);

/* The exit status that belongs to a code when nothing was changed (sysexits.h where it fits). */
int error_exit_code(enum err code);

/* Who can usually repair a failure of this code ("you", "root", ...). */
const char *error_default_who(enum err code);

#endif
