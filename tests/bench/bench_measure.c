/*
 * bench_measure.c - runs a command and writes "WALL-MS CPU-MS PEAK-KB EXIT" to a file: what it
 * took, its children included. Usage: bench_measure FILE COMMAND [ARGUMENT...]
 */
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t us_of(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

int main(int argc, char **argv)
{
    const int64_t start = now_us();
    struct rusage used;
    FILE *out;
    int status;
    pid_t child;

    if (argc < 3)
        return 64;
    child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 71;
    out = fopen(argv[1], "w");
    if (out == NULL)
        return 73;
    fprintf(out, "%.1f %.1f %ld %d\n", (double)(now_us() - start) / 1000,
            (double)(us_of(used.ru_utime) + us_of(used.ru_stime)) / 1000, used.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    return fclose(out) == 0 ? 0 : 73;
}
