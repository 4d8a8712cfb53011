/*
 * doctor.h - what this machine can see and change, and why not.
 */
#ifndef NAMESAKE_DOCTOR_H
#define NAMESAKE_DOCTOR_H

#include "agent/notes.h"

/*
 * Find addresses, mail server, resolvers, accounts and credentials, and conclude with one line per
 * kind of step. Credentials are opened and thrown away; nothing is written.
 */
bool doctor_find(struct session *session, struct notes *notes, struct error *e) MUST_USE;

#endif
