# shellcheck shell=bash
#
# functions.sh - the words of the scenarios: how to change the world of the lab
# and how to look at it. Sourced by what runs inside the lab; expect.sh has the
# words that judge.

state=/var/lib/namesake # where the program keeps its runs

# shellcheck source=tests/lab/network.sh
source "$LAB_FOLDER/network.sh"
# shellcheck source=tests/lab/dns.sh
source "$LAB_FOLDER/dns.sh"
# shellcheck source=tests/lab/powerdns.sh
source "$LAB_FOLDER/powerdns.sh"
# shellcheck source=tests/lab/mail.sh
source "$LAB_FOLDER/mail.sh"
# shellcheck source=tests/lab/server.sh
source "$LAB_FOLDER/server.sh"
# shellcheck source=tests/lab/desk.sh
source "$LAB_FOLDER/desk.sh"
# shellcheck source=tests/lab/out2.sh
source "$LAB_FOLDER/out2.sh"
# shellcheck source=tests/lab/exim.sh
source "$LAB_FOLDER/exim.sh"
# shellcheck source=tests/lab/viewpoint.sh
source "$LAB_FOLDER/viewpoint.sh"
# shellcheck source=tests/lab/expect.sh
source "$LAB_FOLDER/expect.sh"
# shellcheck source=tests/lab/killed.sh
source "$LAB_FOLDER/killed.sh"

# shellcheck disable=SC2034 # for the scenarios
readonly NAME=mail.example.com V4=203.0.113.25 V6=2001:db8:25::25 \
    OLD_NAME=vm25.localdomain OLD_PTR4=static-25.hoster.example \
    OLD_PTR6=static-2001-db8-25--25.hoster.example \
    CLASSLESS=0/26.113.0.203.in-addr.arpa

# --- DNS: what the owners of the zones would do by hand ----------------------

