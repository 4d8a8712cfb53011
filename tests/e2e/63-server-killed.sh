# shellcheck shell=bash
# Scenario: the mail server's step killed at its n-th write, for every n, is continued or undone
# On: postfix exim postfix-ssh exim-ssh

given "records that are in order, and a mail server that says vm25.localdomain"
make_aligned_records
server_killed_everywhere 6
