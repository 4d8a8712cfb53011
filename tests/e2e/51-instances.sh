# shellcheck shell=bash disable=SC2154
# Scenario: two Postfix instances, one greets and one sends; each is edited in its own folder
# On: postfix postfix-ssh

readonly OUT=/etc/postfix-out

postfix_of() { # postfix_of FOLDER PARAMETER
    postconf -c "$1" -h "$2"
}

given "an instance that greets, and one that only sends, each with a name of its own"
make_aligned
main_cf "$LAB_FOLDER/etc/main.cf"
cp -r /etc/postfix "$OUT"
mkdir -p /var/spool/postfix-out /var/lib/postfix-out
chown postfix: /var/lib/postfix-out
# shellcheck disable=SC2016 # for Postfix
postconf -c "$OUT" -e myhostname=vm25-out.localdomain inet_interfaces=loopback-only \
    queue_directory=/var/spool/postfix-out data_directory=/var/lib/postfix-out \
    multi_instance_enable=yes multi_instance_name=postfix-out 'smtp_helo_name = $myhostname'
postconf -e multi_instance_directories="$OUT"
sed -i '/^smtp  *inet/d' "$OUT/master.cf"
cat >>"$OUT/master.cf" <<'END'
bulk unix - - n - - smtp
  -o { smtp_helo_name = vm25-bulk.localdomain }
END
touch -d '1 hour ago' "$OUT"/*.cf /etc/postfix/main.cf
postfix -c "$OUT" start
postfix -c /etc/postfix reload
wait_for 10 says_220 "$V4"
cp -r "$OUT" /tmp/out
cp /etc/postfix/main.cf /tmp/main.cf
master_pid() { xargs <"$(postfix_of "$1" queue_directory)/pid/master.pid"; }
first_master=$(master_pid /etc/postfix) out_master=$(master_pid "$OUT")

when "the name is given"
expect_exit 0 namesake apply --yes --only mta
then_ "the one that greets is called so, the other one sends so: two equal names would be a loop"
expect "$NAME" postfix_of /etc/postfix myhostname
expect vm25-out.localdomain postfix_of "$OUT" myhostname
expect "$NAME" postfix_of "$OUT" smtp_helo_name
expect "bulk/unix/smtp_helo_name = $NAME" postconf -c "$OUT" -P bulk/unix/smtp_helo_name
expect_greetings "$NAME"
then_ "both go on running, and nothing was started anew"
expect "$first_master" master_pid /etc/postfix
expect "$out_master" master_pid "$OUT"
expect_exit 0 namesake audit

when "only the sending one has to change"
sed -i "s/^smtp_helo_name = .*/smtp_helo_name = other.example.com/" "$OUT/main.cf"
touch -d '1 hour ago' "$OUT/main.cf"
cp -a /etc/postfix /tmp/first
expect_exit 2 namesake audit
run namesake plan
expect_exit 0 namesake apply --yes
then_ "the other is not touched"
expect "$NAME" postfix_of "$OUT" smtp_helo_name
expect "" diff -r /tmp/first /etc/postfix

when "the last run is rolled back"
expect_exit 0 namesake rollback last --yes
then_ "only that one setting is as it was"
expect other.example.com postfix_of "$OUT" smtp_helo_name
expect "" diff -r /tmp/first /etc/postfix
cp -p /etc/postfix/main.cf /tmp/main.cf

when "the sending instance cannot be read"
echo "nonsense" >>"$OUT/main.cf"
expect_exit 0 namesake audit --json
then_ "the HELO is unknown, and nothing is edited"
expect_json '[.identities[].findings[].id | select(. == "helo-unknown")] | length > 0' true
run namesake apply --yes --only mta
cmp /tmp/main.cf /etc/postfix/main.cf
