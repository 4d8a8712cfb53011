# shellcheck shell=bash disable=SC2154
# Scenario: the observer hears from which address and under which name Postfix sends

events=$LAB/events # what the observer tells

observer_start() { # observer_start OPTION...: on resolver1, which is 192.0.2.53
    {
        on resolver1 env NAMESAKE_CONFIG=none namesake observe --listen 192.0.2.53:25 \
            --listen '[2001:db8:2::53]:25' "$@" || exit $?
    } >"$events" 2>"$LAB/events.err" &
    observer=$!
    wait_for 10 grep -q '"listening"' "$events"
}

observer_end() { # observer_end STATUS
    local status=0
    wait "$observer" || status=$?
    sed 's/^/  | /' "$events"
    [ "$status" = "$1" ] || fail "the observer ended with $status instead of $1: $(cat "$LAB/events.err")"
}

event() { # event PATH: of the observed events, one a line
    jq -r "select(.event == \"observed\") | $1" "$events"
}

probe() { # probe TOKEN ADDRESS [SUBJECT]: handed to Postfix
    printf 'Subject: %s\n\nA probe.\n' "${3:-probe}" |
        sendmail -i -f root@example.com "namesake-probe${1:+"+$1"}@[$2]"
}

given "the observer on another machine, waiting for one probe"
observer_start --probe abcd1234efgh --count 1 --timeout 60s
when "Postfix sends that probe"
probe abcd1234efgh 192.0.2.53
then_ "the observer tells the address and the name, and ends"
observer_end 0
expect "$V4" event .address
expect "$OLD_NAME" event .helo
expect abcd1234efgh event .probe
expect root@example.com event '.senders[0]'
expect quit event .ended
expect 0 jq -r 'select(.event == "end") | .exit_code' "$events"
wait_for 10 grep -q 'status=sent (250 2.0.0 the probe has arrived)' /var/log/mail.log

given "an observer that takes any probe"
observer_start --count 3 --timeout 60s
when "one comes over IPv6, one is tagged by its subject, one is ordinary mail"
probe wxyz9876abcd IPv6:2001:db8:2::53
wait_for 20 grep -q wxyz9876abcd "$events"
probe '' 192.0.2.53 'X-Namesake-Probe: qrst5555uvwx'
wait_for 20 grep -q qrst5555uvwx "$events"
printf 'Subject: hello\n\nText.\n' | sendmail -i -f root@example.com 'ann@[192.0.2.53]'
observer_end 0
then_ "both probes were taken, and the mail was refused"
expect "$V6 $V4 $V4" bash -c "jq -r 'select(.event == \"observed\") | .address' $events | xargs"
expect "wxyz9876abcd qrst5555uvwx null" \
    bash -c "jq -r 'select(.event == \"observed\") | .probe' $events | xargs"
expect "0 0 1" bash -c "jq -r 'select(.event == \"observed\") | .refused' $events | xargs"
wait_for 10 grep -q 'status=bounced (host 192.0.2.53.*this is an observer' /var/log/mail.log

given "a Postfix with another name"
make_aligned
observer_start --count 1 --timeout 60s
probe mnop4444mnop 192.0.2.53
observer_end 0
then_ "that name is heard"
expect "$NAME" event .helo
postsuper -d ALL >/dev/null 2>&1 # the lab's own queue

given "an observer that is told to stop"
observer_start
pkill -TERM -P "$observer"
observer_end 143
expect 143 jq -r 'select(.event == "end") | .exit_code' "$events"

given "one that nobody visits"
observer_start --timeout 1s
observer_end 3
