# shellcheck shell=bash disable=SC2034,SC2154
#
# faults.sh - every fault of the emulators, at one write and at the reads of one
# vendor. The scenario says which, in the variables
#   vendor, kind, method, path     what is written, and by which request
#   old, new                       the value before and after, as the DNS says it
#   conflict, conflict_exit        what this vendor's 409 means
#   entries_before                 and a function `entries`: how many the vendor holds
# Sourced by the scenarios, after words.sh.

apply_one() { # one record of one family: a step, without the mail server
    run namesake -vv apply --yes -4 --only "$kind" --wait 0
}

# error_shape ID EXIT: as interface section 9 has it, with its four answers.
error_shape() {
    local line
    [ "$STATUS" = "$2" ] || fail "exit $STATUS instead of $2"
    expect_err "[$1]"
    for line in why who "done" next; do
        grep -q "^  $line " "$err" || fail "the error does not say: $line"
    done
}

value_now() {
    if [ "$kind" = forward ]; then
        dns_show 192.0.2.11 "$NAME" A
    else
        ptr_show 198.51.100.11 "$V4"
    fi
}

is_served() { [ "$(value_now)" = "$1" ]; }

# One fault at the only write: what is said, then the run is continued, or undone.
write_fault() { # write_fault FAULT ID EXIT
    when "$vendor answers the write with: $1"
    rm -rf "$state"
    vendor_control "$vendor" "fault $method $path $1"
    apply_one
    error_shape "$2" "$3"
    vendor_control "$vendor"
    turn=$((turn + 1))
    if [ $((turn % 2)) = 0 ]; then
        expect_exit "0 6" namesake apply --continue --wait 0
        wait_for 5 is_served "$new"
        expect 1 entries
    fi
    expect_exit 0 namesake rollback last --yes
    wait_for 5 is_served "$old"
    expect "$entries_before" entries
}

# One fault at every read: it ends before anything is written.
read_fault() { # read_fault FAULT ID EXIT
    when "$vendor answers a read with: $1"
    rm -rf "$state"
    vendor_control "$vendor" "fault GET . $1"
    requests_forget
    apply_one
    error_shape "$2" "$3"
    expect_err "nothing was changed"
    expect 0 writes_of "$vendor"
}

write_faults() {
    turn=0
    write_fault 401 provider-denied 77
    write_fault 403 provider-denied 77
    write_fault 404 protocol 69
    write_fault 409 "$conflict" "$conflict_exit"
    write_fault 422 protocol 69
    write_fault 429 provider-limited 75
    write_fault 429-after-7 provider-limited 75
    write_fault 500 timeout 4
    write_fault 503 timeout 4
    write_fault html protocol 69
    write_fault half timeout 4
    write_fault length protocol 69
    write_fault endless timeout 4
    write_fault redirect protocol 69
    write_fault other protocol 69
    write_fault none timeout 4
    write_fault none+effect timeout 4
}

read_faults() {
    read_fault 401 provider-denied 77
    read_fault 404 protocol 69
    read_fault 422 protocol 69
    read_fault 429-after-61 provider-limited 75
    read_fault html protocol 69
    read_fault half protocol 69
    read_fault length protocol 69
    read_fault endless protocol 69
    read_fault redirect protocol 69
    read_fault other protocol 69
    read_fault repeat protocol 69
    expect 0 requests_of "$vendor" '.path == "/elsewhere"'
}
