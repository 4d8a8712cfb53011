# shellcheck shell=bash disable=SC2154
# Scenario: a relay is told apart from a plain mismatch, by configuration and by trace

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

given "a mail server that sends by itself, under the wrong name"
when "its mail is traced to an observer"
trace_to 192.0.2.53 -n "$NAME" --json
then_ "the address and the name that arrived are told, and nothing stands between"
expect_status 2
expect_json .format namesake.trace
expect_json '.probes | length' 1
expect_json '.probes[0] | .state, .seen, .helo, (.hops | length) | tostring' \
    "$(printf '%s\n' arrived "$V4" "$OLD_NAME" 1)"
expect_json '.identities[] | select(.address == "203.0.113.25").findings[] | select(.id | startswith("path") or startswith("helo")).id' helo-invalid
nothing_changed

given "all mail goes through a relay"
relay_up
postfix_says 'relayhost = [198.51.100.53]' 'transport_maps = inline:{ {example.net = smtp:} }'
remember_world
when "it is looked at"
expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
then_ "the relay is named, with the command that audits it, and so is the exception"
expect_json '.identities[0].findings[] | select(.id == "path-relay") | .next, .owner.role' \
    "$(printf '%s\n' 'namesake audit 198.51.100.53' relay-admin)"
expect_json '.identities[0].findings[] | select(.id == "path-other-route").summary' \
    'mail for example.net goes by the transport smtp, to its own hosts'
when "it is traced"
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "both hops are told, and the relay is judged as receivers do"
expect_status 2
expect_json '.probes[0].hops | map(.address + " " + .helo + " " + .heard_by) | join(", ")' \
    "$V4 $OLD_NAME relay.hoster.example, 198.51.100.53 relay.hoster.example observer"
expect_json '.identities | map(.address + " " + .wanted) | join(", ")' \
    "$V4 $NAME, 198.51.100.53 relay.hoster.example"
expect_json '[.identities[1].findings[].id] | index("ptr-missing") | type' number
nothing_changed

given "a mail host behind a translator"
if ! command -v nft >/dev/null || ! router nft list ruleset >/dev/null 2>&1; then
    echo "skipped: this kernel or machine has no nft, so no translator"
    exit 0
fi
postfix_says
mail_behind_nat
remember_world
when "it is looked at"
expect_exit "2 3" namesake audit -c none -4 -n "$NAME" --json
then_ "only its private address is known"
expect_json '.identities[0] | .address, ([.findings[].id] | index("path-nat") | type)' \
    "$(printf '%s\n' 10.25.0.2 number)"
when "it is traced"
trace_to 192.0.2.53 -c none -4 -n "$NAME" --resolver 192.0.2.53
then_ "the public one is, and that one is audited"
expect_out "not from 10.25.0.2: a translator (NAT) stands between"
expect_out "203.0.113.60"
run tail -n 3 "$out"
! grep -q path-nat "$out" || fail "path-nat is still there"
nothing_changed
mail_before_nat
