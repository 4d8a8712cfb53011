# shellcheck shell=bash
# Scenario: killed at its n-th write, apply through PowerDNS is continued or undone

given "records in PowerDNS"
powerdns_up ns1 hoster1
killed_everywhere 6
no_secret_anywhere
