/* fuzz_known_hosts.c - what known_hosts files say, and what a server's first packet says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "agent/net/ssh_known.h"
#include "agent/net/ssh_offer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A key that a file has is judged to be the same as itself, or to be revoked. */
static void judge_all(const struct ssh_known *known)
{
    const struct ssh_known_key *which;

    for (size_t i = 0; i < known->count; i++)
        if (strlen(ssh_known_fingerprint(&known->v[i]).s) < strlen("SHA256:") + 43)
            abort();
    if (ssh_known_judge(known, "", 0, &which) == SSH_KNOWN_SAME)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"out2.example.com", "[out2.example.com]:2222"};
    struct ssh_offer offer;

    for (size_t i = 0; i < 2; i++) {
        struct ssh_known known = {0};

        ssh_known_read(&known, names[i], "file", (const char *)data, size);
        judge_all(&known);
        ssh_known_free(&known);
    }
    if (ssh_offer_size(data, size) == size && ssh_offer_parse(data, size, &offer))
        for (int kind = 0; kind < SSH_OFFER_KINDS; kind++)
            (void)ssh_offer_has(&offer.lists[kind], names, 2);
    return 0;
}
