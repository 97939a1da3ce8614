"""The HTTP client: sends typed requests, hands every answer on verbatim, and says what went wrong.

Belongs here: everything HTTP, and the only import of httpx. Not here: which requests exist (requests), how many may be sent
(budget), when an attempt ends (deadline), what an answer means (responses), where it is kept (landing, behind ``keep``).
"""

import json
import logging
import re
import time
import zlib
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Self, cast

import httpx
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

from pipeline import program
from pipeline.failures import PermanentFailure, PipelineFailure, TransientFailure
from pipeline.openrouter.budget import Budget, BudgetSpent
from pipeline.openrouter.deadline import Watchdog
from pipeline.openrouter.endpoints.request import Request
from pipeline.openrouter.reaching import what_to_fix

RETRY_AFTER_MAX_SECONDS = 120.0
"""A source that asks for more patience than this ends the run instead of holding it up."""

CONNECT_SECONDS = 15.0
"""For the name, the proxy and TLS of an attempt: room for three lost packets, which are sent again after 1, 3 and 7 s. Four
attempts with their pauses take less than 90 s, and what was not reached by then ends the run's requests."""

CLOCK_TOLERANCE = timedelta(minutes=10)
"""A reading is filed under our clock. Where the source's differs by more, one of them is wrong, mostly ours."""

_MEBIBYTE = 1024 * 1024
_PIECE_BYTES = 64 * 1024
_QUOTED = 300
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
# Nothing that could identify a session or a person is kept beside an answer.
_KEPT_HEADERS = frozenset(
    {"content-type", "content-encoding", "date", "age", "retry-after", "x-simulated", "x-request-id", "cf-ray"}
    | {"etag", "last-modified", "cache-control"}
)
_ADVICE = {
    400: "the API and this project disagree about the request: please report it",
    401: "check OPENROUTER_API_KEY",
    403: "the key lacks a permission or the API is blocked from here: check the key's rights, your network",
    404: "the endpoint may have moved: check the API's documentation for changes",
}


@dataclass(frozen=True)
class Exchange:
    """One request and its response. `body` is verbatim after decoding gzip; if `is_truncated`, it is at most the first MiB
    of a body that broke off or was too large. Where the source repeats the key, `***` stands for it, in body and headers.
    """

    method: str
    url: str  # without the query, which is in `params`
    params: dict[str, str]
    retrieved_at: datetime  # UTC, when the response was complete
    status: int
    headers: dict[str, str]  # lower-case names, a harmless selection
    body: bytes
    is_truncated: bool
    elapsed_seconds: float


