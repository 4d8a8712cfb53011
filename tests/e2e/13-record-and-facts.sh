# shellcheck shell=bash disable=SC2154
# Scenario: recorded facts are judged as the world was, without a network

# What a report says, less what is only true of the moment.
judgement() {
    jq -S '[.identities[] | { address, wanted, verdict, edges,
        checks: [.checks[] | { check, result, found: (.found // [] | sort) }],
        findings: [.findings[] | { id, severity, summary }] }] | sort_by(.address)' "$out"
}

same_judgement() {
    expect_exit "$1" namesake audit --record /tmp/facts.jsonl --json
    judgement >/tmp/seen.json
    expect 2 bash -c 'jq -s "map(select(.format == \"namesake.facts\")) | length" /tmp/facts.jsonl'
    link_down mail
    expect_exit "$1" namesake audit --facts /tmp/facts.jsonl --json
    link_up mail
    judgement >/tmp/judged.json
    diff -u /tmp/seen.json /tmp/judged.json || fail "the judgement of the record differs"
}

given "an identity that is not in order"
same_judgement 2

given "one that is"
make_aligned
same_judgement 0

given "one whose name servers are silent"
name_server_stop ns1 ns2
resolvers_forget
same_judgement 3
