#!/usr/bin/env bash
#
# story.sh - what the demo shows, told inside the lab: every command is the real
# program against real servers, and every exit status is checked. run.sh and the
# end-to-end tests start it.

set -euo pipefail

# A terminal gets a moment to read; a log does not need one.
pause() {
    [ ! -t 1 ] || sleep "$1"
}

say() {
    echo
    printf '# %s\n' "$@"
    pause 1
}

# show STATUS COMMAND...: as if typed, with the real output and the wanted end.
show() {
    local wanted=$1 status=0
    shift
    printf '\n$ %s\n' "$*"
    pause 0.5
    "$@" </dev/null || status=$?
    pause 2
    [ "$status" = "$wanted" ] || {
        echo "(exit $status, the story says $wanted)" >&2
        exit 1
    }
}

greeting_here() {
    local line
    exec 3<>"/dev/tcp/$1/25"
    read -r line <&3
    exec 3>&-
    printf '%s\n' "${line%$'\r'}"
}

greets() { # greets NAME: over both families
    local address
    for address in 203.0.113.25 2001:db8:25::25; do
        [[ $(greeting_here "$address") == "220 $1 "* ]] || {
            echo "($address does not greet as $1)" >&2
            exit 1
        }
    done
}

before=$(sha256sum </etc/postfix/main.cf)

say "A rented server, $(hostname): 203.0.113.25 and 2001:db8:25::25." \
    "Its PTR records are the hoster's defaults, Postfix calls itself vm25.localdomain," \
    "and mail.example.com, the name it should have, does not exist."
greets vm25.localdomain
show 2 namesake audit

say "What would change, in which order, and who has to do it? Nothing is touched yet."
show 0 namesake plan

say "Make it so. Every step waits until all authoritative servers serve it."
show 0 namesake apply --yes
greets mail.example.com

say "The proof from outside: three good rounds in a row, through two resolvers."
show 0 namesake verify
show 0 namesake audit

say "And back, last step first."
show 0 namesake rollback last --yes
greets vm25.localdomain
[ "$(sha256sum </etc/postfix/main.cf)" = "$before" ] || {
    echo "(main.cf is not what it was)" >&2
    exit 1
}
show 2 namesake audit
