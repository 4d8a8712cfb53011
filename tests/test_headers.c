/* test_headers.c - which line of a message is believed, and what its writer found. */
#include "agent/headers.h"

#include <string.h>

#include "agent/base/buf.h"
#include "agent/base/json.h"
#include "agent/headers_report.h"
#include "tests/support/unit.h"

#define DATE "; Wed, 25 Nov 2026 20:56:06 +0000\n"
#define OUTSIDE                                                                                    \
    "Received: from mail.example.com (mail.example.com [203.0.113.25])\n"                          \
    "\tby mx.example.net (Postfix) with ESMTPS id 4X\n"                                            \
    "\tfor <ann@example.net>" DATE
#define SENT                                                                                       \
    "Received: from laptop (dsl.isp.example [198.51.100.77])\n"                                    \
    "\tby mail.example.com (Postfix) with ESMTPSA id 4W" DATE
#define REST "From: bob@example.com\nTo: ann@example.net\nSubject: hello\n\nReceived: not this\n"

static const struct {
    const char *label, *message, *receiver;
    const char *want; /* "line address helo ptr receiver", or a part of the reason */
    const char *results;
    const char *note; /* a part of one, "" for none */
} rows[] = {
    {"one Postfix", OUTSIDE SENT REST, NULL,
     "1 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"an mbox line in front, CR LF",
     "From bob@example.com Wed Nov 25 20:56:06 2026\r\nReceived: from mail.example.com (unknown "
     "[203.0.113.25])\r\n\tby mx.example.net (Postfix)\r\nFrom: bob\r\n\r\nbody\r\n",
     NULL, "1 203.0.113.25 mail.example.com  mx.example.net", "", ""},
    {"a content filter on the receiver",
     "Received: from localhost (localhost [127.0.0.1])\n\tby mx.example.net (Postfix) with "
     "ESMTP" DATE
     "Received: from mx.example.net ([127.0.0.1])\n\tby localhost (mx.example.net [127.0.0.1]) "
     "(amavisd-new, port 10024) with ESMTP" DATE OUTSIDE SENT REST,
     NULL, "3 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"a mailbox host behind, on a private network, and one with a public address",
     "Received: from mx2.example.net (mx2.example.net [192.0.2.80])\n\tby box.example.net" DATE
     "Received: from mx.example.net (mx.example.net [10.0.0.5])\n\tby mx2.example.net" DATE OUTSIDE,
     NULL, "3 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"a stranger who says the receiver's name is a stranger",
     "Received: from mx2.example.net (unknown [198.51.100.66])\n\tby mx.example.net (Postfix)" DATE
     "Received: from mail.example.com (mail.example.com [203.0.113.25])\n\tby "
     "mx2.example.net" DATE,
     NULL, "1 198.51.100.66 mx2.example.net  mx.example.net", "", ""},
    {"lines that nobody vouches for",
     "Received: from laptop (unknown [10.0.0.7])\n\tby mx.example.net (Postfix)" DATE
     "Received: from mail.example.com (mail.example.com [203.0.113.25])\n\tby "
     "mx.elsewhere.example" DATE,
     NULL, "line 2 is by mx.elsewhere.example", "", ""},
    {"mail between hosts of one organisation",
     "Received: from out.example.net (out.example.net [192.0.2.80])\n\tby mx.example.net" DATE
     "Received: by out.example.net (Postfix, from userid 0)" DATE,
     NULL, "1 192.0.2.80 out.example.net out.example.net mx.example.net", "", ""},
    {"the receiver is named: a forwarder in between",
     "Authentication-Results: mx.third.example; spf=fail\n"
     "Received: from fwd.example.net (fwd.example.net [192.0.2.80])\n\tby "
     "mx.third.example" DATE "Authentication-Results: fwd.example.net; spf=pass\n" OUTSIDE,
     "example.net", "2 203.0.113.25 mail.example.com mail.example.com mx.example.net", "spf=pass()",
     ""},
    {"the same, not named",
     "Received: from fwd.example.net (fwd.example.net [192.0.2.80])\n\tby "
     "mx.third.example" DATE OUTSIDE,
     NULL, "1 192.0.2.80 fwd.example.net fwd.example.net mx.third.example", "", ""},
    {"a receiver that wrote nothing", OUTSIDE, "mx.nowhere.example",
     "no line was written by mx.nowhere.example", "", ""},
    {"Gmail",
     "Delivered-To: ann@gmail.com\nReceived: by 2002:a05:7300:1487:b0:123:abcd with SMTP id p1;\n"
     "        Wed, 25 Nov 2026 12:56:07 -0800 (PST)\nX-Received: by 2002:a17:90b:1 with SMTP id x\n"
     "ARC-Authentication-Results: i=1; mx.google.com;\n       spf=fail\n"
     "Return-Path: <bob@example.com>\n"
     "Received: from mail.example.com (mail.example.com. [203.0.113.25])\n"
     "        by mx.google.com with ESMTPS id d2e1\n        for <ann@gmail.com>\n"
     "        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\n"
     "        Wed, 25 Nov 2026 12:56:06 -0800 (PST)\n"
     "Received-SPF: pass (google.com: domain of bob@example.com designates 203.0.113.25 as "
     "permitted sender) client-ip=203.0.113.25;\n"
     "Authentication-Results: mx.google.com;\n"
     "       dkim=pass header.i=@example.com header.s=s1 header.b=AbC;\n"
     "       spf=pass (google.com: domain of bob@example.com designates 203.0.113.25 as permitted "
     "sender) smtp.mailfrom=bob@example.com;\n"
     "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com\n" SENT REST,
     NULL, "2 203.0.113.25 mail.example.com mail.example.com mx.google.com",
     "spf=pass() dkim=pass(@example.com) dmarc=pass(example.com)", ""},
    {"Exchange Online",
     "Received: from AM0PR01.eurprd01.prod.outlook.com (2603:10a6:208:1::19)\n by "
     "DB9PR01.eurprd01.prod.outlook.com with HTTPS" DATE
     "Received: from DB1PEPF3.eurprd01.prod.outlook.com (2603:10a6:10:2::7)\n by "
     "AM0PR01.eurprd01.prod.outlook.com with Microsoft SMTP Server" DATE
     "Authentication-Results: spf=pass (sender IP is 203.0.113.25)\n "
     "smtp.mailfrom=example.com; dkim=none (message not signed)\n header.d=none;dmarc=pass "
     "action=none header.from=example.com;compauth=pass reason=100\n"
     "Received-SPF: Pass (protection.outlook.com: domain of example.com designates 203.0.113.25 as "
     "permitted sender) receiver=protection.outlook.com;\n client-ip=203.0.113.25; "
     "helo=mail.example.com; pr=C\n"
     "Received: from mail.example.com (203.0.113.25) by\n DB1PEPF3.mail.protection.outlook.com "
     "(10.167.8.1) with Microsoft SMTP Server (version=TLS1_3,\n cipher=x) id 15.20 via Frontend "
     "Transport" DATE SENT "X-Sender-IP: 203.0.113.25\n"
     "X-Forefront-Antispam-Report: CIP:203.0.113.25;CTRY:DE;LANG:en;SCL:1;IPV:NLI;SFV:NSPM;\n "
     "H:mail.example.com;PTR:static-25.hoster.example;CAT:NONE\n" REST,
     NULL,
     "3 203.0.113.25 mail.example.com static-25.hoster.example "
     "DB1PEPF3.mail.protection.outlook.com",
     "spf=pass(example.com) dkim=none(none) dmarc=pass(example.com) compauth=pass()", ""},
    {"Exchange Online, with the front end that most messages pass",
     "Received: from CH2PR05CA0050.namprd05.prod.outlook.com (2603:10b6:610:38::27)\n by "
     "MW6PR12MB7087.namprd12.prod.outlook.com (2603:10b6:303:238::14) with Microsoft SMTP "
     "Server" DATE "Received: from CH3PEPF0000000A.namprd04.prod.outlook.com "
     "(2603:10b6:610:38::4)\n by CH2PR05CA0050.outlook.office365.com (2603:10b6:610:38::27) with "
     "Microsoft SMTP Server via Frontend Transport" DATE
     "Authentication-Results: spf=pass (sender IP is 203.0.113.25) smtp.mailfrom=example.com\n"
     "Received: from mail.example.com (203.0.113.25) by\n "
     "CH3PEPF0000000A.mail.protection.outlook.com (10.167.244.37) with Microsoft SMTP Server "
     "id 15.20 via Frontend Transport" DATE REST,
     NULL, "3 203.0.113.25 mail.example.com  CH3PEPF0000000A.mail.protection.outlook.com",
     "spf=pass(example.com)", ""},
    {"a mailbox host that is reached by LMTP",
     "Received: from dir4.mail.example.net ([192.0.2.80])\n\tby box18.mail.example.net with LMTP "
     "id 4Y" DATE OUTSIDE SENT REST,
     NULL, "2 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"a customer of the receiver's hoster is a stranger",
     "Received: from static.25.113.0.203.clients.your-server.de ([203.0.113.25] "
     "helo=mail.example.com)\n\tby www437.your-server.de with esmtps (TLS1.3) (Exim 4.96) id "
     "1x" DATE SENT REST,
     NULL,
     "1 203.0.113.25 mail.example.com static.25.113.0.203.clients.your-server.de "
     "www437.your-server.de",
     "", ""},
    {"a stranger who says a name of Microsoft's to Microsoft",
     "Authentication-Results: spf=fail (sender IP is 198.51.100.66) smtp.mailfrom=example.com\n"
     "Received: from x.prod.outlook.com (198.51.100.66) by DB1.mail.protection.outlook.com\n with "
     "Microsoft SMTP Server" DATE
     "Received: from mail.example.com (203.0.113.25) by x.prod.outlook.com\n with Microsoft SMTP "
     "Server" DATE,
     NULL, "1 198.51.100.66 x.prod.outlook.com  DB1.mail.protection.outlook.com",
     "spf=fail(example.com)", ""},
    {"iprev, quoted and not",
     "Authentication-Results: mx.example.net 1; iprev=pass\n policy.iprev=\"203.0.113.25\" "
     "(mail.example.com); spf=none smtp.helo=mail.example.com;\n x-note=a;dkim/1=fail "
     "reason=\"bad; really\" header.d=a.example;\n dkim=pass header.d=b.example\n" OUTSIDE,
     NULL, "1 203.0.113.25 mail.example.com mail.example.com mx.example.net",
     "iprev=pass(203.0.113.25) spf=none(mail.example.com) x-note=a() dkim=fail(a.example) "
     "dkim=pass(b.example)",
     ""},
    {"results below, of another host, do not count",
     OUTSIDE "Authentication-Results: mail.example.com; iprev=pass policy.iprev=192.0.2.1\n"
             "Received-SPF: pass receiver=mail.example.com; client-ip=192.0.2.1\n" SENT,
     NULL, "1 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"nor those below the next line, of whatever name",
     OUTSIDE SENT "Authentication-Results: mx.example.net; dmarc=pass\n", NULL,
     "1 203.0.113.25 mail.example.com mail.example.com mx.example.net", "", ""},
    {"the check contradicts the line",
     "Authentication-Results: mx.example.net; spf=pass smtp.helo=other.example.com "
     "smtp.client-ip=192.0.2.9\n" OUTSIDE,
     NULL, "1 203.0.113.25 mail.example.com mail.example.com mx.example.net",
     "spf=pass(other.example.com)", "judged 192.0.2.9, not 203.0.113.25"},
    {"no Received line", REST, NULL, "there is no Received line", "", ""},
    {"only private peers", "Received: from a (unknown [10.1.1.1]) by mx.example.net (Postfix)" DATE,
     NULL, "no line names a peer with a public address", "", ""},
    {"an empty message", "", NULL, "there is no Received line", "", ""},
    {"binary", "\x7f\x45LF\x01\x02\xff\xfe:\n\nReceived: x", NULL, "there is no Received line", "",
     ""},
};

