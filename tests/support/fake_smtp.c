/* fake_smtp.c - a server on loopback that follows a script. */
#include "tests/support/fake_smtp.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support/child.h"

struct setup {
    const struct fake_smtp_step *steps;
    int listener;
};

/* One segment, its line end left out. False when the client is gone. */
static int hear(int fd, int log_fd)
{
    char data[1024], line[1100];
    const ssize_t got = recv(fd, data, sizeof data, 0);
    size_t length = got > 0 ? (size_t)got : 0;

    if (got <= 0)
        return 0;
    while (length > 0 && (data[length - 1] == '\n' || data[length - 1] == '\r'))
        length--;
    snprintf(line, sizeof line, "[%.*s]", (int)length, data);
    (void)!write(log_fd, line, strlen(line));
    return 1;
}

static void note_early(int fd, int log_fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    if (poll(&waiting, 1, 0) > 0)
        (void)!write(log_fd, "EARLY", 5);
}

static void follow(const struct fake_smtp_step *step, int fd, int log_fd)
{
    static const struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    switch (step->act) {
    case FAKE_END:
        break;
    case FAKE_SAY:
        note_early(fd, log_fd);
        (void)!write(fd, step->text, strlen(step->text));
        break;
    case FAKE_PAUSE:
        usleep((useconds_t)step->ms * 1000);
        break;
    case FAKE_HEAR:
        hear(fd, log_fd);
        break;
    case FAKE_FLOOD:
        while (write(fd, step->text, strlen(step->text)) > 0)
            continue;
        break;
    case FAKE_DRIP:
        for (const char *at = step->text; *at != '\0'; at++, usleep(1000))
            (void)!write(fd, at, 1);
        break;
    case FAKE_HOLD:
        while (hear(fd, log_fd))
            continue;
        break;
    case FAKE_RESET:
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        break;
    }
}

static void serve(const void *arg, int log_fd)
{
    const struct setup *setup = arg;
    const int fd = accept(setup->listener, NULL, NULL);
    const struct fake_smtp_step *step = setup->steps;

    for (; step->act != FAKE_END; step++)
        follow(step, fd, log_fd);
    close(fd);
}

struct fake_smtp fake_smtp_start(const struct fake_smtp_step *steps)
{
    struct setup setup = {.steps = steps, .listener = child_bind("127.0.0.1", 0, SOCK_STREAM)};
    struct fake_smtp fake = {.port = child_port(setup.listener)};

    fake.child = child_start(serve, &setup, &fake.log_fd);
    close(setup.listener);
    return fake;
}

void fake_smtp_stop(struct fake_smtp *fake, char *heard, size_t size)
{
    siginfo_t ended = {0};

    /* The client's last words are on the way: give the script the time to hear them. */
    for (int i = 0; i < 200 && ended.si_pid == 0; i++) {
        waitid(P_PID, (id_t)fake->child, &ended, WEXITED | WNOHANG | WNOWAIT);
        usleep(ended.si_pid == 0 ? 5000 : 0);
    }
    child_stop(fake->child, fake->log_fd, heard, size);
}
