# shellcheck shell=bash disable=SC2154
# Scenario: what name servers do wrong is told apart, owner by owner, and nothing is made up

# shellcheck source=tests/lab/odd.sh
source "$LAB_FOLDER/odd.sh"

# Each row is one address, 203.0.113.N, whose name is nN.example.com, greeted in order.
name_of() { echo "n$1.example.com"; }
reverse_of() { ptr_owner "203.0.113.$1"; }

configure() { # configure N...: these rows, each a host of the configuration
    local i separator=
    {
        echo 'hosts = ('
        for i; do
            echo "$separator { name = \"$(name_of "$i")\"; mta = \"none\"; addresses = [ \"203.0.113.$i\" ]; }"
            separator=,
        done
        echo '); resolvers = [ "192.0.2.53", "192.0.2.54" ]; dns = { timeout = "2s"; tries = 2; };'
    } >/tmp/odd.conf
}

{
    # Row, then what stands at the reverse name, then what stands at the name.
    reverse() { echo "add $(reverse_of "$1"). 5 $2"; }
    forward() { echo "add $(name_of "$1"). 5 $2"; }
    both() { reverse "$1" "PTR $(name_of "$1")." && forward "$1" "A 203.0.113.$1"; }
    cat >"$LAB/servers" <<END
add odd1.example.com. 5 A 192.0.2.61
add odd2.example.com. 5 A 192.0.2.62
add silent.example.com. 5 A 192.0.2.77
add 141.rev.example.com. 5 PTR n141.example.com.
add n149.example.com. 5 NS ns1.hoster.example.
add n150.example.com. 5 NS silent.example.com.
add n155.example.com. 5 NS odd1.example.com.
add n156.example.com. 5 NS odd1.example.com.
END
    {
        forward 130 "A 203.0.113.130"   # lame
        forward 131 "A 203.0.113.131"   # silent
        forward 132 "A 203.0.113.132"   # SERVFAIL
        forward 139 "A 203.0.113.139"   # no PTR: NXDOMAIN
        forward 140 "A 203.0.113.140"   # no PTR: another record
        forward 141 "A 203.0.113.141"   # RFC 2317
        forward 142 "A 203.0.113.142"   # its alias dangles
        forward 143 "A 203.0.113.143"   # its alias loops
        forward 144 "A 203.0.113.144"   # more names than fit
        forward 145 "A 203.0.113.145"   # signed and valid
        forward 146 "A 203.0.113.146"   # signed and bogus
        forward 152 "AAAA 2001:db8:25::152" # the other family only
        forward 153 "CNAME n141.example.com."
    } >"$LAB/forward"
    {
        reverse 130 "NS ns1.example.com." # which does not have it
        reverse 130 "NS ns2.example.com."
        reverse 131 "NS silent.example.com."
        reverse 132 "NS odd2.example.com."
        reverse 140 'TXT "not a PTR"'
        reverse 141 "CNAME 141.rev.example.com."
        reverse 142 "CNAME 142.rev.example.com."
        reverse 143 "CNAME $(reverse_of 157)."
        reverse 157 "CNAME $(reverse_of 143)."
        reverse 144 "PTR $(name_of 144)."
        for i in $(seq 1 12); do
            reverse 144 "PTR a-name-long-enough-to-fill-the-answer-$i.hoster.example."
        done
        reverse 145 "NS odd1.example.com."
        reverse 146 "NS odd1.example.com."
        for i in 149 150 151 152 153 155 156; do
            reverse "$i" "PTR $(name_of "$i")."
        done
    } >"$LAB/reverse"
}

given "zones that are lame, silent, failing, aliased, signed well and signed badly"
mapfile -t lines <"$LAB/servers"
mapfile -t -O "${#lines[@]}" lines <"$LAB/forward"
dns_update example.com "${lines[@]}"
mapfile -t lines <"$LAB/reverse"
dns_update "$(reverse_of 130)" "${lines[@]}"
secondaries_follow
swallow 192.0.2.77
signed_server_up odd1 61 "$(reverse_of 145)|PTR n145.example.com." "$(reverse_of 146)|PTR n146.example.com." \
    "n155.example.com|A 203.0.113.155" "n156.example.com|A 203.0.113.156"
broken_server_up odd2 62 "$(reverse_of 132)"
for i in $(seq 130 157); do
    echo "203.0.113.$i plain n$i.example.com"
done >"$LAB/greetings"
greeters_up "$LAB/greetings"
{
    echo '    module-config: "validator iterator"'
    echo '    log-queries: yes'
    anchor odd1 "$(reverse_of 145)"
    anchor odd1 "$(reverse_of 146)" wrong
    anchor odd1 n155.example.com
    anchor odd1 n156.example.com wrong
} | resolver_up validator 54
resolver_ready 192.0.2.54
expect "n145.example.com." dns_show 192.0.2.54 "$(reverse_of 145)" PTR
expect "" dns_show 192.0.2.54 "$(reverse_of 146)" PTR

