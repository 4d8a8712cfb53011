# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: whatever Hetzner Cloud answers, nothing is lost and nothing is made twice

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"
# shellcheck source=tests/emulators/faults.sh
source "$LAB_FOLDER/../emulators/faults.sh"

vendor=hetzner kind=ptr method=POST path=change_dns_ptr old=$OLD_PTR4. new=$NAME.
conflict=provider-limited conflict_exit=75 entries_before=1
entries() {
    jq '.primary_ips[0].dns_ptr | length' "$LAB/hetzner/state.json"
}

given "addresses at Hetzner Cloud, and a name that resolves"
vendors_reset cloudflare hetzner
dns_set "$NAME" 5 A "$V4"
secondaries_follow
write_faults
read_faults

then_ "no token was told"
tokens_stay_secret
