/*
 * ssh_known.h - PURE: what known_hosts files say about one host, and whether
 * the key that it shows is one of its keys (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
 */
#ifndef NAMESAKE_NET_SSH_KNOWN_H
#define NAMESAKE_NET_SSH_KNOWN_H

#include <stdbool.h>
#include <stddef.h>

struct ssh_known_key {
    char *type; /* "ssh-ed25519" */
    char *key;  /* base64, as it stands in the file */
    bool revoked;
    char *file;
    size_t line;
};

/* What is known about one host. Start it zeroed; ssh_known_free frees it. */
struct ssh_known {
    struct ssh_known_key *v;
    size_t count;
    bool authority; /* a certificate authority stands for it too; certificates are not checked */
};

/*
 * Add what a file's text says about a host. The name is in lower case, "host" or, for a port that
 * is not 22, "[host]:port". Patterns, negated patterns and hashed names count as they do for ssh;
 * a line that cannot be read is passed over, as ssh does.
 */
void ssh_known_read(struct ssh_known *known, const char *name, const char *file, const char *text,
                    size_t length);
void ssh_known_free(struct ssh_known *known);

enum ssh_known_answer {
    SSH_KNOWN_NOT,        /* nothing is known about the host */
    SSH_KNOWN_SAME,       /* this is its key */
    SSH_KNOWN_OTHER,      /* its key of this type is another one */
    SSH_KNOWN_OTHER_TYPE, /* only keys of other types are known */
    SSH_KNOWN_REVOKED,    /* this very key is marked as not to be trusted */
};

/* Judge a key that is shown; *which is the line that decided, NULL for SSH_KNOWN_NOT. */
enum ssh_known_answer ssh_known_judge(const struct ssh_known *known, const void *blob,
                                      size_t length, const struct ssh_known_key **which);

/* The type that a key's bytes begin with (RFC 4253 6.6): "ssh-ed25519"; "" when they do not. */
struct ssh_key_type {
    char s[64];
};
struct ssh_key_type ssh_key_type(const void *blob, size_t length);

/* "SHA256:..." as ssh-keygen -l prints it, of a key's bytes and of a line of a file. */
struct ssh_fingerprint {
    char s[64];
};
struct ssh_fingerprint ssh_fingerprint(const void *blob, size_t length);
struct ssh_fingerprint ssh_known_fingerprint(const struct ssh_known_key *key);

/* "ED25519", "ECDSA", "RSA": the word of people for a type. */
const char *ssh_key_word(const char *type);

#endif
