/* fuzz_log_evidence.c - logs of any kind: what they tell is public, printable and within limits. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/log_evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct log_sighting *seen)
{
    if (seen->count == 0 || (seen->address.family == IP_NONE && seen->helo[0] == '\0'))
        abort();
    if (seen->address.family != IP_NONE && ip_scope(&seen->address) != IP_SCOPE_PUBLIC)
        abort();
    for (const char *at = seen->line; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            abort();
    for (const char *at = seen->helo; *at != '\0'; at++)
        if (*at < '!' || *at > '~')
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct log_evidence evidence = {.count = 0};

    log_evidence_read((const char *)data, size, &evidence);
    if (evidence.count > LOG_EVIDENCE_MAX)
        abort();
    for (size_t i = 0; i < evidence.count; i++)
        check(&evidence.v[i]);
    return 0;
}
