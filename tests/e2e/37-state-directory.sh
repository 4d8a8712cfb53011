# shellcheck shell=bash disable=SC2154
# Scenario: a state directory that is gone, read-only or open to others is handled before any change

refused() { # refused TEXT
    remember_world
    expect_exit 73 namesake apply --yes
    expect_err "[cannot-create]"
    expect_err "$1"
    expect_err "nothing was changed"
    nothing_changed
}

given "one that cannot be written"
mkdir -p "$state"
mount -t tmpfs -o ro,mode=700 tmpfs "$state"
refused "Read-only file system"
umount "$state"

given "one that everybody may write to"
chmod 777 "$state"
refused "others may write there"
given "one of an ordinary user, with a record of a run that points elsewhere"
chmod 700 "$state"
chown 65534 "$state"
refused "others may write there"
expect_exit 73 namesake rollback --yes
nothing_changed
given "a link to one of an ordinary user"
rmdir "$state"
mkdir -m 700 /tmp/elsewhere
chown 65534 /tmp/elsewhere
ln -s /tmp/elsewhere "$state"
refused "others may write there"
rm "$state"
given "a file in its place"
touch "$state"
refused "$state"
rm "$state"

given "none at all, after a plan was saved"
expect_exit 0 namesake plan --save /tmp/plan.json
rm -rf "$state"
name_server_hold ns2
namesake apply /tmp/plan.json --wait 60s >/tmp/first.out 2>/tmp/first.err </dev/null &
pid=$!
wait_for 20 resolves 192.0.2.11 "$NAME" A
then_ "it is made, for its owner only"
expect "700 root" stat -c '%a %U' "$state"

when "a second run is started"
expect_exit 75 namesake apply --yes
then_ "it names who holds the lock: process, command and since when"
expect_err "[locked]"
expect_err "pid $pid, namesake apply, since 20"
expect_err "nothing was changed"
expect_exit 75 namesake rollback --yes
expect_exit 75 namesake apply --continue

when "the first is let go on"
name_server_release ns2
wait "$pid" || fail "the first run ends with $?"
then_ "all is done, once"
expect_aligned_world
expect 1 bash -c 'ls /var/lib/namesake/runs | wc -l'
