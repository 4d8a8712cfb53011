/*
 * http_library.h - libcurl, loaded when the first request is made.
 *
 * Looking at an address needs DNS and SMTP only, and libcurl brings thirty libraries with it: to
 * load them took half of the start-up time and half of the memory of every audit.
 */
#ifndef NAMESAKE_NET_HTTP_LIBRARY_H
#define NAMESAKE_NET_HTTP_LIBRARY_H

#include <curl/curl.h>

#include "agent/base/error.h"

/* The functions that are called, by their names without "curl_". */
#define HTTP_LIBRARY_FUNCTIONS(X)                                                                  \
    X(easy_cleanup)                                                                                \
    X(easy_getinfo)                                                                                \
    X(easy_init)                                                                                   \
    X(easy_perform)                                                                                \
    X(easy_setopt)                                                                                 \
    X(easy_strerror)                                                                               \
    X(free)                                                                                        \
    X(slist_append)                                                                                \
    X(slist_free_all)                                                                              \
    X(url)                                                                                         \
    X(url_cleanup)                                                                                 \
    X(url_get)                                                                                     \
    X(url_set)

struct http_library {
#define HTTP_LIBRARY_POINTER(name) __typeof__(&curl_##name) name;
    HTTP_LIBRARY_FUNCTIONS(HTTP_LIBRARY_POINTER)
#undef HTTP_LIBRARY_POINTER
};

/* The library, which stays loaded. NULL, ERR_SYSTEM: it is not installed, or too old. */
const struct http_library *http_library(struct error *e);

#endif
