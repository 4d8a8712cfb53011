# shellcheck shell=bash
# Scenario: killed at its n-th write, for every n, apply is continued or undone

given "records at name servers that take dynamic updates"
killed_everywhere 9
