# shellcheck shell=bash disable=SC2154
# Scenario: a viewpoint that cannot be reached, or breaks, is told and not counted

given "an aligned mail host, and a viewpoint that shows another host key than the known one"
make_aligned
viewpoint_up
known=$(cat "$LAB/home/.ssh/known_hosts")
sed "s# ssh-ed25519 .*# $(cut -d ' ' -f 1,2 "$LAB/home/.ssh/id_ed25519.pub")#" -i \
    "$LAB/home/.ssh/known_hosts"
when "it is verified from both places"
expect_exit 0 namesake verify --via fra --passes 1 --window 3s
then_ "this place counts, and why the other does not is told"
expect_said "not counted: fra: cannot log in to root@$OUT2 over SSH"
expect_said "ssh-keygen -R $OUT2"
expect_out "Aligned, seen from here."
expect_exit 0 namesake verify --via fra --passes 1 --window 3s -o json
expect_json '[.vantages[] | .vantage, .reached] | join(" ")' "here true fra false"
when "only that place is asked"
expect_exit 3 namesake audit --via fra "$V4"
then_ "nothing is said of the address"
expect_out "Not seen from fra"
expect_no_out "ALIGNED"
echo "$V4" >/tmp/fleet
expect_exit 69 namesake audit --from /tmp/fleet --via fra
expect_err "[ssh-failed]"
echo "$known" >"$LAB/home/.ssh/known_hosts"

given "a fleet of which some addresses never answer, seen through one login"
for i in {1..30}; do
    echo "$V4 $NAME"
    [ $((i % 10)) != 0 ] || echo "192.0.2.$((200 + i)) $NAME"
done >/tmp/fleet
for address in 192.0.2.210 192.0.2.220 192.0.2.230; do # the router believes in a machine there
    nsenter --net=/proc/1/ns/net ip neigh add "$address" lladdr 02:00:00:00:00:01 dev br-isp
done
when "it is audited through the viewpoint"
expect_exit "2 3" namesake audit --from /tmp/fleet --via fra -o jsonl
then_ "nobody waits for those"
expect 30 grep -c '"verdict":"aligned"' "$out"

given "sshd that ends in the middle of a verification"
(
    sleep 4
    kill "$(cat "$LAB/out2/sshd.pid")"
    pkill -f '^sshd(-session)?: root' || true
) &
when "it goes on"
expect_exit "0 3" namesake verify --via fra --passes 4 --interval 2s --window 30s
wait
then_ "the loss is told, and this machine's own view stands"
expect_said "not counted: fra"
expect_out "Aligned, seen from here."
