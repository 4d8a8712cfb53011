/*
 * last_moment.c - a library that is loaded into the program under test and ends it, without
 * warning, at the n-th of the moments at which it makes something last.
 *
 * LAST_MOMENT=N   the moment, from 1; 0: none, all are counted
 * LAST_MOMENTS=FILE  with 0, the count is written there at the end
 *
 * A moment is: before a file is synced, renamed, linked, removed or cut; before a file is written,
 * and with half of it written; before a request that changes something leaves for a name server
 * (an UPDATE, RFC 2136) or for an API (POST, PUT, PATCH, DELETE), and after it has left; before a
 * program is started that makes a mail server read its files; before such a program, or a change
 * of a file, is asked for over SSH, and after. Looking is no moment. The programs that are started
 * run without the library; those that lead to the program are left alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DNS_UPDATE 5

static long at;
static long *seen;    /* shared with children that have not become another program yet */
static pid_t program; /* 0: this is another one */

/* The C library's own function of that name. */
#define REAL(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (real == NULL)                                                                              \
    *(void **)&real = dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void)
{
    const char *number = getenv("LAST_MOMENT");

    if (strcmp(program_invocation_short_name, "namesake") != 0)
        return;
    at = number != NULL ? strtol(number, NULL, 10) : 0;
    program = getpid();
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED)
        abort();
    unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("LAST_MOMENTS");
    FILE *file = path != NULL && program != 0 && getpid() == program ? fopen(path, "w") : NULL;

    if (file == NULL)
        return;
    fprintf(file, "%ld\n", *seen);
    fclose(file);
}

/* A moment, and perhaps the last one. */
static void moment(void)
{
    if (program == 0 || ++*seen != at)
        return;
    kill(program, SIGKILL);
    _exit(1);
}

static bool is_file(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink > 0;
}

static bool starts(const char *data, size_t length, const char *word)
{
    return length > strlen(word) && memcmp(data, word, strlen(word)) == 0;
}

/* A request whose sending changes something, from its first bytes. */
static bool is_order(const void *data, size_t length)
{
    const unsigned char *wire = data;

    if (starts(data, length, "POST ") || starts(data, length, "PUT ") ||
        starts(data, length, "PATCH ") || starts(data, length, "DELETE "))
        return true;
    return length > 14 && (size_t)(wire[0] << 8 | wire[1]) + 2 == length &&
           (wire[4] >> 3 & 15) == DNS_UPDATE;
}

ssize_t write(int fd, const void *data, size_t length)
{
    REAL(write);

    if (!is_file(fd))
        return real(fd, data, length);
    moment();
    if (program != 0 && *seen + 1 == at)
        (void)!real(fd, data, length / 2);
    moment();
    return real(fd, data, length);
}

ssize_t send(int fd, const void *data, size_t length, int flags)
{
    bool order = is_order(data, length);
    ssize_t sent;
    REAL(send);

    if (order)
        moment();
    sent = real(fd, data, length, flags);
    if (order)
        moment();
    return sent;
}

/* OpenSSL's; the bytes that it sends tell nothing. */
int SSL_write(void *tls, const void *data, int length);
int SSL_write(void *tls, const void *data, int length)
{
    bool order = length > 0 && is_order(data, (size_t)length);
    int sent;
    REAL(SSL_write);

    if (order)
        moment();
    sent = real(tls, data, length);
    if (order)
        moment();
    return sent;
}

int fsync(int fd)
{
    REAL(fsync);
    moment();
    return real(fd);
}

int ftruncate(int fd, off_t length)
{
    REAL(ftruncate);
    moment();
    return real(fd, length);
}

int truncate(const char *path, off_t length)
{
    REAL(truncate);
    moment();
    return real(path, length);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    moment();
    return real(from, to);
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    REAL(renameat);
    moment();
    return real(from_folder, from, to_folder, to);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags)
{
    REAL(linkat);
    moment();
    return real(from_folder, from, to_folder, to, flags);
}

int unlink(const char *path)
{
    REAL(unlink);
    moment();
    return real(path);
}

int unlinkat(int folder, const char *path, int flags)
{
    REAL(unlinkat);
    moment();
    return real(folder, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    moment();
    return real(path, mode);
}

/* Words of a command that makes a mail server read its files, or changes a file over SSH. */
static bool is_lasting(const char *word, size_t length)
{
    static const char *const words[] = {
        "reload",  "start", "stop",   "restart", "-HUP", "update-exim4.conf",
        "replace", "put",   "remove", "sweep"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i]) == length && memcmp(words[i], word, length) == 0)
            return true;
    return false;
}

/* The words behind the script that a command over SSH begins with. */
static bool is_lasting_command(const char *text, size_t length)
{
    const char *const end = text + length;
    const char *at_word = memrchr(text, '\n', length);

    for (at_word = at_word != NULL ? at_word : text; at_word < end;) {
        size_t word = 0;
        while (at_word + word < end && strchr("' \n", at_word[word]) == NULL)
            word++;
        if (is_lasting(at_word, word))
            return true;
        at_word += word + 1;
    }
    return false;
}

/* libssh2's; asked again and again until it has left. */
int libssh2_channel_process_startup(void *channel, const char *request, unsigned request_length,
                                    const char *message, unsigned length);
int libssh2_channel_process_startup(void *channel, const char *request, unsigned request_length,
                                    const char *message, unsigned length)
{
    static bool again;
    bool lasting = message != NULL && is_lasting_command(message, length);
    int result;
    REAL(libssh2_channel_process_startup);

    if (lasting && !again)
        moment();
    result = real(channel, request, request_length, message, length);
    again = result == -37; /* LIBSSH2_ERROR_EAGAIN */
    if (lasting && !again)
        moment();
    return result;
}

/* In the child; the program under test is its parent. */
int execve(const char *path, char *const args[], char *const variables[])
{
    REAL(execve);

    for (size_t i = 0; args[i] != NULL && i < 5; i++)
        if (is_lasting(args[i], strlen(args[i])))
            moment();
    return real(path, args, variables);
}
