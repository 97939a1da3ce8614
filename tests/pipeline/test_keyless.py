"""Runs without a key: the project's recordings first, then the exports; what a key adds, and what its loss stops.

Belongs here: whole runs of that mode. Not here: fetching exports (``run.test_exports``), what the recordings hold
(``tests.test_recording``), which directory a command works in (``run.test_directory``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
import stamina

from pipeline import store
from pipeline.alerts.freshness import status_of
from pipeline.execute import run_daily
from pipeline.landing import Landing
from pipeline.run.outcome import Outcome
from pipeline.run.session import Workspace, refuse_lost_key
from pipeline.settings import Settings
from pipeline.simulator.server import SimulatedResponse, Simulator, serve
from tests.support import exchange, instant, settings_for

NOW = instant("2026-09-22T06:30")


class Source(Simulator):
    """A source whose figures are made up and do not say so: to landing it is a real one. It keeps what it was asked."""

    asked: list[tuple[str, bool]]

    def respond(self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> SimulatedResponse:
        self.asked.append((path, "authorization" in {name.lower() for name in headers}))
        response = super().respond(method, path, query, headers)
        kept = {name: value for name, value in response.headers.items() if name != "X-Simulated"}
        return replace(
            response, headers=kept, body=response.body.replace(b"SIMULATED, not OpenRouter data", b"Source: nobody")
        )


def run(settings: Settings) -> Outcome:
    with stamina.set_testing(True, attempts=2, cap=True):
        return run_daily(settings, None, say=lambda message: None, clock=lambda: NOW)


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Outcome]:
    """A first run on a machine that reaches nothing."""
    path = tmp_path_factory.mktemp("keyless") / "data"
    settings = settings_for(path, api_key=None, base_url="http://127.0.0.1:9/api/v1")
    return settings, run(settings)


def test_without_the_internet_the_recorded_story_is_built(offline: tuple[Settings, Outcome]) -> None:
    """Exit 0 and one line: why nothing newer came, and on which day the figures end."""
    settings, done = offline
    assert (done.succeeded, done.failures, done.requests_made, done.requests_left_today) == (True, [], 0, None)
    (line,) = done.warnings
    assert line.startswith("cannot reach 127.0.0.1: ")
    assert line.endswith("; figures end on 3 August 2026")
    assert (done.unreachable, done.checks_failed) == (["127.0.0.1"], 0)
    with store.connect(settings.data_dir.published, read_only=True) as con:
        [peak] = store.rows(
            con, "select usage_date, total_tokens from marts.m2_usage_daily order by 2 desc nulls last limit 1"
        )
        assert peak == {"usage_date": date(2025, 11, 11), "total_tokens": 84_323_736_444}
        [third] = store.rows(con, "select count(*) as weeks from marts.m2_coding_share_weekly where coding_rank = 3")
        assert third == {"weeks": 6}


def test_the_page_without_a_key(offline: tuple[Settings, Outcome]) -> None:
    """The true story: coding is cited by its own reading, and a chart whose figures need a key is one line."""
    page = offline[0].data_dir.report.read_text()
    assert "MiniMax M2 took an eighth of coding in two weeks – most of its tokens free" in page
    assert "<b>12.3 %</b>" in page.partition('id="figures">')[2].partition("</ul>")[0]
    assert 'class="simulated"' not in page
    coding = page.partition('<section id="share"')[2].partition("</section>")[0]
    assert "as of 2026-05-04T09:13:57Z. Licensed under CC BY 4.0." in coding.partition('<p class="source">')[2]
    for chart in ("weights", "price"):
        assert f'<li id="{chart}">' in page
    assert "2 never fetched, 43 need a key" in page


def test_only_what_can_come_without_a_key_is_expected(offline: tuple[Settings, Outcome]) -> None:
    """The exact days are stale; everything else is recorded or needs a key, and no incident is made of it."""
    status = status_of(offline[0], NOW)
    assert [one.series.name for one in status.series if not one.is_fresh] == ["usage_day"]
    states = {one.series.name: one.state for one in status.series}
    assert states["category_week/programming"] == "imported, newer data needs a key"
    assert states["task_7d"] == "needs a key"


def test_exports_follow_and_a_key_goes_on_there(offline: tuple[Settings, Outcome]) -> None:
    """With the network what needs no key is fetched, and nothing else; a key that comes later is used in the same directory,
    and is missed from then on."""
    Source.asked = []
    with serve(Source(clock=lambda: NOW, limits=None)) as url:
        settings = replace(offline[0], base_url=url)
        done = run(settings)
        assert (done.failures, done.warnings) == ([], [])
        exports = [path for path, _ in Source.asked if "/datasets/exports/" in path]
        assert done.export_requests_made == len(exports) == 1 + 2 * 4
        # One request each of the two others that need no key.
        others = sorted(path for path, _ in Source.asked if path not in exports)
        assert others == ["/api/ai/leaderboard-export", "/openapi.json"]
        assert done.requests_made == len(others)
        assert not any(has_key for _, has_key in Source.asked)
        with store.connect(settings.data_dir.published, read_only=True) as con:
            [newest] = store.rows(con, "select max(usage_date) as newest from core.model_usage_daily")
            [labs] = store.rows(con, "select count(distinct usage_date) as days from marts.gateway_lab_share_daily")
        assert (newest, labs) == ({"newest": date(2026, 9, 21)}, {"days": 357})
        refuse_lost_key(settings)
        with Workspace(replace(settings, api_key="key-of-a-test"), clock=lambda: NOW).running() as workspace:
            programming = [one for one in workspace.plan() if one.series.name == "category_week/programming"]
            assert max(one.end for one in programming if one.end) == date(2026, 9, 21)
    Landing(settings.data_dir).append(exchange({}, {}, at=NOW))
    [failure] = run(settings).failures
    assert "fetched with a key, and there is no OPENROUTER_API_KEY" in failure
