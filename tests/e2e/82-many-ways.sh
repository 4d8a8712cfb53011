# shellcheck shell=bash disable=SC2154
# Scenario: several transports are told apart, each with its address and its name

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

given "a second address with a transport of its own, and senders that take it"
ip addr add 203.0.113.26/24 dev e0
cat >>/etc/postfix/master.cf <<'END'
out2      unix  -       -       n       -       -       smtp
  -o smtp_bind_address=203.0.113.26
  -o smtp_helo_name=out2.example.com
  -o smtp_address_preference=ipv4
END
touch -d '1 hour ago' /etc/postfix/master.cf
postfix_says 'sender_dependent_default_transport_maps = inline:{ {@news.example = out2:} }'
remember_world
when "mail is traced"
observe=(--count 2)
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --record /tmp/facts --json
then_ "one probe went each way, and each pair is judged"
expect_status 2
expect_json '[.probes[] | .transport + " " + .seen + " " + .helo] | sort | join(", ")' \
    "out2 203.0.113.26 out2.example.com, smtp $V4 $OLD_NAME"
expect_json '.identities | length' 2
nothing_changed
when "what was seen is judged again, without any network"
expect_exit 2 namesake audit --facts /tmp/facts --json
expect_json '[.identities[].checks[] | select(.check == "helo").found[0]] | sort | join(" ")' \
    "out2.example.com $OLD_NAME"

given "a transport that sends from another address than the audited one"
postfix_says 'smtp_bind_address = 203.0.113.26'
when "the first address is traced"
observe=(--count 1)
trace_to 192.0.2.53 -c none "$V4" -n "$NAME" --resolver 192.0.2.53
then_ "it is told that mail leaves elsewhere"
expect_status 2
expect_out "203.0.113.26"
