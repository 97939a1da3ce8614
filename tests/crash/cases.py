"""One case: a run that is struck, the run after it, and what the tables and landing must be then.

Belongs here: runs in processes of their own, and comparing. Every process is forked from one that has imported everything
and has used nothing of it, so that no thread holds a lock: never fork from here after a run was made in the process itself.
"""

from __future__ import annotations

import json
import os
import random
import resource
import select
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import stamina

from pipeline import series, store, worker
from pipeline.contracts.tables import TABLES
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.load.loading import load, pending
from pipeline.run.session import Workspace
from pipeline.settings import Settings
from pipeline.simulator.server import Simulator
from tests.crash.effects import STAGES, Effect, Effects, Mode, Strike
from tests.support import build_order, build_tables, instant, settings_for

FIRST_DAY = "2026-02-01"
MORNING = instant("2026-02-10T07:00")
LIMIT_SECONDS = 180

Job = Literal["plain", "dagster", "rebuild"]
Begin = Literal["empty", "one day"]
Kind = tuple[Begin, Job]


def in_process(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """Stands for the worker process, which a forked process would have to start anew: imports take seconds."""
    done: Future[Any] = Future()
    try:
        done.set_result(work(*arguments))
    except Exception as error:
        done.set_exception(error)
    return done


@dataclass(frozen=True)
class Case:
    """``strike`` None: killed at any instant, ``when`` of the way through. ``room``: files end at that part of the build.

    The run after it comes later, or at the same instant; ``is_damaged``: a response that was not loaded yet is cut in half.
    """

    number: int
    begin: Begin
    job: Job
    strike: Strike | None
    when: float
    room: float | None = None
    is_later: bool = False
    is_damaged: bool = False
    has_reader: bool = False
    has_rival: bool = False

    @property
    def place(self) -> str:
        return self.strike.stage if self.strike else "building" if self.room else "anywhere"


def now_of(begin: Begin) -> datetime:
    return MORNING + timedelta(days=begin == "one day")


def settings_of(folder: Path) -> Settings:
    return settings_for(folder, simulated=True, is_unlimited=False)


def work(folder: Path, job: Job, now: datetime, say: Callable[[str], None]) -> None:
    """One run in this very process. Raises where it fails."""
    stamina.set_testing(True, attempts=2, cap=True)
    worker.submit = in_process  # type: ignore[assignment]
    settings = settings_of(folder)
    simulator = Simulator(clock=lambda: now, limits=None)
    if job == "dagster":
        outcome = run_daily(settings, FIRST_DAY, say=say, clock=lambda: now, simulator=simulator)
        if not outcome.succeeded:
            raise RuntimeError("; ".join(outcome.failures))
        sys.stdout.write("".join(f"{line}\n" for line in outcome.warnings))  # as the command prints them
        sys.stdout.flush()
        return
    # What the assets do, without Dagster, which would take more time than everything else; of each kind of series one.
    with (
        mock.patch.object(series, "ASKED", tuple({one.kind: one for one in reversed(series.ASKED)}.values())[::-1]),
        Workspace(settings, clock=lambda: now, say=say, simulator=simulator).running() as workspace,
    ):
        if job == "plain":
            for span in workspace.plan(datetime.fromisoformat(FIRST_DAY).date()):
                workspace.ask(span.request())
        say("loading")
        with workspace.store.writer() if job == "plain" else workspace.store.rebuilding() as con:
            load(con, workspace.landing, run_id="crash")
        say("building")
        with workspace.store.writer() as con:
            build_tables(workspace.store, con, [name for name in build_order() if name in TABLES])
            workspace.store.replace_macros(con)
        say("publishing")
        workspace.store.publish()


# --- processes ---------------------------------------------------------------------------------------------------


def forked(log: Path, task: Callable[[], None]) -> int:
    """Do the task in a process of its own. Its exit code says whether it went well, ``log`` why not."""
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        signal.alarm(LIMIT_SECONDS)  # whatever hangs is ended by the system
        with log.open("a") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        task()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def ended_well(pid: int) -> bool:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def in_child(log: Path, task: Callable[[], None]) -> None:
    """The same, waited for. Raises where it did not go well."""
    if not ended_well(forked(log, task)):
        raise AssertionError(log.read_text().strip().splitlines()[-1] if log.read_text().strip() else "ended without a word")


# --- what is compared ----------------------------------------------------------------------------------------------


def contents(folder: Path) -> dict[str, list[int | str]]:
    """Number of rows and a checksum of each public table; the order of rows is no matter."""
    with store.Store(settings_of(folder).data_dir).reader() as con:
        tables = {name: one for name, one in TABLES.items() if one.schema in ("raw", "core", "marts")}
        return {name: [*store.checksum(con, one, name)] for name, one in tables.items()}


def landed(folder: Path, *, besides: str | None = None) -> dict[str, str]:
    """The sha256 of every exchange. Raises where one of them is not whole."""
    landing = Landing(settings_of(folder).data_dir)
    whole = {}
    for exchange_id, path in landing.ids().items():
        if exchange_id != besides:
            described = landing.describe(path)
            landing.body(path, described)
            whole[exchange_id] = described.sha256
    return whole


def loaded(folder: Path) -> list[str]:
    with store.Store(settings_of(folder).data_dir).reader() as con:
        return [row[0] for row in con.execute("select exchange_id from raw.exchanges order by all").fetchall()]


def leftovers(folder: Path) -> list[str]:
    return [str(path) for pattern in ("*.tmp", "*.new.duckdb*") for path in folder.rglob(pattern)]


# --- rehearsal -----------------------------------------------------------------------------------------------------


def rehearse(folder: Path, begin: Begin, job: Job) -> None:
    """An undisturbed run: the twin of every struck one. Writes down its effects and the contents of its tables."""
    home = folder / f"{begin} {job}"
    if begin == "one day":
        shutil.copytree(folder / "empty plain", home)
    effects = Effects()
    began = time.monotonic()
    with effects.watched():
        work(home, job, now_of("empty" if job == "rebuild" else begin), effects.say)
    written = {
        "seconds": time.monotonic() - began,
        "effects": [asdict(effect) for effect in effects.seen],
        "contents": contents(home),
        "landed": landed(home),
    }
    (folder / f"{begin} {job}.json").write_text(json.dumps(written))


@dataclass(frozen=True)
class Twin:
    seconds: float
    effects: list[Effect]
    contents: dict[str, list[int | str]]
    landed: dict[str, str]


class Twins(dict[Kind, Twin]):
    """The twins of all cases, each rehearsed when the first case of its kind is chosen."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    def __missing__(self, kind: Kind) -> Twin:
        begin, job = kind
        if begin == "one day":
            _ = self["empty", "plain"]  # the day before
        in_child(self._folder / f"{begin} {job}.log", lambda: rehearse(self._folder, begin, job))
        written = json.loads((self._folder / f"{begin} {job}.json").read_text())
        self[kind] = Twin(**{**written, "effects": [Effect(**effect) for effect in written["effects"]]})
        return self[kind]


# --- choosing ------------------------------------------------------------------------------------------------------


def choose(number: int, seed: int, known: Twins, *, is_full: bool = False) -> Case:
    """The case of this number, the same for the same seed."""
    dice = random.Random(f"{seed}/{number}/{is_full}")  # noqa: S311 - repeatable, not secret
    begin: Begin
    job: Job
    # Every stage in turn; every tenth at any instant.
    stage = STAGES[number % len(STAGES)]
    begin = "one day" if dice.random() < 0.7 else "empty"
    job = "plain"
    if number % 12 == 11:
        job, begin = "dagster", "one day"
    elif number % 7 == 3 and stage in ("loading", "building", "publishing"):
        job, begin = "rebuild", "one day"
    twin = known[begin, job]
    places = [effect for effect in twin.effects if effect.stage == stage]
    at = dice.randrange(len(places))
    modes: list[Mode] = ["before", "inside", "after"]
    if places[at].is_file:
        modes += ["torn", "torn"]
    strike: Strike | None = Strike(stage, at, dice.choice(modes))
    room = None
    if is_full:
        files = [n for n, effect in enumerate(places) if effect.is_file or effect.name == "copy"]
        strike = Strike(stage, dice.choice(files), "full") if files and stage in ("landing", "publishing") else None
        room = dice.uniform(0.2, 0.9) if strike is None else None
    elif number % 10 == 9:
        strike = None
    return Case(
        number, begin, job, strike, dice.random(), room,
        is_later=dice.random() < 0.25,
        is_damaged=not is_full and stage in ("landing", "loading") and job == "plain" and dice.random() < 0.3,
        has_reader=begin == "one day" and dice.random() < 0.3,
        has_rival=strike is not None and not is_full and dice.random() < 0.15,
    )  # fmt: skip


# --- one case ------------------------------------------------------------------------------------------------------


def perform(case: Case, rehearsed: Path, home: Path, known: Twins) -> None:
    """Strike a run, run again, compare. Raises AssertionError with what is wrong."""
    twin = known[case.begin, case.job]
    folder = home / "data"
    if case.begin == "one day":
        shutil.copytree(rehearsed / "empty plain", folder)
    now = now_of("empty" if case.job == "rebuild" else case.begin)
    before = landed(folder) if folder.exists() else {}
    reading = _reader(folder, home) if case.has_reader else None
    after = now + timedelta(minutes=5) if case.is_later or case.is_damaged else now
    rival = _strike(case, twin, folder, home, now, after)
    kept = {} if rival else landed(folder)
    damaged = _damaged(folder, home) if case.is_damaged and not rival else None
    kept.pop(damaged or "", None)

    assert ended_well(rival or forked(home / "recovery.log", lambda: work(folder, case.job, after, _quiet))), (
        f"the next run failed: {last_line(home / 'recovery.log')}"
    )
    in_child(home / "compare.log", lambda: _compare(case, twin, folder, home, {**before, **kept}, damaged))
    if reading:
        _let_go(reading)


def _quiet(message: str) -> None:
    """Nobody listens to the recovery."""


def last_line(log: Path) -> str:
    lines = log.read_text().strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it ended without a word"


def _strike(case: Case, twin: Twin, folder: Path, home: Path, now: datetime, after: datetime) -> int | None:
    """Run until the strike, and kill. Returns the process of the rival, which waited for the lock meanwhile."""
    told, tell = os.pipe()

    def struck() -> None:
        if case.room is not None:
            size = (folder / "build.duckdb").stat().st_size if (folder / "build.duckdb").exists() else 20_000_000
            most = int(size * case.room)
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
        effects = Effects(case.strike, lambda: os.write(tell, b"."))
        with effects.watched():
            work(folder, case.job, now, effects.say)

    victim = forked(home / "victim.log", struck)
    os.close(tell)
    rival = None
    if case.room is None and (case.strike is None or case.strike.mode != "full"):
        reached = [told] if case.strike else []
        ready, _, _ = select.select(reached, [], [], twin.seconds * case.when if case.strike is None else LIMIT_SECONDS)
        was_reached = bool(ready and os.read(told, 1))
        if case.strike and was_reached and case.strike.mode == "inside":
            of_stage = [effect for effect in twin.effects if effect.stage == case.strike.stage]
            time.sleep(of_stage[case.strike.number].seconds * case.when)
        if case.has_rival and was_reached:
            rival = _rival(folder, home, case.job, after)
        os.kill(victim, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(victim, 0)[1])
        os.close(told)
        assert code == -signal.SIGKILL or case.strike is None, f"the run was not struck: {last_line(home / 'victim.log')}"
        return rival
    ended_well(victim)
    os.close(told)
    if case.strike is not None:
        assert "No space left" in (home / "victim.log").read_text(), "a full disk went unnoticed"
    return None


def _rival(folder: Path, home: Path, job: Job, now: datetime) -> int:
    """A second run beside the first, which waits for the lock when this returns."""
    waits, say_so = os.pipe()
    heard: list[str] = []

    def say(message: str) -> None:
        if not heard:
            os.write(say_so, b".")
        heard.append(message)

    pid = forked(home / "recovery.log", lambda: work(folder, job, now, say))
    os.close(say_so)
    os.read(waits, 1)
    os.close(waits)
    return pid


def _reader(folder: Path, home: Path) -> tuple[int, int]:
    """A process that holds the published file open until it is told to look at it again."""
    opened, tell_opened = os.pipe()
    wait, go = os.pipe()

    def read() -> None:
        os.close(go)
        with store.Store(settings_of(folder).data_dir).reader() as con:
            name = "core.model_usage_daily"
            first = store.checksum(con, TABLES[name], name)
            os.write(tell_opened, b".")
            os.read(wait, 1)
            if store.checksum(con, TABLES[name], name) != first:
                raise AssertionError("what a reader held changed under it")

    pid = forked(home / "reader.log", read)
    os.close(tell_opened)
    os.close(wait)
    os.read(opened, 1)
    os.close(opened)
    return pid, go


def _let_go(reading: tuple[int, int]) -> None:
    pid, go = reading
    os.write(go, b".")
    os.close(go)
    assert ended_well(pid), "a reader that held the published file was disturbed"


def _damaged(folder: Path, home: Path) -> str | None:
    """Cut the newest response that was not loaded yet in half. Returns its id."""
    told = home / "damaged"

    def cut() -> None:
        data_dir = settings_of(folder).data_dir
        with store.Store(data_dir).state() as con:
            waiting = pending(con, Landing(data_dir))
        if waiting:
            newest, path = list(waiting.items())[-1]
            body = path.with_name(f"{newest}.body.gz")
            body.write_bytes(body.read_bytes()[: body.stat().st_size // 2])
            told.write_text(newest)

    in_child(home / "damage.log", cut)
    return told.read_text() if told.exists() else None


def _compare(case: Case, twin: Twin, folder: Path, home: Path, kept: dict[str, str], damaged: str | None) -> None:
    sound = landed(folder, besides=damaged)
    lost = {one for one, sha256 in kept.items() if sound.get(one) != sha256}
    assert not lost, f"responses were lost: {sorted(lost)}"
    known = loaded(folder)
    assert known == sorted(sound), f"loaded {len(known)} responses, {len(set(known))} different ones, of {len(sound)} landed"
    assert not leftovers(folder), f"left over: {leftovers(folder)}"
    is_same_instant = not (case.is_later or case.is_damaged)
    found = contents(folder)
    if is_same_instant:
        missing = twin.landed.keys() - sound.keys()
        assert not missing, f"responses that the undisturbed twin has are missing: {sorted(missing)}"
        # What a first reading of a series had landed when it was killed is read again for the look-back, in shorter spans:
        # other responses, the same figures. Dagster's runs ask series that the plain ones before them left out.
        more = case.begin == "empty" or case.job == "dagster"
        assert more or sound == twin.landed, f"landed {len(sound)} responses, the undisturbed twin {len(twin.landed)}"
        expected = {name: one for name, one in twin.contents.items() if not more or not name.startswith("raw.")}
        _equal(found, expected, "the undisturbed twin")
    if not is_same_instant or case.number % 8 == 0:
        rebuilt = home / "rebuilt"
        shutil.copytree(folder / "landing", rebuilt / "landing")
        (rebuilt / "SIMULATED").touch()
        work(rebuilt, "rebuild", now_of(case.begin), _quiet)
        _equal(found, contents(rebuilt), "its rebuild")


def _equal(found: dict[str, list[int | str]], expected: dict[str, list[int | str]], of: str) -> None:
    other = [name for name in expected if found.get(name) != expected[name]]
    assert not other, f"tables differ from {of}: {', '.join(other[:5])} ({len(other)} in all)"
