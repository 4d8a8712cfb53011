# shellcheck shell=bash
# Scenario: killed at each of its writes, what was done to records is continued or undone
# Long: yes

given "records at name servers that take dynamic updates"
primaries_alone
killed_everywhere --only forward,ptr