when "all of them are audited in one run, every server and resolver asked"
rows=(130 131 132 139 140 141 142 143 144 145 146 149 150 151 152 153 155 156)
configure "${rows[@]}"
expect_exit 2 namesake -c /tmp/odd.conf audit --json
then_ "each has its verdict, its findings and its owners"
findings_of() { # findings_of N: verdict and "id:owner" of the findings that are no notes
    jq -r ".identities[] | select(.address == \"203.0.113.$1\") |
        ([.verdict] + [.findings[] | select(.severity != \"info\") | .id + \":\" + .owner.role] | join(\" \"))" "$out"
}
cat >/tmp/expected <<'END'
130 unknown dns-temporary:ip-owner
131 unknown dns-temporary:ip-owner
132 unknown dns-temporary:ip-owner
139 not-aligned ptr-missing:ip-owner
140 not-aligned ptr-missing:ip-owner
141 aligned
142 not-aligned ptr-missing:ip-owner
143 unknown dns-temporary:ip-owner
144 aligned ptr-multiple:ip-owner
145 aligned
146 unknown dns-temporary:ip-owner
149 unknown dns-temporary:dns-admin
150 unknown dns-temporary:dns-admin
151 not-aligned ptr-not-confirmed:dns-admin forward-missing:dns-admin
152 not-aligned ptr-not-confirmed:dns-admin forward-missing:dns-admin
153 not-aligned ptr-not-confirmed:dns-admin forward-elsewhere:dns-admin forward-cname:dns-admin
155 aligned
156 unknown dns-temporary:dns-admin
END
for i in "${rows[@]}"; do
    echo "$i $(findings_of "$i")"
done >/tmp/found
diff -u /tmp/expected /tmp/found || fail "the judgement differs"

then_ "reasons are told: what does not validate, what is an alias, how many names do not count"
summary_of() { # summary_of N ID
    jq -r ".identities[] | select(.address == \"203.0.113.$1\") | .findings[] | select(.id == \"$2\") | .summary" "$out" | head -n 1
}
says() { # says N ID TEXT
    [[ $(summary_of "$1" "$2") == *"$3"* ]] || fail "$1 $2 says: $(summary_of "$1" "$2")"
}
says 130 dns-temporary SERVFAIL
says 132 dns-temporary SERVFAIL
says 139 ptr-missing NXDOMAIN
says 140 ptr-missing NOERROR
says 142 ptr-missing "an alias of 142.rev.example.com"
says 144 ptr-multiple "13 PTR records, of which receivers read ten"
says 146 dns-temporary "does not validate"
says 156 dns-temporary "the DNSSEC data of n156.example.com does not validate"

then_ "a name that does not exist yet was asked of its own servers only: no shared cache remembers a denial"
expect "" grep -F " n151.example.com." "$LAB/log/validator"
grep -qF " n141.example.com. A" "$LAB/log/validator" || fail "it logs nothing: this proves nothing"

when "the bad zones are looked at over a window"
configure 130 132 145 146 149 156
expect_exit 2 namesake -c /tmp/odd.conf verify --window 20s --interval 1s --passes 2 --json
then_ "they are broken, and their owners are named"
for i in 130 132 145 146 149 156; do
    echo "$i $(findings_of "$i")"
done >/tmp/found
cat >/tmp/expected <<'END'
130 not-aligned dns-temporary:ip-owner zone-broken:ip-owner
132 not-aligned dns-temporary:ip-owner zone-broken:ip-owner
145 aligned
146 not-aligned zone-broken:ip-owner
149 not-aligned dns-temporary:dns-admin zone-broken:dns-admin
156 not-aligned zone-broken:dns-admin
END
diff -u /tmp/expected /tmp/found || fail "the judgement differs"
says 130 zone-broken "has been lame"
says 146 zone-broken "has been DNSSEC-bogus"

given "resolvers that refuse us, validate with a wrong key, or make answers up"
resolver_up refuser 55 <<<'    access-control: 203.0.113.0/24 refuse'
{
    echo '    module-config: "validator iterator"'
    printf '    trust-anchor: ". DS 20326 13 2 %064d"\n' 7
} | resolver_up mistrusting 56
resolver_up liar 57 <<'END'
    local-zone: "example.com." redirect
    local-data: "example.com. 5 A 192.0.2.80"
END
wait_for 10 answers 192.0.2.57 anything.example.com A
configure 141 150 151
when "each stands beside a good one"
for i in 55 56 57; do
    expect_exit 2 namesake -c /tmp/odd.conf audit --json --resolver "192.0.2.$i" --resolver 192.0.2.53
    for n in 141 150 151; do
        echo "$n $(findings_of $n)"
    done >/tmp/found
    cat >/tmp/expected <<'END'
141 aligned
150 unknown dns-temporary:dns-admin
151 not-aligned ptr-not-confirmed:dns-admin forward-missing:dns-admin
END
    diff -u /tmp/expected /tmp/found || fail "the judgement differs with 192.0.2.$i"
done
then_ "the one that makes answers up is named"
says 141 resolver-odd "resolver 192.0.2.57 makes up an answer"

given "a secondary that has lost its primary before a change"
name_server_hold hoster2
ptr_set 203.0.113.139 n139.example.com
when "it is looked at"
expect_exit 0 namesake audit 203.0.113.139 --name n139.example.com --json
then_ "the servers differ, which is the IP owner's"
expect "aligned servers-differ:ip-owner" findings_of 139
says 139 servers-differ ns2.hoster.example
