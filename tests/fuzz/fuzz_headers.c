/* fuzz_headers.c - messages, found out about with and without a named receiver, and shown. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/headers_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const char *text, size_t length, const char *receiver)
{
    struct style style = {.width = 80, .ascii = true};
    struct buf out = BUF_INIT(8U << 20);
    struct headers headers;
    struct facts facts;
    bool found = headers_read(text, length, receiver, &headers);

    if (found != (headers.believed < headers.hop_count) || headers.why[0] == '\0')
        abort();
    if (found && (headers.address.family == IP_NONE || headers.hop_count > HEADER_FIELDS_MAX))
        abort();
    headers_text(&headers, &style, &out);
    for (size_t i = 0; i < out.length; i++)
        if (out.data[i] != '\n' && (out.data[i] < ' ' || out.data[i] > '~'))
            abort();
    json_decref(headers_document(&headers, found ? 0 : 3));
    headers_facts(&headers, &facts);
    json_decref(facts_to_json(&facts));
    facts_free(&facts);
    headers_free(&headers);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    look((const char *)data, size, NULL);
    look((const char *)data, size, "example.net");
    return 0;
}
