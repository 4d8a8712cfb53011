# shellcheck shell=bash disable=SC2154
# Scenario: several ways out of an Exim are told apart, each with its address and its name

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

others() {
    jq -r '[.identities[0].findings[] | select(.id == "path-other-route").summary] | sort | .[]' "$out"
}

given "Exim in one file, with routers for a domain, a table of domains, a sender, and by chance"
exim_instead single
observer_named probe.example.com
exim_relay
printf 'hub.example: 192.0.2.11\nsame.example: \n' >/etc/exim4/hubs
exim_routers <<'END'

hubs:
  driver = manualroute
  domains = lsearch;/etc/exim4/hubs
  route_list = hub.example 192.0.2.11 ; hub2.example 192.0.2.12::587
  transport = remote_smtp

of_news:
  driver = manualroute
  senders = *@news.example
  route_list = * 198.51.100.53
  transport = remote_smtp
  no_more

by_rule:
  driver = manualroute
  condition = ${if eq{$h_x-bulk:}{yes}}
  route_list = * 192.0.2.11
  transport = remote_smtp
END
remember_world
when "it is looked at"
expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
then_ "each exception is told, and what cannot be listed as well"
expect "mail for hub.example goes through the relay [192.0.2.11]
mail from *@news.example goes through the relay [198.51.100.53]
some mail by the condition of the router by_rule may go another way" others
when "its mail is traced"
observe=(--count 2)
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "one probe went each way that a sender can choose"
expect_status 2
expect_json '[.probes[] | .state + ":" + (.hops | map(.address) | join("-"))] | sort | join(" ")' \
    "arrived:$V4 arrived:$V4-198.51.100.53"
nothing_changed

given "two relays that are taken by chance"
cp "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
exim_routers <<'END'

by_chance:
  driver = manualroute
  domains = ! +local_domains
  route_list = * 198.51.100.53:192.0.2.12 randomize
  transport = remote_smtp
END
when "it is looked at"
expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
then_ "it is told that one of them is taken"
expect_json '[.identities[0].findings[] | select(.id == "path-other-route").summary | contains("one of 2 messages, by chance")] | any' true

given "an address for each sender's domain"
ip addr add 203.0.113.26/24 dev e0
cp "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
printf 'news.example: 203.0.113.26\n' >/etc/exim4/ips
# shellcheck disable=SC2016 # for Exim
sed -i '/^remote_smtp:/,/driver/s|driver = smtp|driver = smtp\n  interface = ${lookup{$sender_address_domain}lsearch{/etc/exim4/ips}{$value}{203.0.113.25}}|' \
    /etc/exim4/exim4.conf
exim_again
when "its mail is traced"
observe=(--count 2)
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "mail of either is seen from its own address, as expected"
expect_json '[.probes[] | .seen + "=" + .expected] | sort | join(" ")' \
    "$V4=$V4 203.0.113.26=203.0.113.26"
expect "" exim4 -bp
