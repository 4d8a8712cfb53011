#!/usr/bin/env bash
#
# leaves_nothing.sh - proves that a lab is gone when it has ended: by itself, by
# failure, by Ctrl-C, by SIGTERM and by SIGKILL. Looks for processes, mounts,
# namespaces, network devices and changed system files outside of it.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$("$here/packages.sh")

# The lab's processes name its folders in their command lines.
lab_processes() {
    grep -lazE '[/]run/lab/|tests/lab/(enter|inside)[.]sh|postfix/[s]bin/' /proc/[0-9]*/cmdline \
        2>/dev/null
}

# What this machine holds of the kinds of things that a lab is made of.
traces() {
    lab_processes || true
    cut -d' ' -f2,3 /proc/self/mounts | sort
    ls /run/netns 2>/dev/null || true
    cut -d: -f1 /proc/net/dev | sort
    find /etc /usr /var -xdev -newer "$stamp" ! -path '/var/lib/apt/*' ! -path '/var/cache/*' \
        ! -path '/var/log/*' ! -path "$cache/*" 2>/dev/null
    find /run -xdev -maxdepth 1 | sort
}

gone() {
    local i
    for i in {1..50}; do
        traces >"$stamp.after"
        cmp -s "$stamp.before" "$stamp.after" && return
        sleep 0.1
    done
    echo "left behind after $i looks ($1):"
    diff "$stamp.before" "$stamp.after" || return 1
}

# killed_by SIGNAL: a lab at work, ended by SIGNAL once it is up.
killed_by() {
    local pid
    # A process group of its own, as at a terminal: Ctrl-C goes to all of it.
    setsid env --default-signal bash "$here/enter.sh" \
        bash -c 'echo up; sleep 100' >"$stamp.up" 2>&1 &
    pid=$!
    until grep -q up "$stamp.up"; do
        sleep 0.1
    done
    lab_processes >"$stamp.lab"
    xargs cat <"$stamp.lab" | grep -qa knotd # it is seen while it is there
    if [ "$1" = INT ]; then
        kill -INT -- "-$pid"
    else
        kill -"$1" "$pid"
    fi
    wait "$pid" 2>/dev/null || true
    gone "killed by $1"
}

stamp=$(mktemp "$cache/stamp.XXXXXX")
trap 'rm -f "$stamp"*' EXIT
traces >"$stamp.before"

"$here/enter.sh" true
gone "ended by itself"
status=0
"$here/enter.sh" bash -c 'exit 42' || status=$?
[ "$status" = 42 ]
gone "its command failed"
for signal in INT TERM KILL; do
    killed_by "$signal"
done
echo "the lab leaves nothing behind"
