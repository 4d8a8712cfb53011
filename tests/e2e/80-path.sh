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
relay_is_named
then_ "so is the exception"
expect_json '.identities[0].findings[] | select(.id == "path-other-route").summary' \
    'mail for example.net goes by the transport smtp, to its own hosts'
relay_is_traced
nothing_changed

given "a relay that takes its time: the probe has left the queue here long before it arrives"
relay_holds 6
relay_is_traced

given "a mail host behind a translator"
needs_translator
postfix_says
mail_behind_nat
remember_world
public_address_is_traced
mail_before_nat
