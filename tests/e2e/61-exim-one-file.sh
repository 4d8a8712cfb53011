# shellcheck shell=bash disable=SC2154
# Scenario: Exim in one file; a staged copy is proven by a message before anything is swapped
# On: exim-single exim-single-ssh

given "Exim in one file with a dead branch, and a listener elsewhere that hears its HELO"
exim_sink
expect "$OLD_NAME" said_helo

when "a copy with the new name delivers a message, nothing live is changed"
sed "s/vm25.localdomain/staged.example.com/" /etc/exim4/exim4.conf >/etc/exim4/staged
then_ "the HELO is that of the copy"
expect staged.example.com said_helo -C /etc/exim4/staged
expect "$OLD_NAME" said_helo
rm /etc/exim4/staged

when "it is applied"
expect_exit 0 namesake apply --yes
then_ "two lines of the file are others, one is new, and an empty one after it"
expect_aligned_world
expect "$NAME" said_helo
expect 4 added_lines "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
expect 2 removed_lines "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
expect "domainlist local_domains = @ : localhost : $OLD_NAME" grep ^domainlist /etc/exim4/exim4.conf
expect "qualify_domain = $OLD_NAME" grep ^qualify /etc/exim4/exim4.conf
expect_exit 0 namesake rollback last --yes
expect_broken_world
