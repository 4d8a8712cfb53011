/* http_library.c - libcurl, loaded when the first request is made. */
#include "agent/net/http_library.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "libcurl.so.4" /* its name since 2006 */

/* POSIX has dlsym give functions as objects; ISO C would not convert them. */
static bool find(void *handle, const char *name, void *function, size_t size)
{
    void *found = dlsym(handle, name);

    memcpy(function, &found, size);
    return found != NULL;
}

const struct http_library *http_library(struct error *e)
{
    static struct http_library library;
    static bool complete;
    void *handle;

    if (complete)
        return &library;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    complete = handle != NULL;
#define FIND(name)                                                                                 \
    complete = complete && find(handle, "curl_" #name, &library.name, sizeof library.name);
    HTTP_LIBRARY_FUNCTIONS(FIND)
#undef FIND
    if (complete)
        return &library;
    fail(e, ERR_SYSTEM, "%s, which talks to their APIs, cannot be loaded: %.300s", LIBRARY,
         dlerror());
    error_what(e, "cannot ask a provider");
    error_next(e, "apt install libcurl4   # Red Hat: dnf install libcurl");
    return NULL;
}
