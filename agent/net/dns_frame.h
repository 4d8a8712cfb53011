/*
 * dns_frame.h - PURE: DNS messages in a stream of bytes, each behind two bytes
 * of its length (RFC 1035 4.2.2, RFC 7766 8).
 */
#ifndef NAMESAKE_NET_DNS_FRAME_H
#define NAMESAKE_NET_DNS_FRAME_H

#include "agent/base/buf.h"

#define DNS_FRAME_HEAD 2
#define DNS_FRAME_MAX (DNS_FRAME_HEAD + 65535) /* what the two bytes can say */

enum dns_frame {
    DNS_FRAME_MORE,     /* the first message is not complete */
    DNS_FRAME_COMPLETE, /* it is at data + DNS_FRAME_HEAD */
    DNS_FRAME_INVALID,  /* shorter than a header: nothing in this stream can be believed */
};

/* The first message of what has arrived; *length is its own, set when it is complete. */
enum dns_frame dns_frame_first(const char *data, size_t arrived, size_t *length);

/* Append one message, at most 65535 bytes, with its length. */
void dns_frame_add(struct buf *out, const void *message, size_t length);

#endif
