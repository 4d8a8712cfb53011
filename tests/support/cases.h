/*
 * cases.h - scenarios in files: every *.json file of a folder is one row of a
 * test, read from top to bottom; a new one needs no C.
 */
#ifndef NAMESAKE_TESTS_SUPPORT_CASES_H
#define NAMESAKE_TESTS_SUPPORT_CASES_H

#include <jansson.h>

#include "agent/base/str.h"

/* The files of a folder, sorted; a folder without any is a failure of the test program. */
struct strings cases_find(const char *folder);

/* Read one; a file that cannot be parsed fails the test by name. The caller frees the document. */
json_t *cases_read(const char *path);

/* Fail the test when an object has a member that is none of the keys (ends in NULL). */
void cases_know(const char *path, const json_t *object, const char *const *keys);

/* Compare an array of strings with a list; what names it in the message. */
void cases_same_list(const char *path, const char *what, const json_t *want,
                     const struct strings *got);

#endif
