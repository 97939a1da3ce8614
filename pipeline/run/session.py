"""What one run works with: the data directory under its run lock, the source, the clock, the plan.

Belongs here: putting settings, landing, store, budget and client together for the length of a run. Not here: what a run
does (``assets``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from http import HTTPStatus
from urllib.parse import urlsplit

from pipeline import store
from pipeline.failures import PermanentFailure, PipelineFailure
from pipeline.landing import Landing
from pipeline.load.loading import covered_periods, known_holes, loaded, pending
from pipeline.load.pagination import is_last_page
from pipeline.openrouter.budget import Budget, budget_path
from pipeline.openrouter.client import Client, Exchange
from pipeline.openrouter.endpoints.endpoint import Source
from pipeline.openrouter.endpoints.request import DATASET_START, Request
from pipeline.planning import Span, backfill, next_page, plan
from pipeline.run.exports import MOST_FILES, Exports, Fetched, due, requests_for
from pipeline.run.progress import Progress
from pipeline.series import ASKED, BY_NAME, ENDPOINTS, UNDATED, periods
from pipeline.settings import KEY_VARIABLE, RECORDINGS, UNLIMITED_VARIABLE, Settings, origin_of
from pipeline.simulator.history import land_past
from pipeline.simulator.server import Simulator, serve
from pipeline.store.open import open_store

Clock = Callable[[], datetime]

# The simulator takes any key.
# Its text is hidden wherever the source repeats it: it must not be a word that answers hold.
_SIMULATED_KEY = "key-of-the-simulator-on-loopback"
# Nobody waits for a demo: its source is asked twenty times as fast as the real one allows.
DEMO_LIMITS = (600, 10_000)
KEYLESS_LIMITS: Mapping[Source, tuple[int, int]] = {"site": (120, 600), "gateway": (10, 50)}
"""Requests a minute and a day of the sources that need no key. They state none: these are ours."""

MOST_PAGES = 50
"""A response in more pages than this is not fetched to its end, whatever the source says, and is refused as incomplete."""
_MAY_PASS = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, *range(500, 600)})
_LOOPBACK_PREFIXES = ("http://127.0.0.1", "http://localhost", "http://[::1]")


def utc_now() -> datetime:
    return datetime.now(UTC)


def say_nothing(message: str) -> None:
    """The default for ``say``: progress is for terminals."""


@dataclass(frozen=True)
class Received:
    """What a response holds: how many rows, and the newest period; None where it states none."""

    rows: int = 0
    newest: date | None = None

    @classmethod
    def of(cls, path: str, body: bytes) -> Received:
        """One that cannot be read holds nothing: loading rejects it and says why."""
        try:
            answer = ENDPOINTS[path].read(body)
        except PermanentFailure:
            return cls()
        dated = answer.rows["period_start"].max() if ENDPOINTS[path].is_dated_by_row else answer.period_start
        return cls(answer.rows_read, dated if isinstance(dated, date) else answer.resolved_end)


class Workspace:
    """The parts of one run. ``say`` is told in a few words what the run is doing; a ``Progress`` also, how many seconds its
    requests will take from now on.

    ``simulator`` is the source of a simulated directory, in place of the built-in one as it stands now; for tests.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock = utc_now,
        say: Callable[[str], None] = say_nothing,
        simulator: Simulator | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.say = say
        self.landing = Landing(settings.data_dir)
        self.store = open_store(settings.data_dir)
        self._simulator = simulator
        self._open = ExitStack()
        self.requests_made = 0
        self._clients: dict[Source, Client] = {}
        self._budgets: dict[Source, Budget] = {}
        self._stopped: dict[Source, PipelineFailure] = {}

    @contextmanager
    def running(self, on_wait: Callable[[str], None] = say_nothing) -> Iterator[Workspace]:
        """Hold the data directory's run lock, without what killed runs left; let go of everything at the end.

        ``on_wait`` is told when another run has to end first.
        """
        self.say("waiting for other runs to end")
        with self._open, store.run_lock(self.settings.data_dir, on_wait=on_wait):
            self.landing.sweep()
            self.store.sweep()
            try:
                yield self
            finally:
                self.store.release()

    # --- the source -------------------------------------------------------------------------------------------------

    @property
    def budget(self) -> Budget:
        return self.budget_of("api")

    def _client(self, source: Source) -> Client:
        """The client of a source, opened when the first request is made; landing keeps every response before it is judged.

        Only that of the API has the key: whatever is requested of another source, none can be sent there.
        """
        if source not in self._clients:
            is_api = source == "api"
            key = _SIMULATED_KEY if self.settings.mode == "demo" else self.settings.api_key
            self._clients[source] = self._open.enter_context(
                Client(
                    base_url=self._base_urls[source],
                    api_key=key if is_api else None,
                    budget=self.budget_of(source),
                    keep=self._keep,
                    clock=self.clock,
                    on_wait=lambda seconds, reason: self.say(f"waiting {seconds:.0f} s: {reason}"),
                )
            )
        return self._clients[source]

    def budget_of(self, source: Source) -> Budget:
        if source not in self._budgets:
            self._budgets[source] = open_budget(self.settings, self.clock, source)
            self._open.callback(self._budgets[source].close)
        return self._budgets[source]

    @cached_property
    def _base_urls(self) -> Mapping[Source, str]:
        """Where requests go. A simulated directory's source is started by the first one."""
        settings = self.settings
        if settings.mode != "demo":
            return {"api": settings.base_url, "site": origin_of(settings.base_url), "gateway": settings.gateway_url}
        limits = None if settings.is_unlimited else DEMO_LIMITS
        api = self._open.enter_context(serve(self._simulator or Simulator(clock=self.clock, limits=limits)))
        return {"api": api, "site": origin_of(api), "gateway": origin_of(api)}

    @contextmanager
    def expecting(self, asked: Sequence[Span], snapshots: Sequence[date]) -> Iterator[None]:
        """While these requests are sent: estimate how long they take within the rate limits, where somebody sees it."""
        progress = self.say
        if not isinstance(progress, Progress):
            yield
            return
        with suppress(PipelineFailure):  # a ledger that cannot be used is reported by the first request
            progress.expect(self._seconds_of(asked, snapshots))
        try:
            yield
        finally:
            progress.expect(0)

    def _seconds_of(self, asked: Sequence[Span], snapshots: Sequence[date]) -> float:
        by_source: Counter[Source] = Counter()
        for span in asked:
            by_source[span.series.endpoint.source] += span.requests
        by_source["site"] += requests_for(list(snapshots[:MOST_FILES]))
        return sum(self.budget_of(source).forecast(number).seconds for source, number in by_source.items() if number)

    def fetch_exports(self, days: list[date]) -> Fetched:
        """Fetch these snapshots of the keyless exports. What failed is in the result.

        They are at the same host as the API: where that could not be reached, they are not requested.
        """
        if not days:
            return Fetched()
        if (unreachable := self._unreachable) is not None:
            return Fetched(failures=[str(unreachable)], unreachable=unreachable.unreachable)
        base_url, budget = self._base_urls["api"], self.budget_of("site")
        return Exports(self.landing, base_url=base_url, budget=budget, clock=self.clock, say=self.say).fetch(days)

    @property
    def _unreachable(self) -> PipelineFailure | None:
        """Why OpenRouter could not be reached, where it was tried: its API, its web site and the exports are at one host."""
        of_openrouter: tuple[Source, ...] = ("api", "site")
        tried = (one for one in of_openrouter if one in self._clients and self._clients[one].is_unreachable)
        source = next(tried, None)
        return None if source is None else self._stopped[source]

    def host_of(self, source: Source) -> str:
        """The host that requests of this source go to."""
        return urlsplit(self._base_urls[source]).hostname or ""

    def ask(self, request: Request, *, leave: int = 0) -> list[Received]:
        """Send one request, and those for further pages; landing keeps what comes back. Returns what each response holds.

        Raises what the client raises.

        ``leave`` of the day's requests are not touched, but for further pages: what was begun is fetched to its end. Once a
        failure says that every further request would fail the same way, nothing more is sent to that source.
        """
        source = ENDPOINTS[request.path].source
        if source in self._stopped:
            raise self._stopped[source]
        if source == "site" and (unreachable := self._unreachable) is not None:
            raise unreachable
        page, received = request, list[Received]()
        try:
            for _ in range(MOST_PAGES):
                self.say(f"fetching {page.describe()}")
                answer = self._client(source).fetch(page, leave=leave if page is request else 0)
                received.append(Received.of(page.path, answer.body))
                following = next_page(page, answer.body)
                if following is None:
                    break
                page = following
        except PipelineFailure as failure:
            if failure.stops_asking:
                self._stopped[source] = failure
            raise
        return received

    def _keep(self, exchange: Exchange) -> None:
        self.requests_made += 1
        self.landing.append(exchange)

    def begin(self, first_day: date) -> None:
        """Land what a run has before it asks anybody: without a key the recordings that came with the project, for a demo
        that has landed nothing yet the readings of the mornings before.
        """
        refuse_lost_key(self.settings)
        if self.settings.mode == "keyless":
            self.say("importing the recordings of this project")
            for _ in self.landing.import_recorded(RECORDINGS):
                pass
        is_new = self.settings.mode == "demo" and not self.settings.data_dir.landing.exists()
        if is_new and self._simulator is None:
            self.say("simulating earlier runs")
            with loaded(self.store) as con:
                holes = known_holes(con)
            land_past(self.landing, now=self.clock(), holes=holes, first_day=first_day)

    # --- the plan ---------------------------------------------------------------------------------------------------

    def plan(
        self,
        first_day: date = DATASET_START,
        *,
        from_nothing: bool = False,
    ) -> list[Span]:
        """Every request that is due now, in order. ``from_nothing`` plans as if nothing had been read."""
        read, holes = self._coverage
        read = {} if from_nothing else read
        is_keyed = self.settings.mode != "keyless"
        return plan(now=self.clock(), read=read, holes=holes, first_day=first_day, is_keyed=is_keyed)

    def backfill(
        self, first_day: date = DATASET_START, last_day: date | None = None, *, from_nothing: bool = False
    ) -> list[Span]:
        """Every request for what was never read, in order. Raises PermanentFailure without a key."""
        require_key(self.settings)
        read, holes = self._coverage
        read = {} if from_nothing else read
        return backfill(now=self.clock(), read=read, holes=holes, first_day=first_day, last_day=last_day)

    def due_exports(self, first_day: date = DATASET_START, last_day: date | None = None) -> list[date]:
        """The snapshots of the keyless exports that are due now, the newest first."""
        return due(self.landing, now=self.clock(), first_day=first_day, last_day=last_day)

    @cached_property
    def _coverage(self) -> tuple[Mapping[str, Mapping[date, datetime]], frozenset[date]]:
        """The newest reading of each period of each series when the run began, by its start, and the days that do not exist.

        What was landed and not yet loaded, because a run was stopped in between, is not asked for again.
        """
        with loaded(self.store) as con:
            read: dict[str, dict[date, datetime]] = {}
            for row in store.rows(con, store.read_sql("internal/read_periods")):
                _add_reading(read, row["series"], [row["period_start"]], row["read_at"])
            for row in store.rows(con, store.read_sql("internal/answered_spans")):
                series = BY_NAME[row["series"]]
                if series.may_be_empty:
                    answered = periods(series.grain, row["resolved_start"], row["resolved_end"])
                    _add_reading(read, series.name, answered, row["read_at"])
            for path in pending(con, self.landing).values():
                # A damaged one covers nothing. Loading says so later; what cannot be read again is asked for first.
                with suppress(PermanentFailure):
                    landed = self.landing.describe(path)
                    body = self.landing.body(path, landed)
                    # Of an answer in pages the last one alone says that all of them came.
                    if landed.is_misdated or not is_last_page(landed, body):
                        continue
                    name, covered = covered_periods(landed)
                    if name is not None:
                        _add_reading(read, name, covered, landed.read_at)
            for series in ASKED:
                if series.is_monthly:
                    # One that brought nothing counts, too: what is not there, or not as it was, would be so again tomorrow.
                    for _, landed in self.landing.responses_of(series.endpoint.path):
                        if not landed.is_misdated and landed.status not in _MAY_PASS:
                            _add_reading(read, series.name, [UNDATED], landed.read_at)
            return read, known_holes(con)


