# shellcheck shell=bash disable=SC2154
# Scenario: a probe that gets stuck in Exim's queue is removed by its id, and other mail stays

# shellcheck source=tests/lab/odd.sh
source "$LAB_FOLDER/odd.sh"

queue() {
    exim4 -bp | awk 'NF == 1 {print $1}' | sort | xargs
}

given "a queue with mail for a host that does not answer"
exim_instead unsplit
exim_says "dc_eximconfig_configtype='smarthost'" "dc_smarthost='192.0.2.11'"
printf 'Subject: hello\n\nText.\n' | sendmail -i -f root@example.com ann@example.net
wait_for 20 grep -q 'ann@.*defer' /var/log/exim4/mainlog
rm -f /var/spool/exim4/db/*
when "mail is traced to an observer that is not there"
expect_exit 3 bash -c 'namesake trace --observer 192.0.2.12 --json < <(sleep 30)'
then_ "the reason is told, the probe is gone, and the other mail is still there"
expect_json '.probes[0] | .state, (.removed | tostring)' "$(printf '%s\n' deferred true)"
expect_json '.probes[0].why | contains("Connection refused")' true
expect 'ann@example.net' queue
expect 1 grep -c 'removed by root' /var/log/exim4/mainlog

when "it is refused, and has no sender to return to"
exim_relay deny
exim_says "dc_smarthost='198.51.100.53'"
rm -f /var/spool/exim4/db/*
expect_exit 3 bash -c 'namesake trace --observer 192.0.2.12 --json < <(sleep 30)'
then_ "it is taken out of the queue where it was frozen, with what the relay said; nobody got a bounce"
expect_json '.probes[0] | .removed' true
expect_json '.probes[0].why | contains("550")' true
expect 'ann@example.net' queue
expect 0 bash -c "grep -c '<= <> R=' /var/log/exim4/mainlog || true"

when "somebody without rights traces"
expect_exit 77 as_nobody bash -c 'namesake trace -c none --observer 192.0.2.12 < <(sleep 9)'

when "the relay does not answer at all"
exim_says "dc_smarthost='192.0.2.99'"
swallow 192.0.2.99
expect_exit 3 bash -c 'namesake trace --observer 192.0.2.12 --timeout 5s --json < <(sleep 30)'
then_ "Exim holds the message while it tries: that is told, with the id"
expect_json '.probes[0] | .state, (.removed | tostring)' "$(printf '%s\n' late false)"
expect_json '.probes[0].why | contains("locked")' true
