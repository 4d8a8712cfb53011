# shellcheck shell=bash disable=SC2154
# Scenario: every kind of greeting is read as it is meant, and nobody waits for the slow ones twice

# shellcheck source=tests/lab/odd.sh
source "$LAB_FOLDER/odd.sh"

given "thirty addresses, each with another way to greet"
cat >"$LAB/greetings" <<'END'
203.0.113.130 plain n130.example.com
203.0.113.131 lines n131.example.com
203.0.113.132 teaser n132.example.com
203.0.113.133 says 220 **********************0*2******
203.0.113.134 says 220 ESMTP n134.example.com ready
203.0.113.135 says 220 ESMTP ready
203.0.113.136 says 220 [10.0.0.5] ESMTP
203.0.113.137 says SSH-2.0-OpenSSH_9.2p1
203.0.113.138 says 554 n138.example.com no mail here
203.0.113.139 says 521 n139.example.com takes no mail
203.0.113.140 says 421 n140.example.com too busy
203.0.113.143 tarpit n143.example.com
203.0.113.144 endless n144.example.com
203.0.113.145 escapes n145.example.com
203.0.113.146 ehlo n146.example.com inner.example.com
203.0.113.147 closed
203.0.113.148 silent
203.0.113.149 says 220 n149.example.com.other.net ESMTP
203.0.113.150 says 220 N150.EXAMPLE.COM. ESMTP
203.0.113.151 says 220 www.example.com ESMTP
203.0.113.152 says HTTP/1.1 400 Bad Request
203.0.113.153 says 220 vm25 ESMTP
203.0.113.154 says 220
203.0.113.155 says 220 localhost ESMTP
END
mapfile -t rows < <(seq 130 155) # 141 refuses, 142 is filtered on the way
forward=() reverse=()
for i in "${rows[@]}"; do
    forward+=("add n$i.example.com. 5 A 203.0.113.$i")
    reverse+=("add $(ptr_owner "203.0.113.$i"). 5 PTR n$i.example.com.")
done
dns_update example.com "${forward[@]}"
dns_update "$(ptr_owner 203.0.113.130)" "${reverse[@]}"
secondaries_follow
greeters_up "$LAB/greetings"
swallow 203.0.113.142
sed 's/^dns .*/&\nsmtp = { timeout = "8s"; };/' "$LAB_FOLDER/etc/namesake.conf" >/tmp/odd.conf
for i in "${rows[@]}"; do
    echo "203.0.113.$i n$i.example.com"
done >/tmp/rows

when "all are audited in one run"
before=$SECONDS
expect_exit 2 namesake -c /tmp/odd.conf audit --from /tmp/rows --json
took=$((SECONDS - before))
cp "$out" /tmp/report
then_ "each has the verdict and the owner that it should"
judged() { # judged N: verdict, result of the greeting's check, findings with owners
    jq -r ".identities[] | select(.address == \"203.0.113.$1\") |
        ([.verdict] + [.checks[] | select(.check == \"banner\") | .result] +
         [.findings[] | .id + \":\" + .severity + \":\" + .owner.role] | join(\" \"))" /tmp/report
}
for i in "${rows[@]}"; do
    echo "$i $(judged "$i")"
done >/tmp/found
cat >/tmp/expected <<'END'
130 aligned ok
131 aligned ok
132 aligned ok
133 unknown unknown banner-masked:unknown:relay-admin
134 aligned warn banner-no-name:warn:mta-admin
135 not-aligned fail banner-no-name:fail:mta-admin
136 not-aligned fail banner-no-name:fail:mta-admin
137 not-aligned fail banner-no-name:fail:relay-admin
138 aligned ok banner-refused:info:mta-admin
139 aligned ok banner-refused:info:mta-admin
140 unknown unknown banner-refused:info:mta-admin
141 unknown skipped
142 unknown unknown banner-unreachable:unknown:mta-admin
143 unknown unknown banner-unreachable:unknown:mta-admin
144 not-aligned fail banner-no-name:fail:relay-admin
145 aligned ok
146 aligned warn banner-ehlo-differ:warn:mta-admin
147 unknown unknown banner-unreachable:unknown:mta-admin
148 unknown unknown banner-unreachable:unknown:mta-admin
149 not-aligned fail banner-mismatch:fail:mta-admin
150 aligned ok
151 not-aligned fail banner-mismatch:fail:relay-admin
152 not-aligned fail banner-no-name:fail:relay-admin
153 not-aligned fail banner-mismatch:fail:mta-admin
154 not-aligned fail banner-no-name:fail:mta-admin
155 not-aligned fail banner-mismatch:fail:mta-admin
END
diff -u /tmp/expected /tmp/found || fail "the judgement differs"
then_ "it took no longer than the slowest may take, twice the resolvers' patience included"
[ "$took" -le 14 ] || fail "it took $took s"

then_ "nobody was spoken to before the greeting was complete, and EHLO and QUIT came in one piece each"
sed 's/^/  /' "$visits"
expect "" grep -vE "'(EHLO [^ ]+|QUIT)\\\\r\\\\n'\$" "$visits"
expect "" bash -c "awk '\$1 == \"203.0.113.132\" && \$2 < 6' $visits"
expect "" grep -E '^203.0.113.(143|148|147) ' "$visits"
then_ "nothing that could move a terminal is shown"
run namesake -c /tmp/odd.conf audit 203.0.113.145 -v
! grep -qP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]' "$out" "$err" || fail "a control character was shown"
