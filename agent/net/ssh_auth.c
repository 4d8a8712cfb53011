/* ssh_auth.c - log in with a key: the agent's, then key files; nobody is asked. */
#include "agent/net/ssh_session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/base/buf.h"
#include "agent/base/log.h"
#include "agent/base/str.h"
#include "agent/net/ssh_known.h"

/* A log-in under way, and what was tried, for the one who has to repair it. */
struct attempt {
    struct ssh *ssh;
    struct buf tried;
    size_t rsa, others; /* keys that were shown, by kind */
    bool locked;        /* a key file has a passphrase */
    char locked_file[512];
    bool in; /* logged in */
};

static void note(struct attempt *a, const char *text, const char *why)
{
    buf_printf(&a->tried, "%s%s%s%s", a->tried.length > 0 ? ", " : "", text, *why ? " " : "", why);
}

/* What the server takes; it may also let us in without anything. */
static bool takes_keys(struct attempt *a, struct error *e)
{
    struct ssh *ssh = a->ssh;
    const char *user = ssh->target.user;
    char *list;
    long rc;

    do
        list = libssh2_userauth_list(ssh->session, user, (unsigned)strlen(user));
    while (!list && libssh2_session_last_errno(ssh->session) == LIBSSH2_ERROR_EAGAIN &&
           ssh_wait(ssh));
    if (!list && libssh2_userauth_authenticated(ssh->session)) {
        a->in = true;
        return true;
    }
    rc = libssh2_session_last_errno(ssh->session);
    if (!list)
        return ssh_failed(ssh, rc, "asking how to log in", e);
    if (strstr(list, "publickey"))
        return true;
    fail(e, ERR_SSH_FAILED, "it takes no keys for %s, only: %s", user, list);
    error_who(e, "root of that machine: PubkeyAuthentication in /etc/ssh/sshd_config");
    return false;
}

static bool is_rsa(const unsigned char *blob, size_t length)
{
    return str_equal(ssh_key_type(blob, length).s, "ssh-rsa");
}

/* False when the connection is gone: the server has had enough. */
static bool judge(struct attempt *a, long rc, struct error *e)
{
    if (rc == 0)
        a->in = true;
    if (rc == 0 || rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED ||
        rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED || rc == LIBSSH2_ERROR_FILE)
        return true;
    if (rc != LIBSSH2_ERROR_EAGAIN && rc != LIBSSH2_ERROR_SOCKET_DISCONNECT &&
        rc != LIBSSH2_ERROR_SOCKET_RECV && rc != LIBSSH2_ERROR_SOCKET_SEND)
        return true;
    return ssh_failed(a->ssh, rc, "logging in", e);
}

static bool show_identity(struct attempt *a, LIBSSH2_AGENT *agent,
                          struct libssh2_agent_publickey *key, struct error *e)
{
    long rc;

    SSH_UNTIL_DONE(a->ssh, rc, libssh2_agent_userauth(agent, a->ssh->target.user, key));
    log_line(LOG_LEVEL_DEBUG, "ssh: the agent's key %s: %s",
             ssh_fingerprint(key->blob, key->blob_len).s, rc == 0 ? "taken" : "refused");
    return judge(a, rc, e);
}

/* RSA keys last: this libssh2 may sign with them in a way that servers count as a failure. */
static bool show_identities(struct attempt *a, LIBSSH2_AGENT *agent, bool rsa, struct error *e)
{
    struct libssh2_agent_publickey *key = NULL;

    while (!a->in && libssh2_agent_get_identity(agent, &key, key) == 0) {
        if (is_rsa(key->blob, key->blob_len) != rsa)
            continue;
        *(rsa ? &a->rsa : &a->others) += 1;
        if (!show_identity(a, agent, key, e))
            return false;
    }
    return true;
}

