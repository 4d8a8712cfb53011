/* ssh_host_key.c - the other machine must show a key that is known. */
#include "agent/net/ssh_session.h"

#include <stdio.h>
#include <string.h>

#include "agent/base/file.h"
#include "agent/base/str.h"
#include "agent/net/ssh_known.h"

#define KNOWN_HOSTS_MAX (16U << 20)

/* How a host can prove itself, best first, and the type of key that each takes. */
static const struct {
    const char *method, *type;
} methods[] = {
    {"ssh-ed25519", "ssh-ed25519"},
    {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"},
    {"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"},
    {"ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"},
    {"rsa-sha2-512", "ssh-rsa"}, /* RFC 8332; not in libssh2 before 1.11 */
    {"rsa-sha2-256", "ssh-rsa"},
    {"ssh-rsa", "ssh-rsa"},
};

#define METHODS (sizeof methods / sizeof methods[0])

static void read_file(struct ssh_known *known, const char *name, const char *path)
{
    struct buf text = BUF_INIT(KNOWN_HOSTS_MAX);
    struct error ignored;

    /* One that is not there, or that we may not read, knows nobody. */
    if (file_read(path, &text, &ignored))
        ssh_known_read(known, name, path, buf_string(&text), text.length);
    buf_free(&text);
}

static void read_files(struct ssh_known *known, const char *name)
{
    char path[512];

    if (ssh_home_file("known_hosts", path, sizeof path))
        read_file(known, name, path);
    read_file(known, name, "/etc/ssh/ssh_known_hosts");
}

/* With another port than 22, what is known without a port counts when nothing else is. */
static void look_up(const struct ssh_target *target, struct ssh_known *known, bool *other_port)
{
    char name[sizeof target->host + 16];

    *other_port = false;
    snprintf(name, sizeof name, target->port == 22 ? "%s" : "[%s]:%u", target->host,
             (unsigned)target->port);
    read_files(known, name);
    if (known->count > 0 || target->port == 22)
        return;
    *other_port = true;
    read_files(known, target->host);
}

static bool is_known_type(const struct ssh_known *known, const char *type)
{
    for (size_t i = 0; i < known->count; i++)
        if (!known->v[i].revoked && str_equal(known->v[i].type, type))
            return true;
    return false;
}

static bool is_supported(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* What this libssh2 has, in our order: names that it lacks make 1.10 copy a text over itself. */
static void add_methods(struct ssh *ssh, const struct ssh_known *known, bool wanted,
                        struct buf *list)
{
    const char **names = NULL;
    int count = libssh2_session_supported_algs(ssh->session, LIBSSH2_METHOD_HOSTKEY, &names);

    for (size_t i = 0; i < METHODS; i++)
        if (is_known_type(known, methods[i].type) == wanted &&
            is_supported(names, count, methods[i].method))
            buf_printf(list, "%s%s", list->length > 0 ? "," : "", methods[i].method);
    if (names != NULL)
        libssh2_free(ssh->session, names);
}

bool ssh_prefer_known(struct ssh *ssh, struct error *e)
{
    struct buf list = BUF_INIT(1024);
    struct ssh_known known = {0};
    bool other_port;
    int rc;

    look_up(&ssh->target, &known, &other_port);
    add_methods(ssh, &known, true, &list);
    add_methods(ssh, &known, false, &list);
    rc = libssh2_session_method_pref(ssh->session, LIBSSH2_METHOD_HOSTKEY, buf_string(&list));
    buf_free(&list);
    ssh_known_free(&known);
    return rc == 0 || ssh_failed(ssh, rc, "choosing a kind of host key", e);
}

struct shown {
    const struct ssh *ssh;
    const char *word; /* "ED25519" */
    struct ssh_key_type type;
    struct ssh_fingerprint print;
    const struct ssh_known *known;
    const struct ssh_known_key *line; /* the one that decided */
};

static bool not_known(const struct shown *s, struct error *e)
{
    fail(e, ERR_SSH_FAILED, "its host key is not known here: %s %s%s", s->word, s->print.s,
         s->known->authority ? " (known_hosts has a certificate authority for it; certificates "
                               "are not checked)"
                             : "");
    error_who(e, "you: compare this fingerprint with the one on that machine, from its console");
    error_next(e, "%s   # once; it shows the fingerprint again, say yes only if it is right",
               ssh_target_command(&s->ssh->target).s);
    return error_next(e, "ssh-keygen -lf /etc/ssh/ssh_host_%s_key.pub   # there",
                      str_equal(s->word, "ED25519") ? "ed25519"
                      : str_equal(s->word, "RSA")   ? "rsa"
                                                    : "ecdsa");
}

static bool not_the_same(const struct shown *s, struct error *e)
{
    char name[sizeof s->ssh->target.host + 16], quoted[sizeof name + 8];

    snprintf(name, sizeof name, s->ssh->target.port == 22 ? "%s" : "[%s]:%u", s->ssh->target.host,
             (unsigned)s->ssh->target.port);
    str_shell_quote(quoted, sizeof quoted, name);
    fail(e, ERR_SSH_FAILED,
         "its host key is not the one that is known: it shows %s %s, but line %zu of %.100s has "
         "%s; another machine may answer in its place",
         s->word, s->print.s, s->line->line, s->line->file, ssh_known_fingerprint(s->line).s);
    error_who(e, "an administrator of that machine, who knows whether it has a new key");
    error_next(e, "ssh-keygen -R %s -f %s   # only if the new fingerprint is right", quoted,
               s->line->file);
    return error_next(e, "%s   # then once, to store the new one",
                      ssh_target_command(&s->ssh->target).s);
}

static bool not_this_type(const struct shown *s, struct error *e)
{
    const struct ssh_target *t = &s->ssh->target;

    fail(e, ERR_SSH_FAILED,
         "only its %s key is known here (line %zu of %.100s), and what this program and that "
         "server have in common is %s %s",
         ssh_key_word(s->line->type), s->line->line, s->line->file, s->word, s->print.s);
    error_who(e, "you: compare this fingerprint with the one on that machine, from its console");
    return error_next(e, "%s -o HostKeyAlgorithms=%s   # once; say yes only if it is right",
                      ssh_target_command(t).s, s->type.s);
}

static bool is_revoked(const struct shown *s, struct error *e)
{
    fail(e, ERR_SSH_FAILED, "its host key is revoked: line %zu of %.100s names %s %s",
         s->line->line, s->line->file, s->word, s->print.s);
    return error_who(e, "an administrator of that machine: it needs a new host key");
}

static bool judge(struct shown *s, const char *blob, size_t length, bool other_port,
                  struct error *e)
{
    switch (ssh_known_judge(s->known, blob, length, &s->line)) {
    case SSH_KNOWN_SAME:
        return true;
    case SSH_KNOWN_REVOKED:
        return is_revoked(s, e);
    case SSH_KNOWN_OTHER:
        return other_port ? not_known(s, e) : not_the_same(s, e);
    case SSH_KNOWN_OTHER_TYPE:
        return other_port ? not_known(s, e) : not_this_type(s, e);
    case SSH_KNOWN_NOT:
        break;
    }
    return not_known(s, e);
}

bool ssh_check_host_key(struct ssh *ssh, struct error *e)
{
    struct ssh_known known = {0};
    struct shown shown = {.ssh = ssh, .known = &known};
    size_t length = 0;
    const char *blob = libssh2_session_hostkey(ssh->session, &length, &(int){0});
    bool other_port, ok;

    if (!blob)
        return fail(e, ERR_SSH_FAILED, "it shows no host key");
    shown.type = ssh_key_type(blob, length);
    shown.word = ssh_key_word(shown.type.s);
    shown.print = ssh_fingerprint(blob, length);
    look_up(&ssh->target, &known, &other_port);
    ok = judge(&shown, blob, length, other_port, e);
    ssh_known_free(&known);
    return ok;
}
