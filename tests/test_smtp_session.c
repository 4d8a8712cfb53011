/* test_smtp_session.c - what the observer answers, what it notes, and what it does not put up with. */
#include "agent/net/smtp_session.h"

#include <string.h>

#include "tests/support/unit.h"

#define X100                                                                                       \
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" \
    "xxxxxxxx"
#define X500 X100 X100 X100 X100 X100
#define HELLO "EHLO mail.example.com\r\n"
#define MAIL HELLO "MAIL FROM:<bob@example.com> SIZE=300\r\n"
#define PROBE MAIL "RCPT TO:<namesake-probe+abcd1234@[192.0.2.10]>\r\nDATA\r\n"
#define UNTAGGED MAIL "RCPT TO:<Namesake-Probe@observer.example>\r\nDATA\r\n"

static const struct {
    const char *label, *input, *token;
    const char *codes; /* of the replies; only the last line of each */
    const char *heard; /* hellos / senders / recipients / token / end */
} rows[] = {
    {"a probe, tagged by its recipient", PROBE "Subject: x\r\n\r\ntext\r\n.\r\nQUIT\r\n", "",
     "250 250 250 354 250 221",
     "mail.example.com / bob@example.com / namesake-probe+abcd1234@[192.0.2.10] / abcd1234 / quit"},
    {"bare line feeds do as well", "HELO a.example\nMAIL FROM:<>\nRCPT TO:<x@y>\nQUIT\n", "",
     "250 250 550 221", "a.example /  / x@y /  / quit"},
    {"tagged by a field", UNTAGGED "x-namesake-probe: ABCD1234\r\n\r\n.\r\nQUIT\r\n", "abcd1234",
     "250 250 250 354 250 221",
     "mail.example.com / bob@example.com / Namesake-Probe@observer.example / abcd1234 / quit"},
    {"tagged by the subject",
     UNTAGGED "Subject: namesake X-Namesake-Probe: abcd1234, delete it\r\n\r\n.\r\n", "",
     "250 250 250 354 250",
     "mail.example.com / bob@example.com / Namesake-Probe@observer.example / abcd1234 / open"},
    {"not by the text", UNTAGGED "Subject: x\r\n\r\nX-Namesake-Probe: abcd1234\r\n.\r\n", "",
     "250 250 250 354 554",
     "mail.example.com / bob@example.com / Namesake-Probe@observer.example /  / open"},
    {"another probe than the one that is awaited", PROBE, "wxyz9876", "250 250 550 554",
     "mail.example.com / bob@example.com / namesake-probe+abcd1234@[192.0.2.10] /  / open"},
    {"another one in the header", UNTAGGED "X-Namesake-Probe: abcd1234\r\n\r\n.\r\n", "wxyz9876",
     "250 250 250 354 554",
     "mail.example.com / bob@example.com / Namesake-Probe@observer.example /  / open"},
    {"a token that is too short", MAIL "RCPT TO:<namesake-probe+abc@x>\r\n", "", "250 250 550",
     "mail.example.com / bob@example.com / namesake-probe+abc@x /  / open"},
    {"a token with more behind it", MAIL "RCPT TO:<namesake-probe+abcd1234.x@x>\r\n", "",
     "250 250 550", "mail.example.com / bob@example.com / namesake-probe+abcd1234.x@x /  / open"},
    {"a mailbox that begins alike", MAIL "RCPT TO:<namesake-probes@x>\r\n", "", "250 250 550",
     "mail.example.com / bob@example.com / namesake-probes@x /  / open"},
    {"ordinary mail", MAIL "RCPT TO:<ann@example.net>\r\nDATA\r\nQUIT\r\n", "",
     "250 250 550 554 221", "mail.example.com / bob@example.com / ann@example.net /  / quit"},
    {"HELO after EHLO: both are noted", "EHLO one.example\r\nHELO two.example\r\n", "", "250 250",
     "one.example,two.example /  /  /  / open"},
    {"the wrong order", "MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nEHLO\r\nBDAT 5\r\n", "",
     "503 503 503 501 500", " /  /  /  / open"},
    {"no TLS, no passwords", HELLO "STARTTLS\r\nAUTH PLAIN AGEAYg==\r\nVRFY root\r\n", "",
     "250 502 502 502", "mail.example.com /  /  /  / open"},
    {"the usual rest", HELLO "NOOP\r\nRSET\r\nHELP\r\nnoop\r\n", "", "250 250 250 250 250",
     "mail.example.com /  /  /  / open"},
    {"addresses without brackets", HELLO "MAIL FROM: a@b\r\nRCPT TO: c@d NOTIFY=NEVER\r\n", "",
     "250 250 550", "mail.example.com / a@b / c@d /  / open"},
    {"a bracket without end", HELLO "MAIL FROM:<a@b\r\nMAIL TO:<a@b>\r\n", "", "250 501 501",
     "mail.example.com /  /  /  / open"},
    {"terminal escapes", "EHLO \x1b]0;x\x07\r\n", "", "250", "\\x1b]0;x\\x07 /  /  /  / open"},
    {"a dot that is doubled", UNTAGGED "X-Namesake-Probe: abcd1234\r\n\r\n..\r\n.\r\n", "",
     "250 250 250 354 250",
     "mail.example.com / bob@example.com / Namesake-Probe@observer.example / abcd1234 / open"},
    {"two probes in one conversation",
     PROBE ".\r\nMAIL FROM:<b@c>\r\nRCPT TO:<namesake-probe+abcd5678@x>\r\nDATA\r\n.\r\n", "",
     "250 250 250 354 250 250 250 354 250",
     "mail.example.com / bob@example.com,b@c / "
     "namesake-probe+abcd1234@[192.0.2.10],namesake-probe+abcd5678@x / abcd5678 / open"},
    {"a command that is too long, and the next", X500 X100 "\r\n" HELLO, "", "500 250",
     "mail.example.com /  /  /  / open"},
    {"one that is far too long", X500 X500 X500 "\r\n" HELLO, "", "500 250",
     "mail.example.com /  /  /  / open"},
    {"a text line that is too long is passed over", PROBE X500 X500 X500 "\r\n.\r\n", "",
     "250 250 250 354 250",
     "mail.example.com / bob@example.com / namesake-probe+abcd1234@[192.0.2.10] / abcd1234 / open"},
    {"another protocol",
     "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\nA: b\r\n"
     "A: b\r\nA: b\r\nA: b\r\nA: b\r\n",
     "", "500 500 500 500 500 500 500 500 500 500 421", " /  /  /  / limit"},
    {"nothing", "", "", "", " /  /  /  / open"},
};

