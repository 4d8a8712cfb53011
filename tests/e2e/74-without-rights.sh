# shellcheck shell=bash disable=SC2154
# Scenario: what a user may not read is unknown, with the command to type; the rest is judged

given "an identity in order, and a user who may not read Postfix's configuration"
make_aligned
chmod 600 /etc/postfix/main.cf
when "that user looks"
expect_exit 0 as_nobody namesake audit --json
then_ "the greeting and DNS decide, HELO is unknown and the command is told"
expect_json '[.identities[].verdict] | unique | join(" ")' aligned
expect_json '[.identities[].checks[] | select(.check == "helo") | .result] | unique | join(" ")' unknown
expect_json '[.identities[].findings[] | select(.id == "helo-unknown") | .next | startswith("sudo namesake audit")] | all' true
when "warnings are to count, too"
expect_exit 0 as_nobody namesake audit --strict --json
when "the user's machine also hides its greeting"
sed 's/^  { name/  { banner = "off"; name/' "$LAB_FOLDER/etc/namesake.conf" >/tmp/off.conf
expect_exit 3 as_nobody namesake -c /tmp/off.conf audit --json
then_ "nothing was heard of the name: that is unknown, not a mismatch"
expect_json '[.identities[].findings[] | select(.severity == "fail")] | length' 0
chmod 644 /etc/postfix/main.cf
expect_exit 0 as_nobody namesake audit --json
expect_json '[.identities[].checks[] | select(.check == "helo") | .result] | unique | join(" ")' ok

given "a master.cf whose last line is torn, while the old one still runs"
printf 'smtp      unix  -       -\n' >>/etc/postfix/master.cf
when "it is looked at"
expect_exit 0 namesake audit --json
then_ "HELO is not made up from half a file"
expect_json '[.identities[].findings[].id | select(. == "helo-mismatch" or . == "helo-invalid")] | length' 0
expect_json '[.identities[].findings[] | select(.id == "helo-unknown")] | length > 0' true
sed -i '$d' /etc/postfix/master.cf

given "a main.cf whose name is built from one that does not exist: Postfix itself refuses it"
# shellcheck disable=SC2016 # for Postfix
sed 's/^myhostname = .*/myhostname = mail.${domain_of_this_host}/' "$LAB/aligned.cf" >/tmp/half.cf
place /tmp/half.cf /etc/postfix/main.cf
when "it is looked at"
expect_exit 0 namesake audit --json
then_ "HELO is unknown, in Postfix's own words"
expect_json '[.identities[].checks[] | select(.check == "helo") | .result] | unique | join(" ")' unknown
expect_out "bad string length 0"
