# shellcheck shell=bash disable=SC2154
# Scenario: apply waits for every authoritative server and names the one that lags

given "a secondary of the customer that has lost its primary"
name_server_hold ns2
when "the plan is applied with little patience"
expect_exit 6 namesake apply --yes --wait 4s
then_ "it names the server that holds it up"
expect_said "ns2.example.com"
then_ "no PTR points to a name that not every server knows"
expect "$V4" dns_show 192.0.2.11 "$NAME" A
expect "$OLD_PTR4." ptr_show 198.51.100.11 "$V4"
expect "$OLD_PTR6." ptr_show 198.51.100.11 "$V6"

when "the secondary is in touch again and the run is continued"
name_server_release ns2
expect_exit 0 namesake apply --continue
then_ "all is done"
expect_aligned_world
resolvers_forget
expect_exit 0 namesake audit

given "a secondary that comes back while apply waits"
reset_identity
name_server_hold hoster2
(
    sleep 6
    name_server_release hoster2
) &
when "the plan is applied with patience"
expect_exit 0 namesake apply --yes --wait 60s
wait
then_ "it waited for that server"
expect_said "ns2.hoster.example"
expect_aligned_world
