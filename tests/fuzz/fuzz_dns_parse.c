/* fuzz_dns_parse.c - replies from name servers that we do not trust, read as ldns reads them. */
#include <stdlib.h>

#include "agent/net/dns.h"
#include "tests/support/dns_oracle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_section(const struct dns_section *section)
{
    if (section->count > DNS_SECTION_MAX || (section->count > 0 && section->rr == NULL))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct dns_answer answer;

    if (!dns_parse(data, size, &answer))
        return 0;
    check_section(&answer.answer);
    check_section(&answer.authority);
    check_section(&answer.additional);
    dns_answer_free(&answer);
    if (!dns_oracle_agrees(data, size, false))
        abort();
    return 0;
}
