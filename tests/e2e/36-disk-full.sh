# shellcheck shell=bash disable=SC2154
# Scenario: on a full disk nothing is lost and nothing is half done

# The record of a run has a page for each of its parts: room for one more each time.
for pages in 2 4 5; do
    given "a state directory with room for $pages pages"
    mkdir -p "$state"
    mount -t tmpfs -o "mode=700,size=$((pages * 4))k" tmpfs "$state"
    remember_world
    when "the plan is applied"
    expect_exit "73 4" namesake apply --yes
    expect_err "[cannot-create]"
    expect_err "No space left on device"
    if [ "$STATUS" = 73 ]; then
        then_ "it stops before the first write"
        nothing_changed
        umount "$state"
        continue
    fi
    then_ "what is made stays, what cannot be recorded is not begun"
    expect_err "4 of 5 steps are made and stay"
    expect "$OLD_NAME" postfix_show myhostname
    when "there is room again"
    mount -o remount,size=1m "$state"
    expect_exit 0 namesake apply --continue
    then_ "it is finished"
    expect_aligned_world
    umount "$state"
done
[ "$STATUS" = 0 ] || fail "no run got as far as the mail server"

given "a full disk where main.cf is"
reset_identity
cp -a /etc/postfix /tmp/postfix
mount -t tmpfs -o mode=755,size=400k tmpfs /etc/postfix
cp -a /tmp/postfix/. /etc/postfix/
dd if=/dev/zero of=/etc/postfix/full bs=1k 2>/dev/null || true
when "the mail server's name is to be changed"
expect_exit 69 namesake apply --yes --only mta
expect_err "nothing was changed"
expect_err "No space left on device"
then_ "main.cf is whole, nothing lies beside it, and Postfix goes on"
expect "" cmp "$LAB_FOLDER/etc/main.cf" /etc/postfix/main.cf
rm /etc/postfix/full
expect "" diff -r /tmp/postfix /etc/postfix
expect_greetings "$OLD_NAME"
when "there is room again"
expect_exit 0 namesake apply --continue
then_ "it is made"
expect_greetings "$NAME"
