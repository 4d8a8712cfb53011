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
struct http_library {
    __typeof__(&curl_easy_cleanup) easy_cleanup;
    __typeof__(&curl_easy_getinfo) easy_getinfo;
    __typeof__(&curl_easy_init) easy_init;
    __typeof__(&curl_easy_perform) easy_perform;
    __typeof__(&curl_easy_setopt) easy_setopt;
    __typeof__(&curl_easy_strerror) easy_strerror;
    __typeof__(&curl_free) free;
    __typeof__(&curl_slist_append) slist_append;
    __typeof__(&curl_slist_free_all) slist_free_all;
    __typeof__(&curl_url) url;
    __typeof__(&curl_url_cleanup) url_cleanup;
    __typeof__(&curl_url_get) url_get;
    __typeof__(&curl_url_set) url_set;
};

/* The library, which stays loaded. NULL, ERR_SYSTEM: it is not installed, or too old. */
const struct http_library *http_library(struct error *e);

#endif
