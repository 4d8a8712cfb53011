# shellcheck shell=bash disable=SC2154
#
# trace.sh - words for the way out: an observer elsewhere, a relay, a translator.
# Sourced by the scenarios that need them.

# trace_to ADDRESS OPTION...: an observer on resolver1 tells the program, which
# runs as the administrator would pipe the two; as "run" keeps it.
trace_to() {
    local address=$1
    shift
    STATUS=0
    printf '  $ observe at %s | namesake trace --observer %s %s\n' "$address" "$address" "$*"
    {
        # It ends with the pipe's reader, or by itself.
        on resolver1 env NAMESAKE_CONFIG=none namesake observe --listen "$address:25" \
            --timeout 60s "${observe[@]}" 2>"$LAB/observe.err" || true
    } | {
        wait_for 10 listens_at "$address"
        namesake trace --observer "$address" "$@"
    } >"$out" 2>"$err" || STATUS=$?
    sed 's/^/  | /' "$out"
    sed 's/^/  ! /' "$err"
    printf '  = %s\n' "$STATUS"
}
observe=(--count 1) # more options of the observer

listens_at() {
    # shellcheck disable=SC2016 # for the inner shell
    on resolver2 timeout 2 bash -c 'exec 3<>/dev/tcp/$1/25' - "$1" 2>/dev/null
}

expect_status() { # expect_status N: of the last trace_to
    [ "$STATUS" = "$1" ] || fail "exit $STATUS instead of $1"
}

# A second Postfix, on resolver2: the relay of a provider, 198.51.100.53.
relay_up() {
    local etc=/etc/postfix-relay
    mkdir -p "$etc" /var/spool/postfix-relay /var/lib/postfix-relay
    chown postfix: /var/lib/postfix-relay
    cp /etc/postfix/{master.cf,dynamicmaps.cf} "$etc/"
    cat >"$etc/main.cf" <<'END'
compatibility_level = 3.6
myhostname = relay.hoster.example
mydestination =
mynetworks = 203.0.113.0/24
inet_interfaces = 198.51.100.53
inet_protocols = ipv4
smtp_bind_address = 198.51.100.53
queue_directory = /var/spool/postfix-relay
data_directory = /var/lib/postfix-relay
alias_maps =
maillog_file = /var/log/relay.log
END
    touch -d '1 hour ago' "$etc/main.cf" "$etc/master.cf"
    on resolver2 postfix -c "$etc" start </dev/null >/dev/null 2>&1
    wait_for 20 says_220 198.51.100.53
}

# relay_holds SECONDS: the relay's own smtp client begins that much later.
relay_holds() {
    local programs=/usr/lib/postfix/sbin
    printf '#!/bin/bash\nsleep %s\nexec %s/smtp "$@"\n' "$1" "$programs" >"$programs/held"
    chmod 755 "$programs/held"
    on resolver2 postfix -c /etc/postfix-relay stop >/dev/null 2>&1
    sed -i -E '/^smtp +unix/s/smtp$/held/' /etc/postfix-relay/master.cf
    touch -d '1 hour ago' /etc/postfix-relay/master.cf
    on resolver2 postfix -c /etc/postfix-relay start </dev/null >/dev/null 2>&1
    wait_for 20 says_220 198.51.100.53
}

# mail_behind_nat: the mail host moves to 10.25.0.2; the router shows it as 203.0.113.60.
mail_behind_nat() {
    router ip addr add 10.25.0.1/24 dev br-rack
    router ip addr add 203.0.113.60/32 dev lo
    router nft -f - <<'END'
table ip nat {
  chain post {
    type nat hook postrouting priority 100;
    ip saddr 10.25.0.0/24 oifname != "br-rack" snat to 203.0.113.60
  }
}
END
    ip -4 addr flush dev e0
    ip addr add 10.25.0.2/24 dev e0
    ip route add default via 10.25.0.1
}

mail_before_nat() {
    router nft delete table ip nat
    ip -4 addr flush dev e0
    ip addr add "$V4/24" dev e0
    ip route add default via 203.0.113.1
}

router() { # router COMMAND...: on the machine between the networks
    nsenter --net=/proc/1/ns/net -- "$@"
}

# postfix_says LINE...: these lines are added to the main.cf of the lab, at once.
postfix_says() {
    cp "$LAB_FOLDER/etc/main.cf" "$LAB/main.cf"
    [ $# = 0 ] || printf '%s\n' "$@" >>"$LAB/main.cf"
    main_cf "$LAB/main.cf"
}

# --- What is seen of the two, whichever mail server it is ---------------------------------------

# All mail goes to 198.51.100.53, by the configuration.
relay_is_named() {
    when "it is looked at"
    expect_exit 2 namesake audit -c none "$V4" -n "$NAME" --json
    then_ "the relay is named, with the command that audits it"
    expect_json '.identities[0].findings[] | select(.id == "path-relay") | .next, .owner.role' \
        "$(printf '%s\n' 'namesake audit 198.51.100.53' relay-admin)"
}

relay_is_traced() {
    when "it is traced"
    trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
    then_ "both hops are told, and the relay is judged as receivers do"
    expect_status 2
    expect_json '.probes[0].hops | map(.address + " " + .helo + " " + .heard_by) | join(", ")' \
        "$V4 $OLD_NAME relay.hoster.example, 198.51.100.53 relay.hoster.example observer"
    expect_json '.identities | map(.address + " " + .wanted) | join(", ")' \
        "$V4 $NAME, 198.51.100.53 relay.hoster.example"
    expect_json '[.identities[1].findings[].id] | index("ptr-missing") | type' number
}

needs_translator() {
    if ! command -v nft >/dev/null || ! router nft list ruleset >/dev/null 2>&1; then
        echo "skipped: this kernel or machine has no nft, so no translator"
        exit 0
    fi
}

# Behind the translator of mail_behind_nat.
public_address_is_traced() {
    when "it is looked at"
    expect_exit "2 3" namesake audit -c none -4 -n "$NAME" --json
    then_ "only its private address is known"
    expect_json '.identities[0] | .address, ([.findings[].id] | index("path-nat") | type)' \
        "$(printf '%s\n' 10.25.0.2 number)"
    when "it is traced"
    trace_to 192.0.2.53 -c none -4 -n "$NAME" --resolver 192.0.2.53
    then_ "the public one is, and that one is audited"
    expect_out "not from 10.25.0.2: a translator (NAT) stands between"
    expect_out "203.0.113.60"
    ! grep -q path-nat "$out" || fail "path-nat is still there"
    nothing_changed
}
