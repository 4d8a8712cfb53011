# shellcheck shell=bash disable=SC2034
# Scenario: the mail server's step killed at each of its writes is continued or undone
# On: postfix exim postfix-ssh exim-ssh
# Long: yes

given "records that are in order, and a mail server that says vm25.localdomain"
make_aligned_records
counts=server_now
killed_everywhere --only mta
