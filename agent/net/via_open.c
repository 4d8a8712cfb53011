/* via_open.c - which kind of viewpoint is meant. */
#include "agent/net/via.h"

#include "agent/net/via_ssh.h"

struct via *via_open(const char *target, struct loop *loop, struct error *e)
{
    return via_ssh(target, loop, e);
}

void via_free(struct via *via)
{
    if (via != NULL)
        via->kind->free(via);
}