/* "250-a CR LF 250 b CR LF" is "250". */
static void codes_of(const struct buf *replies, char *out, size_t size)
{
    struct cursor c = cursor_of(buf_string(replies), replies->length), line;
    struct buf codes = BUF_INIT(8192);

    while (cursor_line(&c, &line))
        if (line.end - line.at > 3 && line.at[3] == ' ')
            buf_printf(&codes, "%s%.3s", codes.length > 0 ? " " : "", line.at);
    str_cut(out, size, buf_string(&codes));
    buf_free(&codes);
}

static void heard_text(const struct smtp_heard *heard, char *out, size_t size)
{
    char hellos[512], senders[512], recipients[512];

    strings_join(&heard->hellos, ",", "", hellos, sizeof hellos);
    strings_join(&heard->senders, ",", "", senders, sizeof senders);
    strings_join(&heard->recipients, ",", "", recipients, sizeof recipients);
    str_format(out, size, "%s / %s / %s / %s / %s", hellos, senders, recipients, heard->token,
               smtp_end_text(heard->end));
}

/* All at once, and byte by byte: both must be the same. */
static const size_t pieces[] = {65536, 1};

START_TEST(converses)
{
    for (int i = 0; i < ROWS(pieces); i++) {
        struct smtp_session session;
        struct buf replies = BUF_INIT(65536);
        const char *at = rows[_i].input, *const end = at + strlen(at);
        char codes[512], heard[2048];
        bool open = true;

        smtp_session_open(&session, "[192.0.2.10]", rows[_i].token);
        for (size_t take; at < end && open; at += take) {
            take = pieces[i] < (size_t)(end - at) ? pieces[i] : (size_t)(end - at);
            open = smtp_session_take(&session, at, take, &replies);
        }
        codes_of(&replies, codes, sizeof codes);
        heard_text(&session.heard, heard, sizeof heard);
        ck_assert_msg(str_equal(codes, rows[_i].codes), "%s: %s", rows[_i].label, codes);
        ck_assert_msg(str_equal(heard, rows[_i].heard), "%s: %s", rows[_i].label, heard);
        ck_assert(open == (session.heard.end == SMTP_END_OPEN));
        smtp_session_free(&session);
        buf_free(&replies);
    }
}
END_TEST

