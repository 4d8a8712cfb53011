/*
 * test_ssh_server.c - sessions with real servers (with_sshd.sh) and with what may go wrong: keys
 * that are not known, servers that hang or hang up at any byte.
 */
#include "agent/net/host_open.h"
#include "agent/net/ssh.h"

#include "tests/support/child.h"
#include "tests/support/folder.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "agent/base/clock.h"
#include "agent/base/str.h"
#include "agent/net/smtp.h"
#include "agent/net/via_ssh.h"

enum { TALKS = 300, GREETINGS = 1000, AT_ONCE = 64 };

static struct ssh *try(const char *text, uint32_t timeout_ms, struct error *e)
{
    struct ssh_target target;

    ck_assert(ssh_target_parse(text, &target, e));
    return ssh_open(&target, timeout_ms, e);
}

/* A home of this test's own, with the keys that are named and this known_hosts. */
static struct folder new_home(const char *keys, const char *known)
{
    static const char *const names[] = {"id_ed25519", "id_ecdsa", "id_rsa"};
    struct folder home = folder_new();
    char command[400];

    ck_assert_int_eq(mkdir(in(&home, ".ssh").s, 0700), 0);
    for (size_t i = 0; i < 3; i++)
        if (strstr(keys, names[i])) {
            snprintf(command, sizeof command, "cp $HOME/.ssh/%s %s/.ssh/", names[i], home.path);
            ck_assert_int_eq(system(command), 0);
        }
    snprintf(command, sizeof command, "%s >%s/.ssh/known_hosts", known, home.path);
    ck_assert_int_eq(system(command), 0);
    setenv("HOME", home.path, 1);
    return home;
}

#define KNOWN "cat $HOME/.ssh/known_hosts"
#define KNOWN_RSA "echo 127.0.0.1 $(cut -d ' ' -f 1,2 $LAB/keys/host_rsa.pub)"
#define KNOWN_ECDSA "echo 127.0.0.1 $(cut -d ' ' -f 1,2 $LAB/keys/host_ecdsa.pub)"
#define FORGED "echo 127.0.0.1 $(cut -d ' ' -f 1,2 $HOME/.ssh/id_ed25519.pub)"

static const struct {
    const char *label, *target, *keys, *known;
    const char *why, *next; /* NULL: it works */
} logins[] = {
    {"an ed25519 key", "root@127.0.0.1", "id_ed25519", KNOWN, NULL, NULL},
    {"an ecdsa key", "root@127.0.0.1", "id_ecdsa", KNOWN, NULL, NULL},
    {"a host that is known by its ecdsa key only", "root@127.0.0.1", "id_ed25519", KNOWN_ECDSA,
     NULL, NULL},
    {"a host that is known without its port", "root@127.0.0.1:2322", "id_ed25519", KNOWN, NULL,
     NULL},
    {"a hashed name", "root@127.0.0.1", "id_ed25519",
     "cp $HOME/.ssh/known_hosts /tmp/hashed && ssh-keygen -q -H -f /tmp/hashed 2>/dev/null; cat "
     "/tmp/hashed",
     NULL, NULL},
    {"an unknown host", "root@127.0.0.1", "id_ed25519", "true",
     "not known here: ED25519 SHA256:", "ssh root@127.0.0.1 "},
    {"an unknown host with a port", "root@127.0.0.1:2322", "id_ed25519", "true",
     "not known here: ED25519 SHA256:", "ssh -p 2322 root@127.0.0.1 "},
    {"another host key", "root@127.0.0.1", "id_ed25519", FORGED, "line 1 of",
     "ssh-keygen -R 127.0.0.1 -f "},
    {"known by its RSA key only", "root@127.0.0.1", "id_ed25519", KNOWN_RSA, "RSA key is known",
     "-o HostKeyAlgorithms=ssh-ed25519"},
    {"a revoked host key", "root@127.0.0.1", "id_ed25519",
     KNOWN "; " KNOWN " | sed 's/^/@revoked /'", "is revoked", ""},
    {"no key at all", "root@127.0.0.1", "", KNOWN, "none of our keys is taken for root",
     "ssh-keygen -t ed25519"},
    {"a key that is not taken", "plain@127.0.0.1", "id_ecdsa", KNOWN, "id_ecdsa (refused)",
     "ssh-keygen -t ed25519"},
    {"passwords only", "root@127.0.0.1:2222", "id_ed25519", KNOWN, "takes no keys for root", ""},
    {"nobody listens", "root@127.0.0.1:9", "id_ed25519", KNOWN, "Connection refused",
     "ssh -p 9 root@127.0.0.1 true"},
    {"a name that does not exist", "root@nowhere.invalid", "id_ed25519", KNOWN, "no address", ""},
};

