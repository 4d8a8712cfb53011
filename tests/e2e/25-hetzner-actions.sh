# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: a vendor that works on, fails late, or wants the name to resolve first

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

# The PTR of the IPv4 address only: the name resolves already.
apply_ptr() {
    run namesake apply --yes -4 --only ptr --wait "${1:-20s}"
}

is_ptr() { [ "$(ptr_show 198.51.100.11 "$V4")" = "$1." ]; }

has_begun() { [ "$(writes_of hetzner)" != 0 ]; }

given "an action that fails after it has begun"
vendors_reset cloudflare hetzner
dns_set "$NAME" 5 A "$V4"
secondaries_follow
vendor_control hetzner "set action_seconds 0.2" "set action_fails 1"
when "the PTR is set"
apply_ptr
then_ "the vendor's reason is told, and nothing was changed"
expect 65 echo "$STATUS"
expect_err "Action failed (action_failed)"
expect_err "nothing was changed"
is_ptr "$OLD_PTR4"
when "actions work again"
vendor_control hetzner
expect_exit 0 namesake apply --continue
expect_exit 0 namesake rollback last --yes

given "a hoster that refuses a PTR until the name resolves for it"
vendor_control hetzner "set forward_first 2"
requests_forget
when "the PTR is set"
apply_ptr
then_ "the refusal was waited out, for all to see, and nothing else"
expect 0 echo "$STATUS"
expect_err "does not resolve to $V4"
expect 3 writes_of hetzner
is_ptr "$NAME"
expect_exit 0 namesake rollback last --yes
when "it never comes to an end"
vendor_start hetzner
vendor_control hetzner "set forward_first 1000"
apply_ptr 3s
then_ "that is told, and it can be continued"
expect 75 echo "$STATUS"
expect_err "[provider-not-yet]"
vendor_control hetzner
expect_exit 0 namesake apply --continue
is_ptr "$NAME"
expect_exit 0 namesake rollback last --yes

given "an apply that was killed while its action runs"
vendor_control hetzner "set action_seconds 5"
requests_forget
namesake apply --yes -4 --only ptr >/dev/null 2>&1 &
wait_for 20 has_begun
kill -KILL $!
wait $! || true
when "it is continued too early"
run namesake apply --continue
then_ "the vendor's refusal is told: try again"
expect 75 echo "$STATUS"
expect_err "(locked)"
when "the action is over"
sleep 5
expect_exit 0 namesake apply --continue
then_ "it was not made twice"
expect 1 requests_of hetzner '.method == "POST" and .status == 201'
is_ptr "$NAME"
tokens_stay_secret
