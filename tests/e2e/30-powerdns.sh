# shellcheck shell=bash disable=SC2154
# Scenario: the whole journey with PowerDNS, for addresses and PTR records in both families

given "both primaries as PowerDNS, with records that somebody cares for"
powerdns_up ns1 hoster1
powerdns_api ns1 PATCH /zones/example.com. '{"rrsets": [
    {"name": "mail.example.com.", "type": "A", "ttl": 7, "changetype": "REPLACE",
     "records": [{"content": "203.0.113.77", "disabled": false},
                 {"content": "203.0.113.99", "disabled": true}],
     "comments": [{"content": "do not touch", "account": "ann"}]}]}'
secondaries_follow
records_text >/tmp/records.before
remember_world

when "the plan is asked for"
expect_exit 0 namesake plan --json
then_ "it is the address records, then the PTRs, then the mail server, and nothing was changed"
expect_json '[.steps[] | .kind + " " + (.provider // "")] | join(", ")' \
    "forward dns, forward dns, ptr hoster, ptr hoster, mta postfix"
expect_json '[.steps[] | select(.kind != "mta") | .resource] | unique | join(" ")' \
    "113.0.203.in-addr.arpa 5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa example.com"
expect_exit 0 namesake apply --dry-run
nothing_changed

when "it is applied, with all the words that the program has"
expect_exit 0 namesake -vv apply --yes
expect_err "http PATCH https://ns1.example.com:8443/api/v1/servers/localhost/zones/example.com.: 204"
then_ "every server says the new name"
for server in 192.0.2.11 192.0.2.12; do
    expect "$V4 203.0.113.77" dns_show "$server" "$NAME" A
    expect "$V6" dns_show "$server" "$NAME" AAAA
done
for server in 198.51.100.11 198.51.100.12; do
    expect "$NAME." ptr_show "$server" "$V4"
    expect "$NAME." ptr_show "$server" "$V6"
done
expect_greetings "$NAME"

then_ "TTL, comment and what is disabled are as they were, and nothing else was touched"
records_text >/tmp/records.after
expect 4 added_lines /tmp/records.before /tmp/records.after
expect 2 removed_lines /tmp/records.before /tmp/records.after
expect 1 grep -cx "example.com|MASTER|$NAME|A|7|0|1|203.0.113.99" /tmp/records.after
expect 1 grep -cx "example.com|MASTER|$NAME|A|7|0|0|$V4" /tmp/records.after
expect 1 grep -cx "comment|$NAME|A|ann|do not touch" /tmp/records.after

then_ "the proof from outside holds"
resolvers_forget
expect_exit 0 namesake verify --window 60s --interval 1s --passes 2

when "it is applied once more"
remember_world
expect_exit 0 namesake apply --yes
then_ "there is nothing to do"
expect_out "No changes"
nothing_changed

when "the run is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "all is as it was"
records_text >/tmp/records.last
expect "" diff /tmp/records.before /tmp/records.last
expect_greetings "$OLD_NAME"
no_secret_anywhere
