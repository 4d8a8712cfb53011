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

build_packages=(cmake ninja-build gcc libc6-dev pkg-config check libcurl4-openssl-dev libjansson-dev
    libconfig-dev libssh2-1-dev libc-ares-dev libldns-dev libssl-dev)

announce() {
    cat <<'END'
This builds namesake and lets it repair a broken mail server in a laboratory of
real Postfix, Knot, NSD and Unbound servers, in network namespaces that nothing
outside can reach. Your own mail server, name servers and settings are not
touched; what stays are the build, the packages that it needs, and up to 100 MB
of unpacked Debian packages in a cache folder.
END
}

missing_packages() {
    local package
    for package in "${build_packages[@]}"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
            echo "$package"
    done
}

# quietly COMMAND...: shows what it printed only when it fails.
quietly() {
    "$@" >"$log" 2>&1 </dev/null && return
    tail -n 30 "$log" >&2
    return 1
}

install_packages() { # install_packages PACKAGE...
    echo "Installing what is needed to build it: $*"
    export DEBIAN_FRONTEND=noninteractive
    # The lists of a fresh machine are empty or old; new ones are fetched only then.
    apt-get install -y --no-install-recommends "$@" >"$log" 2>&1 </dev/null && return
    quietly apt-get update && quietly apt-get install -y --no-install-recommends "$@" && return
    complain 69 "cannot install the packages that the build needs" \
        "apt-get says the lines above" "you" "apt-get update && apt-get install $*"
}

build() {
    local missing configure=(--preset release)
    mapfile -t missing < <(missing_packages)
    [ "${#missing[@]}" = 0 ] || install_packages "${missing[@]}"
    echo "Building namesake (cmake --preset release && cmake --build --preset release)"
    cd "$top"
    [ -f CMakePresets.json ] || configure=(-S . -B build/release -DCMAKE_BUILD_TYPE=Release)
    quietly cmake "${configure[@]}" && quietly cmake --build build/release --parallel && return
    complain 69 "namesake could not be built" \
        "the compiler says the lines above" "the authors, if this is Debian 12" \
        "cmake --preset release && cmake --build --preset release"
}

[ "$(id -u)" = 0 ] || complain 77 "the demo has to be started by root" \
    "it installs build packages and makes network namespaces; nothing of it stays running" \
    "root" "sudo $0"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
announce
[ -n "${NAMESAKE:-}" ] || build
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
