/* dns_frame.c - two bytes of length, then the message. */
#include "agent/net/dns_frame.h"

#define HEADER_BYTES 12 /* RFC 1035 4.1.1 */

enum dns_frame dns_frame_first(const char *data, size_t arrived, size_t *length)
{
    size_t said;

    if (arrived < DNS_FRAME_HEAD)
        return DNS_FRAME_MORE;
    said = (size_t)(unsigned char)data[0] << 8 | (unsigned char)data[1];
    if (said < HEADER_BYTES)
        return DNS_FRAME_INVALID;
    if (arrived < DNS_FRAME_HEAD + said)
        return DNS_FRAME_MORE;
    *length = said;
    return DNS_FRAME_COMPLETE;
}

void dns_frame_add(struct buf *out, const void *message, size_t length)
{
    buf_char(out, (char)(length >> 8));
    buf_char(out, (char)(length & 0xFF));
    buf_add(out, message, length);
}
