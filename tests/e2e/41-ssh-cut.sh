# shellcheck shell=bash disable=SC2154
# Scenario: an SSH connection that is cut, or hangs, in the middle of apply; it is continued or undone
# On: postfix-ssh exim-split-ssh
# Long: yes

# at_moment FAULT CONDITION: apply goes on until the condition holds on the mail host; then FAULT.
at_moment() {
    local pid
    namesake apply --yes --only mta >"$out" 2>"$err" </dev/null &
    pid=$!
    until "$2" || ! kill -0 "$pid" 2>/dev/null; do
        sleep 0.02
    done
    "$1"
    STATUS=0
    wait "$pid" || STATUS=$?
    sed 's/^/  | /' "$out" "$err"
    echo "  = $STATUS"
}

staged() { compgen -G "${server_folders[0]}/.namesake-*" >/dev/null; }
swapped() { grep -rqsF --exclude-dir='.namesake-*' --exclude='*.tmp' "$NAME" "${server_folders[@]}"; }

# lost FAULT MOMENT: what is told of it, of the host, and what to type.
lost() {
    when "the connection is lost ($1) as soon as something is $2"
    at_moment "$1" "$2"
    "${1}_mended"
    then_ "what is known is told, and the mail server goes on"
    expect_err "root@$V4"
    case $1/$2 in
    */staged) expect_told 69 "nothing was changed" "namesake apply --continue" ;;
    desk_cut/*) expect_told "4 69" "nothing was changed" "" ;; # any more: it was put back
    *) expect_told 4 "what became of the one at work is not known" "namesake apply --continue" ;;
    esac
    wait_for 15 says_220 "$V4"
    server_parses
}

expect_told() { # expect_told STATUS TEXT NEXT
    [[ " $1 " == *" $STATUS "* ]] || fail "exit $STATUS instead of $1"
    expect_err "$2"
    expect_err "next $3"
}

given "records that are in order, and a mail server behind sshd"
make_aligned_records
go_on() { # the run is continued, and undone after that
    then_ "it can be continued, and undone after that"
    expect_exit 0 namesake apply --continue
    expect_aligned_world
    roll_back
}

roll_back() {
    expect_exit 0 namesake rollback last --yes
    expect_first_server
    rm -rf "$state"
}

for loss in cut/staged cut/swapped gone/staged gone/swapped hang/swapped; do
    lost "desk_${loss%/*}" "${loss#*/}"
    go_on
done
lost desk_gone swapped
then_ "it can be undone from there"
roll_back
