/*
 * config_source.h - one configuration file with all that it includes, as one
 * text, and where each of its lines came from.
 *
 * Our own, because libconfig 1.5 looks for a relative @include in the current folder, reads
 * devices, and ends the program when an included path is a folder.
 */
#ifndef NAMESAKE_CONFIG_SOURCE_H
#define NAMESAKE_CONFIG_SOURCE_H

#include "agent/base/buf.h"
#include "agent/base/str.h"
#include "agent/config.h"

#define CONFIG_FILE_MAX (1U << 20) /* bytes of a file with all that it includes */
#define CONFIG_INCLUDE_DEPTH 10    /* as libconfig itself */

struct config_source {
    struct buf text;
    struct strings files; /* the file itself first, then those included */
    struct config_origin {
        unsigned file; /* place in files */
        unsigned line; /* from 1 */
    } * lines;         /* of each line of the text */
    size_t line_count, line_room;
};

/*
 * Read a file. Relative includes are looked for beside the file that includes them. What cannot
 * be read is a mistake; a false return means that the file itself could not be. The caller
 * calls config_source_free in any case.
 */
bool config_source_read(const char *path, struct config_source *out,
                        struct config_mistakes *mistakes) MUST_USE;

/* A source that is already in memory, for tests; includes are followed from the current folder. */
void config_source_text(const char *name, const char *text, size_t length,
                        struct config_source *out, struct config_mistakes *mistakes);

/* Where a line of the text came from; the last line for what is beyond it. */
struct config_origin config_source_origin(const struct config_source *source, size_t line);

void config_source_free(struct config_source *source);

/* Note a mistake; what does not fit is counted only. The key may be "". */
void config_mistake_add(struct config_mistakes *mistakes, const struct config_mistake *mistake);

#endif
