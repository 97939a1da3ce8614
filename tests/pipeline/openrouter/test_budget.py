"""The ledger holds its limits across processes, crashes and clocks that jump."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.openrouter.budget import Budget, BudgetSpent, Forecast, Spent, budget_path

HOLDER = """
import sqlite3, sys, time
ledger = sqlite3.connect(sys.argv[1], isolation_level=None)
ledger.execute("begin immediate")
ledger.execute("insert into sent values (?)", (time.time(),))
print("held", flush=True)
time.sleep(600)
"""


class Clock:
    """A wall clock that moves when someone sleeps."""

    def __init__(self) -> None:
        self.now = 1_760_000_000.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "budget.sqlite"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def budget_at(path: Path, clock: Clock, per_minute: int = 3, per_day: int = 5) -> Budget:
    return Budget(path, per_minute=per_minute, per_day=per_day, clock=clock, sleep=clock.sleep)


@pytest.fixture
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of recording a request."""
    Budget(path).close()
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_full_minute_is_waited_for_and_told(path: Path, clock: Clock) -> None:
    """The fourth of three a minute waits until the first is a minute, and the margin, ago."""
    told: list[float] = []
    with budget_at(path, clock) as budget:
        for _ in range(4):
            budget.take(told.append)
            clock.now += 1
    assert told == clock.naps == [pytest.approx(58)]


def test_a_full_day_is_told_at_once_with_the_time_it_ends(path: Path, clock: Clock) -> None:
    """Even while the minute is full too: who waits a minute to be refused learns it too late."""
    first = clock.now
    with budget_at(path, clock, per_minute=2, per_day=4) as budget:
        for _ in range(4):
            budget.take()
        assert budget.spent() == Spent(last_minute=2, last_day=4, per_minute=2, per_day=4)
        naps = list(clock.naps)
        with pytest.raises(BudgetSpent, match="all 4 requests of the last 24 hours are used") as spent:
            budget.take()
        with pytest.raises(BudgetSpent):
            budget.take()
        assert clock.naps == naps
        assert budget.spent().last_day == 4, "else a job that keeps trying would never be let through again"
        assert spent.value.free_at == datetime.fromtimestamp(first + 86_401, UTC)
        clock.now = first + 86_402
        budget.take()


def test_requests_that_are_left_to_others_are_not_taken(path: Path, clock: Clock) -> None:
    """Who leaves two of five has three, and says so; who leaves none has the rest."""
    with budget_at(path, clock, per_minute=9) as budget:
        for _ in range(3):
            budget.take(leave=2)
        with pytest.raises(
            BudgetSpent, match=r"all 3 requests of the last 24 hours are used, 2 more are kept for other runs;"
        ):
            budget.take(leave=2)
        budget.take()
        budget.take()
        assert budget.spent().last_day == 5


@pytest.mark.parametrize("requests", [1, 3, 4, 7, 10])
@pytest.mark.parametrize("before", [0, 1, 3, 5])
def test_forecast_is_what_happens(path: Path, clock: Clock, before: int, requests: int) -> None:
    """How long, how much of it a pause, how many fit, and when the rest would: as sending them shows."""
    with budget_at(path, clock, per_day=8) as budget:
        for _ in range(before):
            budget.take()
            clock.now += 2
        coming = budget.forecast(requests, leave=1)
        assert coming == budget.forecast(requests, leave=1), "it records nothing"
        began, clock.naps = clock.now, []
        for _ in range(coming.fits):
            budget.take(leave=1)
            clock.now += coming.answer_seconds
        assert coming.seconds == pytest.approx(clock.now - began)
        assert coming.pause_seconds == pytest.approx(sum(clock.naps))
        if coming.next_at is None:
            assert coming.fits == requests
            return
        with pytest.raises(BudgetSpent):
            budget.take(leave=1)
        clock.now = coming.next_at.timestamp() - 1
        rest = min(requests - coming.fits, 7)
        assert budget.forecast(rest, leave=1).fits == rest - 1
        clock.now += 1.001
        assert budget.forecast(rest, leave=1).fits == rest