START_TEST(login)
{
    struct folder home = new_home(logins[_i].keys, logins[_i].known);
    struct error e = {0};
    struct ssh *ssh = try(logins[_i].target, 10000, &e);

    if (!logins[_i].why) {
        ck_assert_msg(ssh != NULL, "%s: %s", logins[_i].label, e.why);
    } else {
        ck_assert_msg(ssh == NULL, "%s", logins[_i].label);
        ck_assert_msg(e.code == ERR_SSH_FAILED, "%s: %s", logins[_i].label, error_id(e.code));
        ck_assert_msg(strstr(e.why, logins[_i].why), "%s: %s", logins[_i].label, e.why);
        ck_assert_msg(strstr(e.next, logins[_i].next), "%s: %s", logins[_i].label, e.next);
    }
    ssh_free(ssh);
    folder_free(&home);
}
END_TEST

/* What libssh2 1.10 cannot do and 1.11 can: either it works, or the reason says what to do. */
static const struct {
    const char *label, *target, *keys, *known, *why, *next;
} limits[] = {
    {"an RSA key", "root@127.0.0.1", "id_rsa", KNOWN, "only RSA keys were shown",
     "ssh-keygen -t ed25519"},
    {"a server with an RSA host key only", "root@127.0.0.1:2022", "id_ed25519", KNOWN_RSA,
     "no kind of host key in common: the server offers rsa-sha2-512", "ssh-keygen -A"},
    {"a server with ciphers of the GCM kind only", "root@127.0.0.1:2122", "id_ed25519", KNOWN,
     "no cipher in common: the server offers aes256-gcm@openssh.com", "aes256-ctr"},
};

START_TEST(limit_of_the_library)
{
    struct folder home = new_home(limits[_i].keys, limits[_i].known);
    struct error e = {0};
    struct ssh *ssh = try(limits[_i].target, 10000, &e);

    if (!ssh) {
        ck_assert_msg(strstr(e.why, limits[_i].why), "%s: %s", limits[_i].label, e.why);
        ck_assert_msg(strstr(e.next, limits[_i].next), "%s: %s", limits[_i].label, e.next);
    }
    ssh_free(ssh);
    folder_free(&home);
}
END_TEST

START_TEST(key_file_of_the_environment)
{
    struct folder home = new_home("", KNOWN);
    struct error e = {0};
    struct ssh *ssh;
    char path[200];

    snprintf(path, sizeof path, "%s/home/.ssh/id_ed25519", getenv("LAB"));
    setenv("NAMESAKE_SSH_KEY", path, 1);
    ssh = try("root@127.0.0.1", 10000, &e);
    ck_assert_msg(ssh != NULL, "%s", e.why);
    ssh_free(ssh);
    folder_free(&home);
}
END_TEST

