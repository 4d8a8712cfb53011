/* error.c - failures: one table of codes, and texts that are always safe to show. */
#include "agent/base/error.h"

#include "agent/base/str.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

/* Exit codes that sysexits.h does not have: interface section 9. */
enum {
    EXIT_BUG = 1,
    EXIT_PARTIAL = 4,
};

static const char you[] = "you";
static const char root[] = "root";
static const char mta_admin[] = "mta-admin";
static const char authors[] = "the authors";

static const struct {
    const char *id;
    int exit_code;
    const char *who;
} table[] = {
    [ERR_NONE] = {"none", 0, you},
    [ERR_USAGE] = {"usage", EX_USAGE, you},
    [ERR_LIMIT_EXCEEDED] = {"limit-exceeded", EX_USAGE, you},
    [ERR_ADDRESS_REFUSED] = {"address-refused", EX_USAGE, you},
    [ERR_NAME_REFUSED] = {"name-refused", EX_USAGE, you},
    [ERR_PLAN_DAMAGED] = {"plan-damaged", EX_DATAERR, you},
    [ERR_PLAN_EXPIRED] = {"plan-expired", EX_DATAERR, you},
    [ERR_PLAN_STALE] = {"plan-stale", EX_DATAERR, you},
    [ERR_PLAN_NOT_APPROVED] = {"plan-not-approved", EX_DATAERR, you},
    [ERR_ROLLBACK_CONFLICT] = {"rollback-conflict", EX_DATAERR, you},
    [ERR_NO_INPUT] = {"no-input", EX_NOINPUT, you},
    [ERR_CANNOT_CREATE] = {"cannot-create", EX_CANTCREAT, you},
    [ERR_PROVIDER_UNREACHABLE] = {"provider-unreachable", EX_UNAVAILABLE, you},
    [ERR_SSH_FAILED] = {"ssh-failed", EX_UNAVAILABLE, you},
    [ERR_DNS_UNREACHABLE] = {"dns-unreachable", EX_UNAVAILABLE, you},
    [ERR_LOCKED] = {"locked", EX_TEMPFAIL, you},
    [ERR_PROVIDER_LIMITED] = {"provider-limited", EX_TEMPFAIL, you},
    [ERR_NOT_YET] = {"provider-not-yet", EX_TEMPFAIL, you},
    [ERR_CREDENTIAL_MISSING] = {"credential-missing", EX_NOPERM, you},
    [ERR_PROVIDER_DENIED] = {"provider-denied", EX_NOPERM, you},
    [ERR_ROOT_NEEDED] = {"root-needed", EX_NOPERM, root},
    [ERR_CONFIG_SYNTAX] = {"config-syntax", EX_CONFIG, you},
    [ERR_CONFIG_KEY] = {"config-key", EX_CONFIG, you},
    [ERR_SECRET_INLINE] = {"secret-inline", EX_CONFIG, you},
    [ERR_SECRET_MODE] = {"secret-mode", EX_CONFIG, you},
    [ERR_SECRET_MISSING] = {"secret-missing", EX_CONFIG, you},
    [ERR_PROVIDER_AMBIGUOUS] = {"provider-ambiguous", EX_CONFIG, you},
    [ERR_MTA_CHECK_FAILED] = {"mta-check-failed", EXIT_PARTIAL, mta_admin},
    [ERR_MTA_RELOAD_FAILED] = {"mta-reload-failed", EXIT_PARTIAL, mta_admin},
    [ERR_CONFLICT] = {"conflict", EX_DATAERR, you},
    [ERR_PROTOCOL] = {"protocol", EX_UNAVAILABLE, you},
    [ERR_TIMEOUT] = {"timeout", EX_UNAVAILABLE, you},
    [ERR_SYSTEM] = {"system", EX_UNAVAILABLE, root},
    [ERR_INTERNAL] = {"internal", EXIT_BUG, authors},
};

_Static_assert(sizeof table / sizeof table[0] == ERR_COUNT, "one row for each code");

/* Longer than every field, so that what is cut is cut by str_printable, between characters. */
struct text {
    char s[1024];
};

static struct text format_text(const char *format, va_list args) PRINTF_LIKE(1, 0);

/* Reasons quote servers and files, so every text is made printable on its way in. */
static struct text format_text(const char *format, va_list args)
{
    struct text raw, shown = {""};

    vsnprintf(raw.s, sizeof raw.s, format, args);
    str_printable(shown.s, sizeof shown.s, raw.s, strlen(raw.s));
    return shown;
}

bool fail(struct error *e, enum err code, const char *why, ...)
{
    struct text text; /* the arguments may be texts of *e: format first, then overwrite */
    va_list args;

    va_start(args, why);
    text = format_text(why, args);
    va_end(args);
    *e = (struct error){.code = code};
    str_cut(e->why, sizeof e->why, text.s);
    return false;
}

bool error_what(struct error *e, const char *what, ...)
{
    char reason[sizeof e->what + 2 + sizeof e->why];
    struct text text;
    va_list args;

    va_start(args, what);
    text = format_text(what, args);
    va_end(args);
    if (e->what[0] != '\0') {
        snprintf(reason, sizeof reason, "%s: %s", e->what, e->why);
        str_cut(e->why, sizeof e->why, reason);
    }
    str_cut(e->what, sizeof e->what, text.s);
    return false;
}

bool error_who(struct error *e, const char *who, ...)
{
    struct text text;
    va_list args;

    va_start(args, who);
    text = format_text(who, args);
    va_end(args);
    str_cut(e->who, sizeof e->who, text.s);
    return false;
}

bool error_next(struct error *e, const char *command, ...)
{
    struct text text;
    va_list args;

    va_start(args, command);
    text = format_text(command, args);
    va_end(args);
    if (e->next[0] == '\0')
        str_cut(e->next, sizeof e->next, text.s);
    else
        str_cut(e->alt, sizeof e->alt, text.s);
    return false;
}

const char *error_id(enum err code)
{
    assert(code < ERR_COUNT);
    return table[code].id;
}

int error_exit_code(enum err code)
{
    assert(code < ERR_COUNT);
    return table[code].exit_code;
}

const char *error_default_who(enum err code)
{
    assert(code < ERR_COUNT);
    return table[code].who;
}
