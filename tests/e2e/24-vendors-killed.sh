# shellcheck shell=bash
# Scenario: killed at its n-th write to Cloudflare and Hetzner Cloud, apply is continued or undone

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

vendors_reset cloudflare hetzner
reset_now() { vendors_reset cloudflare hetzner; }
killed_everywhere 6
tokens_stay_secret
