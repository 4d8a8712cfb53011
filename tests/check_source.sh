#!/bin/sh
# Layers, forbidden functions and sizes of the source, as the README's tour describes them.
# Usage: tests/check_source.sh [FOLDER]
set -eu
cd "${1:-$(dirname "$0")/..}"
failed=0

complain() {
    printf '%s\n' "$1" >&2
    failed=1
}

# may FOLDER-PATTERN ALLOWED-REGEX: every include of ours in these files matches the expression.
may() {
    pattern=$1 allowed=$2
    # shellcheck disable=SC2086  # the pattern is a glob
    bad=$(grep -nE '^#include "' $pattern | grep -vE "#include \"($allowed)\"" || true)
    [ -z "$bad" ] || complain "included across layers:
$bad"
}

may 'agent/base/*.[ch]' 'agent/base/[a-z_]+\.h'
may 'agent/net/*.[ch]' 'agent/(base|net)/[a-z_]+\.h'
may 'providers/*.[ch]' 'agent/base/[a-z_]+\.h|agent/net/(http|dns|dns_update)\.h|providers/(provider|cloudflare|hetzner_cloud)\.h'
may 'mta/*.[ch]' 'agent/base/[a-z_]+\.h|agent/net/host\.h|mta/[a-z_]+\.h'
may 'agent/*.[ch]' 'agent/(base/|net/)?[a-z_]+\.h|providers/provider\.h|mta/mta\.h'
for pure in agent/audit*.[ch] agent/catalog.[ch] agent/facts*.[ch] agent/generic*.[ch] \
    agent/header_*.[ch] agent/headers.[ch] agent/headers_report.[ch] agent/log_evidence.[ch] \
    agent/plan*.[ch] agent/template.[ch] agent/report*.[ch]; do
    may "$pure" 'agent/base/[a-z_]+\.h|agent/[a-z_]+\.h|providers/provider\.h|mta/mta\.h'
done

# Only host_open.c knows that a machine may be reached over SSH.
bad=$(grep -nE 'agent/net/host_ssh\.h' agent/*.[ch] agent/*/*.[ch] providers/*.[ch] mta/*.[ch] |
    grep -vE '^agent/net/host_(ssh[a-z_]*|open)\.[ch]:' || true)
[ -z "$bad" ] || complain "known outside its registry:
$bad"

# Nor does anybody but via_open.c know how a viewpoint is reached.
bad=$(grep -nE 'agent/net/(ssh|via_ssh)\.h' agent/*.[ch] agent/*/*.[ch] providers/*.[ch] mta/*.[ch] |
    grep -vE '^agent/net/(host_ssh[a-z_]*|ssh[a-z_]*|via_ssh|via_open)\.[ch]:' || true)
[ -z "$bad" ] || complain "SSH is known outside its registries:
$bad"

# Only one file of a layer knows the vendors and the mail servers by name.
for registry in providers mta; do
    bad=$(grep -nE "extern const struct (provider|mta) (provider|mta)_[a-z0-9]+;" \
        agent/*.[ch] $registry/*.h 2>/dev/null | grep -v '_all' || true)
    [ -z "$bad" ] || complain "known outside its registry:
$bad"
done

# words FILE...: code lines, without comments and includes, with their file and line.
words() {
    grep -nE '' "$@" | grep -vE '^[^:]+:[0-9]+:( *\*|/\*|#include)' |
        sed -E 's,/\*.*,,; s,^([^:]+:[0-9]+:) *\* .*,\1,'
}

# A mail server is known to its own files, its registry and the build; it tells the rest by its
# struct. Exceptions: what others write (Received lines in header_received.c, logs that somebody
# hands over in log_evidence.c), words and paths that are data (facts.c, generic_data.c, panel.c),
# and the reader of master.cf (master_edit.c).
settings='primary_hostname|helo_data|smtp_banner|myhostname|smtpd_banner|smtp_helo_name|postconf|main\.cf'
bad=$(words agent/*.[ch] agent/*/*.[ch] providers/*.[ch] mta/*.[ch] templates/* |
    grep -iE "exim|postfix|$settings" |
    grep -vE '^mta/(exim|postfix|registry)[a-z_]*\.[ch]:|^mta/(master_edit|panel)\.c:' |
    grep -vE '^agent/(header_received|log_evidence|facts|generic_data)\.c:' || true)
[ -z "$bad" ] || complain "a mail server is known outside its own files:
$bad"

# The same for a machine that is reached over SSH. Exceptions: the name of the option, of the key
# and of the error (interface sections 3 and 9), the address behind them ("ssh"), and commands for
# people.
bad=$(words agent/*.[ch] agent/*/*.[ch] providers/*.[ch] mta/*.[ch] |
    grep -vE '^agent/net/(host_ssh|via_ssh|ssh)[a-z_]*\.[ch]:|^agent/net/(host|via)_open\.c:' |
    grep -vE '^agent/(options|options_again|config_table|trace_command|generic_data[a-z_]*|base/error)\.[ch]:' |
    sed -E 's/ERR_SSH_FAILED//g; s/(->|\.|\*|[ (])ssh([^a-z_0-9]|$)/\1\2/g' |
    grep -iE 'ssh' || true)
[ -z "$bad" ] || complain "SSH is known outside its own files:
$bad"

forbidden='strcpy|strcat|sprintf|vsprintf|strncpy|strtok|atoi|gets|system|popen|alloca|rand|setjmp|gethostbyname|getaddrinfo'
# One look-up is no observation: the name of a machine that an operator has us log in to.
bad=$(grep -nE "(^|[^_[:alnum:]])($forbidden)\(" agent/*.c agent/*/*.c providers/*.c mta/*.c |
    grep -v '^agent/net/ssh_connect\.c:[0-9]*:.* = getaddrinfo(host, NULL, ' || true)
[ -z "$bad" ] || complain "forbidden functions:
$bad"
bad=$(grep -nE '(^|[^_[:alnum:]])(malloc|calloc|realloc|reallocarray)\(' agent/*.c agent/*/*.c \
    providers/*.c mta/*.c | grep -v '^agent/base/mem.c' || true)
[ -z "$bad" ] || complain "allocation outside agent/base/mem.c:
$bad"
bad=$(grep -nE '(^|[^_[:alnum:]])strto(l|ul|ll|ull)\(' agent/*.c agent/*/*.c providers/*.c mta/*.c |
    grep -v '^agent/base/str.c' || true)
[ -z "$bad" ] || complain "numbers read outside agent/base/str.c:
$bad"

# Only the edges exit.
bad=$(grep -nE '(^|[^_[:alnum:]])(exit|abort)\(' agent/*.c agent/*/*.c providers/*.c mta/*.c |
    grep -vE '^agent/(main|base/mem)\.c' || true)
[ -z "$bad" ] || complain "exits outside main.c and mem.c:
$bad"

for file in agent/*.[ch] agent/*/*.[ch] providers/*.[ch] mta/*.[ch]; do
    lines=$(wc -l <"$file")
    [ "$lines" -le 500 ] || complain "$file has $lines lines; 500 is the limit"
    [ "$(head -c 2 "$file")" = "/*" ] || complain "$file does not begin with a line of purpose"
done

exit $failed
