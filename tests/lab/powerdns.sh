# shellcheck shell=bash disable=SC2154
#
# powerdns.sh - a primary of the lab as PowerDNS instead of Knot: same host, same
# zones, same secondary. Its HTTP API is reached as administrators have it, through
# a TLS proxy with a certificate of the lab's own authority. Not started with the
# lab: a scenario that wants it says powerdns_up. Sourced by functions.sh.

powerdns_hosts=() # which hosts run it now

declare -A powerdns_names=([ns1]=ns1.example.com [hoster1]=ns1.hoster.example)
declare -A powerdns_secondaries=([ns1]=192.0.2.12 [hoster1]=198.51.100.12)

powerdns_runs() { # powerdns_runs HOST
    [[ " ${powerdns_hosts[*]} " == *" $1 "* ]]
}

# --- Certificates ------------------------------------------------------------

authority_up() { # the lab's own, trusted by the mail host as root would do it
    local folder=$LAB/authority
    [ ! -d "$folder" ] || return 0
    mkdir -m 700 "$folder"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
        -subj '/CN=lab authority' -keyout "$folder/key" -out "$folder/certificate" 2>/dev/null
    mkdir -p /etc/ssl/certs
    cat "$folder/certificate" >>/etc/ssl/certs/ca-certificates.crt
}

# certificate NAME FILE: key and certificate of that name in one file.
certificate() {
    local folder=$LAB/authority
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
        -keyout "$2.key" -out "$2.request" 2>/dev/null
    openssl x509 -req -in "$2.request" -CA "$folder/certificate" -CAkey "$folder/key" \
        -CAcreateserial -days 2 -extfile <(echo "subjectAltName=DNS:$1") -out "$2.certificate" \
        2>/dev/null
    cat "$2.key" "$2.certificate" >"$2"
}

# --- The server --------------------------------------------------------------

powerdns_util() { # powerdns_util HOST COMMAND...
    local host=$1
    shift
    on "$host" pdnsutil --config-dir="$LAB/$host" "$@"
}

powerdns_conf() { # powerdns_conf HOST
    cat <<END
launch=gsqlite3
gsqlite3-database=$LAB/$1/database
gsqlite3-dnssec=yes
gsqlite3-pragma-synchronous=0
local-address=0.0.0.0, ::
socket-dir=$LAB/$1
daemon=yes
guardian=no
primary=yes
allow-axfr-ips=${powerdns_secondaries[$1]}
also-notify=${powerdns_secondaries[$1]}
only-notify=
dnsupdate=yes
allow-dnsupdate-from=0.0.0.0/0, ::/0
enable-lua-records=yes
cache-ttl=0
query-cache-ttl=0
negquery-cache-ttl=0
zone-cache-refresh-interval=0
log-dns-details=no
api=yes
api-key=$(cat "$LAB/keys/$1-api")
webserver=yes
webserver-address=127.0.0.1
webserver-port=8081
END
}

powerdns_zone() { # powerdns_zone HOST ZONE FILE: takes updates, tells its secondary
    powerdns_util "$1" load-zone "$2" "$3"
    powerdns_util "$1" set-kind "$2" primary
    powerdns_util "$1" set-meta "$2" SOA-EDIT-API INCREASE
    powerdns_util "$1" set-meta "$2" SOA-EDIT-DNSUPDATE INCREASE
    powerdns_util "$1" set-meta "$2" TSIG-ALLOW-DNSUPDATE "$(key_of "$1")"
}

key_of() { # key_of HOST: the TSIG key that its zones are changed with
    [ "$1" = ns1 ] && echo dns-key || echo hoster-key
}

powerdns_data() { # powerdns_data HOST ZONE...
    local host=$1 zone
    shift
    sqlite3 "$LAB/$host/database" </usr/share/pdns/schema.sqlite3.sql
    powerdns_util "$host" import-tsig-key "$(key_of "$host")" hmac-sha256 \
        "$(cat "$LAB/keys/$(key_of "$host")")"
    for zone; do
        powerdns_zone "$host" "$zone" "$LAB/$host/$(zone_file "$zone")"
    done
}

proxy_up() { # proxy_up HOST [NAME]: TLS on port 8443 to the API, with a certificate for NAME
    local folder=$LAB/$1
    certificate "${2:-${powerdns_names[$1]}}" "$folder/tls"
    cat >"$folder/proxy.conf" <<END
pid = $folder/proxy.pid
output = $LAB/log/$1-proxy
[api]
accept = :::8443
connect = 127.0.0.1:8081
cert = $folder/tls
END
    on "$1" stunnel4 "$folder/proxy.conf"
}

proxy_down() {
    kill "$(cat "$LAB/$1/proxy.pid")"
    wait_for 5 proxy_gone "$1"
}

proxy_gone() {
    [ ! -e "$LAB/$1/proxy.pid" ]
}

# powerdns_up HOST...: ns1, hoster1 or both. The program's configuration follows.
powerdns_up() {
    local host
    authority_up
    for host; do
        server_stop "$host"
        rm -f "$LAB/$host/pid"
        ln -s pdns.pid "$LAB/$host/pid"
        new_key "$host-api"
        powerdns_conf "$host" >"$LAB/$host/pdns.conf"
        if [ "$host" = ns1 ]; then
            powerdns_data "$host" "${customer_zones[@]}"
        else
            powerdns_data "$host" "${hoster_zones[@]}"
        fi
        powerdns_hosts+=("$host")
        server_start "$host"
        proxy_up "$host"
        powerdns_account "$host"
    done >"$LAB/log/powerdns" 2>&1
    for host; do
        wait_for 10 powerdns_answers "$host"
    done
    secondaries_follow
    resolvers_forget
}

powerdns_account() { # powerdns_account HOST: in the configuration in place of rfc2136
    local id=dns
    [ "$1" = ns1 ] || id=hoster
    settings_change "/id = \"$id\";/,/\}; \}/{
        s/type = \"rfc2136\"/type = \"powerdns\"/
        s|nameserver = .*|endpoint = \"https://${powerdns_names[$1]}:8443\";|
        /tsig_key =/d
        s|tsig_secret = .*/credentials/[a-z0-9-]*|api_key = { file = \"$credentials/$1-api|
    }"
}

# --- What it says and holds --------------------------------------------------

# powerdns_api HOST METHOD PATH [BODY]: what another of its users would do.
powerdns_api() {
    on "$1" curl -sS --fail-with-body -X "$2" -H "X-API-Key: $(cat "$LAB/keys/$1-api")" \
        "http://127.0.0.1:8081/api/v1/servers/localhost$3" ${4:+--data "$4"}
}

powerdns_answers() {
    powerdns_api "$1" GET /zones >/dev/null 2>&1
}

# Everything in its tables that a change could touch, with what is disabled and the comments.
powerdns_text() { # powerdns_text HOST
    sqlite3 -cmd '.timeout 5000' "$LAB/$1/database" \
        "SELECT d.name, d.type, r.name, r.type, r.ttl, r.prio, r.disabled, r.content
             FROM records r JOIN domains d ON d.id = r.domain_id
             WHERE r.type > '' ORDER BY 1, 3, 4, 8; -- the others are its own aids
         SELECT 'comment', name, type, account, comment FROM comments ORDER BY 2, 3, 5;
         SELECT 'metadata', domain_id, kind, content FROM domainmetadata ORDER BY 2, 3, 4"
}
