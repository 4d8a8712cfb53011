/* host_run.c - start a program on this machine, collect what it says, end it in time. */
#include "agent/net/host_local.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/base/clock.h"
#include "agent/base/str.h"

#define SYSTEM_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

/* What a program says on standard error is for people: more than this is dropped. */
#define ERRORS_MAX (64U << 10)

/* Without pidfd_open (Linux before 5.3) its end is looked for this often. */
#define END_POLL_MS 10

static const char *const environment[] = {"LC_ALL=C", "PATH=" SYSTEM_PATH, "HOME=/", NULL};

/* A program under way. Descriptors are -1 once they are closed. */
struct child {
    pid_t pid;
    int life; /* a pidfd, -1 where the kernel has none */
    int out, err;
    bool ended;
    int status; /* of waitpid */
};

/* The descriptors that a program starts with, and the one that tells why it did not. */
struct ends {
    int in, out, err, failure;
};

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

/* Our own PATH may hold anything, so it is not asked. */
static bool find_program(const char *name, char *path, size_t size, struct error *e)
{
    const char *at = SYSTEM_PATH;

    if (strchr(name, '/')) {
        if (is_program(name) && str_copy(path, size, name))
            return true;
        return fail(e, ERR_NO_INPUT, "there is no program %.200s", name);
    }
    while (*at) {
        int folder = (int)strcspn(at, ":");

        snprintf(path, size, "%.*s/%s", folder, at, name);
        if (is_program(path))
            return true;
        at += folder + (at[folder] == ':');
    }
    return fail(e, ERR_NO_INPUT, "there is no program %.200s in " SYSTEM_PATH, name);
}

/* A file in memory rather than a pipe: nobody has to feed it, nobody gets SIGPIPE. */
static int open_input(const char *text)
{
    size_t length = text ? strlen(text) : 0;
    int fd;

    if (!text)
        return open("/dev/null", O_RDONLY | O_CLOEXEC);
    fd = memfd_create("input", MFD_CLOEXEC);
    if (fd < 0)
        return -1;
    if (write(fd, text, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)
        close_one(&fd);
    return fd;
}

static bool open_pipe(int *reads, int *writes)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *reads = ends[0];
    *writes = ends[1];
    return true;
}

static void default_signals(void)
{
    struct sigaction act = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        (void)sigaction(number, &act, NULL); /* fails for KILL and STOP, as it may */
    sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: only 0, 1, 2 and, until the program runs, 3 stay open. */
static bool place_descriptors(const struct ends *ends)
{
    /* First out of the way: with a closed standard input a pipe may have got number 0. */
    int in = fcntl(ends->in, F_DUPFD_CLOEXEC, 10);
    int out = fcntl(ends->out, F_DUPFD_CLOEXEC, 10);
    int err = fcntl(ends->err, F_DUPFD_CLOEXEC, 10);
    int failure = fcntl(ends->failure, F_DUPFD_CLOEXEC, 10);

    if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0 || dup3(failure, 3, O_CLOEXEC) < 0)
        return false;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, 4U, ~0U, 0U) == 0)
        return true;
#endif
    for (int fd = 4; fd < (int)sysconf(_SC_OPEN_MAX) && fd < 65536; fd++)
        close(fd);
    return true;
}

static _Noreturn void become(const char *path, const char *const *argv, const struct ends *ends)
{
    const char *const *variables = environment;
    char *const *args, *const *values;
    int number;

    /* execve does not write to them, whatever its prototype says. */
    memcpy(&args, &argv, sizeof args);
    memcpy(&values, &variables, sizeof values);
    setsid();
    default_signals();
    umask(022);
    if (place_descriptors(ends) && chdir("/") == 0)
        execve(path, args, values);
    number = errno;
    (void)!write(3, &number, sizeof number);
    _exit(127);
}

static int pidfd_of(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0U);
#else
    (void)pid;
    return -1;
#endif
}

/* 0 once the program runs, else why it does not. */
static int start_failure(int fd)
{
    int number = 0;
    ssize_t n;

    do
        n = read(fd, &number, sizeof number);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof number ? number : 0;
}

static bool fork_child(const char *path, const struct command *command, struct ends *ends,
                       struct child *child, struct error *e)
{
    int failure = -1, number;

