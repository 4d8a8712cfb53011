# shellcheck shell=bash disable=SC2154
# Scenario: two addresses with two names, in main.cf and in master.cf, and nobody is turned away
# On: postfix postfix-ssh

readonly SECOND=203.0.113.26 SECOND_NAME=out2.example.com

# What stands in master.cf by hand: a comment between options, braces, blanks, several a line.
add_services() {
    cat >>/etc/postfix/master.cf <<'END'
# The second address.
203.0.113.26:smtp inet n - n - - smtpd -o syslog_name=postfix/two  -v
	-o { smtpd_banner = vm25.localdomain   ESMTP two }
# The reply to EHLO:
	-o myhostname=vm25.localdomain
out2      unix  -       -       n       -       -       smtp
    -o smtp_bind_address=203.0.113.26
#   -o smtp_helo_name=nobody.example.com
    -o inet_protocols=ipv4
END
    touch -d '1 hour ago' /etc/postfix/master.cf
}

two_names() {
    local reach=
    ! over_ssh || reach="mta = \"postfix\"; ssh = \"$DESK_TARGET\";"
    cat >/etc/namesake/namesake.conf <<END
hosts = (
  { name = "$NAME"; $reach addresses = [ "$V4", "$V6" ]; },
  { name = "$SECOND_NAME"; $reach addresses = [ "$SECOND" ]; }
);
resolvers = [ "192.0.2.53", "198.51.100.53" ];
dns       = { timeout = "1s"; tries = 2; };
END
}

reply_of() { # reply_of ADDRESS: the name in the reply to EHLO
    # shellcheck disable=SC2016 # for the inner shell
    on resolver2 timeout 10 bash -c 'exec 3<>"/dev/tcp/$1/25"; read -r line <&3
        printf "EHLO x.example\r\n" >&3; read -r code name rest <&3; echo "$code $name"' - "$1" |
        tr -d "\r" | sed "s,^250-,,; s, *$,,"
}

given "a second address with services of its own, all with the name of the installer"
ip addr add "$SECOND/24" dev e0
make_aligned
dns_set "$SECOND_NAME" 5 A "$SECOND"
ptr_set "$SECOND" "$SECOND_NAME"
secondaries_follow
resolvers_forget
main_cf "$LAB_FOLDER/etc/main.cf"
add_services
two_names
cp /etc/postfix/master.cf /tmp/master.before
postfix reload
wait_for 10 says_220 "$SECOND"

when "the plan is made"
expect_exit 0 namesake plan --only mta
then_ "each name goes where it is decided, myhostname to nobody who has another one"
expect_out "out2/unix/smtp_helo_name"
expect_out "smtp/inet/smtpd_banner"
cmp /tmp/master.before /etc/postfix/master.cf

when "it is applied, and a client comes every 50 ms"
visitors_come "$V4" "$SECOND"
expect_exit "0 6" namesake apply --yes --only mta
then_ "nobody was turned away"
visitors_go
expect_nobody_turned_away
then_ "each address greets and replies with its name"
expect "220 $NAME ESMTP Postfix (Debian/GNU)" greeting_of "$V4"
expect "220 $SECOND_NAME   ESMTP two" greeting_of "$SECOND"
expect "$SECOND_NAME" reply_of "$SECOND"
expect "$NAME" reply_of "$V4"
then_ "the transport has its HELO below its other options, and the rest of master.cf is as it was"
sed -e "s/vm25.localdomain   ESMTP two/$SECOND_NAME   ESMTP two/" \
    -e "s/myhostname=vm25.localdomain/myhostname=$SECOND_NAME/" \
    -e "\$a\\    -o smtp_helo_name=$SECOND_NAME" /tmp/master.before >/tmp/wanted
expect "out2/unix/smtp_helo_name = $SECOND_NAME" postconf -P out2/unix/smtp_helo_name
without_added() { grep -v -e smtp_helo_name -e "myhostname=$NAME" "$1"; }
cmp <(without_added /tmp/wanted) <(without_added /etc/postfix/master.cf)
expect_exit 0 namesake audit
expect 0 grep -c throttling /var/log/mail.log

when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "both files are as they were"
cmp /tmp/master.before /etc/postfix/master.cf
cmp "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
expect "220 vm25.localdomain   ESMTP two" greeting_of "$SECOND"
