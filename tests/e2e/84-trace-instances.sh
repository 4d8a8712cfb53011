# shellcheck shell=bash disable=SC2154
# Scenario: several Postfix instances: each that sends is traced, and its queue is where a probe is looked for

# shellcheck source=tests/lab/trace.sh
source "$LAB_FOLDER/trace.sh"

instance_up() { # instance_up NAME SETTING...: a second instance that listens nowhere but on loopback
    local etc=/etc/postfix-$1 folder=postfix-$1
    shift
    cp -r /etc/postfix "$etc"
    mkdir -p "/var/spool/$folder" "/var/lib/$folder"
    chown postfix: "/var/lib/$folder"
    postconf -c "$etc" -e inet_interfaces=loopback-only queue_directory="/var/spool/$folder" \
        data_directory="/var/lib/$folder" multi_instance_enable=yes multi_instance_name="$folder" "$@"
    sed -i '/^smtp  *inet/d' "$etc/master.cf"
    touch -d '1 hour ago' "$etc"/*.cf
}

queue_of() { # queue_of FOLDER
    postqueue -c "$1" -j | jq -r '.recipients[].address' | xargs
}

given "an instance that sends by itself from an address of its own, beside the first"
ip addr add 203.0.113.26/24 dev e0
instance_up out myhostname=out.example.com smtp_bind_address=203.0.113.26 smtp_helo_name=out.example.com
postconf -e multi_instance_directories=/etc/postfix-out
touch -d '1 hour ago' /etc/postfix/main.cf
postfix -c /etc/postfix-out start
remember_world
when "mail is traced"
observe=(--count 2)
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "each instance's pair arrived"
expect_status 2
expect_json '[.probes[] | .state + " " + .seen + " " + .helo] | sort | join(", ")' \
    "arrived $V4 $OLD_NAME, arrived 203.0.113.26 out.example.com"
nothing_changed

when "the observer is not there"
expect_exit 3 bash -c 'namesake trace -4 --observer 192.0.2.12 --json < <(sleep 30)'
then_ "both queues are left empty"
expect_json '[.probes[] | .removed] | all' true
expect "" queue_of /etc/postfix
expect "" queue_of /etc/postfix-out

given "the first hands everything to the second, which takes no mail of local programs"
postconf -c /etc/postfix-out -e authorized_submit_users=
cat >>/etc/postfix-out/master.cf <<'END'
127.0.0.1:10026 inet n - n - - smtpd
END
postconf -e 'default_transport = smtp:[127.0.0.1]:10026'
touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix-out/*.cf
postfix -c /etc/postfix-out reload
postfix -c /etc/postfix reload
remember_world
when "mail is traced"
observe=(--count 1)
trace_to 192.0.2.53 -4 -c none -n "$NAME" --resolver 192.0.2.53 --json
then_ "it went in by the first and out by the second, and the way in between is no relay"
expect_json '[.probes[] | .state + " " + .seen + " " + .helo + " " + (.hops | length | tostring)] | join(", ")' \
    "arrived 203.0.113.26 out.example.com 1"
nothing_changed
when "the observer is not there"
expect_exit 3 bash -c 'namesake trace -4 --observer 192.0.2.12 --json < <(sleep 30)'
then_ "the probe is found in the second queue, and removed there"
expect_json '.probes[0] | .state, (.removed | tostring)' "$(printf '%s\n' deferred true)"
expect "" queue_of /etc/postfix
expect "" queue_of /etc/postfix-out
