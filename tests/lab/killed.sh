# shellcheck shell=bash disable=SC2153,SC2154
#
# killed.sh - the word that ends apply, without warning, at each of the moments at
# which it has just made something last. Sourced by functions.sh.

# What a scenario may set otherwise: the system calls that make something last, on
# disk or at a name server; options of apply; a look at the world just after an
# end; and the words for the two states of its world.
lasting=fsync,rename,renameat,renameat2,sendto,sendmsg,unlink,ftruncate,truncate
killed_options=()
killed_look=true
killed_broken=expect_broken_world
killed_aligned=expect_aligned_world

# killed_at N: true when apply was ended just before its n-th such call.
killed_at() {
    local status=0
    strace -f -qq -o /dev/null -e "trace=$lasting" \
        -e "inject=$lasting:signal=KILL:when=$1" \
        namesake apply --yes "${killed_options[@]}" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" = 137 ]
}

rolled_back_after() { # rolled_back_after N
    when "it was ended at write $1 and is rolled back"
    run namesake rollback last --yes
    # Ended before its record was there, a run has nothing to undo.
    [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "rollback exits $STATUS"
    "$killed_broken"
}

continued_after() { # continued_after N
    when "it was ended at write $1 and is continued"
    run namesake apply --continue
    [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "apply --continue exits $STATUS"
    expect_exit 0 namesake apply --yes "${killed_options[@]}"
    "$killed_aligned"
}

# killed_everywhere EVERY [RESET...]: one moment in so many, as all of them take minutes
# (NAMESAKE_EVERY=1 tries all), undone and continued in turn. The scenario's own
# account is used; it is in the broken state before and in the aligned one after.
killed_everywhere() {
    local point=1 killed=0 every=${NAMESAKE_EVERY:-$1}
    shift
    [ $# -gt 0 ] || set -- reset_identity
    command -v strace >/dev/null || {
        echo "strace is not here to end the program at a system call"
        exit 77
    }
    while killed_at "$point"; do
        killed=$((killed + 1))
        wait_for 15 says_220 "$V4" || fail "the mail server does not serve after point $point"
        "$killed_look"
        if [ $((killed % 2)) = 0 ]; then
            rolled_back_after "$point"
        else
            continued_after "$point"
        fi
        "$@"
        point=$((point + every))
    done
    then_ "there were $killed points to be ended at, and past the last one it finishes"
    [ "$killed" -ge 3 ] || fail "only $killed points were tried"
    "$killed_aligned"
}
