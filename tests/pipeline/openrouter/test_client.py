"""The client at its seam, a mock transport, and against loopback servers that misbehave on the wire."""

import gzip
import json
import logging
import socket
import time
import traceback
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from threading import Event, Thread
from typing import Any

import httpx
import pytest
import stamina

from pipeline.failures import PermanentFailure, PipelineFailure, TransientFailure
from pipeline.openrouter.budget import Budget, BudgetSpent
from pipeline.openrouter.client import Client, Exchange
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.openrouter.endpoints.rankings import RANKINGS
from pipeline.openrouter.endpoints.request import Request

BASE = "https://openrouter.ai/api/v1"
KEY = "sk-or-v1-Canary0123456789"
NOW = datetime(2026, 8, 1, 6, 30, tzinfo=UTC)
DAYS = RANKINGS.request(date(2025, 10, 25), date(2025, 10, 31), period="day")
MIB = 1024 * 1024
Answer = Callable[[httpx.Request], httpx.Response]


class Kept(list[Exchange]):
    """Everything the client handed on."""

    @property
    def only(self) -> Exchange:
        (exchange,) = self
        return exchange


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    """Retries happen, their pauses do not."""
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def naps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made, with stamina as it is in earnest."""
    stamina.set_testing(False)
    slept: list[float] = []
    monkeypatch.setattr("tenacity.nap.time.sleep", slept.append)
    return slept


def client(kept: Kept, answer: Answer | None = None, **changes: Any) -> Client:
    transport = httpx.MockTransport(answer) if answer else None
    given: dict[str, Any] = {
        "base_url": BASE,
        "api_key": KEY,
        "budget": Budget(None),
        "keep": kept.append,
        "clock": lambda: NOW,
    }
    return Client(**given | {"transport": transport} | changes)


def fetched(kept: Kept, answer: Answer | None, request: Request = DAYS, **changes: Any) -> Exchange:
    with client(kept, answer, **changes) as asking:
        return asking.fetch(request)


def always(*args: Any, seen: list[httpx.Request] | None = None, **kwargs: Any) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(*args, **kwargs)

    return answer


def one_after_the_other(*answers: httpx.Response | Exception) -> Answer:
    coming = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        given = next(coming)
        if isinstance(given, Exception):
            raise given
        return given

    return answer


def error(status: int, message: str = "no", **headers: str) -> httpx.Response:
    body = {"error": {"code": status, "message": message}}
    return httpx.Response(status, json=body, headers={k.replace("_", "-"): v for k, v in headers.items()})


def refusal(
    kept: Kept, answer: Answer | None, request: Request = DAYS, kind: type[PipelineFailure] = PipelineFailure, **changes: Any
) -> PipelineFailure:
    with client(kept, answer, **changes) as asking, pytest.raises(kind) as failure:
        asking.fetch(request)
    assert "\n" not in str(failure.value)
    return failure.value


# --- what is sent, what is handed on


def test_an_answer_is_handed_on_verbatim(kept: Kept) -> None:
    """The bytes are kept as they came, with the request, the time and harmless headers; and returned."""
    body = b'{ "data": [],\r\n "x": 1.0 }'
    headers = {"Content-Type": "application/json", "X-Simulated": "1", "Set-Cookie": "session=1", "ETag": "e" * 2000}
    exchange = fetched(kept, always(200, content=body, headers=headers))
    assert exchange is kept.only
    assert exchange.body == body
    assert (exchange.method, exchange.url, exchange.status) == ("GET", f"{BASE}/datasets/rankings-daily", 200)
    assert exchange.params == DAYS.params
    assert exchange.retrieved_at == NOW
    assert exchange.headers == {"content-type": "application/json", "x-simulated": "1", "etag": "e" * 1000}
    assert not exchange.is_truncated
    assert exchange.elapsed_seconds >= 0


def test_the_request_says_who_asks_and_carries_its_parameters(kept: Kept) -> None:
    """The source can reach us; only gzip is offered, as only gzip is decoded; the key goes where it is needed."""
    seen: list[httpx.Request] = []
    fetched(kept, always(200, seen=seen))
    fetched(kept, always(200, seen=seen), MODELS.request())
    assert fetched(kept, always(200), MODELS.request(output_modalities="all"), api_key=None).status == 200
    days, models = seen
    assert dict(days.url.params) == DAYS.params
    assert days.headers["user-agent"].startswith("openrouter-usage/")
    assert days.headers["accept-encoding"] == "gzip"
    assert days.headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in models.headers


@pytest.mark.parametrize("key", [None, ""])
def test_a_missing_key_is_told_before_anything_is_sent(kept: Kept, key: str | None) -> None:
    """No request is spent on a 401 that is certain."""
    budget = Budget(None)
    failure = refusal(kept, always(200), api_key=key, budget=budget, kind=PermanentFailure)
    assert "set OPENROUTER_API_KEY" in str(failure)
    assert budget.spent().last_day == 0
    assert kept == []


@pytest.mark.parametrize("key", ["canary\n", "canary key", "canary\x00", "canaryß", "‘canary’"])
def test_a_key_that_no_header_carries_is_refused_unseen(kept: Kept, key: str) -> None:
    """A line break would end the header, a typographic quote comes from copying: told without the key."""
    with pytest.raises(PermanentFailure, match="OPENROUTER_API_KEY") as failure:
        client(kept, always(200), api_key=key)
    assert "canary" not in repr(failure.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "http://openrouter.ai/api/v1",
        "http://127.0.0.1.example.com",
        "ftp://localhost",
        "https://",
        "openrouter.ai/api/v1",
        "https://user:secret@openrouter.ai",
        "https://openrouter.ai?x=1",
        "https://openrouter.ai:port",
    ],
)
def test_a_base_url_that_would_show_the_key_is_refused(kept: Kept, base_url: str) -> None:
    """Unencrypted is for this machine only; a URL with a password in it would end up in messages."""
    with pytest.raises(PermanentFailure, match="cannot use the base URL") as failure:
        client(kept, always(200), base_url=base_url)
    assert "secret" not in str(failure.value)


@pytest.mark.parametrize("base_url", ["http://127.0.0.1:8000/api/v1/", "http://localhost", "http://[::1]:80"])
def test_loopback_may_be_unencrypted(kept: Kept, base_url: str) -> None:
    """The simulator has no certificate."""
    assert fetched(kept, always(200), base_url=base_url).url == f"{base_url.rstrip('/')}/datasets/rankings-daily".replace(
        ":80/", "/"
    )


def test_a_loopback_address_is_never_behind_a_proxy(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the environment, here one that cannot be set up, would be shown the request."""
    monkeypatch.setenv("HTTP_PROXY", "socks9://user:secret@proxy")
    client(kept, base_url="http://127.0.0.1:1")


