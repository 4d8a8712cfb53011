# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: killed at its n-th write, for every n, apply is continued or undone

# Every system call that makes something last: on disk, or at a name server.
lasting=fsync,rename,renameat,renameat2,sendto,sendmsg,unlink,ftruncate,truncate
# All of them take minutes; one in so many is enough to notice a change for the worse.
every=${NAMESAKE_EVERY:-12}

command -v strace >/dev/null || {
    echo "strace is not here to end the program at a system call"
    exit 77
}

# killed_at N: true when apply was ended just before its n-th such call.
killed_at() {
    local status=0
    strace -f -qq -o /dev/null -e "trace=$lasting" \
        -e "inject=$lasting:signal=KILL:when=$1" \
        namesake apply --yes >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" = 137 ]
}

point=1
killed=0
while killed_at "$point"; do
    killed=$((killed + 1))
    wait_for 15 says_220 "$V4" || fail "Postfix does not serve after point $point"
    if [ $((killed % 2)) = 0 ]; then
        when "it was ended at write $point and is rolled back"
        run namesake rollback last --yes
        # Ended before its record was there, a run has nothing to undo.
        [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "rollback exits $STATUS"
        expect_broken_world
    else
        when "it was ended at write $point and is continued"
        run namesake apply --continue
        [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "apply --continue exits $STATUS"
        expect_exit 0 namesake apply --yes
        expect_aligned_world
    fi
    reset_identity
    rm -rf "$state"
    point=$((point + every))
done

then_ "there were points to be ended at, and past the last one it finishes"
[ "$killed" -ge 3 ] || fail "only $killed points were tried"
expect_aligned_world
