# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: killed at any write of an edit of two files, it is continued or undone
# On: postfix postfix-ssh

given "a name in main.cf and in master.cf"
make_aligned_records
sed -i "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf
touch -d '1 hour ago' /etc/postfix/master.cf
postfix reload
server_killed_everywhere 8
then_ "the name is in both"
expect "relay/unix/smtp_helo_name = $NAME" postconf -P relay/unix/smtp_helo_name
