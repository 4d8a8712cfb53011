# shellcheck shell=bash disable=SC2154
# Scenario: a probe that gets stuck is removed by its id, and other mail stays

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

queue() {
    postqueue -j | jq -r '.recipients[].address' | sort | xargs
}

given "a queue with mail for a host that does not answer"
printf 'Subject: hello\n\nText.\n' | sendmail -i -f root@example.com 'ann@[192.0.2.11]'
wait_for 20 grep -q 'ann@.*status=deferred' /var/log/mail.log
when "mail is traced to an observer that is not there"
expect_exit 3 bash -c 'namesake trace --observer 192.0.2.12 --json < <(sleep 30)'
then_ "the reason is told, the probe is gone, and the other mail is still there"
expect_json '.probes[0] | .state, .removed' "$(printf '%s\n' deferred true)"
expect_json '.probes[0].why | contains("Connection refused")' true
expect 'ann@[192.0.2.11]' queue
expect 1 grep -c 'postsuper.*: removed' /var/log/mail.log

when "the observer refuses it"
postfix_says "transport_maps = inline:{ {[192.0.2.12] = error:5.1.1 not today} }"
expect_exit 3 bash -c 'namesake trace --observer 192.0.2.12 < <(sleep 30)'
then_ "what the log says of it is told, and nobody got a bounce"
expect_out "gone"
expect_out "not today"
expect 'ann@[192.0.2.11]' queue

when "somebody without rights traces"
expect_exit 77 as_nobody bash -c 'namesake trace -c none --observer 192.0.2.12 < <(sleep 9)'
when "nobody says where to"
expect_exit 64 namesake trace
expect_err "namesake observe --listen"
when "the command is ended in the middle"
postfix stop >/dev/null 2>&1 # a probe stays in the queue as it is
expect_exit 130 bash -c \
    'timeout --foreground --preserve-status -s INT 6 namesake trace --observer 192.0.2.12 < <(sleep 30)'
then_ "its probe is gone with it"
expect_out "removed from the queue"
expect 'ann@[192.0.2.11]' queue
