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
relay_is_named
relay_is_traced
expect_json '.identities[0].findings[] | select(.id == "path-relay").owner.role' relay-admin
nothing_changed

given "a mail host behind a translator"
needs_translator
exim_says "dc_eximconfig_configtype='internet'" "dc_smarthost=''"
mail_behind_nat
remember_world
public_address_is_traced
mail_before_nat
