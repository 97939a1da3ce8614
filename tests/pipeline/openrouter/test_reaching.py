"""A source that cannot be reached: what stays so ends the asking at once and says what to set; nothing unsent is counted."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import stamina
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.execute import run_daily
from pipeline.failures import PermanentFailure, PipelineFailure, TransientFailure
from pipeline.openrouter.budget import Budget, budget_path
from pipeline.openrouter.client import Client
from pipeline.openrouter.endpoints.rankings import RANKINGS
from tests.loopback import SECRET, proxy, served, silent_proxy
from tests.support import settings_for

SOURCE = "https://source.test/api/v1"
KEY = "sk-or-a-key-of-this-test"
DAYS = RANKINGS.request(date(2025, 10, 25), date(2025, 10, 31), period="day")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No proxy but that of a test; retries happen, their pauses do not."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with stamina.set_testing(True, attempts=100, cap=True):
        yield


@pytest.fixture
def budget(tmp_path: Path) -> Iterator[Budget]:
    with Budget(tmp_path / "budget.sqlite") as opened:
        yield opened


def failure_of(budget: Budget, base_url: str = SOURCE, **changes: Any) -> PipelineFailure:
    """What the client says; one line, and no secret in it nor in what it came from."""
    given: dict[str, Any] = {"base_url": base_url, "api_key": KEY, "budget": budget, "keep": lambda exchange: None}
    with Client(**given | changes) as asking, pytest.raises(PipelineFailure) as failure:
        asking.fetch(DAYS)
    error: BaseException | None = failure.value
    while error is not None:
        assert SECRET not in repr(error)
        error = error.__cause__ or error.__context__
    assert "\n" not in str(failure.value)
    return failure.value


def answer(status: int, reason: str = "") -> bytes:
    return f"HTTP/1.1 {status} {reason}\r\nContent-Length: 0\r\n\r\n".encode()


REJECTING: list[tuple[bytes, str, type[PipelineFailure], str, int]] = [
    # Its password is wrong or missing, or it lets nobody there: trying again changes nothing. It may repeat its request.
    *(
        (
            answer(status, f"no entry for user:{SECRET}"),
            "http",
            PermanentFailure,
            f"source.test: the proxy ADDRESS{words}",
            1,
        )
        for status, words in (
            (407, "HTTPS_PROXY=http://USER:PASSWORD@"),
            (403, "403 Forbidden): have the proxy allow it"),
            (405, "405 Method Not Allowed): have the proxy allow it"),
        )
    ),
    # Trouble that may pass; where it does not, the next series would fare no better.
    *(
        (answer(status), "http", TransientFailure, f"through the proxy ADDRESS, which returned {status}", 4)
        for status in (408, 429, 502, 503, 504)
    ),
    # The address of most proxies begins with http://, also for https.
    (answer(400), "https", PermanentFailure, "write HTTPS_PROXY=http://", 1),
]


@pytest.mark.parametrize(("reply", "scheme", "kind", "words", "times"), REJECTING, ids=range(len(REJECTING)))
def test_proxy_that_rejects(
    budget: Budget, monkeypatch: pytest.MonkeyPatch,
    reply: bytes, scheme: str, kind: type[PipelineFailure], words: str, times: int,
) -> None:  # fmt: skip
    """What stays so is tried once; nothing reached the source, and its password is nowhere."""
    with proxy(reply) as asked:
        monkeypatch.setenv("HTTPS_PROXY", asked.url.replace("http://", f"{scheme}://"))
        failure = failure_of(budget)
    assert isinstance(failure, kind)
    assert failure.stops_asking
    assert all(part in str(failure) for part in words.split("ADDRESS"))
    assert asked.address in str(failure)
    assert "source.test" in str(failure)
    assert budget.spent().last_day == 0
    assert scheme == "https" or len(asked.asked) == times


def test_proxy_that_never_answers_is_not_waited_for_as_long_as_an_answer(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes the connection, and that is all. No other series would fare better; nothing reached the source."""
    began = time.monotonic()
    with silent_proxy() as asked:
        monkeypatch.setenv("HTTPS_PROXY", asked.url)
        failure = failure_of(budget, connect_seconds=0.2)
    assert time.monotonic() - began < 20, "one answer alone may take 60 s"
    assert isinstance(failure, TransientFailure)
    assert failure.stops_asking
    assert f"through the proxy {asked.address}: connecting was not done after 0.2 s, check HTTPS_PROXY" in str(failure)
    assert (len(asked.asked), budget.spent().last_day) == (4, 0)


def test_slow_answer_is_waited_for_longer_than_a_connection(budget: Budget) -> None:
    """Once the request is sent, it has the time of an answer."""
    with silent_proxy() as source:
        began = time.monotonic()
        failure = failure_of(budget, f"http://{source.address}", connect_seconds=0.1, timeout_seconds=0.6, attempts=1)
    assert time.monotonic() - began >= 0.6
    assert not failure.stops_asking
    assert "was not done after 0.6 s" in str(failure)


