"""Cloudflare: zones and their DNS records, with the proxy, comments and tags (API version 4).

A proxied record answers with Cloudflare's own addresses, so that is what the feed publishes."""

import hashlib
import ipaddress
import re

from vendor import Refusal, Vendor, paged, serve

STAMP = "2026-01-30T23:55:00.000000Z"
PROXY = {"A": ["198.51.100.201", "198.51.100.202"], "AAAA": ["2001:db8:51::201", "2001:db8:51::202"]}
TYPES = ("A AAAA CAA CERT CNAME DNSKEY DS HTTPS LOC MX NAPTR NS PTR SMIMEA SRV SSHFP SVCB TLSA "
         "TXT URI").split()
FIELDS = {"type", "name", "content", "ttl", "proxied", "comment", "tags", "data", "priority",
          "settings"}

# Status: the code inside the envelope, and its words.
CODES = {400: (9207, "Request body is invalid"),
         401: (1000, "Invalid API Token"),
         403: (10000, "Authentication error"),
         404: (7003, "Could not route to the path, perhaps your object identifier is invalid?"),
         409: (1004, "DNS Validation Error"),
         415: (9207, "Content-type must be application/json"),
         422: (1004, "DNS Validation Error"),
         429: (971, "Please wait and consider throttling your request speed"),
         500: (10001, "Internal server error"),
         503: (10001, "Service temporarily unavailable")}


def invalid(field, message):
    raise Refusal(400, 9005 if field == "content" else 1004, f"{field}: {message}")


