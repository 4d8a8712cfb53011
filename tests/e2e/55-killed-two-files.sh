# shellcheck shell=bash disable=SC2034
# Scenario: killed at each write of an edit of two files, it is continued or undone
# On: postfix postfix-ssh
# Long: yes

given "a name in main.cf and in master.cf"
make_aligned_records
sed "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf >/tmp/master.cf
place /tmp/master.cf /etc/postfix/master.cf
postfix reload
counts=server_now
killed_everywhere --only mta
