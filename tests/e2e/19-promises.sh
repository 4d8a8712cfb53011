# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: what is promised of addresses, limits, surprises and the hosts file holds

forward_values() { dns_show 192.0.2.11 "$NAME" A; }

given "a name that has another address already (promise 3: added, never removed)"
dns_set "$NAME" 5 A 203.0.113.99
secondaries_follow
expect_exit 0 namesake plan
expect_no_out " - forward"
expect_exit 0 namesake apply --only forward --yes
expect "$V4 203.0.113.99" forward_values
expect_exit 0 namesake rollback last --yes
expect "203.0.113.99" forward_values

when "the operator asks for the set to be replaced"
secondaries_follow
expect_exit 0 namesake plan --forward replace --only forward
then_ "the plan shows the address that goes"
expect_out "203.0.113.99 -> $V4"
expect_exit 0 namesake apply --forward replace --only forward --yes
expect "$V4" forward_values
expect_exit 0 namesake rollback last --yes
expect "203.0.113.99" forward_values
reset_identity
secondaries_follow
remember_world

given "limits (promise 7)"
sed 's/^policy .*/policy = { ttl = 5; max_changes = 4; };/' /etc/namesake/namesake.conf >/tmp/few.conf
expect_exit 64 namesake plan -c /tmp/few.conf
expect_err "[limit-exceeded]"
expect_exit 64 namesake apply -c /tmp/few.conf --yes
nothing_changed
for address in 10.0.0.5 127.0.0.1 169.254.7.7 fe80::1 100.64.0.9; do
    expect_exit 64 namesake plan -c none --resolver 192.0.2.53 --name "$NAME" "$address"
    expect_err "[address-refused]"
done
for name in mailhost mail_1.example.com müller.example; do
    expect_exit 64 namesake plan --name "$name" "$V4"
    expect_err "[name-refused]"
done
expect_err "idn2 'müller.example'"
nothing_changed

given "a hosts file that says what is not so (promise 8)"
printf '203.0.113.77 %s\n%s %s\n' "$NAME" "203.0.113.77" "$OLD_PTR4" >>/etc/hosts
expect_exit 2 namesake audit
expect_out "forward-missing"
expect_out "hosts-file-differs"
expect_no_out "resolves to 203.0.113.77"
nothing_changed

when "somebody changes a value while apply is at work (promise 4)"
# The PTR of the second family changes while the address records are waited for.
name_server_hold ns2
namesake apply --yes --wait 60s >"$out" 2>"$err" </dev/null &
apply=$!
wait_for 30 grep -q "wait" "$err"
ptr_set "$V6" elsewhere.hoster.example
name_server_release ns2
STATUS=0
wait "$apply" || STATUS=$?
sed 's/^/  | /' "$out" "$err"
[ "$STATUS" = 4 ] || fail "exit $STATUS instead of 4"
then_ "the run stops there, says what stays, and leaves the stranger's value alone"
expect_err "[plan-stale]"
expect_err "steps are made and stay"
expect "elsewhere.hoster.example." ptr_show 198.51.100.11 "$V6"
expect "$OLD_NAME" postfix_show myhostname
when "the value is as it was, it goes on"
ptr_set "$V6" "$OLD_PTR6"
secondaries_follow
expect_exit 0 namesake apply --continue
expect_aligned_world