START_TEST(key_file_that_others_may_read_or_with_a_passphrase)
{
    struct folder home = new_home("id_ed25519", KNOWN);
    struct error e = {0};
    char command[300];

    ck_assert_int_eq(chmod(in(&home, ".ssh/id_ed25519").s, 0644), 0);
    ck_assert_ptr_null(try("root@127.0.0.1", 10000, &e));
    ck_assert_ptr_nonnull(strstr(e.why, "chmod 600"));
    snprintf(command, sizeof command,
             "chmod 600 %s/.ssh/id_ed25519 && "
             "ssh-keygen -q -p -P '' -N secret -f %s/.ssh/id_ed25519 >/dev/null",
             home.path, home.path);
    ck_assert_int_eq(system(command), 0);
    ck_assert_ptr_null(try("root@127.0.0.1", 10000, &e));
    ck_assert_ptr_nonnull(strstr(e.why, "has a passphrase"));
    ck_assert_ptr_nonnull(strstr(e.next, "ssh-add"));
    folder_free(&home);
}
END_TEST

START_TEST(agent)
{
    struct folder home = new_home("", KNOWN);
    struct error e = {0};
    struct ssh *ssh;
    char socket[100], command[600];

    snprintf(socket, sizeof socket, "%s/agent", home.path);
    snprintf(command, sizeof command,
             "ssh-agent -a %s >%s/env && for k in rsa ed25519; do SSH_AUTH_SOCK=%s ssh-add -q "
             "$LAB/home/.ssh/id_$k; done",
             socket, home.path, socket);
    ck_assert_int_eq(system(command), 0);
    setenv("SSH_AUTH_SOCK", socket, 1);
    ssh = try("root@127.0.0.1", 10000, &e);
    ck_assert_msg(ssh != NULL, "%s", e.why);
    ssh_free(ssh);
    snprintf(command, sizeof command, ". %s/env; kill $SSH_AGENT_PID", home.path);
    ck_assert_int_eq(system(command), 0);
    ssh = try("root@127.0.0.1", 10000, &e);
    ck_assert_ptr_null(ssh);
    ck_assert_ptr_nonnull(strstr(e.why, "does not answer"));
    folder_free(&home);
}
END_TEST

START_TEST(sudo_without_a_password_is_root)
{
    struct error e = {0};
    struct host *host = host_open("helper@127.0.0.1", &e);
    struct host_file file;

    ck_assert_msg(host != NULL, "%s", e.why);
    ck_assert_str_eq(host->title, "helper@127.0.0.1");
    ck_assert(host_is_root(host));
    ck_assert_msg(host_read(host, "/etc/shadow", &file, &e), "%s", e.why);
    host_file_free(&file);
    host_free(host);
}
END_TEST

START_TEST(without_sudo_the_line_to_type_is_told)
{
    struct error e = {0};
    struct host *host = host_open("plain@127.0.0.1", &e);
    struct host_file file;

    ck_assert_msg(host != NULL, "%s", e.why);
    ck_assert(!host_is_root(host));
    ck_assert(!host_read(host, "/etc/shadow", &file, &e));
    ck_assert_int_eq(e.code, ERR_ROOT_NEEDED);
    ck_assert_ptr_nonnull(strstr(e.next, "plain ALL=(root) NOPASSWD: ALL"));
    ck_assert_ptr_nonnull(strstr(e.alt, "root@127.0.0.1"));
    host_free(host);
}
END_TEST

/* Between us and a real server: after so many bytes of the server it hangs, or hangs up. */
struct middle {
    int listener;
    size_t bytes;
    bool hangs_up;
};

static void pass_on(int from, int to)
{
    char piece[4096];
    ssize_t n = read(from, piece, sizeof piece);

    if (n <= 0 || write(to, piece, (size_t)n) != n)
        _exit(0);
}

static void serve(const struct middle *m, int client)
{
    int server = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(22)};
    size_t left = m->bytes;
    char piece[4096];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(server, (struct sockaddr *)&to, sizeof to) != 0)
        _exit(1);
    while (left > 0) {
        struct pollfd fds[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};

        (void)poll(fds, 2, -1);
        if (fds[0].revents)
            pass_on(client, server);
        if (fds[1].revents) {
            ssize_t n = read(server, piece, left < sizeof piece ? left : sizeof piece);

            if (n <= 0 || write(client, piece, (size_t)n) != n)
                _exit(0);
            left -= (size_t)n;
        }
    }
    if (m->hangs_up)
        _exit(0);
    for (;;)
        pause();
}

