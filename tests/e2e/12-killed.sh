# shellcheck shell=bash disable=SC2154
# Scenario: killed at any moment, apply can be continued or undone

# True once main.cf is another file than the one that descriptor 7 holds open.
main_cf_replaced() {
    [ ! /etc/postfix/main.cf -ef /proc/$$/fd/7 ]
}

address_written() {
    [ -n "$(dns_show 192.0.2.11 "$NAME" A)" ]
}

ptr_written() {
    [ "$(ptr_show 198.51.100.11 "$V4")" = "$NAME." ]
}

a_moment() {
    sleep 0.05
}

# killed_when CONDITION: starts apply and kills it without warning at that point.
killed_when() {
    local pid
    exec 7</etc/postfix/main.cf
    namesake apply --yes >"$out" 2>"$err" </dev/null &
    pid=$!
    until "$1" || ! kill -0 "$pid" 2>/dev/null; do
        :
    done
    kill -KILL "$pid" 2>/dev/null || echo "  (it was done before it could be killed)"
    wait "$pid" 2>/dev/null || true
    exec 7<&-
    sed 's/^/  | /' "$out" "$err"
    wait_for 15 says_220 "$V4" || fail "Postfix does not serve"
}

for point in a_moment address_written ptr_written main_cf_replaced; do
    given "apply killed: $point"
    killed_when "$point"
    when "it is continued"
    if [ "$point" = a_moment ]; then
        # Nothing may have begun, and then there is nothing to continue.
        run namesake apply --continue
        expect_exit 0 namesake apply --yes
    else
        expect_exit 0 namesake apply --continue
    fi
    then_ "all is done"
    expect_aligned_world
    resolvers_forget
    expect_exit 0 namesake audit
    reset_identity
done

for point in address_written ptr_written main_cf_replaced; do
    given "apply killed: $point"
    killed_when "$point"
    when "it is rolled back"
    expect_exit 0 namesake rollback last --yes
    then_ "all is as it was"
    expect_broken_world
    reset_identity
done