def identifier(text):
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class Cloudflare(Vendor):
    __doc__ = __doc__
    title, prefix = "Cloudflare", "/client/v4"
    settings = {**Vendor.settings, "auto_ttl": 5}  # what "automatic" is in this world

    def __init__(self, folder, tokens, feed, world):
        super().__init__(folder, tokens, feed)
        self.made = 0
        self.zones = [{"id": identifier(zone["name"]), "status": "active", **zone, "records": []}
                      for zone in world["zones"]]
        for zone in self.zones:
            for record in world.get("records", {}).get(zone["name"], []):
                record = self.insert(zone, self.checked(zone, record))
                self.serve_name(zone, record["name"], record["type"])

    # --- the vendor's way to say things -----------------------------------

    def authorize(self, request, writes):
        if not re.fullmatch(r"Bearer [\x21-\x7e]+", request.headers.get("Authorization", "")):
            raise Refusal(400, 6003, "Invalid request headers", [
                {"code": 6111, "message": "Invalid format for Authorization header"}])
        read_only = self.bearer(request)
        if read_only is None:
            raise self.fault_refusal(401)
        if read_only and writes:
            raise self.fault_refusal(403)

    def fault_refusal(self, status):
        return Refusal(status, *CODES.get(status, CODES[400]))

    def refused(self, refusal):
        error = {"code": refusal.code, "message": refusal.message}
        if refusal.details:
            error["error_chain"] = refusal.details
        return {"success": False, "errors": [error], "messages": [], "result": None}

    def worked(self, result, info=None):
        document = {"success": True, "errors": [], "messages": [], "result": result}
        return 200, {**document, "result_info": info} if info else document

    def another(self, document):
        result = document.get("result")
        for item in result if isinstance(result, list) else [result]:
            if item:
                item["id"] = identifier("another")
                if "name" in item:
                    item["name"] = "other.example"
        return document

    def state(self):
        return {"zones": self.zones}

    # --- zones ----------------------------------------------------------------

    def listed(self, request, items, low, high, default):
        page = request.number("page", 1, 1, 10000, invalid)
        per_page = request.number("per_page", default, low, high, invalid)
        part, last = paged(items, page, per_page, self.repeat)
        pages = page + 1 if self.repeat else last
        return self.worked([dict(item) for item in part], {
            "page": page, "per_page": per_page, "count": len(part), "total_count": len(items),
            "total_pages": pages})

    def list_zones(self, request):
        name, status = request.asked("name"), request.asked("status")
        found = [self.zone_shape(zone) for zone in self.zones
                 if name in (None, zone["name"]) and status in (None, zone["status"])]
        return self.listed(request, found, 5, 50, 20)

    def zone_shape(self, zone):
        return {"id": zone["id"], "name": zone["name"], "status": zone["status"], "paused": False,
                "type": "full", "development_mode": 0, "activated_on": STAMP,
                "name_servers": ["ns1.example.com", "ns2.example.com"],
                "original_name_servers": ["ns1.example.com", "ns2.example.com"],
                "original_registrar": None, "original_dnshost": None, "created_on": STAMP,
                "modified_on": STAMP, "vanity_name_servers": [],
                "meta": {"step": 4, "custom_certificate_quota": 0, "page_rule_quota": 3,
                         "phishing_detected": False},
                "owner": {"id": identifier("owner"), "type": "user", "name": "owner"},
                "account": {"id": identifier("account"), "name": "the account"},
                "permissions": ["#dns_records:edit", "#dns_records:read", "#zone:read"]}

    def zone_by(self, key):
        found = [zone for zone in self.zones if zone["id"] == key]
        if not found:
            raise self.fault_refusal(404)
        return found[0]

    def get_zone(self, request, key):
        return self.worked(self.zone_shape(self.zone_by(key)))

    def verify_token(self, request):
        return self.worked({"id": identifier("token"), "status": "active"})

    # --- records --------------------------------------------------------------

    def list_records(self, request, key):
        zone = self.zone_by(key)
        name, rtype, content = (request.asked(word) for word in ("name", "type", "content"))
        found = [record for record in zone["records"]
                 if (name is None or record["name"] == name.lower()) and
                 rtype in (None, record["type"]) and content in (None, record["content"])]
        return self.listed(request, found, 1, 5000000, 100)

    def record_by(self, zone, key):
        found = [record for record in zone["records"] if record["id"] == key]
        if not found:
            raise Refusal(404, 81044, "Record does not exist.")
        return found[0]

    def get_record(self, request, key, record):
        return self.worked(dict(self.record_by(self.zone_by(key), record)))

    def checked(self, zone, body):
        """The record that a body asks for."""
        unknown = set(body) - FIELDS
        if unknown:
            invalid(sorted(unknown)[0], "is not a field of a DNS record")
        rtype, name, content = body.get("type"), body.get("name"), body.get("content")
        ttl, proxied = body.get("ttl", 1), body.get("proxied", False)
        if rtype not in TYPES:
            invalid("type", "Invalid type")
        if not isinstance(name, str) or not name:
            invalid("name", "DNS name is invalid.")
        name = self.full_name(zone, name.lower())
        if isinstance(ttl, bool) or not isinstance(ttl, int) or not (ttl == 1 or 60 <= ttl <= 86400):
            raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86400 seconds, or 1 for Automatic.")
        if not isinstance(proxied, bool) or (proxied and rtype not in ("A", "AAAA", "CNAME")):
            raise Refusal(400, 9004, "This record type cannot be proxied.")
        return {"type": rtype, "name": name, "content": self.content_of(rtype, content),
                "ttl": 1 if proxied else ttl, "proxied": proxied,
                "proxiable": rtype in ("A", "AAAA", "CNAME"), "comment": body.get("comment"),
                "tags": body.get("tags", [])}

    @staticmethod
    def full_name(zone, name):
        name = name.rstrip(".")
        if name == "@":
            return zone["name"]
        return name if ("." + name).endswith("." + zone["name"]) else f"{name}.{zone['name']}"

    @staticmethod
    def content_of(rtype, content):
        if not isinstance(content, str) or not content:
            invalid("content", "Content is missing.")
        if rtype not in ("A", "AAAA"):
            return content
        version = 4 if rtype == "A" else 6
        try:
            address = ipaddress.ip_address(content)
        except ValueError:
            address = None
        if address is None or address.version != version:
            invalid("content", f"Content for {rtype} record must be a valid IPv{version} address.")
        return str(address)

    def check_neighbours(self, zone, new, own=None):
        for old in zone["records"]:
            if old["id"] == own or old["name"] != new["name"]:
                continue
            if (old["type"], old["content"]) == (new["type"], new["content"]):
                raise Refusal(400, 81058, "An identical record already exists.")
            if "CNAME" in (old["type"], new["type"]):
                code = 81054 if old["type"] == "CNAME" else 81053
                raise Refusal(400, code, "An A, AAAA, or CNAME record with that host already exists.")

    def insert(self, zone, record):
        self.made += 1
        record = {"id": identifier(f"record {self.made}"), **record, "settings": {}, "meta": {},
                  "created_on": STAMP, "modified_on": STAMP}
        zone["records"].append(record)
        return record

    def create_record(self, request, key):
        zone = self.zone_by(key)
        record = self.checked(zone, self.body(request))
        self.check_neighbours(zone, record)
        record = self.insert(zone, record)
        self.serve_name(zone, record["name"], record["type"])
        return self.worked(dict(record))

    def change_record(self, request, key, record_key):
        zone = self.zone_by(key)
        record = self.record_by(zone, record_key)
        body = self.body(request)
        if request.method == "PATCH":
            body = {**{name: record[name] for name in
                       ("type", "name", "content", "ttl", "proxied", "comment", "tags")}, **body}
        new = self.checked(zone, body)
        self.check_neighbours(zone, new, record["id"])
        old = dict(record)
        record.update(new)
        self.serve_name(zone, old["name"], old["type"])
        self.serve_name(zone, new["name"], new["type"])
        return self.worked(dict(record))

    def delete_record(self, request, key, record_key):
        zone = self.zone_by(key)
        record = self.record_by(zone, record_key)
        zone["records"].remove(record)
        self.serve_name(zone, record["name"], record["type"])
        return self.worked({"id": record["id"]})

    def serve_name(self, zone, name, rtype):
        """One proxied record is enough, and the whole name goes through the proxy."""
        records = [r for r in zone["records"] if (r["name"], r["type"]) == (name, rtype)]
        ttls = [self.setting("auto_ttl") if r["ttl"] == 1 else r["ttl"] for r in records]
        values = [r["content"] for r in records]
        if any(record["proxied"] for record in records):
            values = PROXY[rtype]
        self.publish(zone["name"], name, rtype, min(ttls, default=0), values)

    RECORD = r"/zones/([0-9a-f]+)/dns_records/([0-9a-f]+)"
    routes = (
        ("GET", r"/zones", list_zones, False),
        ("GET", r"/zones/([0-9a-f]+)", get_zone, False),
        ("GET", r"/user/tokens/verify", verify_token, False),
        ("GET", r"/zones/([0-9a-f]+)/dns_records", list_records, False),
        ("POST", r"/zones/([0-9a-f]+)/dns_records", create_record, True),
        ("GET", RECORD, get_record, False),
        ("PATCH", RECORD, change_record, True),
        ("PUT", RECORD, change_record, True),
        ("DELETE", RECORD, delete_record, True),
    )


if __name__ == "__main__":
    serve(Cloudflare)
