"""Hetzner Cloud: servers, primary IPs and floating IPs with their reverse names, and DNS
zones; every change is an action that takes its time (API version 1)."""

import datetime
import ipaddress
import re
import time

import hetzner_shapes as shapes
from vendor import Refusal, Vendor, paged, serve

HOST = re.compile(r"(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$",
                  re.IGNORECASE)
LABELS = re.compile(r"(@|(\*\.)?[a-z0-9_]([a-z0-9_-]*)(\.[a-z0-9_]([a-z0-9_-]*))*|\*)$")
TYPES = ("A AAAA CAA CNAME DS HINFO HTTPS MX NS PTR RP SOA SRV SVCB TLSA TXT").split()

# What the documentation lists, by status.
CODES = {400: ("json_error", "invalid JSON"),
         401: ("unauthorized", "unable to authenticate"),
         403: ("token_readonly", "token is only allowed to perform GET requests"),
         404: ("not_found", "resource not found"),
         409: ("conflict", "the resource changed, or something else works on it"),
         415: ("unsupported_media_type", "the body has to be application/json"),
         422: ("invalid_input", "invalid input"),
         423: ("locked", "the item is locked: an action is running"),
         429: ("rate_limit_exceeded", "limit of 3600 requests per hour reached"),
         500: ("service_error", "an error occurred"),
         503: ("unavailable", "a service is not available")}


def invalid(field, message):
    raise Refusal(422, "invalid_input", f"invalid input in field '{field}': {message}",
                  {"fields": [{"name": field, "messages": [message]}]})


def absent(what):
    raise Refusal(404, "not_found", f"{what} not found")


