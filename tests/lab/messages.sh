# shellcheck shell=bash
#
# messages.sh - how the lab says that it cannot go on: what, why, who, and what
# to type. Sourced by every script here that can stop.

# complain STATUS WHAT WHY WHO NEXT: the error in one shape, then the end.
complain() {
    local status=$1
    shift
    printf 'error: %s\n  why   %s\n  who   %s\n  next  %s\n' "$@" >&2
    exit "$status"
}
