#!/usr/bin/env bash
#
# with_sshd.sh COMMAND... - runs COMMAND beside real OpenSSH servers, in
# namespaces of its own: nothing is installed, nothing listens outside, all of it
# is gone with the command. Needs root and the lab's packages; status 77 where it
# cannot be.
#
# All of 127.0.0.1: port 22 takes keys, 2022 has an RSA host key only, 2122 does
# GCM ciphers only, 2222 takes passwords only, 2322 forwards nothing. Users: root;
# "helper", whom sudo makes root without a password; "plain" (uid 65534), who has
# no rights. $HOME/.ssh has id_ed25519, which all of them take, id_ecdsa and
# id_rsa, which the server on port 22 takes for root, and known_hosts.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

skip() {
    echo "skipped: $1"
    exit 77
}

outside() {
    local cache
    [ "$(id -u)" = 0 ] || skip "only root can make namespaces for a server"
    unshare --mount --net --pid --fork true 2>/dev/null || skip "no namespaces here"
    cache=$("$here/lab/packages.sh") || skip "the lab's packages are not to be had"
    setpriv --pdeathsig KILL unshare --mount --net --pid --fork --kill-child --mount-proc \
        bash "${BASH_SOURCE[0]}" --inside "$cache" "$@"
}

user() { # user NAME NUMBER SHELL
    sed -i "/^$1:/d" /etc/passwd /etc/shadow
    echo "$1:x:$2:$2::/nowhere:$3" >>/etc/passwd
    echo "$1:*:19000:0:99999:7:::" >>/etc/shadow
}

server() { # server PORT HOST-KEY LINE...
    local port=$1 key=$2
    shift 2
    {
        printf '%s\n' "Port $port" "ListenAddress 127.0.0.1" "HostKey $LAB/keys/$key" \
            "PidFile $LAB/sshd-$port.pid" "PermitRootLogin prohibit-password" \
            "AuthorizedKeysFile $LAB/keys/authorized-%u" "StrictModes no" \
            "GatewayPorts clientspecified" "MaxStartups 100" "$@"
        # OpenSSH from 9.8 on shuts out for a while who failed to log in, as tests do.
        ! grep -qi persourcepenalties /usr/sbin/sshd || echo "PerSourcePenalties no"
    } >"$LAB/sshd-$port.conf"
    /usr/sbin/sshd -f "$LAB/sshd-$port.conf" -E "$LAB/log/sshd-$port"
}

servers() {
    local kind name
    mkdir -m 755 /run/sshd "$LAB/keys"
    mkdir -m 700 "$HOME/.ssh"
    for kind in ed25519 ecdsa rsa; do
        ssh-keygen -q -N '' -t "$kind" -f "$LAB/keys/host_$kind"
        ssh-keygen -q -N '' -t "$kind" -f "$HOME/.ssh/id_$kind"
    done
    for name in root helper plain; do
        cat "$HOME/.ssh/id_ed25519.pub" >"$LAB/keys/authorized-$name"
    done
    cat "$HOME/.ssh/id_ecdsa.pub" "$HOME/.ssh/id_rsa.pub" >>"$LAB/keys/authorized-root"
    echo "127.0.0.1 $(cut -d ' ' -f 1,2 "$LAB/keys/host_ed25519.pub")" >"$HOME/.ssh/known_hosts"
    server 22 host_ed25519 "HostKey $LAB/keys/host_ecdsa"
    server 2022 host_rsa
    server 2122 host_ed25519 "Ciphers aes256-gcm@openssh.com,chacha20-poly1305@openssh.com"
    server 2222 host_ed25519 "PubkeyAuthentication no"
    server 2322 host_ed25519 "AllowTcpForwarding no"
}

# Uses the lab's way of laying packages over /usr and /etc.
inside() {
    local cache=$1
    shift
    export LAB=/run/lab HOME=/run/lab/home
    unset SSH_AUTH_SOCK SSH_AGENT_PID NAMESAKE_SSH_KEY
    # shellcheck source=tests/lab/files.sh
    source "$here/lab/files.sh"
    mount --make-rprivate /
    empty /run
    mkdir -p "$LAB/log" "$HOME"
    overlay /usr "$cache/root/usr"
    overlay /etc "$cache/root/etc"
    [ ! -S /dev/log ] || [ -L /dev/log ] || mount --bind /dev/null /dev/log
    ip link set lo up
    sed -i 's#^root:.*#root:x:0:0:root:/nowhere:/bin/sh#' /etc/passwd
    user sshd 592 /usr/sbin/nologin
    user helper 593 /bin/sh
    user plain 65534 /bin/sh
    (umask 227 && echo 'helper ALL=(root) NOPASSWD: ALL' >/etc/sudoers.d/helper)
    servers
    "$@"
}

if [ "${1:-}" = --inside ]; then
    shift
    inside "$@"
else
    outside "$@"
fi