def now_text():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Hetzner(Vendor):
    __doc__ = __doc__
    title, prefix = "Hetzner Cloud", "/v1"
    settings = {**Vendor.settings, "action_seconds": 0.0, "action_fails": 0, "forward_first": 0,
                "ptr_ttl": 5}

    def __init__(self, folder, tokens, feed, world):
        super().__init__(folder, tokens, feed)
        self.servers = world.get("servers", [])
        self.ips = {"primary_ips": world.get("primary_ips", []),
                    "floating_ips": world.get("floating_ips", [])}
        self.zones = [{**zone, "rrsets": zone.get("rrsets", [])}
                      for zone in world.get("zones", [])]
        self.actions, self.effects = [], {}

    # --- the vendor's way to say things ------------------------------------

    def authorize(self, request, writes):
        read_only = self.bearer(request)
        if read_only is None:
            raise self.fault_refusal(401)
        if read_only and request.method != "GET":
            raise self.fault_refusal(403)

    def fault_refusal(self, status):
        return Refusal(status, *CODES[status])

    def refused(self, refusal):
        return {"error": {"code": refusal.code, "message": refusal.message,
                          "details": refusal.details}}

    def headers(self):
        limit = self.setting("rate") or 3600
        return {"RateLimit-Limit": limit, "RateLimit-Remaining": max(0, limit - self.spent),
                "RateLimit-Reset": int(time.time()) + 1}

    def another(self, document):
        """The same kind of answer, about something else."""
        for value in document.values():
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item.get("ip"), str):
                    item["ip"] = "198.51.100.99"
                if isinstance(item.get("name"), str):
                    item["name"] = "other.example"
                if isinstance(item.get("id"), int):
                    item["id"] += 1000000
        return document

    def state(self):
        return {"primary_ips": self.ips["primary_ips"], "floating_ips": self.ips["floating_ips"],
                "zones": self.zones, "actions": self.actions}

    # --- lists ----------------------------------------------------------------

    def listed(self, request, key, items, shape, most=50):
        page = request.number("page", 1, 1, 10000, invalid)
        per_page = request.number("per_page", 25, 1, most, invalid)
        items, last = paged(items, page, per_page, self.repeat)
        more = page < last or self.repeat
        return 200, {key: [shape(item) for item in items],
                     "meta": {"pagination": {
                         "page": 1 if self.repeat else page, "per_page": per_page,
                         "previous_page": page - 1 if page > 1 else None,
                         "next_page": page + 1 if more else None,
                         "last_page": last, "total_entries": len(items)}}}

    def list_servers(self, request):
        name = request.asked("name")
        found = [server for server in self.servers if name in (None, server["name"])]
        return self.listed(request, "servers", found, self.server_shape)

    def server_shape(self, server):
        return shapes.server(server, [self.ip_by_id("primary_ips", key)
                                      for key in server["primary_ips"]])

    def get_server(self, request, key):
        return 200, {"server": self.server_shape(self.server_by_id(key))}

    def server_by_id(self, key):
        found = [server for server in self.servers if str(server["id"]) == str(key)]
        return found[0] if found else absent(f"server with ID '{key}'")

    def list_ips(self, request, kind):
        found = self.ips[kind]
        if kind == "primary_ips" and request.asked("ip") is not None:
            found = [ip for ip in found if ip["ip"] in (request.asked("ip"),
                                                        request.asked("ip") + "/64")]
        return self.listed(request, kind, found, lambda ip: shapes.address(kind, ip))

    def ip_by_id(self, kind, key):
        found = [ip for ip in self.ips[kind] if str(ip["id"]) == str(key)]
        return found[0] if found else absent(f"{kind[:-1]} with ID '{key}'")

    def get_ip(self, request, kind, key):
        return 200, {kind[:-1]: shapes.address(kind, self.ip_by_id(kind, key))}

    # --- reverse names ------------------------------------------------------

    def change_dns_ptr(self, request, kind, key):
        body = self.body(request)
        if "dns_ptr" not in body:
            invalid("dns_ptr", "Missing data for required field.")
        name, wanted = body["dns_ptr"], self.address_of(body.get("ip"))
        if kind == "servers":
            item = self.ip_of_server(self.server_by_id(key), wanted)
        else:
            item = self.ip_by_id(kind, key)
        if wanted not in ipaddress.ip_network(item["ip"]):
            invalid("ip", "does not belong to this resource")
        if name is not None and (not isinstance(name, str) or not HOST.match(name)):
            invalid("dns_ptr", "must be a fully qualified domain name without trailing dot")
        if name is not None and self.setting("forward_first"):
            self.check_forward(name, wanted)
        return self.begin("change_dns_ptr", kind[:-1], item if kind != "servers" else {"id": int(key)},
                          lambda: self.set_ptr(item, wanted, name))

    @staticmethod
    def address_of(text):
        try:
            return ipaddress.ip_address(text)
        except ValueError:
            return invalid("ip", "must be a valid IP address")

    def ip_of_server(self, server, wanted):
        for key in server["primary_ips"]:
            item = self.ip_by_id("primary_ips", key)
            if wanted in ipaddress.ip_network(item["ip"]):
                return item
        return invalid("ip", "does not belong to this server")

    def check_forward(self, name, wanted):
        """Not what this vendor does today; others do, and say it in such words."""
        self.forward_asked = getattr(self, "forward_asked", 0) + 1
        if self.forward_asked <= self.setting("forward_first"):
            invalid("dns_ptr", f"{name} does not resolve to {wanted}")

    def set_ptr(self, item, wanted, name):
        text = str(wanted)
        if name is None:
            item["dns_ptr"].pop(text, None)
            if item.get("default_ptr"):
                item["dns_ptr"][text] = item["default_ptr"]
        else:
            item["dns_ptr"][text] = name
        owner = wanted.reverse_pointer
        zone = next((zone for zone in self.feed.servers if owner.endswith(zone)), None)
        values = [item["dns_ptr"][text] + "."] if text in item["dns_ptr"] else []
        self.publish(zone, owner, "PTR", self.setting("ptr_ttl"), values)

    # --- actions --------------------------------------------------------------

    def begin(self, command, kind, item, effect, extra=None):
        resource = {"id": item["id"], "type": kind}
        if any(action["status"] == "running" and resource in action["resources"]
               for action in self.actions):
            raise self.fault_refusal(423)
        action = {"id": 500000 + len(self.actions), "command": command, "status": "running",
                  "progress": 0, "started": now_text(), "finished": None, "error": None,
                  "resources": [resource]}
        self.actions.append(action)
        self.effects[action["id"]] = time.monotonic() + self.setting("action_seconds"), effect
        shown = dict(action)
        self.tick()
        return 201, {"action": shown, **(extra or {})}

    def tick(self):
        for action in self.actions:
            due, effect = self.effects.get(action["id"], (0, None))
            if effect is None or time.monotonic() < due:
                continue
            del self.effects[action["id"]]
            action.update(status="success", progress=100, finished=now_text())
            if self.setting("action_fails"):
                action.update(status="error", progress=50, error={
                    "code": "action_failed", "message": "Action failed"})
            else:
                effect()

    def list_actions(self, request):
        wanted = request.query.get("id")
        found = [action for action in self.actions if not wanted or str(action["id"]) in wanted]
        return self.listed(request, "actions", found, dict)

    def get_action(self, request, key):
        found = [action for action in self.actions if str(action["id"]) == key]
        return 200, {"action": dict(found[0])} if found else absent(f"action with ID '{key}'")

    # --- zones ----------------------------------------------------------------

    def zone_by(self, key):
        found = [zone for zone in self.zones if key in (str(zone["id"]), zone["name"])]
        return found[0] if found else absent(f"zone '{key}'")

    def list_zones(self, request):
        name = request.asked("name")
        found = [zone for zone in self.zones if name in (None, zone["name"])]
        return self.listed(request, "zones", found, shapes.zone)

    def get_zone(self, request, key):
        return 200, {"zone": shapes.zone(self.zone_by(key))}

    def primary_zone(self, key):
        zone = self.zone_by(key)
        if zone["mode"] != "primary":
            raise Refusal(422, "incorrect_zone_mode", "the zone is a secondary one")
        return zone

    def list_rrsets(self, request, key):
        zone = self.primary_zone(key)
        name, types = request.asked("name"), request.query.get("type")
        found = [rrset for rrset in zone["rrsets"]
                 if name in (None, rrset["name"]) and (not types or rrset["type"] in types)]
        return self.listed(request, "rrsets", found, lambda rrset: shapes.rrset(zone, rrset), 100)

    def find_rrset(self, zone, name, rtype):
        return next((rrset for rrset in zone["rrsets"]
                     if (rrset["name"], rrset["type"]) == (name, rtype)), None)

    def rrset_by(self, zone, name, rtype):
        return self.find_rrset(zone, name, rtype) or absent(f"rrset '{name}/{rtype}'")

    def get_rrset(self, request, key, name, rtype):
        zone = self.primary_zone(key)
        return 200, {"rrset": shapes.rrset(zone, self.rrset_by(zone, name, rtype))}

    def records_of(self, body, rtype):
        records = body.get("records")
        if not isinstance(records, list) or not 1 <= len(records) <= 50:
            invalid("records", "must have 1 to 50 entries")
        values = []
        for record in records:
            value = record.get("value") if isinstance(record, dict) else None
            if not isinstance(value, str) or not value:
                invalid("records", "each needs a value")
            if rtype in ("A", "AAAA"):
                self.check_address(value, 4 if rtype == "A" else 6)
            if value in values:
                invalid("records", "duplicate value")
            values.append(value)
        return [{"value": record["value"], "comment": record.get("comment") or ""}
                for record in records]

    @staticmethod
    def check_address(value, version):
        try:
            good = ipaddress.ip_address(value).version == version
        except ValueError:
            good = False
        if not good:
            invalid("records", f"'{value}' is no IPv{version} address")

    def ttl_of(self, body):
        ttl = body.get("ttl")
        if ttl is not None and (not isinstance(ttl, int) or not 60 <= ttl <= 2147483647):
            invalid("ttl", "must be between 60 and 2147483647")
        return ttl

    def check_set(self, zone, name, rtype):
        if rtype not in TYPES:
            invalid("type", "is not supported")
        if not LABELS.match(name):
            invalid("name", "must be relative to the zone and lower case; @ for its apex")
        others = {rrset["type"] for rrset in zone["rrsets"] if rrset["name"] == name} - {rtype}
        if "CNAME" in others or (rtype == "CNAME" and others):
            invalid("type", "a CNAME can not stand beside other records")

    def create_rrset(self, request, key):
        zone, body = self.primary_zone(key), self.body(request)
        name, rtype = str(body.get("name", "")), str(body.get("type", ""))
        self.check_set(zone, name, rtype)
        if self.find_rrset(zone, name, rtype):
            raise Refusal(409, "uniqueness_error", "the rrset already exists")
        rrset = {"name": name, "type": rtype, "ttl": self.ttl_of(body),
                 "records": self.records_of(body, rtype)}
        return self.begin("create_rrset", "zone", zone, lambda: self.put(zone, rrset),
                          {"rrset": shapes.rrset(zone, rrset)})

    def add_records(self, request, key, name, rtype):
        zone, body = self.primary_zone(key), self.body(request)
        self.check_set(zone, name, rtype)
        old, new, ttl = self.find_rrset(zone, name, rtype), self.records_of(body, rtype), self.ttl_of(body)
        if old and ttl is not None and ttl != old["ttl"]:
            invalid("ttl", "differs from the one of the rrset")
        have = old["records"] if old else []
        if {record["value"] for record in have} & {record["value"] for record in new}:
            raise Refusal(409, "uniqueness_error", "a record already exists")
        rrset = {"name": name, "type": rtype, "ttl": old["ttl"] if old else ttl,
                 "records": have + new}
        return self.begin("add_rrset_records", "zone", zone, lambda: self.put(zone, rrset))

    def set_records(self, request, key, name, rtype):
        zone, body = self.primary_zone(key), self.body(request)
        rrset = {**self.rrset_by(zone, name, rtype), "records": self.records_of(body, rtype)}
        return self.begin("set_rrset_records", "zone", zone, lambda: self.put(zone, rrset))

    def remove_records(self, request, key, name, rtype):
        zone, body = self.primary_zone(key), self.body(request)
        old, gone = self.rrset_by(zone, name, rtype), self.records_of(body, rtype)
        values = {record["value"] for record in gone}
        rrset = {**old, "records": [r for r in old["records"] if r["value"] not in values]}
        return self.begin("remove_rrset_records", "zone", zone, lambda: self.put(zone, rrset))

    def delete_rrset(self, request, key, name, rtype):
        zone = self.primary_zone(key)
        rrset = {**self.rrset_by(zone, name, rtype), "records": []}
        return self.begin("delete_rrset", "zone", zone, lambda: self.put(zone, rrset))

    def put(self, zone, rrset):
        key = rrset["name"], rrset["type"]
        zone["rrsets"] = [old for old in zone["rrsets"] if (old["name"], old["type"]) != key]
        if rrset["records"]:
            zone["rrsets"].append(rrset)
        owner = zone["name"] if rrset["name"] == "@" else f"{rrset['name']}.{zone['name']}"
        self.publish(zone["name"], owner, rrset["type"], rrset["ttl"] or zone["ttl"],
                     [record["value"] for record in rrset["records"]])

    RRSET = r"/zones/([^/]+)/rrsets/([^/]+)/([A-Z]+)"
    routes = (
        ("GET", r"/servers", list_servers, False),
        ("GET", r"/servers/([0-9]+)", get_server, False),
        ("GET", r"/(primary_ips|floating_ips)", list_ips, False),
        ("GET", r"/(primary_ips|floating_ips)/([0-9]+)", get_ip, False),
        ("POST", r"/(servers|primary_ips|floating_ips)/([0-9]+)/actions/change_dns_ptr",
         change_dns_ptr, True),
        ("GET", r"/actions", list_actions, False),
        ("GET", r"(?:/zones|/zones/[^/]+)?/actions/([0-9]+)", get_action, False),
        ("GET", r"/zones", list_zones, False),
        ("GET", r"/zones/([^/]+)", get_zone, False),
        ("GET", r"/zones/([^/]+)/rrsets", list_rrsets, False),
        ("POST", r"/zones/([^/]+)/rrsets", create_rrset, True),
        ("GET", RRSET, get_rrset, False),
        ("DELETE", RRSET, delete_rrset, True),
        ("POST", RRSET + "/actions/add_records", add_records, True),
        ("POST", RRSET + "/actions/set_records", set_records, True),
        ("POST", RRSET + "/actions/remove_records", remove_records, True),
    )


if __name__ == "__main__":
    serve(Hetzner)
