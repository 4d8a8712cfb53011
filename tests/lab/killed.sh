# shellcheck shell=bash disable=SC2153,SC2154
#
# killed.sh - the words that end apply and rollback, without warning, at each of the
# moments at which they make something last (tests/support/last_moment.c says which).
# Sourced by functions.sh.

last_moment=$LAB/last_moment.so
plan=/tmp/plan.json

counts=records_now # the function that says what counts of the world, as a text

# What the primaries say of the identity.
records_now() {
    kdig +short +timeout=2 @192.0.2.11 "$NAME" A "$NAME" AAAA
    kdig +short +timeout=2 @198.51.100.11 -x "$V4" -x "$V6"
}

# The mail server's files and its greetings.
server_now() {
    server_text
    greeted_by "$V4"
    greeted_by "$V6"
}

# Before the program goes on after an end: what was begun over SSH ends by itself, and the mail
# server serves all the time. Postfix's programs would wait for files younger than two seconds.
an_hour_later() {
    [ "$counts" = server_now ] || return 0
    wait_for 60 desk_is_quiet || fail "something goes on over SSH"
    [ "$MTA" != postfix ] || touch -d '1 hour ago' /etc/postfix/{main,master}.cf
    wait_for 15 says_220 "$V4" || fail "the mail server does not serve"
    server_parses || fail "the mail server's configuration is broken"
}

# The secondaries are a second behind their primaries, which is not what is looked at here: their
# addresses are the primaries' from now on.
primaries_alone() {
    local pair address
    name_server_stop ns2 hoster2
    for pair in "ns2 ns1 192.0.2.12/24 2001:db8:2::12/64" \
        "hoster2 hoster1 198.51.100.12/24 2001:db8:51::12/64"; do
        # shellcheck disable=SC2086 # four words
        set -- $pair
        for address in "$3" "$4"; do
            ip -n "$1" addr del "$address" dev e0
            ip -n "$2" addr add "$address" dev e0
        done
    done
    for pair in mail ns1 hoster1 resolver1 resolver2; do
        ip -n "$pair" neigh flush all
    done
    nsenter --net=/proc/1/ns/net ip neigh flush all
}

# ended_at POINT COMMAND...: 0 counts the points, into $moments.
ended_at() {
    local point=$1 status=0
    shift
    { LD_PRELOAD=$last_moment LAST_MOMENT=$point LAST_MOMENTS=/tmp/moments \
        "$@" >"$out" 2>"$err" </dev/null; } 2>/dev/null || status=$?
    cat "$out" "$err" >>"$said"
    if [ "$point" = 0 ]; then
        [ "$status" = 0 ] || fail "exit $status: $* $(cat "$err")"
        moments=$(cat /tmp/moments)
    else
        [ "$status" = 137 ] || fail "it is not ended at point $point, but exits $status: $(cat "$err")"
    fi
}

# What an end left under way at a server becomes visible in a moment.
world_is() {
    [ "$("$counts")" = "$1" ]
}

expect_world() { # expect_world WHICH WHEN
    wait_for 5 world_is "${worlds[$1]}" || fail "after point $2 it is not the $1 world:
$(diff <(echo "${worlds[$1]}") <("$counts"))"
}

# after_end POINT COMMAND...: it succeeds, or there is nothing that it could do.
after_end() {
    local point=$1
    shift
    run "$@" >/tmp/log
    if [ "$STATUS" = 66 ]; then # before the first write there is no run, after the last none is open
        world_is "${worlds[new]}" && return
        expect_world old "$point"
        return 1
    fi
    [ "$STATUS" = 0 ] || fail "after point $point: $(cat /tmp/log)"
}

finished_after() { # finished_after POINT
    after_end "$1" namesake apply --continue || return 0
    expect_world new "$1"
    an_hour_later
    after_end "$1" namesake rollback last --yes
}

undone_after() {
    after_end "$1" namesake rollback last --yes || return 0
}

# killed_then finished_after|undone_after POINT
killed_then() {
    rm -rf "$state"
    an_hour_later
    ended_at "$2" namesake apply "$plan"
    an_hour_later
    "$1" "$2"
    expect_world old "$2"
}

# killed_everywhere PLAN-OPTION...: from the state as it is, and back to it, over and over. Points
# of apply are finished and undone in turn; each point of rollback is taken up again. All points
# take minutes; the usual run is one dozen of them, half of that over SSH. NAMESAKE_EVERY=1 takes
# all, and each is finished as well as undone.
killed_everywhere() {
    local point forth back every turn some=12
    local -A worlds=()
    [ -e "$last_moment" ] || {
        echo "tests/last_moment.so is not beside the program: cmake --build builds it"
        exit 77
    }
    worlds[old]=$("$counts")
    expect_exit 0 namesake plan --save "$plan" "$@"
    rm -rf "$state"
    ended_at 0 namesake apply "$plan"
    forth=$moments
    worlds[new]=$("$counts")
    [ "${worlds[old]}" != "${worlds[new]}" ] || fail "apply changes nothing that counts"
    an_hour_later
    ended_at 0 namesake rollback last --yes
    back=$moments
    expect_world old 0
    ! over_ssh || some=6
    every=${NAMESAKE_EVERY:-$(((forth + back) / some + 1))}
    when "apply is ended at $forth points, one in $every of them"
    for ((point = 1; point <= forth; point += every)); do
        turn=${NAMESAKE_EVERY:+both}
        turn=${turn:-$((point / every % 2))}
        [ "$turn" = 1 ] || killed_then finished_after "$point"
        [ "$turn" = 0 ] || killed_then undone_after "$point"
    done
    when "rollback is ended at $back points, one in $every of them"
    for ((point = 1; point <= back; point += every)); do
        rm -rf "$state"
        an_hour_later
        run namesake apply "$plan" >/tmp/log
        [ "$STATUS" = 0 ] || fail "before point $point: $(cat /tmp/log)"
        an_hour_later
        ended_at "$point" namesake rollback last --yes
        an_hour_later
        after_end "$point" namesake rollback last --yes || true
        expect_world old "$point"
    done
    then_ "all of them were finished or undone"
}
