# shellcheck shell=bash disable=SC2154
# Scenario: Ctrl-C ends apply after the step under way, and it can be continued

given "an apply that waits for a secondary"
name_server_hold ns2
# (bash has work in the background ignore SIGINT, which nobody at a keyboard does)
env --default-signal=INT namesake apply --yes --wait 60s >"$out" 2>"$err" </dev/null &
pid=$!
wait_for 20 resolves 192.0.2.11 "$NAME" A

when "another run is started meanwhile"
expect_exit 75 namesake apply --yes
expect_err "[locked]"
expect_err "$pid"

when "the first is interrupted"
kill -INT "$pid"
status=0
wait "$pid" || status=$?
then_ "it stops and tells so"
expect 130 echo "$status"
expect "$OLD_NAME" postfix_show myhostname

when "it is continued"
name_server_release ns2
expect_exit 0 namesake apply --continue
expect_aligned_world
