# shellcheck shell=bash disable=SC2154
# Scenario: the mail server's step killed at its n-th write, for every n, is continued or undone
# On: postfix exim postfix-ssh exim-ssh

expect_undone() { expect_first_server; }
reset_now() { # a run that was continued is undone by itself
    [ "$(server_name)" = "$OLD_NAME" ] || expect_exit 0 namesake rollback last --yes
    expect_first_server
    rm -rf "$state"
}

given "records that are in order, and a mail server that says vm25.localdomain"
make_aligned_records
killed_everywhere 6 --only mta
