# shellcheck shell=bash disable=SC2154
#
# expect.sh - the words that judge: what a command must answer, and what must
# not have changed. The first that does not hold ends the scenario. Sourced by
# functions.sh.

out=$LAB/out # standard output of the last command
err=$LAB/err # its standard error
said=$LAB/said # both of all commands so far

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

# A sentence of the scenario, with the second at which it begins.
sentence() { printf '\n%s  (%d s)\n' "$*" "$SECONDS"; }
given() { sentence Given "$@"; }
when() { sentence When "$@"; }
then_() { sentence Then "$@"; }

# run COMMAND...: keeps output, errors and status, and writes them to the log.
run() {
    STATUS=0
    printf '  $ %s\n' "$*"
    "$@" >"$out" 2>"$err" || STATUS=$?
    cat "$out" "$err" >>"$said"
    sed 's/^/  | /' "$out"
    sed 's/^/  ! /' "$err"
    printf '  = %s\n' "$STATUS"
}

# expect_exit N COMMAND...: N is a status, or several: "3 69".
expect_exit() {
    local wanted=$1
    shift
    run "$@"
    [[ " $wanted " == *" $STATUS "* ]] || fail "exit $STATUS instead of $wanted: $*"
}

# at_terminal ANSWER COMMAND...: runs it on a terminal and types ANSWER when it
# has asked for the word yes; what it showed is in $out.
at_terminal() {
    local answer=$1 command
    shift
    printf -v command '%q ' "$@"
    : >"$out"
    : >"$err"
    STATUS=0
    printf '  $ %s (on a terminal, answers %s)\n' "$*" "$answer"
    {
        wait_for 20 grep -qi 'yes' "$out" >&2
        printf '%s\n' "$answer"
    } | script -qefc "$command" "$out" >/dev/null || STATUS=$?
    sed 's/^/  | /' "$out"
    printf '  = %s\n' "$STATUS"
}

expect_out() { # expect_out TEXT
    grep -qF -- "$1" "$out" || fail "the output does not say: $1"
}

expect_no_out() {
    ! grep -qF -- "$1" "$out" || fail "the output says: $1"
}

expect_err() { # expect_err TEXT: however its lines are broken
    tr -s '[:space:]' ' ' <"$err" | grep -qF -- "$1" || fail "standard error does not say: $1"
}

expect_said() { # expect_said TEXT: on either of the two
    grep -qF -- "$1" "$out" "$err" || fail "neither output nor standard error says: $1"
}

json() { # json PATH: of the last output
    jq -r "$1" "$out" || fail "the output is no JSON"
}

expect_json() { # expect_json PATH VALUE
    local value
    value=$(json "$1")
    [ "$value" = "$2" ] || fail "$1 is '$value' instead of '$2'"
}

expect() { # expect WANTED COMMAND...: what a look at the world must show
    local wanted=$1 value
    shift
    value=$("$@") || true
    printf '  %s: %s\n' "$*" "$value"
    [ "$value" = "$wanted" ] || fail "$* shows '$value' instead of '$wanted'"
}

added_lines() { # added_lines OLD NEW: how many
    diff "$1" "$2" | grep -c '^>'
}

removed_lines() {
    diff "$1" "$2" | grep -c '^<'
}

# What the program may change, and what it may not: zones with their serials,
# the mail server's and the program's own files with inode and time.
world() {
    zones_text
    [ ! -d /etc/postfix ] || files_text /etc/postfix
    [ ! -d /etc/exim4 ] || files_text /etc/exim4 /var/lib/exim4
    files_text /etc/namesake
}

files_text() {
    find "$@" -type f -printf '%p inode %i mode %m owner %u time %T@\n' | sort
    find "$@" -type f -exec sha256sum {} + | sort -k 2
}

remember_world() {
    world >"$LAB/world"
}

nothing_changed() { # compared with the last remember_world
    world >"$LAB/world.now"
    diff -u "$LAB/world" "$LAB/world.now" || fail "something was changed"
    echo "  nothing was changed"
}

# The wish is fulfilled: applied once more, it changes nothing.
applied_already() {
    remember_world
    expect_exit 0 namesake apply --yes
    expect_out "No changes"
    nothing_changed
}

# No key of this run is in anything that was written: by any command of the scenario
# and by one more at its most talkative, in the state directory, in any log or plan.
no_secret_anywhere() {
    local key found
    run namesake -vv plan
    for key in "$LAB"/keys/* "$credentials"/*; do
        [ -s "$key" ] || continue
        found=$(grep -rlF -f "$key" "$said" "$state" /var/log /tmp "$LAB/log") || true
        [ -z "$found" ] || fail "the secret $(basename "$key") is in $found"
    done
    [ -s "$key" ] || fail "there was nothing to search for"
    [ -s "$said" ] || fail "there was nothing to search in"
    echo "  no secret was told or stored"
}

remember_state() { # the program's own state directory, without its lock
    files_text "$state" 2>/dev/null | grep -v '/lock ' >"$LAB/state" || true
}

no_new_state() { # compared with the last remember_state
    files_text "$state" 2>/dev/null | grep -v '/lock ' >"$LAB/state.now" || true
    diff -u "$LAB/state" "$LAB/state.now" || fail "the state directory was changed"
}

# --- The two states of the story ---------------------------------------------

expect_aligned_world() {
    expect_aligned_records
    expect_server "$NAME"
}

expect_aligned_records() {
    local server
    for server in 192.0.2.11 192.0.2.12; do
        expect "$V4" dns_show "$server" "$NAME" A
        expect "$V6" dns_show "$server" "$NAME" AAAA
    done
    for server in 198.51.100.11 198.51.100.12; do
        expect "$NAME." ptr_show "$server" "$V4"
        expect "$NAME." ptr_show "$server" "$V6"
    done
}

expect_greetings() { # expect_greetings NAME: over both families
    expect "$1" greeted_by "$V4"
    expect "$1" greeted_by "$V6"
}

expect_server() { # expect_server NAME: it is configured so, and says so
    expect "$1" server_name
    expect_greetings "$1"
}

expect_first_server() { # the files are the first ones, and what they say is live
    expect "" server_is_first
    expect_greetings "$OLD_NAME"
}

expect_broken_world() {
    expect_broken_records
    expect_first_server
}

expect_broken_records() {
    secondaries_follow
    expect "" dns_show 192.0.2.12 "$NAME" A
    expect "" dns_show 192.0.2.12 "$NAME" AAAA
    expect "$OLD_PTR4." ptr_show 198.51.100.12 "$V4"
    expect "$OLD_PTR6." ptr_show 198.51.100.12 "$V6"
}
