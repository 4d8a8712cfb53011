# shellcheck shell=bash disable=SC2034,SC2154
#
# server.sh - the words for the mail server that a scenario is about, whichever it
# is and from wherever the program reaches it. A scenario that holds for several
# says so in its head, and run.sh runs it once for each:
#
#     # On: postfix exim exim-split exim-single postfix-ssh exim-ssh ...
#
# Sourced by functions.sh.

MTA=postfix                 # or exim
MTA_SCHEME=                 # of Exim: unsplit, split, single
server_folders=(/etc/postfix) # what an administrator would keep, and what is built from it

# mail_server KIND: a word of the list above.
mail_server() {
    case $1 in
    exim*)
        MTA=exim MTA_SCHEME=unsplit server_folders=(/etc/exim4 /var/lib/exim4)
        [[ $1 != *-split* ]] || MTA_SCHEME="split"
        [[ $1 != *-single* ]] || MTA_SCHEME="single"
        exim_instead "$MTA_SCHEME"
        ;;
    esac
    [[ $1 != *-ssh ]] || desk_up
    server_text >"$LAB/server.first"
}

over_ssh() { # true when the program reaches the mail server over SSH
    [ -d "$LAB/desk" ]
}

# settings_change SED: the program's configuration, to which reset_identity comes back.
settings_change() {
    sed -i -E "$1" /etc/namesake/namesake.conf
    conf_now=$LAB/namesake.conf
    cp /etc/namesake/namesake.conf "$conf_now"
}

# The files without their times, and whatever a program of ours has left beside them.
server_text() {
    find "${server_folders[@]}" \( -type f -o -name '.namesake*' \) -printf '%p %m %u %g\n' | sort
    find "${server_folders[@]}" -type f -exec sha256sum {} + 2>/dev/null | sort
}

server_is_first() { # byte for byte as mail_server made it, and nothing lies beside
    server_text >"$LAB/server.now"
    diff "$LAB/server.first" "$LAB/server.now"
}

server_name() { # the name that it is configured with
    case $MTA in
    postfix) postfix_show myhostname ;;
    exim) exim_show primary_hostname ;;
    esac
}

server_parses() {
    case $MTA in
    postfix) postmap -q x static:ok >/dev/null ;;
    exim) exim4 -bV >/dev/null ;;
    esac
}

greeted_by() { # greeted_by ADDRESS: the name that it greets with
    greeting_of "$1" | cut -d' ' -f2
}

greets_as() { # greets_as NAME: both families
    [ "$(greeted_by "$V4") $(greeted_by "$V6")" = "$1 $1" ]
}

server_reset() { # as mail_server made it, and live
    [ "$MTA" != exim ] || exim_reset
    [ "$MTA" != postfix ] || cmp -s "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf ||
        main_cf "$LAB_FOLDER/etc/main.cf"
}

# --- Visitors: whether it serves all the time ----------------------------------

# One that comes every 50 ms until they are told to go, and writes down for each visit when it
# ended, in ms, and how.
visitor() { # visitor ADDRESS
    # shellcheck disable=SC2016 # for the inner shell
    on resolver2 bash -c '
        until [ -e "$2" ]; do
            how=turned-away
            timeout 30 bash -c "exec 3<>/dev/tcp/$1/25; read -r line <&3; [[ \$line == 220* ]]" && how=served
            echo "$((${EPOCHREALTIME/./} / 1000)) $how"
            sleep 0.05
        done 2>/dev/null' - "$1" "$LAB/visitors.go"
}

visitors_come() { # visitors_come ADDRESS...
    local address
    rm -f "$LAB/visitors.go" "$LAB"/visits.*
    visitors=()
    for address; do
        visitor "$address" >"$LAB/visits.$address" &
        visitors+=($!)
        wait_for 10 grep -q served "$LAB/visits.$address"
    done
}

# Sets turned_away, how many were, and interruption, the longest time without service in ms.
visitors_go() {
    touch "$LAB/visitors.go"
    wait "${visitors[@]}"
    turned_away=$(cat "$LAB"/visits.* | grep -c turned-away || true)
    interruption=$(awk '$2 == "served" { last[FILENAME] = $1 }
        $2 != "served" && $1 - last[FILENAME] > longest { longest = $1 - last[FILENAME] }
        END { print longest + 0 }' "$LAB"/visits.*)
    echo "  $(cat "$LAB"/visits.* | grep -c served) served, $turned_away turned away, $interruption ms at most without service"
}

expect_nobody_turned_away() {
    expect 0 echo "$turned_away"
}

expect_away_less_than() { # expect_away_less_than MS
    [ "$interruption" -lt "$1" ] || fail "it was away for $interruption ms"
}
