/* test_log_evidence.c - lines of logs that tell our address or name, and many that do not. */
#include "agent/log_evidence.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/str.h"
#include "tests/support/unit.h"

#define SMTP                                                                                       \
    "Nov 25 20:56:06 vm25 postfix/smtp[77]: 4XyZ: to=<ann@example.net>, "                          \
    "relay=mx.example.net[192.0.2.9]:25, delay=1, dsn=4.7.1, status="
#define EXIM "2026-11-25 20:56:06 1tFabc-000000001xy-0A "

static const struct {
    const char *label, *line;
    const char *want; /* "address helo when", "" for nothing */
} rows[] = {
    {"Exim's own end",
     EXIM "=> ann@example.net R=dnslookup T=remote_smtp H=mx.example.net "
          "[192.0.2.9] I=[203.0.113.25]:51253 X=TLS1.3 C=\"250 ok\"",
     "203.0.113.25  2026-11-25 20:56:06"},
    {"a literal that is none, with an escape",
     "postfix/smtp[76]: > mx[192.0.2.9]:25: EHLO [\033[31m]", ""},
    {"IPv6", EXIM "=> a@b R=r T=t H=mx [2001:db8::9]:25 I=[2001:db8:25::25]:4",
     "2001:db8:25::25  2026-11-25 20:56:06"},
    {"a second recipient", EXIM "-> b@example.net H=mx.example.net [192.0.2.9] I=[203.0.113.25]:5",
     "203.0.113.25  2026-11-25 20:56:06"},
    {"a private end says nothing of the public one",
     EXIM "=> a@b R=r T=t H=mx [192.0.2.9] I=[10.0.0.5]:51253", ""},
    {"where a visitor came in",
     EXIM "<= a@b H=mail.example.org [192.0.2.7] I=[203.0.113.25]:25 P=esmtp", ""},
    {"an arrow in a subject of an arrival",
     EXIM
     "<= a@b H=x [192.0.2.7]:44444 P=esmtps X=TLS1.3 S=999 T=\"look => here\" I=[203.0.113.25]:1",
     ""},
    {"Exim, a delivery without selector", EXIM "=> a@b R=r T=t H=mx.example.net [192.0.2.9]", ""},
    {"Postfix: no reverse name",
     SMTP "deferred (host mx.example.net[192.0.2.9] said: 450 4.7.25 Client host rejected: cannot "
          "find your reverse hostname, [203.0.113.25] (in reply to RCPT TO command))",
     "203.0.113.25  Nov 25 20:56:06"},
    {"Postfix: HELO refused",
     SMTP "bounced (host mx.example.net[192.0.2.9] said: 504 5.5.2 <vm25>: Helo command "
          "rejected: need fully-qualified hostname (in reply to RCPT TO command))",
     " vm25 Nov 25 20:56:06"},
    {"both at once",
     SMTP "bounced (host mx.example.net[192.0.2.9] said: 554 5.7.1 <unknown[203.0.113.25]>: Client "
          "host rejected: Access denied; <vm25.localdomain>: Helo command rejected: x (in reply))",
     "203.0.113.25 vm25.localdomain Nov 25 20:56:06"},
    {"Gmail",
     SMTP
     "bounced (host gmail-smtp-in.l.google.com[142.250.1.26] said: 550-5.7.25 [203.0.113.25] The "
     "IP address sending this message does not have a PTR record (in reply to end of DATA))",
     "203.0.113.25  Nov 25 20:56:06"},
    {"Microsoft",
     SMTP "bounced (host x.mail.protection.outlook.com[52.101.1.1] said: 550 5.7.1 Service "
          "unavailable, Client host [203.0.113.25] blocked using Spamhaus. (in reply to RCPT))",
     "203.0.113.25  Nov 25 20:56:06"},
    {"refused at the greeting",
     SMTP "deferred (host mx.example.net[192.0.2.9] refused to talk to me: 554 5.7.1 no PTR record "
          "for 203.0.113.25)",
     "203.0.113.25  Nov 25 20:56:06"},
    {"Exim, refused",
     EXIM "** ann@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.9]: SMTP error "
          "from remote mail server after EHLO vm25.localdomain: 550 rejected EHLO or HELO "
          "vm25.localdomain: who?",
     " vm25.localdomain 2026-11-25 20:56:06"},
    {"Exim, refused for its address",
     EXIM "** ann@example.net R=dnslookup T=remote_smtp H=mx.example.net [192.0.2.9] CV=yes: SMTP "
          "error from remote mail server after RCPT TO:<ann@example.net>: 550 5.7.1 Client host "
          "[203.0.113.25] blocked using zen",
     "203.0.113.25  2026-11-25 20:56:06"},
    {"Exim, refused, as older ones write it",
     EXIM
     "SMTP error from remote mail server after RCPT TO:<a@b>: host mx.example.net [192.0.2.9]: "
     "550 5.5.0 rejected EHLO or HELO vm25.localdomain: who?",
     " vm25.localdomain 2026-11-25 20:56:06"},
    {"the address of the other side only",
     SMTP "deferred (host mx.example.net[192.0.2.9] said: 451 4.7.1 try later (in reply))", ""},
    {"a delivery", SMTP "sent (250 2.0.0 Ok: queued as 4XyZ)", ""},
    {"a visitor who is refused",
     "Nov 25 20:56:06 vm25 postfix/smtpd[9]: NOQUEUE: reject: RCPT from unknown[198.51.100.7]: 450 "
     "4.7.25 Client host rejected: cannot find your reverse hostname, [198.51.100.7]; from=<a@b> "
     "to=<c@d> proto=ESMTP helo=<x.example>",
     ""},
    {"a visitor", "Nov 25 20:56:06 vm25 postfix/smtpd[9]: connect from x.example[198.51.100.7]",
     ""},
    {"the dialogue",
     "2026-11-25T20:56:06.123456+00:00 vm25 postfix-out1/smtp[77]: > mx.example.net[192.0.2.9]:25: "
     "EHLO mail.example.com",
     " mail.example.com 2026-11-25T20:56:06.123456+00:00"},
    {"the dialogue of a visitor",
     "Nov 25 20:56:06 vm25 postfix/smtpd[9]: < x.example[198.51.100.7]: EHLO x.example", ""},
    {"the journal",
     "{\"SYSLOG_IDENTIFIER\":\"postfix/smtp\",\"__REALTIME_TIMESTAMP\":\"1795640166000000\","
     "\"MESSAGE\":\"4XyZ: to=<a@b>, status=deferred (host mx[192.0.2.9] said: 450 4.7.25 cannot "
     "find "
     "your reverse hostname, [203.0.113.25] (in reply))\"}",
     "203.0.113.25  2026-11-25T20:56:06Z"},
    {"the journal, bytes", "{\"MESSAGE\":[27,91],\"SYSLOG_IDENTIFIER\":\"postfix/smtp\"}", ""},
    {"the journal, damaged", "{\"MESSAGE\":", ""},
    {"no address at all", SMTP "deferred (host mx[192.0.2.9] said: 450 Client host [] x)", ""},
    {"terminal escapes in a name",
     SMTP "bounced (host mx[192.0.2.9] said: 504 <\x1b[31m>: Helo command rejected: x)", ""},
    {"nothing", "", ""},
};

