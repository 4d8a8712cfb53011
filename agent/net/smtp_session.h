/*
 * smtp_session.h - PURE: the server's side of one SMTP conversation (RFC 5321)
 * that exists to listen: it notes what the client says of itself and takes no
 * mail but tagged probes. Bytes in, replies out.
 *
 * A probe is a message to namesake-probe+TOKEN@ANY.HOST, or to
 * namesake-probe@ANY.HOST with the token in its header: a field
 * X-Namesake-Probe: TOKEN, or the same words within the subject. Every other
 * recipient is refused, and a message without its token is, too.
 */
#ifndef NAMESAKE_NET_SMTP_SESSION_H
#define NAMESAKE_NET_SMTP_SESSION_H

#include "agent/base/buf.h"
#include "agent/base/str.h"

#define SMTP_PROBE_MAILBOX "namesake-probe"
#define SMTP_PROBE_HEADER "X-Namesake-Probe:"
#define SMTP_TOKEN_MIN 8
#define SMTP_TOKEN_MAX 64

#define SMTP_COMMAND_LINE_MAX 512U /* RFC 5321 4.5.3.1.4 */
#define SMTP_TEXT_LINE_MAX 1000U   /* RFC 5321 4.5.3.1.6 */
#define SMTP_MESSAGE_MAX 65536U    /* bytes; a probe has some five hundred */
#define SMTP_COMMANDS_MAX 100U     /* in one conversation */
#define SMTP_MISTAKES_MAX 10U      /* then it ends */
#define SMTP_NOTED_MAX 16U         /* HELOs, senders, recipients, Received fields kept, each */
#define SMTP_RECEIVED_MAX 1000U    /* bytes of a Received field that are kept */

/* How a conversation ended. */
enum smtp_end {
    SMTP_END_OPEN,
    SMTP_END_QUIT,
    SMTP_END_CLOSED,   /* the client went away */
    SMTP_END_TIMEOUT,  /* it was silent, or took too long */
    SMTP_END_LIMIT,    /* too many commands or mistakes, too much text */
    SMTP_END_SHUTDOWN, /* we ended */
    SMTP_ENDS
};

/* What was heard; every text is printable. */
struct smtp_heard {
    struct strings hellos;          /* arguments of EHLO and HELO, in order */
    struct strings senders;         /* of MAIL FROM, without brackets; "" is the empty one */
    struct strings recipients;      /* of RCPT TO, refused ones too */
    struct strings received;        /* Received fields of the last probe, unfolded, topmost first */
    char token[SMTP_TOKEN_MAX + 1]; /* of the last probe that was taken, in lower case; or "" */
    unsigned probes;                /* messages that were taken */
    unsigned refused;               /* recipients and messages that were not */
    enum smtp_end end;
};

struct smtp_session {
    char name[64];                  /* what the server calls itself */
    char token[SMTP_TOKEN_MAX + 1]; /* the only one that is taken; "": any well-formed one */
    struct smtp_heard heard;
    struct buf line; /* what has come of the line that is being read */
    bool too_long;   /* that line has no end */
    bool in_data;
    bool in_header;          /* of the message */
    bool has_sender;         /* MAIL was said */
    unsigned accepted;       /* recipients of this message */
    struct strings received; /* so far, of this message */
    struct buf field;        /* the Received field that is being read */
    char of_recipient[SMTP_TOKEN_MAX + 1], of_message[SMTP_TOKEN_MAX + 1]; /* its tokens */
    size_t message_bytes;
    unsigned commands, mistakes;
};

/* name: a host name or an address literal; token: see above, "" for any. */
void smtp_session_open(struct smtp_session *session, const char *name, const char *token);
void smtp_session_free(struct smtp_session *session);
void smtp_heard_free(struct smtp_heard *heard);

/* The greeting, and what is said when time is up, too much came, or we end. */
void smtp_session_greet(const struct smtp_session *session, struct buf *replies);
void smtp_session_end(struct smtp_session *session, enum smtp_end end, struct buf *replies);

/*
 * Take what came and append the replies. False when the conversation is over (heard.end says
 * how): the replies are sent and the connection is closed.
 */
bool smtp_session_take(struct smtp_session *session, const char *data, size_t length,
                       struct buf *replies) MUST_USE;

/* Letters and digits, SMTP_TOKEN_MIN to SMTP_TOKEN_MAX of them. */
bool smtp_token_is_good(const char *token);

/* "quit", "closed", "timeout", "limit", "shutdown" */
const char *smtp_end_text(enum smtp_end end);

#endif