def _add_reading(read: dict[str, dict[date, datetime]], series: str, starts: Iterable[date], at: datetime) -> None:
    known = read.setdefault(series, {})
    for start in starts:
        known[start] = max(at, known.get(start, at))


def open_budget(settings: Settings, clock: Clock = utc_now, source: Source = "api") -> Budget:
    """The ledger of requests to a source: of the API one for each key, of the others one for each machine.

    Turned off only for a source on loopback: a real one would refuse us.
    """
    if settings.is_unlimited:
        if settings.mode != "demo" and not settings.base_url.startswith(_LOOPBACK_PREFIXES):
            raise PermanentFailure(
                f"{UNLIMITED_VARIABLE}=1 is for a source on loopback, not for {settings.base_url}: unset it"
            )
        return Budget(None)
    if settings.mode == "demo":
        name, (per_minute, per_day) = "requests" if source == "api" else f"{source}-requests", DEMO_LIMITS
        ledger = settings.data_dir.path / f"{name}.sqlite"
    elif source == "api":
        return Budget(budget_path(settings.state_dir, settings.api_key or ""), clock=lambda: clock().timestamp())
    else:
        ledger, (per_minute, per_day) = settings.state_dir / f"budget-{source}.sqlite", KEYLESS_LIMITS[source]
    return Budget(ledger, per_minute=per_minute, per_day=per_day, clock=lambda: clock().timestamp())


def kept_for_daily_run(budget: Budget) -> int:
    """The requests of a day that a backfill leaves to the daily run: a fifth, 100 of 500.

    The daily run takes one for each series, and more where one has to be repeated.
    """
    return (budget.spent().per_day or 0) // 5


def kept_from_deferrable(budget: Budget) -> int:
    """The requests of a day that stay free of what can wait: three fifths, 300 of 500."""
    return 3 * (budget.spent().per_day or 0) // 5


def require_key(settings: Settings) -> None:
    if settings.mode == "keyless":
        raise PermanentFailure(
            f"cannot backfill without {KEY_VARIABLE}: set it in the environment or in .env; what is published without a "
            "key is fetched by `openrouter-usage run`"
        )


def refuse_lost_key(settings: Settings) -> None:
    """Raises PermanentFailure where a key was used before and there is none now: most series would quietly stand still."""
    if settings.mode == "keyless" and Landing(settings.data_dir).has_keyed_responses():
        raise PermanentFailure(
            f"{settings.data_dir.path} holds responses that were fetched with a key, and there is no {KEY_VARIABLE}: "
            "set it in the environment or in .env, or name another folder with --data-dir",
            stops_asking=True,
        )
