"""Servers on loopback that take what is told, and can be told to misbehave: a webhook, a mail server, a proxy."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TLS = b"\x16"  # the first byte that a client of TLS sends
SECRET = "CanaryOfAnAddress"  # noqa: S105 - made up here


class Webhook:
    """What was posted, and how it is answered. ``before`` is called with each request before its answer."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.location: str | None = None
        self.asked: list[tuple[str, str]] = []
        self.bodies: list[bytes] = []
        self.before: Callable[[], object] = lambda: None

    @property
    def texts(self) -> list[str]:
        return [json.loads(body)["text"] for body in self.bodies]


@contextmanager
def webhook() -> Iterator[Webhook]:
    """A webhook whose URL is a secret."""
    found = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            found.before()
            found.asked.append((self.command, self.path))
            if found.status < 300 and body:
                found.bodies.append(body)
            self.send_response(found.status)
            if found.location:
                self.send_header("location", found.location)
            self.send_header("content-length", "0")
            self.end_headers()

        do_GET = do_POST = _answer  # noqa: N815 - the names are http.server's

        def log_message(self, format: str, *args: object) -> None:
            """Stay quiet."""

    with served(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        found.url = f"http://127.0.0.1:{port}/services/{SECRET}"
        yield found


class Mailbox:
    """What was mailed, and every line that a client said."""

    def __init__(self) -> None:
        self.url = ""
        self.refuses = False
        self.said: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.mails: list[EmailMessage] = []


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A mail server that wants a password and takes any."""
    found = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 loopback")
            recipients: list[str] = []
            while line := self.rfile.readline():
                found.said.append(line)
                verb = line.split()[0].upper().decode() if line.split() else ""
                if verb == "EHLO":
                    self.say("250-loopback\r\n250 AUTH PLAIN")
                elif verb == "AUTH":
                    self.say(f"535 no such user {SECRET}" if found.refuses else "235 welcome")
                elif verb == "RCPT":
                    recipients.append(line.decode().partition("<")[2].partition(">")[0])
                    self.say("250 yes")
                elif verb == "DATA":
                    self.say("354 go on")
                    content = b""
                    while (part := self.rfile.readline()) != b".\r\n":
                        content += part
                    found.recipients.append(recipients)
                    found.mails.append(message_from_bytes(content, _class=EmailMessage, policy=policy.default))
                    self.say("250 taken")
                elif verb == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 yes" if verb in ("MAIL", "RSET", "NOOP") else "502 no")

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with served(Server(("127.0.0.1", 0), Handler)) as port:
        found.url = f"smtp://watch%40example.org:{SECRET}@127.0.0.1:{port}"
        yield found


class Proxy:
    """What a proxy was asked, head by head. ``url`` holds a user and a secret password."""

    def __init__(self) -> None:
        self.address = ""
        self.asked: list[bytes] = []

    @property
    def url(self) -> str:
        return f"http://user:{SECRET}@{self.address}"


@contextmanager
def proxy(answer: bytes) -> Iterator[Proxy]:
    """A proxy that answers each request with the same bytes, also one that it does not understand, and closes."""
    found = Proxy()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            head = self.rfile.read(1)
            while head != TLS and (line := self.rfile.readline()).strip():
                head += line
            found.asked.append(head)
            self.wfile.write(answer)

    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        found.address = f"127.0.0.1:{port}"
        yield found


@contextmanager
def silent_proxy() -> Iterator[Proxy]:
    """A proxy that takes connections, and never answers."""
    found = Proxy()
    is_over = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            found.asked.append(self.request.recv(4096))
            is_over.wait()

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with served(Server(("127.0.0.1", 0), Handler)) as port:
        found.address = f"127.0.0.1:{port}"
        try:
            yield found
        finally:
            is_over.set()


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    """The server, answering for the block; yields its port."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
