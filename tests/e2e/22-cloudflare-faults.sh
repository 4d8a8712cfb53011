# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: whatever Cloudflare answers, nothing is lost and nothing is made twice

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"
# shellcheck source=tests/emulators/faults.sh
source "$LAB_FOLDER/../emulators/faults.sh"

vendor=cloudflare kind=forward method=POST path=/dns_records old='' new=$V4
conflict=conflict conflict_exit=65 entries_before=0
entries() {
    jq '[.zones[].records[] | select(.type == "A")] | length' "$LAB/cloudflare/state.json"
}

given "a zone at Cloudflare"
vendors_reset cloudflare hetzner
write_faults
write_fault silent timeout 4
read_faults

then_ "no token was told"
tokens_stay_secret
