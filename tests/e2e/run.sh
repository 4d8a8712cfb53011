#!/usr/bin/env bash
#
# run.sh [SCENARIO[@SERVER]...] - runs the real program against the real servers
# of the lab, a fresh lab for each scenario file (all of tests/e2e/NN-name.sh, or
# those named by number, name or path). A file whose head says "# On: SERVER..."
# runs once for each of these (tests/lab/server.sh), or for the one named; "# Long: yes"
# lets it begin early. One line a scenario, the end of the log of what failed, and a count at the
# end. What fails among others is run once more, alone, since a machine that stalls for seconds is
# no defect of the program: if it passes then, it is named as unsteady, with the log of its failure.
# Scenario files say what they expect in the words of tests/lab/functions.sh and expect.sh.
#
# NAMESAKE=FILE    the program, default build/release/namesake
# NAMESAKE_JOBS=N  labs at once, default two a processor
# NAMESAKE_KEEP=DIR  keeps every scenario's log there

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
# shellcheck source=tests/lab/messages.sh
source "$top/tests/lab/messages.sh"

limit=${NAMESAKE_LIMIT:-1200} # seconds for one scenario; one that hangs has failed
jobs_at_once=${NAMESAKE_JOBS:-$((2 * $(nproc)))} # most of a scenario is waiting
export NAMESAKE=${NAMESAKE:-$top/build/release/namesake}

scenario_files() { # scenario_files [SCENARIO...]
    local wanted
    [ $# -gt 0 ] || {
        printf '%s\n' "$here"/[0-9][0-9]-*.sh
        return
    }
    for wanted; do
        if [ -f "$wanted" ]; then
            realpath "$wanted"
        else
            compgen -G "$here/$wanted*.sh" || compgen -G "$here/[0-9][0-9]-$wanted*.sh" ||
                complain 64 "there is no scenario $wanted" "no file of $here is called so" "you" \
                    "ls $here"
        fi
    done
}

# FILE@SERVER of each run, one a line.
scenario_runs() { # scenario_runs [SCENARIO[@SERVER]...]
    local wanted file server servers
    [ $# -gt 0 ] || set -- ''
    for wanted; do
        # shellcheck disable=SC2086 # nothing for all of them
        for file in $(scenario_files ${wanted%@*}); do
            servers=$(sed -n 's/^# On: //p' "$file")
            [[ $wanted != *@* ]] || servers=${wanted#*@}
            for server in ${servers:-postfix}; do
                echo "$file@$server"
            done
        done
    done
}

# Those that take longest begin first, so that none is left alone at the end.
long_first() {
    local run
    while read -r run; do
        if grep -q '^# Long: yes' "${run%@*}"; then echo "1 $run"; else echo "2 $run"; fi
    done | sort --stable --key=1,1 | cut -d' ' -f2-
}

title_of() { # title_of FILE@SERVER
    local title
    title=$(sed -n 's/^# Scenario: //p' "${1%@*}" | head -n 1)
    [ "${1##*@}" = postfix ] || title+=" [${1##*@}]"
    echo "$title"
}

# Inside the lab: the words, a picture of the world, then the scenario itself.
# shellcheck disable=SC2016
body='set -Eeuo pipefail
    trap '\''echo "FAILED: $BASH_COMMAND (line $LINENO)"'\'' ERR
    source "$LAB_FOLDER/functions.sh"
    mail_server "$2"
    remember_world
    remember_state
    source "$LAB/source/tests/e2e/$1"'

# start_lab FILE@SERVER LOG: in the background. Each process of the chain goes when the
# one above it does. Scenarios send the signals that a shell has background work
# ignore, so those are put back.
start_lab() {
    env --default-signal setpriv --pdeathsig KILL \
        timeout --foreground --signal=KILL "$limit" setpriv --pdeathsig KILL \
        bash "$top/tests/lab/enter.sh" bash -c "$body" - "$(basename "${1%@*}")" "${1##*@}" \
        >"$2" 2>&1 </dev/null &
}

report() { # report STATUS FILE@SERVER LOG SECONDS
    local title
    title=$(title_of "$2")
    case $1 in
    0)
        passed=$((passed + 1))
        printf 'ok   %s  (%s s)\n' "$title" "$4"
        ;;
    77)
        skipped=$((skipped + 1))
        printf 'skip %s: %s\n' "$title" "$(tail -n 1 "$3")"
        ;;
    *)
        failures+=("$2")
        printf 'FAIL %s  (%s s, status %s, tests/e2e/%s)\n' "$title" "$4" "$1" "$(basename "$2")"
        [ "$1" != 137 ] || echo "     it was ended because it took more than $limit s"
        tail -n 40 "$3" | sed 's/^/     /'
        ;;
    esac
}

