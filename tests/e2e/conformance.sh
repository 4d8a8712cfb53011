# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: requests and answers are as the vendors' own descriptions and client have it

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

declare -A spec=([hetzner]=hetzner-cloud [cloudflare]=cloudflare)
declare -A base=([hetzner]=/v1 [cloudflare]=/client/v4)
declare -A proxy_port=([hetzner]=8451 [cloudflare]=8452)

prism_listens() {
    (: <"/dev/tcp/127.0.0.1/${proxy_port[$1]}") 2>/dev/null
}

# prism_start VENDOR: a request or an answer that is not as described becomes an error.
prism_start() {
    local description=$LAB/${spec[$1]}.json
    cp "$LAB_SPECS/${spec[$1]}.json" "$description"
    [ ! -f "$emulators/$1.jq" ] ||
        jq -f "$emulators/$1.jq" "$LAB_SPECS/${spec[$1]}.json" >"$description"
    "$LAB_TOOLS/prism/node_modules/.bin/prism" proxy --errors --host 127.0.0.1 \
        --port "${proxy_port[$1]}" "$description" \
        "http://127.0.0.1:${vendor_port[$1]}${base[$1]}" >"$LAB/log/prism-$1" 2>&1 &
    wait_for 150 prism_listens "$1"
}

# Both vendors are reached through Prism only.
through_prism() {
    vendors_configure "$1" hetzner
    sed -e 's|:8441/v1|:8451|; s|:8442/client/v4|:8452|' /etc/namesake/namesake.conf \
        >"$LAB/prism.conf"
    place "$LAB/prism.conf" /etc/namesake/namesake.conf
}

hcloud() {
    HCLOUD_ENDPOINT=http://127.0.0.1:8441/v1 HCLOUD_TOKEN=$(cat "$LAB/tokens/hetzner") \
        HOME=$LAB/home "$LAB_TOOLS/hcloud/usr/bin/hcloud" "$@"
}

is_ptr() { [ "$(ptr_show 198.51.100.11 "$V4")" = "$1." ]; }

for vendor in cloudflare hetzner; do
    given "Prism in front of both vendors, and the zone at $vendor"
    vendors_reset "$vendor" hetzner
    [ "$vendor" = hetzner ] || {
        prism_start hetzner
        prism_start cloudflare
    }
    through_prism "$vendor"
    when "the whole journey is made"
    expect_exit 0 namesake -vv apply --yes
    expect_aligned_world
    expect_exit 0 namesake -vv rollback last --yes
    expect_broken_world
    then_ "Prism has nothing to say"
    # What Prism lists when it starts are examples of requests, with words made up.
    ! cat "$LAB/log/prism-hetzner" "$LAB/log/prism-cloudflare" | grep -v " \[CLI\] .* info " |
        grep -iE 'violation|error' ||
        fail "a request or an answer is not as described"
done

given "Hetzner's own client"
vendors_reset hetzner hetzner
when "it lists what there is"
expect_exit 0 hcloud server list -o columns=id,name,ipv4
expect_out "$V4"
expect_exit 0 hcloud primary-ip list
expect_exit 0 hcloud floating-ip list
then_ "it sets a PTR and takes it back"
expect_exit 0 hcloud server set-rdns 42 --ip "$V4" --hostname "$NAME"
wait_for 5 is_ptr "$NAME"
expect_exit 0 hcloud primary-ip set-rdns 4711 --ip "$V4" --hostname other.example.com
wait_for 5 is_ptr other.example.com
expect_exit 0 hcloud server set-rdns 42 --ip "$V4" --hostname "$OLD_PTR4"
wait_for 5 is_ptr "$OLD_PTR4"
expect_exit 1 hcloud server set-rdns 42 --ip 192.0.2.1 --hostname "$NAME"
expect_err "does not belong to this server"
