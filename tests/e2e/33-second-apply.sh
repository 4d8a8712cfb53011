# shellcheck shell=bash disable=SC2034,SC2154
# Scenario: a wish that is fulfilled costs no write and no read too many, however many addresses it has

# shellcheck source=tests/emulators/words.sh
source "$LAB_FOLDER/../emulators/words.sh"

# What a run starts, what it opens for writing, and what it makes or moves.
traced() { # traced COMMAND...
    expect_exit 0 strace -f -o /tmp/trace -e trace=execve,openat,mkdir,rename,renameat,linkat,unlinkat \
        "$@"
    expect_out "No changes"
    programs=$(grep -c ' execve(.* = 0$' /tmp/trace)
    writes=$(grep -E 'O_WRONLY|O_RDWR|mkdir\(|rename|linkat|unlinkat' /tmp/trace |
        grep -vE '/dev/|"/proc/|memfd|ENOENT|/usr/|/var/spool/' || true)
}

command -v strace >/dev/null || {
    echo "strace is not here to look at system calls"
    exit 77
}

given "a wish for two addresses, fulfilled"
vendors_reset cloudflare hetzner
expect_exit 0 namesake apply --yes
resolvers_forget
rm -rf "$state"
remember_world
remember_state
requests_forget

when "one of them is applied again"
traced namesake apply --yes -4
one=$programs
then_ "nothing is written, and no vendor is asked"
expect "" echo "$writes"
expect "0 0" echo "$(requests_of cloudflare) $(requests_of hetzner)"

when "both are, and again"
for turn in 1 2; do
    traced namesake apply --yes
    then_ "no program more is started for the second address (turn $turn)"
    expect "$one" echo "$programs"
    expect "" echo "$writes"
    expect "0 0" echo "$(requests_of cloudflare) $(requests_of hetzner)"
done
nothing_changed
no_new_state
