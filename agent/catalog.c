/* catalog.c - the table of findings, for judging and for explaining. */
#include "agent/catalog.h"

#include "agent/base/str.h"

static const struct catalog_entry table[] = {
    [FIND_NAME_UNDECIDED] =
        {"name-undecided", SEVERITY_UNKNOWN, OWNER_MTA, CHECK_HELO,
         "Nothing says which name this address should carry: no name was given, and neither HELO, "
         "greeting nor PTR holds one that could be meant.",
         "without it nothing can be compared",
         "Choose one host name for the server, for example mail.example.com, and use it "
         "everywhere.",
         "RFC 5321 2.3.5"},
    [FIND_PATH_NAT] =
        {"path-nat", SEVERITY_UNKNOWN, OWNER_MTA, CHECK_PATH,
         "The machine has a private address and leaves through a translator. Receivers see "
         "another address, which is not known here.",
         "receivers judge the public address, not this one",
         "Find the public address (hoster's panel, header of a delivered message) and audit that "
         "one.",
         "RFC 3022"},
    [FIND_PATH_OTHER_ADDRESS] =
        {"path-other-address", SEVERITY_FAIL, OWNER_MTA, CHECK_PATH,
         "Mail was seen leaving from another address than the one that is audited. Receivers "
         "judge the address that connects to them.",
         "receivers judge the address that connects to them",
         "Audit the address that was seen, or bind the mail server to the intended one.",
         "RFC 8601 3"},
    [FIND_PATH_RELAY] =
        {"path-relay", SEVERITY_WARN, OWNER_RELAY, CHECK_PATH,
         "Mail leaves through a relay. Receivers judge the relay's address and name, not this "
         "machine's.",
         "receivers judge the relay's address and name, not this machine's",
         "Audit the relay; its operator repairs what is wrong there.", "RFC 5321 3.6.2"},
    [FIND_PATH_OTHER_ROUTE] =
        {"path-other-route", SEVERITY_INFO, OWNER_MTA, CHECK_PATH,
         "Some mail takes another way than the rest: a transport of its own, another relay, or one "
         "of several by chance. Its receivers judge the address and name at the end of that way.",
         "receivers of that mail judge the end of that way",
         "Audit the relay or address at the end of each way.", "RFC 5321 3.6.2"},
    [FIND_PTR_MISSING] =
        {"ptr-missing", SEVERITY_FAIL, OWNER_IP, CHECK_PTR,
         "The address has no PTR record. Large receivers refuse mail from such addresses.",
         "large receivers refuse mail from addresses without PTR",
         "Have the owner of the address set its PTR record to the mail server's name.",
         "RFC 1912 2.1, RFC 8601 3"},
    [FIND_PTR_INVALID] =
        {"ptr-invalid", SEVERITY_FAIL, OWNER_IP, CHECK_PTR,
         "The PTR record holds something that is no host name. Many receivers treat it as "
         "missing.",
         "many receivers treat it as missing",
         "Have the owner of the address set the PTR record to a host name of letters, digits, "
         "hyphens and dots.",
         "RFC 1123 2.1"},
    [FIND_PTR_GENERIC] =
        {"ptr-generic", SEVERITY_FAIL, OWNER_IP, CHECK_PTR,
         "The PTR record still carries a name that the hoster or access provider gives by "
         "default. Filters take such addresses for home lines and throw-away machines.",
         "filters take such addresses for home lines and throw-away machines",
         "Have the owner of the address set the PTR record to the mail server's name.",
         "RFC 1912 2.1"},
    [FIND_PTR_MISMATCH] =
        {"ptr-mismatch", SEVERITY_FAIL, OWNER_IP, CHECK_PTR,
         "The PTR record names another host than the mail server says it is. Receivers that "
         "compare them mistrust both.",
         "receivers see two names for one connection",
         "Have the owner of the address set the PTR record to the wanted name, or give the mail "
         "server the name of the PTR record.",
         "RFC 1912 2.1, RFC 5321 4.1.4"},
    [FIND_PTR_NOT_CONFIRMED] =
        {"ptr-not-confirmed", SEVERITY_FAIL, OWNER_DNS, CHECK_PTR,
         "The name in the PTR record does not resolve back to the address, so the reverse check "
         "(FCrDNS, iprev) fails.",
         "the reverse check of receivers (FCrDNS, iprev) fails",
         "Add an address record for the name, or correct the PTR record.", "RFC 8601 3"},
    [FIND_PTR_MULTIPLE] =
        {"ptr-multiple", SEVERITY_WARN, OWNER_IP, CHECK_PTR,
         "The address has several PTR records. Many receivers look at one of them only, whichever "
         "comes first, so mail fails now and then.",
         "many receivers look at one of them only, whichever comes first",
         "Keep one PTR record: the mail server's name.", "RFC 2181 10.2"},
    [FIND_FORWARD_MISSING] =
        {"forward-missing", SEVERITY_FAIL, OWNER_DNS, CHECK_FORWARD,
         "The wanted name has no address record of this family, so nobody can confirm it.",
         "nobody can confirm the name",
         "Add an A (IPv4) or AAAA (IPv6) record for the name with this address.",
         "RFC 5321 2.3.5, RFC 8601 3"},
    [FIND_FORWARD_ELSEWHERE] =
        {"forward-elsewhere", SEVERITY_FAIL, OWNER_DNS, CHECK_FORWARD,
         "The wanted name resolves, but only to other addresses. A proxy or content network in "
         "front of the name does that too.",
         "the name belongs to other machines, as far as receivers can see",
         "Add this address to the name's address records, or choose a name of its own for it.",
         "RFC 8601 3"},
    [FIND_FORWARD_CNAME] =
        {"forward-cname", SEVERITY_WARN, OWNER_DNS, CHECK_FORWARD,
         "The wanted name is an alias. SMTP does not allow an alias as HELO; most receivers follow "
         "it.",
         "SMTP does not allow an alias as HELO; most receivers follow it",
         "Replace the CNAME record by address records.", "RFC 5321 2.3.5"},
    [FIND_FORWARD_MULTIPLE] = {"forward-multiple", SEVERITY_INFO, OWNER_DNS, CHECK_FORWARD,
                               "The name has other addresses besides this one. That is allowed.",
                               "that is allowed",
                               "Nothing, as long as each of them is a mail server of yours.",
                               "RFC 8601 3"},
    [FIND_HELO_MISMATCH] =
        {"helo-mismatch", SEVERITY_FAIL, OWNER_MTA, CHECK_HELO,
         "The mail server says another name in HELO than the wanted one. Receivers and blocklists "
         "compare it with PTR and address record.",
         "receivers and blocklists compare HELO with PTR and address record",
         "Set the mail server's name and reload it.", "RFC 5321 4.1.1.1"},
    [FIND_HELO_INVALID] =
        {"helo-invalid", SEVERITY_FAIL, OWNER_MTA, CHECK_HELO,
         "The mail server says something in HELO that is no fully qualified host name. Many "
         "receivers refuse the connection.",
         "many receivers refuse such a HELO",
         "Set the mail server's name to its fully qualified host name and reload it.",
         "RFC 5321 2.3.5, 4.1.1.1"},
    [FIND_HELO_UNKNOWN] =
        {"helo-unknown", SEVERITY_UNKNOWN, OWNER_MTA, CHECK_HELO,
         "The mail server's configuration cannot be read, so its HELO name is not known.",
         "what receivers hear in HELO is not known",
         "Read it with the mail server's own tools as root.", "RFC 5321 4.1.1.1"},
    [FIND_HELO_FROM_HOSTNAME] =
        {"helo-from-hostname", SEVERITY_WARN, OWNER_MTA, CHECK_HELO,
         "The mail server takes its name from the system's host name, which something else may "
         "rewrite (cloud-init at boot, DHCP, a panel).",
         "the name may be another one after the next boot",
         "Set the name in the mail server's configuration explicitly, or keep the system's: "
         "preserve_hostname: true in a file of /etc/cloud/cloud.cfg.d, a name in /etc/hostname.",
         "RFC 5321 2.3.5"},
    [FIND_NAME_MANAGED] =
        {"name-managed", SEVERITY_WARN, OWNER_MTA, CHECK_HELO,
         "A program writes the mail server's name: configuration management that makes the whole "
         "file, a certificate hook, a job. What is changed by hand, or by namesake, lasts until it "
         "runs again.",
         "the name may be another one after that has run again",
         "Set the name where that program takes it from, or take the name out of its hands.",
         "RFC 5321 2.3.5"},
    [FIND_BANNER_MISMATCH] = {"banner-mismatch", SEVERITY_FAIL, OWNER_MTA, CHECK_BANNER,
                              "The server greets with another name than the wanted one.",
                              "testers and some receivers compare the greeting with the PTR record",
                              "Set the name in the greeting and reload it.", "RFC 5321 4.2, 4.3.1"},
    [FIND_BANNER_NO_NAME] =
        {"banner-no-name", SEVERITY_FAIL, OWNER_MTA, CHECK_BANNER,
         "The first word of the greeting is no host name. It has to be the server's.",
         "SMTP wants the server's name as the first word",
         "Let the greeting begin with the server's name.", "RFC 5321 4.2"},
    [FIND_BANNER_MASKED] =
        {"banner-masked", SEVERITY_UNKNOWN, OWNER_RELAY, CHECK_BANNER,
         "A firewall in front of the server overwrites its greeting with asterisks.",
         "the name behind it cannot be seen from outside",
         "Switch SMTP inspection off in the firewall (Cisco: no inspect esmtp, or no mask-banner).",
         "RFC 5321 4.2"},
    [FIND_BANNER_REFUSED] = {"banner-refused", SEVERITY_INFO, OWNER_MTA, CHECK_BANNER,
                             "The server answers, but takes no mail from here (554, 521 or 421).",
                             "that is in order for a machine that only sends",
                             "Nothing, when that is intended.", "RFC 5321 3.1, RFC 7504"},
    [FIND_BANNER_EHLO_DIFFER] =
        {"banner-ehlo-differ", SEVERITY_WARN, OWNER_MTA, CHECK_BANNER,
         "The greeting and the reply to EHLO carry different names; often a proxy stands in front "
         "of the mail server.",
         "often a proxy stands in front of the mail server", "Give both the same name.",
         "RFC 5321 4.1.1.1, 4.2"},
    [FIND_BANNER_UNREACHABLE] =
        {"banner-unreachable", SEVERITY_UNKNOWN, OWNER_MTA, CHECK_BANNER,
         "No greeting could be read although the mail server should listen there. A filter on the "
         "way, often in the observer's own network, looks the same.",
         "a filter on the way, often in the observer's own network, looks the same",
         "Connect to port 25 of the address from another network.", "RFC 5321 4.3.1"},
    [FIND_DNS_TEMPORARY] =
        {"dns-temporary", SEVERITY_UNKNOWN, OWNER_DNS, CHECK_FORWARD,
         "A DNS server failed or did not answer where an answer was needed. That says nothing "
         "about the record.",
         "that says nothing about the record: it is neither right nor wrong",
         "Try again later; if it lasts, tell the operator of the zone.",
         "RFC 8601 2.7.3, RFC 9520"},
    [FIND_ZONE_BROKEN] =
        {"zone-broken", SEVERITY_FAIL, OWNER_DNS, CHECK_FORWARD,
         "The zone does not answer properly over a whole window: lame servers, or DNSSEC data that "
         "does not validate.",
         "receivers defer mail while the zone does not answer",
         "Have the operator of the zone repair its delegation or its signatures.",
         "RFC 1912 2.8, RFC 4035 5.5"},
    [FIND_RESOLVER_ODD] =
        {"resolver-odd", SEVERITY_INFO, OWNER_NOBODY, CHECK_FORWARD,
         "One resolver says something else than the authoritative servers: it remembers an old "
         "answer, or rewrites answers.",
         "it remembers an old answer, or rewrites answers",
         "Wait until the old answer has expired, or ask another resolver.", "RFC 2308 5"},
    [FIND_SERVERS_DIFFER] =
        {"servers-differ", SEVERITY_WARN, OWNER_DNS, CHECK_FORWARD,
         "The authoritative servers of a zone give different answers. Receivers see one or the "
         "other by chance.",
         "receivers see one or the other by chance",
         "Bring the secondary servers up to date (zone transfer, serial number).", "RFC 1912 2.2"},
    [FIND_HOSTS_FILE_DIFFERS] =
        {"hosts-file-differs", SEVERITY_INFO, OWNER_MTA, CHECK_FORWARD,
         "The hosts file of this machine says something else of the name than DNS, so programs "
         "here do not see what others see.",
         "programs here do not see what others see", "Correct or remove the line in /etc/hosts.",
         "RFC 952"},
};

