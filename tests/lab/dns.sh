# shellcheck shell=bash
#
# dns.sh - the name servers of the lab: a private root, the customer's and the
# hoster's primary (Knot, RFC 2136 updates with TSIG) and secondary (NSD, by
# NOTIFY and transfer), and two recursive resolvers (Unbound). Sourced by
# inside.sh and, for stopping and starting single servers, by functions.sh.

zones=$LAB/source/tests/lab/zones
credentials=/etc/namesake/credentials

root_zones=(. com example arpa in-addr.arpa ip6.arpa)
customer_zones=(example.com)
hoster_zones=(hoster.example 113.0.203.in-addr.arpa 5.2.0.0.8.b.d.0.1.0.0.2.ip6.arpa)

zone_file() { # zone_file ZONE: the root's name is no file name, nor is one with a slash
    [ "$1" = . ] && echo root.zone || echo "${1//\//-}.zone"
}

# A key of this run only: one copy for the lab, one for the program.
new_key() {
    (
        umask 077
        mkdir -p "$LAB/keys"
        head -c 32 /dev/urandom | base64 >"$LAB/keys/$1"
        cp "$LAB/keys/$1" "$credentials/$1"
    )
}

# folder_of HOST ZONE...: a folder with the server's own copies of its zones.
folder_of() {
    local host=$1 zone
    shift
    mkdir -p "$LAB/$host"
    for zone in "$@"; do
        cp "$zones/$(zone_file "$zone")" "$LAB/$host/"
    done
}

knot_head() {
    cat <<END
server:
    rundir: $LAB/$1
    pidfile: pid
    listen: [ 0.0.0.0@53, "::@53" ]
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
    tcp-idle-timeout: 2
log:
  - target: $LAB/log/$1
    any: info
control:
    listen: control
database:
    storage: $LAB/$1
    journal-db-max-size: 16M
    kasp-db-max-size: 16M
    timer-db-max-size: 16M
END
}

knot_zones() { # knot_zones HOST ACLS ZONE...
    local host=$1 acls=$2 zone
    shift 2
    echo "zone:"
    for zone in "$@"; do
        cat <<END
  - domain: "$zone"
    storage: $LAB/$host
    file: $(zone_file "$zone")
    zonefile-load: difference-no-serial
    journal-content: all
    serial-policy: increment
    $acls
END
    done
}

static_server() { # static_server HOST ZONE...
    local host=$1
    shift
    folder_of "$host" "$@"
    {
        knot_head "$host"
        knot_zones "$host" "" "$@"
    } >"$LAB/$host/conf"
}

primary_zones() { # primary_zones HOST ZONE...: they take updates and tell the secondary
    local host=$1
    shift
    knot_zones "$host" "notify: secondary
    acl: [ transfer, update ]" "$@"
}

# primary HOST SECONDARY KEY ZONE...: takes updates signed with KEY.
primary() {
    local host=$1 follower=$2 key=$3
    shift 3
    folder_of "$host" "$@"
    new_key "$key"
    {
        knot_head "$host"
        cat <<END
key:
  - id: $key
    algorithm: hmac-sha256
    secret: $(cat "$LAB/keys/$key")
remote:
  - id: secondary
    address: $follower
acl:
  - id: transfer
    address: $follower
    action: transfer
  - id: update
    key: $key
    action: update
END
        primary_zones "$host" "$@"
    } >"$LAB/$host/conf"
}

secondary_zone() { # secondary_zone PRIMARY ZONE
    cat <<END
zone:
    name: $2
    zonefile: $(zone_file "$2")
    allow-notify: $1 NOKEY
    request-xfr: AXFR $1 NOKEY
    min-retry-time: 2
END
}

secondary() { # secondary HOST PRIMARY ZONE...
    local host=$1 primary=$2 zone
    shift 2
    folder_of "$host" "$@"
    {
        cat <<END
server:
    username: ""
    server-count: 1
    database: ""
    pidfile: $LAB/$host/pid
    logfile: $LAB/log/$host
    zonesdir: $LAB/$host
    xfrdfile: $LAB/$host/xfrd.state
    xfrdir: $LAB/$host
    zonelistfile: $LAB/$host/zone.list
    xfrd-reload-timeout: 1
remote-control:
    control-enable: yes
    control-interface: $LAB/$host/control
END
        for zone in "$@"; do
            secondary_zone "$primary" "$zone"
        done
    } >"$LAB/$host/conf"
}

