/* http_library.c - libcurl, loaded when the first request is made. */
#include "agent/net/http_library.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libcurl.so.4" /* its name since 2006 */

#define FUNCTION(name)                                                                             \
    {                                                                                              \
        "curl_" #name, offsetof(struct http_library, name)                                         \
    }

static const struct {
    const char *name;
    size_t at;
} functions[] = {
    FUNCTION(easy_cleanup), FUNCTION(easy_getinfo), FUNCTION(easy_init),
    FUNCTION(easy_perform), FUNCTION(easy_setopt),  FUNCTION(easy_strerror),
    FUNCTION(free),         FUNCTION(slist_append), FUNCTION(slist_free_all),
    FUNCTION(url),          FUNCTION(url_cleanup),  FUNCTION(url_get),
    FUNCTION(url_set),
};

/* POSIX has dlsym give functions as objects; ISO C would not convert them. */
static bool find_all(void *handle, struct http_library *library)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        void *found = dlsym(handle, functions[i].name);

        if (found == NULL)
            return false;
        memcpy((char *)library + functions[i].at, &found, sizeof found);
    }
    return true;
}

const struct http_library *http_library(struct error *e)
{
    static struct http_library library;
    static bool complete;
    void *handle;

    if (complete)
        return &library;
    handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    complete = handle != NULL && find_all(handle, &library);
    if (complete)
        return &library;
    fail(e, ERR_SYSTEM, "%s, which talks to their APIs, cannot be loaded: %.300s", LIBRARY,
         dlerror());
    error_what(e, "cannot ask a provider");
    error_next(e, "apt install libcurl4   # Red Hat: dnf install libcurl");
    return NULL;
}
