# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Scenario: killed at any write of an edit of two files, it is continued or undone

lasting=fsync,rename,renameat,renameat2,unlink,unlinkat,ftruncate

reset_now() {
    place "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cp /tmp/master.cf /etc/postfix/master.cf
    touch -d '1 hour ago' /etc/postfix/master.cf
    postfix reload
    rm -rf "$state"
}

helo_of() { postconf -P "$1/unix/smtp_helo_name" | sed 's/.* = //'; }

between=0
look_between() {
    [ "$(helo_of relay)" != "$NAME" ] || [ "$(postfix_show myhostname)" = "$NAME" ] ||
        between=$((between + 1))
}

expect_undone() {
    then_ "both files are as they were"
    cmp "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cmp /tmp/master.cf /etc/postfix/master.cf
    expect_greetings "$OLD_NAME"
}

expect_made() {
    expect "$NAME" postfix_show myhostname
    expect "$NAME" helo_of relay
    expect_greetings "$NAME"
    expect_exit 0 namesake rollback last --yes
    expect_undone
}

given "a name in main.cf and in master.cf"
make_aligned
sed "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf >/tmp/master.cf
reset_now
killed_everywhere 20 --only mta
echo "  ended $between times between the two files"
