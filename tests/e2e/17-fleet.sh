# shellcheck shell=bash disable=SC2154
# Scenario: a list of addresses streams through, and a bad line stops nobody

given "four lines: two addresses of ours, one that nobody greets at, and one that is no address"
make_aligned
remember_world
cat >/tmp/fleet <<END
# our fleet
$V4 $NAME
{ "address": "$V6", "wanted": "$NAME" }
not-an-address
203.0.113.26 other.example.com
END

when "they are audited as text"
expect_exit 2 namesake audit --from /tmp/fleet
then_ "each has its line, the bad one its number, and a summary ends it"
expect_out "aligned      $V4  $NAME"
expect_out "aligned      $V6  $NAME"
expect_out "ptr-missing"
expect_out "3 addresses: 2 aligned, 1 not aligned, 0 unknown"
expect_err "line 4 of /tmp/fleet is no target"

when "they come from a pipe, for programs"
expect_exit 2 bash -c 'namesake audit --from - --json </tmp/fleet'
expect_json '[.identities[].verdict] | sort | join(" ")' "aligned aligned not-aligned"
expect_exit 2 bash -c 'namesake audit --from - -o jsonl </tmp/fleet'
expect 4 bash -c "grep -c '\"event\":\"observed\"\\|\"event\":\"end\"' '$out'"
expect_exit 2 bash -c 'namesake audit --from - -o table </tmp/fleet'
expect_out "address	name	check"

when "what was seen is kept"
expect_exit 2 namesake audit --from /tmp/fleet --record /tmp/seen
then_ "it is judged again without any network, a line each"
expect 3 grep -c '"format":"namesake.facts"' /tmp/seen
expect_exit 2 namesake audit --facts /tmp/seen
expect_out "3 addresses: 2 aligned, 1 not aligned, 0 unknown"
expect_exit 73 namesake audit --from /tmp/fleet --record /tmp
expect 3 grep -c '"format":"namesake.facts"' /tmp/seen

when "two lists are given, or the list is not there"
expect_exit 64 namesake audit "$V4" --from /tmp/fleet
expect_err "with --from, targets come from /tmp/fleet: write $V4 there"
expect_exit 64 namesake audit --facts /tmp/seen --from /tmp/fleet
expect_exit 66 namesake verify --from /tmp/no-such-fleet
expect_err "ls -ld /tmp/no-such-fleet"

when "all of them are in order"
head -n 3 /tmp/fleet >/tmp/good
expect_exit 0 namesake audit --from /tmp/good

when "a thousand of the same are asked for"
seq 1000 | sed "s/.*/$V4 $NAME/" >/tmp/many
expect_exit 0 namesake audit --from /tmp/many
expect_out "1000 addresses: 1000 aligned"

when "a fleet is verified: those in order, and one that is not"
expect_exit 0 namesake verify --from /tmp/good --passes 2 --interval 1s --window 1m
expect_out "aligned      $V4  $NAME"
expect_out "2 addresses: 2 aligned, 0 not aligned, 0 unknown"
expect_err "2 of 2 good, 2 to look at again in 1 s"
expect_exit 2 bash -c 'namesake verify --from - --passes 2 --interval 1s --window 15s </tmp/fleet'
expect_out "3 addresses: 2 aligned, 1 not aligned, 0 unknown"
expect_err "line 4 of - is no target"
then_ "each is told when it is in order, and the rest when the window is over"
expect 3 bash -c "sed -n '3s/ .*//p; 1,2s/ .*//p' '$out' | wc -l"
expect "not-aligned" bash -c "sed -n '3s/ .*//p' '$out'"

when "a resolver still has the old PTR"
dns_set "$(ptr_owner "$V4")" 600 PTR "$OLD_PTR4."
secondaries_follow
resolvers_forget
expect "$OLD_PTR4." ptr_show 192.0.2.53 "$V4"
ptr_set "$V4" "$NAME"
secondaries_follow
remember_world
expect_exit 6 namesake verify --from /tmp/good --passes 2 --interval 1s --window 2s
expect_out "pending      $V4  $NAME"
expect_out "has the old PTR cached"
expect_exit 6 bash -c 'namesake verify --from - --passes 2 --interval 1s --window 2s --json </tmp/good'
expect_json '.format' namesake.verify
then_ "a monitor is warned, whichever way the addresses are given"
expect_exit 1 namesake verify "$V4" --passes 2 --interval 1s --window 2s -o nagios
expect_out "NAMESAKE WARNING"
expect_exit 1 namesake verify --from /tmp/good --passes 2 --interval 1s --window 2s -o nagios
expect_out "NAMESAKE WARNING"
nothing_changed
