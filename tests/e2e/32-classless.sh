# shellcheck shell=bash disable=SC2154
# Scenario: a PTR record behind a classless delegation (RFC 2317) is set where it really is

classless_journey() { # classless_journey ACCOUNT-TYPE
    local before=/tmp/records.before after=/tmp/records.after
    then_ "the world sees the hoster's name through the alias ($1)"
    resolvers_forget
    expect "25.$CLASSLESS. $OLD_PTR4." ptr_show 192.0.2.53 "$V4"
    records_text >"$before"

    when "the PTR is planned ($1)"
    expect_exit 0 namesake plan --json --only forward,ptr -4
    expect_json '.steps[] | select(.kind == "ptr") | .provider + " " + .resource' "dns $CLASSLESS"

    when "it is applied ($1)"
    expect_exit 0 namesake apply --yes --only forward,ptr -4
    then_ "it is in the customer's zone, and the hoster's alias is as it was ($1)"
    expect "$NAME." dns_show 192.0.2.11 "25.$CLASSLESS" PTR
    expect "$NAME." dns_show 192.0.2.12 "25.$CLASSLESS" PTR
    expect "25.$CLASSLESS." ptr_show 198.51.100.11 "$V4"
    resolvers_forget
    expect "25.$CLASSLESS. $NAME." ptr_show 198.51.100.53 "$V4"
    records_text >"$after"
    expect 2 added_lines "$before" "$after"
    expect 1 removed_lines "$before" "$after"

    when "it is applied once more ($1)"
    expect_exit 0 namesake apply --yes --only forward,ptr -4
    expect_out "No changes"

    when "it is rolled back ($1)"
    expect_exit 0 namesake rollback last --yes
    records_text >"$after"
    expect "" diff "$before" "$after"
}

given "a hoster that has delegated 203.0.113.0/26 to the customer's name servers"
classless_up
classless_journey rfc2136

given "the same with PowerDNS, where the slash of the zone's name is none of a URL"
powerdns_up ns1
classless_journey powerdns
no_secret_anywhere
