#!/usr/bin/env bash
#
# packages.sh [CACHE] - fetches the lab's servers as Debian packages and unpacks
# them side by side below CACHE/root, the second mail server below CACHE/second.
# Nothing is installed: no maintainer script runs, no user is made, no service
# starts. Quick when nothing has changed.
#
# Prints the cache folder: CACHE, $NAMESAKE_LAB_CACHE, or ~/.cache/namesake-lab.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tests/lab/messages.sh
source "$here/messages.sh"

cache=${1:-${NAMESAKE_LAB_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/namesake-lab}}

# Always the lab's own copies, so that the host's configuration never matters.
servers=(postfix knot knot-dnsutils nsd unbound pdns-server pdns-backend-sqlite3 stunnel4
    openssh-server sudo)

# A second mail server, which Debian does not install beside the first: kept in a folder of its own.
second=(exim4-daemon-light)

# command:package, fetched only where the host lacks the command.
tools=(ip:iproute2 jq:jq ps:procps cmp:diffutils faketime:faketime strace:strace sqlite3:sqlite3
    curl:curl openssl:openssl ssh-keygen:openssh-client /usr/bin/python3:python3 nft:nftables
    setfacl:acl lsattr:e2fsprogs)

apt=(apt-get -q -o APT::Sandbox::User=root -o Debug::NoLocking=1)

wanted_packages() {
    local tool
    printf '%s\n' "${servers[@]}"
    for tool in "${tools[@]}"; do
        command -v "${tool%%:*}" >/dev/null || printf '%s\n' "${tool##*:}"
    done
}

# What apt would install here is exactly what the host lacks, libraries included.
missing_packages() { # missing_packages PACKAGE...
    local plan
    plan=$("${apt[@]}" --simulate --no-install-recommends install "$@" 2>&1) || {
        tail -n 5 <<<"$plan" >&2
        return 1
    }
    {
        printf '%s\n' "$@"
        awk '$1 == "Inst" { print $2 }' <<<"$plan"
    } | sort -u
}

apt_failed() {
    complain 69 "cannot get the lab's servers: $1" \
        "Debian's packages could not be reached, or this is no Debian 12" \
        "you: this machine needs its Debian mirror once; later runs work off line" \
        "apt-get update && apt-get download postfix   # shows what apt says"
}

update_lists() {
    echo "lab: reading Debian's package lists (apt-get update)" >&2
    "${apt[@]}" update >"$cache/apt.log" 2>&1 || {
        tail -n 5 "$cache/apt.log" >&2
        apt_failed "apt-get update failed"
    }
}

download() {
    rm -rf "$cache/debs.new"
    mkdir "$cache/debs.new"
    (cd "$cache/debs.new" && "${apt[@]}" download "$@") >"$cache/apt.log" 2>&1
}

# Debian 12 has /bin, /lib and /sbin as links into /usr; older packages do not.
unpack() { # unpack FOLDER
    local deb top new=$cache/$1.new
    rm -rf "$new"
    mkdir "$new"
    for deb in "$cache"/debs.new/*.deb; do
        dpkg-deb --extract "$deb" "$new"
    done
    for top in bin sbin lib lib64; do
        [ -d "$new/$top" ] || continue
        mkdir -p "$new/usr/$top"
        cp -a "$new/$top/." "$new/usr/$top/"
        rm -rf "${new:?}/$top"
    done
    # PowerDNS has its tables described among its documentation.
    local schema=$new/usr/share/doc/pdns-backend-sqlite3/schema.sqlite3.sql
    [ ! -f "$schema" ] || install -D -m 644 "$schema" "$new/usr/share/pdns/schema.sqlite3.sql"
    # Unpacked copies serve no purpose once they are merged.
    rm -rf "$new/usr/share/doc" "$new/usr/share/man" "$cache/debs.new"
}

# fetch FOLDER PACKAGE...: those that the host lacks, unpacked there, unless they are already.
fetch() {
    local folder=$1 list kept
    shift
    kept=$cache/list
    [ "$folder" = root ] || kept=$cache/list.$folder
    list=$(missing_packages "$@") || apt_failed "apt-get does not know how to install $*"
    mapfile -t list <<<"$list"
    [ "${list[*]}" != "$(cat "$kept" 2>/dev/null)" ] || [ ! -d "$cache/$folder" ] ||
        return 0
    echo "lab: fetching ${#list[@]} Debian packages into $cache" >&2
    if ! download "${list[@]}"; then
        update_lists # the lists may be older than the mirror
        download "${list[@]}" || {
            tail -n 5 "$cache/apt.log" >&2
            apt_failed "apt-get download failed"
        }
    fi
    unpack "$folder"
    rm -rf "${cache:?}/$folder"
    mv "$cache/$folder.new" "$cache/$folder"
    echo "${list[*]}" >"$kept"
}

# The host's own set of packages decides what is missing, so it is in the stamp.
fingerprint() {
    wanted_packages | cat - "${BASH_SOURCE[0]}" /etc/debian_version /var/lib/dpkg/status | cksum
}

main() {
    local -a wanted
    mkdir -p "$cache"
    cache=$(cd "$cache" && pwd)
    exec 9>"$cache/lock"
    flock 9

    if [ "$(fingerprint)" = "$(cat "$cache/stamp" 2>/dev/null)" ]; then
        echo "$cache"
        return
    fi
    command -v apt-get >/dev/null || apt_failed "there is no apt-get"
    apt-cache show "${servers[@]}" "${second[@]}" >/dev/null 2>&1 || update_lists
    mapfile -t wanted < <(wanted_packages)
    fetch root "${wanted[@]}"
    fetch second "${second[@]}"
    fingerprint >"$cache/stamp"
    echo "$cache"
}

main