START_TEST(a_line_tells)
{
    struct log_evidence evidence = {.count = 0};
    char seen[400] = "";

    log_evidence_read(rows[_i].line, strlen(rows[_i].line), &evidence);
    if (evidence.count > 0)
        str_format(seen, sizeof seen, "%s %s %s",
                   evidence.v[0].address.family == IP_NONE ? "" : ip_text(&evidence.v[0].address).s,
                   evidence.v[0].helo, evidence.v[0].when);
    ck_assert_msg(str_equal(seen, rows[_i].want), "%s: %s", rows[_i].label, seen);
}
END_TEST

/* The last line of a pair is kept, and how often it came; more pairs than fit do no harm. */
START_TEST(pairs_are_counted)
{
    struct log_evidence evidence = {.count = 0};
    struct buf text = BUF_INIT(1U << 20);

    for (int i = 0; i < 100; i++)
        buf_printf(&text,
                   "2026-11-25 20:56:%02d 1tF => a@b R=r T=t H=mx [192.0.2.9] I=[203.0.113.%d]:1\n",
                   i % 60, i < 50 ? 25 : i);
    log_evidence_read(buf_string(&text), text.length, &evidence);
    ck_assert_uint_eq(evidence.count, LOG_EVIDENCE_MAX);
    ck_assert_uint_eq(evidence.v[0].count, 50);
    ck_assert_str_eq(evidence.v[0].when, "2026-11-25 20:56:49");
    ck_assert_uint_eq(evidence.v[1].count, 1);
    buf_free(&text);
}
END_TEST

START_TEST(long_lines_and_nul_bytes_are_passed_over)
{
    struct log_evidence evidence = {.count = 0};
    struct buf text = BUF_INIT(1U << 20);

    for (int i = 0; i < 20000; i++)
        buf_char(&text, 'x');
    buf_text(&text, " => a H=m [192.0.2.9] I=[203.0.113.1]:1\n1 => a ");
    buf_char(&text, '\0');
    buf_text(&text, " I=[203.0.113.2]:1\n1 => a H=m [192.0.2.9] I=[203.0.113.3]:1");
    log_evidence_read(buf_string(&text), text.length, &evidence);
    ck_assert_uint_eq(evidence.count, 1);
    ck_assert_str_eq(ip_text(&evidence.v[0].address).s, "203.0.113.3");
    buf_free(&text);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"a line tells", a_line_tells, ROWS(rows), 0},
        {"pairs are counted", pairs_are_counted, 1, 0},
        {"long lines and NUL bytes are passed over", long_lines_and_nul_bytes_are_passed_over, 1,
         0},
    };

    return unit_run("log_evidence", tests, ROWS(tests));
}
