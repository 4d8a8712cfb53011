/* config_endpoint.c - which addresses a token may be sent to. */
#include "agent/config_account.h"

#include <string.h>

/* The host of a URL after its scheme, without port and brackets; false when it is not plain. */
static bool host_of(const char *rest, char *host, size_t size)
{
    struct cursor text = cursor_of(rest, strcspn(rest, "/?#"));
    size_t length = (size_t)(text.end - text.at);

    if (length == 0 || memchr(text.at, '@', length) != NULL)
        return false;
    if (*text.at == '[') {
        text.at++;
        text.end = memchr(text.at, ']', length - 1);
        return text.end != NULL && cursor_copy(&text, host, size);
    }
    if (memchr(text.at, ':', length) != NULL)
        text.end = memchr(text.at, ':', length);
    return text.end > text.at && cursor_copy(&text, host, size);
}

static bool is_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text <= ' ' || *text > '~' || strchr("\"'\\<>", *text) != NULL)
            return false;
    }
    return true;
}

bool config_check_endpoint(const char *text, struct error *e)
{
    bool https = str_starts(text, "https://"), http = str_starts(text, "http://");
    char host[256];
    struct ip ip;

    if (!is_plain(text) || !(https || http) ||
        !host_of(text + (https ? 8 : 7), host, sizeof host)) {
        fail(e, ERR_CONFIG_KEY, "this is no https address");
        return error_next(e, "write: endpoint = \"https://api.example.com/v1\";");
    }
    if (https || (ip_parse(host, &ip) && ip_scope(&ip) == IP_SCOPE_LOOPBACK))
        return true;
    fail(e, ERR_CONFIG_KEY, "over plain http the token could be read on the way");
    return error_next(e, "use https, or http to a loopback address: http://127.0.0.1:8081");
}
