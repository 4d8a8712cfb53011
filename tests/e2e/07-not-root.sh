# shellcheck shell=bash disable=SC2154
# Scenario: without root audit works, and apply says what needs root

given "an ordinary user"
when "the user looks"
expect_exit 2 as_nobody namesake audit
expect_out "NOT ALIGNED"
expect_out "$OLD_PTR4"
nothing_changed

when "the user applies the mail server's step"
expect_exit 77 as_nobody namesake apply --yes --only mta
then_ "it needs root, and says so before anything is changed"
expect_err "[root-needed]"
nothing_changed

when "the user applies all of it"
expect_exit 77 as_nobody namesake apply --yes
then_ "nothing is changed"
nothing_changed
