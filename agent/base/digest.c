/* digest.c - SHA-256 by OpenSSL, as hexadecimal text. */
#include "agent/base/digest.h"

#include "agent/base/mem.h"

#include <openssl/sha.h>

struct digest digest_of(const void *data, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    unsigned char raw[SHA256_DIGEST_LENGTH];
    struct digest out = {0};

    need(SHA256(length == 0 ? (const void *)"" : data, length, raw));
    for (size_t i = 0; i < sizeof raw; i++) {
        out.hex[2 * i] = digits[raw[i] >> 4];
        out.hex[2 * i + 1] = digits[raw[i] & 15];
    }
    return out;
}
