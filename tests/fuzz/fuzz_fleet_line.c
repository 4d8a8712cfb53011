/* fuzz_fleet_line.c - a line of a list of targets, from whoever wrote it. */
#include <stdlib.h>
#include <string.h>

#include "agent/fleet_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *line = malloc(size + 1), why[200] = "";
    struct target target;

    if (line == NULL)
        abort();
    if (size > 0)
        memcpy(line, data, size);
    line[size] = '\0';
    switch (fleet_line_parse(line, &target, why, sizeof why)) {
    case FLEET_LINE_TARGET:
        if (target.address.family == IP_NONE || strpbrk(target.wanted.s, " \t\r\n\x1b\\") != NULL)
            abort();
        break;
    case FLEET_LINE_BAD:
        if (why[0] == '\0' || strchr(why, '\x1b') != NULL)
            abort();
        break;
    case FLEET_LINE_EMPTY:
        break;
    }
    free(line);
    return 0;
}
