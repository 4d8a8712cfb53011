/*
 * bench_relay.c - a link on which every packet is late, and some are lost: a TUN device here
 * ("near") and one in a network namespace of its own ("far"), where the command is run.
 * Usage: bench_relay DELAY-MS LOSS-PERCENT COMMAND [ARGUMENT...]. Ends with SIGTERM, and with it
 * the command.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    PACKET_MAX = 2048,
    PACKETS = 16384, /* under way at once; the next one is lost */
};

struct packet {
    int64_t due_ns;
    int to;
    size_t length;
    uint8_t bytes[PACKET_MAX];
};

static struct packet packets[PACKETS];
static size_t first, count;

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int open_tun(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    const int fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);

    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0) {
        perror(name);
        exit(1);
    }
    return fd;
}

static void take(int from, int to, int64_t delay_ns, long loss)
{
    struct packet *packet = &packets[(first + count) % PACKETS], lost;
    ssize_t got;

    if (count == PACKETS)
        packet = &lost;
    got = read(from, packet->bytes, sizeof packet->bytes);
    if (got <= 0 || packet == &lost || random() % 100 < loss)
        return;
    packet->length = (size_t)got;
    packet->to = to;
    packet->due_ns = now_ns() + delay_ns;
    count++;
}

static void deliver(void)
{
    for (; count > 0 && packets[first].due_ns <= now_ns(); count--) {
        /* EIO: the device is not up yet. */
        if (write(packets[first].to, packets[first].bytes, packets[first].length) < 0 &&
            errno != EIO)
            perror("bench_relay");
        first = (first + 1) % PACKETS;
    }
}

static void relay(int near, int far, int64_t delay_ns, long loss)
{
    struct pollfd fds[] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};

    for (;;) {
        const int64_t left = count > 0 ? packets[first].due_ns - now_ns() : 1000000000;
        const struct timespec wait = {.tv_sec = left / 1000000000,
                                      .tv_nsec = left > 0 ? left % 1000000000 : 0};

        (void)ppoll(fds, 2, left > 0 ? &wait : &(struct timespec){0}, NULL);
        if (fds[0].revents != 0)
            take(near, far, delay_ns, loss);
        if (fds[1].revents != 0)
            take(far, near, delay_ns, loss);
        deliver();
    }
}

int main(int argc, char **argv)
{
    int near, far;

    if (argc < 4)
        return 64;
    near = open_tun("near");
    if (unshare(CLONE_NEWNET) != 0) {
        perror("unshare");
        return 1;
    }
    far = open_tun("far");
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    /* Half a round trip each way. */
    relay(near, far, strtol(argv[1], NULL, 10) * 500000, strtol(argv[2], NULL, 10));
    return 0;
}
