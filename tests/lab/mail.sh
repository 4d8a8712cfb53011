# shellcheck shell=bash
#
# mail.sh - the mail host: Postfix with the name it should not have, and the
# program's configuration. Sourced by inside.sh and functions.sh.

# A file younger than two seconds makes every Postfix program wait until it is
# older; a file that is put there by the lab is an old one.
place() { # place FILE TARGET
    cp "$1" "$2"
    touch -d '1 hour ago' "$2"
}

mail_files() {
    local etc=$LAB/source/tests/lab/etc
    printf 'vm25\n' >/etc/hostname
    printf 'vm25.localdomain\n' >/etc/mailname
    printf '127.0.0.1\tlocalhost\n127.0.1.1\tvm25.localdomain\tvm25\n::1\tlocalhost\n' >/etc/hosts
    printf 'postmaster: root\n' >/etc/aliases
    cp /usr/share/postfix/dynamicmaps.cf /etc/postfix/
    place "$etc/main.cf" /etc/postfix/main.cf
    # The packaged master.cf, but no service in a chroot: there is none here.
    sed -E 's/^([a-z0-9]+ +(inet|unix|unix-dgram) +[yn-] +[yn-] +)y/\1n/' \
        /usr/share/postfix/master.cf.dist >/etc/postfix/master.cf
    touch -d '1 hour ago' /etc/postfix/master.cf
    place "$etc/namesake.conf" /etc/namesake/namesake.conf
    # Whichever program is the first to log must not be its only owner.
    : >/var/log/mail.log
    chown postfix: /var/log/mail.log
}

# says_220 ADDRESS: true once a greeting comes from there.
says_220() {
    # shellcheck disable=SC2016 # for the inner shell
    on mail timeout 2 bash -c 'exec 3<>/dev/tcp/$1/25; read -r -t 2 line <&3; [[ $line == 220* ]]' \
        - "$1" 2>/dev/null
}

mail_up() {
    mail_files
    on mail postalias /etc/aliases
    on mail postfix start </dev/null >/dev/null 2>&1
    wait_for 10 says_220 203.0.113.25
    wait_for 10 says_220 2001:db8:25::25
}
