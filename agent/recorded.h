/*
 * recorded.h - facts in files: --facts judges them without any network,
 * --record writes what was seen.
 */
#ifndef NAMESAKE_RECORDED_H
#define NAMESAKE_RECORDED_H

#include "agent/base/file.h"
#include "agent/session.h"

/* Read the file of --facts (one object, a list of objects, or one object a line) and judge it. */
bool recorded_read(struct session *session, struct error *e) MUST_USE;
bool recorded_read_file(struct session *session, const char *path, struct error *e) MUST_USE;

/* Write the session's facts to the file of --record: one object, or one a line when several. */
bool recorded_write(const struct session *session, struct error *e) MUST_USE;

/* The same for facts that come one after the other; the file appears when all are in it. */
struct recorder {
    struct file_draft draft;
    struct buf text;     /* not written yet */
    struct error failed; /* of the first write that failed; nothing is written after it */
    bool open;
};

/* ERR_CANNOT_CREATE. recorder_close frees. */
bool recorder_open(struct recorder *recorder, const char *path, struct error *e) MUST_USE;

/* One object: a line, or many lines for people when it is the `only` one. */
void recorder_add(struct recorder *recorder, const struct facts *facts, bool only);

/* Puts the file into place. ERR_CANNOT_CREATE, also for what recorder_add could not write: the
 * old file stays. True when nothing was opened. */
bool recorder_close(struct recorder *recorder, struct error *e) MUST_USE;

/* Whether a file holds facts rather than a plan. */
bool recorded_is_facts(const char *path);

#endif
