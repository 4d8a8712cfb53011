/*
 * fake_host.h - a machine in memory: files, programs with canned answers, and
 * a small Postfix that reads main.cf and master.cf as the real one does.
 */
#ifndef NAMESAKE_TESTS_SUPPORT_FAKE_HOST_H
#define NAMESAKE_TESTS_SUPPORT_FAKE_HOST_H

#include "agent/net/host.h"

#define FAKE_MAX 64

struct fake_file {
    char path[256];
    char *text; /* NULL: there, but not readable for us */
};

/* What a command says; the first whose text the command starts with. */
struct fake_answer {
    const char *command; /* "postconf -c /etc/postfix -M" */
    int status;
    const char *out, *err;
};

struct fake_host {
    struct host host;
    struct fake_file files[FAKE_MAX];
    struct fake_answer answers[FAKE_MAX];
    size_t file_count, answer_count;
    const char *hostname; /* gethostname() */
    bool locked, root;
    bool lock_refused;        /* only root may look at the lock */
    bool exim;                /* Exim is installed */
    const char *exim_command; /* its daemon's, words separated by "|"; NULL: it does not run */
    int exim_daemons_lost;    /* how often a daemon was told to read a broken file */
    char stage[256];
    struct buf log; /* the commands that were run, one a line */
};

/* The caller frees it with host_free(&fake->host). */
struct fake_host *fake_host_new(void);

/* Add a file, or replace its text. */
void fake_host_file(struct fake_host *fake, const char *path, const char *text);
const char *fake_host_text(const struct fake_host *fake, const char *path);
void fake_host_answer(struct fake_host *fake, const char *command, int status, const char *out,
                      const char *err);

/* Postfix in /etc/postfix: main.cf, and master.cf with one service a line. */
void fake_host_postfix(struct fake_host *fake, const char *main_cf, const char *master_cf);

/* fake_postfix.c: the tools of Postfix; false when the command is none of them. */
bool fake_postfix_run(struct fake_host *fake, const char *const *argv, struct command_result *out);

/*
 * fake_exim.c: Exim and the programs that are asked beside it, on the files of the host: reading,
 * a few expansions, Debian's update-exim4.conf. False when the command is none of them.
 */
bool fake_exim_run(struct fake_host *fake, const char *const *argv, struct command_result *out);

#endif
