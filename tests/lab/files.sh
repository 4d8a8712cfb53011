# shellcheck shell=bash
#
# files.sh - the lab's own view of the file system, in a mount namespace of its
# own: the unpacked packages over /usr and /etc, everything that is written in
# memory, the rest of the disk read-only. Sourced by inside.sh.

# overlay FOLDER LOWER: lays LOWER over FOLDER; what is written stays in memory.
overlay() {
    local name=${1#/}
    mkdir -p "$LAB/upper/$name" "$LAB/work/$name"
    mount -t overlay overlay -o \
        "lowerdir=$2:$1,upperdir=$LAB/upper/$name,workdir=$LAB/work/$name" "$1"
    [ "$(stat -f -c %T "$1")" = overlayfs ]
}

empty() { # empty FOLDER [MODE]: an empty one in memory
    mount -t tmpfs -o "mode=${2:-755}" tmpfs "$1"
}

private_var() {
    local cache=$1
    empty /var
    mkdir -p /var/{cache,lib,log,mail,spool} /var/lib/{knot,nsd,unbound,postfix}
    mkdir -m 1777 /var/tmp
    ln -s /run /var/run
    ln -s /run/lock /var/lock
    cp -a "$cache/root/var/spool/postfix" /var/spool/
    chown postfix: /var/lib/postfix
}

# The two users that Postfix insists on exist in the lab only.
postfix_users() {
    sed -i '/^postfix:/d' /etc/passwd
    sed -i '/^postfix:/d; /^postdrop:/d' /etc/group
    echo 'postfix:x:590:590::/var/spool/postfix:/usr/sbin/nologin' >>/etc/passwd
    printf 'postfix:x:590:\npostdrop:x:591:\n' >>/etc/group
    chgrp postdrop /usr/sbin/postdrop /usr/sbin/postqueue
    chmod 2555 /usr/sbin/postdrop /usr/sbin/postqueue
}

# The host's own mail server, name servers and settings are not part of the lab.
forget_host_settings() {
    local name
    for name in postfix exim4 namesake knot nsd unbound powerdns stunnel resolv.conf hosts aliases mailname; do
        rm -rf "/etc/${name:?}"
    done
}

# private_files CACHE SOURCE: SOURCE is the checkout, kept visible (read-only).
private_files() {
    local cache=$1 source=$2 library
    mkdir -p /run/lock /run/netns "$LAB"/{etc,home,log,source,uts}
    mount --bind "$source" "$LAB/source"
    mount -o remount,bind,ro "$LAB/source"
    # The second mail server waits beside until a scenario wants it (exim.sh).
    mkdir -p "$LAB/second"
    mount --bind "$cache/second" "$LAB/second"
    mount -o remount,bind,ro "$LAB/second"

    overlay /usr "$cache/root/usr"
    overlay /etc "$cache/root/etc"
    if [ -n "${NAMESAKE:-}" ]; then
        install -m 755 "$NAMESAKE" /usr/bin/namesake
        library=$(dirname "$NAMESAKE")/tests/last_moment.so # beside it, where the tests are built
        [ ! -e "$library" ] || cp "$library" "$LAB/"
    fi
    forget_host_settings
    cp -a "$cache/root/etc/postfix" /etc/
    postfix_users
    private_var "$cache"
    empty /tmp 1777
    # Log lines belong in the lab's own files, not in the host's log.
    [ ! -S /dev/log ] || [ -L /dev/log ] || mount --bind /dev/null /dev/log
    # A net under the tightrope: what the lab forgot to keep in memory fails.
    ! mountpoint -q / || mount -o remount,bind,ro /
}
