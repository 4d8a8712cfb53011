# shellcheck shell=bash disable=SC2154
# Scenario: an Exim that takes its HELO from the PTR record needs no edit for it, and doctor says so
# On: exim

given "an Exim whose HELO and greeting are taken from the PTR record, whose host has its name already"
printf 'MAIN_HARDCODE_PRIMARY_HOSTNAME = %s\nREMOTE_SMTP_HELO_FROM_DNS = true\n' "$NAME" \
    >/etc/exim4/exim4.conf.localmacros
# As Hestia has it.
cat >>/etc/exim4/exim4.conf.localmacros <<'END'
smtp_banner = $smtp_active_hostname
smtp_active_hostname = ${lookup dnsdb{>: defer_never,ptr=$interface_address}{${listextract{1}{$value}}}{$primary_hostname}}
END
update-exim4.conf
exim_again
server_text >"$LAB/server.first"
when "it is looked at"
expect_exit 2 namesake audit "$V4" -n "$NAME" --mta exim --json
then_ "both are the hoster's default, and it is said where that comes from"
expect_json '.identities[0].checks[] | select(.check == "banner").found[0]' "$OLD_PTR4"
expect_json '.identities[0].checks[] | select(.check == "helo").found[0]' "$OLD_PTR4"
expect_json '[.identities[0].findings[] | select(.id | startswith("helo")) | .summary] | join(" ")' \
    "HELO says $OLD_PTR4 (configured: exim remote_smtp helo_data (the PTR)), not $NAME"
expect_exit "0 3" namesake doctor --mta exim
expect_out "(the PTR)"
when "it is planned"
expect_exit 0 namesake plan "$V4" -n "$NAME" --json
then_ "the records are set, and the mail server is left as it is"
expect_json '[.steps[].kind] | join(" ")' "forward ptr"
when "it is applied"
expect_exit "0 6" namesake apply "$V4" -n "$NAME" --yes
resolvers_forget
expect_exit 0 namesake audit "$V4" -n "$NAME" --mta exim
then_ "Exim's files are as they were"
expect "" server_is_first
