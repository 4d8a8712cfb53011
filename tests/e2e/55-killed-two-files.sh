# shellcheck shell=bash disable=SC2034,SC2153,SC2154
# Scenario: killed at any write of an edit of two files, it is continued or undone

lasting=fsync,rename,renameat,renameat2,unlink,unlinkat,ftruncate
killed_options=(--only mta)
killed_look=count_between
killed_broken=both_files_are_back
killed_aligned=named_and_undone

first_state() {
    place "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cp /tmp/master.cf /etc/postfix/master.cf
    touch -d '1 hour ago' /etc/postfix/master.cf
    postfix reload
    rm -rf "$state"
}

helo_of() { postconf -P "$1/unix/smtp_helo_name" | sed 's/.* = //'; }

between=0
count_between() {
    [ "$(helo_of relay)" != "$NAME" ] || [ "$(postfix_show myhostname)" = "$NAME" ] ||
        between=$((between + 1))
}

both_files_are_back() {
    then_ "both files are as they were"
    cmp "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cmp /tmp/master.cf /etc/postfix/master.cf
    expect_greetings "$OLD_NAME"
}

named_and_undone() {
    expect "$NAME" postfix_show myhostname
    expect "$NAME" helo_of relay
    expect_greetings "$NAME"
    expect_exit 0 namesake rollback last --yes
    both_files_are_back
}

given "a name in main.cf and in master.cf"
make_aligned
sed "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf >/tmp/master.cf
first_state
killed_everywhere 4 first_state
echo "  ended $between times between the two files"
