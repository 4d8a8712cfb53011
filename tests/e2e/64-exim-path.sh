# shellcheck shell=bash disable=SC2154
# Scenario: the way out of an Exim is traced: straight, through a smarthost, behind a translator

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

given "Debian's Exim, which takes no address literals, and an observer that has a name"
exim_instead unsplit
remember_world
when "it is traced while nothing leads to the observer"
expect_exit 66 bash -c 'namesake trace --observer 192.0.2.53 < <(sleep 9)'
then_ "it is said what is missing"
expect_err "no name that leads back to it"
dns_set probe.example.com 5 A 192.0.2.53
secondaries_follow
printf '192.0.2.53\tprobe.example.com\n' >>/etc/hosts
when "its mail is traced"
trace_to 192.0.2.53 -4 -n "$NAME" --json
then_ "the address and the name that arrived are told, and nothing stands between"
expect_status 2
expect_json '.probes | length' 1
expect_json '.probes[0] | .state, .seen, .helo, .transport, (.hops | length) | tostring' \
    "$(printf '%s\n' arrived "$V4" "$OLD_NAME" remote_smtp 1)"
expect "" exim4 -bp

given "all mail goes through a smarthost"
relay_up
exim_says "dc_eximconfig_configtype='smarthost'" "dc_smarthost='198.51.100.53'"
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

given "exceptions: a domain, a sender, and a relay that is taken by chance"
cat >>/etc/exim4/exim4.conf.template.new <<'END'
END
rm /etc/exim4/exim4.conf.template.new
exim_routes
when "it is looked at"
expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
then_ "each of them is told"
expect_json '[.identities[0].findings[] | select(.id == "path-other-route").summary] | join("; ")' x
