/* ssh_target.c - whom to log in as, where: text to values and back. */
#include "agent/net/ssh.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/base/str.h"

#define SSH_PORT 22

static bool bad(struct error *e, const char *text, const char *why)
{
    fail(e, ERR_USAGE, "\"%.200s\" is no SSH target: %s", text, why);
    return error_next(e, "--ssh root@out2.example.com, or root@[2001:db8:25::26]:2222");
}

/*
 * What is in names of users and hosts and means nothing to a shell: the target is printed within
 * commands to type. With "-" in front it would be an option of them.
 */
static bool is_word(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "._-+:%";

    return *text != '\0' && *text != '-' && text[strspn(text, plain)] == '\0';
}

static bool own_name(char *user, size_t size)
{
    const struct passwd *me = getpwuid(geteuid());

    return me && str_copy(user, size, me->pw_name);
}

static bool take_user(const char **rest, const char *text, struct ssh_target *made, struct error *e)
{
    const char *at = strrchr(text, '@');
    struct cursor user = cursor_of(text, at ? (size_t)(at - text) : 0);

    *rest = at ? at + 1 : text;
    if (!at)
        return own_name(made->user, sizeof made->user) ||
               bad(e, text, "nobody to log in as; write USER@HOST");
    return (cursor_copy(&user, made->user, sizeof made->user) && is_word(made->user)) ||
           bad(e, text, "that is no user name");
}

static bool take_port(const char *digits, const char *text, struct ssh_target *made,
                      struct error *e)
{
    uint64_t port = SSH_PORT;

    if (*digits && !str_uint(digits + 1, 1, UINT16_MAX, &port))
        return bad(e, text, "the port is a number from 1 to 65535");
    made->port = (uint16_t)port;
    return true;
}

static bool take_host(const char *rest, const char *text, struct ssh_target *made, struct error *e)
{
    bool bracket = *rest == '[';
    const char *begin = rest + bracket, *end = strchr(begin, bracket ? ']' : ':');
    struct cursor host;

    /* More than one colon without brackets: an IPv6 address and no port. */
    if (!bracket && end && strchr(end + 1, ':'))
        end = NULL;
    if (!end)
        end = begin + strlen(begin);
    if (bracket && *end != ']')
        return bad(e, text, "the bracket is not closed");
    host = cursor_of(begin, (size_t)(end - begin));
    if (!cursor_copy(&host, made->host, sizeof made->host) || !is_word(made->host))
        return bad(e, text, "that is no host");
    for (char *c = made->host; *c; c++)
        *c = str_lower(*c);
    end += bracket;
    if (*end && *end != ':')
        return bad(e, text, "after the bracket comes \":PORT\" or nothing");
    return take_port(end, text, made, e);
}

bool ssh_target_parse(const char *text, struct ssh_target *out, struct error *e)
{
    struct ssh_target made = {.port = SSH_PORT};
    const char *rest;

    if (!take_user(&rest, text, &made, e) || !take_host(rest, text, &made, e))
        return false;
    *out = made;
    return true;
}

struct ssh_target_text ssh_target_text(const struct ssh_target *target)
{
    bool v6 = strchr(target->host, ':') != NULL;
    struct ssh_target_text text;
    char port[8] = "";

    if (target->port != SSH_PORT)
        snprintf(port, sizeof port, ":%u", (unsigned)target->port);
    snprintf(text.s, sizeof text.s, v6 && port[0] ? "%s@[%s]%s" : "%s@%s%s", target->user,
             target->host, port);
    return text;
}

struct ssh_target_text ssh_target_command(const struct ssh_target *target)
{
    struct ssh_target_text text;
    char port[16] = "";

    if (target->port != SSH_PORT)
        snprintf(port, sizeof port, "-p %u ", (unsigned)target->port);
    snprintf(text.s, sizeof text.s, "ssh %s%s@%s", port, target->user, target->host);
    return text;
}
