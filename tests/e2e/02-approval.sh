# shellcheck shell=bash disable=SC2154
# Scenario: nothing is applied without approval, and each way of approving works

given "no terminal and no approval"
expect_exit 64 namesake apply
expect_said "--yes"
nothing_changed
expect_exit 64 namesake apply --no-input
nothing_changed

when "another plan was approved than the one that is due"
expect_exit 65 namesake apply --approve 000000000000
expect_said "plan-not-approved"
nothing_changed

when "the answer at the terminal is not the word yes"
for answer in y no YES ''; do
    at_terminal "$answer" namesake apply
    [ "$STATUS" != 0 ] || fail "it took '$answer' for yes"
    expect_out "$NAME"
    nothing_changed
done

when "only a plan is asked for"
expect_exit 0 namesake apply --dry-run
nothing_changed

when "the plan's own id approves it"
expect_exit 0 namesake plan --json
id=$(json .plan_id)
expect_exit 0 namesake plan --json
expect_json .plan_id "$id"
expect_exit 0 namesake apply --approve "${id:0:8}"
then_ "it is made"
expect_aligned_world

when "the answer at the terminal is yes"
reset_identity
at_terminal yes namesake apply
[ "$STATUS" = 0 ] || fail "exit $STATUS"
then_ "it is made"
expect_aligned_world

when "--yes is given"
reset_identity
expect_exit 0 namesake apply --yes
then_ "it is made"
expect_aligned_world
