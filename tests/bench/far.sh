#!/usr/bin/env bash
# far.sh ADDRESS - the far end of the slow link: all servers of the bench.
set -euo pipefail
ip link set lo up
ip addr add 192.0.2.2/24 dev far
ip link set far up
ip route add local 198.18.0.0/15 dev lo
"$TOOLS/bench_dns" "$1" 0 "$1" >/dev/null &
exec "$TOOLS/bench_smtp" 0
