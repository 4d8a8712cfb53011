# shellcheck shell=bash disable=SC2154
# Scenario: a broken Exim is never told to read its files, and a dead one comes back
# On: exim-single exim-single-ssh

given "an option that is none in the one file, not yet read by the running Exim"
cp /etc/exim4/exim4.conf /tmp/good.conf
echo 'primary_hostname' >/tmp/broken.conf
cat /tmp/good.conf >>/tmp/broken.conf
cp /tmp/broken.conf /etc/exim4/exim4.conf
expect_exit 1 exim4 -bV
remember_world
pid=$(exim_pid)
when "it is looked at, and is to be repaired"
visitors_come "$V4"
expect_exit 2 namesake audit --json
expect_json '[.identities[].findings[].id | select(. == "helo-unknown")] | length > 0' true
run namesake apply --yes --only mta
[ "$STATUS" != 0 ] || fail "it claims to have repaired what cannot be read"
then_ "nothing is touched, and the daemon lives"
nothing_changed
expect "$OLD_NAME" greeted_by "$V4"
expect "$pid" exim_pid
visitors_go
expect_nobody_turned_away

when "the file is put right, and the daemon dies between the look and the write"
cp /tmp/good.conf /etc/exim4/exim4.conf
make_aligned_records
cat >/usr/sbin/cp <<'END'
#!/bin/sh
[ -e /tmp/died ] || kill "$(cat /run/exim4/exim.pid)"
touch /tmp/died
exec /usr/bin/cp "$@"
END
chmod 755 /usr/sbin/cp
expect_exit 0 namesake apply --yes --only mta
rm /usr/sbin/cp
then_ "it is started as it was before, with the new name"
[ -e /tmp/died ] || fail "it was never killed"
expect "$NAME" greeted_by "$V4"
expect "exim4 -bd -q30m " bash -c "tr '\\0' ' ' </proc/$(exim_pid)/cmdline | sed 's|^/usr/sbin/||'"

when "the daemon is gone and the run is rolled back"
exim_stop
expect_exit 0 namesake rollback last --yes
then_ "the file is back; nobody had asked for a daemon"
expect "" cmp /tmp/good.conf /etc/exim4/exim4.conf

given "Debian's files, of which a change elsewhere is broken"
exim_instead split
echo 'no_such_option = 1' >/etc/exim4/conf.d/main/99_mistake
remember_world
when "it is to be repaired"
run namesake apply --yes --only mta
[ "$STATUS" != 0 ] || fail "it built from files that Exim does not read"
then_ "what Exim reads is as it was, and it goes on"
nothing_changed
expect "$OLD_NAME" greeted_by "$V4"
