#!/usr/bin/env python3
"""metadata.py STYLE PUBLIC - a cloud's metadata service on 169.254.169.254:80.

STYLE is aws (a session token is needed), google, azure, azure-balancer (only the
load balancer knows the address), none (no public address), or portal: a captive
portal, which answers 200 and a page to everything.
"""

import http.server
import json
import sys

STYLE, PUBLIC = sys.argv[1:3]
TOKEN = "session-token"


def aws(request):
    if request.command == "PUT" and request.path == "/latest/api/token":
        return TOKEN if request.headers["X-aws-ec2-metadata-token-ttl-seconds"] else 400
    if request.headers["X-aws-ec2-metadata-token"] != TOKEN:
        return 401
    return PUBLIC if request.path == "/latest/meta-data/public-ipv4" else 404


def google(request):
    if request.headers["Metadata-Flavor"] != "Google":
        return 403
    if request.path != "/computeMetadata/v1/instance/network-interfaces/?recursive=true":
        return 404
    return json.dumps([{"ip": "10.0.0.25", "accessConfigs": [
        {"externalIp": PUBLIC, "type": "ONE_TO_ONE_NAT"}]}])


def azure(request, instance=PUBLIC):
    if request.headers["Metadata"] != "true":
        return 400
    if request.path.startswith("/metadata/instance?"):
        return json.dumps({"network": {"interface": [{"ipv4": {"ipAddress": [
            {"privateIpAddress": "10.0.0.25", "publicIpAddress": instance}]}}]}})
    if request.path.startswith("/metadata/loadbalancer?"):
        return json.dumps({"loadbalancer": {"publicIpAddresses": [
            {"frontendIpAddress": PUBLIC, "privateIpAddress": "10.0.0.25"}]}})
    return 404


def balancer(request):
    return azure(request, instance="")


def none(request):
    return TOKEN if request.command == "PUT" else 404


def portal(_request):
    return f"<html><title>Welcome</title>{PUBLIC} <a href=/login>Log in</a></html>\n"


STYLES = {"aws": aws, "google": google, "azure": azure, "azure-balancer": balancer, "none": none,
          "portal": portal}


class Service(http.server.BaseHTTPRequestHandler):
    def answer(self):
        said = STYLES[STYLE](self)
        self.send_response(said if isinstance(said, int) else 200)
        self.end_headers()
        if isinstance(said, str):
            self.wfile.write(said.encode())

    do_GET = do_PUT = answer

    def log_message(self, *_):
        pass


service = http.server.ThreadingHTTPServer(("169.254.169.254", 80), Service)
print("ready", flush=True)
service.serve_forever()
