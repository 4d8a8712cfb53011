#!/bin/sh
#
# host_ssh.sh - the far side of host_ssh.c: one operation on another machine's
# files, programs and locks. Nothing is installed there: POSIX sh, coreutils,
# flock. Built into the program and run there as
#
#     sh -c TEXT sh MARK OPERATION ARGUMENT...
#
# Content comes on standard input. The first line of both outputs is MARK and
# 999, the last one MARK and a status. Of a program that is run it is its own, 300 when there is none of that
# name. Of the others 1 and 2 mean that the last line of the errors says why;
# other numbers are rows of a table in host_ssh_files.c.

LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL PATH
umask 022
cd / || exit

mark=$1 operation=$2
shift 2

say_status() {
    printf '\n%s %d\n' "$mark" "$1"
    printf '\n%s %d\n' "$mark" "$1" >&2
}

say_status 999 # what the log-in shell has printed until now is no output of ours

# hello: who we are, who sudo makes us, and what is missing here.
do_hello() {
    id -u
    [ "$(id -u)" = 0 ] || sudo -n sh -c 'id -u' </dev/null 2>/dev/null || echo none
    for tool in cp date flock head mktemp mv realpath sha256sum stat sync timeout touch; do
        command -v "$tool" >/dev/null || echo "$tool"
    done
}

# read PATH LIMIT: the file that it leads to, a NUL byte, the content.
do_read() {
    target=$(realpath -e -- "$1") || return 1
    [ -f "$target" ] || return 10
    printf '%s\000' "$target"
    head -c "$2" -- "$target" || return 1
}

has_digest() { # has_digest FILE DIGEST STATUS
    now=$(sha256sum <"$1") || return 1
    [ "${now%% *}" = "$2" ] || return "$3"
}

# Uses path, target and old: all as it was when it was read.
is_old() {
    now=$(realpath -e -- "$path") || return 1
    if [ "$now" != "$target" ]; then
        printf '%s' "$now" >&2
        return 11
    fi
    [ -f "$target" ] || return 10
    has_digest "$target" "$old" 12
}

is_changeable() {
    now=$(stat -c %h -- "$target") || return 1
    if [ "$now" != 1 ]; then
        printf '%s' "$now" >&2
        return 13
    fi
    flags=$(lsattr -d -- "$target" 2>/dev/null) # where there are such flags, and lsattr
    case ${flags%% *} in
    *i*) return 14 ;;
    *a*) return 15 ;;
    esac
}

# Owner, mode, SELinux context, and whether an access list adds to them: "-rw-r-----+".
looks() {
    stat -c '%u %g %a %C' -- "$1" 2>/dev/null
    # shellcheck disable=SC2012 # neither stat nor find tells of the list
    ls -ld -- "$1" | head -c 11
}

# A copy by coreutils 9.7 keeps what the folder's default access list gave it.
without_folder_list() {
    setfacl -b -- "$temporary" 2>/dev/null && chmod --reference="$target" -- "$temporary"
}

# Postfix waits for a configuration file that is younger than two seconds.
back_date() { touch -d "@$(($(date +%s) - 5))" -- "$1" 2>/dev/null || :; }

# store FILE DIGEST: the input becomes its content; the digest tells whether all of it came. A
# connection that hangs is not waited for, so that the file does not stay for hours.
store() {
    timeout 60 cat >"$1" || [ $? = 124 ] || return 1
    has_digest "$1" "$2" 17 || return
    back_date "$1"
    sync -- "$1" || return 1
}

# Everything about the file but its content comes along with the copy.
swap() {
    is_old && is_changeable || return
    inode=$(stat -c '%d %i' -- "$target") || return 1
    cp --preserve=all,xattr -T -- "$target" "$temporary" || return 1
    [ "$(looks "$target")" = "$(looks "$temporary")" ] || without_folder_list
    [ "$(looks "$target")" = "$(looks "$temporary")" ] || return 16
    store "$temporary" "$new" && is_old || return
    [ "$(stat -c '%d %i' -- "$target")" = "$inode" ] || return 18
    mv -fT -- "$temporary" "$target" || return 1
    sync -- "${target%/*}/" || :
}