# Each that failed, alone: the first failure is told anyway.
run_failures_again() {
    local -a first=("${failures[@]}")
    local run
    failures=()
    for run in "${first[@]}"; do
        echo "once more, alone: $(basename "$run")"
        run_one "$run"
    done
    failed=${#failures[@]}
    unsteady=$((${#first[@]} - failed))
    for run in "${failures[@]}"; do
        echo "failed twice: $(basename "$run")"
    done
}

run_one() { # run_one FILE@SERVER
    local status=0 begun=$SECONDS log=$logs/again
    start_lab "$1" "$log"
    wait $! || status=$?
    report "$status" "$1" "$log" $((SECONDS - begun))
}

run_all() {
    local -a pids=() started=() status=() took=()
    local next=0 done=0 running=0 i
    while [ "$done" -lt "${#files[@]}" ]; do
        while [ "$next" -lt "${#files[@]}" ] && [ "$running" -lt "$jobs_at_once" ]; do
            start_lab "${files[next]}" "$logs/$next"
            pids[next]=$!
            started[next]=$SECONDS
            next=$((next + 1))
            running=$((running + 1))
        done
        wait_for_one
        while [ -n "${status[done]:-}" ]; do # in order, as soon as it is its turn
            report "${status[done]}" "${files[done]}" "$logs/$done" "${took[done]}"
            done=$((done + 1))
        done
    done
}

# Uses the arrays of run_all.
wait_for_one() {
    local ended state=0
    wait -n -p ended "${pids[@]}" || state=$?
    for i in "${!pids[@]}"; do
        [ "${pids[i]}" = "$ended" ] || continue
        status[i]=$state
        took[i]=$((SECONDS - started[i]))
        unset "pids[i]"
    done
    running=$((running - 1))
}

keep_logs() {
    local i
    [ -n "${NAMESAKE_KEEP:-}" ] || return 0
    mkdir -p "$NAMESAKE_KEEP"
    for i in "${!files[@]}"; do
        cp "$logs/$i" "$NAMESAKE_KEEP/$(basename "${files[i]/.sh@/@}").log"
    done
}

list=$(scenario_runs "$@" | long_first)
mapfile -t files <<<"$list"
if [ ! -x "$NAMESAKE" ]; then
    # The lab can be tried before there is a program to put into it.
    [ "$(basename "${files[*]}")" = 00-lab.sh@postfix ] ||
        complain 69 "there is no program $NAMESAKE" "these scenarios run the real program" "you" \
            "cmake --preset release && cmake --build --preset release"
    unset NAMESAKE
fi
"$top/tests/lab/enter.sh" true # says what this machine lacks, once
cache=$("$top/tests/lab/packages.sh")
# What a killed run left here an hour ago or more is of no use to anybody.
find "$cache" -maxdepth 1 -name 'logs.*' -mmin +60 -exec rm -rf {} +
logs=$(mktemp -d "$cache/logs.XXXXXX")
trap 'rm -rf "$logs"' EXIT

passed=0 failed=0 skipped=0 unsteady=0 failures=()
run_all
keep_logs
run_failures_again
[ "$unsteady" = 0 ] || echo "unsteady: $unsteady of them failed at first and passed alone"
printf 'e2e: %d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
