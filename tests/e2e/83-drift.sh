# shellcheck shell=bash disable=SC2154
# Scenario: what will rename the mail server again is found, with the line that prevents it

ids() { # of one kind, of the last audit
    jq -r --arg id "$1" '[.identities[].findings[] | select(.id == $id).summary] | unique | .[]' "$out"
}

given "an aligned server, whose files a program makes and which a hook renames"
make_aligned
sed -i '1i # Ansible managed' /etc/postfix/main.cf
touch -d '1 hour ago' /etc/postfix/main.cf
mkdir -p /etc/letsencrypt/renewal-hooks/deploy
# shellcheck disable=SC2016 # for the hook
printf '#!/bin/sh\npostconf -e "myhostname = $RENEWED_DOMAINS"\n' >/etc/letsencrypt/renewal-hooks/deploy/mail
remember_world
when "it is looked at"
expect_exit 0 namesake audit --json
then_ "both are warnings that name the file"
expect 2 bash -c "$(declare -f ids); out=$out; ids name-managed | wc -l"
expect_out "Ansible managed"
expect_out "/etc/letsencrypt/renewal-hooks/deploy/mail gives the mail server a name"
expect_exit 2 namesake audit --strict
nothing_changed

given "a name that is the system's, on a machine with cloud-init"
sed -i '/^myhostname/d; 1d' /etc/postfix/main.cf
touch -d '1 hour ago' /etc/postfix/main.cf
hostname "$NAME"
printf '%s\n' "$NAME" >/etc/hostname
mkdir -p /etc/cloud/cloud.cfg.d
echo 'users: []' >/etc/cloud/cloud.cfg
when "it is looked at"
expect_exit 0 namesake audit --json
then_ "cloud-init is named"
expect_out "cloud-init sets the system's host name at every boot"
next=$(json '.identities[0].findings[] | select(.id == "helo-from-hostname" and
    (.summary | startswith("cloud-init"))).next')
when "the command of the finding is typed"
run bash -c "${next#sudo }"
expect_exit 0 namesake audit --json
then_ "the finding is gone"
expect_no_out "cloud-init sets"