static void stand_between(const void *arg, int log_fd)
{
    const struct middle *m = arg;

    close(log_fd);
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(m->listener, NULL, NULL);

        if (client >= 0 && fork() == 0)
            serve(m, client);
        close(client);
    }
}

enum { CUT_STEP = 450, CUTS = 9, LIMIT_MS = 700 };

/* From the first byte to a program that runs: it ends in time, as an error of the connection. */
START_TEST(hanging_at_any_byte)
{
    struct middle m = {.listener = child_bind("127.0.0.1", 0, SOCK_STREAM),
                       .bytes = (size_t)_i / 2 * CUT_STEP,
                       .hangs_up = _i % 2 == 1};
    char target[64], text[8];
    struct error e = {0};
    int log_fd;
    pid_t child = child_start(stand_between, &m, &log_fd);
    int64_t started = clock_ms();
    struct ssh_output output = {.out = BUF_INIT(1000), .err = BUF_INIT(1000)};
    struct ssh *ssh;

    snprintf(target, sizeof target, "root@127.0.0.1:%u", child_port(m.listener));
    close(m.listener);
    ssh = try(target, LIMIT_MS * (m.bytes > 2500 ? 4 : 1), &e);
    if (ssh) {
        ck_assert_uint_gt(m.bytes, 1500);
        ck_assert(!ssh_run(ssh, "sleep 100", "mark", "", 0, LIMIT_MS, &output, &e));
        ck_assert(e.code == ERR_SSH_FAILED || e.code == ERR_TIMEOUT);
        ck_assert(!ssh_is_alive(ssh));
    } else {
        ck_assert_int_eq(e.code, ERR_SSH_FAILED);
    }
    ssh_free(ssh);
    ck_assert_int_lt(clock_ms() - started, 15000);
    child_stop(child, log_fd, text, sizeof text);
}
END_TEST

START_TEST(host_comes_back_after_a_broken_connection)
{
    const char *kill[] = {"/usr/bin/pkill", "-9", "-f", "sshd(-session)?: root@notty", NULL};
    struct command command = {.argv = kill, .timeout_ms = 5000};
    struct command_result result;
    struct error e = {0};
    struct host *host = host_open("root@127.0.0.1", &e);
    struct host_file file;

    ck_assert_msg(host != NULL, "%s", e.why);
    ck_assert(!host_run(host, &command, &result, &e));
    ck_assert_msg(e.code == ERR_SSH_FAILED, "%s", e.why);
    ck_assert_msg(host_read(host, "/etc/passwd", &file, &e), "%s", e.why);
    host_file_free(&file);
    host_free(host);
}
END_TEST

/* Greets each one that connects, answers one line with the same in a line, and closes. */
static void greet(const void *arg, int log_fd)
{
    int listener = *(const int *)arg;

    (void)log_fd;
    for (;;) {
        char line[100];
        int client = accept(listener, NULL, NULL);
        ssize_t n = write(client, "220 hello\r\n", 11) == 11 ? read(client, line, sizeof line) : 0;

        (void)!write(client, line, n > 0 ? (size_t)n : 0);
        close(client);
    }
}

/* A conversation over a stream: the greeting, our word, its echo, the end. */
struct talk {
    struct ssh_stream stream;
    struct buf got;
    struct pool *pool;
    bool spoke;
};

struct pool {
    struct talk talks[32];
    struct ssh_streams *streams;
    struct loop *loop;
    struct ip ip;
    uint16_t port;
    int left, good, bad; /* to begin, and how they ended */
    enum ssh_stream_state last;
};

