# shellcheck shell=bash disable=SC2016,SC2154
# Scenario: one file, its tables, names from the PTR, two addresses with two names

second=203.0.113.26
second_name=out2.example.com

given "Exim in one file with a dead branch, and a listener elsewhere that hears its HELO"
ip addr add "$second/24" dev e0
exim_instead single
exim_sink
expect "$OLD_NAME" said_helo
exim_text >/tmp/exim.before

when "a copy with the new name delivers a message, nothing live is changed"
sed "s/vm25.localdomain/staged.example.com/" /etc/exim4/exim4.conf >/etc/exim4/staged
then_ "the HELO is that of the copy"
expect staged.example.com said_helo -C /etc/exim4/staged
expect "$OLD_NAME" said_helo
rm /etc/exim4/staged

when "it is applied"
expect_exit 0 namesake apply --yes
then_ "two lines of the file are others, one is new, and an empty one after it"
expect_aligned_exim
expect "$NAME" said_helo
expect 4 added_lines "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
expect 2 removed_lines "$exim_etc/exim4.conf" /etc/exim4/exim4.conf
expect "domainlist local_domains = @ : localhost : $OLD_NAME" grep ^domainlist /etc/exim4/exim4.conf
expect "qualify_domain = $OLD_NAME" grep ^qualify /etc/exim4/exim4.conf
expect_exit 0 namesake rollback last --yes
exim_text >/tmp/exim.after
expect "" diff /tmp/exim.before /tmp/exim.after
expect_broken_exim

given "a HELO that is looked up by the address, and a second address with another name"
dns_set "$second_name" 5 A "$second"
ptr_set "$second" "$second_name"
make_aligned_records
sed -i "s/^primary_hostname = vm25.*/primary_hostname = $NAME/" /etc/exim4/exim4.conf
sed -i "s|^  driver = smtp|&\\n  interface = <; $second ; $V6\\n  helo_data = \${lookup{\$sending_ip_address}iplsearch{/etc/exim4/helo_data}{\$value}{\$primary_hostname}}|" \
    /etc/exim4/exim4.conf
printf '# address: name\n%s: wrong.example.com # old\n' "$second" >/etc/exim4/helo_data
kill -HUP "$(exim_pid)"
wait_for 10 greets_as "$NAME"
pid=$(exim_pid)
expect "wrong.example.com # old" said_helo
cat >/etc/namesake/two.conf <<END
$(sed "s|^hosts = (|hosts = ( { name = \"$second_name\"; mta = \"exim\"; addresses = [ \"$second\" ]; },|; s|\"203.0.113.25\", ||" /etc/namesake/namesake.conf)
END
when "the names are to be put right"
exim_text >/tmp/exim.before
expect_exit "0 2 5" namesake apply --yes --config /etc/namesake/two.conf
then_ "one entry of the table is another, and nothing was reloaded"
expect "$second: $second_name" grep ^203 /etc/exim4/helo_data
expect "$second_name" said_helo
exim_text >/tmp/exim.after
expect 1 added_lines /tmp/exim.before /tmp/exim.after
expect "$pid" exim_pid

given "a HELO that is the PTR of the address"
sed -i 's|^  helo_data = .*|  helo_data = ${lookup dnsdb{ptr=$sending_ip_address}{$value}{$primary_hostname}}|' \
    /etc/exim4/exim4.conf
remember_world
run namesake audit --json --config /etc/namesake/two.conf
then_ "there is nothing to edit"
expect_exit 0 namesake plan --json --config /etc/namesake/two.conf
expect_json '[.steps[] | select(.kind == "mta")] | length' 0
nothing_changed