# --- refusals


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (400, "please report it"),
        (401, "check OPENROUTER_API_KEY"),
        (403, "the key lacks a permission"),
        (404, "the endpoint may have moved"),
        (418, "see the API's documentation"),
        (204, "see the API's documentation"),
    ],
)
def test_a_refusal_is_kept_told_with_advice_and_not_repeated(kept: Kept, status: int, advice: str) -> None:
    """One attempt, one line: what was asked, the status, the source's words, what to do."""
    failure = refusal(kept, lambda request: error(status, "the source's own words"), kind=PermanentFailure)
    asked = f"GET {BASE}/datasets/rankings-daily (usage, period=day, start_date=2025-10-25, end_date=2025-10-31)"
    assert str(failure).startswith(f"{asked} returned {status}: the source's own words; ")
    assert advice in str(failure)
    assert kept.only.status == status
    assert json.loads(kept.only.body)["error"]["message"] == "the source's own words"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"error": {"message": "a\\u001b[2Jb\\nc\\ud800"}}', r"a\x1b[2Jb\nc\ud800"),
        (b'{"error": "plain"}', '{"error": "plain"}'),
        (b"<html>\xff", "<html>�"),
        (b"[" * 100_000, "[" * 300),
        (b"", "no message"),
        (json.dumps({"error": {"message": "x" * 1000}}).encode(), "x" * 300),
    ],
)
def test_the_sources_words_are_made_printable_and_short(kept: Kept, body: bytes, told: str) -> None:
    """An answer cannot write to the terminal, nor fill the log."""
    assert f" returned 400: {told}; the API and this project disagree" in str(refusal(kept, always(400, content=body)))


def test_a_redirect_is_not_followed(kept: Kept) -> None:
    """The key stays here. The message names the host, not the whole address."""
    seen: list[httpx.Request] = []
    failure = refusal(
        kept, always(302, headers={"location": "https://evil.example/?a=secret"}, seen=seen), kind=PermanentFailure
    )
    assert "redirected (302) to evil.example:" in str(failure)
    assert "secret" not in str(failure)
    assert [request.url.host for request in seen] == ["openrouter.ai"]
    assert kept.only.status == 302


# --- trying again


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 599])
def test_what_may_pass_is_tried_again_and_every_response_kept(kept: Kept, status: int) -> None:
    """A refused attempt is kept as well as the answer."""
    assert fetched(kept, one_after_the_other(error(status), httpx.Response(200, content=b"{}"))).body == b"{}"
    assert [exchange.status for exchange in kept] == [status, 200]


