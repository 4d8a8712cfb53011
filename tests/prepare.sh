# shellcheck shell=bash disable=SC2034
#
# prepare.sh - gets what a build or a check needs from Debian, once. Sourced by
# tests/run.sh and examples/demo/run.sh; wants messages.sh of the lab.

build_packages=(cmake ninja-build gcc libc6-dev pkg-config check libjansson-dev libconfig-dev
    libc-ares-dev libcurl4-openssl-dev libldns-dev libssh2-1-dev libssl-dev)
check_packages=(clang clang-format clang-tidy libclang-rt-dev iproute2 jq
    python3-jsonschema shellcheck valgrind)

# quietly COMMAND...: shows what it printed only when it fails.
quietly() {
    local said
    said=$("$@" 2>&1 </dev/null) && return
    tail -n 40 <<<"$said" >&2
    return 1
}

missing_packages() { # missing_packages PACKAGE...
    local package
    for package; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q ' installed$' ||
            echo "$package"
    done
}

need_packages() { # need_packages PACKAGE...: installs the ones that are not there
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" != 0 ] || return 0
    echo "Installing what is needed: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    # The lists of a fresh machine are empty or old; new ones are fetched only then.
    apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 </dev/null && return
    quietly apt-get update && quietly apt-get install -y --no-install-recommends "${missing[@]}" &&
        return
    complain 69 "cannot install the packages that are needed" \
        "apt-get says the lines above" "you" "apt-get update && apt-get install ${missing[*]}"
}

build() { # build PRESET
    quietly cmake --preset "$1" && quietly cmake --build --preset "$1" && return
    complain 69 "namesake could not be built (preset $1)" \
        "the compiler says the lines above" "the authors, if this is Debian 12 or newer" \
        "cmake --preset $1 && cmake --build --preset $1"
}
