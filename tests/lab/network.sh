# shellcheck shell=bash
#
# network.sh - the hosts of the lab, one network namespace and one host name
# each, on three networks with a router between them. There is no way out of it.
# Sourced by inside.sh.

# network: its prefix in both families; the router is .1 and ::1 in each.
declare -A prefix4=([isp]=192.0.2 [hoster]=198.51.100 [rack]=203.0.113)
declare -A prefix6=([isp]=2001:db8:2: [hoster]=2001:db8:51: [rack]=2001:db8:25:)

# host  network  last part of both addresses  host name
hosts=(
    "root      isp     4   a.root.example"
    "ns1       isp     11  ns1.example.com"
    "ns2       isp     12  ns2.example.com"
    "resolver1 isp     53  resolver.isp.example"
    "hoster1   hoster  11  ns1.hoster.example"
    "hoster2   hoster  12  ns2.hoster.example"
    "resolver2 hoster  53  resolver.hoster.example"
    "mail      rack    25  vm25"
)

# on HOST COMMAND...: runs COMMAND as if on that host.
on() {
    local host=$1
    shift
    nsenter --net="/run/netns/$host" --uts="$LAB/uts/$host" -- "$@"
}

# No duplicate address detection, and addresses that survive a pulled cable.
# shellcheck disable=SC2016 # for the inner shell
quick_ipv6='
    for f in all default; do
        echo 0 >/proc/sys/net/ipv6/conf/$f/disable_ipv6
        echo 0 >/proc/sys/net/ipv6/conf/$f/accept_dad
        echo 0 >/proc/sys/net/ipv6/conf/$f/accept_ra
        echo 1 >/proc/sys/net/ipv6/conf/$f/keep_addr_on_down
    done'

router_up() {
    local network
    sh -c "$quick_ipv6"
    ip link set lo up
    for network in "${!prefix4[@]}"; do
        ip -batch - <<END
link add br-$network type bridge mcast_snooping 0
addr add ${prefix4[$network]}.1/24 dev br-$network
addr add ${prefix6[$network]}:1/64 dev br-$network nodad
link set br-$network up
END
    done
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
}

host_up() { # host_up HOST NETWORK NUMBER NAME
    ip netns add "$1"
    touch "$LAB/uts/$1"
    unshare --uts="$LAB/uts/$1" hostname "$4"
    ip link add e0 netns "$1" type veth peer name "to-$1"
    ip link set "to-$1" master "br-$2" up
    on "$1" sh -c "$quick_ipv6"
    ip -n "$1" -batch - <<END
link set lo up
link set e0 up
addr add ${prefix4[$2]}.$3/24 dev e0
addr add ${prefix6[$2]}:$3/64 dev e0 nodad
route add default via ${prefix4[$2]}.1
route add default via ${prefix6[$2]}:1
END
}

network_up() {
    local line
    router_up
    for line in "${hosts[@]}"; do
        # shellcheck disable=SC2086 # four words
        host_up $line
    done
}
