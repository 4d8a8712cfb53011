# shellcheck shell=bash disable=SC2016,SC2154
# Scenario: before each write the old value is on disk and synced, for the case of a power cut

# Reads a trace: every update and every swap of a file has a line of its own in the journal, which
# was synced before. Prints what has not, and the counts.
judge='
    /write\(.*journal\.jsonl>/ { unsynced = 1; began += /event\\":\\"begin/ }
    /fsync\(.*journal\.jsonl>/ { unsynced = 0 }
    /sendto\(.*"\\x..\\x..\\x..\\x..\\x28/ { updates++; look("an update") }
    /renameat\(.*"main\.cf"\)/ { swaps++; look("a swap") }
    function look(what) {
        if (unsynced || began < updates + swaps) print what " comes before its record"
    }
    END { print updates + 0 " updates, " swaps + 0 " swap, " began + 0 " records" }'

command -v strace >/dev/null || {
    echo "strace is not here to look at system calls"
    exit 77
}

given "records of each kind and a mail server that are to be set"
expect_exit 0 strace -o /tmp/trace -y -x -s 4096 -e trace=write,fsync,sendto,renameat \
    namesake apply --yes
then_ "each record of an old value was on disk first"
expect "4 updates, 1 swap, 5 records" awk "$judge" /tmp/trace
then_ "so was the copy of the old file, with its name"
expect 1 awk '/fsync\(.*backup-5/ && !swapped { n++ } /renameat\(.*"main\.cf"\)/ { swapped = 1 }
    END { print n + 0 }' /tmp/trace