static void results_text(const struct headers *headers, struct buf *out)
{
    for (size_t i = 0; i < headers->result_count; i++)
        buf_printf(out, "%s%s=%s(%s)", i > 0 ? " " : "", headers->results[i].method,
                   headers->results[i].result, headers->results[i].identity);
}

START_TEST(believes_a_line)
{
    struct headers headers;
    struct buf results = BUF_INIT(4096);
    char seen[1200], notes[1200];
    bool found =
        headers_read(rows[_i].message, strlen(rows[_i].message), rows[_i].receiver, &headers);

    str_format(seen, sizeof seen, "%zu %s %s %s %s", headers.believed + 1,
               ip_text(&headers.address).s, headers.helo, headers.ptr, headers.receiver);
    if (found)
        ck_assert_msg(str_equal(seen, rows[_i].want), "%s: %s (%s)", rows[_i].label, seen,
                      headers.why);
    else
        ck_assert_msg(strstr(headers.why, rows[_i].want) != NULL, "%s: %s", rows[_i].label,
                      headers.why);
    results_text(&headers, &results);
    ck_assert_msg(str_equal(buf_string(&results), rows[_i].results), "%s: %s", rows[_i].label,
                  buf_string(&results));
    strings_join(&headers.notes, "; ", "", notes, sizeof notes);
    ck_assert_msg(rows[_i].note[0] ? strstr(notes, rows[_i].note) != NULL : notes[0] == '\0',
                  "%s: %s", rows[_i].label, notes);
    buf_free(&results);
    headers_free(&headers);
}
END_TEST