def test_answers_take_what_they_took(path: Path, clock: Clock) -> None:
    """The time of an answer is told from the ledger; pauses, and the night between two runs, are no answers."""
    with budget_at(path, clock, per_minute=4, per_day=100) as budget:
        assert budget.forecast(2).answer_seconds == 1
        for number in range(9):
            budget.take()
            clock.now += 3_600 if number == 5 else 0.5
        assert budget.forecast(2).answer_seconds == pytest.approx(0.5)


def test_windows_outlive_the_process(path: Path, clock: Clock) -> None:
    """A job that is started again has the budget that is left, not a new one."""
    for _ in range(3):
        with budget_at(path, clock) as budget:
            budget.take()
    with budget_at(path, clock) as budget:
        assert budget.spent() == Spent(last_minute=3, last_day=3, per_minute=3, per_day=5)
        budget.take()
    assert clock.naps == [pytest.approx(61)]


def test_a_clock_set_back_frees_nothing_and_blocks_no_longer_than_a_window(path: Path, clock: Clock) -> None:
    """Requests of the future count as sent now: a week's jump costs a minute, or a day, not a week."""
    with budget_at(path, clock) as budget:
        for _ in range(3):
            budget.take()
        clock.now -= 7 * 86_400
        assert budget.spent().last_minute == 3
        budget.take()
        assert clock.naps == [pytest.approx(61)]
        budget.take()
        clock.now -= 7 * 86_400
        for _ in range(2):  # the day's end stays where the first refusal put it
            with pytest.raises(BudgetSpent) as spent:
                budget.take()
            clock.now += 3600
        assert spent.value.free_at.timestamp() == pytest.approx(clock.now - 7200 + 86_401)


def test_threads_together_never_exceed_the_limit(path: Path) -> None:
    """One budget may be shared by threads."""
    with Budget(path, per_day=20) as budget, ThreadPoolExecutor(8) as threads:

        def take(_: int) -> bool:
            try:
                budget.take()
            except BudgetSpent:
                return False
            return True

        assert sum(threads.map(take, range(40))) == 20


def test_a_killed_holder_does_not_block_the_next(path: Path, holder: subprocess.Popen[str]) -> None:
    """Its half-made record is undone: the lock dies with the process."""
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with Budget(path, lock_seconds=2) as budget:
        budget.take()
        assert budget.spent().last_day == 1


def test_a_holder_that_hangs_is_named_and_not_waited_for_without_end(path: Path, holder: subprocess.Popen[str]) -> None:
    """A stopped process must not hold up the daily job for ever, nor may the request go uncounted."""
    with pytest.raises(TransientFailure, match=r"another process has held the ledger .*budget\.sqlite for 0\.2 s"):
        Budget(path, lock_seconds=0.2)
    assert holder.poll() is None


NO_DATABASE = "this is no database, and is long enough to be recognised as none" * 20


@pytest.mark.parametrize(
    ("parent", "ledger", "words"),
    [
        (None, NO_DATABASE, r"is not a database; .*24 hours"),
        ("a file where the directory should be", None, "make the place writable"),
    ],
)
def test_without_a_ledger_nothing_is_sent(path: Path, parent: str | None, ledger: str | None, words: str) -> None:
    """The message says which file, and what to do."""
    if parent:
        path.parent.write_text(parent)
    if ledger:
        path.parent.mkdir()
        path.write_text(ledger)
    with pytest.raises(PermanentFailure, match=words):
        Budget(path)


def test_the_ledger_of_a_key_does_not_show_the_key(tmp_path: Path) -> None:
    """One file per key, named by a fingerprint."""
    path = budget_path(tmp_path, "sk-or-v1-canary")
    assert path.parent == tmp_path
    assert "canary" not in path.name
    assert path != budget_path(tmp_path, "sk-or-v1-other")
    assert path == budget_path(tmp_path, "sk-or-v1-canary")


def test_without_a_ledger_of_its_own_nothing_is_limited() -> None:
    """For a simulator on this machine."""
    with Budget(None) as budget:
        assert budget.forecast(1000) == Forecast(1000, 1000, 0, 1, None)
        for _ in range(1000):
            budget.take(lambda seconds: pytest.fail("waited"))
        assert budget.spent() == Spent(1000, 1000, None, None)
