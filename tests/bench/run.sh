#!/usr/bin/env bash
#
# run.sh [PART...] - measures namesake beside what people would run instead, in
# network namespaces of its own with servers of its own, and prints one ratio a
# line. README.md in this folder says what each of them means.
#
# Nothing fails because of time: only counts can (questions, memory,
# instructions, verdicts). Builds nothing: cmake --build --preset release first.
# NAMESAKE=FILE and TOOLS=FOLDER (of bench_dns and the others) measure others.
#
# Parts: one (host), fleet, odd (servers), vantage (point), instructions, soak; all of them without an
# argument. "short" measures the counts only, with fewer targets, in a minute.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
NAMESAKE=${NAMESAKE:-$top/build/release/namesake}
TOOLS=${TOOLS:-$(dirname "$NAMESAKE")/tests}
export NAMESAKE TOOLS

server=198.18.0.53
one=198.18.1.1
round_trip_ms=50

if [ "${BENCH_INSIDE:-}" = "" ]; then
    for file in "$NAMESAKE" "$TOOLS/bench_dns"; do
        [ -x "$file" ] || {
            echo "$file is missing: cmake --preset release && cmake --build --preset release" >&2
            exit 66
        }
    done
    # A namespace for processes, too: whatever is started here ends with it.
    BENCH_INSIDE=yes exec unshare --net --mount --pid --fork --kill-child "$0" "$@"
fi

mount -t proc proc /proc
ip link set lo up
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
children=()

# say NAME VALUE UNIT [LIMIT]: one line; above its limit it is a failure.
say() {
    local verdict=''
    if [ $# = 4 ]; then
        verdict="at most $4"
        if awk -v value="$2" -v limit="$4" 'BEGIN { exit !(value > limit) }'; then
            verdict="FAIL: $verdict"
            failed=$((failed + 1))
        fi
    fi
    printf '%-64s %10s %-6s %s\n' "$1" "$2" "$3" "$verdict"
}

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", (b > 0 ? a / b : 0) }'; }

has() { command -v "$1" >/dev/null; }

# measure COMMAND...: sets wall, cpu (ms), peak (KB), status; its output is in $work/out.
measure() {
    "$TOOLS/bench_measure" "$work/measured" "$@" >"$work/out" 2>"$work/err" </dev/null
    read -r wall cpu peak status <"$work/measured"
}

# fastest COUNT COMMAND...: the least wall time of COUNT runs, in ms.
fastest() {
    local count=$1 best=''
    shift
    for _ in $(seq "$count"); do
        measure "$@"
        best=$(awk -v a="${best:-$wall}" -v b="$wall" 'BEGIN { print a < b ? a : b }')
    done
    wall=$best
}

# servers LOSS DELAY-MS [FAULTS]: all of 198.18.0.0/15 on this machine.
servers() {
    ip route add local 198.18.0.0/15 dev lo
    "$TOOLS/bench_dns" "$server" "$1" "$server" "${3:-0}" >"$work/questions" &
    children+=($!)
    "$TOOLS/bench_smtp" "$2" "${3:-0}" >"$work/conversations" &
    children+=($!)
    sleep 0.5
}

# stop_servers: sets questions, how many the name server was asked, and faults, how many answers
# and conversations failed on purpose.
stop_servers() {
    kill "${children[@]}"
    wait "${children[@]}" 2>/dev/null || true
    read -r questions faults <"$work/questions"
    faults=$((faults + $(cat "$work/conversations")))
    children=()
    ip route del local 198.18.0.0/15 dev lo
    sleep 0.2
}

configure() { # configure RESOLVER SMTP-TIMEOUT
    cat >"$work/namesake.conf" <<END
resolvers = [ "$1" ];
policy = { allow_private = true; };
smtp = { timeout = "$2"; };
END
}

audit() { echo "$NAMESAKE" -c "$work/namesake.conf" audit "$@"; }

# targets COUNT: so many, sorted by network, with the names that they have.
targets() {
    seq 0 "$(($1 - 1))" | awk '{ c = 1 + int($1 / 250); d = $1 % 250 + 1
        printf "198.18.%d.%d mail-198-18-%d-%d.example.net\n", c, d, c, d }' >"$work/targets.$1"
}

# odd_targets: some of every kind of server, and what each deserves.
odd_targets() {
    local kinds=(aligned unknown unknown unknown not-aligned not-aligned aligned unknown unknown
        not-aligned not-aligned unknown aligned unknown)
    local kind n
    for kind in "${!kinds[@]}"; do
        for n in $(seq 20); do
            echo "${kinds[kind]} 198.19.$kind.$n mail-198-19-$kind-$n.example.net"
        done
    done
    awk '{ print "aligned", $0 }' "$work/targets.$1"
}

