# shellcheck shell=bash disable=SC2154
# Scenario: the mail server on another machine is repaired over SSH, and put back byte for byte

over_ssh=(--ssh "root@$OUT2" -c /tmp/out2.conf)

given "a second mail host that says out2.localdomain, reachable over SSH only"
out2_up
sed '/^hosts = (/,/^);/d; s/^name = .*/name = "out2.example.com";/' /etc/namesake/namesake.conf \
    >/tmp/out2.conf
cp -p "$LAB/out2/postfix/main.cf" /tmp/main.cf.before
stat -c '%u %g %a' "$LAB/out2/postfix/main.cf" >/tmp/main.cf.mode
expect "220 out2.localdomain ESMTP Postfix (Debian/GNU)" greeting_of "$OUT2_V4"
remember_world

when "it is audited from here"
expect_exit 2 namesake audit "${over_ssh[@]}" "$OUT2"
expect_out "out2.localdomain"
expect_out "static-26.hoster.example"
expect_exit 2 namesake audit "${over_ssh[@]}" "$OUT2" --json
expect_json '[.identities[].address] | sort | join(" ")' "$OUT2_V6 $OUT2_V4"
nothing_changed

when "the plan is asked for and applied"
expect_exit 0 namesake plan "${over_ssh[@]}" "$OUT2" --json
expect_json '[.steps[].kind] | unique | join(" ")' "mta ptr"
expect_exit 0 namesake apply "${over_ssh[@]}" "$OUT2" --yes
then_ "that host greets with its name, and this one is as it was"
expect "220 $OUT2 ESMTP Postfix (Debian/GNU)" greeting_of "$OUT2_V4"
expect "220 $OUT2 ESMTP Postfix (Debian/GNU)" greeting_of "$OUT2_V6"
expect "$OUT2" on_out2 postconf -h myhostname
expect "$OLD_NAME" postfix_show myhostname
expect_greetings "$OLD_NAME"
expect "$OUT2." ptr_show 198.51.100.11 "$OUT2_V4"
expect 1 removed_lines /tmp/main.cf.before "$LAB/out2/postfix/main.cf"
expect "$(cat /tmp/main.cf.mode)" stat -c '%u %g %a' "$LAB/out2/postfix/main.cf"
expect "" find "$LAB/out2/postfix" -name '.namesake-*'
resolvers_forget
expect_exit 0 namesake audit "${over_ssh[@]}" "$OUT2"
expect_exit 0 namesake apply "${over_ssh[@]}" "$OUT2" --yes
expect_out "No changes"

when "the run is rolled back"
expect_exit 0 namesake rollback last --yes -c /tmp/out2.conf
then_ "the file is what it was, to the byte, and it is live"
expect "" diff /tmp/main.cf.before "$LAB/out2/postfix/main.cf"
expect "220 out2.localdomain ESMTP Postfix (Debian/GNU)" greeting_of "$OUT2_V4"
expect "static-26.hoster.example." ptr_show 198.51.100.11 "$OUT2_V4"

when "the host shows another key than the one that is known"
sed "s# ssh-ed25519 .*# $(cut -d ' ' -f 1,2 "$LAB/home/.ssh/id_ed25519.pub")#" -i \
    "$LAB/home/.ssh/known_hosts"
remember_world
expect_exit 69 namesake apply "${over_ssh[@]}" "$OUT2" --yes
then_ "nothing is changed, and the two fingerprints are told"
expect_err "[ssh-failed]"
expect 2 grep -c "SHA256:" "$err"
expect_said "ssh-keygen -R $OUT2"
nothing_changed
