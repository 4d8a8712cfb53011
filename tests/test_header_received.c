/* test_header_received.c - Received lines as the mail servers of this world write them. */
#include "agent/header_received.h"

#include "agent/base/str.h"

#include "tests/support/unit.h"

static const struct {
    const char *label, *value;
    const char *peer, *helo, *ptr, *by, *with, *when;
    bool confirmed;
} rows[] = {
    {"Postfix",
     " from mail.example.com (mail.example.com [203.0.113.25]) (using TLSv1.3 with cipher "
     "TLS_AES_256_GCM_SHA384 (256/256 bits) key-exchange X25519) (No client certificate "
     "requested) by mx.example.net (Postfix) with ESMTPS id 4XyZ12 for <ann@example.net>; Wed, 25 "
     "Nov 2026 20:56:06 +0000 (UTC)",
     "203.0.113.25", "mail.example.com", "mail.example.com", "mx.example.net", "ESMTPS",
     "Wed, 25 Nov 2026 20:56:06 +0000 (UTC)", true},
    {"Postfix, no PTR",
     "from vm25.localdomain (unknown [203.0.113.25]) by mx.example.net (Postfix)", "203.0.113.25",
     "vm25.localdomain", "", "mx.example.net", "", "", false},
    {"Postfix, IPv6",
     "from mail.example.com (static.hoster.example [IPv6:2001:db8:25::25]) by mx.example.net "
     "(Postfix) with ESMTP",
     "2001:db8:25::25", "mail.example.com", "static.hoster.example", "mx.example.net", "ESMTP", "",
     true},
    {"Postfix, HELO is a literal",
     "from [192.0.2.99] (mail.example.com [203.0.113.25]) by mx.example.net (Postfix)",
     "203.0.113.25", "[192.0.2.99]", "mail.example.com", "mx.example.net", "", "", true},
    {"Postfix, a client certificate that says an address",
     "from mail.example.com (unknown [203.0.113.25]) (Client CN \"[192.0.2.66]\", Issuer "
     "\"x\" (not verified)) by mx.example.net (Postfix)",
     "203.0.113.25", "mail.example.com", "", "mx.example.net", "", "", false},
    {"Postfix, made on the host",
     "by mail.example.com (Postfix, from userid 0) id 4XyZ; Wed, 25 Nov 2026 20:56:05 +0000", "",
     "", "", "mail.example.com", "", "Wed, 25 Nov 2026 20:56:05 +0000", false},
    {"Exim, name and HELO agree",
     "from mail.example.com ([203.0.113.25]) by mx.example.net with esmtps (TLS1.3) tls "
     "TLS_AES_256_GCM_SHA384 (Exim 4.96) (envelope-from <a@example.com>) id 1tFabc-000000001xy-0A; "
     "Wed, 25 Nov 2026 20:56:06 +0000",
     "203.0.113.25", "mail.example.com", "mail.example.com", "mx.example.net", "esmtps",
     "Wed, 25 Nov 2026 20:56:06 +0000", true},
    {"Exim, they differ",
     "from static-25.hoster.example ([203.0.113.25]:51253 helo=mail.example.com) by "
     "mx.example.net with esmtp (Exim 4.96)",
     "203.0.113.25", "mail.example.com", "static-25.hoster.example", "mx.example.net", "esmtp", "",
     true},
    {"Exim, no PTR",
     "from [203.0.113.25] (port=51253 helo=vm25.localdomain) by mx.example.net with "
     "esmtp (Exim 4.96)",
     "203.0.113.25", "vm25.localdomain", "", "mx.example.net", "esmtp", "", false},
    {"Exim, HELO is another literal",
     "from [203.0.113.25] (helo=[192.0.2.66]) by mx.example.net with smtp (Exim 4.96)",
     "203.0.113.25", "[192.0.2.66]", "", "mx.example.net", "smtp", "", false},
    {"Exim, HELO is its literal", "from [203.0.113.25] by mx.example.net with smtp (Exim 4.96)",
     "203.0.113.25", "[203.0.113.25]", "", "mx.example.net", "smtp", "", false},
    {"Exim, made on the host",
     "from root by mail.example.com with local (Exim 4.96) (envelope-from <root@example.com>)", "",
     "root", "", "mail.example.com", "local", "", false},
    {"Google",
     "from mail.example.com (mail.example.com. [203.0.113.25]) by mx.google.com with ESMTPS id "
     "d2e1a72fcca58-724 for <ann@gmail.com> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 "
     "bits=256/256); Wed, 25 Nov 2026 12:56:06 -0800 (PST)",
     "203.0.113.25", "mail.example.com", "mail.example.com", "mx.google.com", "ESMTPS",
     "Wed, 25 Nov 2026 12:56:06 -0800 (PST)", true},
    {"Google, no PTR", "from mail.example.com ([203.0.113.25]) by mx.google.com with ESMTP id x",
     "203.0.113.25", "mail.example.com", "", "mx.google.com", "ESMTP", "", false},
    {"Google, inside", "by 2002:a05:7300:1487:b0:123:abcd with SMTP id p7csp1;", "", "", "",
     "2002:a05:7300:1487:b0:123:abcd", "SMTP", "", false},
    {"Exchange Online",
     "from mail.example.com (203.0.113.25) by DB1PEPF0003.mail.protection.outlook.com "
     "(10.167.8.1) with Microsoft SMTP Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id "
     "15.20.8182.16 via Frontend Transport; Wed, 25 Nov 2026 20:56:06 +0000",
     "203.0.113.25", "mail.example.com", "", "DB1PEPF0003.mail.protection.outlook.com",
     "Microsoft SMTP Server", "Wed, 25 Nov 2026 20:56:06 +0000", false},
    {"Exchange Online, IPv6",
     "from AM0PR01.eurprd01.prod.outlook.com (2603:10a6:208:1::19) by "
     "DB9PR01.eurprd01.prod.outlook.com (2603:10a6:10:2::7) with Microsoft SMTP Server",
     "2603:10a6:208:1::19", "AM0PR01.eurprd01.prod.outlook.com", "",
     "DB9PR01.eurprd01.prod.outlook.com", "Microsoft SMTP Server", "", false},
    {"Sendmail, a PTR that does not lead back",
     "from mail.example.com (static.hoster.example [203.0.113.25] (may be forged)) by "
     "mx.example.net (8.17.1/8.17.1) with ESMTP id 4APK; Wed, 25 Nov 2026 20:56:06 GMT",
     "203.0.113.25", "mail.example.com", "static.hoster.example", "mx.example.net", "ESMTP",
     "Wed, 25 Nov 2026 20:56:06 GMT", false},
    {"Sendmail with ident",
     "from mail.example.com (smmsp@mail.example.com [203.0.113.25]) by mx.example.net "
     "(8.17.1/8.17.1) with ESMTP",
     "203.0.113.25", "mail.example.com", "", "mx.example.net", "ESMTP", "", false},
    {"qmail", "from unknown (HELO vm25.localdomain) (203.0.113.25) by mx.example.net with SMTP",
     "203.0.113.25", "vm25.localdomain", "", "mx.example.net", "SMTP", "", false},
    {"qmail with a name, which nobody confirmed",
     "from mail.example.com (HELO vm25) (root@203.0.113.25) by mx.example.net with ESMTP",
     "203.0.113.25", "vm25", "mail.example.com", "mx.example.net", "ESMTP", "", false},
    {"qmail, HELO says an address",
     "from unknown (HELO [192.0.2.66]) (203.0.113.25) by mx.example.net with SMTP", "203.0.113.25",
     "[192.0.2.66]", "", "mx.example.net", "SMTP", "", false},
    {"qmail, made on the host", "(qmail 1234 invoked by uid 0); 25 Nov 2026 20:56:06 -0000", "", "",
     "", "", "", "25 Nov 2026 20:56:06 -0000", false},
    {"Yahoo", "from 203.0.113.25 (EHLO mail.example.com) by 10.217.1.1 with SMTPs; Wed",
     "203.0.113.25", "mail.example.com", "", "10.217.1.1", "SMTPs", "Wed", false},
    {"Courier",
     "from mail.example.com (mail.example.com [::ffff:203.0.113.25]) (TLS: "
     "TLSv1.3,256bits) by mx.example.net with ESMTPS",
     "203.0.113.25", "mail.example.com", "mail.example.com", "mx.example.net", "ESMTPS", "", true},
    {"a comment without end", "from mail.example.com (mail.example.com [203.0.113.25]",
     "203.0.113.25", "mail.example.com", "mail.example.com", "", "", "", true},
    {"only keywords", "from by with", "", "by", "", "", "", "", false},
    {"semicolons and parentheses", ";;)(;(;", "", "", "", "", "", ")(;(;", false},
    {"nothing", "", "", "", "", "", "", "", false},
};