static bool try_agent(struct attempt *a, struct error *e)
{
    LIBSSH2_AGENT *agent;
    bool ok = true;

    if (!getenv("SSH_AUTH_SOCK")) {
        note(a, "no agent (SSH_AUTH_SOCK is not set)", "");
        return true;
    }
    agent = libssh2_agent_init(a->ssh->session);
    if (!agent || libssh2_agent_connect(agent) != 0 || libssh2_agent_list_identities(agent) != 0) {
        note(a, "the agent", "(it does not answer)");
    } else {
        ok = show_identities(a, agent, false, e) && show_identities(a, agent, true, e);
        buf_printf(&a->tried, "%s%zu keys of the agent", a->tried.length > 0 ? ", " : "",
                   a->rsa + a->others);
    }
    if (agent) {
        (void)libssh2_agent_disconnect(agent);
        libssh2_agent_free(agent);
    }
    return ok;
}

/* What the file says about itself is enough to tell people why it does not work. */
static bool may_use(struct attempt *a, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        note(a, path, errno == ENOENT ? "(not there)" : "(not readable)");
        return false;
    }
    if (st.st_mode & 077) {
        note(a, path, "(not used: others may read it; chmod 600)");
        return false;
    }
    return true;
}

static bool try_file(struct attempt *a, const char *path, struct error *e)
{
    const char *user = a->ssh->target.user;
    char *text = NULL;
    long rc;

    if (a->in || !may_use(a, path))
        return true;
    /* "" and not NULL: without a passphrase libssh2 would look into a null pointer. */
    SSH_UNTIL_DONE(a->ssh, rc,
                   libssh2_userauth_publickey_fromfile_ex(a->ssh->session, user,
                                                          (unsigned)strlen(user), NULL, path, ""));
    (void)libssh2_session_last_error(a->ssh->session, &text, NULL, 0);
    log_line(LOG_LEVEL_DEBUG, "ssh: key %s: %s", path, rc == 0 ? "taken" : text ? text : "refused");
    if (rc == LIBSSH2_ERROR_FILE) {
        note(a, path, "(has a passphrase, or is no key that libssh2 can read)");
        a->locked = true;
        str_cut(a->locked_file, sizeof a->locked_file, path);
        return true;
    }
    note(a, path, rc == 0 ? "" : "(refused)");
    *(str_ends(path, "_rsa") ? &a->rsa : &a->others) += 1;
    return judge(a, rc, e);
}

static bool try_files(struct attempt *a, struct error *e)
{
    static const char *const names[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
    char path[512];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (ssh_home_file(names[i], path, sizeof path) && !try_file(a, path, e))
            return false;
    return true;
}

static bool refused(const struct attempt *a, struct error *e)
{
    const struct ssh_target *target = &a->ssh->target;
    struct ssh_target_text command = ssh_target_command(target);

    if (a->rsa > 0 && a->others == 0)
        fail(e, ERR_SSH_FAILED,
             "%s was refused, and only RSA keys were shown: libssh2 %s signs with them in a way "
             "(SHA-1) that OpenSSH refuses since 8.8; tried: %.250s",
             target->user, libssh2_version(0), buf_string(&a->tried));
    else
        fail(e, ERR_SSH_FAILED, "none of our keys is taken for %s; tried: %.400s", target->user,
             buf_string(&a->tried));
    error_who(e, "you, or who may log in there as %s", target->user);
    if (a->locked) {
        error_next(e, "eval \"$(ssh-agent)\" && ssh-add %s", a->locked_file);
        return false;
    }
    error_next(e, "ssh-keygen -t ed25519   # where there is no such key yet");
    return error_next(e, "ssh-copy-id -i ~/.ssh/id_ed25519.pub%s", command.s + strlen("ssh"));
}

bool ssh_log_in(struct ssh *ssh, struct error *e)
{
    struct attempt a = {.ssh = ssh, .tried = BUF_INIT(4096)};
    const char *only = getenv("NAMESAKE_SSH_KEY");
    bool ok = takes_keys(&a, e);

    if (ok && !a.in && only && *only)
        ok = try_file(&a, only, e);
    else if (ok && !a.in)
        ok = try_agent(&a, e) && try_files(&a, e);
    if (ok && !a.in)
        ok = refused(&a, e);
    buf_free(&a.tried);
    return ok;
}