_Static_assert(sizeof table / sizeof table[0] == FIND_COUNT, "one row per finding");

enum mta_saying catalog_setting(enum finding_id id)
{
    static const enum mta_saying settings[FIND_COUNT] = {
        [FIND_HELO_MISMATCH] = MTA_SAYS_HELO,      [FIND_HELO_INVALID] = MTA_SAYS_HELO,
        [FIND_HELO_FROM_HOSTNAME] = MTA_SAYS_NAME, [FIND_BANNER_MISMATCH] = MTA_SAYS_GREETING,
        [FIND_BANNER_NO_NAME] = MTA_SAYS_GREETING,
    };

    return settings[id];
}

const struct catalog_entry *catalog_entry(enum finding_id id)
{
    return &table[id];
}

bool catalog_find(const char *text, enum finding_id *out)
{
    for (int i = 0; i < FIND_COUNT; i++) {
        if (str_equal(table[i].id, text)) {
            *out = (enum finding_id)i;
            return true;
        }
    }
    return false;
}

const char *severity_text(enum severity severity)
{
    static const char *const texts[SEVERITY_COUNT] = {"fail", "unknown", "warn", "info"};

    return texts[severity];
}

static const struct {
    const char *id, *words;
} owners[OWNER_COUNT] = {
    [OWNER_IP] = {"ip-owner", "the IP owner"},
    [OWNER_DNS] = {"dns-admin", "the DNS admin"},
    [OWNER_MTA] = {"mta-admin", "the mail server's admin"},
    [OWNER_RELAY] = {"relay-admin", "the relay's or firewall's admin"},
    [OWNER_NOBODY] = {"nobody", "nobody"},
};

const char *owner_role_text(enum owner_role role)
{
    return owners[role].id;
}

const char *owner_role_words(enum owner_role role)
{
    return owners[role].words;
}

const char *check_text(enum check check)
{
    static const char *const texts[CHECK_COUNT] = {"ptr", "banner", "helo", "forward", "path"};

    return texts[check];
}
