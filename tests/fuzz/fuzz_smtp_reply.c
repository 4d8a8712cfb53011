/* fuzz_smtp_reply.c - greetings, judged whole and byte by byte: both must agree. */
#include <stdint.h>
#include <stdlib.h>

#include "agent/net/smtp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(const char *reply, size_t length)
{
    struct strings lines = {0};
    struct name name;

    smtp_reply_lines(reply, length, &lines);
    if (lines.count == 0 || lines.count > SMTP_REPLY_LINES || smtp_reply_code(&lines) < 200)
        abort();
    (void)smtp_reply_name(lines.v[0], &name);
    (void)smtp_reply_is_masked(lines.v[0]);
    strings_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *reply = (const char *)data;
    size_t used = 0, length = 0, end = 0;
    enum smtp_parse parse = SMTP_MORE;

    while (parse == SMTP_MORE && length < size)
        parse = smtp_reply_parse(reply, ++length, &used);
    if (parse == SMTP_MORE && length > SMTP_REPLY_BYTES)
        abort();
    if (parse == SMTP_COMPLETE && used != length)
        abort();
    if (size > 0 && smtp_reply_parse(reply, size, &end) != parse)
        abort();
    if (parse == SMTP_COMPLETE)
        read_lines(reply, used);
    return 0;
}
