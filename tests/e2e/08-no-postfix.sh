# shellcheck shell=bash disable=SC2154
# Scenario: a machine without a mail server is audited, and its DNS repaired

given "no Postfix on the machine"
postfix_uninstall
when "it is looked at"
expect_exit 2 namesake audit --json
then_ "DNS is judged, and no greeting is made up"
expect_json '[.identities[].checks[] | select(.check == "helo" and .result == "fail")] | length' 0
expect_json '[.identities[].checks[] | select(.check == "banner" and .result == "fail")] | length' 0
expect_json '[.identities[].findings[] | select(.id == "ptr-generic")] | length' 2

when "the DNS is to be repaired"
expect_exit 0 namesake apply --yes --only forward,ptr
then_ "it is, in both families"
expect "$V4" dns_show 192.0.2.12 "$NAME" A
expect "$V6" dns_show 192.0.2.12 "$NAME" AAAA
expect "$NAME." ptr_show 198.51.100.12 "$V4"
expect "$NAME." ptr_show 198.51.100.12 "$V6"