def test_attempts_are_bounded_and_each_takes_from_the_budget(kept: Kept) -> None:
    """F26: an endless 429 ends after four requests, all of them counted."""
    budget = Budget(None)
    failure = refusal(kept, lambda request: error(429, "Rate limit exceeded"), budget=budget, kind=TransientFailure)
    assert "returned 429: Rate limit exceeded; tried 4 times, run again later" in str(failure)
    assert failure.__cause__ is not None
    assert len(kept) == budget.spent().last_day == 4


@pytest.mark.parametrize("broken", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ProxyError])
def test_a_broken_connection_is_tried_again(kept: Kept, broken: type[httpx.TransportError]) -> None:
    """Nothing arrived, so nothing is kept; the next attempt answers."""
    fetched(kept, one_after_the_other(broken("gone"), httpx.Response(200)))
    assert kept.only.status == 200


def test_pauses_grow_and_are_told_before(kept: Kept, naps: list[float]) -> None:
    """Exponential with jitter; whoever watches is told how long and why."""
    told: list[tuple[float, str]] = []
    refusal(kept, lambda request: error(503), on_wait=lambda seconds, why: told.append((seconds, why)))
    assert [2 <= naps[0] <= 3, 4 <= naps[1] <= 5, 8 <= naps[2] <= 9] == [True] * 3
    assert [seconds for seconds, _ in told] == pytest.approx(naps)
    assert all("returned 503" in why for _, why in told)


SATURDAY = "Sat, 01 Aug 2026 06:30:45"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        *((value, seconds, seconds) for value, seconds in (("7", 7), ("120", 120), (f"{SATURDAY} GMT", 45), (SATURDAY, 45))),
        *((value, 2, 3) for value in ("0", "-5", "soon", "", "Sat, 01 Aug 2020 06:30:45 GMT", "1e9", "٣")),
    ],
)
def test_the_source_says_how_long_to_wait(kept: Kept, naps: list[float], value: str, least: float, most: float) -> None:
    """Retry-After in seconds or as a date; what cannot be used is a usual pause: no hammering, and no crash."""
    fetched(kept, one_after_the_other(httpx.Response(429, headers=[(b"retry-after", value.encode())]), httpx.Response(200)))
    (nap,) = naps
    assert least <= nap <= most


@pytest.mark.parametrize("value", ["3600", "Sat, 01 Aug 2026 07:30:00 GMT", "999999999"])
def test_a_long_retry_after_ends_the_run_with_the_time_to_come_back(kept: Kept, naps: list[float], value: str) -> None:
    """An hour is not waited for while a job holds its locks."""
    failure = refusal(kept, lambda request: error(429, retry_after=value))
    assert isinstance(failure, BudgetSpent)
    assert failure.free_at > NOW
    assert "run again after 20" in str(failure)
    assert naps == []
    assert len(kept) == 1


class Taking(Budget):
    """A budget whose ``take`` is given."""

    def __init__(self, take: Callable[[Any], None]) -> None:
        super().__init__(None)
        self._take = take

    def take(self, on_wait: Callable[[float], None] | None = None, *, leave: int = 0) -> int:
        taken = super().take()
        self._take(on_wait)
        return taken


def test_a_spent_budget_is_not_tried_again(kept: Kept) -> None:
    """And nothing is sent."""

    def spent(on_wait: Any) -> None:
        raise BudgetSpent("the day is full", NOW)

    budget = Taking(spent)
    assert isinstance(refusal(kept, always(200), budget=budget), BudgetSpent)
    assert (budget.spent().last_day, kept) == (1, [])


def test_waiting_for_the_minute_is_told(kept: Kept) -> None:
    """A pause that nobody explains looks like a hang."""
    told: list[tuple[float, str]] = []
    budget = Taking(lambda on_wait: on_wait(12.5))
    fetched(kept, always(200), budget=budget, on_wait=lambda *wait: told.append(wait))
    assert told == [(12.5, "this minute's requests are used up")]


def test_an_archive_that_fails_stops_the_run(kept: Kept) -> None:
    """An answer that cannot be kept must not be used, nor be asked for again and again."""

    def keep(exchange: Exchange) -> None:
        kept.append(exchange)
        raise OSError("disk full")

    with client(kept, always(200), keep=keep) as asking, pytest.raises(OSError, match="disk full"):
        asking.fetch(DAYS)
    assert len(kept) == 1


# --- bodies


def squeezed(body: bytes, **headers: str) -> Answer:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"} | headers, stream=httpx.ByteStream(body))

    return answer


