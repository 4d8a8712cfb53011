# shellcheck shell=bash disable=SC2154
# Scenario: a message that a real Postfix delivered is read back

# What another machine says to Postfix on the mail host: it is the receiver here.
deliver() { # deliver HELO
    # shellcheck disable=SC2016 # for the inner shell
    on resolver2 timeout 20 bash -c '
        exec 3<>"/dev/tcp/$1/25"
        say() { printf "%s\r\n" "$1" >&3; }
        hear() { while read -r line <&3; do [[ $line == ???" "* ]] && break; done; }
        hear; say "EHLO $2"; hear
        say "MAIL FROM:<bob@hoster.example>"; hear
        say "RCPT TO:<root@localhost>"; hear
        say DATA; hear
        say "Received: from trusted.example ([203.0.113.99]) by nowhere.example; Wed, 25 Nov 2026"
        say "Authentication-Results: nowhere.example; iprev=pass policy.iprev=203.0.113.99"
        say "Subject: hello"; say ""; say "."; hear
        say QUIT; hear' - "$V4" "$1"
}

mailbox=/var/mail/root

given "a message from 198.51.100.53, with forged lines below"
postconf -e 'smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination' \
    'smtpd_recipient_restrictions =' 'mail_spool_directory = /var/mail' 'alias_maps =' \
    'local_transport = local' 'mailbox_command ='
touch -d '1 hour ago' /etc/postfix/main.cf
postfix_restart
mkdir -p /var/mail
deliver out.hoster.example
wait_for 20 test -s "$mailbox"
sed 's/^/  | /' "$mailbox"
then_ "the line of the receiver is believed, and those below are not"
expect_exit 0 namesake headers "$mailbox"
expect_out "198.51.100.53"
expect_no_out "iprev"
expect_exit 0 namesake headers --json "$mailbox"
expect_json .address 198.51.100.53
expect_json .helo out.hoster.example
expect_json .receiver "$OLD_NAME"
expect_json .line 1
expect_json '.hops[1].role' unproven

when "it is recorded as facts"
expect_exit 0 namesake headers --record /tmp/facts.json "$mailbox"
then_ "they are judged: what was not looked at is not known"
expect_exit 3 namesake audit -c none --facts /tmp/facts.json --json
expect_json '.identities[0].address' 198.51.100.53
expect_json '.identities[0].checks[] | select(.check == "helo") | .helo_state' observed
expect_exit 2 namesake audit -c none --facts /tmp/facts.json --name mail.hoster.example
expect_out helo-mismatch

given "a message without anything to believe"
expect_exit 3 bash -c 'printf "Subject: x\n\n" | namesake headers'
expect_exit 66 namesake headers /nonexistent
