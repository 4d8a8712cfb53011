/* host_open.c - which machine is meant. */
#include "agent/net/host_open.h"

#include "agent/net/host_ssh.h"

struct host *host_open(const char *ssh, struct error *e)
{
    return *ssh ? host_ssh(ssh, e) : host_local();
}
