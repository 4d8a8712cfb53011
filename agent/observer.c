/* observer.c - tokens, and a listener with the observer's limits. */
#include "agent/observer.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#define TOKEN_LENGTH 20 /* of 32 characters: 100 bits */

/* RFC 5321 4.5.3.2.7 lets a server wait 5 minutes; a probe takes less than a second. */
#define SILENCE_MS 60000
#define TOTAL_MS 180000

struct smtp_server *observer_new(struct loop *loop, const struct observer_settings *settings)
{
    struct smtp_server_settings server = {
        .silence_ms = SILENCE_MS,
        .total_ms = TOTAL_MS,
        .ended = settings->seen,
        .arg = settings->arg,
    };

    str_cut(server.token, sizeof server.token, settings->token);
    return smtp_server_new(loop, &server);
}

bool observer_token(char out[SMTP_TOKEN_MAX + 1], struct error *e)
{
    static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789";
    unsigned char random[TOKEN_LENGTH];

    _Static_assert(sizeof letters == 32 + 1, "each five bits are a letter");
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return fail(e, ERR_SYSTEM, "getrandom: %s", strerror(errno));
    for (size_t i = 0; i < TOKEN_LENGTH; i++)
        out[i] = letters[random[i] % 32];
    out[TOKEN_LENGTH] = '\0';
    return true;
}

void observer_recipient(const char *token, const char *domain, char *out, size_t size)
{
    str_format(out, size, SMTP_PROBE_MAILBOX "+%s@%s", token, domain);
}

bool observer_has_probe(const struct smtp_visit *visit, const char *token)
{
    return visit->heard->probes > 0 && str_equal_nocase(visit->heard->token, token);
}

const char *observer_helo(const struct smtp_visit *visit)
{
    const struct strings *hellos = &visit->heard->hellos;

    return hellos->count > 0 ? hellos->v[hellos->count - 1] : "";
}
