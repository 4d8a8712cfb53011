#!/usr/bin/env python3
"""greeter.py TABLE LOG - SMTP greetings as the world has them, one address each.

TABLE has lines "ADDRESS KIND [WORD...]"; port 25 of each address answers in the
way of its kind. LOG gets one line a visit: the address, and every piece that the
visitor sent, with the seconds since the connection, so that a scenario can see
who spoke before the greeting was complete, or in pieces.
"""

import socket
import sys
import threading
import time

TEASER_PAUSE = 6


class Visit:
    def __init__(self, connection, log):
        self.connection, self.log = connection, log
        self.address = connection.getsockname()[0]
        self.start = time.monotonic()

    def send(self, text):
        self.connection.sendall(text.encode("latin-1"))

    def hear(self, seconds=30):
        """One piece of what the visitor sends, "" when it is gone or silent."""
        self.connection.settimeout(seconds)
        try:
            piece = self.connection.recv(4096).decode("latin-1")
        except OSError:
            piece = ""
        if piece:
            at = time.monotonic() - self.start
            self.log.write(f"{self.address} {at:.1f} {piece!r}\n")
            self.log.flush()
        return piece

    def converse(self, name):
        """What follows a complete greeting: an answer to EHLO, and to QUIT."""
        while piece := self.hear():
            if piece.upper().startswith("QUIT"):
                return self.send("221 bye\r\n")
            self.send(f"250-{name}\r\n250-PIPELINING\r\n250 8BITMIME\r\n")


def plain(visit, name):
    visit.send(f"220 {name} ESMTP\r\n")
    visit.converse(name)


def lines(visit, name):
    visit.send(f"220-{name} ESMTP\r\n220-We do not authorize the use of this system\r\n")
    visit.send("220 to transport unsolicited mail.\r\n")
    visit.converse(name)


def teaser(visit, name):
    visit.send(f"220-{name} ESMTP\r\n")
    if visit.hear(TEASER_PAUSE):
        return visit.send("521 you spoke too early\r\n")
    visit.send(f"220 {name} ESMTP\r\n")
    visit.converse(name)


def says(visit, *text):
    """The words as they are, then a conversation under the first of them."""
    visit.send(" ".join(text) + "\r\n")
    visit.converse((text + ("", ""))[1])


def ehlo(visit, name, other):
    visit.send(f"220 {name} ESMTP\r\n")
    visit.converse(other)


def escapes(visit, name):
    visit.send(f"220 {name} \x1b]0;owned\x07\x1b[31mESMTP\x1b[0m \x9b2J\r\n")
    visit.converse(name)


def tarpit(visit, name):
    for byte in f"220 {name} ESMTP\r\n":
        visit.send(byte)
        if visit.hear(1):
            return
    visit.converse(name)


def endless(visit, name):
    visit.send(f"220 {name} ")
    while True:
        visit.send("x" * 4096)


def silent(visit):
    visit.hear(60)


def closed(visit):
    pass


KINDS = {kind.__name__: kind
         for kind in (plain, lines, teaser, says, ehlo, escapes, tarpit, endless, silent, closed)}


def serve(listener, kind, words, log):
    while True:
        connection, _ = listener.accept()
        visit = Visit(connection, log)
        threading.Thread(target=talk, args=(visit, kind, words), daemon=True).start()


def talk(visit, kind, words):
    try:
        kind(visit, *words)
    except OSError:
        pass  # the visitor has gone
    visit.connection.close()


def main():
    log = open(sys.argv[2], "w", encoding="utf-8")
    for line in open(sys.argv[1], encoding="utf-8"):
        address, kind, *words = line.split()
        listener = socket.create_server((address, 25), backlog=64)
        threading.Thread(target=serve, args=(listener, KINDS[kind], words, log),
                         daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


main()