static void begin_talk(struct talk *talk)
{
    if (talk->pool->left-- <= 0)
        return;
    buf_clear(&talk->got);
    talk->spoke = false;
    ssh_stream_open(talk->pool->streams, &talk->stream, &talk->pool->ip, talk->pool->port);
}

static void talk_on(struct ssh_stream *stream)
{
    struct talk *talk = (struct talk *)stream;
    char piece[64];
    size_t n;

    while ((n = ssh_stream_read(stream, piece, sizeof piece)) > 0)
        buf_add(&talk->got, piece, n);
    if (!talk->spoke && str_ends(buf_string(&talk->got), "220 hello\r\n"))
        talk->spoke = ssh_stream_write(stream, "echo\r\n", 6) == 6;
    if (stream->state == SSH_STREAM_OPEN || stream->state == SSH_STREAM_OPENING)
        return;
    talk->pool->last = stream->state;
    if (stream->state == SSH_STREAM_CLOSED &&
        str_equal(buf_string(&talk->got), "220 hello\r\necho\r\n"))
        talk->pool->good++;
    else
        talk->pool->bad++;
    ssh_stream_close(stream);
    begin_talk(talk);
}

static bool all_talked(void *arg)
{
    struct pool *pool = arg;

    return pool->good + pool->bad == TALKS;
}

static void talk_all(const char *target, uint16_t port, int count, uint32_t connect_ms,
                     struct pool *pool)
{
    struct error e = {0};
    struct ssh *ssh = try(target, 10000, &e);

    ck_assert_msg(ssh != NULL, "%s", e.why);
    pool->loop = loop_new(&e);
    ck_assert_ptr_nonnull(pool->loop);
    pool->streams = ssh_streams_new(ssh, pool->loop, connect_ms);
    ck_assert(ip_parse("127.0.0.1", &pool->ip));
    pool->port = port;
    pool->left = TALKS;
    for (int i = 0; i < count; i++) {
        pool->talks[i] = (struct talk){.stream.ready = talk_on, .pool = pool};
        pool->talks[i].got = BUF_INIT(1000);
        begin_talk(&pool->talks[i]);
    }
    (void)loop_run(pool->loop, all_talked, pool, clock_ms() + 60000);
    for (int i = 0; i < count; i++) {
        ssh_stream_close(&pool->talks[i].stream);
        buf_free(&pool->talks[i].got);
    }
    ssh_streams_free(pool->streams);
    loop_free(pool->loop);
    ssh_free(ssh);
}

static const struct {
    const char *label;
    int at_once;
} crowds[] = {{"one by one", 1}, {"eight at once", 8}, {"32 at once", 32}};

START_TEST(streams)
{
    int listener = child_bind("127.0.0.1", 0, SOCK_STREAM), log_fd;
    uint16_t port = child_port(listener);
    pid_t child = child_start(greet, &listener, &log_fd);
    static struct pool pool;
    int64_t started = clock_ms();
    char text[8];

    close(listener);
    talk_all("root@127.0.0.1", port, crowds[_i].at_once, 5000, &pool);
    ck_assert_msg(pool.good == TALKS, "%s: %d good, %d bad, the last one %d", crowds[_i].label,
                  pool.good, pool.bad, (int)pool.last);
    printf("%s: %d streams a second\n", crowds[_i].label,
           (int)(TALKS * 1000 / (clock_ms() - started + 1)));
    child_stop(child, log_fd, text, sizeof text);
}
END_TEST

static const struct {
    const char *label, *target;
    enum ssh_stream_state state;
} refusals[] = {
    {"nobody listens there", "root@127.0.0.1", SSH_STREAM_REFUSED},
    {"the server forwards nothing", "root@127.0.0.1:2322", SSH_STREAM_FORBIDDEN},
};

START_TEST(streams_that_do_not_come_about)
{
    static struct pool pool;

    talk_all(refusals[_i].target, 9, 8, 5000, &pool);
    ck_assert_msg(pool.bad == TALKS, "%s: %d", refusals[_i].label, pool.bad);
    ck_assert_msg(pool.last == refusals[_i].state, "%s: %d", refusals[_i].label, (int)pool.last);
}
END_TEST

