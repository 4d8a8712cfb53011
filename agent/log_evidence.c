/* log_evidence.c - finds our own addresses and names in lines of mail logs. */
#include "agent/log_evidence.h"

#include <string.h>

#include "agent/base/json.h"
#include "agent/base/str.h"
#include "agent/plan.h"

/* What other servers write in front of the address that they see. */
static const char *const before_address[] = {
    "cannot find your reverse hostname, ",
    "cannot find your hostname, ",
    "Client host ",
    "client host ",
    "5.7.1 ",
    "5.7.25 ",
    "5.7.26 ",
    "Unsolicited mail originating from your IP address. ",
    "your IP address ",
    "sending IP address ",
    "IP address ",
    "from IP ",
    "reverse DNS for ",
    "rDNS for ",
    "PTR record for ",
};

/* What they write in front of the name that we said. */
static const char *const before_helo[] = {
    "rejected EHLO or HELO ", "invalid HELO name ", "Invalid HELO name ",
    "HELO/EHLO name ",        "HELO argument ",     "EHLO argument ",
};

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static bool read_address(const char *at, struct ip *out)
{
    char text[64];
    size_t length;

    at += *at == '<';
    at += *at == '[';
    length = strcspn(at, "] ,;)>\"'");
    if (length == 0 || length >= sizeof text)
        return false;
    str_format(text, sizeof text, "%.*s", (int)length, at);
    while (length > 0 && (text[length - 1] == '.' || text[length - 1] == ':'))
        text[--length] = '\0';
    return ip_parse(text, out) && ip_scope(out) == IP_SCOPE_PUBLIC;
}

/* An address literal is shown as it stands, so nothing but graphic ASCII may stand in it. */
static bool is_graphic(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < '!' || *text > '~')
            return false;
    return true;
}

/* A host name or an address literal; what is neither was no name that we gave ourselves. */
static bool read_name(const char *at, size_t length, char *out, size_t size)
{
    struct name name;
    char text[256];
    enum name_fault fault;

    if (length == 0 || length >= sizeof text)
        return false;
    str_format(text, sizeof text, "%.*s", (int)length, at);
    while (length > 0 && (text[length - 1] == '.' || text[length - 1] == ':'))
        text[--length] = '\0';
    fault = name_parse_host(text, &name);
    if (fault == NAME_EMPTY || fault == NAME_BAD_CHARACTER || fault == NAME_TOO_LONG ||
        fault == NAME_BAD_LABEL || (fault == NAME_LITERAL && !is_graphic(text)))
        return false;
    str_cut(out, size, fault == NAME_LITERAL ? text : name.s);
    return true;
}

/* Where a reply begins: "550 ", "550-". */
static const char *reply_in(const char *text)
{
    for (const char *at = strstr(text, ": "); at != NULL; at = strstr(at + 2, ": "))
        if (strspn(at + 2, "0123456789") == 3 && (at[5] == ' ' || at[5] == '-'))
            return at + 2;
    return NULL;
}

/* The quoted refusal: behind "said:" or "to talk to me:" in Postfix, in Exim the reply behind the
 * command (and in old ones behind the other host, too). */
static const char *refusal_of(const char *line)
{
    static const char *const marks[] = {" said: ", " refused to talk to me: "};
    const char *exim = strstr(line, "remote mail server after ");

    for (size_t i = 0; i < COUNT(marks); i++) {
        const char *at = strstr(line, marks[i]);
        if (at != NULL)
            return at + strlen(marks[i]);
    }
    return exim != NULL ? reply_in(exim) : NULL;
}

static void read_refused_address(const char *refusal, struct log_sighting *out)
{
    for (size_t i = 0; i < COUNT(before_address); i++) {
        const char *at = strstr(refusal, before_address[i]);
        for (; at != NULL && out->address.family == IP_NONE; at = strstr(at + 1, before_address[i]))
            if (!read_address(at + strlen(before_address[i]), &out->address))
                out->address = (struct ip){.family = IP_NONE};
    }
}

/* Postfix as the other side: "<vm25.localdomain>: Helo command rejected: need fully-qualified
 * hostname", "<mail.example.com[203.0.113.25]>: Client host rejected: Access denied". */
static void read_postfix_reject(const char *refusal, struct log_sighting *out)
{
    const char *helo = strstr(refusal, ">: Helo command rejected");
    const char *client = strstr(refusal, "]>: Client host rejected");
    const char *open;

    open = helo != NULL ? memrchr(refusal, '<', (size_t)(helo - refusal)) : NULL;
    if (open != NULL)
        (void)!read_name(open + 1, (size_t)(helo - open) - 1, out->helo, sizeof out->helo);
    open = client != NULL ? memrchr(refusal, '[', (size_t)(client - refusal)) : NULL;
    if (open != NULL && !read_address(open, &out->address))
        out->address = (struct ip){.family = IP_NONE};
}

static void read_refusal(const char *line, struct log_sighting *out)
{
    const char *refusal = refusal_of(line);

    if (refusal == NULL)
        return;
    read_postfix_reject(refusal, out);
    read_refused_address(refusal, out);
    for (size_t i = 0; i < COUNT(before_helo) && out->helo[0] == '\0'; i++) {
        const char *at = strstr(refusal, before_helo[i]);
        if (at == NULL)
            continue;
        at += strlen(before_helo[i]);
        at += strspn(at, "\"'<");
        (void)!read_name(at, strcspn(at, " \"'>,;()"), out->helo, sizeof out->helo);
    }
}

