# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: killed at each of its writes to Cloudflare and Hetzner Cloud, apply is continued or undone
# Long: yes

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

account_now() { # with what the account holds: nothing is made twice
    records_now
    jq -c '[.zones[].records[] | [.type, .name, .content, .proxied]] | sort' \
        "$LAB/cloudflare/state.json"
}

vendors_reset cloudflare hetzner
primaries_alone
counts=account_now
killed_everywhere --only forward,ptr
tokens_stay_secret
