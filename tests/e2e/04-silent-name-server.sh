# shellcheck shell=bash disable=SC2154
# Scenario: a name server that does not answer is never called a mismatch

given "an identity that is in order, and the customer's name servers silent"
make_aligned
expect_exit 0 namesake audit
remember_world
name_server_stop ns1 ns2
resolvers_forget
when "it is looked at"
expect_exit 3 namesake audit --json
then_ "it is unknown, not a mismatch and not an absence"
expect_json '[.identities[].verdict] | unique | join(" ")' unknown
expect_json '[.identities[].findings[] | select(.severity == "fail")] | length' 0
expect_json '[.identities[].findings[].id | select(. == "dns-temporary")] | length > 0' true
when "it is to be repaired"
expect_exit "3 69" namesake apply --yes
then_ "nothing is touched"
name_server_start ns1 ns2
nothing_changed

given "an identity that is not in order, and the server that takes updates silent"
reset_identity
remember_world
remember_state
name_server_stop ns1
when "it is to be repaired"
expect_exit "3 69" namesake apply --yes
expect_exit "3 69" namesake apply --yes --json
then_ "nothing is touched"
name_server_start ns1
nothing_changed

when "the server is back"
expect_exit 0 namesake apply --yes
expect_aligned_world
