# shellcheck shell=bash disable=SC2154
# Scenario: Exim as Debian ships it is repaired and put back byte for byte
# On: exim exim-split exim-ssh exim-split-ssh

given "$MTA_SCHEME files, and an Exim that says vm25.localdomain"
macros=/etc/exim4/exim4.conf.localmacros
[ "$MTA_SCHEME" = unsplit ] || macros=/etc/exim4/conf.d/main/000_localmacros
expect_exit 2 namesake audit
expect_out "NOT ALIGNED"
expect_exit 0 namesake plan --json
expect_json '[.steps[].kind] | join(" ")' "forward forward ptr ptr mta"
expect_json '.steps[-1] | .before[0] + ">" + .after[0]' "$OLD_NAME>$NAME"
expect_json '.steps[-1].commands[0]' update-exim4.conf
nothing_changed

when "it is applied"
pid=$(exim_pid)
expect_exit 0 namesake apply --yes
expect_out "Changed 5 of 5"
then_ "the same daemon says the new name, from a macro in a file that no package owns"
expect_aligned_world
expect "$pid" exim_pid
expect "MAIN_HARDCODE_PRIMARY_HOSTNAME = $NAME" cat "$macros"
expect "644 root root" stat -c '%a %U %G' "$macros"
expect "dc_other_hostnames='vm25;$OLD_NAME'" grep ^dc_other /etc/exim4/update-exim4.conf.conf
expect "" bash -c "ls -A /etc/exim4 | grep namesake"
expect 0 bash -c "exim4 -bt x@$OLD_NAME | grep -c remote_smtp"

when "it is applied once more"
applied_already

when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "all is as it was, to the byte; the file that was made is gone"
expect_broken_world
expect "$pid" exim_pid
