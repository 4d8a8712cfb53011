# shellcheck shell=bash disable=SC2154
# Scenario: a wrong TSIG key changes nothing and says who can repair it

given "a key that the customer's name server does not know"
head -c 32 /dev/zero | base64 >/etc/namesake/credentials/dns-key
remember_world
when "the plan is applied"
expect_exit 77 namesake apply --yes
then_ "the name server's refusal is told, with the four questions answered"
expect_err "[provider-denied]"
for line in why who "done" next; do
    grep -q "^  $line " "$err" || fail "the error does not say: $line"
done
nothing_changed
expect_greetings "$OLD_NAME"

then_ "no key is told anywhere, at any verbosity"
run namesake -vv apply --yes
no_secret_anywhere
nothing_changed

given "a key file that others may read"
reset_identity
chmod 644 /etc/namesake/credentials/dns-key
remember_world
expect_exit 78 namesake apply --yes
expect_err "[secret-mode]"
nothing_changed

given "no key file at all"
rm /etc/namesake/credentials/dns-key
remember_world
expect_exit "77 78" namesake apply --yes
nothing_changed

then_ "an audit never needed it"
expect_exit 2 namesake audit

given "the right key for the customer's zone, a wrong one for the hoster's"
reset_identity
head -c 32 /dev/zero | base64 >/etc/namesake/credentials/hoster-key
remember_world
when "the plan is applied"
expect_exit 77 namesake apply --yes
then_ "it is noticed before the first write"
expect_err "[provider-denied]"
nothing_changed

given "a hoster whose key may read, but no longer write"
cp "$LAB/keys/hoster-key" /etc/namesake/credentials/
updates_forbid hoster1
when "the plan is applied"
expect_exit 4 namesake apply --yes
then_ "the address records stay, the rest is not touched, and it says so"
expect_err "[provider-denied]"
expect_err "2 of 5 steps are made and stay"
expect "$V4" dns_show 192.0.2.11 "$NAME" A
expect "$OLD_PTR4." ptr_show 198.51.100.11 "$V4"
expect "$OLD_NAME" postfix_show myhostname

when "the key may write again"
updates_allow hoster1
expect_exit 0 namesake apply --continue
expect_aligned_world