# far_servers ROUND-TRIP-MS LOSS: the same behind a link that is slow and loses packets.
far_servers() {
    "$TOOLS/bench_relay" "$1" "$2" "$here/far.sh" "$server" &
    children+=($!)
    sleep 1
    ip addr add 192.0.2.1/24 dev near
    ip link set near up
    ip route add 198.18.0.0/15 dev near
}

stop_far_servers() {
    kill "${children[@]}"
    wait "${children[@]}" 2>/dev/null || true
    children=()
    sleep 0.2
}

one_host() {
    local near
    far_servers "$round_trip_ms" 0
    "$TOOLS/bench_dns" 127.0.0.53 0 "$server" >/dev/null &
    near=$!
    sleep 0.5

    configure 127.0.0.53 30s
    # shellcheck disable=SC2046  # words
    fastest 5 $(audit -n mail-198-18-1-1.example.net "$one")
    local ours=$wall
    say "one host, resolver on this machine / three round trips" \
        "$(ratio "$ours" $((3 * round_trip_ms)))" x
    # shellcheck disable=SC2046
    fastest 5 $(audit "$one")
    say "  the same, name not declared" "$(ratio "$wall" $((3 * round_trip_ms)))" x
    configure "$server" 30s
    # shellcheck disable=SC2046
    fastest 5 $(audit -n mail-198-18-1-1.example.net "$one")
    say "  resolver a round trip away / three round trips" \
        "$(ratio "$wall" $((3 * round_trip_ms)))" x
    if has dig && has swaks; then
        fastest 3 bash -c "dig +short @$server -x $one; dig +short @$server mail-198-18-1-1.example.net
            dig +short @$server mail-198-18-1-1.example.net AAAA
            swaks --server $one --quit-after EHLO --silent 3"
        say "  dig, dig, dig, swaks / namesake" "$(ratio "$wall" "$ours")" x
    fi
    if has nmap; then
        fastest 3 nmap -Pn -p25 --dns-servers "$server" --script fcrdns,banner,smtp-commands "$one"
        say "  nmap fcrdns, banner, smtp-commands / namesake" "$(ratio "$wall" "$ours")" x
    fi
    kill "$near"
    stop_far_servers
}

fleet() { # fleet COUNT
    local base many=$((4 * $1)) ours
    targets "$1"
    targets "$many"
    configure "$server" 30s
    servers 0 0
    # shellcheck disable=SC2046
    measure $(audit "$one")
    base=$peak
    say "peak memory of one audit" "$peak" KB 16384
    stop_servers
    servers 0 0
    # shellcheck disable=SC2046
    measure $(audit --from "$work/targets.$1")
    [ "$status" = 0 ] || tail -n 5 "$work/out" "$work/err"
    ours=$cpu
    local first=$peak
    stop_servers
    say "$1 targets: exit status" "$status" '' 0
    say "  questions per address / 2" "$(ratio "$questions" $((2 * $1)))" x 1.1
    say "  targets per CPU second" "$(awk -v n="$1" -v ms="$cpu" 'BEGIN { printf "%d", 1000 * n / ms }')" ''
    servers 0 0
    # shellcheck disable=SC2046
    measure $(audit --from "$work/targets.$many")
    stop_servers
    say "  peak memory, $many / $1 targets" "$(ratio "$peak" "$first")" x 1.1
    servers 0 "$([ "${2:-}" = short ] && echo 1000 || echo 2500)"
    # shellcheck disable=SC2046
    measure $(audit --jobs "$1" --from "$work/targets.$many")
    stop_servers
    say "  exit status, --jobs $1" "$status" '' 0
    say "  questions per address / 2, --jobs $1" "$(ratio "$questions" $((2 * many)))" x 1.1
    in_flight "$base" "$many" "$first"
    [ "${2:-}" = short ] || side_by_side "$1" "$ours"
}

# With slow greetings, 32 of each network of 250 targets are in flight.
in_flight() { # in_flight BASE-KB COUNT PEAK-KB
    local count=$(($2 * 32 / 250))
    [ "$count" -le "$(($2 / 4))" ] || count=$(($2 / 4))
    say "  memory per target, $count in flight" \
        "$(awk -v a="$peak" -v b="$1" -v n="$count" 'BEGIN { printf "%.1f", (a - b) / n }')" KB 8
}

