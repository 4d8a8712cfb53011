# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: a slow vendor is asked again; one that refuses, or is not there, is named

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"
# shellcheck source=tests/emulators/faults.sh
source "$LAB_FOLDER/../emulators/faults.sh"

vendor=hetzner kind=ptr
vendors_reset cloudflare hetzner
dns_set "$NAME" 5 A "$V4"
secondaries_follow

given "a vendor that is slow for a moment"
vendor_control hetzner "fault GET . 429-after-1 1" "fault GET . 503 1"
when "it is asked"
expect_exit 0 namesake apply --yes -4 --only ptr
then_ "it is asked again, and it works"
expect "1 1" echo "$(requests_of hetzner '.status == 429') $(requests_of hetzner '.status == 503')"
expect "$NAME." value_now
expect_exit 0 namesake rollback last --yes

given "a token that may only read"
cp "$LAB/tokens/hetzner-read" "$credentials/hetzner"
when "it is used to write"
apply_one
then_ "the vendor's refusal is told"
error_shape provider-denied 77
expect_err "this token may only read"

given "a rate limit that is used up in the middle"
vendor_start hetzner
vendor_control hetzner "set rate 3"
apply_one
error_shape provider-limited 75
vendor_control hetzner
rm -rf "$state"

given "no vendor at all"
vendor_stop hetzner
apply_one
error_shape provider-unreachable 69
tokens_stay_secret
