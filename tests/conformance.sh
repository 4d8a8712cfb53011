#!/usr/bin/env bash
#
# conformance.sh - holds the program and the emulated vendors to what the vendors
# publish: Prism (npm) stands between them and checks each request and each answer
# against the vendor's OpenAPI description, and Hetzner's own client hcloud drives
# the emulator. In the lab, like the scenarios; tests/e2e/conformance.sh is what is run.
#
# The descriptions are not part of this project: NAMESAKE_SPECS names their folder,
# ../shared/specs by default. Exit 77 and one line when something is not to be had.

set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
specs=${NAMESAKE_SPECS:-$top/../shared/specs}

skip() {
    echo "skipped: $*"
    exit 77
}

# Once; later runs work off line.
get_prism() {
    [ ! -x "$tools/prism/node_modules/.bin/prism" ] || return 0
    rm -rf "$tools/prism"
    npm install --silent --no-audit --no-fund --prefix "$tools/prism" @stoplight/prism-cli@5
}

get_hcloud() {
    [ ! -x "$tools/hcloud/usr/bin/hcloud" ] || return 0
    rm -rf "$tools/hcloud"
    mkdir -p "$tools/hcloud"
    (cd "$tools/hcloud" && apt-get -q -o APT::Sandbox::User=root download hcloud-cli) &&
        dpkg-deb --extract "$tools"/hcloud/*.deb "$tools/hcloud"
}

for file in hetzner-cloud.json cloudflare.json; do
    [ -r "$specs/$file" ] || skip "there is no $specs/$file"
done
command -v npm >/dev/null || skip "npm is not here to get Prism"
cache=$("$top/tests/lab/packages.sh")
tools=$cache/conformance
get_prism || skip "npm could not get Prism"
get_hcloud || skip "Debian's mirror has no hcloud-cli"

LAB_SPECS=$(realpath "$specs")
export LAB_SPECS LAB_TOOLS=$tools
exec "$top/tests/e2e/run.sh" "$top/tests/e2e/conformance.sh"
