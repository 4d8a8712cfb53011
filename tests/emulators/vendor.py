"""What the emulated vendors have in common: the HTTP server, faults that can be
switched on, tokens, rate limits, pages, the log of requests, and the road from
a change to the real name servers of the lab.

A vendor is a class below Vendor; README.md says how it is started and steered.
"""

import argparse
import http.server
import json
import os
import queue
import re
import subprocess
import threading
import time
import urllib.parse


class Refusal(Exception):
    """What the vendor says no with."""

    def __init__(self, status, code, message, details=None, headers=None):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details, headers or {}


class Request:
    def __init__(self, method, target, headers, body):
        url = urllib.parse.urlsplit(target)
        self.method, self.path = method, urllib.parse.unquote(url.path)
        self.query = urllib.parse.parse_qs(url.query, keep_blank_values=True)
        self.headers, self.raw = headers, body

    def asked(self, name, default=None):
        return self.query.get(name, [default])[-1]

    def number(self, name, default, low, high, refuse):
        text = self.asked(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not low <= int(text) <= high:
            refuse(name, f"must be between {low} and {high}")
        return int(text)


class Control:
    """The file FOLDER/control: what the test wants, read anew when it changes.

    set NAME VALUE                    one of the vendor's settings
    fault METHOD PATH NAME [COUNT]    for requests of that method (* for all) whose path
                                      matches the expression; COUNT times, else for ever
    """

    def __init__(self, path, settings):
        self.path, self.defaults = path, settings
        self.stamp, self.settings, self.faults = None, dict(settings), []

    def read(self):
        try:
            stat = os.stat(self.path)
        except FileNotFoundError:
            stat = None
        stamp = stat and (stat.st_ino, stat.st_mtime_ns)
        if stamp == self.stamp:
            return
        self.stamp, self.settings, self.faults = stamp, dict(self.defaults), []
        if not stamp:
            return
        with open(self.path, encoding="utf-8") as lines:
            for words in filter(None, (line.split() for line in lines)):
                if words[0] == "set" and words[1] in self.defaults:
                    self.settings[words[1]] = type(self.defaults[words[1]])(words[2])
                elif words[0] == "fault":
                    left = int(words[4]) if len(words) > 4 else -1
                    self.faults.append([words[1], re.compile(words[2]), words[3], left])
                else:
                    raise SystemExit(f"{self.path}: what is {' '.join(words)}?")

    def fault(self, request):
        for fault in self.faults:
            method, path, name, left = fault
            if left and method in ("*", request.method) and path.search(request.path):
                fault[3] -= 1
                return name
        return ""


class NameServer:
    """One zone's primary, changed as its owner would: a signed dynamic update."""

    def __init__(self, address, key_name, key_file):
        self.address, self.key_name, self.key_file = address, key_name, key_file

    def replace(self, zone, owner, rtype, ttl, values):
        with open(self.key_file, encoding="ascii") as key:
            secret = key.read().strip()
        lines = [f"server {self.address}", f"zone {zone}.", f"del {owner}. {rtype}"]
        lines += [f"add {owner}. {ttl} {rtype} {value}" for value in values]
        subprocess.run(["knsupdate", "-y", f"hmac-sha256:{self.key_name}:{secret}"],
                       input="\n".join(lines + ["send", ""]), text=True, check=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


class Feed:
    """Publishes changes in their order, each a settable time after it was made."""

    def __init__(self, servers):
        self.servers, self.pending = servers, queue.Queue()
        threading.Thread(target=self.work, daemon=True).start()

    def publish(self, delay_s, zone, owner, rtype, ttl, values):
        self.pending.put((time.monotonic() + delay_s, zone, owner, rtype, ttl, list(values)))
        if not delay_s:  # before the change is answered
            self.pending.join()

    def work(self):
        while True:
            due, zone, *record = self.pending.get()
            time.sleep(max(0, due - time.monotonic()))
            try:
                if zone in self.servers:
                    self.servers[zone].replace(zone, *record)
            finally:
                self.pending.task_done()


class Vendor:
    """One account at a vendor. A subclass has `routes`: (method, path, function, writes)."""

    title, prefix = "", ""
    settings = {"dns_delay": 0.0, "rate": 0}  # seconds; requests in all, 0: any number
    routes = ()

    def __init__(self, folder, tokens, feed):
        self.folder, self.tokens, self.feed = folder, tokens, feed
        self.control = Control(os.path.join(folder, "control"), self.settings)
        self.lock, self.count, self.repeat = threading.Lock(), 0, False
        self.spent, self.rate_stamp = 0, None
        self.log = open(os.path.join(folder, "requests"), "a", encoding="utf-8")

    # What a vendor says in its own way.

    def authorize(self, request, writes):
        raise NotImplementedError

    def refused(self, refusal):
        raise NotImplementedError

    def fault_refusal(self, status):
        raise NotImplementedError

    def another(self, document):
        raise NotImplementedError

    def headers(self):
        return {}

    def tick(self):
        """What time alone has changed."""

    def state(self):
        raise NotImplementedError

    # What is the same everywhere.

    def setting(self, name):
        return self.control.settings[name]

    def publish(self, zone, owner, rtype, ttl, values):
        self.feed.publish(self.setting("dns_delay"), zone, owner, rtype, ttl, values)

    def bearer(self, request):
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return self.tokens.get(token) if scheme == "Bearer" else None

    def body(self, request):
        if not request.headers.get("Content-Type", "").startswith("application/json"):
            raise self.fault_refusal(415)
        try:
            body = json.loads(request.raw)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise self.fault_refusal(400)
        return body

    def limit(self):
        """Each new control file fills the allowance up again."""
        if self.rate_stamp != self.control.stamp:
            self.rate_stamp, self.spent = self.control.stamp, 0
        self.spent += 1
        if self.setting("rate") and self.spent > self.setting("rate"):
            raise self.fault_refusal(429)

    def route(self, request):
        for method, path, function, writes in self.routes:
            match = re.fullmatch(self.prefix + path, request.path)
            if match and method == request.method:
                self.authorize(request, writes)
                self.limit()
                return function(self, request, *match.groups())
        self.authorize(request, False)
        raise self.fault_refusal(404)

    def answer(self, request):
        try:
            self.tick()
            status, document = self.route(request)
            headers = {}
        except Refusal as refusal:
            status, document = refusal.status, self.refused(refusal)
            headers = refusal.headers
        self.save()
        return status, document, {**self.headers(), **headers}

    def handle(self, request):
        """Status, document and headers, and the fault that the answer is to suffer."""
        with self.lock:
            self.control.read()
            self.count += 1
            fault = self.control.fault(request)
            self.repeat = fault == "repeat"
            number = re.fullmatch(r"([0-9]{3})(?:-after-([0-9]+))?", fault)
            if number:
                refusal = self.fault_refusal(int(number[1]))
                headers = {"Retry-After": number[2]} if number[2] else {}
                result = refusal.status, self.refused(refusal), headers
            elif fault in ("html", "redirect", "none", "silent"):  # before it has any effect
                result = 200, {}, {}
            else:
                result = self.answer(request)
            if fault == "other":
                result = result[0], self.another(result[1]), result[2]
            self.note(request, result[0], fault)
        return (*result, fault)

    def note(self, request, status, fault):
        query = "&".join(f"{name}={','.join(values)}" for name, values in request.query.items())
        self.log.write(json.dumps({
            "n": self.count, "method": request.method, "path": request.path, "query": query,
            "body": request.raw.decode("utf-8", "replace"), "status": status, "fault": fault,
            "agent": request.headers.get("User-Agent", "")}) + "\n")
        self.log.flush()

    def save(self):
        """The account as it is, for the tests."""
        path = os.path.join(self.folder, "state.json")
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump(self.state(), file, indent=1)
        os.rename(path + ".new", path)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version, server_version, sys_version = "HTTP/1.1", "emulator", ""
    vendor = None  # set by serve

    def log_message(self, *_):
        pass

    def handle_any(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, self.path, self.headers, raw)
        status, document, headers, fault = self.vendor.handle(request)
        body = json.dumps(document).encode()
        self.suffer(fault, status, body, headers)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

    def send(self, status, body, headers, length=None, kind="application/json"):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, str(value))
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def suffer(self, fault, status, body, headers):
        """The answer as it was meant, or what the fault makes of it."""
        if fault in ("none", "none+effect"):
            self.close_connection = True
        elif fault == "silent":
            time.sleep(120)
            self.close_connection = True
        elif fault == "html":
            self.send(200, b"<html><body>Please log in</body></html>", {}, kind="text/html")
        elif fault == "redirect":
            self.send(302, b"", {"Location": f"http://{self.headers['Host']}/elsewhere"})
        elif fault == "half":  # the connection breaks in the middle
            self.close_connection = True
            self.send(status, body[:len(body) // 2], headers, len(body))
        elif fault == "length":  # the length is wrong, the connection is not
            self.send(status, body[:-5], headers)
        elif fault == "endless":
            self.endless(status, headers)
        else:
            self.send(status, body, headers)

    def endless(self, status, headers):
        self.close_connection = True
        self.send(status, b"[", headers, 1 << 40)
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            pass


def paged(items, page, per_page, repeat):
    """The items of one page, and how many pages there are; with repeat always the first."""
    last = max(1, -(-len(items) // per_page))
    first = 0 if repeat else (page - 1) * per_page
    return items[first:first + per_page], last


def read_only_file(text):
    path, _, access = text.partition(",")
    with open(path, encoding="ascii") as file:
        return file.read().strip(), access == "read"


def serve(kind):
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", required=True, help="control, requests, state.json")
    parser.add_argument("--world", required=True, help="what the account holds at the start")
    parser.add_argument("--token", action="append", required=True, help="FILE[,read]")
    parser.add_argument("--zone", action="append", default=[], help="ZONE,SERVER,KEY,KEYFILE")
    options = parser.parse_args()
    os.makedirs(options.folder, exist_ok=True)
    servers = {}
    for zone in options.zone:
        name, *server = zone.split(",")
        servers[name] = NameServer(*server)
    with open(options.world, encoding="utf-8") as file:
        world = json.load(file)
    tokens = dict(read_only_file(text) for text in options.token)
    Handler.vendor = kind(options.folder, tokens, Feed(servers), world)
    Handler.vendor.save()
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer(("127.0.0.1", options.port), Handler).serve_forever()
