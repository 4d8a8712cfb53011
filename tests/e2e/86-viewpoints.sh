# shellcheck shell=bash disable=SC2154
# Scenario: what is aligned here is looked at from another network, too

rounds=(--passes 1 --interval 1s --window 3s)

given "an aligned mail host, and another machine that lets us log in"
make_aligned
viewpoint_up
when "it is verified from both places"
expect_exit 0 namesake verify --via fra "${rounds[@]}"
then_ "both agree, and all servers count in each"
expect_out "Aligned, seen from here and fra."
expect_said "resolvers 4/4"
expect_exit 0 namesake verify --via fra "${rounds[@]}" -o json
expect_json '[.vantages[] | .vantage, .reached] | join(" ")' "here true fra true"
expect_json '[.identities[].checks[].seen // [] | .[].vantage] | unique | join(" ")' "fra here"
expect_json '[.identities[] | (.vantage // "here") + " " + .verdict] | unique | join(", ")' \
    "fra aligned, here aligned"
when "only the other place looks, which is named by where it is"
expect_exit 0 namesake audit --via "root@$OUT2" "$V4" -o json
then_ "its view is the report, greeting included, over TCP alone"
expect_json '[.identities[].checks[].seen // [] | .[].vantage] | unique | join(" ")' "root@$OUT2"
expect_json '.identities[0].checks[] | select(.check == "banner") | .found[0]' "$NAME"
expect_json '.summary' "1 address: 1 aligned, 0 not aligned, 0 unknown"

when "that place lets nobody out to port 25"
viewpoint_without_port_25
expect_exit 0 namesake audit --via fra "$V4"
then_ "the mail server is not called unreachable, and only --strict is not content"
expect_exit 3 namesake audit --via fra --strict "$V4"
expect_out "port 25 may be closed from fra"
expect_no_out "refuses connections"
expect_exit 0 namesake verify --via fra "${rounds[@]}"
viewpoint_with_port_25
when "port 25 is open and another target greets, but this one does not listen"
postfix stop >/dev/null 2>&1
expect_exit "2 3" namesake audit --via fra --strict "$V4" "$OUT2_V4" -o json
postfix_restart
then_ "the greeting of the one makes the other's silence count"
expect_json '[.identities[] | select(.address == "'"$V4"'") | .findings[] |
    select(.id == "banner-unreachable") | .summary] | join("")' "port 25 of $V4 refuses connections"

given "a network that shows that place an old copy of the hoster's zones"
viewpoint_lied_to
when "the host is verified from both places"
expect_exit 2 namesake verify --via fra "${rounds[@]}"
then_ "the place that differs is named, with what it sees"
expect_said "seen from fra"
expect_said "$OLD_PTR4"
expect_said "Next: namesake audit --via fra"
expect_exit 2 namesake verify --via fra "${rounds[@]}" --json
expect_json '[.identities[] | (.vantage // "here") + " " + .verdict] | unique | join(", ")' \
    "fra not-aligned, here aligned"
expect_exit 0 namesake verify "${rounds[@]}"
expect_out "Aligned, seen from here."
when "that network is honest again"
viewpoint_told_the_truth
expect_exit 0 namesake verify --via fra "${rounds[@]}"
then_ "all agree"
expect_out "Aligned, seen from here and fra."
