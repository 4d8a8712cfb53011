/*
 * ssh_offer.h - PURE: what a server says it can do (SSH_MSG_KEXINIT, RFC 4253
 * 7.1), and what of it is not to be had in common.
 */
#ifndef NAMESAKE_NET_SSH_OFFER_H
#define NAMESAKE_NET_SSH_OFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "agent/base/str.h"

/* In the order of the message; the lists of the two directions stand side by side. */
enum ssh_offer_kind {
    SSH_OFFER_KEX,
    SSH_OFFER_HOST_KEY,
    SSH_OFFER_CIPHER,
    SSH_OFFER_CIPHER_BACK,
    SSH_OFFER_MAC,
    SSH_OFFER_MAC_BACK,
    SSH_OFFER_KINDS
};

struct ssh_offer {
    struct cursor lists[SSH_OFFER_KINDS]; /* names with commas, within the packet that was read */
};

/*
 * How many bytes the packet that begins here has, 0 when too few are there to say; and its lists,
 * once it is complete. False when it is no KEXINIT.
 */
size_t ssh_offer_size(const unsigned char *bytes, size_t length);
bool ssh_offer_parse(const unsigned char *packet, size_t length, struct ssh_offer *out) MUST_USE;

/* Whether one of the names is in the list. */
bool ssh_offer_has(const struct cursor *list, const char *const *names, size_t count);

#endif
