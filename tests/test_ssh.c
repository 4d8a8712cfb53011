/* test_ssh.c - targets, known_hosts and offers of servers: text and bytes to values. */
#include "agent/net/ssh.h"
#include "agent/net/ssh_known.h"
#include "agent/net/ssh_offer.h"

#include "tests/support/unit.h"

#include <string.h>

/* Made by ssh-keygen for this test; their private halves are gone. */
#define KEY1 "AAAAC3NzaC1lZDI1NTE5AAAAIAvzVm8E+sRYDJv7f3+zvxr3cQKkL0ivLU1r8YjMAgsj"
#define KEY2 "AAAAC3NzaC1lZDI1NTE5AAAAIL+kBws7ZNvCiTo8G6v6VdI95O2gAxDm+s75cTkdH5hc"
#define ECDSA                                                                                      \
    "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJchPLy+7vnc6Tj7+LU0QUoIvmXizBkqNVEtjM/"  \
    "Jf8W2Q8i6n0F3lSM7SUZ5f1uedUM9VuUGNTeoCUxPCTOuh+E="
#define ED "ssh-ed25519"
#define PRINT1 "SHA256:02emJ6oWTnubzzvoA1/iLTx6xG/R3WgxsC/+tj7qneI"
#define HASHED "|1|H/Phu5gc6pKM0ZQWr9kxNnRln+o=|bpLL45XVlbxIoEyC4tRZVmEBkDk= "
#define HASHED_2222 "|1|YDdlC2xYsXv5B3HdkhWkIQsZUM8=|kipGfOisxUY8SuzdJv7P7f4Fx8c= "

static const struct {
    const char *text, *shown, *command; /* NULL: it is no target */
} targets[] = {
    {"root@out2.example.com", "root@out2.example.com", "ssh root@out2.example.com"},
    {"root@OUT2.example.com:2222", "root@out2.example.com:2222",
     "ssh -p 2222 root@out2.example.com"},
    {"a.b_c-1@192.0.2.1", "a.b_c-1@192.0.2.1", "ssh a.b_c-1@192.0.2.1"},
    {"root@[2001:db8:25::26]:2222", "root@[2001:db8:25::26]:2222",
     "ssh -p 2222 root@2001:db8:25::26"},
    {"root@[2001:db8:25::26]", "root@2001:db8:25::26", "ssh root@2001:db8:25::26"},
    {"root@2001:DB8:25::26", "root@2001:db8:25::26", "ssh root@2001:db8:25::26"},
    {"root@out2:65535", "root@out2:65535", "ssh -p 65535 root@out2"},
    {"", NULL, NULL},
    {"@out2", NULL, NULL},
    {"root@", NULL, NULL},
    {"root@:22", NULL, NULL},
    {"root@out2:", NULL, NULL},
    {"root@out2:0", NULL, NULL},
    {"root@out2:65536", NULL, NULL},
    {"root@out2:ssh", NULL, NULL},
    {"root@[2001:db8::1", NULL, NULL},
    {"root@[2001:db8::1]22", NULL, NULL},
    {"root@-oProxyCommand=id", NULL, NULL},
    {"-l@out2", NULL, NULL},
    {"root@out2 reboot", NULL, NULL},
    {"root@out2;reboot", NULL, NULL},
    {"ssh://root@out2", NULL, NULL},
    {"root@out2\n", NULL, NULL},
    {"a@b@out2", NULL, NULL},
};

START_TEST(target)
{
    struct ssh_target made = {.user = "untouched"};
    struct error e = {0};
    bool ok = ssh_target_parse(targets[_i].text, &made, &e);

    ck_assert_msg(ok == (targets[_i].shown != NULL), "\"%s\"", targets[_i].text);
    if (!ok) {
        ck_assert_int_eq(e.code, ERR_USAGE);
        ck_assert_str_eq(made.user, "untouched");
        return;
    }
    ck_assert_str_eq(ssh_target_text(&made).s, targets[_i].shown);
    ck_assert_str_eq(ssh_target_command(&made).s, targets[_i].command);
}
END_TEST

START_TEST(target_without_user_is_for_the_one_who_asks)
{
    struct ssh_target made;
    struct error e = {0};

    ck_assert(ssh_target_parse("out2:2222", &made, &e));
    ck_assert_str_ne(made.user, "");
    ck_assert_str_eq(made.host, "out2");
    ck_assert_uint_eq(made.port, 2222);
}
END_TEST

