# shellcheck shell=bash disable=SC2154
# Scenario: Hetzner Cloud holds addresses and zone: repaired, proven, and put back

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

ptr_of() { # ptr_of ADDRESS: as the project holds it
    jq -r --arg ip "$1" '.primary_ips[].dns_ptr[$ip] // empty' "$LAB/hetzner/state.json"
}

given "a project with two primary IPs and a zone, whose changes take a moment"
vendors_reset hetzner hetzner
vendor_control hetzner "set action_seconds 0.7" "set dns_delay 0.5"

when "it is planned"
expect_exit 0 namesake plan --json
expect_json '[.steps[].kind] | join(" ")' "forward forward ptr ptr mta"
expect_json '[.steps[:4][].resource] | join(" ")' \
    "zone/example.com zone/example.com primary_ip/4711 primary_ip/4712"
then_ "the project was only read"
expect 0 writes_of hetzner

when "it is applied"
expect_exit 0 namesake -vv apply --yes
expect_out "Changed 5 of 5"
then_ "each record was written once, and the whole world sees it"
expect 4 writes_of hetzner
expect_aligned_world
expect "$NAME" ptr_of "$V4"
expect "$NAME" ptr_of "$V6"
resolvers_forget
expect_exit 0 namesake audit
expect_exit 0 namesake verify --window 60s --interval 1s --passes 2

when "it is applied once more"
requests_forget
expect_exit 0 namesake apply --yes
expect_out "No changes"
then_ "nothing was asked for, and nothing written"
expect 0 requests_of hetzner

when "it is rolled back"
expect_exit 0 namesake -vv rollback last --yes
then_ "all is as it was"
expect 4 writes_of hetzner
expect_broken_world
expect "$OLD_PTR4" ptr_of "$V4"
expect "$OLD_PTR6" ptr_of "$V6"
expect "[]" jq -c '.zones[0].rrsets' "$LAB/hetzner/state.json"
tokens_stay_secret

given "an action that fails after it has begun"
vendors_reset hetzner hetzner
vendor_control hetzner "set action_seconds 0.2" "set action_fails 1"
when "it is applied"
expect_exit 65 namesake apply --yes
then_ "the vendor's reason is told, and nothing was changed"
expect_err "Action failed (action_failed)"
expect_err "nothing was changed"
expect_broken_world
when "actions work again"
vendor_control hetzner
expect_exit 0 namesake apply --continue
expect_aligned_world

given "an action that still runs when the next one is asked for"
vendors_reset hetzner hetzner
vendor_control hetzner "fault POST change_dns_ptr 423 1"
expect_exit 4 namesake apply --yes
expect_err "(locked)"
expect_err "2 of 5 steps are made and stay"
expect_exit 0 namesake apply --continue
expect_aligned_world
expect 5 writes_of hetzner

given "a hoster that refuses a PTR until the name resolves for it"
vendors_reset hetzner hetzner
vendor_control hetzner "set forward_first 2"
when "it is applied"
expect_exit 0 namesake apply --yes
then_ "the refusal was waited out, for all to see"
expect_said "does not resolve to"
expect_aligned_world
when "it never comes to an end"
vendors_reset hetzner hetzner
vendor_control hetzner "set forward_first 1000"
expect_exit 4 namesake apply --yes --wait 3s
expect_err "[provider-not-yet]"
vendor_control hetzner
expect_exit 0 namesake apply --continue
expect_aligned_world
tokens_stay_secret