class Client:
    """Asks the API one thing at a time, within a budget.

    `keep` is handed every response that arrived, once, before it is judged: also refused and broken ones.
    `timeout_seconds` bounds one attempt as a whole, `connect_seconds` its part before the request is sent,
    `max_body_bytes` one decoded body. `on_wait` is told seconds and reason before each pause. `transport`
    replaces the network. Raises PermanentFailure for a base URL or key that must not be used.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        budget: Budget,
        keep: Callable[[Exchange], None],
        transport: httpx.BaseTransport | None = None,
        attempts: int = 4,
        timeout_seconds: float = 60,
        connect_seconds: float = CONNECT_SECONDS,
        max_body_bytes: int = 64 * _MEBIBYTE,
        accept: str = "application/json",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        self.is_unreachable = False
        """Whether the newest attempt did not even reach the source."""
        self._auth = _Bearer(api_key) if api_key else None
        self._base_url = _base_url(base_url)
        self._budget, self._keep, self._clock, self._attempts = budget, keep, clock, attempts
        self._timeout_seconds, self._max_body_bytes = timeout_seconds, max_body_bytes
        self._connect_seconds = min(connect_seconds, timeout_seconds)
        self._on_wait = on_wait or (lambda seconds, reason: None)
        self._retrying = stamina.RetryingCaller(attempts=attempts, timeout=None, wait_initial=2, wait_max=30, wait_jitter=1)
        try:
            self._http = httpx.Client(
                transport=transport,
                timeout=httpx.Timeout(timeout_seconds, connect=self._connect_seconds),
                headers={
                    "user-agent": f"{program.PROGRAM}/{program.version()}",
                    "accept": accept,
                    "accept-encoding": "gzip",  # the one encoding that is decoded here, piece by piece
                },
                # Many networks reach the internet through the environment's proxies and certificates only. httpx 0.28
                # reads no .netrc, and `auth` is given with each request, so nothing else ever authenticates. A loopback
                # address is never behind a proxy, and a proxy would be shown the request.
                trust_env=self._base_url.host not in _LOOPBACK,
                # One connection a request: at 30 a minute a handshake costs nothing, and the deadline needs it.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                event_hooks={"response": [_park_location]},
            )
        # httpx's own message could show the password of a proxy.
        except (ImportError, ValueError, OSError, httpx.InvalidURL) as error:
            raise PermanentFailure(
                f"cannot set up the HTTP client ({type(error).__name__}): check HTTPS_PROXY, ALL_PROXY,"
                " NO_PROXY and SSL_CERT_FILE",
                stops_asking=True,
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()  # the budget is not this object's to close

    def fetch(self, request: Request, *, leave: int = 0) -> Exchange:
        """The answer with status 200, complete. `leave` of the day's requests are not touched.

        Raises PermanentFailure if asking again would change nothing; TransientFailure if the source did not answer in
        `attempts` attempts or asks to come back later; BudgetSpent if the day's requests are used up, by our own count or by
        the source's.
        """
        if request.needs_key and self._auth is None:
            raise PermanentFailure(
                "cannot request rankings without a key: set OPENROUTER_API_KEY (openrouter.ai/settings/keys)",
                stops_asking=True,
            )
        try:
            return self._retrying(_pause, self._attempt, request, leave)
        except _TryAgain as error:
            raise TransientFailure(
                f"{error}; tried {self._attempts} times, run again later",
                stops_asking=error.stops_asking,
                unreachable=error.unreachable,
            ) from error

    def _attempt(self, request: Request, leave: int) -> Exchange:
        self.is_unreachable = False
        ticket = self._budget.take(lambda seconds: self._on_wait(seconds, "this minute's requests are used up"), leave=leave)
        url = f"{self._base_url}{request.path}"
        asked = f"GET {url} ({request.describe()})"
        started = time.monotonic()
        unanswered: PipelineFailure | None = None
        with Watchdog(self._timeout_seconds, self._connect_seconds) as watchdog:
            try:
                with self._http.stream(
                    "GET",
                    url,
                    params=request.params,
                    auth=self._auth if request.needs_key else None,
                    extensions={"trace": watchdog.trace},
                ) as response:
                    body, failure = self._read(asked, response, watchdog)
            except httpx.TransportError as error:
                unanswered = self._unanswered(asked, error, watchdog, ticket)
        # Raised here, and not from the library's error: that may repeat what the source sent, and a traceback shows it.
        if unanswered is not None:
            raise unanswered
        exchange = Exchange(
            method="GET",
            url=url,
            params=dict(request.params),
            retrieved_at=self._clock(),
            status=response.status_code,
            headers={k: self._plain(v)[:1000] for k, v in response.headers.items() if k in _KEPT_HEADERS},
            body=body,
            is_truncated=failure is not None,
            elapsed_seconds=time.monotonic() - started,
        )
        self._keep(exchange)
        if exchange.status != HTTPStatus.OK:
            raise self._refused(asked, exchange, response.extensions.get("location"))
        if not agrees_with_source(exchange.retrieved_at, exchange.headers):
            raise PermanentFailure(
                f"{asked} returned at {exchange.headers['date']} by the source's clock and at"
                f" {exchange.retrieved_at:%Y-%m-%d %H:%M:%S} UTC by this machine's: set the clock, then run again; the"
                " response is kept and not loaded, because its time cannot be trusted",
                stops_asking=True,
            )
        if failure is not None:
            raise failure
        if not is_decoded(exchange.headers):
            encoding = exchange.headers["content-encoding"].strip().lower()[:40]
            what = f"{asked} returned the encoding {encoding!r}, which was not requested"
            raise PermanentFailure(self._plain(f"{what}: check what is between this machine and the API"))
        return exchange

    def _read(self, asked: str, response: httpx.Response, watchdog: Watchdog) -> tuple[bytes, PipelineFailure | None]:
        """The decoded body in bounded memory, and what is wrong with it. A body that is cut keeps its first MiB."""
        body = bytearray()
        failure: PipelineFailure | None = None
        try:
            for piece in _pieces(response):
                body += piece
                if len(body) > self._max_body_bytes:
                    what = f"{asked} returned more than {self._max_body_bytes:,} bytes, more than any response of this API"
                    failure = PermanentFailure(self._plain(f"{what}: check the base URL"))
                if failure is not None or watchdog.has_bitten:
                    break
        except (httpx.TransportError, zlib.error, EOFError) as error:
            failure = self._try_again(f"{asked} broke off its response: {self._short(error)}")
        # To the reader, a connection that the watchdog shut is a body that broke off, or even one that ended.
        if watchdog.has_bitten and not isinstance(failure, PermanentFailure):
            failure = self._try_again(f"{asked} {watchdog.late}")
        # The key is hidden before it is cut: a cut through the key would leave a part of it.
        whole = bytes(body) if self._auth is None else self._auth.hide_in_bytes(body)
        return (whole if failure is None else whole[:_MEBIBYTE]), failure

    def _unanswered(self, asked: str, error: httpx.TransportError, watchdog: Watchdog, ticket: int) -> PipelineFailure:
        is_late = watchdog.has_bitten or isinstance(error, httpx.TimeoutException)
        # A transport without a network does not tell what it sent.
        never_connected = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError))
        if never_connected if watchdog.address is None else not watchdog.has_sent:
            self._budget.give_back(ticket)
            return self._unreachable(error, watchdog, is_late=is_late)
        what = watchdog.late if is_late else f"failed: {type(error).__name__}: {self._short(error)}"
        return self._try_again(f"{asked} {what}")

    def _unreachable(self, error: httpx.TransportError, watchdog: Watchdog, *, is_late: bool) -> PipelineFailure:
        """Nothing was sent to the source, and nothing further would be. What a proxy says is not repeated: it was sent the
        password of the proxy."""
        self.is_unreachable = True
        source = (self._base_url.host, self._base_url.port or (443 if self._base_url.scheme == "https" else 80))
        proxy = None if watchdog.address in (None, source) else "{}:{}".format(*watchdog.address or ())
        status = _proxy_status(error)
        cannot = f"cannot reach {self._base_url.host}"
        to_fix = what_to_fix(error, proxy=proxy, proxy_status=status, is_in_tunnel=watchdog.has_asked_proxy)
        if to_fix is not None:
            return PermanentFailure(self._plain(f"{cannot}: {to_fix}"), stops_asking=True, unreachable=self._base_url.host)
        if is_late:
            advice = "check HTTPS_PROXY and the proxy" if proxy else "check this machine's network"
            why = f": connecting was not done after {self._connect_seconds:g} s, {advice}"
        elif status is not None:
            why = f", which returned {status.value} {status.phrase}"
        else:
            why = f": {type(error).__name__}{'' if proxy else f': {self._short(error)}'}"
        through = f" through the proxy {proxy}" if proxy else ""
        return self._try_again(f"{cannot}{through}{why}", stops_asking=True, unreachable=self._base_url.host)

    def _refused(self, asked: str, exchange: Exchange, location: str | None) -> PipelineFailure:
        status = exchange.status
        message = f"{asked} returned {status}: {self._short(_source_message(exchange.body))}"
        if status in {408, 429} or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            seconds = self._retry_after(exchange.headers.get("retry-after"))
            is_limit = status == HTTPStatus.TOO_MANY_REQUESTS
            if seconds is None or seconds <= RETRY_AFTER_MAX_SECONDS:
                return self._try_again(message, seconds, stops_asking=is_limit)
            back = self._clock() + timedelta(seconds=seconds)
            later = f"{message}; run again after {back:%Y-%m-%d %H:%M:%S} UTC"
            # The minute is over sooner than that: another machine used up the account's day.
            return BudgetSpent(self._plain(later), back) if is_limit else TransientFailure(self._plain(later))
        if location is not None and HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
            what = f"{asked} was redirected ({status}) to {_host(exchange.url, location)}: not followed"
            return PermanentFailure(self._plain(f"{what}, so that the key stays here; set the base URL to the new place"))
        advice = _ADVICE.get(status, "see the API's documentation for changes")
        is_key_refused = status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
        return PermanentFailure(f"{self._plain(message)}; {advice}", stops_asking=is_key_refused)

    def _retry_after(self, value: str | None) -> float | None:
        """Seconds to wait, from seconds or an HTTP date; None if there is nothing readable or nothing to wait for."""
        seconds = 0.0
        with suppress(ValueError, OverflowError):
            if re.fullmatch(r"[0-9]{1,9}", value or ""):
                seconds = float(value or 0)
            elif value:
                at = parsedate_to_datetime(value)
                seconds = (at.replace(tzinfo=at.tzinfo or UTC) - self._clock()).total_seconds()
        return seconds if seconds > 0 else None

    def _try_again(
        self,
        message: str,
        retry_after: float | None = None,
        *,
        stops_asking: bool = False,
        unreachable: str | None = None,
    ) -> "_TryAgain":
        found = _TryAgain(self._plain(message), stops_asking=stops_asking, unreachable=unreachable)
        found.retry_after, found.on_wait = retry_after, self._on_wait
        return found

    def _short(self, text: object) -> str:
        """What somebody else says, in part."""
        # The key is hidden before it is cut: a cut through the key would leave a part of it.
        return self._plain(str(text))[:_QUOTED]

    def _plain(self, text: str) -> str:
        """One printable line without the key, whatever the source or a library put into it."""
        text = text if self._auth is None else self._auth.hide_in(text)
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _TryAgain(TransientFailure):
    """An attempt failed, and another one may succeed. `retry_after`: seconds the source asks for; `on_wait` is told of the
    pause."""

    retry_after: float | None
    on_wait: Callable[[float, str], None]


class _Bearer(httpx.Auth):
    """The key. It leaves this object only into the header of a request that needs it."""

    def __init__(self, key: str) -> None:
        if not re.fullmatch(r"[\x21-\x7e]+", key):
            raise PermanentFailure(
                "cannot use OPENROUTER_API_KEY: it contains a blank, a line break or a character that no HTTP"
                " header carries; copy the key again"
            )
        self._key = key

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["authorization"] = f"Bearer {self._key}"
        yield request

    def hide_in(self, text: str) -> str:
        # A host name comes back in lower case.
        return re.sub(re.escape(self._key), "***", text, flags=re.IGNORECASE)

    def hide_in_bytes(self, body: bytes | bytearray) -> bytes:
        return re.sub(re.escape(self._key.encode()), b"***", body, flags=re.IGNORECASE)


def _pieces(response: httpx.Response) -> Iterator[bytes]:
    """The body in pieces of bounded size. Raises EOFError if it ends early, zlib.error if it is not valid gzip.

    Not `iter_bytes`: its decoders turn 64 KiB from the network into 64 MiB at once, and as many times more again for each
    further encoding the source claims.
    """
    is_gzip = response.headers.get("content-encoding", "").strip().lower() in {"gzip", "x-gzip"}
    inflater = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    received = 0
    for chunk in cast(httpx.SyncByteStream, response.stream):
        received += len(chunk)
        if not is_gzip:
            yield chunk
            continue
        rest = chunk
        while rest:
            yield inflater.decompress(rest, _PIECE_BYTES)
            rest = inflater.unconsumed_tail
    if is_gzip and received:
        yield inflater.flush()
        if not inflater.eof or inflater.unused_data:
            raise EOFError("the compressed body is incomplete")
    length = response.headers.get("content-length", "")
    if length.isdecimal() and int(length) != received:
        raise EOFError(f"{received:,} of {int(length):,} bytes arrived")


def _base_url(text: str) -> httpx.URL:
    """The base URL without a trailing slash. Raises PermanentFailure if the key must not be sent there."""
    cannot = "cannot use the base URL"
    try:
        url = httpx.URL(text.rstrip("/"))
    except httpx.InvalidURL:
        raise PermanentFailure(f"{cannot}: it is not a valid URL; use https://openrouter.ai/api/v1") from None
    if not url.host or url.userinfo or url.query or url.fragment:
        raise PermanentFailure(f"{cannot}: it must be a scheme, a host and a path only; use https://openrouter.ai/api/v1")
    if url.scheme != "https" and not (url.scheme == "http" and url.host in _LOOPBACK):
        raise PermanentFailure(f"{cannot} at {url.host!r}: the key would travel unencrypted; use https")
    return url


def _proxy_status(error: Exception) -> HTTPStatus | None:
    """How a proxy answered instead of connecting. httpx has it in its message only."""
    with suppress(ValueError):
        if isinstance(error, httpx.ProxyError):
            return HTTPStatus(int(str(error).partition(" ")[0]))
    return None


def _park_location(response: httpx.Response) -> None:
    """Keep httpx from preparing a redirect: an unreadable Location would cost us the response."""
    response.extensions["location"] = response.headers.pop("location", None)


def is_decoded(headers: Mapping[str, str]) -> bool:
    """Whether what is kept of an answer with these headers is what the source wrote, or still in a foreign encoding."""
    return headers.get("content-encoding", "identity").strip().lower() in {"", "identity", "gzip", "x-gzip"}


def _host(url: str, location: str | None) -> str:
    try:
        return httpx.URL(url).join(location or "").host
    except httpx.InvalidURL:
        return "an unreadable address"


def _source_message(body: bytes) -> str:
    """The source's `error.message`, else the beginning of whatever it answered."""
    with suppress(ValueError, RecursionError, KeyError, TypeError):
        message = json.loads(body[:_MEBIBYTE])["error"]["message"]
        if isinstance(message, str):
            return message
    return body[:_MEBIBYTE].decode(errors="replace") or "no message"


