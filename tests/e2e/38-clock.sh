# shellcheck shell=bash disable=SC2154
# Scenario: a clock that is wrong, or that jumps, neither revives an old plan nor confuses the runs

given "a plan, and a clock that has gone back since"
expect_exit 0 namesake plan --save /tmp/plan.json --only mta
expect_exit 65 faketime '-2 hours' namesake apply /tmp/plan.json
then_ "nobody knows how old it is"
expect_err "[plan-expired]"
expect_err "a clock is wrong"
nothing_changed

when "the clock is a day ahead"
expect_exit 65 faketime '+25 hours' namesake apply /tmp/plan.json
expect_err "[plan-expired]"
nothing_changed

given "name servers that sign, and a clock that is two hours behind theirs"
expect_exit 77 faketime '-2 hours' namesake apply --yes
then_ "the clock is named, not the key"
expect_err "the clocks differ by 7"
nothing_changed

given "a run that was made while the clock was ahead"
expect_exit 0 faketime '+3 hours' namesake apply --yes --only mta
expect_greetings "$NAME"
when "the clock is right again, and another run is made"
expect_exit 0 namesake apply --yes --only forward
expect "$V4" dns_show 192.0.2.11 "$NAME" A
then_ "the last run is that one"
expect_exit 0 namesake rollback last --yes
expect "" dns_show 192.0.2.11 "$NAME" A
expect_greetings "$NAME"
when "it is rolled back once more"
expect_exit 0 namesake rollback last --yes
then_ "all is as it was"
expect_broken_world
