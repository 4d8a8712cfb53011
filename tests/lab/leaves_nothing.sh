#!/usr/bin/env bash
#
# leaves_nothing.sh - proves that a lab is gone when it has ended: by itself, by
# failure, by Ctrl-C, by SIGTERM and by SIGKILL. Looks for processes, mounts,
# namespaces, network devices and changed system files outside of it. Other labs
# may run at the same time.

set -Eeuo pipefail
trap 'echo "leaves_nothing.sh: line $LINENO failed: $BASH_COMMAND" >&2' ERR

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$("$here/packages.sh")

# What this machine holds of the kinds of things that a lab is made of.
traces() {
    {
        cut -d' ' -f2,3 /proc/self/mounts
        cut -d: -f1 /proc/net/dev
        find /run -xdev -maxdepth 2
        # Files come and go under other people's hands while they are looked for.
        find /etc /usr /var -xdev -newer "$work/start" ! -path '/var/lib/apt/*' \
            ! -path '/var/cache/*' ! -path '/var/log/*' ! -path "$cache/*" || true
    } 2>/dev/null | sort
}

# Every process of one lab, and none of another, is in its process namespace.
processes_in() { # processes_in NAMESPACE: how many
    readlink /proc/[0-9]*/ns/pid 2>/dev/null | grep -cxF "$1" || true
}

gone() { # gone HOW: nothing is there that was not there before
    local namespace i
    namespace=$(cat "$work/up")
    for i in {1..50}; do
        traces >"$work/after"
        if [ "$(processes_in "$namespace")" = 0 ] &&
            [ -z "$(comm -13 "$work/before" "$work/after")" ]; then
            echo "  nothing is left: $1"
            return
        fi
        sleep 0.1
    done
    echo "left behind ($1, after $i looks):"
    comm -13 "$work/before" "$work/after"
    readlink /proc/[0-9]*/ns/pid 2>/dev/null | grep -xF "$namespace"
    return 1
}

# killed_by SIGNAL: a lab at work, ended by SIGNAL once it is up.
killed_by() {
    local pid
    : >"$work/up"
    # A process group of its own, as at a terminal: Ctrl-C goes to all of it.
    setsid env --default-signal bash "$here/enter.sh" \
        bash -c 'readlink /proc/self/ns/pid; sleep 100' >"$work/up" &
    pid=$!
    until [ -s "$work/up" ]; do
        kill -0 "$pid"
        sleep 0.1
    done
    # What looks for processes must see them while they are there.
    [ "$(processes_in "$(cat "$work/up")")" -gt 10 ]
    if [ "$1" = INT ]; then
        kill -INT -- "-$pid"
    else
        kill -"$1" "$pid"
    fi
    wait "$pid" 2>/dev/null || true
    gone "killed by SIG$1"
}

work=$(mktemp -d "$cache/traces.XXXXXX")
trap 'rm -rf "$work"' EXIT
touch "$work/start"
traces >"$work/before"

"$here/enter.sh" readlink /proc/self/ns/pid >"$work/up"
gone "ended by itself"
status=0
"$here/enter.sh" bash -c 'readlink /proc/self/ns/pid; exit 42' >"$work/up" || status=$?
[ "$status" = 42 ]
gone "its command failed"
for signal in INT TERM KILL; do
    killed_by "$signal"
done
echo "the lab leaves nothing behind"
