# shellcheck shell=bash disable=SC2016,SC2154
# Scenario: an edit of the mail server other than the one that was approved is not made

# Somebody's change after the plan: the same name as before, by another way to the new one.
change_main_cf() { # change_main_cf SED-SCRIPT
    sed "$1" "$LAB_FOLDER/etc/main.cf" >/tmp/main.cf
    main_cf /tmp/main.cf
    remember_world
}

as_at_the_start() {
    main_cf "$LAB_FOLDER/etc/main.cf"
}

given "an approved plan, as a file and by its id"
expect_exit 0 namesake plan --save /tmp/plan.json --only mta
expect_exit 0 namesake plan --json --only mta
id=$(json .plan_id)
json '.steps[0].changes[]'

when "the settings that would have followed the name are others since"
change_main_cf 's/^mydestination = .*/mydestination = $myhostname, lists.$myhostname, localhost/'
then_ "the plan is stale, and what it would be now is told"
expect_exit 65 namesake apply /tmp/plan.json
expect_err "[plan-stale]"
expect_err "mydestination = "
expect_err "lists."
nothing_changed
then_ "the id is another one"
expect_exit 65 namesake apply --only mta --approve "$id"
expect_err "[plan-not-approved]"
nothing_changed

when "a setting that would be replaced is another one since"
change_main_cf 's/^myhostname = .*/myhostname = vm25.$mydomain\nmydomain = localdomain/'
expect_exit 65 namesake apply /tmp/plan.json
expect_err "[plan-stale]"
nothing_changed

when "another part of the file is another one since"
change_main_cf 's/^biff = no/# nobody reads local mail\nbiff = no\nmessage_size_limit = 30000000/'
then_ "the plan still holds, and keeps that"
expect_exit 0 namesake apply /tmp/plan.json
expect "30000000" postfix_show message_size_limit
expect "$NAME" postfix_show myhostname
expect_exit 0 namesake rollback last --yes
as_at_the_start

when "nothing is another one since"
then_ "the id approves it"
expect_exit 0 namesake apply --only mta --approve "$id"
expect "$NAME" postfix_show myhostname
