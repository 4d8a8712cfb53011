# shellcheck shell=bash disable=SC2154
#
# out2.sh - a second mail host, out2.example.com, with its own Postfix and an
# OpenSSH server; only scenarios that call out2_up have it. The lab has one file
# system; this host has its own /etc/postfix, queue, /var/log and host names in a
# mount namespace of its own. Sourced by functions.sh.

readonly OUT2=out2.example.com OUT2_V4=203.0.113.26 OUT2_V6=2001:db8:25::26

on_out2() { # on_out2 COMMAND...: with the files of that host, too
    nsenter --mount="/proc/$(cat "$LAB/out2/sshd.pid")/ns/mnt" --net=/run/netns/out2 \
        --uts="$LAB/uts/out2" -- "$@"
}

# The router's network, where cables end, is that of process 1.
# shellcheck disable=SC2016 # for the inner shell
out2_network() {
    nsenter --net=/proc/1/ns/net bash -c 'source "$LAB_FOLDER/network.sh"
        host_up out2 rack 26 out2' >"$LAB/log/out2-network" 2>&1
}

# Its own files, laid over those of the lab in its mount namespace.
out2_files() {
    local folder=$LAB/out2
    cp -a /etc/postfix "$folder/postfix"
    place "$LAB_FOLDER/etc/main.cf" "$folder/main.cf"
    sed 's/vm25\.localdomain/out2.localdomain/' "$folder/main.cf" >"$folder/postfix/main.cf"
    touch -d '1 hour ago' "$folder/postfix/main.cf"
    cp -a /var/spool/postfix "$folder/spool"
    find "$folder/spool" ! -type d -delete # of the other host
    mkdir -p "$folder"/{log,data}
    chown postfix: "$folder/data"
    printf 'out2\n' >"$folder/hostname"
    printf 'out2.localdomain\n' >"$folder/mailname"
    printf '127.0.0.1\tlocalhost\n127.0.1.1\tout2.localdomain\tout2\n' >"$folder/hosts"
}

# shellcheck disable=SC2016 # for the inner shell
out2_start='
    set -e
    mount --make-rprivate /
    for pair in postfix:/etc/postfix spool:/var/spool/postfix data:/var/lib/postfix log:/var/log \
        hostname:/etc/hostname mailname:/etc/mailname hosts:/etc/hosts; do
        mount --bind "$LAB/out2/${pair%%:*}" "${pair#*:}"
    done
    postfix start >/dev/null 2>&1
    exec /usr/sbin/sshd -f "$LAB/out2/sshd.conf" -E "$LAB/log/out2-sshd"'

out2_up() {
    out2_network
    ssh_server "$LAB/out2" "$OUT2"
    out2_files
    on out2 unshare --mount bash -c "$out2_start" </dev/null
    dns_set "$OUT2" 5 A "$OUT2_V4"
    dns_set "$OUT2" 5 AAAA "$OUT2_V6"
    ptr_set "$OUT2_V4" static-26.hoster.example
    ptr_set "$OUT2_V6" static-2001-db8-25--26.hoster.example
    secondaries_follow
    resolvers_forget
    wait_for 10 says_220 "$OUT2_V4"
    wait_for 10 says_220 "$OUT2_V6"
    wait_for 10 test -s "$LAB/out2/sshd.pid"
}
