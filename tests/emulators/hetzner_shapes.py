"""How Hetzner Cloud writes its things: every member that its description requires."""

CREATED = "2026-01-30T23:55:00Z"
LOCATION = {"id": 1, "name": "fsn1", "description": "Falkenstein DC Park 1", "country": "DE",
            "city": "Falkenstein", "latitude": 50.47612, "longitude": 12.370071,
            "network_zone": "eu-central"}
DATACENTER = {"id": 4, "name": "fsn1-dc14", "description": "Falkenstein 1 DC14",
              "location": LOCATION, "server_types": {"available": [], "supported": [],
                                                     "available_for_migration": []}}
SERVER_TYPE = {"id": 22, "name": "cpx11", "description": "CPX 11", "cores": 2, "memory": 2,
               "disk": 40, "deprecated": False, "prices": [], "storage_type": "local",
               "cpu_type": "shared", "architecture": "x86", "category": "Shared vCPU",
               "deprecation": None, "locations": []}
IMAGE = {"id": 114690387, "type": "system", "status": "available", "name": "debian-12",
         "description": "Debian 12", "image_size": None, "disk_size": 5, "created": CREATED,
         "created_from": None, "bound_to": None, "os_flavor": "debian", "os_version": "12",
         "rapid_deploy": True, "protection": {"delete": False}, "deprecated": None,
         "deleted": None, "labels": {}, "architecture": "x86"}


def ptr_list(item):
    return [{"ip": ip, "dns_ptr": name} for ip, name in sorted(item["dns_ptr"].items())]


def address(kind, item):
    common = {"id": item["id"], "name": f"{kind[:-1]}-{item['id']}", "ip": item["ip"],
              "type": "ipv6" if ":" in item["ip"] else "ipv4", "dns_ptr": ptr_list(item),
              "blocked": False, "protection": {"delete": False}, "labels": {},
              "created": CREATED}
    if kind == "floating_ips":
        return {**common, "description": None, "server": item.get("server"),
                "home_location": LOCATION}
    return {**common, "assignee_id": item.get("assignee_id"), "assignee_type": "server",
            "auto_delete": False, "datacenter": DATACENTER, "location": LOCATION}


def server(item, ips):
    net = {"ipv4": None, "ipv6": None, "floating_ips": [], "firewalls": []}
    for ip in ips:
        family = "ipv6" if ":" in ip["ip"] else "ipv4"
        net[family] = {"id": ip["id"], "ip": ip["ip"], "blocked": False,
                       "dns_ptr": ptr_list(ip) if family == "ipv6"
                       else ip["dns_ptr"].get(ip["ip"], "")}
    return {"id": item["id"], "name": item["name"], "status": "running", "created": CREATED,
            "public_net": net, "private_net": [], "server_type": SERVER_TYPE,
            "datacenter": DATACENTER, "location": LOCATION, "image": IMAGE, "iso": None,
            "rescue_enabled": False, "locked": False, "backup_window": None,
            "outgoing_traffic": 0, "ingoing_traffic": 0, "included_traffic": 20000000000000,
            "protection": {"delete": False, "rebuild": False}, "labels": {}, "volumes": [],
            "load_balancers": [], "primary_disk_size": 40}


def zone(item):
    names = ["hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de."]
    return {"id": item["id"], "name": item["name"], "mode": item["mode"], "ttl": item["ttl"],
            "created": CREATED, "labels": {}, "primary_nameservers": [],
            "protection": {"delete": False}, "status": "ok", "registrar": "other",
            "record_count": sum(len(rrset["records"]) for rrset in item["rrsets"]),
            "authoritative_nameservers": {
                "assigned": names, "delegated": names, "delegation_last_check": CREATED,
                "delegation_status": item.get("delegation_status", "valid")}}


def rrset(of_zone, item):
    return {"id": f"{item['name']}/{item['type']}", "name": item["name"], "type": item["type"],
            "ttl": item["ttl"], "labels": {}, "protection": {"change": False},
            "records": item["records"], "zone": of_zone["id"]}