    ends->in = open_input(command->input);
    if (ends->in < 0 || !open_pipe(&child->out, &ends->out) ||
        !open_pipe(&child->err, &ends->err) || !open_pipe(&failure, &ends->failure)) {
        close_one(&failure);
        return fail(e, ERR_SYSTEM, "no descriptors for %.200s: %s", path, strerror(errno));
    }
    child->pid = fork();
    if (child->pid == 0)
        become(path, command->argv, ends);
    number = child->pid < 0 ? errno : 0;
    close_one(&ends->failure);
    if (child->pid > 0)
        number = start_failure(failure);
    close_one(&failure);
    if (number == 0)
        return true;
    if (child->pid > 0)
        waitpid(child->pid, &child->status, 0);
    child->ended = true;
    return fail(e, ERR_SYSTEM, "%.200s does not start: %s", path, strerror(number));
}

/* Take what is there; closes the pipe at its end. False once it is more than fits. */
static bool take(int *fd, struct buf *out)
{
    char piece[8192];

    while (*fd >= 0) {
        ssize_t n = read(*fd, piece, sizeof piece);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n <= 0)
            close_one(fd);
        else if ((size_t)n > out->ceiling - out->length)
            return false;
        else
            buf_add(out, piece, (size_t)n);
    }
    return true;
}

static void look_for_end(struct child *child)
{
    pid_t pid;

    do
        pid = waitpid(child->pid, &child->status, WNOHANG);
    while (pid < 0 && errno == EINTR);
    child->ended = pid != 0;
}

static bool follow(struct child *child, const struct command *command, struct command_result *r,
                   struct error *e)
{
    int64_t until = clock_ms() + command->timeout_ms;

    while (!child->ended) {
        struct pollfd fds[] = {
            {child->out, POLLIN, 0}, {child->err, POLLIN, 0}, {child->life, POLLIN, 0}};
        int64_t left = until - clock_ms();

        if (left <= 0)
            return fail(e, ERR_TIMEOUT, "%.100s did not end within %u s", command->argv[0],
                        (command->timeout_ms + 999) / 1000);
        if (left > END_POLL_MS && child->life < 0)
            left = END_POLL_MS;
        (void)poll(fds, 3, left > 60000 ? 60000 : (int)left);
        look_for_end(child); /* before reading, so that nothing it wrote last is missed */
        (void)take(&child->err, &r->err); /* what does not fit is dropped */
        if (!take(&child->out, &r->out))
            return fail(e, ERR_LIMIT_EXCEEDED, "%.100s said more than %zu bytes", command->argv[0],
                        r->out.ceiling);
    }
    return true;
}

/* Its process group with it. Daemons that it started on its way are in sessions of their own. */
static void end_child(struct child *child)
{
    pid_t pid;

    if (child->pid <= 0 || child->ended)
        return;
    (void)kill(-child->pid, SIGKILL);
    do
        pid = waitpid(child->pid, &child->status, 0);
    while (pid < 0 && errno == EINTR);
    child->ended = true;
}

static bool run_to_end(const char *path, const struct command *command,
                       struct command_result *result, struct error *e)
{
    struct child child = {.life = -1, .out = -1, .err = -1};
    struct ends ends = {-1, -1, -1, -1};
    bool ok = fork_child(path, command, &ends, &child, e);

    close_one(&ends.in);
    close_one(&ends.out);
    close_one(&ends.err);
    close_one(&ends.failure);
    if (ok) {
        child.life = pidfd_of(child.pid);
        (void)fcntl(child.out, F_SETFL, O_NONBLOCK);
        (void)fcntl(child.err, F_SETFL, O_NONBLOCK);
        ok = follow(&child, command, result, e);
        end_child(&child);
    }
    close_one(&child.life);
    close_one(&child.out);
    close_one(&child.err);
    result->status =
        WIFSIGNALED(child.status) ? 128 + WTERMSIG(child.status) : WEXITSTATUS(child.status);
    return ok;
}

bool host_local_run(struct host *host, const struct command *command, struct command_result *out,
                    struct error *e)
{
    struct command_result result = {.out = BUF_INIT(HOST_OUTPUT_MAX), .err = BUF_INIT(ERRORS_MAX)};
    char path[4096];

    (void)host;
    if (!find_program(command->argv[0], path, sizeof path, e) ||
        !run_to_end(path, command, &result, e)) {
        command_result_free(&result);
        return error_what(e, "cannot run %.200s", command->argv[0]);
    }
    *out = result;
    return true;
}
