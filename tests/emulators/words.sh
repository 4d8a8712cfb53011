# shellcheck shell=bash disable=SC2154
#
# words.sh - the words of the scenarios about vendors: start their emulators on
# the mail host's loopback, make them misbehave, look at what they were asked.
# Sourced by the scenarios.

emulators=$LAB_FOLDER/../emulators
declare -A vendor_port=([hetzner]=8441 [cloudflare]=8442) vendor_pid=()

# The whole world of the lab belongs to one project and to one account.
hetzner_world() {
    cat <<END
{ "servers": [ { "id": 42, "name": "vm25", "primary_ips": [ 4711, 4712 ] } ],
  "primary_ips": [
    { "id": 4711, "ip": "$V4", "assignee_id": 42, "default_ptr": "$OLD_PTR4",
      "dns_ptr": { "$V4": "$OLD_PTR4" } },
    { "id": 4712, "ip": "2001:db8:25::/64", "assignee_id": 42,
      "dns_ptr": { "$V6": "$OLD_PTR6" } } ],
  "floating_ips": [ { "id": 99, "ip": "203.0.113.99", "dns_ptr": {} } ],
  "zones": [ { "id": 53091, "name": "example.com", "mode": "primary", "ttl": 60 } ] }
END
}

cloudflare_world() {
    echo '{ "zones": [ { "name": "example.com" } ], "records": { "example.com": [] } }'
}

vendor_listens() {
    (: <"/dev/tcp/127.0.0.1/${vendor_port[$1]}") 2>/dev/null
}

# vendor_start VENDOR [WORLD]: with a new token, and nothing asked for yet.
vendor_start() {
    local vendor=$1 folder=$LAB/$1 zone
    local -a zones=(--zone "example.com,192.0.2.11,dns-key,$LAB/keys/dns-key")
    vendor_stop "$vendor"
    rm -rf "$folder"
    mkdir -p "$folder"
    "${2:-${vendor}_world}" >"$folder/world"
    new_token "$vendor"
    for zone in "${hoster_zones[@]}"; do
        zones+=(--zone "$zone,198.51.100.11,hoster-key,$LAB/keys/hoster-key")
    done
    /usr/bin/python3 -B "$emulators/$vendor.py" --port "${vendor_port[$vendor]}" \
        --folder "$folder" --world "$folder/world" --token "$credentials/$vendor" \
        --token "$LAB/tokens/$vendor-read,read" "${zones[@]}" >"$LAB/log/$vendor" 2>&1 &
    vendor_pid[$vendor]=$!
    wait_for 10 vendor_listens "$vendor"
}

vendor_stop() {
    [ -n "${vendor_pid[$1]:-}" ] || return 0
    kill "${vendor_pid[$1]}"
    wait "${vendor_pid[$1]}" || true
    unset "vendor_pid[$1]"
}

# The tokens of this run: one that may write, one that may only read.
new_token() { # new_token VENDOR
    (
        umask 077
        mkdir -p "$LAB/tokens"
        for name in "$1" "$1-read"; do
            head -c 32 /dev/urandom | od -An -v -tx1 | tr -d ' \n' >"$LAB/tokens/$name"
        done
        cp "$LAB/tokens/$1" "$credentials/$1"
    )
}

# vendors_configure FORWARD PTR: which vendor holds the zone and which the addresses.
vendors_configure() {
    local -A entry=(
        [hetzner]='type = "hetzner-cloud"; endpoint = "http://127.0.0.1:8441/v1"; token = { file = "/etc/namesake/credentials/hetzner"; };'
        [cloudflare]='type = "cloudflare"; endpoint = "http://127.0.0.1:8442/client/v4"; token = { file = "/etc/namesake/credentials/cloudflare"; };'
    )
    {
        sed '/^providers = (/,$d' "$LAB_FOLDER/etc/namesake.conf"
        printf 'providers = (\n'
        printf '  { id = "dns"; roles = [ "forward" ]; zones = [ "example.com" ]; %s },\n' "${entry[$1]}"
        printf '  { id = "hoster"; roles = [ "ptr" ]; %s }\n);\n' "${entry[$2]}"
        sed '1,/^);/d; /./,$!d' <(sed '1,/^providers = (/d' "$LAB_FOLDER/etc/namesake.conf")
    } >"$LAB/vendors.conf"
    place "$LAB/vendors.conf" /etc/namesake/namesake.conf
}

# vendors_reset FORWARD PTR: everything as at the start, with new emulators.
vendors_reset() {
    local vendor
    for vendor in "$1" "$2"; do
        vendor_stop "$vendor"
    done
    reset_identity
    for vendor in "$1" "$2"; do
        [ -n "${vendor_pid[$vendor]:-}" ] || vendor_start "$vendor"
    done
    vendors_configure "$1" "$2"
}

# vendor_control VENDOR LINE...: these settings and faults, and no others (vendor.py, Control).
vendor_control() {
    local folder=$LAB/$1
    shift
    printf '%s\n' "$@" >"$folder/control.new"
    mv "$folder/control.new" "$folder/control"
}

requests_forget() {
    local vendor
    for vendor in "${!vendor_pid[@]}"; do
        : >"$LAB/$vendor/requests"
    done
}

# requests_of VENDOR [FILTER]: how many of those that a jq filter chooses.
requests_of() {
    jq -s "[.[] | select(${2:-true})] | length" "$LAB/$1/requests"
}

writes_of() {
    requests_of "$1" '.method != "GET"'
}

# Not in what was printed, not in the state, not in a log; only where they were put.
tokens_stay_secret() {
    local token
    for token in "$LAB"/tokens/*; do
        ! grep -rqF -- "$(cat "$token")" "$said" "$state" "$LAB/log" /var/log /tmp ||
            fail "a token was told: $(grep -rlF -- "$(cat "$token")" "$said" "$state" "$LAB/log" /var/log /tmp)"
    done
    echo "  no token was told anywhere"
}