side_by_side() { # side_by_side COUNT CPU-MS
    servers 0 0
    if has adnsresfilter; then
        cut -d' ' -f1 "$work/targets.$1" >"$work/addresses"
        measure bash -c "adnsresfilter --config 'nameserver $server' <'$work/addresses'"
        say "  CPU, adnsresfilter (PTR and A only) / namesake (all)" "$(ratio "$cpu" "$2")" x
    fi
    if has nmap; then
        head -n 500 "$work/targets.$1" | cut -d' ' -f1 >"$work/addresses"
        measure nmap -n -Pn -p25 --script banner -iL "$work/addresses"
        say "  CPU per target, nmap banner (SMTP only) / namesake (all)" \
            "$(awk -v a="$cpu" -v b="$2" -v n="$1" 'BEGIN { printf "%.2f", (a / 500) / (b / n) }')" x
    fi
    stop_servers
}

# instructions COMMAND...: how many it executes outside of the kernel.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null </dev/null |
        sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
}

count_instructions() {
    local few many
    has valgrind || return 0
    configure "$server" 30s
    targets 200
    targets 1200
    servers 0 0
    # shellcheck disable=SC2046
    few=$(instructions $(audit --from "$work/targets.200"))
    # shellcheck disable=SC2046
    many=$(instructions $(audit --from "$work/targets.1200"))
    stop_servers
    say "instructions per address, full audit" $(((many - few) / 1000)) '' 150000
    say "instructions of namesake version / of an empty program" \
        "$(ratio "$(instructions "$NAMESAKE" version)" "$(instructions "$TOOLS/bench_empty")")" x 1.5
}

odd_servers() { # odd_servers PLAIN-COUNT
    local smtp_limit_s=10
    targets "$1"
    odd_targets "$1" >"$work/deserved"
    # Odd ones among plain ones, always in the same order.
    shuf --random-source="$NAMESAKE" "$work/deserved" >"$work/mixed"
    cut -d' ' -f2- "$work/mixed" >"$work/list"
    configure "$server" "${smtp_limit_s}s"
    echo 'dns = { timeout = "1s"; tries = 5; };' >>"$work/namesake.conf"
    far_servers 10 1
    # shellcheck disable=SC2046
    measure $(audit --from "$work/list" -o json)
    stop_far_servers
    jq -r '.identities[] | .verdict + " " + .address + " " + .wanted' "$work/out" | sort >"$work/seen"
    sort "$work/mixed" | diff - "$work/seen" >"$work/wrong" || true
    say "wrong verdicts, 14 kinds of servers, 1 % of packets lost" "$(grep -c '^>' "$work/wrong" || true)" '' 0
    say "  targets without verdict" "$(($(wc -l <"$work/mixed") - $(wc -l <"$work/seen")))" '' 0
    head -n 5 "$work/wrong"
    # Tarpits and silent ones wait only for themselves.
    say "  time / the time limit of one greeting" "$(ratio "$wall" "$((1000 * smtp_limit_s))")" x
}

# sshd_up: the lab's sshd (tests/lab/packages.sh), at 127.0.0.1, for root with a key of this run.
sshd_up() {
    local root
    root=$("$top/tests/lab/packages.sh")/root
    mkdir -p /run/sshd "$work/.ssh"
    grep -q '^sshd:' /etc/passwd || {
        { cat /etc/passwd && echo 'sshd:x:593:65534::/run/sshd:/usr/sbin/nologin'; } >"$work/passwd"
        mount --bind "$work/passwd" /etc/passwd
    }
    ssh-keygen -q -t ed25519 -N '' -f "$work/host_key"
    ssh-keygen -q -t ed25519 -N '' -f "$work/.ssh/id_ed25519"
    echo "127.0.0.1 $(cut -d' ' -f1,2 "$work/host_key.pub")" >"$work/.ssh/known_hosts"
    printf '%s\n' "HostKey $work/host_key" "AuthorizedKeysFile $work/.ssh/id_ed25519.pub" \
        "ListenAddress 127.0.0.1" "StrictModes no" "PermitRootLogin yes" "UsePAM no" >"$work/sshd.conf"
    LD_LIBRARY_PATH=$root/usr/lib/x86_64-linux-gnu "$root/usr/sbin/sshd" -f "$work/sshd.conf" -D &
    children+=($!)
    sleep 0.5
}

# Everything through one login: each greeting and each name server is a channel of it.
from_a_vantage_point() { # from_a_vantage_point COUNT
    targets "$1"
    configure "$server" 30s
    servers 0 0
    sshd_up
    # shellcheck disable=SC2046
    HOME=$work measure $(audit --via root@127.0.0.1 --from "$work/targets.$1")
    [ "$status" = 0 ] || tail -n 5 "$work/out" "$work/err"
    stop_servers
    say "$1 targets through one SSH login: exit status" "$status" '' 0
    say "  greetings per second / 500" \
        "$(awk -v n="$1" -v ms="$wall" 'BEGIN { printf "%.2f", 1000 * n / ms / 500 }')" x
    say "  CPU per greeting" "$(awk -v n="$1" -v ms="$cpu" 'BEGIN { printf "%.2f", ms / n }')" ms
}

