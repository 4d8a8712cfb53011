# shellcheck shell=bash disable=SC2154
# Scenario: five mistakes in the configuration are all reported in one run

given "five mistakes, one a line"
cat >/tmp/five.conf <<'END'
name = "mail.example.com";
hosts = (
  { name = "mail.example.com"; mta = "postfx";
    addresses = [ "203.0.113.2555" ]; }
);
providers = (
  { id = "dns"; type = "rfc2316"; roles = [ "forward" ]; zones = [ "example.com" ]; }
);
verify = { windw = "2m"; interval = "2s"; };
policy = { max_changes = "many"; };
END
when "any command reads them"
expect_exit 78 namesake -c /tmp/five.conf audit
then_ "each is told with file, line, key and what was meant"
for number in 3 4 7 9 10; do
    expect_err "/tmp/five.conf line $number, key "
done
for word in postfx postfix 203.0.113.2555 rfc2316 rfc2136 windw window max_changes; do
    expect_err "$word"
done
expect_exit 78 namesake -c /tmp/five.conf apply --yes
nothing_changed

given "the common slips of this file format"
slip() { # slip WORD TEXT: the report of TEXT must hold WORD
    printf '%b' "$2" >/tmp/slip.conf
    expect_exit 78 namesake -c /tmp/slip.conf audit
    expect_err "/tmp/slip.conf line "
    grep -qi -- "$1" "$err" || fail "the report of '$2' does not speak of $1"
}
slip comma 'name = "mail.example.com";\nresolvers = [ "192.0.2.53", ];\n'
slip quot 'name = mail.example.com;\n'
slip quot "name = 'mail.example.com';\n"
slip secret 'providers = ( { id = "d"; type = "rfc2136"; roles = [ "ptr" ];\n tsig_secret = "c2VjcmV0"; } );\n'
! grep -q c2VjcmV0 "$err" "$out" || fail "a secret was printed"

given "a file that is not there"
expect_exit "66 78" namesake -c /tmp/none.conf audit
nothing_changed
