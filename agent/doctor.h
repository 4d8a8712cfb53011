/*
 * doctor.h - what this machine can see and change, and why not.
 */
#ifndef NAMESAKE_DOCTOR_H
#define NAMESAKE_DOCTOR_H

#include "agent/session.h"

/*
 * Print addresses, mail server, resolvers, accounts and credentials, and end with one line per
 * kind of step. Credentials are opened and thrown away; nothing is written.
 */
bool doctor_run(struct session *session, struct error *e) MUST_USE;

#endif
