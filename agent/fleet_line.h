/*
 * fleet_line.h - PURE: one line of a list of targets, from whoever wrote it.
 */
#ifndef NAMESAKE_FLEET_LINE_H
#define NAMESAKE_FLEET_LINE_H

#include "agent/target.h"

enum fleet_line {
    FLEET_LINE_TARGET,
    FLEET_LINE_EMPTY, /* blank, or a comment: it begins with # */
    FLEET_LINE_BAD,
};

/*
 * Read "ADDRESS [WANTED]", with a comment after it or not, or a JSON object with the members
 * `address` and `wanted`; other members are ignored. FLEET_LINE_BAD says why.
 */
enum fleet_line fleet_line_parse(const char *line, struct target *out, char *why, size_t size);

#endif