/* A thousand lines, and one without end: read within limits, the top is still believed. */
START_TEST(limits)
{
    struct buf text = BUF_INIT(HEADERS_TEXT_MAX);
    struct headers headers;

    buf_text(&text, OUTSIDE);
    for (int i = 0; i < 1000; i++)
        buf_printf(&text, "Received: from h%d ([198.51.100.1]) by h%d" DATE, i, i + 1);
    buf_text(&text, "Received: from ");
    for (int i = 0; i < 300000; i++)
        buf_char(&text, _i == 0 ? 'x' : _i == 1 ? '(' : '\t');
    ck_assert(headers_read(buf_string(&text), text.length, NULL, &headers));
    ck_assert_uint_eq(headers.believed, 0);
    ck_assert_uint_eq(headers.hop_count, HEADER_FIELDS_MAX);
    ck_assert_uint_eq(headers.notes.count, 1);
    headers_free(&headers);
    buf_free(&text);
}
END_TEST

START_TEST(hostile_bytes_are_not_shown)
{
    static const char message[] =
        "Received: from evil\x1b[31m\x07\xff (unknown [203.0.113.25])\n\tby mx\x9b.example.net\n"
        "Authentication-Results: mx.example.net; dkim=\"\x1b[31m\" header.d=\"\xe2\x80\xae\"\n\n";
    struct style style = {.width = 80};
    struct buf out = BUF_INIT(1U << 20);
    struct headers headers;
    struct facts facts;
    json_t *document;

    ck_assert(headers_read(message, sizeof message - 1, NULL, &headers));
    headers_text(&headers, &style, &out);
    for (size_t i = 0; i < out.length; i++)
        ck_assert(out.data[i] == '\n' || (out.data[i] >= ' ' && out.data[i] < 127));
    document = headers_document(&headers, 0);
    ck_assert_str_eq(json_string_or(document, "address", ""), "203.0.113.25");
    json_decref(document);
    headers_facts(&headers, &facts);
    document = facts_to_json(&facts);
    ck_assert_str_eq(json_string_or(document, "helo.state", ""), "observed");
    json_decref(document);
    facts_free(&facts);
    headers_free(&headers);
    buf_free(&out);
}
END_TEST

START_TEST(nul_bytes_are_blanks)
{
    static const char message[] =
        "Received: from mail.example.com\0(mail.example.com\0[203.0.113.25])\0by mx.example.net\n";
    struct headers headers;

    ck_assert(headers_read(message, sizeof message - 1, NULL, &headers));
    ck_assert_str_eq(headers.helo, "mail.example.com");
    headers_free(&headers);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"believes a line", believes_a_line, ROWS(rows), 0},
        {"limits", limits, 3, 0},
        {"hostile bytes are not shown", hostile_bytes_are_not_shown, 1, 0},
        {"NUL bytes are blanks", nul_bytes_are_blanks, 1, 0},
    };

    return unit_run("headers", tests, ROWS(tests));
}
