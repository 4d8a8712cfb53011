#!/usr/bin/env bash
# far.sh ADDRESS - the far end of the slow link: all servers of the bench, and behind another link a
# host that has no server at the addresses of the kind KIND_REFUSING.
set -euo pipefail
ip link set lo up
ip addr add 192.0.2.2/24 dev far
ip link set far up
ip route add local 198.18.0.0/15 dev lo
"$TOOLS/bench_relay" 0 0 "$(dirname "$0")/refusing.sh" &
until ip link set near up 2>/dev/null; do sleep 0.05; done
ip route add 198.19.13.0/24 dev near
echo 1 >/proc/sys/net/ipv4/ip_forward
"$TOOLS/bench_dns" "$1" 0 "$1" >/dev/null &
exec "$TOOLS/bench_smtp" 0
