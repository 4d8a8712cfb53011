# shellcheck shell=bash disable=SC2154
# Scenario: Exim with two addresses and names from tables: the entry of each is edited, nothing is reloaded

readonly B=203.0.113.26 B_NAME=two.example.com

# helo_by KEY LOOKUP: the transport sends from the address of the sender's domain and looks its name up.
tables() {
    # shellcheck disable=SC2016 # for Exim
    sed "s/^primary_hostname = vm25.*/primary_hostname = $NAME/
        /^remote_smtp:/,/driver/s|driver = smtp|driver = smtp\\
  interface = \${lookup{\$sender_address_domain}lsearch*{/etc/virtual/domainips}{\$value}}\\
  helo_data = $1|" "$exim_etc/exim4.conf" >/etc/exim4/exim4.conf
    mkdir -p /etc/virtual
    printf '# by DirectAdmin\nnews.example: %s\n*: %s\n' "$B" "$V4" >/etc/virtual/domainips
}

helo_from() { # helo_from DOMAIN: the HELO of a message from there
    rm -f /var/spool/exim4/db/* # no memory of hosts that did not answer
    printf 'Subject: x\n\nx\n' | timeout 30 exim4 -v -odf -i -f "a@$1" b@sink.example.com 2>&1 |
        sed -n 's/^ *SMTP>> EHLO //p' | head -n 1
}

given "DirectAdmin's look-ups: the address by the sender's domain, the name by the address"
ip addr add "$B/24" dev e0
exim_instead single
exim_sink
# shellcheck disable=SC2016 # for Exim
tables '${lookup{$sending_ip_address}iplsearch{/etc/virtual/helo_data}{$value}{$primary_hostname}}'
printf '%s: %s\n%s: old.example.com\n' "$V4" "$NAME" "$B" >/etc/virtual/helo_data
exim_again
cat >/etc/namesake/two.conf <<END
hosts = (
  { name = "$NAME"; mta = "exim"; addresses = [ "$V4" ]; },
  { name = "$B_NAME"; mta = "exim"; addresses = [ "$B" ]; banner = "off"; }
);
END
expect "$NAME" helo_from example.com
expect old.example.com helo_from news.example
when "it is planned"
expect_exit 0 namesake plan -c /etc/namesake/two.conf --only mta --json
then_ "one entry of the table changes"
expect_json '[.steps[] | .kind + " " + .action + " " + .before[0] + ">" + .after[0]] | join(", ")' \
    "mta update old.example.com>$B_NAME"
pid=$(exim_pid)
cp /etc/exim4/exim4.conf /tmp/exim4.conf
expect_exit "0 2 5 6" namesake apply -c /etc/namesake/two.conf --only mta --yes
expect "$NAME" helo_from example.com
expect "$B_NAME" helo_from news.example
expect "$V4: $NAME
$B: $B_NAME" cat /etc/virtual/helo_data
expect "" diff /tmp/exim4.conf /etc/exim4/exim4.conf
expect "$pid" exim_pid
expect_exit 0 namesake rollback last --yes -c /etc/namesake/two.conf
expect old.example.com helo_from news.example

given "a table without entries, and a host that still has its first name"
# shellcheck disable=SC2016 # for Exim
tables '${lookup{$sending_ip_address}iplsearch{/etc/virtual/helo_data}{$value}{$primary_hostname}}'
sed -i "s/^primary_hostname = $NAME/primary_hostname = $OLD_NAME/; s/{\$value}}\$/{\$value}{}}/" /etc/exim4/exim4.conf
printf 'news.example: %s\n' "$B" >/etc/virtual/domainips
: >/etc/virtual/helo_data
exim_again
expect "$OLD_NAME" helo_from example.com
expect "$OLD_NAME" helo_from news.example
when "it is planned"
expect_exit 0 namesake plan -c /etc/namesake/two.conf --only mta --json
then_ "nothing is left to a person: the host's name, and an entry for the second address"
expect_json '[.steps[] | .kind + " " + .action + " " + .before[0] + ">" + .after[0]] | join(", ")' \
    "mta update $OLD_NAME>$NAME, mta update $OLD_NAME>$B_NAME"
expect_json '[.steps[0].changes[] | contains("/etc/virtual/helo_data: 203.0.113.26 = vm25.localdomain")] | any' true
expect_json '.steps[1].changes | join("; ")' "/etc/virtual/helo_data: $B = $B_NAME"
when "it is applied"
expect_exit 0 namesake apply -c /etc/namesake/two.conf --only mta --yes
then_ "both names are said, each from its address"
expect "$NAME" helo_from example.com
expect "$B_NAME" helo_from news.example

# rows: what Hestia's table of names says, without what is not looked at.
rows() { sort /etc/exim4/mailhelo.conf | paste -sd ' '; }

given "Hestia's look-ups: address and name by the sender's domain"
# shellcheck disable=SC2016 # for Exim
sed 's/^primary_hostname = vm25.*/DOMAIN = \/etc\/exim4\/domains\/${lookup{${lc:$sender_address_domain}}dsearch{\/etc\/exim4\/domains}}\nprimary_hostname = mail.example.com/
    /^remote_smtp:/,/driver/s|driver = smtp|driver = smtp\
  interface = ${if exists{DOMAIN/ip}{${readfile{DOMAIN/ip}{}}}}\
  helo_data = ${lookup{$sender_address_domain}lsearch*{/etc/exim4/mailhelo.conf}{$value}{$primary_hostname}}|' \
    "$exim_etc/exim4.conf" >/etc/exim4/exim4.conf
mkdir -p /etc/exim4/domains/news.example /etc/exim4/domains/shop.example
echo "$B" >/etc/exim4/domains/news.example/ip
echo "$V4" >/etc/exim4/domains/shop.example/ip
printf 'news.example:old.example.com\nshop.example:%s\nother.example:gone.example.com\n*:%s\n' \
    "$NAME" "$NAME" >/etc/exim4/mailhelo.conf
exim_again
expect old.example.com helo_from news.example
expect gone.example.com helo_from other.example
expect "$NAME" helo_from example.com
when "it is audited"
expect_exit 2 namesake audit -c /etc/namesake/two.conf -o json
then_ "the domains that say another name are told"
expect_json '[.identities[].findings[] | select(.id == "helo-mismatch") | .summary] |
    map(contains("old.example.com (configured: exim remote_smtp helo_data for news.example)")) | any' true
when "it is repaired"
expect_exit "0 2 5 6" namesake apply -c /etc/namesake/two.conf --only mta --yes
then_ "the row of each domain has the name of the address that it sends from; the others stay"
expect "*:$NAME news.example:$B_NAME other.example:$NAME shop.example:$NAME" rows
expect "$B_NAME" helo_from news.example
expect "$NAME" helo_from other.example
expect "$NAME" helo_from shop.example
expect_exit 0 namesake rollback last --yes -c /etc/namesake/two.conf
expect "*:$NAME news.example:old.example.com other.example:gone.example.com shop.example:$NAME" rows
