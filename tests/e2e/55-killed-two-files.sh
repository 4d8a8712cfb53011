# shellcheck shell=bash disable=SC2153,SC2154
# Scenario: killed at any write of an edit of two files, it is continued or undone

lasting=fsync,rename,renameat,renameat2,unlink,unlinkat,ftruncate
every=${NAMESAKE_EVERY:-4}

command -v strace >/dev/null || {
    echo "strace is not here to end the program at a system call"
    exit 77
}

first_state() {
    place "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cp /tmp/master.cf /etc/postfix/master.cf
    touch -d '1 hour ago' /etc/postfix/master.cf
    postfix reload
    rm -rf "$state"
}

# killed_at N: true when apply was ended just before its n-th such call.
killed_at() {
    local status=0
    strace -qq -o /dev/null -e "trace=$lasting" -e "inject=$lasting:signal=KILL:when=$1" \
        namesake apply --yes --only mta >"$out" 2>"$err" </dev/null || status=$?
    [ "$status" = 137 ]
}

helo_of() { postconf -P "$1/unix/smtp_helo_name" | sed 's/.* = //'; }

given "a name in main.cf and in master.cf"
make_aligned
sed "/^relay /a\\  -o smtp_helo_name=$OLD_NAME" /etc/postfix/master.cf >/tmp/master.cf
first_state

point=1 killed=0 between=0
while killed_at "$point"; do
    killed=$((killed + 1))
    [ "$(helo_of relay)" != "$NAME" ] || [ "$(postfix_show myhostname)" = "$NAME" ] ||
        between=$((between + 1))
    wait_for 15 says_220 "$V4" || fail "Postfix does not serve after point $point"
    if [ $((killed % 2)) = 0 ]; then
        when "it was ended at write $point and is rolled back"
        run namesake rollback last --yes
        [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "rollback exits $STATUS"
    else
        when "it was ended at write $point, is continued, and rolled back after that"
        run namesake apply --continue
        [ "$STATUS" = 0 ] || [ "$STATUS" = 66 ] || fail "apply --continue exits $STATUS"
        [ "$STATUS" = 0 ] || expect_exit 0 namesake apply --yes --only mta
        expect "$NAME" postfix_show myhostname
        expect "$NAME" helo_of relay
        expect_greetings "$NAME"
        expect_exit 0 namesake rollback last --yes
    fi
    then_ "both files are as they were"
    cmp "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
    cmp /tmp/master.cf /etc/postfix/master.cf
    expect_greetings "$OLD_NAME"
    first_state
    point=$((point + every))
done
echo "  ended $killed times, $between of them between the two files"
[ "$killed" -ge 3 ] || fail "only $killed points were tried"
expect "$NAME" postfix_show myhostname
