/*
 * proxy.h - PURE: names that stand behind a proxy or content network. Their addresses are not the
 * mail server's, which breaks the forward check at once (receivers sheet, section 5).
 */
#ifndef NAMESAKE_PROXY_H
#define NAMESAKE_PROXY_H

#include "agent/base/str.h"

/*
 * The network that the addresses of a name belong to, or that its aliases lead to; NULL when it is
 * none that is known. An address decides only when all are of that network.
 */
const char *proxy_of(const struct strings *addresses, const struct strings *aliases);

#endif