# A link, not a rename: a file that has come into being meanwhile is not lost.
make() {
    store "$temporary" "$new" || return
    chmod 644 -- "$temporary" || return 1
    chown --reference="${target%/*}" -- "$temporary" || return 1
    [ ! -e "$target" ] || return 12
    ln -T -- "$temporary" "$target" || return 1
    rm -f -- "$temporary"
    sync -- "${target%/*}/" || :
}

take_away() {
    is_old && is_changeable || return
    rm -- "$target" || return 1
    sync -- "${target%/*}/" || :
}

# replace PATH TARGET OLD-DIGEST NEW-DIGEST NAME-OF-THE-TEMPORARY: an old file that is "absent" is
# made, one whose new digest is "none" is removed.
do_replace() {
    path=$1 target=$2 old=$3 new=$4 temporary=${2%/*}/$5
    case $old/$new in
    */none) take_away ;;
    absent/*) make ;;
    *) swap ;;
    esac
    result=$?
    [ "$result" = 0 ] || rm -f -- "$temporary"
    return "$result"
}

# stage FOLDER PREFIX
do_stage() { mktemp -d -- "$1/$2XXXXXX"; }

# sweep FOLDER PREFIX: all that begins so.
do_sweep() { rm -rf -- "$1/${2:?}"*; }

# put PATH DIGEST: a new file; one that exists stays.
do_put() {
    umask 077
    set -C
    : >"$1" || return 1
    set +C
    store "$1" "$2"
    result=$?
    [ "$result" = 0 ] || rm -f -- "$1"
    return "$result"
}

do_remove() { rm -rf -- "$1"; }

# Locks of the fcntl kind, which flock does not see. Uses number and inode.
record_locked() {
    while read -r _ class _ kind _ where _; do
        case $class/$kind in
        POSIX/WRITE | OFDLCK/WRITE) [ "$where" != "$1" ] || return 0 ;;
        esac
    done </proc/locks
    return 1
}

# locked PATH: says "locked" or "free".
do_locked() {
    exec 9<"$1" || return 1
    flock -n -x 9
    case $? in
    0) ;;
    1)
        echo locked
        return 0
        ;;
    *) return 1 ;;
    esac
    device=$((0x$(stat -L -c %D -- "$1"))) || return 1
    where=$(printf '%02x:%02x:%s' $((device >> 8 & 4095)) \
        $((device & 255 | device >> 12 & 1048320)) "$(stat -L -c %i -- "$1")")
    if record_locked "$where"; then echo locked; else echo free; fi
}

program() { # program NAME: its path
    case $1 in
    */*)
        [ -f "$1" ] && [ -x "$1" ] && printf '%s' "$1"
        return
        ;;
    esac
    for folder in /usr/sbin /usr/bin /sbin /bin; do
        if [ -f "$folder/$1" ] && [ -x "$folder/$1" ]; then
            printf '%s' "$folder/$1"
            return
        fi
    done
    return 1
}

# run SECONDS PROGRAM ARGUMENT...: killed after so many seconds, with its process group, whatever
# becomes of the connection. What this shell would say of its death is no output of it.
do_run() {
    limit=$1 status=300
    file=$(program "$2") || return
    shift 2
    exec 3>&2 2>/dev/null
    (
        exec 2>&3 3>&-
        exec env -i LC_ALL=C "PATH=$PATH" HOME=/ timeout -s KILL "$limit" "$file" "$@"
    )
    status=$?
    exec 2>&3 3>&-
}

case $operation in
run) do_run "$@" ;;
*)
    ("do_$operation" "$@") # in a shell of its own, which may end early
    status=$?
    ;;
esac
say_status "$status"
