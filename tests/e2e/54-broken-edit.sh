# shellcheck shell=bash disable=SC2154
# Scenario: an edit that breaks comes back by itself, whatever breaks it
# On: postfix postfix-ssh
# Long: yes

# in_between PROGRAM CONDITION ACT: a program of Postfix that does something else first.
in_between() {
    mv "/usr/sbin/$1" "/usr/sbin/$1.real"
    cat >"/usr/sbin/$1" <<END
#!/bin/bash
if [[ "\$*" == $2 ]]; then
    $3
fi
exec /usr/sbin/$1.real "\$@"
END
    chmod 755 "/usr/sbin/$1"
}

as_it_was() {
    rm "/usr/sbin/$1"
    mv "/usr/sbin/$1.real" "/usr/sbin/$1"
}

# put_back FILE...: at once for all processes; a copy that grows would be read half.
put_back() {
    local file
    for file; do
        cp -p "/tmp/$file" "/etc/postfix/$file.lab"
        mv "/etc/postfix/$file.lab" "/etc/postfix/$file"
    done
}

both_files_are_back() {
    cmp /tmp/main.cf /etc/postfix/main.cf
    cmp /tmp/master.cf /etc/postfix/master.cf
    expect "" find /etc/postfix -name '.namesake*'
    expect_greetings "$OLD_NAME"
}

given "a name that is in main.cf and in master.cf"
make_aligned
main_cf "$LAB_FOLDER/etc/main.cf"
sed -i "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf
touch -d '1 hour ago' /etc/postfix/master.cf
postfix_restart
cp -p /etc/postfix/main.cf /etc/postfix/master.cf /tmp/

when "the reload fails"
in_between postfix '*reload' 'exit 1'
visitors_come "$V4" "$V6"
run namesake apply --yes --only mta
then_ "both files are back, and Postfix runs with them"
expect 4 echo "$STATUS"
expect_err "the old configuration is back and live"
then_ "which had not read the edit, so that nobody was turned away"
visitors_go
expect_nobody_turned_away
both_files_are_back
as_it_was postfix

when "the reload says yes and does nothing"
in_between postfix '*reload' 'exit 0'
run namesake apply --yes --only mta
then_ "the greeting gives it away"
expect 4 echo "$STATUS"
expect_err "another name"
both_files_are_back
as_it_was postfix
postfix_restart

when "it is ended as it reloads, and the reload fails when the next run goes on"
in_between postfix '*reload' 'pkill -9 -x namesake; exit 1'
run namesake apply --yes --only mta
expect 137 echo "$STATUS"
as_it_was postfix
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
in_between postfix '*reload' 'exit 1'
run namesake apply --continue
then_ "what the first had swapped is back, too"
expect 4 echo "$STATUS"
both_files_are_back
as_it_was postfix
postfix_restart

when "somebody else writes between the check and the swap"
visitors_come "$V4"
in_between postconf '*.namesake-*\ -M' 'echo "# mine" >>/etc/postfix/main.cf'
run namesake apply --yes --only mta
then_ "his text stays, and nothing of the edit does"
expect 65 echo "$STATUS"
expect_err "somebody else has changed it"
visitors_go
expect_nobody_turned_away
as_it_was postconf
expect "# mine" tail -n 1 /etc/postfix/main.cf
cmp /tmp/main.cf <(grep -v '^# mine' /etc/postfix/main.cf)
put_back main.cf
both_files_are_back

when "somebody else writes after the swap, and the reload fails"
in_between postfix '*reload' 'echo "# mine" >>/etc/postfix/main.cf; exit 1'
run namesake apply --yes --only mta
then_ "his text is not overwritten, and that is said"
expect 4 echo "$STATUS"
expect_err "changed by somebody else"
as_it_was postfix
expect "# mine" tail -n 1 /etc/postfix/main.cf
put_back main.cf master.cf
postfix_restart
both_files_are_back

then_ "in all of that Postfix never had to wait a minute"
expect 0 grep -c throttling /var/log/mail.log

when "Postfix dies of the reload: a listener waits there that inet_protocols forbids"
echo '2525 inet n - n - - smtpd' >>/etc/postfix/master.cf
sed -i 's/^inet_protocols = .*/inet_protocols = ipv4/' /etc/postfix/main.cf
cp -p /etc/postfix/main.cf /etc/postfix/master.cf /tmp/
visitors_come "$V4"
run namesake apply --yes --only mta
then_ "it is started again with the old name"
expect 4 echo "$STATUS"
expect_err "does not run"
cmp /tmp/main.cf /etc/postfix/main.cf
cmp /tmp/master.cf /etc/postfix/master.cf
wait_for 10 says_220 "$V4"
expect "220 $OLD_NAME ESMTP Postfix (Debian/GNU)" greeting_of "$V4"
visitors_go
[ "$turned_away" -gt 0 ] || fail "it never died: this proves nothing"
expect_away_less_than 30000
