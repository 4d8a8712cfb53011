/*
 * digest.h - SHA-256, for identifiers of plans and checks of files (OpenSSL).
 */
#ifndef NAMESAKE_BASE_DIGEST_H
#define NAMESAKE_BASE_DIGEST_H

#include <stddef.h>

struct digest {
    char hex[65]; /* SHA-256 in lower-case hexadecimal */
};

struct digest digest_of(const void *data, size_t length);

#endif
