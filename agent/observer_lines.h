/*
 * observer_lines.h - an observer that runs elsewhere: "namesake observe" tells
 * of its visitors in JSON Lines, which come in at a descriptor, and are told
 * here as those of a listener of our own are (observer.h).
 */
#ifndef NAMESAKE_OBSERVER_LINES_H
#define NAMESAKE_OBSERVER_LINES_H

#include "agent/observer.h"

struct observer_lines;

/*
 * Read from a pipe, terminal or socket until it ends; the descriptor stays the caller's. What is
 * no line of an observer is ignored. The loop must outlive it; freed with observer_lines_free.
 */
struct observer_lines *observer_lines_new(struct loop *loop, int fd,
                                          const struct observer_settings *settings);
void observer_lines_free(struct observer_lines *lines);

/* Whether nothing more can come. NULL never ends. */
bool observer_lines_ended(const struct observer_lines *lines);

/*
 * PURE: one line; false when it tells of no visitor. The caller frees the lists of *heard, which
 * visit->heard is made to point to, with smtp_heard_free.
 */
bool observer_line_read(const char *line, size_t length, struct smtp_visit *visit,
                        struct smtp_heard *heard);

#endif
