"""The past of a demo: readings of the mornings before, so that its first run shows what only a second reading can."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.openrouter.endpoints.request import DATASET_START
from pipeline.publish import saved_queries
from pipeline.run.outcome import Outcome
from pipeline.run.session import Workspace
from pipeline.series import ASKED
from pipeline.settings import DataDir, Settings
from pipeline.simulator.history import PAST_DAYS, land_past
from pipeline.simulator.server import Simulator
from pipeline.simulator.world import uniform, world_of
from tests.support import build_order, build_tables, instant, needed_for, settings_for

pytestmark = pytest.mark.without_page

NOW = instant("2026-02-11T07:00")
FIRST_DAY = date(2025, 10, 6)


def landed_days(data_dir: DataDir) -> list[date]:
    """The mornings on which anything was landed."""
    landing = Landing(data_dir)
    return sorted({landing.describe(path).read_at.date() for path in landing.ids().values()})


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """The first run of a demo, from its past on."""
    settings = settings_for(tmp_path_factory.mktemp("demo"), simulated=True)
    outcome = run_daily(settings, FIRST_DAY.isoformat(), say=lambda message: None, clock=lambda: NOW)
    return settings, outcome


def test_a_demo_begins_with_the_mornings_before(demo: tuple[Settings, Outcome]) -> None:
    """Ten runs lie before the first one, which then asks for the look-back alone."""
    settings, outcome = demo
    assert outcome.succeeded, outcome.failures
    assert landed_days(settings.data_dir) == [date(2026, 2, day) for day in range(1, 12)]
    # Session cost comes in pages.
    assert len(ASKED) <= outcome.requests_made <= len(ASKED) + 1


def test_every_table_of_a_demo_has_rows(demo: tuple[Settings, Outcome]) -> None:
    """Whoever tries it finds an answer in each: restatements, settling and captured days from the first run on."""
    settings, _ = demo
    with store.Store(settings.data_dir).reader() as con:
        empty = [name for name, table in TABLES.items() if table.schema in ("core", "marts") and not store.count(con, name)]
        methods = store.rows(con, "select distinct method from marts.m2_coding_share_daily order by method")
        measures = store.rows(con, "select distinct measure from marts.coding_share_measures_weekly")
        claims = store.rows(con, "select claim from marts.claim_checks where verdict <> 'not measurable' order by claim")
    assert empty == []
    assert [row["method"] for row in methods] == ["allocated", "captured", "task_window"]
    assert len(measures) == 5
    # Scores begin with the first of these mornings, and what was claimed of later weeks is not to be measured yet.
    measured = [row["claim"] for row in claims]
    assert {one.rsplit(" ", 1)[0] for one in measured} >= {
        "M2 at about 8 % of the price of Claude", "daily tokens of M2 passed 80",
        "M2 ranked third in programming, behind only Grok and Claude Sonnet",
    }  # fmt: skip


@pytest.mark.parametrize("part", [0.0, 1.0, None], ids=["all prompts", "all completions", "each otherwise"])
def test_shares_of_list_spend_hold_what_the_simulator_charges(demo: tuple[Settings, Outcome], part: float | None) -> None:
    """Whatever part of each model's tokens were completions: what it costs by the simulator's prices of the day is a share
    within the bounds."""
    settings, _ = demo
    with store.Store(settings.data_dir).reader() as con:
        within = "week_start = '2026-02-02' and spend_of = 'model'"
        shares = store.rows(con, f"from marts.spend_share_weekly where {within}")
        used = store.rows(
            con, "from core.model_usage_daily where not is_other and usage_date between '2026-02-02' and '2026-02-08'"
        )
    world = world_of(7)
    models = {model.permaslug: model for model in world.models}
    spend: Counter[str] = Counter()
    for row in used:
        model, day = models[row["model_permaslug"]], row["usage_date"]
        is_free = "free" in model.variant
        if not is_free and not (model.in_catalogue and model.alive(day) and "online" not in model.variant):
            continue  # no price
        prompt, completion = (Decimal(usd) for usd in world.prices(model, day).values())
        if model.outputs == ("embeddings",):
            completion = prompt
        completed = Decimal(str(part if part is not None else round(float(uniform(7, "completed", model.permaslug)[0]), 3)))
        spend[model.base] += row["total_tokens"] * ((1 - completed) * prompt + completed * completion)
    shown = {row["subject"]: row for row in shares if row["list_spend_share_lower"] is not None}
    assert len(shown) > 40
    assert {name for name, usd in spend.items() if usd} <= shown.keys()
    everything = spend.total()
    for name, row in shown.items():
        share = float(spend[name] / everything)
        assert row["list_spend_share_lower"] - 1e-12 <= share <= row["list_spend_share_upper"] + 1e-12, name
        assert row["days_priced"] == 7


def test_list_spend_and_spend_measured_elsewhere_agree_in_sign(demo: tuple[Settings, Outcome]) -> None:
    """The simulator's second gateway charges what its models cost, with other customers: nine makers in ten agree."""
    settings, _ = demo
    question = next(one for one in saved_queries.questions() if one.path.stem == "do_list_prices_agree_with_measured_spend")
    with store.Store(settings.data_dir).reader() as con:
        makers = store.rows(con, question.sql)
    assert len(makers) >= 10
    assert makers[0]["makers_in_agreement_percent"] >= 90