/* Exim with +outgoing_interface: "=> x@y R=r T=t H=mx [192.0.2.9] I=[203.0.113.25]:51253". On a
 * line of arrival (<=) the same word is where the visitor came in. */
static void read_exim_interface(const char *line, struct log_sighting *out)
{
    static const char *const arrows[] = {" => ", " -> ", " == ", " ** "};
    const char *at = strstr(line, " I=[");

    for (size_t i = 0; i < COUNT(arrows) && at != NULL; i++) {
        const char *arrow = strstr(line, arrows[i]);
        if (arrow != NULL && arrow < at && arrow - line < 64) {
            if (!read_address(at + 3, &out->address))
                out->address = (struct ip){.family = IP_NONE};
            return;
        }
    }
}

/* Postfix with debug_peer_list or -v: "postfix/smtp[7]: > mx.example.net[192.0.2.9]:25: EHLO us" */
static void read_dialogue(const char *line, struct log_sighting *out)
{
    static const char *const verbs[] = {": EHLO ", ": HELO ", ": LHLO "};
    const char *said = strstr(line, "]: > ");

    for (size_t i = 0; i < COUNT(verbs) && said != NULL; i++) {
        const char *at = strstr(said, verbs[i]);
        if (at != NULL && strstr(line, "/smtp[") != NULL)
            (void)!read_name(at + 7, strcspn(at + 7, " "), out->helo, sizeof out->helo);
    }
}

/* "2026-11-25T20:56:06.1+00:00", "2026-11-25 20:56:06", "Nov 25 20:56:06" */
static void read_time(const char *line, char *out, size_t size)
{
    size_t length = 0;

    if (line[0] >= '0' && line[0] <= '9') {
        length = strcspn(line, " ");
        if (line[length] == ' ' && length == 10)
            length += 1 + strcspn(line + length + 1, " ");
    } else if (strlen(line) > 15 && line[3] == ' ' && line[6] == ' ' && line[9] == ':') {
        length = 15;
    }
    str_printable(out, size, line, length < size ? length : 0);
}

static bool same_pair(const struct log_sighting *a, const struct log_sighting *b)
{
    return ip_equal(&a->address, &b->address) && str_equal(a->helo, b->helo);
}

static void keep(struct log_evidence *out, const struct log_sighting *seen)
{
    size_t i = 0;

    while (i < out->count && !same_pair(&out->v[i], seen))
        i++;
    if (i == LOG_EVIDENCE_MAX)
        return;
    if (i == out->count)
        out->v[out->count++] = (struct log_sighting){.count = 0};
    const unsigned before = out->v[i].count;
    out->v[i] = *seen;
    out->v[i].count = before + 1;
}

static void read_message(const char *message, const char *when, struct log_evidence *out)
{
    struct log_sighting seen = {.address = {.family = IP_NONE}};

    read_exim_interface(message, &seen);
    read_dialogue(message, &seen);
    read_refusal(message, &seen);
    if (seen.address.family == IP_NONE && seen.helo[0] == '\0')
        return;
    if (when[0] != '\0')
        str_cut(seen.when, sizeof seen.when, when);
    else
        read_time(message, seen.when, sizeof seen.when);
    str_printable(seen.line, sizeof seen.line, message, strlen(message));
    keep(out, &seen);
}

/* One entry of journalctl -o json: the message without its head, and the time in microseconds. */
static void read_journal(const char *line, size_t length, struct log_evidence *out)
{
    struct error ignored = {0};
    json_t *entry = json_parse(line, length, &ignored);
    const char *identifier = json_string_or(entry, "SYSLOG_IDENTIFIER", "");
    char text[LOG_LINE_MAX], when[40] = "";
    uint64_t microseconds;

    if (str_uint(json_string_or(entry, "__REALTIME_TIMESTAMP", ""), 0, INT64_MAX, &microseconds))
        str_cut(when, sizeof when, time_text((time_t)(microseconds / 1000000)).s);
    /* As a line of a file, so that both are read alike. */
    if (json_string_or(entry, "MESSAGE", "")[0] != '\0') {
        str_format(text, sizeof text, "%s[0]: %s", identifier,
                   json_string_or(entry, "MESSAGE", ""));
        read_message(text, when, out);
    }
    json_decref(entry);
}

static void read_line(const struct cursor *line, struct log_evidence *out)
{
    char text[LOG_LINE_MAX];
    const size_t length = (size_t)(line->end - line->at);

    if (length >= sizeof text || memchr(line->at, '\0', length) != NULL)
        return;
    memcpy(text, line->at, length);
    text[length] = '\0';
    if (text[0] == '{')
        read_journal(text, length, out);
    else
        read_message(text, "", out);
}

void log_evidence_read(const char *text, size_t length, struct log_evidence *out)
{
    struct cursor c = cursor_of(text, length), line;

    while (cursor_line(&c, &line))
        read_line(&line, out);
}
