# shellcheck shell=bash disable=SC2154
# Scenario: a Postfix with postscreen, overrides in master.cf and a second instance is read as it is

greeting_and_helo() { # verdict, then greeting's check, HELO's value and findings of an address
    jq -r ".identities[] | select(.address == \"$1\") |
        ([.verdict] + [.checks[] | select(.check == \"banner\") | .result] +
         [.checks[] | select(.check == \"helo\") | .found[0] // \"-\"] +
         [.findings[] | select(.severity != \"info\") | .id + \":\" + .owner.role] | join(\" \"))" "$out"
}

given "an identity in order, with postscreen in front of it"
make_aligned
postconf -M smtp/inet='smtp inet n - n - 1 postscreen' \
    smtpd/pass='smtpd pass - - n - - smtpd' dnsblog/unix='dnsblog unix - - n - 0 dnsblog' \
    tlsproxy/unix='tlsproxy unix - - n - 0 tlsproxy'
# shellcheck disable=SC2016 # for Postfix
postconf -e 'postscreen_greet_banner = $smtpd_banner' 'postscreen_greet_action = enforce'
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
postfix_restart
when "it is looked at"
expect_exit 0 namesake audit --json
then_ "the teaser is waited for, and nobody is marked as a pregreeter"
expect "aligned ok $NAME" greeting_and_helo "$V4"
expect "aligned ok $NAME" greeting_and_helo "$V6"
expect "" grep -E 'PREGREET|NON-SMTP|BARE NEWLINE' /var/log/mail.log

given "overrides in master.cf: the sender says another name, so does the listener behind postscreen"
postconf -P smtp/unix/smtp_helo_name=out.example.com smtpd/pass/myhostname=in.example.com
dns_set in.example.com 5 A "$V4"
dns_set out.example.com 5 A "$V4"
secondaries_follow
touch -d '1 hour ago' /etc/postfix/master.cf
postfix_restart
when "it is looked at"
expect_exit 2 namesake audit -4 --json
then_ "both are the overrides, not main.cf's name, and the mail server's to repair"
expect "not-aligned fail out.example.com helo-mismatch:mta-admin banner-mismatch:mta-admin" greeting_and_helo "$V4"

given "a second instance, which alone sends, from another address"
ip addr add 203.0.113.26/24 dev e0
ptr_set 203.0.113.26 out26.example.com
dns_set out26.example.com 5 A 203.0.113.26
secondaries_follow
postconf -PX smtp/unix/smtp_helo_name smtpd/pass/myhostname
postconf -M smtp/inet='smtp inet n - n - - smtpd'
# shellcheck disable=SC2016 # for Postfix
postconf -e "inet_interfaces = $V4, 127.0.0.1" 'default_transport = error:another instance sends' \
    'multi_instance_wrapper = ${command_directory}/postmulti -p --' 'multi_instance_enable = yes' \
    'multi_instance_directories = /etc/postfix-out'
cp -a /etc/postfix /etc/postfix-out
mkdir -p /var/spool/postfix-out /var/lib/postfix-out
chown postfix: /var/lib/postfix-out
postconf -c /etc/postfix-out -e 'queue_directory = /var/spool/postfix-out' \
    'data_directory = /var/lib/postfix-out' 'myhostname = out26.example.com' \
    'inet_interfaces = 203.0.113.26' 'multi_instance_name = postfix-out' \
    'multi_instance_enable = yes' 'master_service_disable =' 'syslog_name = postfix-out' \
    'default_transport = smtp'
postconf -c /etc/postfix-out -X multi_instance_wrapper multi_instance_directories
touch -d '1 hour ago' /etc/postfix*/*.cf
postfix stop >/dev/null 2>&1 || true
postfix start >/dev/null 2>&1
wait_for 10 says_220 "$V4"
wait_for 10 says_220 203.0.113.26
when "both addresses are looked at"
run namesake -c none audit "$V4" 203.0.113.26 --json --resolver 192.0.2.53
then_ "each address is judged by its own instance"
expect "aligned ok out26.example.com" greeting_and_helo 203.0.113.26
