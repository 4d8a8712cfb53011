# shellcheck shell=bash disable=SC2154
# Scenario: a plan that was edited, has expired or is stale is refused whole

given "a saved plan"
expect_exit 0 namesake plan --save /tmp/plan.json

refused() { # refused ID FILE
    expect_exit 65 namesake apply "$2"
    expect_err "[$1]"
    expect_err "(nothing has been changed)"
    expect_err "-> $NAME"
    nothing_changed
}

when "somebody edits it"
jq '.steps[-1].after = ["other.example.com"]' /tmp/plan.json >/tmp/edited.json
refused plan-damaged /tmp/edited.json
when "it is cut short"
head -c 300 /tmp/plan.json >/tmp/short.json
refused plan-damaged /tmp/short.json
when "somebody gives it another date"
jq '.created = "2020-01-01T00:00:00Z" | .expires = "2099-01-02T00:00:00Z"' /tmp/plan.json >/tmp/dated.json
refused plan-damaged /tmp/dated.json
when "it is more than a day old"
expect_exit 65 faketime '+25 hours' namesake apply /tmp/plan.json
expect_err "[plan-expired]"
nothing_changed
when "it is not there"
expect_exit 66 namesake apply /tmp/missing.json
nothing_changed

when "the hoster changes a PTR after the plan was made"
ptr_set "$V6" elsewhere.hoster.example
secondaries_follow
remember_world
refused plan-stale /tmp/plan.json
then_ "the plan that it is answered with holds"
expect_err "elsewhere.hoster.example -> $NAME"
now=$(sed -n 's/^Next: namesake apply --approve //p' "$err")
[[ $now != "$(jq -r .plan_id /tmp/plan.json)" ]] || fail "it is the old one"
expect_exit 0 namesake apply --approve "$now" --dry-run

when "what the plan wants is there already"
reset_identity
dns_set "$NAME" 5 A "$V4"
secondaries_follow
expect_exit 0 namesake apply /tmp/plan.json
then_ "that step counts as done"
expect_aligned_world
