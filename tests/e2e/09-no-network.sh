# shellcheck shell=bash disable=SC2154
# Scenario: without a network the answer is unknown, never a mismatch

given "an identity that is in order, and the cable pulled"
make_aligned
remember_world
link_down mail
when "it is looked at"
expect_exit 3 namesake audit --json
then_ "nothing is called a failure"
expect_json '[.identities[].verdict] | unique | join(" ")' unknown
expect_json '[.identities[].findings[] | select(.severity == "fail")] | length' 0
when "it is to be repaired"
expect_exit "3 69" namesake apply --yes
then_ "nothing is touched"
link_up mail
nothing_changed

given "an identity that is not in order, and the cable pulled"
reset_identity
remember_world
link_down mail
when "it is to be repaired"
expect_exit "3 69" namesake apply --yes
then_ "nothing is touched"
link_up mail
nothing_changed
