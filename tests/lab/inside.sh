#!/usr/bin/env bash
#
# inside.sh CACHE [COMMAND...] - process 1 of the lab: builds its files, network
# and servers, runs COMMAND on the mail host, and takes all of it along when it
# ends. Started by enter.sh only.

set -euo pipefail

cache=$1
shift
source_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
lab_folder=$source_folder/tests/lab
export LAB=/run/lab

trap 'exit 130' INT
trap 'exit 143' TERM HUP

# shellcheck source=tests/lab/messages.sh
source "$lab_folder/messages.sh"
# shellcheck source=tests/lab/files.sh
source "$lab_folder/files.sh"
# shellcheck source=tests/lab/network.sh
source "$lab_folder/network.sh"
# shellcheck source=tests/lab/dns.sh
source "$lab_folder/dns.sh"
# shellcheck source=tests/lab/powerdns.sh
source "$lab_folder/powerdns.sh"
# shellcheck source=tests/lab/mail.sh
source "$lab_folder/mail.sh"

# Each part in a subshell, where "set -e" holds: the first failure ends it.
part() { # part WHAT FUNCTION...
    local what=$1
    shift
    set +e
    (
        set -e
        [ -z "${NAMESAKE_LAB_TRACE:-}" ] || set -x
        "$@"
    ) >"$LAB/log/start" 2>&1
    local status=$?
    set -e
    [ -z "${NAMESAKE_LAB_TRACE:-}" ] || cat "$LAB/log/start" >&2
    [ "$status" = 0 ] && return
    tail -n 20 "$LAB/log/start" >&2
    complain 69 "the lab did not start: $what failed (status $status)" \
        "the lines above are the last of its log" "whoever knows this machine's kernel" \
        "NAMESAKE_LAB_TRACE=1 tests/lab/enter.sh true   # shows every command"
}

# Nothing of the caller's environment reaches the mail host but its looks, so that
# no token of a real vendor can.
keep_environment() {
    local name
    for name in TERM LANG LC_ALL LC_CTYPE COLUMNS NO_COLOR CI ASAN_OPTIONS UBSAN_OPTIONS \
        NAMESAKE_EVERY NAMESAKE_FROM "${!LAB@}"; do
        [ -z "${!name+set}" ] || printf '%s\0' "$name=${!name}"
    done
    printf '%s\0' PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/run/lab/home \
        LAB_FOLDER=/run/lab/source/tests/lab
}

mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p "$LAB/log"
part "its private file system" private_files "$cache" "$source_folder"
cd /
part "the network" network_up
part "the name servers" dns_up
part "Postfix" mail_up

cd "$LAB/source"
mapfile -d '' -t environment < <(keep_environment)
[ $# -gt 0 ] || set -- bash --norc
status=0
nsenter --net=/run/netns/mail --uts="$LAB/uts/mail" -- env -i "${environment[@]}" "$@" || status=$?
exit "$status"
