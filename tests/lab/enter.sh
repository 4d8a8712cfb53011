#!/usr/bin/env bash
#
# enter.sh [COMMAND...] - runs COMMAND (a shell when there is none) on the mail
# host of the lab: real servers in namespaces of their own, see README.md. The
# lab starts with the command and is gone with it, however it ends; the exit
# status is that of the command, which starts in the top folder of the sources.
#
# NAMESAKE=FILE puts that program into the lab as /usr/bin/namesake.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/messages.sh
source "$here/messages.sh"

namespaces=(--mount --net --uts --ipc --pid --fork --kill-child)

require() { # require WHY NEXT COMMAND...: COMMAND tells whether it is there
    local why=$1 next=$2
    shift 2
    "$@" >/dev/null 2>&1 ||
        complain 69 "this machine cannot run the lab" "$why" "its administrator" "$next"
}

check_machine() {
    [ "$(id -u)" = 0 ] || complain 77 "the lab has to be started by root" \
        "it makes network and mount namespaces of its own; it changes nothing outside of them" \
        "root" "sudo $0 $*"
    require "the programs unshare, nsenter and setpriv are missing" \
        "apt-get install util-linux" command -v unshare nsenter setpriv
    require "it may not make namespaces, which keep the lab's servers away from its own; a container needs more rights for that" \
        "docker run --privileged ..., or a virtual machine" unshare "${namespaces[@]}" true
    require "the kernel has no overlayfs, which lays the lab's files over /usr and /etc" \
        "modprobe overlay" grep -qw overlay /proc/filesystems
    require "IPv6 is switched off in the kernel, and half of the lab's addresses are IPv6" \
        "boot without ipv6.disable=1" test -e /proc/sys/net/ipv6
}

if ! grep -qw overlay /proc/filesystems; then
    modprobe overlay 2>/dev/null || true
fi
check_machine "$@"
if [ -n "${NAMESAKE:-}" ]; then
    [ -x "$NAMESAKE" ] || complain 69 "there is no program $NAMESAKE" \
        "NAMESAKE names the program to put into the lab" "you" \
        "cmake --preset release && cmake --build --preset release"
    NAMESAKE=$(realpath "$NAMESAKE")
    export NAMESAKE
fi
cache=$("$here/packages.sh")

# Whoever kills this script kills unshare, which kills process 1 of the lab, which
# ends everything in it. Not exec: unshare itself ignores SIGTERM while it waits.
setpriv --pdeathsig KILL unshare "${namespaces[@]}" --mount-proc \
    bash "$here/inside.sh" "$cache" "$@"