START_TEST(reads_a_line)
{
    struct hop hop;

    hop_parse(rows[_i].value, &hop);
    ck_assert_msg(str_equal(hop.peer.family == IP_NONE ? "" : ip_text(&hop.peer).s, rows[_i].peer),
                  "%s: peer %s", rows[_i].label, ip_text(&hop.peer).s);
    ck_assert_msg(str_equal(hop.helo, rows[_i].helo), "%s: helo %s", rows[_i].label, hop.helo);
    ck_assert_msg(str_equal(hop.ptr, rows[_i].ptr), "%s: ptr %s", rows[_i].label, hop.ptr);
    ck_assert_msg(str_equal(hop.by, rows[_i].by), "%s: by %s", rows[_i].label, hop.by);
    ck_assert_msg(str_equal(hop.with, rows[_i].with), "%s: with %s", rows[_i].label, hop.with);
    ck_assert_msg(str_equal(hop.when, rows[_i].when), "%s: when %s", rows[_i].label, hop.when);
    ck_assert_msg(hop.ptr_confirmed == rows[_i].confirmed, "%s: confirmed", rows[_i].label);
}
END_TEST

int main(void)
{
    const struct unit_test tests[] = {
        {"reads a line", reads_a_line, ROWS(rows), 0},
    };

    return unit_run("header_received", tests, ROWS(tests));
}