/* Greets like a mail server, again and again; fds of several clients at once are not needed. */
static void greet_mail(const void *arg, int log_fd)
{
    int listener = *(const int *)arg;

    (void)log_fd;
    (void)listen(listener, 4096); /* as many as may wait for their turn */
    for (;;) {
        char line[100];
        int client = accept(listener, NULL, NULL);
        bool ok = write(client, "220 mail.example ESMTP\r\n", 24) == 24 &&
                  read(client, line, sizeof line) > 0 &&
                  write(client, "250 mail.example\r\n", 18) == 18;

        while (ok && read(client, line, sizeof line) > 0)
            ;
        close(client);
    }
}

/* One via, many addresses of 127.0.0.0/8, and some that never answer. */
struct crowd {
    struct smtp *smtp;
    struct loop *loop;
    struct waiter waiter;
    struct ip ips[GREETINGS];
    bool told[GREETINGS]; /* not asked for again */
    int first_filtered, good;
};

static struct ip address_of(const struct crowd *crowd, int i)
{
    char text[32];
    struct ip ip;

    /* 198.18.0.0/24 has a route and nobody at the end of it (see silence). */
    if (i >= crowd->first_filtered)
        snprintf(text, sizeof text, "198.18.0.%d", 1 + i - crowd->first_filtered);
    else
        snprintf(text, sizeof text, "127.1.%d.%d", i / 200, 1 + i % 200);
    ck_assert(ip_parse(text, &ip));
    return ip;
}

static bool all_greeted(void *arg)
{
    struct crowd *crowd = arg;
    int open = 0;

    loop_ask_for(crowd->loop, &crowd->waiter);
    /* Those that do not answer come first; of the others AT_ONCE are under way. */
    for (int i = GREETINGS - 1; i >= 0 && open < AT_ONCE; i--) {
        const struct smtp_greeting *greeting =
            crowd->told[i] ? NULL : smtp_ask(crowd->smtp, &crowd->ips[i]);

        if (i < crowd->first_filtered)
            open += !crowd->told[i] && greeting == NULL;
        crowd->good += greeting != NULL && greeting->state == SMTP_OK && greeting->ehlo.count == 1;
        crowd->told[i] = crowd->told[i] || greeting != NULL;
    }
    loop_ask_for(crowd->loop, NULL);
    while (loop_next_awake(crowd->loop) != NULL)
        ;
    return open == 0;
}

static const struct {
    const char *label;
    int filtered;
    size_t sessions; /* at least, in the end */
} crowds_of_mail[] = {{"a thousand greetings", 0, 1}, {"with three filtered addresses", 3, 2}};

/* Packets to 198.18.0.0/24 come back to a machine that does not forward: it drops them. */
static void silence(void)
{
    if (system("echo 0 >/proc/sys/net/ipv4/ip_forward; ip route add 198.18.0.0/24 dev lo") != 0)
        ck_abort_msg("no silent network");
}

