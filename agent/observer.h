/*
 * observer.h - the observer: a listener of ours that a mail server connects to,
 * and that notes from which address it comes and what it calls itself there.
 */
#ifndef NAMESAKE_OBSERVER_H
#define NAMESAKE_OBSERVER_H

#include "agent/net/smtp_server.h"

struct observer_settings {
    char token[SMTP_TOKEN_MAX + 1]; /* the only probe that is taken; "": any */
    void (*seen)(void *arg, const struct smtp_visit *visit); /* after each conversation */
    void *arg;
};

/* An observer that listens nowhere yet; freed with smtp_server_free. The loop must outlive it. */
struct smtp_server *observer_new(struct loop *loop, const struct observer_settings *settings);

/* A token that nobody guesses: 20 lower-case letters and digits. ERR_SYSTEM. */
bool observer_token(char out[SMTP_TOKEN_MAX + 1], struct error *e) MUST_USE;

/* Where a probe with this token goes, by a domain that leads there: namesake-probe+TOKEN@DOMAIN. */
void observer_recipient(const char *token, const char *domain, char *out, size_t size);

/* Whether the visit brought the probe with this token. */
bool observer_has_probe(const struct smtp_visit *visit, const char *token);

/* The name that the visitor gave itself, last; "" when it gave none. It belongs to the visit. */
const char *observer_helo(const struct smtp_visit *visit);

#endif
