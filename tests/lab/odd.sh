# shellcheck shell=bash disable=SC2154
#
# odd.sh - words for worlds that are odd: more hosts, greetings of every kind,
# DNSSEC, name servers that fail, a machine behind NAT in a cloud. Sourced by the
# scenarios that need them.

in_router() { # in_router COMMAND...: as the router between the networks
    nsenter --net=/proc/1/ns/net "$@"
}

# host_add HOST NETWORK NUMBER NAME: one more host, as those of network.sh.
host_add() {
    # shellcheck disable=SC2016 # for the inner shell
    in_router bash -c 'set -e; source "$LAB_FOLDER/network.sh"; host_up "$@"' - "$@"
}

# What is sent there disappears on the way: a firewall that drops.
swallow() { # swallow ADDRESS
    in_router ip route add blackhole "$1/32"
}

# --- Greetings -----------------------------------------------------------------

# greeters_up FILE: the upper half of the rack's network becomes one host, whose
# addresses greet as FILE says (greeter.py); what visitors say is in $visits.
visits=$LAB/log/visits
greeters_up() {
    host_add greeter isp 60 greeter.example
    on greeter ip route add local 203.0.113.128/25 dev lo
    in_router ip route add 203.0.113.128/25 via 192.0.2.60
    ip route add 203.0.113.128/25 via 203.0.113.1
    on greeter /usr/bin/python3 "$LAB_FOLDER/greeter.py" "$1" "$visits" >"$LAB/log/greeter" 2>&1 &
    wait_for 10 grep -q ready "$LAB/log/greeter"
}

# --- DNS -----------------------------------------------------------------------

# broken_server_up HOST NUMBER ZONE...: NSD that was told of zones, but has no data
# of them (their files are lost): it answers SERVFAIL for these.
broken_server_up() {
    local host=$1 zone
    host_add "$host" isp "$2" "$host.example.com"
    shift 2
    secondary "$host" 192.0.2.99
    for zone; do
        printf 'zone:\n    name: %s\n    zonefile: lost.zone\n' "$zone"
    done >>"$LAB/$host/conf"
    on "$host" nsd -c "$LAB/$host/conf"
}

# signed_server_up HOST NUMBER ZONE...: Knot that signs its zones, each with one
# PTR or A record at the top: "ZONE|TYPE DATA".
signed_server_up() {
    local host=$1 number=$2 zone
    shift 2
    host_add "$host" isp "$number" "$host.example.com"
    mkdir -p "$LAB/$host"
    {
        knot_head "$host"
        printf 'policy:\n  - id: one\n    single-type-signing: on\n    algorithm: ecdsap256sha256\n'
        printf 'zone:\n'
        for zone; do
            printf '  - domain: "%s"\n    storage: %s\n    file: %s.zone\n' "${zone%%|*}" \
                "$LAB/$host" "${zone%%|*}"
            printf '    dnssec-signing: on\n    dnssec-policy: one\n'
            printf '@ 5 SOA %s.example.com. hostmaster.example.com. 1 30 2 3600 5\n@ 5 NS %s.example.com.\n@ 5 %s\n' \
                "$host" "$host" "${zone#*|}" >"$LAB/$host/${zone%%|*}.zone"
        done
    } >"$LAB/$host/conf"
    # shellcheck disable=SC2154 # of dns.sh
    on "$host" unshare --mount sh -c "$no_resolver" - knotd -d -c "$LAB/$host/conf" >/dev/null
    for zone; do
        wait_for 10 answers "192.0.2.$number" "${zone%%|*}" DNSKEY
    done
}

# anchor HOST ZONE [true]: the DS record of a signed zone; another word makes a
# wrong one of it.
anchor() {
    local ds
    ds=$(on "$1" keymgr -c "$LAB/$1/conf" "$2" ds | awk '$(NF - 1) == 2 || $6 == 2' | head -n 1)
    [ "${3:-}" != wrong ] || ds=${ds% *}\ $(printf '%064d' 7)
    printf '    trust-anchor: "%s"\n' "$ds"
}

# resolver_up HOST NUMBER LINE...: one more Unbound at 192.0.2.NUMBER, with more
# lines for its server clause, on standard input.
resolver_up() {
    local host=$1
    host_add "$host" isp "$2" "$host.example"
    resolver "$host"
    sed -i '/^remote-control:/,$d' "$LAB/$host/conf"
    cat >>"$LAB/$host/conf"
    cat >>"$LAB/$host/conf" <<END
remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: $LAB/$host/control
END
    on "$host" unbound -c "$LAB/$host/conf"
}

# --- A cloud -------------------------------------------------------------------

# nat_works: whether this kernel translates addresses.
nat_works() {
    in_router nft -f - <<'END'
table ip probe {
  chain post {
    type nat hook postrouting priority 100;
    ip saddr 10.0.0.0/24 masquerade
  }
}
delete table ip probe
END
}

# behind_nat: the mail host has 10.0.0.25 only; the router gives it 203.0.113.25.
behind_nat() {
    in_router ip addr add 10.0.0.1/24 dev br-rack
    ip addr flush dev e0 scope global
    ip addr add 10.0.0.25/24 dev e0
    ip route add default via 10.0.0.1
    in_router ip addr add 203.0.113.25/32 dev lo
    # A bridge that runs these rules itself loses what goes back to where it came from.
    # shellcheck disable=SC2016 # for the inner shell
    in_router sh -c 'f=/proc/sys/net/bridge/bridge-nf-call-iptables; [ ! -e $f ] || echo 0 >$f'
    in_router nft -f - <<'END'
table ip nat {
  chain pre {
    type nat hook prerouting priority -100;
    ip daddr 203.0.113.25 tcp dport 25 dnat to 10.0.0.25
  }
  chain post {
    type nat hook postrouting priority 100;
    ip saddr 10.0.0.0/24 ip daddr 10.0.0.0/24 masquerade
    ip saddr 10.0.0.0/24 snat to 203.0.113.25
  }
}
END
}

# firmware NAME=TEXT...: what the machine's firmware tells, as a cloud sets it.
firmware() {
    local pair
    mountpoint -q /sys/class || mount -t tmpfs tmpfs /sys/class
    rm -rf /sys/class/dmi
    mkdir -p /sys/class/dmi/id
    for pair; do
        printf '%s\n' "${pair#*=}" >"/sys/class/dmi/id/${pair%%=*}"
    done
}

metadata_down() {
    [ -z "${metadata:-}" ] || kill "$metadata"
    metadata=
}

metadata_up() { # metadata_up STYLE PUBLIC
    metadata_down
    in_router ip addr replace 169.254.169.254/32 dev lo
    nsenter --net=/proc/1/ns/net /usr/bin/python3 "$LAB_FOLDER/metadata.py" "$@" >"$LAB/log/metadata" 2>&1 &
    metadata=$!
    wait_for 10 grep -q ready "$LAB/log/metadata"
}
