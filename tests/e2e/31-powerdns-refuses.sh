# shellcheck shell=bash disable=SC2154
# Scenario: a wrong key, a wrong certificate and a zone that is not ours change nothing at PowerDNS

given "PowerDNS, and a key that it does not know"
powerdns_up ns1
remember_world
echo wrong >"$credentials/ns1-api"
remember_world
when "the plan is applied"
expect_exit 77 namesake apply --yes
then_ "who can repair it is told, and nothing is changed"
expect_err "[provider-denied]"
expect_err "PowerDNS answered 401"
expect_err "the key has to be its api-key"
nothing_changed

given "a server whose certificate is of another name"
reset_identity
proxy_down ns1
proxy_up ns1 ns9.example.com
remember_world
when "the plan is applied"
expect_exit 69 namesake apply --yes
then_ "the key is not sent there"
expect_err "its certificate is not valid"
nothing_changed
proxy_down ns1
proxy_up ns1

given "a zone that PowerDNS only copies"
powerdns_util ns1 set-kind example.com secondary >/dev/null
remember_world
expect_exit 65 namesake apply --yes
expect_err "holds example.com as a secondary only"
expect_err "whoever runs the primary name server of example.com"
nothing_changed
powerdns_util ns1 set-kind example.com primary >/dev/null

given "a name that a program answers"
powerdns_api ns1 PATCH /zones/example.com. '{"rrsets": [
    {"name": "mail.example.com.", "type": "LUA", "ttl": 5, "changetype": "REPLACE",
     "records": [{"content": "A \"ifportup(25, {'"'203.0.113.99'"'})\"", "disabled": false}]}]}'
remember_world
run namesake apply --yes
[ "$STATUS" != 0 ] || fail "a LUA record was overwritten"
expect_said "is answered by its LUA record"
nothing_changed
powerdns_api ns1 PATCH /zones/example.com. '{"rrsets": [
    {"name": "mail.example.com.", "type": "LUA", "changetype": "DELETE"}]}'

given "a wanted name in a zone that is delegated to somebody else"
powerdns_api ns1 PATCH /zones/example.com. '{"rrsets": [
    {"name": "eu.example.com.", "type": "NS", "ttl": 5, "changetype": "REPLACE",
     "records": [{"content": "ns1.hoster.example.", "disabled": false}]}]}'
secondaries_follow
zone_up hoster1 eu.example.com
resolvers_forget
remember_world
when "its records are to be set through PowerDNS"
expect_exit "3 5" namesake apply --yes --only forward --name mail.eu.example.com
then_ "a person has to do it, and it is told why"
expect_err "has the zone example.com, but the DNS finds mail.eu.example.com in the zone eu.example.com"
nothing_changed
no_secret_anywhere
