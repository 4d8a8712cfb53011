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
