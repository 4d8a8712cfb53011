# shellcheck shell=bash disable=SC2154
# Scenario: apply repairs both families, rollback undoes it byte for byte
# On: postfix postfix-ssh

# Effective values, defaults included, less what differs in every process.
settings() {
    postconf | grep -v '^process_id ='
}

given "two addresses with the hoster's default PTR and a Postfix that says vm25.localdomain"
expect_exit 2 namesake audit
expect_out "NOT ALIGNED"
expect_out "$OLD_PTR4"
expect_out "$OLD_PTR6"
expect_exit 2 namesake audit --json
expect_json '[.identities[] | .address + " " + .verdict] | sort | join(", ")' \
    "$V6 not-aligned, $V4 not-aligned"
expect_json '[.identities[].findings[] | select(.id == "ptr-generic")] | length' 2
expect_json '[.identities[].findings[] | select(.id == "forward-missing")] | length' 2
nothing_changed

when "the plan is asked for"
expect_exit 0 namesake plan
expect_out "Next: namesake apply --approve"
expect_exit 2 namesake plan --exit-code
expect_exit 0 namesake plan --json
then_ "it is the address records, then the PTRs, then the mail server"
expect_json '[.steps[].kind] | join(" ")' "forward forward ptr ptr mta"
expect_json '[.create, .update, .delete, .manual] | join(" ")' "2 3 0 0"
expect_json '[.steps[] | select(.kind == "ptr") | .before[0] + ">" + .after[0]] | sort | join(" ")' \
    "$OLD_PTR6>$NAME $OLD_PTR4>$NAME"
expect_json '.steps[-1] | .before[0] + ">" + .after[0]' "$OLD_NAME>$NAME"
nothing_changed

when "it is saved, reviewed and applied"
records_text >/tmp/records.before
settings >/tmp/settings.before
expect_exit 0 namesake plan --save /tmp/plan.json
expect "600" stat -c %a /tmp/plan.json
expect_exit 0 namesake apply /tmp/plan.json
expect_out "Changed 5 of 5"
expect_out "namesake rollback last"
then_ "every server says the new name at once"
expect_aligned_world

then_ "no other record and no other setting was touched"
records_text >/tmp/records.after
expect 4 added_lines /tmp/records.before /tmp/records.after
expect 2 removed_lines /tmp/records.before /tmp/records.after
settings >/tmp/settings.after
expect 1 added_lines /tmp/settings.before /tmp/settings.after
expect 1 grep -cx "myhostname = $NAME" /tmp/settings.after
expect 1 removed_lines "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf

then_ "the proof from outside holds three times in a row"
expect_exit 0 namesake verify --window 60s --interval 1s --passes 3
expect_said "3 of 3"
expect_exit 0 namesake audit
expect_no_out "NOT ALIGNED"

when "it is applied once more"
remember_world
expect_exit 0 namesake apply --yes
then_ "there is nothing to do"
expect_out "No changes"
nothing_changed
expect_exit 0 namesake plan --exit-code

when "the run is rolled back"
expect_exit 0 namesake rollback --list
expect_exit 0 namesake rollback last --yes
then_ "all is as it was, to the byte"
expect_broken_world
records_text >/tmp/records.last
expect "" diff /tmp/records.before /tmp/records.last
expect_exit 2 namesake audit
expect_out "NOT ALIGNED"