@pytest.mark.parametrize("day", [16, 19, 22], ids=["Monday", "Thursday", "Sunday"])
def test_f51_a_demo_shows_restatements_on_any_day_of_the_week(tmp_path: Path, day: int) -> None:
    """On whichever day it is tried, days and weeks that had closed were restated, those of programming among them."""
    data_dir = DataDir(tmp_path)
    data_dir.mark_simulated()
    now = instant(f"2026-11-{day}T07:00")
    land_past(Landing(data_dir), now=now, holes=(), first_day=date(2026, 11, 1))
    workspace = Workspace(settings_for(tmp_path, simulated=True), clock=lambda: now)
    with workspace.running():
        for span in workspace.plan(date(2026, 11, 1)):
            workspace.ask(span.request())
    files = store.Store(data_dir)
    with files.writer() as con:
        loading.load(con, Landing(data_dir), run_id="test")
        build_tables(files, con, [name for name in build_order() if name in needed_for(["marts.restatements"])])
        restated = store.rows(con, "select series, count(*) as lines from marts.restatements group by series")
    lines = {row["series"]: row["lines"] for row in restated}
    assert lines.keys() >= {"usage_day", "category_week/programming", "usage_week"}
    assert min(lines.values()) > 0


def test_what_was_landed_before_is_left_alone(tmp_path: Path) -> None:
    """A directory that has responses has a past of its own; a live one is never given any."""
    simulated = settings_for(tmp_path / "demo", simulated=True)
    simulated.data_dir.landing.mkdir()
    live = settings_for(tmp_path / "live")
    for settings in (simulated, live):
        with Workspace(settings, clock=lambda: NOW).running() as workspace:
            workspace.begin(DATASET_START)
        assert landed_days(settings.data_dir) == []


def test_a_simulator_of_a_test_is_the_only_source(tmp_path: Path) -> None:
    """A past from the built-in simulator would not be that of another one."""
    settings = settings_for(tmp_path, simulated=True)
    simulator = Simulator(clock=lambda: NOW, limits=None)
    with Workspace(settings, clock=lambda: NOW, simulator=simulator).running() as workspace:
        workspace.begin(DATASET_START)
    assert landed_days(settings.data_dir) == []


def test_the_past_is_asked_for_once(tmp_path: Path) -> None:
    """Each morning asks for what a run would: all history on the first, the look-back and the snapshots on the others."""
    data_dir = DataDir(tmp_path)
    data_dir.mark_simulated()
    landing = Landing(data_dir)
    responses = land_past(landing, now=NOW, holes=(), first_day=date(2026, 1, 5))
    assert responses == len(landing.ids())
    by_morning: dict[date, list[datetime]] = {}
    for path in landing.ids().values():
        landed = landing.describe(path)
        assert landed.is_simulated
        assert landed.provenance == "simulator"
        by_morning.setdefault(landed.read_at.date(), []).append(landed.read_at)
    assert len(by_morning) == PAST_DAYS
    # On the first morning and on the 3rd, when everything is read again, each week of apps is a request of its own; on the
    # others the API's document is not read. Session cost and the list of all apps come in two pages.
    whole = [date(2026, 2, 1), date(2026, 2, 3)]
    assert {len(times) for morning, times in by_morning.items() if morning not in whole} == {len(ASKED) - 1 + 2}
    assert min(len(by_morning[morning]) for morning in whole) > len(ASKED) + 2


def test_every_question_is_answered_by_a_demo(demo: tuple[Settings, Outcome]) -> None:
    """Each question of warehouse/queries has rows, but two that ask of days and weeks which this demo does not have."""
    settings, _ = demo
    with store.Store(settings.data_dir).reader() as con:
        silent = [one.path.stem for one in saved_queries.questions() if not store.ask(con, one.sql)[1]]
    assert silent == ["what_was_known_on_a_date", "what_would_the_week_of_5_january_have_been"]
