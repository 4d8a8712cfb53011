#!/usr/bin/env bash
#
# run.sh - passes the tests, as root on Debian 12 or newer: installs what is
# missing, builds, runs the unit tests and the real servers of the lab, and
# ends with one line of counts.
#
#   tests/run.sh          the tests
#   tests/run.sh --full   also GCC and Clang with warnings as errors, the sanitizers, the
#                         fuzz targets for a moment, clang-format, clang-tidy, shellcheck

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lab/messages.sh
source "$top/tests/lab/messages.sh"
# shellcheck source=tests/prepare.sh
source "$top/tests/prepare.sh"

[ "$(id -u)" = 0 ] || complain 77 "the tests have to be started by root" \
    "they install build packages and make network namespaces; nothing of it stays running" \
    "root" "sudo $0 $*"
case "${1:-}" in
'' | --full) ;;
*) complain 64 "there is no option $1" "tests/run.sh takes nothing, or --full" "you" "$0 --full" ;;
esac

cd "$top"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
passed=0 failed=0 skipped=0

# count NAME COMMAND...: one check, one line. Status 77 is what cannot be checked here.
count() {
    local name=$1 start=$SECONDS status=0
    shift
    "$@" >"$log" 2>&1 </dev/null || status=$?
    case $status in
    0)
        passed=$((passed + 1))
        printf 'ok   %s  (%s s)\n' "$name" "$((SECONDS - start))"
        ;;
    77)
        skipped=$((skipped + 1))
        printf 'skip %s: %s\n' "$name" "$(tail -n 1 "$log")"
        ;;
    *)
        failed=$((failed + 1))
        printf 'FAIL %s  (%s s)\n' "$name" "$((SECONDS - start))"
        tail -n 60 "$log" | sed 's/^/     /'
        ;;
    esac
}

# unit_tests PRESET: every program of ctest counts; one that fails beside others is run once more.
unit_tests() {
    local total bad
    echo "Unit tests ($1)"
    ctest --preset "$1" -j "$(nproc)" --repeat until-pass:2 >"$log" 2>&1 </dev/null || true
    total=$(sed -n 's/.* tests failed out of \([0-9]*\)$/\1/p' "$log" | tail -n 1)
    bad=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log" | tail -n 1)
    if [ -z "$total" ] || [ "$total" = 0 ]; then
        total=1 bad=1
    fi
    [ "$bad" = 0 ] || tail -n 80 "$log"
    sed -n 's/^.*Test *#[0-9]*: \([a-z0-9_]*\) .*Failed.*/     \1 failed at least once/p' "$log" | sort -u
    echo "     $((total - bad)) of $total programs pass"
    passed=$((passed + total - bad)) failed=$((failed + bad))
}

real_servers() {
    local counts=''
    echo "Real servers: Postfix, Knot, NSD and Unbound in a lab of namespaces"
    count "the lab leaves nothing behind, however it ends" tests/lab/leaves_nothing.sh
    NAMESAKE=$top/build/$1/namesake tests/e2e/run.sh 2>&1 </dev/null | tee "$log" || true
    counts=$(sed -n 's/^e2e: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped$/\1 \2 \3/p' "$log")
    [ -n "$counts" ] || counts='0 1 0'
    # shellcheck disable=SC2086  # three numbers
    set -- $counts
    passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

formatted() {
    git ls-files '*.c' '*.h' | xargs clang-format --dry-run --Werror
}

# One file a call, so that a finding names its file and memory stays small.
tidy() {
    git ls-files 'agent/*.c' 'providers/*.c' 'mta/*.c' |
        xargs -P "$(nproc)" -n 1 clang-tidy -p build/clang --quiet
}

shell_scripts() {
    git ls-files '*.sh' .ci/run | xargs shellcheck -x
}

fuzz_one() { # fuzz_one NAME
    mkdir -p "build/fuzz/found/$1"
    local said="build/fuzz/found/$1.log"
    "build/fuzz/tests/$1" -max_total_time=5 "build/fuzz/found/$1" \
        "tests/fuzz/corpus/${1#fuzz_}" >"$said" 2>&1 && return
    echo "$1 found something:"
    tail -n 40 "$said"
    return 255 # which ends xargs
}

fuzz_briefly() {
    cmake --preset fuzz && cmake --build --preset fuzz
    export -f fuzz_one
    find tests/fuzz -name 'fuzz_*.c' -printf '%f\n' | sed 's/\.c$//' | sort |
        xargs -P "$(nproc)" -I {} bash -c 'fuzz_one {}'
}

need_packages "${build_packages[@]}"
if [ "${1:-}" = --full ]; then
    need_packages "${check_packages[@]}"
    count "GCC, every warning an error" build gcc
    count "Clang, every warning an error" build clang
    count "AddressSanitizer and UndefinedBehaviorSanitizer" build sanitize
    export NAMESAKE=$top/build/gcc/namesake
    unit_tests gcc
    unit_tests sanitize
    count "clang-format has nothing to say" formatted
    count "shellcheck has nothing to say" shell_scripts
    count "clang-tidy has nothing to say" tidy
    count "fuzz targets survive five seconds each" fuzz_briefly
    count "questions, memory, instructions and verdicts of a fleet are within limits" \
        tests/bench/run.sh short
    sed 's/^/     /' "$log"
    count "4,000 looks at servers that fail at times tell nothing that is not so" \
        tests/bench/run.sh soak
    sed 's/^/     /' "$log"
    real_servers gcc
    count "vendors' own descriptions and client agree" tests/conformance.sh
else
    count "build" build release
    unit_tests release
    real_servers release
fi

printf '\n%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
