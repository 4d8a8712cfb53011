# shellcheck shell=bash disable=SC2153,SC2154
#
# killed.sh - the words that end apply, without warning, at each of the moments at
# which it has just made something last. Sourced by functions.sh.

# Every system call that makes something last: on disk, at a name server, or on another machine.
lasting=fsync,rename,renameat,renameat2,sendto,sendmsg,link,linkat,unlink,unlinkat,ftruncate,truncate

# killed_at N [OPTION...]: true when apply was ended just before the n-th of the moments that
# count_points has found. strace counts each system call by itself.
killed_at() {
    local status=0 call count
    read -r call count < <(sed -n "$1p" "$LAB/points")
    strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$count" \
        namesake apply --yes "${@:2}" >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" = 137 ]
}

# What it had begun over SSH ends by itself; the mail server serves all the time.
still_serves() { # still_serves POINT
    wait_for 15 says_220 "$V4" || fail "the mail server does not serve after point $1"
    wait_for 60 desk_is_quiet || fail "something goes on over SSH after point $1"
    server_parses || fail "the mail server's configuration is broken after point $1"
}

rolled_back_after() { # rolled_back_after N
    when "it was ended at write $1 and is rolled back"
    run namesake rollback last --yes
    # Ended before its record was there, a run has nothing to undo.
    [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "rollback exits $STATUS"
    expect_undone
}

continued_after() { # continued_after N [OPTION...]
    when "it was ended at write $1 and is continued"
    run namesake apply --continue
    [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "apply --continue exits $STATUS"
    expect_exit 0 namesake apply --yes "${@:2}"
    expect_aligned_world
}

# What a scenario may say in words of its own.
expect_undone() { expect_broken_world; }
reset_now() { reset_identity; }

# The moments of an apply, "fsync 3" for its third, and the first of them that is of its own record.
count_points() { # count_points [OPTION...]
    command -v strace >/dev/null || {
        echo "strace is not here to end the program at a system call"
        exit 77
    }
    expect_exit 0 strace -qq -o "$LAB/trace" -e "trace=$lasting" namesake apply --yes "$@"
    awk -F'(' '/^[a-z]/ { print $1, ++n[$1] }' "$LAB/trace" >"$LAB/points"
    last_point=$(wc -l <"$LAB/points")
    first_point=$(grep -n -m 1 rename "$LAB/points" | cut -d: -f1)
    reset_now
}

# killed_everywhere COUNT [OPTION...]: at about so many moments, as all of them take minutes
# (NAMESAKE_EVERY=1 tries all, NAMESAKE_FROM=N begins there), undone and continued in
# turn. It is in the broken state before and in the aligned one after.
killed_everywhere() {
    local first_point last_point point killed=0 every
    count_points "${@:2}"
    every=${NAMESAKE_EVERY:-$(((last_point - first_point) / $1 + 1))}
    echo "  it makes something last at $last_point moments, from $first_point on of its own"
    for ((point = ${NAMESAKE_FROM:-$first_point}; point <= last_point; point += every)); do
        killed_at "$point" "${@:2}" || {
            echo "  it was done before moment $point"
            reset_now
            continue
        }
        killed=$((killed + 1))
        still_serves "$point"
        if [ $((killed % 2)) = 0 ]; then
            rolled_back_after "$point"
        else
            continued_after "$point" "${@:2}"
        fi
        reset_now
    done
    [ "$killed" -ge 3 ] || fail "only $killed moments were tried"
    then_ "it was ended at $killed moments; undisturbed it finishes"
    expect_exit 0 namesake apply --yes "${@:2}"
    expect_aligned_world
}

# server_killed_everywhere COUNT: the same of the mail server's step alone, each time back to the
# files as they are now.
server_killed_everywhere() {
    server_text >"$LAB/server.first"
    expect_undone() { expect_first_server; }
    reset_now() { # a run that was continued is undone by itself
        [ "$(server_name)" = "$OLD_NAME" ] || expect_exit 0 namesake rollback last --yes
        expect_first_server
        rm -rf "$state"
    }
    killed_everywhere "$1" --only mta
}
