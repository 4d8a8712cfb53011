# shellcheck shell=bash disable=SC2154
# Scenario: killed at each of its writes to a zone at Hetzner Cloud, apply is continued or undone
# Long: yes

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

vendors_reset hetzner hetzner
primaries_alone
killed_everywhere --only forward
tokens_stay_secret