/* What has no end is ended: commands, text, a line, names. */
static const struct {
    const char *label, *begin, *again;
    size_t most; /* repetitions that it may take */
} endless[] = {
    {"commands", "", "NOOP\r\n", SMTP_COMMANDS_MAX + 1},
    {"a message", PROBE, X500 "\r\n", SMTP_MESSAGE_MAX / 500 + 1},
    {"a line of a message", PROBE, X500, SMTP_MESSAGE_MAX / 500 + 3},
    {"a command line", "EHLO ", X500, SMTP_MESSAGE_MAX / 500 + 3},
    {"names", "", "HELO a.example\r\n", SMTP_COMMANDS_MAX + 1},
};

START_TEST(ends_what_has_no_end)
{
    struct smtp_session session;
    struct buf replies = BUF_INIT(1U << 20);
    size_t count = 0;

    smtp_session_open(&session, "[192.0.2.10]", "");
    ck_assert(smtp_session_take(&session, endless[_i].begin, strlen(endless[_i].begin), &replies));
    while (smtp_session_take(&session, endless[_i].again, strlen(endless[_i].again), &replies))
        ck_assert_msg(++count < endless[_i].most, "%s", endless[_i].label);
    ck_assert_int_eq(session.heard.end, SMTP_END_LIMIT);
    ck_assert_uint_le(session.heard.hellos.count, SMTP_NOTED_MAX);
    ck_assert(str_ends(buf_string(&replies), "421 4.7.0 [192.0.2.10]: too much\r\n"));
    smtp_session_free(&session);
    buf_free(&replies);
}
END_TEST

static const struct {
    const char *token;
    bool good;
} tokens[] = {
    {"abcd1234", true},   {"ABCD1234", true}, {"abcd123", false},
    {"abcd-1234", false}, {"", false},        {X100, false},
};

START_TEST(tokens_are_letters_and_digits)
{
    ck_assert_msg(smtp_token_is_good(tokens[_i].token) == tokens[_i].good, "%s", tokens[_i].token);
}
END_TEST

/* The way of a probe is in its Received fields; those of a message that is refused are forgotten. */
START_TEST(received_fields_are_unfolded)
{
    static const char text[] =
        UNTAGGED "Received: from lost.example\r\n\r\n.\r\n" /* no token: no probe */
                 "MAIL FROM:<a@b>\r\nRCPT TO:<namesake-probe+abcd1234@x>\r\nDATA\r\n"
                 "received: from a.example (a.example [192.0.2.1])\r\n\tby b.example;\r\n  Wed\r\n"
                 "X-Other: Received: from c.example\r\n folded\r\n"
                 "Received: from d\033[2J\r\n"
                 "Subject: x\r\n\r\nReceived: from body.example\r\n.\r\n";
    struct smtp_session session;
    struct buf replies = BUF_INIT(65536);

    smtp_session_open(&session, "[192.0.2.10]", "");
    ck_assert(smtp_session_take(&session, text, sizeof text - 1, &replies));
    ck_assert_uint_eq(session.heard.received.count, 2);
    ck_assert_str_eq(session.heard.received.v[0],
                     "from a.example (a.example [192.0.2.1]) by b.example; Wed");
    ck_assert(strchr(session.heard.received.v[1], '\033') == NULL);
    smtp_session_free(&session);
    buf_free(&replies);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"Received fields", received_fields_are_unfolded, 1, 0},
        {"converses", converses, ROWS(rows), 0},
        {"ends what has no end", ends_what_has_no_end, ROWS(endless), 0},
        {"tokens are letters and digits", tokens_are_letters_and_digits, ROWS(tokens), 0},
    };

    return unit_run("smtp_session", tests, ROWS(tests));
}
