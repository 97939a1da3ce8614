"""A source that answers with whatever it likes: a server of raw bytes on loopback, and the tables of what it answers.

Belongs here: the hostile answers, each with a name, and sending them. Not here: what must become of them (``trial``), and
good answers, which the simulator gives.
"""

from __future__ import annotations

import gzip
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

MIB = 1024 * 1024
KEY = "sk-or-v1-Canary0123456789abcdef"
"""Made up here. What must never be seen again."""

Reply = Callable[[socket.socket, bytes], None]
"""Answers one request; it is given a good body, to spoil."""


@contextmanager
def serving(reply: Callable[[socket.socket, str], None]) -> Iterator[str]:
    """Serve raw bytes on loopback: ``reply`` is given each connection and the target that was asked for."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def answer(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                if not (read := connection.recv(65536)):
                    return
                head += read
            reply(connection, head.split(b" ", 2)[1].decode())
            # Lets what was sent arrive: closing with unread bytes would reset the connection.
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(5)
            while connection.recv(65536):
                pass

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed: the end
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        listener.close()
        thread.join()


# --- how bytes are sent ------------------------------------------------------------------------------------------------


def response(body: bytes, *headers: str, status: str = "200 OK", length: str | None = None) -> bytes:
    """A response of HTTP/1.1 with a length that is true, unless another is given."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def sends(make: Callable[[bytes], bytes]) -> Reply:
    return lambda connection, good: connection.sendall(make(good))


def raw(sent: bytes) -> Reply:
    return lambda connection, good: connection.sendall(sent)


def with_status(status: str, *headers: str) -> Reply:
    """A good body under another status: it is refused for its status alone."""
    return sends(lambda good: response(good, *headers, status=status))


def saying(status: str, message: Any) -> Reply:
    return raw(response(json.dumps({"error": {"code": 0, "message": message}}).encode(), status=status))


def encoded(name: str, encode: Callable[[bytes], bytes]) -> Reply:
    return sends(lambda good: response(encode(good), f"Content-Encoding: {name}"))


def chunked(make: Callable[[bytes], bytes]) -> Reply:
    return sends(lambda good: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + make(good))


def chunk(content: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(content), content)


def without_end(start: bytes, piece: bytes) -> Reply:
    def reply(connection: socket.socket, good: bytes) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return reply


def dripping(start: bytes, drop: bytes) -> Reply:
    """A drop every 20 ms, for ever: each read is quick, the whole is not. Ends when the other side has left."""

    def reply(connection: socket.socket, good: bytes) -> None:
        connection.sendall(start)
        connection.settimeout(0.02)
        while True:
            connection.sendall(drop)
            with suppress(TimeoutError):
                if connection.recv(1) == b"":
                    return

    return reply


def resetting(make: Callable[[bytes], bytes]) -> Reply:
    """What was made, and then a reset instead of an end."""

    def reply(connection: socket.socket, good: bytes) -> None:
        connection.sendall(make(good))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return reply


@cache
def bomb(mebibytes: int) -> bytes:
    """Blanks, compressed a thousandfold: as JSON they are nothing, and never an error of syntax before the end."""
    packing = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    return b"".join([*(packing.compress(b" " * MIB) for _ in range(mebibytes)), packing.flush()])


@cache
def endless_gzip() -> tuple[bytes, bytes]:
    """The beginning of a compressed stream, and a piece of it that can be repeated."""
    packing = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    start = packing.compress(b" " * 1024) + packing.flush(zlib.Z_FULL_FLUSH)
    return start, packing.compress(b" " * MIB) + packing.flush(zlib.Z_FULL_FLUSH)


HEAD = b"HTTP/1.1 200 OK\r\n"
NONSENSE_RETRY_AFTER = {
    "negative": "-1",
    "of 10,000 digits": "9" * 10_000,
    "not a number": "NaN",
    "of the year 9999": "Fri, 31 Dec 9999 23:59:59 GMT",
    "with an escape": "\x1b[31m5",
    "of no date": "Thu, 99 Foo 2026 99:99:99 GMT",
    "in other digits": "\u00b2\u00b3",
    "that repeats the key": KEY,
}

