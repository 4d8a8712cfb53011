# shellcheck shell=bash disable=SC2154
#
# viewpoint.sh - out2 as a place to look from: what its networks let through, and
# what they make up. Sourced by functions.sh.

viewpoint_up() { # out2 is "fra" in the configuration
    out2_up
    cat >>/etc/namesake/namesake.conf <<END
vantage = ( { id = "fra"; type = "ssh"; target = "root@$OUT2"; } );
smtp = { timeout = "5s"; };
END
}

viewpoint_without_port_25() {
    on out2 ip rule add ipproto tcp dport 25 prohibit
    on out2 ip -6 rule add ipproto tcp dport 25 prohibit
}

viewpoint_with_port_25() {
    on out2 ip rule del ipproto tcp dport 25 prohibit
    on out2 ip -6 rule del ipproto tcp dport 25 prohibit
}

# The network of out2 answers for the hoster's name servers itself, from an old copy.
viewpoint_lied_to() {
    local folder=$LAB/liar zone address
    folder_of liar "${hoster_zones[@]}"
    {
        printf 'server:\n username: ""\n server-count: 1\n database: ""\n'
        printf ' %s\n' "pidfile: $folder/pid" "logfile: $LAB/log/liar" "zonesdir: $folder" \
            "xfrdfile: $folder/xfrd.state" "xfrdir: $folder" "zonelistfile: $folder/zone.list"
        printf "remote-control:\n control-enable: no\n"
        for zone in "${hoster_zones[@]}"; do
            printf 'zone:\n name: %s\n zonefile: %s\n' "$zone" "$(zone_file "$zone")"
        done
    } >"$folder/conf"
    for address in 198.51.100.11/32 198.51.100.12/32; do
        on out2 ip addr add "$address" dev lo
    done
    on out2 nsd -c "$folder/conf" </dev/null >/dev/null
    wait_for 10 on out2 kdig +tcp +noall +timeout=1 +retry=0 @198.51.100.11 hoster.example SOA \
        >/dev/null 2>&1
}

viewpoint_told_the_truth() {
    local address
    kill "$(cat "$LAB/liar/pid")"
    for address in 198.51.100.11/32 198.51.100.12/32; do
        on out2 ip addr del "$address" dev lo
    done
}
