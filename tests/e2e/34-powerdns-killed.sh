# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: killed at each of its writes, apply through PowerDNS is continued or undone
# Long: yes

account_now() {
    records_now
    records_text
}

given "records in PowerDNS"
powerdns_up ns1 hoster1
primaries_alone
counts=account_now
killed_everywhere --only forward,ptr
no_secret_anywhere