WIRE: Mapping[str, Reply] = {
    # Lengths
    "length too long": sends(lambda good: response(good, length=str(len(good) + 100))),
    "length too short": sends(lambda good: response(good, length=str(len(good) // 2))),
    "length 0 before a body": sends(lambda good: response(good, length="0")),
    "length negative": sends(lambda good: response(good, length="-5")),
    "length in words": sends(lambda good: response(good, length="many")),
    "length of 30 digits": sends(lambda good: response(good, length="9" * 30)),
    "length of 5,000 digits": sends(lambda good: response(good, length="9" * 5000)),
    "two lengths": sends(lambda good: response(good, "Content-Length: 3")),
    "no body at all": raw(response(b"")),
    # Connections
    "closed at once": raw(b""),
    "closed in the status line": raw(b"HTTP/1.1 20"),
    "closed in the headers": raw(HEAD + b"Content-Ty"),
    "closed in a chunk": chunked(lambda good: b"ffff\r\n" + good[:100]),
    "reset at once": resetting(lambda good: b""),
    "reset in the headers": resetting(lambda good: HEAD + b"X-A: b\r\n"),
    "reset in the body": resetting(lambda good: response(good, length=str(2 * len(good)))),
    # Without end
    "body without end": without_end(HEAD + b"\r\n", b" " * 65536),
    "chunks without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b" " * 65536)),
    "gzip without end": without_end(HEAD + b"Content-Encoding: gzip\r\n\r\n" + endless_gzip()[0], endless_gzip()[1]),
    "headers without end": without_end(HEAD, b"X-Header: value\r\n"),
    "a header without end": without_end(HEAD + b"X-Header: ", b"v" * 4096),
    "a status line without end": without_end(b"HTTP/1.1 200 ", b"O" * 4096),
    "1xx without end": without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "early hints without end": without_end(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 100),
    "trailers without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X-Trailer: value\r\n"),
    "a chunk's extension without end": without_end(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"e" * 4096),
    "error message without end": without_end(b"HTTP/1.1 401 No\r\n\r\n", b"no " * 4096),
    # Slowly
    "silence": dripping(b"", b""),
    "dripped status line": dripping(b"HTTP/1.1 200 ", b"O"),
    "dripped headers": dripping(HEAD + b"X-Slow: ", b"x"),
    "dripped body": dripping(HEAD + b"Content-Length: 999999\r\n\r\n", b" "),
    "dripped chunks": dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk(b" ")),
    "dripped gzip": dripping(HEAD + b"Content-Encoding: gzip\r\n\r\n" + endless_gzip()[0], endless_gzip()[1][:1]),
    "dripped 1xx": dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    # Not HTTP/1.1
    "no status line": sends(lambda good: good),
    "HTTP/2.0 in words": raw(b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "frames of HTTP/2": raw(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + bytes(18)),
    "HTTP/9.9": raw(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "HTTP/1.1 in lower case": raw(b"http/1.1 200 ok\r\nContent-Length: 2\r\n\r\n{}"),
    "status without a number": raw(b"HTTP/1.1 OK\r\n\r\n{}"),
    "status of two digits": raw(b"HTTP/1.1 99 No\r\n\r\n{}"),
    "status of four digits": raw(b"HTTP/1.1 2000 OK\r\n\r\n{}"),
    "negative status": raw(b"HTTP/1.1 -200 OK\r\n\r\n{}"),
    "key in the status line": raw(f"Bearer {KEY}\r\n\r\n".encode()),
    "TLS alert": raw(b"\x15\x03\x03\x00\x02\x02\x28"),
    "another protocol's banner": raw(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "zeros": raw(bytes(100_000)),
    "other bytes": raw(bytes(range(256)) * 400),
    # Headers
    "header of a MiB": sends(lambda good: response(good, "X-Long: " + "v" * MIB)),
    "header's name of a MiB": sends(lambda good: response(good, "X" * MIB + ": v")),
    "20,000 headers": sends(lambda good: response(good, *(f"X-{n}: {n}" for n in range(20_000)))),
    "header without a colon": sends(lambda good: response(good, "no colon")),
    "header without a name": sends(lambda good: response(good, ": value")),
    "header with a null": sends(lambda good: response(good, "X-A: a\x00b")),
    "header that repeats the key": sends(lambda good: response(good, f"Bearer {KEY}")),
    "blank before the colon": sends(lambda good: response(good, "X-A : b")),
    # Encodings
    "gzip bomb": raw(response(bomb(64), "Content-Encoding: gzip")),
    "gzip bomb in an error": raw(response(bomb(64), "Content-Encoding: gzip", status="500 No")),
    "gzip in gzip": encoded("gzip, gzip", lambda good: gzip.compress(gzip.compress(good))),
    "gzip that is none": encoded("gzip", lambda good: good),
    "gzip that ends early": encoded("gzip", lambda good: gzip.compress(good)[:-9]),
    "gzip with another checksum": encoded("gzip", lambda good: gzip.compress(good)[:-8] + bytes(8)),
    "gzip and more": encoded("gzip", lambda good: gzip.compress(good) + b"more"),
    "two gzips": encoded("gzip", lambda good: gzip.compress(good) * 2),
    "gzip with broken blocks": encoded("gzip", lambda good: gzip.compress(b"")[:10] + b"\xff" * 100),
    "deflate": encoded("deflate", zlib.compress),
    "br that is none": encoded("br", lambda good: good),
    "zstd": encoded("zstd", lambda good: b"\x28\xb5\x2f\xfd" + good),
    "an encoding of a MiB's half": encoded("x" * 60_000, lambda good: good),
    "an encoding with the key in its name": encoded(KEY, lambda good: good),
    # Chunks
    "chunk size in words": chunked(lambda good: b"lots\r\n" + good),
    "chunk size negative": chunked(lambda good: b"-5\r\n" + good),
    "chunk size of 16 digits": chunked(lambda good: b"f" * 16 + b"\r\n" + good),
    "chunk size of 1,000 digits": chunked(lambda good: b"f" * 1000 + b"\r\n" + good),
    "chunk size is the key": chunked(lambda good: KEY.encode() + b"\r\n" + good),
    "chunk without its end": chunked(lambda good: b"5\r\n" + good),
    "chunks without the last": chunked(chunk),
    "another transfer encoding": sends(lambda good: HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + chunk(good)),
    # Statuses
    **{
        f"status {status}": with_status(f"{status} X")
        for status in (201, 202, 203, 205, 206, 207, 226, 300, 304, 305, 400, 402, 404, 405, 406, 407, 408, 409, 410)
    },
    **{
        f"status {status}": with_status(f"{status} X")
        for status in (411, 413, 414, 415, 418, 421, 422, 425, 426, 428, 431, 451, 499, 500, 501, 502, 503, 504, 505)
    },
    **{f"status {status}": with_status(f"{status} X") for status in (507, 508, 511, 520, 529, 599, 600, 999)},
    "status 204": raw(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status 206 with a range": with_status("206 Partial", "Content-Range: bytes 0-9/10"),
    "status 101": raw(b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x02{}"),
    # Redirects
    "redirect to another host": with_status("302 X", "Location: https://evil.example/api/v1"),
    "redirect to itself": with_status("307 X", "Location: /api/v1/datasets/rankings-daily"),
    "redirect with the key": with_status("308 X", f"Location: https://evil.example/{KEY}"),
    "redirect to a host that is the key": with_status("301 X", f"Location: https://{KEY}.example/"),
    "redirect to a file": with_status("301 X", "Location: file:///etc/passwd"),
    "redirect to a script": with_status("303 X", "Location: javascript:alert(1)"),
    "redirect to nowhere": with_status("302 X", "Location: http://[::1"),
    "redirect without a place": with_status("302 X"),
    # What it says
    **{f"Retry-After {what}": with_status("429 X", f"Retry-After: {value}") for what, value in NONSENSE_RETRY_AFTER.items()},
    "Retry-After of a day": with_status("429 X", "Retry-After: 86400"),
    "Retry-After of 30 years": with_status("503 X", "Retry-After: 999999999"),
    "message with escapes": saying("400 X", "\x1b]0;title\x07\x1b[2J\r\n\u202eevil\u2028\u0085"),
    "message with lines": saying("401 X", "one\ntwo\r\nerror: three"),
    "message of a MiB": saying("400 X", "x" * MIB),
    "message that is the key": saying("401 X", f"No user for Bearer {KEY} {KEY.upper()}"),
    "message that is a list": saying("400 X", [{"a": 1}]),
    "message that is half a character": raw(response(b'{"error":{"message":"\\ud800"}}', status="400 X")),
    "message that is nested": raw(response(b'{"error":' * 100_000, status="400 X")),
    "message in other bytes": raw(response(bytes(range(256)), status="403 X")),
    "message in markup": saying("400 X", "[bold]x[/] <script>alert(1)</script> ](javascript:alert(1)) |"),
}
"""What is hostile in the way it is sent, by name. Each is refused by the client, or by what reads the body."""


# --- bodies ------------------------------------------------------------------------------------------------------------


def rows_of(document: Any) -> list[Any]:
    """The rows of a good answer, wherever its shape has them."""
    data = document["data"]
    found: list[Any] = data if isinstance(data, list) else data["classifications"]
    return found


def document(spoil: Callable[[Any], Any]) -> Callable[[bytes], bytes]:
    """Spoil an answer's JSON: ``spoil`` changes it, or gives another in its place."""

    def make(good: bytes) -> bytes:
        read = json.loads(good)
        other = spoil(read)
        return json.dumps(read if other is None else other).encode()

    return make


def each_row(spoil: Callable[[dict[str, Any]], Any]) -> Callable[[bytes], bytes]:
    """Spoil every row of an answer, in place."""

    def spoil_all(read: Any) -> None:
        rows = rows_of(read)
        rows[:] = [row if (other := spoil(row)) is None else other for row in rows]

    return document(spoil_all)


def measures(value: Any) -> Callable[[bytes], bytes]:
    """Every value of every row that is a measure, or a text with one in it, replaced."""

    def spoil(row: dict[str, Any]) -> None:
        for name in row:
            if name not in {"pricing", "models", "architecture", "benchmarks"}:
                row[name] = value

    return each_row(spoil)


def written(number: bytes) -> Callable[[bytes], bytes]:
    """As ``measures``, with a number that Python would not write."""
    return lambda good: measures(123454321)(good).replace(b"123454321", number)


def set_data(value: Any) -> Callable[[bytes], bytes]:
    return document(lambda read: {**read, "data": value})


BODIES: Mapping[str, Callable[[bytes], bytes]] = {
    "empty": lambda good: b"",
    "blanks": lambda good: b" \r\n\t" * 10,
    "a web page": lambda good: b"<!doctype html><title>Moved</title>" + good,
    "a web page after blanks": lambda good: b"\n\n  <html>" + b"x" * MIB,
    "XML": lambda good: b'<?xml version="1.0"?><data/>',
    "text": lambda good: b"Service temporarily unavailable",
    "null": lambda good: b"null",
    "a number": lambda good: b"42",
    "a number of 100,000 digits": lambda good: b"9" * 100_000,
    "a string": lambda good: json.dumps(good.decode()).encode(),
    "a list": lambda good: b"[" + good + b"]",
    "an empty object": lambda good: b"{}",
    "an error with status 200": lambda good: b'{"error":{"code":500,"message":"\\u001b[2J"}}',
    "no data": document(lambda read: {name: value for name, value in read.items() if name != "data"}),
    "data null": set_data(None),
    "data a string": set_data("rows"),
    "data a number": set_data(1),
    "data of nulls": each_row(lambda row: []),
    "data empty": document(lambda read: rows_of(read).clear()),
    "data of strings": each_row(lambda row: "row"),
    "data nested": set_data([[[[[]]]]]),
    "data an object of rows": document(lambda read: {**read, "data": {"0": rows_of(read)[0]}}),
    "100,000 lists deep": lambda good: b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects deep": lambda good: b'{"data":' * 100_000 + b"1" + b"}" * 100_000,
    "rows 100,000 deep": lambda good: b'{"data":[' + b"[" * 100_000 + b"]" * 100_000 + b"]}",
    "cut in half": lambda good: good[: len(good) // 2],
    "cut by one": lambda good: good[:-1],
    "twice": lambda good: good * 2,
    "one row a line": lambda good: b"\n".join(json.dumps(row).encode() for row in rows_of(json.loads(good))),
    "with garbage behind": lambda good: good + b"\x00garbage",
    "with nulls between": lambda good: b"\x00".join(bytes([one]) for one in good[:10_000]),
    "with a comment": lambda good: b"/* rows */" + good,
    "in single quotes": lambda good: good.replace(b'"', b"'"),
    "with a byte order mark": lambda good: b"\xef\xbb\xbf" + good,
    "in UTF-16": lambda good: good.decode().encode("utf-16"),
    "in UTF-32": lambda good: good.decode().encode("utf-32"),
    "with bytes that are no UTF-8": lambda good: good.replace(b'"data"', b'"d\xff\xfe", "data"', 1),
    "with half a character": measures("\ud800"),
    "with a key twice": lambda good: good.replace(b'"data"', b'"data":[],"data"', 1),
    "rows with a key twice": lambda good: json.dumps(json.loads(good)).encode().replace(b'{"', b'{"again":1,"again":2,"'),
    "measures NaN": measures(float("nan")),
    "measures infinite": measures(float("-inf")),
    "measures 1e999": written(b"1e999"),
    "measures -0.0": written(b"-0.0"),
    "measures of 4,000 digits": written(b"9" * 4000),
    "measures of 5,000 digits": written(b"9" * 5000),
    "measures null": measures(None),
    "measures true": measures(True),
    "measures lists": measures([]),
    "measures objects": measures({"a": {"b": []}}),
    "measures blank": measures(""),
    "measures of 2,000 letters": measures("x" * 2_000),
    "fields renamed": each_row(lambda row: {f"new_{name}": value for name, value in row.items()}),
    "fields in capitals": each_row(lambda row: {name.upper(): value for name, value in row.items()}),
    "fields missing": each_row(dict.clear),
}
"""What is hostile in a body that arrives whole with status 200, by name. Each is spoilt from a good answer of any shape."""
