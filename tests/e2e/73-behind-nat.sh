# shellcheck shell=bash disable=SC2154
# Scenario: behind NAT the cloud tells the public address, and nobody else is believed

# shellcheck source=tests/lab/odd.sh
source "$LAB_FOLDER/odd.sh"

audited() { # audited: address, verdict, findings that are no notes
    jq -r '.identities[] | [.address, .verdict] + [.findings[] | select(.severity != "info") | .id] | join(" ")' "$out"
}

look() { # look STATUS EXPECTED: this machine, without any configuration
    expect_exit "$1" namesake -c none audit -4 --json --resolver 192.0.2.53 --resolver 198.51.100.53
    expect "$2" audited
}

given "a mail server with a private address, whose router gives it a public one"
make_aligned
nat_works 2>"$LAB/log/nat" || {
    echo "the kernel has no NAT: $(head -n 1 "$LAB/log/nat")"
    exit 77
}
behind_nat
says_220 "$V4" || fail "the router does not forward port 25"
expect "" bash -c "ip -4 addr show dev e0 | grep -o 'inet 203[^ ]*'"

when "nothing tells the public address"
look 3 "10.0.0.25 unknown path-nat"
then_ "no name or record is called wrong"
expect_json '[.identities[].findings[] | select(.severity == "fail")] | length' 0

when "the firmware is that of a cloud, and its metadata service answers"
firmware sys_vendor='Amazon EC2' product_uuid=ec2e1916-9099-7caf-fd21-012345abcdef
metadata_up aws "$V4"
look 0 "$V4 aligned"
expect_json '.identities[0].wanted' "$NAME"
firmware product_name='Google Compute Engine'
metadata_up google "$V4"
look 0 "$V4 aligned"
firmware sys_vendor='Microsoft Corporation' chassis_asset_tag=7783-7084-3265-9085-8269-3286-77
metadata_up azure "$V4"
look 0 "$V4 aligned"
metadata_up azure-balancer "$V4"
look 0 "$V4 aligned"
then_ "HELO is that of the machine inside, and the public identity is judged"
ptr_set "$V4" "$OLD_PTR4"
secondaries_follow
resolvers_forget
look 2 "$V4 not-aligned ptr-generic"
ptr_set "$V4" "$NAME"
secondaries_follow
resolvers_forget

when "what answers is no metadata service, or knows nothing, or an address that is no public one"
firmware sys_vendor='Amazon EC2'
metadata_up portal "$V4"
look 3 "10.0.0.25 unknown path-nat"
metadata_up aws 10.9.9.9
look 3 "10.0.0.25 unknown path-nat"
metadata_up none "$V4"
look 3 "10.0.0.25 unknown path-nat"
firmware product_name='Google Compute Engine'
metadata_up portal "$V4"
look 3 "10.0.0.25 unknown path-nat"
firmware sys_vendor='QEMU' product_name='Standard PC'
metadata_up google "$V4"
look 3 "10.0.0.25 unknown path-nat"
metadata_down
in_router ip addr del 169.254.169.254/32 dev lo
swallow 169.254.169.254
firmware sys_vendor='Amazon EC2'
before=$SECONDS
look 3 "10.0.0.25 unknown path-nat"
then_ "a service that does not answer costs a second or two"
[ $((SECONDS - before)) -le 12 ] || fail "it took $((SECONDS - before)) s"