def test_a_compressed_answer_is_decoded(kept: Kept) -> None:
    """What is kept is what the source wrote, not how it travelled."""
    body = json.dumps({"data": list(range(100_000))}).encode()
    assert fetched(kept, squeezed(gzip.compress(body))).body == body
    assert kept.only.headers["content-encoding"] == "gzip"


def test_a_bomb_is_cut(kept: Kept) -> None:
    """256 MiB in 256 KiB: cut at the limit, never unpacked in full, kept to its first MiB, not repeated."""
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(16 * MIB)
    bomb = b"".join(packer.compress(zeros) for _ in range(16)) + packer.flush()
    tracemalloc.start()
    failure = refusal(kept, squeezed(bomb), max_body_bytes=2 * MIB)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 8 * MIB
    assert isinstance(failure, PermanentFailure)
    assert "returned more than 2,097,152 bytes" in str(failure)
    assert kept.only.is_truncated
    assert kept.only.body == bytes(MIB)


@pytest.mark.parametrize("size", [-1, 0, 1])
@pytest.mark.parametrize("is_gzip", [False, True])
def test_the_limit_is_inclusive(kept: Kept, size: int, is_gzip: bool) -> None:
    """A body of exactly the limit is whole."""
    body = b"x" * (1000 + size)
    answer = squeezed(gzip.compress(body)) if is_gzip else always(200, content=body)
    if size > 0:
        assert "more than 1,000 bytes" in str(refusal(kept, answer, max_body_bytes=1000))
    else:
        assert fetched(kept, answer, max_body_bytes=1000).body == body
    assert kept.only.is_truncated == (size > 0)


BROKEN_OFF = [
    squeezed(gzip.compress(b"x" * 10_000)[:-4]),
    squeezed(gzip.compress(b"x") + b"more"),
    squeezed(b"not gzip at all"),
    squeezed(gzip.compress(b"x"), **{"content-length": "5"}),
    always(200, content=b"abc", headers={"content-length": "7"}),
]
BR = squeezed(b"\x0b\x01", **{"content-encoding": "br"})


@pytest.mark.parametrize(
    ("answer", "changes", "kind", "words", "truncated"),
    [
        # Half an answer would parse as a smaller day, or not at all.
        *((answer, {"attempts": 2}, TransientFailure, "broke off its response", [True, True]) for answer in BROKEN_OFF),
        # It cannot be read here, and another request brings the same.
        (BR, {}, PermanentFailure, "encoding 'br', which was not requested", [False]),
        # A 401 is a 401, whatever became of its explanation.
        (always(401, content=b"x" * 5000), {"max_body_bytes": 1000}, PermanentFailure, "check OPENROUTER_API_KEY", [True]),
        # httpx would raise while it prepares the next request, and the response would be lost.
        *(
            (always(301, headers={"location": location}), {}, PermanentFailure, "was redirected (301)", [False])
            for location in ("https://[half", "http://a:b:c", "", "//\x00")
        ),
    ],
)
def test_what_cannot_be_used_is_kept(
    kept: Kept, answer: Answer, changes: dict[str, Any], kind: type[PipelineFailure], words: str, truncated: list[bool]
) -> None:
    """As it came, marked where it is a part; only what may pass is tried again."""
    assert words in str(refusal(kept, answer, kind=kind, **changes))
    assert [exchange.is_truncated for exchange in kept] == truncated
    assert answer is not BR or kept.only.body == b"\x0b\x01"


# --- the key


def everything_in(failure: BaseException) -> str:
    return "".join(traceback.format_exception(failure)) + repr(failure)


@pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
def test_the_key_is_nowhere_to_be_read(kept: Kept, caplog: pytest.LogCaptureFixture, status: int) -> None:
    """Not in messages though the source echoes it, nor in what is kept, in causes, objects, or any library's debug log."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    body = json.dumps({"error": {"message": "y" * 290 + f"Bearer {KEY} and {KEY}"}})
    headers = f"Location: https://{KEY}.example\r\nETag: {KEY}\r\nX-Echo: {KEY}\r\nContent-Length: 9999"
    reply = f"HTTP/1.1 {status} no {KEY}\r\n{headers}\r\n\r\n{body}"
    with serving(lambda connection: connection.sendall(reply.encode())) as url:
        asking = client(kept, base_url=url, on_wait=lambda seconds, why: shown.append(why))
        with asking, pytest.raises(PipelineFailure) as failure:
            asking.fetch(DAYS)
        shown += [repr(asking), str(vars(asking)), repr(kept[0])]
    assert kept[0].headers["etag"] == "***"
    assert b"Bearer *** and ***" in kept[0].body
    shown += [everything_in(failure.value), *(record.getMessage() for record in caplog.records)]
    assert not [line for line in shown if "canary" in line.lower()]


@pytest.mark.parametrize(
    "reply",
    [
        f"Bearer {KEY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nBearer {KEY}\r\n\r\n",
        f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{KEY}\r\n",
    ],
    ids=["status-line", "header-line", "chunk"],
)
def test_a_traceback_does_not_show_what_broke_the_protocol(kept: Kept, reply: str) -> None:
    """A library quotes the line it could not read: said without the key, and not in a chain that --verbose prints."""
    with serving(lambda connection: connection.sendall(reply.encode())) as url:
        failure = refusal(kept, None, base_url=url)
    assert "***" in str(failure)
    assert "canary" not in everything_in(failure).lower()


def test_the_key_is_hidden_before_a_body_is_cut(kept: Kept) -> None:
    """A key across the end of the first MiB leaves no part of it behind."""
    body = b"x" * (MIB - 12) + KEY.encode() + b"x" * MIB
    refusal(kept, always(200, content=body), max_body_bytes=MIB + 100)
    assert b"sk-or" not in kept.only.body


def test_the_key_is_hidden_in_what_libraries_say(kept: Kept) -> None:
    """An exception's text is somebody else's."""
    answer = one_after_the_other(*[httpx.ConnectError(f"could not send {KEY}")] * 4)
    assert "could not send ***" in str(refusal(kept, answer))


# --- the wire


@contextmanager
def serving(reply: Callable[[socket.socket], object]) -> Iterator[str]:
    """A loopback server that reads each request's head and lets `reply` misbehave."""
    done = Event()
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)

    def serve() -> None:
        while not done.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                try:
                    while b"\r\n\r\n" not in connection.recv(65536):
                        pass
                    reply(connection)
                except OSError:
                    pass

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
    done.set()
    thread.join()
    listener.close()


def drip(connection: socket.socket, start: bytes, drop: bytes) -> None:
    connection.sendall(start)
    while True:
        connection.sendall(drop)
        time.sleep(0.02)


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    ("start", "drop", "arrived"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n", b"x", True),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"x", True),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", False),
    ],
    ids=["length", "until-close", "chunk-extension", "headers"],
)
def test_a_slow_drip_ends_at_the_deadline(kept: Kept, start: bytes, drop: bytes, arrived: bool) -> None:
    """Each read is quick, the whole never ends: the attempt does, and what arrived is kept."""
    began = time.monotonic()
    with serving(lambda connection: drip(connection, start, drop)) as url:
        failure = refusal(kept, None, base_url=url, timeout_seconds=0.4, attempts=2)
    assert 0.8 <= time.monotonic() - began < 5
    assert isinstance(failure, TransientFailure)
    assert "was not done after 0.4 s" in str(failure)
    assert [exchange.is_truncated for exchange in kept] == [True, True] * arrived


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    ],
)
def test_a_connection_that_closes_early_is_tried_again(kept: Kept, start: bytes) -> None:
    """What arrived is kept, marked as a part."""
    with serving(lambda connection: connection.sendall(start)) as url:
        refusal(kept, None, base_url=url, attempts=2, kind=TransientFailure)
    assert [(exchange.body, exchange.is_truncated) for exchange in kept] == [(b"{", True)] * 2


# --- whose clock


@pytest.mark.parametrize("off", [timedelta(minutes=-11), timedelta(days=300)], ids=["set back", "far ahead"])
def test_a_clock_that_is_off_ends_the_asking(kept: Kept, off: timedelta) -> None:
    """The source's clock tells that ours is wrong: the response is kept, and nothing more is filed under such times."""
    answer = always(200, json={"data": []}, headers={"date": format_datetime(NOW, usegmt=True)})
    failure = refusal(kept, answer, clock=lambda: NOW + off, kind=PermanentFailure)
    assert failure.stops_asking
    assert "set the clock" in str(failure)
    assert kept.only.status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"date": format_datetime(NOW - timedelta(minutes=9), usegmt=True)},
        {"date": format_datetime(NOW - timedelta(hours=2), usegmt=True), "age": "7200"},
        {"date": "yesterday"},
        {},
    ],
    ids=["slow", "from a cache", "no date", "none"],
)
def test_a_clock_that_may_be_right_is_trusted(kept: Kept, headers: dict[str, str]) -> None:
    """Some minutes, an answer that a cache kept, or a header that says nothing, stop no run."""
    assert fetched(kept, always(200, json={"data": []}, headers=headers)) == kept.only
