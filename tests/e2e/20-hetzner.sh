# shellcheck shell=bash disable=SC2153,SC2154
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
