# shellcheck shell=bash disable=SC2154
# Scenario: the way out of an Exim is traced: straight, through a smarthost, behind a translator

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

given "Debian's Exim, which takes no address literals, and an observer without a name"
exim_instead unsplit
when "its mail is traced"
expect_exit 66 bash -c 'namesake trace --observer 192.0.2.53 < <(sleep 9)'
then_ "it is said what is missing"
expect_err "no name that leads back to it"

given "an observer that has a name"
observer_named probe.example.com
remember_world
when "its mail is traced"
trace_to 192.0.2.53 -4 -n "$NAME" --json
then_ "the address and the name that arrived are told, and nothing stands between"
expect_status 2
expect_json '.probes | length' 1
expect_json '.probes[0] | .state, .seen, .helo, .transport, (.hops | length | tostring)' \
    "$(printf '%s\n' arrived "$V4" "$OLD_NAME" remote_smtp 1)"
expect "" exim4 -bp
nothing_changed

given "all mail goes through a smarthost"
exim_relay
exim_says "dc_eximconfig_configtype='smarthost'" "dc_smarthost='198.51.100.53'"
remember_world
when "it is looked at"
expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
then_ "the relay is named, with the command that audits it"
expect_json '.identities[0].findings[] | select(.id == "path-relay") | .next, .owner.role' \
    "$(printf '%s\n' 'namesake audit 198.51.100.53' relay-admin)"
when "it is traced"
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "both hops are told, and the relay is judged as receivers do"
expect_status 2
expect_json '.probes[0].hops | map(.address + " " + .helo + " " + .heard_by) | join(", ")' \
    "$V4 $OLD_NAME relay.hoster.example, 198.51.100.53 relay.hoster.example observer"
expect_json '.identities | map(.address + " " + .wanted) | join(", ")' \
    "$V4 $NAME, 198.51.100.53 relay.hoster.example"
expect_json '[.identities[1].findings[].id] | index("ptr-missing") | type' number
expect_json '.identities[0].findings[] | select(.id == "path-relay").owner.role' relay-admin
nothing_changed

given "a mail host behind a translator"
if ! command -v nft >/dev/null || ! router nft list ruleset >/dev/null 2>&1; then
    echo "skipped: this kernel or machine has no nft, so no translator"
    exit 0
fi
exim_says "dc_eximconfig_configtype='internet'" "dc_smarthost=''"
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
! grep -q path-nat "$out" || fail "path-nat is still there"
nothing_changed
mail_before_nat