# ptr_owner ADDRESS: 203.0.113.25 -> 25.113.0.203.in-addr.arpa
ptr_owner() {
    local left right hex='' group
    if [[ $1 != *:* ]]; then
        awk -F. '{ print $4 "." $3 "." $2 "." $1 ".in-addr.arpa" }' <<<"$1"
        return
    fi
    IFS=: read -ra left <<<"${1%%::*}"
    IFS=: read -ra right <<<"${1#*::}"
    while [ $((${#left[@]} + ${#right[@]})) -lt 8 ]; do
        left+=(0)
    done
    for group in "${left[@]}" "${right[@]}"; do
        hex+=$(printf '%04x' "0x$group")
    done
    echo "$(rev <<<"$hex" | sed 's/./&./g')ip6.arpa"
}

zone_of() { # zone_of OWNER
    local zone
    for zone in "${customer_zones[@]}" "${hoster_zones[@]}"; do
        [[ .$1 == *."$zone" ]] && echo "$zone" && return
    done
    fail "no zone of the lab holds $1"
}

primary_of_zone() { # primary_of_zone ZONE
    [[ " ${customer_zones[*]} " == *" $1 "* ]] && echo ns1 || echo hoster1
}

# dns_update OWNER LINE...: one signed update of the zone that holds OWNER.
dns_update() {
    local zone server=198.51.100.11 key=hoster-key
    zone=$(zone_of "$1")
    [ "$(primary_of_zone "$zone")" != ns1 ] || server=192.0.2.11 key=dns-key
    shift
    {
        printf 'server %s\nzone %s.\n' "$server" "$zone"
        printf '%s\n' "$@" send
    } | knsupdate -y "hmac-sha256:$key:$(cat "$LAB/keys/$key")" >"$LAB/log/update" 2>&1 ||
        fail "update refused: $(cat "$LAB/log/update")"
}

dns_set() { # dns_set OWNER TTL TYPE RDATA: that record instead of others of the type
    dns_update "$1" "del $1. $3" "add $1. $2 $3 $4"
}

dns_add() { # dns_add OWNER TTL TYPE RDATA
    dns_update "$1" "add $1. $2 $3 $4"
}

dns_delete() { # dns_delete OWNER [TYPE [RDATA]]
    dns_update "$1" "del $1. ${*:2}"
}

dns_show() { # dns_show SERVER OWNER TYPE: sorted, on one line
    kdig +short +timeout=3 +retry=1 "@$1" "$2" "$3" 2>/dev/null | sort | xargs
}

ptr_set() { # ptr_set ADDRESS NAME
    dns_set "$(ptr_owner "$1")" 5 PTR "$2."
}

ptr_show() { # ptr_show SERVER ADDRESS
    dns_show "$1" "$(ptr_owner "$2")" PTR
}

# The records of the zones that can be changed, as their primaries hold them.
zones_text() {
    local zone host
    for zone in "${customer_zones[@]}" "${hoster_zones[@]}"; do
        host=$(primary_of_zone "$zone")
        powerdns_runs "$host" || on "$host" knotc -c "$LAB/$host/conf" zone-read "$zone" | sort
    done
    for host in "${powerdns_hosts[@]}"; do
        powerdns_text "$host"
    done
}

records_text() { # as zones_text, but not the serial numbers
    zones_text | grep -v '[ |]SOA[ |]'
}

# One more zone of a primary and its secondary, both Knot and NSD.
zone_up() { # zone_up ns1|hoster1 ZONE: its file is in zones/
    local host=$1 follower=ns2 zone=$2
    [ "$host" = ns1 ] || follower=hoster2
    name_server_stop "$host" "$follower"
    cp "$zones/$(zone_file "$zone")" "$LAB/$host/"
    cp "$zones/$(zone_file "$zone")" "$LAB/$follower/"
    primary_zones "$host" "$zone" | tail -n +2 >>"$LAB/$host/conf"
    secondary_zone "$(primary_of "$follower")" "$zone" >>"$LAB/$follower/conf"
    name_server_start "$host" "$follower"
}

# The hoster delegates 203.0.113.0/26 to the customer, as RFC 2317 describes it, and
# the customer's account holds the PTR records of it.
classless_up() {
    customer_zones+=("$CLASSLESS")
    zone_up ns1 "$CLASSLESS"
    dns_update "$(ptr_owner "$V4")" "del $(ptr_owner "$V4"). PTR" \
        "add $(ptr_owner "$V4"). 5 CNAME 25.$CLASSLESS." \
        "add $CLASSLESS. 5 NS ns1.example.com." "add $CLASSLESS. 5 NS ns2.example.com."
    sed -i 's|id = "dns";\(.*\) roles = \[ "forward" \];|id = "dns";\1 roles = [ "forward", "ptr" ]; networks = [ "203.0.113.0/26" ];|' \
        /etc/namesake/namesake.conf
    secondaries_follow
    resolvers_forget
}

# --- Name servers: stop, start, hold back ------------------------------------

name_server_stop() { # name_server_stop HOST...
    local host
    for host; do
        server_stop "$host"
    done
}

name_server_start() { # name_server_start HOST...
    local host
    for host; do
        [ -e "/proc/$(cat "$LAB/$host/pid" 2>/dev/null)/status" ] || server_start "$host"
    done
    for host; do
        wait_for 10 on "$host" kdig +noall +timeout=1 +retry=0 @127.0.0.1 . SOA >/dev/null 2>&1
    done
}

primary_of() {
    case $1 in
    ns2) echo 192.0.2.11 ;;
    hoster2) echo 198.51.100.11 ;;
    esac
}

# A secondary that serves, but has lost the way to its primary, grows stale.
name_server_hold() { # name_server_hold ns2|hoster2
    on "$1" ip route add blackhole "$(primary_of "$1")/32"
}

name_server_release() {
    on "$1" ip route del blackhole "$(primary_of "$1")/32" 2>/dev/null || return 0
    on "$1" nsd-control -c "$LAB/$1/conf" transfer >/dev/null
}

# The key stays known, but may only read: a policy that somebody changed.
updates_forbid() { # updates_forbid ns1|hoster1
    name_server_stop "$1"
    sed -i 's/^    action: update$/    action: notify/' "$LAB/$1/conf"
    name_server_start "$1"
}

updates_allow() { # updates_allow ns1|hoster1
    name_server_stop "$1"
    sed -i 's/^    action: notify$/    action: update/' "$LAB/$1/conf"
    name_server_start "$1"
}

serial_of() { # serial_of SERVER ZONE
    kdig +short +norec +timeout=1 +retry=0 "@$1" "$2" SOA 2>/dev/null | awk '{ print $3 }'
}

same_serial() { # same_serial ZONE SERVER SERVER
    [ "$(serial_of "$2" "$1")" = "$(serial_of "$3" "$1")" ]
}

secondaries_follow() { # asks them to look now, and waits
    local zone host
    for host in ns2 hoster2; do
        on "$host" nsd-control -c "$LAB/$host/conf" transfer >/dev/null
    done
    for zone in "${customer_zones[@]}"; do
        wait_for 15 same_serial "$zone" 192.0.2.11 192.0.2.12
    done
    for zone in "${hoster_zones[@]}"; do
        wait_for 15 same_serial "$zone" 198.51.100.11 198.51.100.12
    done
}

resolvers_forget() {
    local host
    for host in resolver1 resolver2; do
        on "$host" unbound-control -c "$LAB/$host/conf" flush_zone . >/dev/null
        on "$host" unbound-control -c "$LAB/$host/conf" flush_infra all >/dev/null
    done
}

# --- The network -------------------------------------------------------------

# The cable is pulled at the far end: the host keeps its addresses and routes.
cable() {
    nsenter --net=/proc/1/ns/net ip link set "to-$1" "$2"
}

link_down() {
    cable "$1" down
}

link_up() {
    cable "$1" up
}

# --- The mail server ---------------------------------------------------------

postfix_show() { # postfix_show PARAMETER
    postconf -h "$1"
}

greeting_of() { # greeting_of ADDRESS: the 220 line, as another machine sees it
    # shellcheck disable=SC2016 # for the inner shell
    on resolver2 timeout 30 bash -c \
        'exec 3<>"/dev/tcp/$1/25"; read -r line <&3; printf "%s\n" "${line%$'"'\\r'"'}"; echo QUIT >&3' - "$1"
}

main_cf() { # main_cf FILE: that file becomes main.cf, at once and for all processes
    place "$1" /etc/postfix/main.cf
    postfix reload >/dev/null 2>&1 || postfix start >/dev/null 2>&1
    wait_for 10 says_220 "$V4"
}

postfix_restart() {
    postfix stop >/dev/null 2>&1 || true
    postfix start >/dev/null 2>&1
    wait_for 10 says_220 "$V4"
}

# A machine on which no Postfix was ever installed.
postfix_uninstall() {
    postfix stop >/dev/null 2>&1
    rm -r /usr/sbin/post{alias,cat,conf,drop,fix,kick,lock,log,map,multi,queue,super} \
        /usr/sbin/sendmail /usr/lib/postfix /etc/postfix /var/spool/postfix
}

as_nobody() { # as_nobody COMMAND...
    mkdir -p "$LAB/home/nobody"
    chown 65534:65534 "$LAB/home/nobody"
    HOME=$LAB/home/nobody setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
}

# --- The whole identity ------------------------------------------------------

# Everything as the lab was when it started: the broken state of the story.
reset_identity() {
    local host etc=$LAB_FOLDER/etc
    link_up mail
    for host in ns1 ns2 hoster1 hoster2 resolver1 resolver2; do
        name_server_start "$host"
    done
    for host in ns2 hoster2; do
        name_server_release "$host"
    done
    rm -rf "$state"
    cp "$LAB"/keys/* "$credentials/"
    place "${conf_now:-$etc/namesake.conf}" /etc/namesake/namesake.conf
    server_reset
    dns_delete "$NAME"
    ptr_set "$V4" "$OLD_PTR4"
    ptr_set "$V6" "$OLD_PTR6"
    secondaries_follow
    resolvers_forget
}

# The state that the program is there to reach, made without it.
make_aligned() {
    make_aligned_records
    sed "s/^myhostname = .*/myhostname = $NAME/" "$LAB_FOLDER/etc/main.cf" >"$LAB/aligned.cf"
    main_cf "$LAB/aligned.cf"
}

make_aligned_records() {
    dns_set "$NAME" 5 A "$V4"
    dns_set "$NAME" 5 AAAA "$V6"
    ptr_set "$V4" "$NAME"
    ptr_set "$V6" "$NAME"
    secondaries_follow
    resolvers_forget
}