static const struct {
    const char *label, *name, *file;
    enum ssh_known_answer answer; /* to KEY1 */
    size_t line;
} known[] = {
    {"an empty file", "out2.example.com", "", SSH_KNOWN_NOT, 0},
    {"its line", "out2.example.com", "out2.example.com " ED " " KEY1 "\n", SSH_KNOWN_SAME, 1},
    {"with a comment, CR LF and blanks", "out2.example.com",
     "# comment\r\n\r\n  out2.example.com\t" ED "  " KEY1 " root@vm\r\n", SSH_KNOWN_SAME, 3},
    {"without a final newline", "out2.example.com", "out2.example.com " ED " " KEY1, SSH_KNOWN_SAME,
     1},
    {"in capitals", "out2.example.com", "OUT2.Example.COM " ED " " KEY1, SSH_KNOWN_SAME, 1},
    {"one of several names", "out2.example.com", "a,203.0.113.26,out2.example.com " ED " " KEY1,
     SSH_KNOWN_SAME, 1},
    {"a pattern", "out2.example.com", "*.example.com " ED " " KEY1, SSH_KNOWN_SAME, 1},
    {"a pattern with one character open", "out2.example.com", "out?.example.com " ED " " KEY1,
     SSH_KNOWN_SAME, 1},
    {"a pattern with two stars", "out2.example.com", "o*.ex*com " ED " " KEY1, SSH_KNOWN_SAME, 1},
    {"a pattern of another zone", "out2.example.com", "*.example.org " ED " " KEY1, SSH_KNOWN_NOT,
     0},
    {"a pattern, but not for it", "out2.example.com", "*.example.com,!out2.* " ED " " KEY1,
     SSH_KNOWN_NOT, 0},
    {"hashed, as ssh-keygen -H does", "out2.example.com", HASHED ED " " KEY1, SSH_KNOWN_SAME, 1},
    {"hashed, another name", "out3.example.com", HASHED ED " " KEY1, SSH_KNOWN_NOT, 0},
    {"hashed, with a port", "[out2.example.com]:2222", HASHED_2222 ED " " KEY1, SSH_KNOWN_SAME, 1},
    {"hashed, another port", "[out2.example.com]:2223", HASHED_2222 ED " " KEY1, SSH_KNOWN_NOT, 0},
    {"a port", "[out2.example.com]:2222", "[out2.example.com]:2222 " ED " " KEY1, SSH_KNOWN_SAME,
     1},
    {"the name without its port", "[out2.example.com]:2222", "out2.example.com " ED " " KEY1,
     SSH_KNOWN_NOT, 0},
    {"another key", "out2.example.com", "out2.example.com " ED " " KEY2, SSH_KNOWN_OTHER, 1},
    {"another key, then this one", "out2.example.com",
     "out2.example.com " ED " " KEY2 "\nout2.example.com " ED " " KEY1, SSH_KNOWN_SAME, 2},
    {"this key, then another one", "out2.example.com",
     "out2.example.com " ED " " KEY1 "\nout2.example.com " ED " " KEY2, SSH_KNOWN_SAME, 1},
    {"a key of another type only", "out2.example.com",
     "out2.example.com ecdsa-sha2-nistp256 " ECDSA, SSH_KNOWN_OTHER_TYPE, 1},
    {"another type, then another key", "out2.example.com",
     "out2.example.com ecdsa-sha2-nistp256 " ECDSA "\nout2.example.com " ED " " KEY2,
     SSH_KNOWN_OTHER, 2},
    {"another key, then another type", "out2.example.com",
     "out2.example.com " ED " " KEY2 "\nout2.example.com ecdsa-sha2-nistp256 " ECDSA,
     SSH_KNOWN_OTHER, 1},
    {"revoked for all", "out2.example.com",
     "out2.example.com " ED " " KEY1 "\n@revoked * " ED " " KEY1, SSH_KNOWN_REVOKED, 2},
    {"another key is revoked", "out2.example.com",
     "@revoked * " ED " " KEY2 "\nout2.example.com " ED " " KEY1, SSH_KNOWN_SAME, 2},
    {"only another key is known, as revoked", "out2.example.com", "@revoked * " ED " " KEY2,
     SSH_KNOWN_NOT, 0},
    {"an authority is no host key", "out2.example.com",
     "@cert-authority *.example.com " ED " " KEY1, SSH_KNOWN_NOT, 0},
    {"a marker that nobody knows", "out2.example.com", "@trusted out2.example.com " ED " " KEY1,
     SSH_KNOWN_NOT, 0},
    {"a type that the key is not of", "out2.example.com", "out2.example.com ssh-rsa " KEY1,
     SSH_KNOWN_NOT, 0},
    {"a key that is cut off", "out2.example.com", "out2.example.com " ED " AAAAC3NzaC1lZDI1NTE5",
     SSH_KNOWN_NOT, 0},
    {"a key that is no base64", "out2.example.com", "out2.example.com " ED " ****", SSH_KNOWN_NOT,
     0},
    {"broken hashes", "out2.example.com",
     "|1| " ED " " KEY1 "\n|1||| " ED " " KEY1 "\n|1|!|! " ED " " KEY1 "\n|2|a|b " ED " " KEY1,
     SSH_KNOWN_NOT, 0},
    {"lines that stop early", "out2.example.com", "out2.example.com\nout2.example.com " ED "\n@\n",
     SSH_KNOWN_NOT, 0},
};

