/*
 * fuzz_dns_frame.c - a stream from a name server: however it is cut, the same messages come out,
 * none of them shorter than a header or outside of what has arrived.
 */
#include "agent/net/dns_frame.h"

#include <stdlib.h>
#include <string.h>

/* How many messages there are, and where the stream ends to make sense. */
static size_t count_frames(const char *data, size_t length, size_t *used)
{
    size_t count = 0, message;

    for (*used = 0; dns_frame_first(data + *used, length - *used, &message) == DNS_FRAME_COMPLETE;
         count++) {
        if (message < 12 || *used + DNS_FRAME_HEAD + message > length)
            abort();
        *used += DNS_FRAME_HEAD + message;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length);

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t length)
{
    const char *data = (const char *)bytes;
    struct buf again = BUF_INIT(1U << 20);
    size_t used, cut_used, rest_used, message, at = 0;
    const size_t all = count_frames(data, length, &used);
    const size_t cut = length > 0 ? bytes[0] % length : 0;

    if (count_frames(data, cut, &cut_used) +
                count_frames(data + cut_used, length - cut_used, &rest_used) !=
            all ||
        cut_used + rest_used != used)
        abort();
    for (; at < used; at += DNS_FRAME_HEAD + message) {
        (void)dns_frame_first(data + at, length - at, &message);
        dns_frame_add(&again, data + at + DNS_FRAME_HEAD, message);
    }
    if (again.length != used || (used > 0 && memcmp(again.data, data, used) != 0))
        abort();
    buf_free(&again);
    return 0;
}
