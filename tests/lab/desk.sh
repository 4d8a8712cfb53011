# shellcheck shell=bash disable=SC2154
#
# desk.sh - the desk of an operator who reaches the mail host over SSH only:
# `namesake` then runs there, in a network and a mount namespace of its own in
# which no mail server is to be seen. All other words stay those of the mail host.
# Sourced by functions.sh.

readonly DESK_TARGET=root@203.0.113.25

# The router's network, where cables end, is that of process 1.
# shellcheck disable=SC2016 # for the inner shell
desk_network() {
    nsenter --net=/proc/1/ns/net bash -c 'source "$LAB_FOLDER/network.sh"
        host_up desk isp 77 desk' >"$LAB/log/desk-network" 2>&1
}

# ssh_server FOLDER HOST KNOWN-AS...: an OpenSSH server for root with the operator's
# key, which that host starts with what is printed.
ssh_server() {
    local folder=$1 name
    shift
    mkdir -p "$folder" "$LAB/home/.ssh" /run/sshd
    chmod 700 "$LAB/home/.ssh"
    ssh-keygen -q -N '' -t ed25519 -f "$folder/host_ed25519"
    [ -f "$LAB/home/.ssh/id_ed25519" ] ||
        ssh-keygen -q -N '' -t ed25519 -f "$LAB/home/.ssh/id_ed25519"
    cp "$LAB/home/.ssh/id_ed25519.pub" "$folder/authorized"
    for name; do
        echo "$name $(cut -d ' ' -f 1,2 "$folder/host_ed25519.pub")"
    done >>"$LAB/home/.ssh/known_hosts"
    cat >"$folder/sshd.conf" <<END
Port 22
HostKey $folder/host_ed25519
PidFile $folder/sshd.pid
AuthorizedKeysFile $folder/authorized
PermitRootLogin prohibit-password
StrictModes no
END
    # OpenSSH from 9.8 on shuts out for a while who failed to log in, as scenarios do.
    ! grep -qi persourcepenalties /usr/sbin/sshd || echo "PerSourcePenalties no" >>"$folder/sshd.conf"
    grep -q '^sshd:' /etc/passwd ||
        echo 'sshd:x:593:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd
    # Nothing of what this machine's root has in its start-up files.
    sed -i 's#^root:.*#root:x:0:0:root:/nowhere:/bin/sh#' /etc/passwd
}

# In place of the program: the same process goes to the desk and becomes it.
desk_program() {
    mv /usr/bin/namesake "$LAB/desk/namesake"
    cat >/usr/bin/namesake <<'END'
#!/bin/sh
exec nsenter --net=/run/netns/desk --uts=/run/lab/uts/desk -- unshare --mount sh -c '
    for folder in /etc/postfix /etc/exim4 /var/lib/exim4 /var/spool /run/exim4 /run/sshd; do
        [ ! -d "$folder" ] || mount -t tmpfs none "$folder"
    done
    for program in postconf postfix exim4 sendmail; do
        [ ! -e "/usr/sbin/$program" ] || mount --bind /dev/null "/usr/sbin/$program"
    done
    exec /run/lab/desk/namesake "$@"' namesake "$@"
END
    chmod 755 /usr/bin/namesake
}

desk_listen() {
    on mail /usr/sbin/sshd -f "$LAB/desk/ssh/sshd.conf" -E "$LAB/log/desk-sshd"
    wait_for 10 test -s "$LAB/desk/ssh/sshd.pid"
}

desk_up() {
    mkdir -p "$LAB/desk"
    desk_network
    ssh_server "$LAB/desk/ssh" "$V4"
    desk_listen
    desk_program
    settings_change "s/mta = \"[a-z]*\";/& ssh = \"$DESK_TARGET\";/"
}

# --- Faults of the connection -------------------------------------------------

desk_sessions() { # the processes of sshd that have a session, one a line
    pgrep -f '^sshd(-session)?: root' || true
}

desk_is_quiet() { # nothing of what was begun over SSH is at work any more
    [ -z "$(desk_sessions)" ]
}

desk_cut() { # the server's side of every session ends, and the connection with it
    local pid
    for pid in $(desk_sessions); do
        kill -KILL "$pid" 2>/dev/null || true
    done
}
desk_cut_mended() { :; }

desk_gone() { # nobody answers any more
    kill "$(cat "$LAB/desk/ssh/sshd.pid")"
    desk_cut
}
desk_gone_mended() { desk_listen; }

desk_hang() { # what is sent arrives nowhere any more, and nobody is told
    printf '%s\n' 'table inet desk {' 'chain in {' 'type filter hook input priority 0' \
        'tcp dport 22 drop' '}' '}' | on mail nft -f -
}

desk_hang_mended() {
    on mail nft delete table inet desk
}
