# shellcheck shell=bash disable=SC2154
# Scenario: whatever state main.cf is in, it keeps all but the name, or it is not touched
# On: postfix postfix-ssh

state_of() { # mode, owner and group of the file itself
    stat -L -c '%a %U %G' "$1"
}

given "a main.cf that is a link to a file with CR LF, without a final newline, and Ansible's"
make_aligned
mkdir -m 750 /var/config
{
    printf '# Ansible managed\r\n'
    sed -e 's/$/\r/' "$LAB_FOLDER/etc/main.cf" | grep -v '^myhostname'
    printf 'relayhost =\r\nmyhostname =\r\n# the old one\r\n\t %s' "$OLD_NAME"
} >/var/config/postfix-main
chmod 640 /var/config/postfix-main
chown root:postfix /var/config/postfix-main
touch -d '1 hour ago' /var/config/postfix-main
rm /etc/postfix/main.cf
ln -s /var/config/postfix-main /etc/postfix/main.cf
postfix_restart
cp /var/config/postfix-main /tmp/before

when "the name is given"
expect_exit 0 namesake plan --only mta
expect_out "says that it is written by"
expect_exit 0 namesake apply --yes --only mta
then_ "the link is still a link, and its target kept all but the name"
expect /var/config/postfix-main readlink /etc/postfix/main.cf
expect "640 root postfix" state_of /etc/postfix/main.cf
sed "\$s/$OLD_NAME/$NAME/" /tmp/before >/tmp/wanted
printf '\r\nmydomain = localdomain\r\n' >>/tmp/wanted
cmp /tmp/wanted /var/config/postfix-main
expect_greetings "$NAME"
expect_exit 0 namesake rollback last --yes
cmp /tmp/before /var/config/postfix-main
expect /var/config/postfix-main readlink /etc/postfix/main.cf
expect "640 root postfix" state_of /etc/postfix/main.cf

when "it has a second name"
ln /var/config/postfix-main /var/config/other
run namesake apply --yes --only mta
then_ "it is left alone: a rename would part the two"
expect 65 echo "$STATUS"
expect_said "hard links"
cmp /tmp/before /var/config/postfix-main
expect "" find /var/config /etc/postfix -name '.namesake*'
rm /var/config/other

when "it is on a file system that is mounted read-only"
mount --bind /var/config /var/config
mount -o remount,bind,ro /var/config
run namesake apply --yes --only mta
then_ "it is told, and nothing else was changed"
expect 69 echo "$STATUS"
expect_said "read-only"
umount /var/config
cmp /tmp/before /var/config/postfix-main
expect_greetings "$OLD_NAME"

if chattr +i /var/config/postfix-main 2>/dev/null; then
    when "it is marked as not to be changed"
    run namesake apply --yes --only mta
    expect 69 echo "$STATUS"
    expect_said "chattr"
    chattr -i /var/config/postfix-main
    cmp /tmp/before /var/config/postfix-main
fi
