# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: ended between the writes that replace several records at Cloudflare, it is finished or undone

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

old="203.0.113.7 203.0.113.8 203.0.113.9"
replace=(-4 --only forward --forward replace --wait 0)

three_records() {
    echo '{ "zones": [ { "name": "example.com" } ], "records": { "example.com": [
        { "type": "A", "name": "mail", "content": "203.0.113.7", "ttl": 60 },
        { "type": "A", "name": "mail", "content": "203.0.113.8", "ttl": 60 },
        { "type": "A", "name": "mail", "content": "203.0.113.9", "ttl": 60 } ] } }'
}

addresses() { # of the name, as the account holds them
    jq -r '[.zones[].records[] | select(.type == "A") | .content] | sort | join(" ")' \
        "$LAB/cloudflare/state.json"
}

start_again() {
    vendor_start cloudflare three_records
    rm -rf "$state"
}

# stopped_at METHOD N COMMAND...: its n-th request of that method has no effect and no answer,
# and then it is ended without warning.
stopped_at() {
    local method=$1 number=$2 pid
    shift 2
    requests_forget
    if [ "$number" = 1 ]; then
        vendor_control cloudflare "fault $method . silent"
    else
        vendor_control cloudflare "fault $method . pass $((number - 1))" "fault $method . silent"
    fi
    "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    wait_for 20 silent_request
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null || true
    vendor_control cloudflare
    echo "  ended at its $method $number: $(addresses)"
}

silent_request() { [ "$(requests_of cloudflare '.fault == "silent"')" -gt 0 ]; }

# Between the first write and the last one: the set is neither the old nor the new one.
midway() {
    start_again
    stopped_at DELETE "$1" namesake apply --yes "${replace[@]}"
    [[ "$(addresses)" != "$old" && "$(addresses)" != "$V4" ]] || fail "it is not midway"
}

given "three old addresses at Cloudflare, and one new one"
vendors_reset cloudflare hetzner
for number in 1 2; do
    when "it is ended before it deletes record $number, and continued"
    midway "$number"
    expect_exit 0 namesake apply --continue
    expect "$V4" addresses
    then_ "the undo brings all of the old ones back"
    expect_exit 0 namesake rollback last --yes
    expect "$old" addresses
    when "it is ended before it deletes record $number, and undone"
    midway "$number"
    expect_exit 0 namesake rollback last --yes
    expect "$old" addresses
done

for number in 1 2; do
    when "the undo is ended before it makes record $number again"
    start_again
    expect_exit "0 6" namesake apply --yes "${replace[@]}"
    stopped_at POST "$number" namesake rollback last --yes
    then_ "it is done by the next one"
    expect_exit 0 namesake rollback last --yes
    expect "$old" addresses
done

when "somebody else adds an address midway"
midway 1
curl -sS --fail-with-body -H "Authorization: Bearer $(cat "$credentials/cloudflare")" \
    -H 'Content-Type: application/json' -o /dev/null \
    --data '{ "type": "A", "name": "mail", "content": "203.0.113.99" }' \
    "http://127.0.0.1:8442/client/v4/zones/$(jq -r '.zones[0].id' "$LAB/cloudflare/state.json")/dns_records"
before=$(addresses)
then_ "neither way touches what is not known to be ours"
expect_exit "4 65" namesake apply --continue --wait 0
expect_err "203.0.113.99"
expect_exit 65 namesake rollback last --yes
expect_err "203.0.113.99"
expect "$before" addresses
tokens_stay_secret
