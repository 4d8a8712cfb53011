# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: Cloudflare holds the zone, Hetzner Cloud the addresses: repaired and put back

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

# An administrator's own records: one behind the proxy, with what belongs to it.
proxied_world() {
    cat <<END
{ "zones": [ { "name": "example.com" }, { "name": "example.net" } ],
  "records": { "example.com": [
    { "type": "A", "name": "mail", "content": "$V4", "proxied": true,
      "comment": "by hand", "tags": [ "owner:mail" ] },
    { "type": "TXT", "name": "mail", "content": "v=spf1 -all" } ] } }
END
}

records() { # records TYPE: of the name, as the account holds them
    jq -r --arg type "$1" --arg name "$NAME" \
        '[.zones[].records[] | select(.type == $type and .name == $name)
          | "\(.content) \(.proxied) \(.comment) \(.tags | join(","))"] | join("; ")' \
        "$LAB/cloudflare/state.json"
}

given "a zone at Cloudflare, whose changes take a moment to be served"
vendors_reset cloudflare hetzner
vendor_control cloudflare "set dns_delay 0.5"

when "it is applied"
expect_exit 0 namesake -vv apply --yes
expect_out "Changed 5 of 5"
then_ "each record was written once, and the whole world sees it"
expect "2 2" echo "$(writes_of cloudflare) $(writes_of hetzner)"
expect_aligned_world
resolvers_forget
expect_exit 0 namesake audit
requests_forget
expect_exit 0 namesake apply --yes
expect_out "No changes"
expect "0 0" echo "$(requests_of cloudflare) $(requests_of hetzner)"

when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "all is as it was"
expect_broken_world
expect " " echo "$(records A) $(records AAAA)"

given "the right address behind the proxy"
vendors_reset cloudflare hetzner
vendor_start cloudflare proxied_world
wait_for 10 answers 192.0.2.12 "$NAME" A
expect "198.51.100.201 198.51.100.202" dns_show 192.0.2.12 "$NAME" A
when "it is planned"
expect_exit 0 namesake plan --json
then_ "the plan says what ends with it"
expect_json '.steps[0].target' "A $NAME (ends the proxying of this name by Cloudflare)"
when "it is applied"
expect_exit 0 namesake apply --yes
then_ "the proxy is off, and the record is the same otherwise"
expect "$V4 false by hand owner:mail" records A
expect "v=spf1 -all false null " records TXT
expect_aligned_world
when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "the proxy is on again, and the record is the same otherwise"
expect "$V4 true by hand owner:mail" records A
expect "" records AAAA
secondaries_follow
expect "198.51.100.201 198.51.100.202" dns_show 192.0.2.12 "$NAME" A

given "a plan from before somebody switched the proxy on"
vendors_reset cloudflare hetzner
expect_exit 0 namesake plan --save /tmp/plan.json
vendor_start cloudflare proxied_world
when "it is applied"
expect_exit 65 namesake apply /tmp/plan.json
then_ "it is refused: nobody approved that"
expect_err "[plan-stale]"
expect_err "ends the proxying"
expect 0 writes_of cloudflare
tokens_stay_secret
