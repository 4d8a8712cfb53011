# shellcheck shell=bash disable=SC2154
# Scenario: a Postfix configuration that does not validate is not made worse
# On: postfix postfix-ssh

given "a line without = in main.cf, not yet read by the running Postfix"
sed 's/^relayhost =$/relayhost/' "$LAB_FOLDER/etc/main.cf" >/tmp/broken.cf
place /tmp/broken.cf /etc/postfix/main.cf
expect_exit 1 postfix check
remember_world
when "it is looked at"
expect_exit 2 namesake audit --json
then_ "the HELO is unknown, because its configuration cannot be read"
expect_json '[.identities[].findings[].id | select(. == "helo-unknown")] | length > 0' true
expect_json '[.identities[].findings[].id | select(. == "helo-mismatch" or . == "helo-invalid")] | length' 0
nothing_changed

when "the mail server is to be repaired"
run namesake apply --yes --only mta
[ "$STATUS" != 0 ] || fail "it claims to have repaired what cannot be read"
then_ "nothing is touched, and Postfix goes on as before"
nothing_changed
expect "" bash -c "ps -C master -o pid= >/dev/null || echo dead"

when "everything is to be repaired"
run namesake apply --yes
[ "$STATUS" != 0 ] || fail "it claims to have repaired what cannot be read"
then_ "main.cf is still the administrator's"
expect "" cmp /tmp/broken.cf /etc/postfix/main.cf

when "the line is put right"
place "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
# Postfix waits a minute after an smtpd that could not start, unless it is new.
postfix_restart
expect_exit 0 namesake apply --yes
expect_aligned_world
