#!/usr/bin/env bash
# refusing.sh - a host whose port 25 is closed, at all addresses of its kind.
set -euo pipefail
ip link set lo up
ip link set far up
ip route add local 198.19.13.0/24 dev lo
ip route add default dev far
exec sleep infinity
