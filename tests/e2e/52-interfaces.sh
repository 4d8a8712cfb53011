# shellcheck shell=bash disable=SC2154
# Scenario: inet_interfaces follows the name; it is restarted where the name leads here, else refused
# On: postfix postfix-ssh

interfaces() { # interfaces VALUE: in main.cf, and Postfix started with it
    sed "s/^inet_interfaces = .*/inet_interfaces = $1/" "$LAB_FOLDER/etc/main.cf" >/tmp/main.cf
    place /tmp/main.cf /etc/postfix/main.cf
    postfix stop >/dev/null 2>&1 || true
    postfix start >/dev/null 2>&1
    wait_for 10 says_220 "$V4"
}

host_names() { # host_names LINE...: what the host's own resolver knows
    printf '%s\n' '127.0.0.1 localhost' '::1 localhost' "$V4 vm25.localdomain" \
        "$V6 vm25.localdomain" "$@" >/etc/hosts
}

given "a Postfix that listens where its name leads"
make_aligned
host_names
# shellcheck disable=SC2016 # for Postfix
interfaces '$myhostname, localhost'

when "the new name leads nowhere for this host"
printf 'hosts: files\n' >/etc/nsswitch.conf
remember_world
run namesake apply --yes --only mta
then_ "it is refused before anything live is touched: Postfix would never start again"
expect 4 echo "$STATUS"
expect_said "inet_interfaces"
nothing_changed
expect_greetings "$OLD_NAME"

when "it leads to another machine"
host_names "192.0.2.99 $NAME"
run namesake apply --yes --only mta
then_ "it is refused as well"
expect 4 echo "$STATUS"
nothing_changed
expect_greetings "$OLD_NAME"

when "it leads here"
host_names "$V4 $NAME" "$V6 $NAME"
expect_exit 0 namesake plan --only mta
expect_out "postfix stop, postfix start"
visitors_come "$V4"
expect_exit 0 namesake apply --yes --only mta
then_ "Postfix was started anew, since a reload does not read that; it was away for that time only"
visitors_go
expect_away_less_than 30000
expect_greetings "$NAME"
expect 0 grep -c 'ignoring inet_interfaces' /var/log/mail.log

when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "so is the way back"
expect_greetings "$OLD_NAME"
expect 0 grep -c 'ignoring inet_interfaces' /var/log/mail.log

when "the name that inet_interfaces has does not resolve any more"
host_names "$V4 $NAME" "$V6 $NAME"
sed -i '/localdomain/d' /etc/hosts
run postconf -x inet_interfaces
run namesake audit
then_ "what Postfix says is told all the same"
expect_out "$OLD_NAME"
