# shellcheck shell=bash disable=SC2154
# Scenario: the commands that only look change nothing

given "an identity that is not in order"
expect_exit 2 namesake audit
expect_exit 2 namesake audit "$V4"
expect_exit 2 namesake audit -c none --name "$NAME"
expect_exit 0 namesake plan
expect_exit 0 namesake apply --dry-run
expect_exit 0 namesake plan --save /tmp/plan.json
expect_exit 0 namesake show /tmp/plan.json
run namesake headers tests/fuzz/corpus/headers/gmail.eml
[ "$STATUS" -le 3 ] || fail "exit $STATUS"
run namesake verify --window 3s --interval 1s
run namesake doctor
run namesake ticket
run bash -c 'namesake trace --observer 192.0.2.12 < <(sleep 30)' # nobody listens there
expect "" postqueue -j
expect_exit 0 namesake explain ptr-generic
expect_exit 0 namesake version
then_ "nothing was changed"
nothing_changed
no_new_state
expect_greetings "$OLD_NAME"
