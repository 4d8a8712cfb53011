# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: killed at each write of an edit of two files, Postfix serves, and it is continued or undone

world_now() {
    sha256sum /etc/postfix/main.cf /etc/postfix/master.cf
    helo_of relay
    greeting_of "$V4"
    greeting_of "$V6"
}

# Postfix's programs wait for files that are younger than two seconds.
an_hour_later() {
    touch -d '1 hour ago' /etc/postfix/main.cf /etc/postfix/master.cf
    wait_for 15 says_220 "$V4" || fail "Postfix does not serve"
}

helo_of() { postconf -P "$1/unix/smtp_helo_name" | sed 's/.* = //'; }

given "a name in main.cf and in master.cf"
make_aligned_records
sed "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf >/tmp/master.cf
place /tmp/master.cf /etc/postfix/master.cf
postfix reload
killed_everywhere --only mta
expect "$OLD_NAME" helo_of relay
expect_greetings "$OLD_NAME"
