/*
 * dns_message.h - DNS messages between struct and wire. The way back is
 * dns_parse, in dns.h. Both are our own, because a fleet is two messages an
 * address and a general library takes ten times the instructions for each;
 * ldns is what the tests and the fuzz target compare them with.
 */
#ifndef NAMESAKE_NET_DNS_MESSAGE_H
#define NAMESAKE_NET_DNS_MESSAGE_H

#include "agent/net/dns.h"

/* What we can take over UDP without fragments (dnsflagday.net/2020, RFC 9715). */
#define DNS_EDNS_BYTES 1232

struct dns_message {
    uint8_t wire[512]; /* header 12, name 255, type and class 4, OPT 11: never full */
    size_t length;
};

/* PURE: a question on the wire, its OPT record last. False when the name cannot be written. */
bool dns_message_ask(const struct dns_question *question, uint16_t id, bool edns,
                     struct dns_message *out) MUST_USE;

#endif