def _pause(error: Exception) -> bool | float:
    """For stamina: whether to try again, or after how many seconds."""
    return isinstance(error, _TryAgain) and (error.retry_after or True)


def _announce(details: RetryDetails) -> None:
    if isinstance(details.caused_by, _TryAgain):
        details.caused_by.on_wait(details.wait_for, str(details.caused_by))


# At DEBUG httpcore logs every header of a response, at INFO httpx its reason phrase: a source that repeats the key there
# would have it written by whoever turns such a level on. What they would say is said by our own failures.
for _name in ("httpx", *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks"))):
    logging.getLogger(_name).addFilter(lambda record: False)


# Instead of stamina's own hook, which prints to standard output. This is stamina's only user in the process.
set_on_retry_hooks([_announce])


def agrees_with_source(retrieved_at: datetime, headers: Mapping[str, str]) -> bool:
    """Whether a response came about when its header `Date` says, or it has none that can be read.

    `Age` is how many seconds a cache on the way had kept it.
    """
    try:
        at = parsedate_to_datetime(headers["date"])
        age = timedelta(seconds=int(headers.get("age", "0")))
        return abs(retrieved_at - at.replace(tzinfo=at.tzinfo or UTC) - age) <= CLOCK_TOLERANCE
    except (KeyError, ValueError, OverflowError):
        return True