# soak_targets: for each round what it deserves, an address and the name it should carry: in order;
# greets with another name; has no PTR; is another host altogether (all sides differ).
soak_targets() {
    seq 0 "$(($1 - 1))" | awk '
        function name(a, b) { return sprintf("mail-198-%d-%d-%d.example.net", a, b, i % 250 + 1) }
        { i = $1; net = 20 + int(i / 250); d = i % 250 + 1 }
        i % 4 != 3 { printf "good 198.18.%d.%d %s\n", net, d, name(18, net); next }
        i % 12 == 3 { printf "banner 198.19.9.%d %s\n", d, name(19, 9) }
        i % 12 == 7 { printf "ptr 198.19.10.%d %s\n", d, name(19, 10) }
        i % 12 == 11 { printf "all 198.18.%d.%d %s\n", net, d, name(18, net + 1) }'
}

# soak_lies: of documents of identities, and of what they deserve, those that are not the truth:
# a fault of somebody in order; or a difference, seen for certain, that is not told.
soak_lies() { # soak_lies TARGETS <DOCUMENTS
    jq -rs --rawfile deserved "$1" '
        ([$deserved | split("\n")[] | select(. != "") | split(" ") |
            { key: (.[1] + " " + .[2]), value: .[0] }] | from_entries) as $deserved |
        map(.identities[]) | .[] | . as $it |
        ([.checks[] | { key: .check, value: .result }] | from_entries) as $check |
        $deserved[.address + " " + .wanted] as $deserves |
        (if $deserves == "good" then
             (.verdict == "not-aligned" or any(.findings[]; .severity == "fail" or .severity == "warn"))
         elif .verdict == "aligned" then true
         elif .verdict == "not-aligned" then false
         elif $deserves == "all" then any($check[]; . == "fail")
         else $check[$deserves] == "fail" or $check[$deserves] == "ok" end) as $lie |
        "\(if $lie then "LIE" else .verdict end) \($deserves) \(.address) \([.findings[].id] | join(" "))"'
}

# soak ROUNDS SINGLE: rounds against servers that fail, in a fleet and one by one.
soak() {
    soak_targets "$1" >"$work/deserved"
    cut -d' ' -f2- "$work/deserved" >"$work/list"
    configure "$server" 1s
    echo 'dns = { timeout = "1s"; tries = 1; };' >>"$work/namesake.conf"
    servers 0 0 2
    # shellcheck disable=SC2046
    measure $(audit --from "$work/list" -o json)
    mkdir -p "$work/single"
    # A round is a process, whose document is a file of its own.
    # shellcheck disable=SC2016 # for the inner shell
    shuf -n "$2" --random-source="$NAMESAKE" "$work/list" | xargs -P 8 -L 1 sh -c \
        '"$0" -c "$1" audit "$3" -n "$4" -o json >"$2/$3" 2>>"$2.err" || true' \
        "$NAMESAKE" "$work/namesake.conf" "$work/single"
    stop_servers
    cat "$work/out" "$work/single"/* | soak_lies "$work/deserved" >"$work/soaked"
    say "soak: rounds" "$(wc -l <"$work/soaked")" ''
    say "  rounds that are missing" "$(($1 + $2 - $(wc -l <"$work/soaked")))" '' 0
    say "  answers and conversations that failed" "$faults" ''
    say "  rounds without enough to judge" "$(grep -c '^unknown' "$work/soaked" || true)" ''
    say "  false findings, and differences that were lost" "$(grep -c '^LIE' "$work/soaked" || true)" '' 0
    say "  too few faults to prove anything" "$((faults < $1 / 50))" '' 0
    grep '^LIE' "$work/soaked" | head -n 10 || true
}

for part in "${@:-all}"; do
    case $part in
    soak) soak 4000 48 ;;
    one) one_host ;;
    fleet) fleet 10000 ;;
    odd) odd_servers 5000 ;;
    instructions) count_instructions ;;
    vantage) from_a_vantage_point 2000 ;;
    short)
        fleet 4000 short
        odd_servers 500
        count_instructions
        ;;
    all)
        one_host
        fleet 10000
        odd_servers 5000
        from_a_vantage_point 2000
        count_instructions
        ;;
    *) echo "there is no part $part: one, fleet, odd, vantage, instructions, soak, short" >&2 && exit 64 ;;
    esac
done
[ "$failed" = 0 ]
