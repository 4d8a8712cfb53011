/* fake_update.c - a primary that says what it got and answers what it is told to. */
#include "tests/support/fake_update.h"

#include "tests/support/child.h"

#include <ldns/ldns.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#undef dprintf /* ldns has a macro of this name */

struct script {
    const struct fake_update_row *rows;
    size_t count;
    int listener;
};

struct request {
    uint8_t wire[65535];
    size_t length;
    ldns_pkt *packet;
    bool is_signed;
};

static bool read_all(int fd, uint8_t *data, size_t length)
{
    size_t done = 0;

    while (done < length) {
        ssize_t n = recv(fd, data + done, length - done, 0);

        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool read_request(int fd, struct request *r)
{
    uint8_t head[2];

    if (!read_all(fd, head, 2))
        return false;
    r->length = (size_t)head[0] << 8 | head[1];
    return read_all(fd, r->wire, r->length) &&
           ldns_wire2pkt(&r->packet, r->wire, r->length) == LDNS_STATUS_OK;
}

static void log_records(int log_fd, const char *what, const ldns_rr_list *list)
{
    for (size_t i = 0; i < ldns_rr_list_rr_count(list); i++) {
        char *text = ldns_rr2str(ldns_rr_list_rr(list, i));
        size_t length = strcspn(text, "\n");

        for (size_t c = 0; c < length; c++)
            text[c] = text[c] == '\t' ? ' ' : text[c];
        if (length > 4 && memcmp(text + length - 4, "\\# 0", 4) == 0) /* no data */
            length -= 5;
        dprintf(log_fd, "%s %.*s\n", what, (int)length, text);
        free(text);
    }
}

static void log_request(int log_fd, struct request *r)
{
    bool update = ldns_pkt_get_opcode(r->packet) == LDNS_PACKET_UPDATE;
    const char *state = "unsigned";

    r->is_signed = ldns_pkt_tsig(r->packet) != NULL;
    if (r->is_signed)
        state = ldns_pkt_tsig_verify(r->packet, r->wire, r->length, FAKE_KEY, FAKE_SECRET, NULL)
                    ? "signed"
                    : "badly signed";
    dprintf(log_fd, "%s %s%s\n", update ? "UPDATE" : "QUERY", state,
            ldns_pkt_rd(r->packet) ? " rd" : "");
    log_records(log_fd, "zone", ldns_pkt_question(r->packet));
    log_records(log_fd, "need", ldns_pkt_answer(r->packet));
    log_records(log_fd, "make", ldns_pkt_authority(r->packet));
}

static void push_records(ldns_pkt *packet, ldns_pkt_section section, const char *text)
{
    char line[512];

    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        ldns_rr *rr = NULL;

        snprintf(line, sizeof line, "%.*s", (int)length, text);
        if (ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL) != LDNS_STATUS_OK)
            abort();
        ldns_pkt_push_rr(packet, section, rr);
        text += length + (text[length] == '\n');
    }
}

static ldns_pkt *build_answer(const struct request *r, const struct fake_update_row *row)
{
    ldns_pkt *answer = ldns_pkt_new();
    uint16_t id = ldns_pkt_id(r->packet);

    ldns_pkt_set_id(answer, row->how == UPDATE_WRONG_ID ? (uint16_t)(id + 1) : id);
    ldns_pkt_set_qr(answer, true);
    ldns_pkt_set_aa(answer, row->aa);
    ldns_pkt_set_opcode(answer, ldns_pkt_get_opcode(r->packet));
    ldns_pkt_set_rcode(answer, (uint8_t)row->rcode);
    push_records(answer, LDNS_SECTION_ANSWER, row->answer);
    push_records(answer, LDNS_SECTION_AUTHORITY, row->authority);
    if (r->is_signed && row->how != UPDATE_UNSIGNED)
        ldns_pkt_tsig_sign(answer, FAKE_KEY, FAKE_SECRET, 300, "hmac-sha256.",
                           row->how == UPDATE_WRONG_MAC ? NULL
                                                        : ldns_rr_rdf(ldns_pkt_tsig(r->packet), 3));
    return answer;
}

static void send_answer(int fd, const struct request *r, const struct fake_update_row *row)
{
    ldns_pkt *answer = build_answer(r, row);
    uint8_t *wire = NULL, head[2];
    size_t length = 0;

    if (ldns_pkt2wire(&wire, answer, &length) != LDNS_STATUS_OK)
        abort();
    head[0] = (uint8_t)(length >> 8);
    head[1] = (uint8_t)length;
    if (row->how == UPDATE_HALF)
        length /= 2;
    if (send(fd, head, 2, 0) != 2 || send(fd, wire, length, 0) != (ssize_t)length)
        abort();
    free(wire);
    ldns_pkt_free(answer);
}

static void serve(int fd, const struct fake_update_row *row, int log_fd)
{
    static struct request r;

    if (!read_request(fd, &r))
        return;
    log_request(log_fd, &r);
    if (row->how == UPDATE_SILENT)
        pause();
    else if (row->how == UPDATE_GARBAGE)
        (void)!send(fd, "\0\5dummy", 7, 0);
    else if (row->how != UPDATE_CLOSES)
        send_answer(fd, &r, row);
    ldns_pkt_free(r.packet);
}

static void run(const void *arg, int log_fd)
{
    const struct script *script = arg;

    for (size_t i = 0;; i++) {
        int fd = accept(script->listener, NULL, NULL);

        if (fd < 0)
            return;
        serve(fd, &script->rows[i < script->count ? i : script->count - 1], log_fd);
        close(fd);
    }
}

struct fake_update fake_update_start(const struct fake_update_row *rows, size_t count)
{
    struct fake_update fake;
    struct script script = {rows, count, child_bind("127.0.0.1", 0, SOCK_STREAM)};

    fake.port = child_port(script.listener);
    fake.child = child_start(run, &script, &fake.log_fd);
    close(script.listener);
    return fake;
}

void fake_update_stop(struct fake_update *fake, char *got, size_t size)
{
    child_stop(fake->child, fake->log_fd, got, size);
}
