/*
 * child.h - a helper process of a test: it dies with its parent and sends text
 * to it through a pipe.
 */
#ifndef NAMESAKE_TESTS_CHILD_H
#define NAMESAKE_TESTS_CHILD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Fork and run main(arg, fd), where fd takes the text. Returns the child; *log_fd is for reading. */
pid_t child_start(void (*run)(const void *arg, int log_fd), const void *arg, int *log_fd);

/* Kill it and read what it has written, as text that is cut to size. */
void child_stop(pid_t child, int log_fd, char *text, size_t size);

/* A bound socket of 127.0.0.1 and its like; port 0: any. -1 when the port is taken. */
int child_bind(const char *address, uint16_t port, int type);
uint16_t child_port(int fd);

#endif