START_TEST(greetings_through_a_viewpoint)
{
    int listener = child_bind("0.0.0.0", 0, SOCK_STREAM), log_fd;
    struct smtp_settings settings = {
        .port = child_port(listener), .timeout_ms = 30000, .ehlo_name = "probe.example"};
    static struct crowd crowd;
    pid_t child = child_start(greet_mail, &listener, &log_fd);
    struct error e = {0};
    struct loop *loop = loop_new(&e);
    int64_t started, took;
    char text[8];

    close(listener);
    crowd = (struct crowd){.first_filtered = GREETINGS - crowds_of_mail[_i].filtered};
    for (int i = 0; i < GREETINGS; i++)
        crowd.ips[i] = address_of(&crowd, i);
    if (crowds_of_mail[_i].filtered > 0)
        silence();
    settings.via = via_open("root@127.0.0.1", loop, &e);
    ck_assert_msg(settings.via != NULL, "%s", e.why);
    crowd.smtp = smtp_new(loop, &settings);
    crowd.loop = loop;
    started = clock_ms();
    (void)loop_run_pass(loop, all_greeted, &crowd, clock_ms() + 100000);
    took = clock_ms() - started;
    printf("%s: %d of %d in %d ms (%d a second), %zu sessions\n", crowds_of_mail[_i].label,
           crowd.good, crowd.first_filtered, (int)took, (int)(crowd.good * 1000 / (took + 1)),
           via_ssh_sessions(settings.via));
    ck_assert_msg(crowd.good == crowd.first_filtered, "%s: %d", crowds_of_mail[_i].label,
                  crowd.good);
    ck_assert_uint_ge(via_ssh_sessions(settings.via), crowds_of_mail[_i].sessions);
    smtp_let_go(crowd.smtp, &crowd.waiter);
    smtp_free(crowd.smtp);
    via_free(settings.via);
    loop_free(loop);
    child_stop(child, log_fd, text, sizeof text);
}
END_TEST

static const struct {
    const char *label, *target, *what, *next;
} viewpoints[] = {
    {"forwards nothing", "root@127.0.0.1:2322", "does not forward", "ssh -p 2322"},
    {"breaks and does not come back", "root@127.0.0.1", "Connection refused", ""},
};

static bool is_told(void *arg)
{
    struct ip ip;

    return ip_parse("127.0.0.1", &ip) && smtp_ask(arg, &ip) != NULL;
}

START_TEST(viewpoint_is_lost)
{
    struct error e = {0};
    struct loop *loop = loop_new(&e);
    struct smtp_settings settings = {.port = 25, .timeout_ms = 30000, .ehlo_name = "probe.example"};
    struct smtp *smtp;

    settings.via = via_open(viewpoints[_i].target, loop, &e);
    ck_assert_msg(settings.via != NULL, "%s", e.why);
    smtp = smtp_new(loop, &settings);
    if (_i == 1) /* the listener, and the sessions */
        ck_assert_int_eq(
            system("kill $(cat $LAB/sshd-22.pid); pkill -9 -f '[s]shd(-session)?: root'"), 0);
    ck_assert(loop_run_pass(loop, is_told, smtp, clock_ms() + 20000));
    ck_assert_msg(settings.via->lost, "%s", viewpoints[_i].label);
    ck_assert_msg(strstr(settings.via->why.why, viewpoints[_i].what), "%s: %s",
                  viewpoints[_i].label, settings.via->why.why);
    ck_assert_msg(strstr(settings.via->why.next, viewpoints[_i].next), "%s: %s",
                  viewpoints[_i].label, settings.via->why.next);
    smtp_free(smtp);
    via_free(settings.via);
    loop_free(loop);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"login", login, ROWS(logins), 0},
        {"limits of the library", limit_of_the_library, ROWS(limits), 0},
        {"key of the environment", key_file_of_the_environment, 1, 0},
        {"key files not used", key_file_that_others_may_read_or_with_a_passphrase, 1, 0},
        {"agent", agent, 1, 0},
        {"sudo", sudo_without_a_password_is_root, 1, 0},
        {"no sudo", without_sudo_the_line_to_type_is_told, 1, 0},
        {"hanging", hanging_at_any_byte, CUTS * 2, 0},
        {"streams", streams, ROWS(crowds), 0},
        {"streams refused", streams_that_do_not_come_about, ROWS(refusals), 0},
        {"greetings", greetings_through_a_viewpoint, ROWS(crowds_of_mail), 0},
        {"coming back", host_comes_back_after_a_broken_connection, 1, 0},
        {"a lost viewpoint", viewpoint_is_lost, ROWS(viewpoints), 0}, /* ends the server */
    };

    return unit_run("ssh_server", tests, ROWS(tests));
}
