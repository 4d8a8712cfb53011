# shellcheck shell=bash disable=SC2154
# Scenario: three addresses with three names; only the transport that says the wrong one is edited
# On: postfix exim-single postfix-ssh exim-single-ssh

readonly SECOND=203.0.113.26 SECOND6=2001:db8:25::26 THIRD=203.0.113.27 THIRD6=2001:db8:25::27
readonly SECOND_NAME=out2.example.com THIRD_NAME=out3.example.com

three_names() { # all aligned in the DNS, and wanted by the operator
    local address
    make_aligned_records
    for address in "$SECOND" "$THIRD"; do
        ip addr add "$address/24" dev e0
    done
    for address in "$SECOND6" "$THIRD6"; do
        ip addr add "$address/64" dev e0 nodad
    done
    dns_set "$SECOND_NAME" 5 A "$SECOND"
    dns_set "$SECOND_NAME" 5 AAAA "$SECOND6"
    dns_set "$THIRD_NAME" 5 A "$THIRD"
    dns_set "$THIRD_NAME" 5 AAAA "$THIRD6"
    ptr_set "$SECOND" "$SECOND_NAME"
    ptr_set "$SECOND6" "$SECOND_NAME"
    ptr_set "$THIRD" "$THIRD_NAME"
    ptr_set "$THIRD6" "$THIRD_NAME"
    secondaries_follow
    resolvers_forget
    settings_change '/^hosts = \(/,/^\);/d; /^name = /d'
    cat >>/etc/namesake/namesake.conf <<END
hosts = (
  { name = "$NAME"; $1 addresses = [ "$V4", "$V6" ]; },
  { name = "$SECOND_NAME"; $1 banner = "off"; addresses = [ "$SECOND", "$SECOND6" ]; },
  { name = "$THIRD_NAME"; $1 banner = "off"; addresses = [ "$THIRD", "$THIRD6" ]; }
);
END
}

# Each sender's domain takes a transport with an address and a name of its own.
postfix_transports() {
    sed "s/^myhostname = .*/myhostname = $NAME/" "$LAB_FOLDER/etc/main.cf" >/tmp/main.cf
    cat >>/tmp/main.cf <<END
smtp_bind_address = $V4
smtp_bind_address6 = $V6
sender_dependent_default_transport_maps = inline:{ {@two.example = out2:} {@three.example = out3:} }
END
    cat >>/etc/postfix/master.cf <<END
out2      unix  -       -       n       -       -       smtp
  -o smtp_bind_address=$SECOND
  -o smtp_bind_address6=$SECOND6
  -o smtp_helo_name=$SECOND_NAME
# Still with the name of the installer.
out3      unix  -       -       n       -       -       smtp
  -o smtp_bind_address=$THIRD
  -o smtp_bind_address6=$THIRD6
  -o smtp_helo_name=$OLD_NAME
END
    touch -d '1 hour ago' /etc/postfix/master.cf
    main_cf /tmp/main.cf
}

exim_transports() {
    sed -e "s/^primary_hostname = vm25.*/primary_hostname = $NAME/" \
        -e "/^begin routers/a\\
\\
out2:\\
  driver = dnslookup\\
  senders = *@two.example\\
  domains = ! +local_domains\\
  transport = out2_smtp\\
  no_more\\
\\
out3:\\
  driver = dnslookup\\
  senders = *@three.example\\
  domains = ! +local_domains\\
  transport = out3_smtp\\
  no_more" -e "/^  driver = smtp/a\\
  interface = <; $V4 ; $V6\\
\\
out2_smtp:\\
  driver = smtp\\
  interface = <; $SECOND ; $SECOND6\\
  helo_data = $SECOND_NAME\\
\\
# Still with the name of the installer.\\
out3_smtp:\\
  driver = smtp\\
  interface = <; $THIRD ; $THIRD6\\
  helo_data = $OLD_NAME" "$exim_etc/exim4.conf" >/etc/exim4/exim4.conf
    kill -HUP "$(exim_pid)"
    wait_for 10 greets_as "$NAME"
}

helo_of() { # helo_of TRANSPORT: as the mail server's own tools tell
    case $MTA in
    postfix) postconf -P "$1/unix/smtp_helo_name" | sed 's/.* = //' ;;
    exim) exim4 -bP transport "$1_smtp" | sed -n 's/^helo_data = //p' ;;
    esac
}

given "a mail server with a transport for each of three addresses, of which one says a wrong name"
reach="mta = \"$MTA\";"
! over_ssh || reach+=" ssh = \"$DESK_TARGET\";"
three_names "$reach"
"${MTA}_transports"
server_text >"$LAB/server.first"
cp -r "${server_folders[0]}" /tmp/before
remember_world
expect_exit 2 namesake audit
expect_out "6 addresses: 4 aligned, 2 not aligned, 0 unknown"

when "the plan is asked for"
expect_exit 0 namesake plan --json
expect_json '[.steps[].kind] | join(" ")' mta
expect_json '.steps[0] | .before[0] + ">" + .after[0]' "$OLD_NAME>$THIRD_NAME"
nothing_changed

when "it is applied"
expect_exit 0 namesake apply --yes
then_ "one line is another, and each transport says its name"
diff -r /tmp/before "${server_folders[0]}" >/tmp/difference || true
cat /tmp/difference
expect 1 grep -c '^>' /tmp/difference
expect 1 grep -c '^<' /tmp/difference
expect "$SECOND_NAME" helo_of out2
expect "$THIRD_NAME" helo_of out3
expect "$NAME" server_name
expect_exit 0 namesake verify --passes 1 --window 30s
expect_exit 0 namesake audit
applied_already

when "it is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "all is as it was, to the byte"
expect "" server_is_first
expect "$OLD_NAME" helo_of out3
