/* child.c - helper processes of tests. */
#include "tests/support/child.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_start(void (*run)(const void *arg, int log_fd), const void *arg, int *log_fd)
{
    int ends[2];
    pid_t child;

    if (pipe(ends) != 0)
        abort();
    child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        close(ends[0]);
        run(arg, ends[1]);
        _exit(0);
    }
    close(ends[1]);
    *log_fd = ends[0];
    return child;
}

void child_stop(pid_t child, int log_fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t got;

    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    while (length + 1 < size && (got = read(log_fd, text + length, size - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    close(log_fd);
}

int child_bind(const char *address, uint16_t port, int type)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;

    if (fd < 0 || inet_pton(AF_INET, address, &to.sin_addr) != 1)
        abort();
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, (struct sockaddr *)&to, sizeof to) != 0 ||
        (type == SOCK_STREAM && listen(fd, 16) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

uint16_t child_port(int fd)
{
    struct sockaddr_in at = {0};
    socklen_t length = sizeof at;

    if (getsockname(fd, (struct sockaddr *)&at, &length) != 0)
        abort();
    return ntohs(at.sin_port);
}