def test_proxy_that_talks_nonsense_is_not_quoted(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(f"user:{SECRET}, welcome\r\n\r\n".encode()) as asked:
        monkeypatch.setenv("HTTPS_PROXY", asked.url)
        given: dict[str, Any] = {"base_url": SOURCE, "api_key": KEY, "budget": budget, "keep": lambda exchange: None}
        with Client(**given) as asking, pytest.raises(TransientFailure) as failure:
            asking.fetch(DAYS)
    assert failure.value.stops_asking
    assert SECRET not in str(failure.value)
    assert budget.spent().last_day == 0


def test_proxy_that_is_not_there(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@{address}")
    failure = failure_of(budget)
    assert isinstance(failure, PermanentFailure)
    assert f"nothing listens on the proxy {address}: check HTTPS_PROXY" in str(failure)
    assert budget.spent().last_day == 0


@pytest.mark.parametrize("setting", [f"socks9://user:{SECRET}@proxy", f"socks5://user:{SECRET}@proxy"])
def test_proxy_that_cannot_be_set_up_ends_the_asking(budget: Budget, monkeypatch: pytest.MonkeyPatch, setting: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", setting)
    with pytest.raises(PermanentFailure, match="check HTTPS_PROXY") as failure:
        failure_of(budget)
    assert failure.value.stops_asking
    assert SECRET not in str(failure.value)


@pytest.mark.parametrize("proxied", [False, True])
@pytest.mark.parametrize("errno", [socket.EAI_NONAME, socket.EAI_AGAIN])
def test_unknown_host(budget: Budget, monkeypatch: pytest.MonkeyPatch, errno: int, proxied: bool) -> None:
    """A name that nobody knows ends the asking. That it cannot be looked up just now may pass."""
    looked_up: list[Any] = []

    def look_up(host: Any, *_: Any, **__: Any) -> Any:
        looked_up.append(host)
        raise socket.gaierror(errno, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    if proxied:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@proxy.test:3128")
    failure = failure_of(budget)
    assert failure.stops_asking
    assert isinstance(failure, PermanentFailure) is (errno == socket.EAI_NONAME)
    if errno == socket.EAI_NONAME:
        assert ("the proxy proxy.test:3128 is unknown: check HTTPS_PROXY" if proxied else "check the DNS") in str(failure)
    assert len(looked_up) == (1 if errno == socket.EAI_NONAME else 4)
    assert budget.spent().last_day == 0


@contextmanager
def tls_server(folder: Path) -> Iterator[str]:
    """A server whose certificate nobody has signed but itself."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
    ).sign(key, hashes.SHA256())
    (folder / "key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "certificate").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate", folder / "key")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with served(server) as port:
        yield f"https://127.0.0.1:{port}"


def test_certificate_that_is_not_trusted(budget: Budget, tmp_path: Path) -> None:
    """It stays untrusted: the message names the clock, and the proxy that opens connections. No request was sent."""
    with tls_server(tmp_path) as url:
        failure = failure_of(budget, url)
    assert isinstance(failure, PermanentFailure)
    assert failure.stops_asking
    assert "the source's certificate is not trusted (self-signed certificate): check this machine's clock" in str(failure)
    assert "SSL_CERT_FILE" in str(failure)
    assert budget.spent().last_day == 0


def test_source_that_is_down_is_asked_again_and_not_counted(budget: Budget) -> None:
    """It may be up again in a moment. Each attempt is one that never reached it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    failure = failure_of(budget, f"http://127.0.0.1:{port}")
    assert isinstance(failure, TransientFailure)
    assert failure.stops_asking
    assert "tried 4 times" in str(failure)
    assert budget.spent().last_day == 0


def test_request_that_was_sent_is_counted_whatever_came_back(budget: Budget) -> None:
    """The source counts it, too. One request that breaks off says nothing of the next."""
    with proxy(b"") as asked:
        failure = failure_of(budget, f"http://{asked.address}")
    assert isinstance(failure, TransientFailure)
    assert not failure.stops_asking
    assert len(asked.asked) == budget.spent().last_day == 4


def test_run_behind_a_proxy_that_demands_a_password_says_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It took eleven minutes, wrote an error for each of 31 series, and counted 172 requests that never left the network."""
    settings = settings_for(tmp_path, api_key=KEY, base_url=SOURCE, is_unlimited=False)
    said: list[str] = []
    for name in ("DAGSTER_HOME", "OPENROUTER_USAGE_DATA_DIR", "DAGSTER_DISABLE_TELEMETRY"):
        monkeypatch.setenv(name, "")
    with proxy(answer(407, "Proxy Authentication Required")) as asked:
        monkeypatch.setenv("HTTPS_PROXY", asked.url)
        outcome = run_daily(settings, "2026-01-01", say=said.append)
    assert not outcome.succeeded
    (failure,) = outcome.failures
    assert failure.startswith("cannot reach ")
    assert f"set HTTPS_PROXY=http://USER:PASSWORD@{asked.address}" in failure
    assert not [warning for warning in outcome.warnings if "407" in warning]
    assert len(asked.asked) == 2, "once for the API, and once for the second gateway"
    with Budget(budget_path(settings.state_dir, KEY)) as counted:
        assert counted.spent().last_day == 0
    written = b"".join(path.read_bytes() for path in settings.data_dir.path.rglob("*") if path.is_file())
    assert SECRET.encode() not in written
