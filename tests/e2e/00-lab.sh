# shellcheck shell=bash disable=SC2154
# Scenario: the lab is what the story says

given "the lab as it starts"
expect vm25 hostname
expect "nameserver 192.0.2.53" cat /etc/resolv.conf
expect_broken_world
for resolver in 192.0.2.53 198.51.100.53; do
    expect "$OLD_PTR4." ptr_show "$resolver" "$V4"
    expect "$OLD_PTR6." ptr_show "$resolver" "$V6"
    expect "$V6" dns_show "$resolver" "$OLD_PTR6" AAAA
    expect "10 $NAME." dns_show "$resolver" example.com MX
    expect "" dns_show "$resolver" "$NAME" A
done

then_ "every name server answers over both families"
for server in 192.0.2.11 192.0.2.12 2001:db8:2::11 2001:db8:2::12; do
    expect "ns1.example.com. ns2.example.com." dns_show "$server" example.com NS
done
for server in 198.51.100.11 198.51.100.12 2001:db8:51::11 2001:db8:51::12; do
    expect "$OLD_PTR4." ptr_show "$server" "$V4"
    expect "$OLD_PTR6." ptr_show "$server" "$V6"
done

then_ "the keys and the files are those of a careful administrator"
expect "600 root" stat -c '%a %U' /etc/namesake/credentials/dns-key
expect "600 root" stat -c '%a %U' /etc/namesake/credentials/hoster-key
expect 3.7 bash -c "postconf -h mail_version | cut -d. -f1,2"

then_ "there is no way out"
expect_exit "1 2" ip route get 8.8.8.8 from 192.0.2.99
expect "" bash -c 'kdig +short +timeout=1 +retry=0 @9.9.9.9 . SOA 2>/dev/null'

when "the customer changes a record, the secondary follows"
dns_set "$NAME" 5 A "$V4"
secondaries_follow
expect "$V4" dns_show 192.0.2.12 "$NAME" A

when "the secondary loses its primary, it grows stale"
name_server_hold ns2
dns_set "$NAME" 5 A 203.0.113.99
sleep 2
expect 203.0.113.99 dns_show 192.0.2.11 "$NAME" A
expect "$V4" dns_show 192.0.2.12 "$NAME" A
name_server_release ns2
secondaries_follow
expect 203.0.113.99 dns_show 192.0.2.12 "$NAME" A

when "a key is wrong, the update is refused"
expect_exit 1 bash -c "printf 'server 192.0.2.11\nzone example.com.\nadd x.example.com. 5 A 192.0.2.1\nsend\n' |
    knsupdate -y hmac-sha256:dns-key:\$(head -c 32 /dev/zero | base64)"
expect_out BADSIG

when "everything is put right by hand"
make_aligned
expect_aligned_world

when "the cable of the mail host is pulled"
link_down mail
expect "" dns_show 192.0.2.53 "$NAME" A
link_up mail
wait_for 5 resolves 192.0.2.53 "$NAME" A

when "servers stop and start"
name_server_stop ns1 ns2 hoster1 hoster2
expect "" dns_show 192.0.2.12 "$NAME" A
reset_identity
then_ "all is as it was"
expect_broken_world

when "Postfix was never installed"
postfix_uninstall
expect_exit 127 postconf -h myhostname
