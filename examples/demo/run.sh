#!/usr/bin/env bash
#
# run.sh - the demo: builds namesake and lets it repair, prove and undo a broken
# mail server before your eyes, in a laboratory of real servers that exists only
# while it runs. For a fresh Debian 12, as root. The exit status is 0 only if
# everything comes out as the story says, so this is a test as well.
#
# NAMESAKE=FILE shows that program instead of building one.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# shellcheck source=tests/lab/messages.sh
source "$top/tests/lab/messages.sh"
# shellcheck source=tests/prepare.sh
source "$top/tests/prepare.sh"

announce() {
    cat <<'END'
This builds namesake and lets it repair a broken mail server in a laboratory of
real Postfix, Knot, NSD and Unbound servers, in network namespaces that nothing
outside can reach. Your own mail server, name servers and settings are not
touched; what stays are the build, the packages that it needs, and up to 100 MB
of unpacked Debian packages in a cache folder.
END
}

[ "$(id -u)" = 0 ] || complain 77 "the demo has to be started by root" \
    "it installs build packages and makes network namespaces; nothing of it stays running" \
    "root" "sudo $0"
announce
cd "$top"
if [ -z "${NAMESAKE:-}" ]; then
    need_packages "${build_packages[@]}"
    echo "Building namesake (cmake --preset release && cmake --build --preset release)"
    build release
fi
export NAMESAKE=${NAMESAKE:-$top/build/release/namesake}

echo
status=0
"$top/tests/lab/enter.sh" bash examples/demo/story.sh || status=$?
echo
if [ "$status" = 0 ]; then
    echo "The laboratory is gone: no process, mount, namespace or setting was left behind."
else
    echo "The demo did not come out as it should (status $status)." >&2
fi
exit "$status"