/* The bytes of KEY1, taken from a line that holds nothing else. */
static size_t key1(unsigned char *bytes)
{
    static const unsigned char head[] = "\0\0\0\013ssh-ed25519\0\0\0\040";
    static const unsigned char tail[] = {0x0b, 0xf3, 0x56, 0x6f, 0x04, 0xfa, 0xc4, 0x58,
                                         0x0c, 0x9b, 0xfb, 0x7f, 0x7f, 0xb3, 0xbf, 0x1a,
                                         0xf7, 0x71, 0x02, 0xa4, 0x2f, 0x48, 0xaf, 0x2d,
                                         0x4d, 0x6b, 0xf1, 0x88, 0xcc, 0x02, 0x0b, 0x23};

    memcpy(bytes, head, sizeof head - 1);
    memcpy(bytes + sizeof head - 1, tail, sizeof tail);
    return sizeof head - 1 + sizeof tail;
}

START_TEST(known_hosts)
{
    struct ssh_known all = {0};
    const struct ssh_known_key *which;
    unsigned char blob[64];
    size_t length = key1(blob);
    enum ssh_known_answer answer;

    ssh_known_read(&all, known[_i].name, "file", known[_i].file, strlen(known[_i].file));
    answer = ssh_known_judge(&all, blob, length, &which);
    ck_assert_msg(answer == known[_i].answer, "%s: %d", known[_i].label, (int)answer);
    ck_assert_msg((which ? which->line : 0) == known[_i].line, "%s: line %zu", known[_i].label,
                  which ? which->line : 0);
    ssh_known_free(&all);
}
END_TEST

START_TEST(fingerprints_are_those_of_ssh_keygen)
{
    static const char file[] = "h " ED " " KEY1;
    struct ssh_known all = {0};
    unsigned char blob[64];
    size_t length = key1(blob);

    ck_assert_str_eq(ssh_fingerprint(blob, length).s, PRINT1);
    ck_assert_str_eq(ssh_key_type(blob, length).s, ED);
    ck_assert_str_eq(ssh_key_word(ED), "ED25519");
    ssh_known_read(&all, "h", "file", file, strlen(file));
    ck_assert_str_eq(ssh_known_fingerprint(&all.v[0]).s, PRINT1);
    ssh_known_free(&all);
}
END_TEST

START_TEST(an_authority_is_remembered)
{
    static const char file[] = "@cert-authority *.example.com " ED " " KEY1;
    struct ssh_known all = {0};

    ssh_known_read(&all, "out2.example.com", "file", file, strlen(file));
    ck_assert(all.authority);
    ck_assert_uint_eq(all.count, 0);
    ssh_known_free(&all);
}
END_TEST

#define LIST(length, names) "\0\0\0" length names
#define COOKIE "0123456789abcdef"
#define OFFER                                                                                      \
    "\0\0\0\xff\x04\x14" COOKIE LIST("\3", "kex") LIST("\7", "rsa,ed2") LIST("\3", "a,b")          \
        LIST("\3", "a,b") LIST("\4", "hmac") LIST("\4", "hmac") "end"

START_TEST(offer_is_read)
{
    static const char *const names[] = {"ed", "ed25", "ed2"};
    unsigned char packet[] = OFFER;
    struct ssh_offer offer;
    size_t length = sizeof packet - 1;

    packet[3] = (unsigned char)(length - 4);
    ck_assert_uint_eq(ssh_offer_size(packet, 3), 0);
    ck_assert_uint_eq(ssh_offer_size(packet, 4), length);
    ck_assert(ssh_offer_parse(packet, length, &offer));
    ck_assert(!ssh_offer_has(&offer.lists[SSH_OFFER_HOST_KEY], names, 2));
    ck_assert(ssh_offer_has(&offer.lists[SSH_OFFER_HOST_KEY], names, 3));
    /* Cut at any byte it is no offer, and nothing is read behind its end. */
    for (size_t cut = 0; cut < length - 3; cut++) {
        packet[3] = (unsigned char)(cut < 4 ? 0 : cut - 4);
        ck_assert_msg(!ssh_offer_parse(packet, cut, &offer), "%zu", cut);
    }
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"target", target, ROWS(targets), 0},
        {"target without user", target_without_user_is_for_the_one_who_asks, 1, 0},
        {"known_hosts", known_hosts, ROWS(known), 0},
        {"fingerprints", fingerprints_are_those_of_ssh_keygen, 1, 0},
        {"authority", an_authority_is_remembered, 1, 0},
        {"offer", offer_is_read, 1, 0},
    };

    return unit_run("ssh", tests, ROWS(tests));
}
