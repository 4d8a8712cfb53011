/*
 * notes.h - what commands say that have no report of identities: pairs of a
 * word and a text, as aligned lines or as one JSON document.
 */
#ifndef NAMESAKE_NOTES_H
#define NAMESAKE_NOTES_H

#include "agent/session.h"

struct notes {
    struct note {
        char what[32]; /* "resolvers"; "" goes on with the one above */
        char text[1200];
    } * v;
    size_t count;
};

void notes_add(struct notes *notes, const char *what, const char *text, ...) PRINTF_LIKE(3, 4);

/*
 * Print them after a headline in the format that was asked for, and free them: text, or a
 * document with `format` "namesake.COMMAND" and the pairs as members (a list where one has several
 * texts). Returns exit code 0.
 */
int notes_end(const struct session *session, struct notes *notes, const char *headline);

#endif