# The reverse zones of the documentation networks are answered by Unbound itself
# unless it is told that in this world they are real (RFC 6303).
resolver() {
    mkdir -p "$LAB/$1"
    printf '. NS a.root.example.\na.root.example. A 192.0.2.4\na.root.example. AAAA 2001:db8:2::4\n' \
        >"$LAB/$1/root.hints"
    cat >"$LAB/$1/conf" <<END
server:
    username: ""
    chroot: ""
    directory: $LAB/$1
    pidfile: $LAB/$1/pid
    logfile: $LAB/log/$1
    use-syslog: no
    module-config: iterator
    root-hints: $LAB/$1/root.hints
    interface: 0.0.0.0
    interface: ::0
    interface-automatic: yes
    access-control: 0.0.0.0/0 allow
    access-control: ::0/0 allow
    infra-host-ttl: 2
    infra-keep-probing: yes
    local-zone: "2.0.192.in-addr.arpa." nodefault
    local-zone: "100.51.198.in-addr.arpa." nodefault
    local-zone: "113.0.203.in-addr.arpa." nodefault
    local-zone: "8.b.d.0.1.0.0.2.ip6.arpa." nodefault
remote-control:
    control-enable: yes
    control-use-cert: no
    control-interface: $LAB/$1/control
END
}

# Knot looks up its own host's name before it serves, and would wait for itself.
no_resolver='mount --bind /dev/null /etc/resolv.conf; exec "$@"'

server_start() { # server_start HOST
    local conf=$LAB/$1/conf
    if powerdns_runs "$1"; then
        on "$1" pdns_server --config-dir="$LAB/$1"
        wait_for 10 on "$1" kdig +noall +timeout=1 +retry=0 @127.0.0.1 . SOA
        return
    fi </dev/null >/dev/null 2>&1
    case $1 in
    root | ns1 | hoster1) on "$1" unshare --mount sh -c "$no_resolver" - knotd -d -c "$conf" ;;
    ns2 | hoster2) on "$1" nsd -c "$conf" ;;
    resolver*) on "$1" unbound -c "$conf" ;;
    esac </dev/null >/dev/null
}

server_stop() { # server_stop HOST: and waits until it is gone
    local pid
    pid=$(cat "$LAB/$1/pid")
    case $1 in
    ns2 | hoster2) on "$1" nsd-control -c "$LAB/$1/conf" write >/dev/null ;;
    esac
    kill "$pid"
    while kill -0 "$pid" 2>/dev/null; do
        sleep 0.02
    done
}

# answers ADDRESS NAME TYPE: true once that server gives a non-empty answer.
answers() {
    [ -n "$(on mail kdig +short +norec +timeout=1 +retry=0 "@$1" "$2" "$3" 2>/dev/null)" ]
}

# wait_for SECONDS COMMAND...: asked again after 20 ms, then less often, as asking is work, too. The
# seconds are those of a machine that has nothing else to do; a busy one gets three times as many.
wait_for() {
    local until=$((SECONDS + 3 * $1)) pause=20 seconds
    shift
    until "$@"; do
        [ "$SECONDS" -le "$until" ] || {
            echo "waited in vain for: $*"
            return 1
        }
        printf -v seconds 0.%03d "$pause"
        sleep "$seconds"
        [ "$pause" -ge 160 ] || pause=$((2 * pause))
    done
}

# resolves RESOLVER QUESTION...: true once it finds its way from the root to an answer.
resolves() {
    [ -n "$(on mail kdig +short +timeout=1 +retry=0 "@$1" "${@:2}" 2>/dev/null)" ]
}

resolver_ready() {
    wait_for 10 resolves "$1" -x 203.0.113.25
    wait_for 10 resolves "$1" -x 2001:db8:25::25
    wait_for 10 resolves "$1" example.com MX
}

dns_up() {
    local host
    mkdir -p /etc/namesake
    mkdir -m 700 "$credentials"
    printf 'nameserver 192.0.2.53\n' >/etc/resolv.conf
    static_server root "${root_zones[@]}"
    primary ns1 192.0.2.12 dns-key "${customer_zones[@]}"
    secondary ns2 192.0.2.11 "${customer_zones[@]}"
    primary hoster1 198.51.100.12 hoster-key "${hoster_zones[@]}"
    secondary hoster2 198.51.100.11 "${hoster_zones[@]}"
    resolver resolver1
    resolver resolver2
    for host in root ns1 ns2 hoster1 hoster2 resolver1 resolver2; do
        server_start "$host"
    done
    wait_for 10 answers 192.0.2.4 . SOA
    wait_for 10 answers 192.0.2.11 example.com SOA
    wait_for 10 answers 192.0.2.12 example.com SOA
    wait_for 10 answers 198.51.100.11 hoster.example SOA
    wait_for 10 answers 198.51.100.12 hoster.example SOA
    resolver_ready 192.0.2.53
    resolver_ready 198.51.100.53
}
