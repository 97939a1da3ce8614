"""The step that fetches: one series that fails costs no other, whatever the reason, and is named where people look."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import pytest
from dagster import DagsterInstance, materialize

from assets import landing
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.openrouter.budget import Budget, budget_path
from pipeline.openrouter.endpoints.request import Request
from pipeline.planning import due, plan
from pipeline.run import jobs, session
from pipeline.run.exports import Fetched
from pipeline.run.outcome import read_outcome
from pipeline.run.session import Received, Workspace, open_budget
from pipeline.series import ASKED
from tests.support import instant, settings_for


@pytest.mark.parametrize("is_ours_to_fix", [False, True])
def test_a_series_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_ours_to_fix: bool) -> None:
    """The shared check and the asset say why; an error of the code fails the run, once all that has no past was fetched."""
    asked: list[str] = []

    def ask(self: Workspace, request: Request, *, leave: int = 0) -> list[Received]:
        asked.append(request.path)
        if request.path == "/benchmarks":
            raise ZeroDivisionError("of ours") if is_ours_to_fix else PermanentFailure("the source returned 404")
        self.requests_made += 1
        return [Received(2), Received(1, date(2026, 1, 18))]

    monkeypatch.setattr(Workspace, "ask", ask)
    monkeypatch.setattr(landing, "warm_up", lambda: None)
    settings = settings_for(tmp_path)
    with DagsterInstance.ephemeral() as instance:
        done = materialize(
            [landing.fetch],
            instance=instance,
            resources={
                "workspace": Workspace(settings, clock=lambda: instant("2026-01-20T06:30")),
                jobs.ASKING: landing.Asking(first_day="2026-01-10"),
            },
            raise_on_error=False,
        )
    assert done.success is not is_ours_to_fix
    assert {"/classifications/task", "/datasets/session-cost", "/models", "/datasets/rankings-daily"} <= set(asked)
    made = {"/".join(event.asset_key.path): event.materialization for event in done.get_asset_materialization_events()}  # type: ignore[union-attr]
    assert len(made) == len(ASKED) - is_ours_to_fix + 1, "the exports are an asset, too"
    outcome = read_outcome(settings, "", done.run_id, done.all_events, succeeded=done.success)
    if is_ours_to_fix:
        assert outcome.failures == ["unexpected ZeroDivisionError: of ours (run it with --verbose, and report it)"]
        return
    assert made["landing/benchmarks/artificial-analysis"].metadata["failure"].value == "the source returned 404"
    assert outcome.warnings == ["not fetched: benchmarks/artificial-analysis: the source returned 404"]
    shown = {name: value.value for name, value in made["landing/usage_day"].metadata.items()}
    assert shown == {"series": "usage_day", "requests_made": 1, "periods_asked": 10, "rows": 3, "host": "openrouter.ai",
                     "newest_period": "2026-01-18", "access": "with the API key"}  # fmt: skip
    assert made["landing/gateway_day/labs"].metadata["host"].value == "vercel.com"
    assert made["landing/gateway_day/labs"].metadata["access"].value == "keyless"
    assert "host" not in made["landing/benchmarks/artificial-analysis"].metadata, "nothing was fetched"
    assert outcome.requests_made == len(asked) - 1
    [shared] = [one for one in done.get_asset_check_evaluations() if one.check_name == landing.OTHERS_FETCHED]
    assert not shared.passed
    assert shared.metadata["failing_series"].value == "benchmarks/artificial-analysis"


def test_what_can_wait_is_postponed_without_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the day on which everything is read again, half of it used: 300 of 500 requests stay free, the exact days are read
    for the month, and the run says in its metadata and its summary how much the next one takes up."""
    now, before = instant("2026-12-03T06:30"), instant("2026-12-02T06:30")
    every = {series.name: due(series, now=before, read={}, holes=()).periods for series in ASKED}
    read = {name: dict.fromkeys(starts, before) for name, starts in every.items()}
    planned = plan(now=now, read=read, holes=())
    can_wait = [span for span in planned if span.is_deferrable]
    asked: list[Request] = []

    def ask(self: Workspace, request: Request, *, leave: int = 0) -> list[Received]:
        self.budget.take(leave=leave)
        asked.append(request)
        self.requests_made += 1
        return []

    monkeypatch.setattr(Workspace, "ask", ask)
    monkeypatch.setattr(Workspace, "_coverage", (read, frozenset()))
    monkeypatch.setattr(landing, "warm_up", lambda: None)
    settings = replace(settings_for(tmp_path, is_unlimited=False), api_key="a-key", state_dir=tmp_path / "state")
    with Budget(budget_path(settings.state_dir, "a-key"), per_minute=1000, clock=before.timestamp) as budget:
        for _ in range(200 - (len(planned) - len(can_wait)) - 4):
            budget.take()
    of_key = partial(Budget, budget.path, per_minute=1000, clock=before.timestamp)
    monkeypatch.setattr(session, "open_budget", lambda *of: of_key() if of[-1] == "api" else open_budget(*of))
    workspace = Workspace(settings, clock=lambda: now)
    with DagsterInstance.ephemeral() as instance, workspace.running():
        done = materialize(
            [landing.fetch],
            selection=[landing.landing_key(series) for series in ASKED],
            instance=instance,
            resources={"workspace": workspace, jobs.ASKING: landing.Asking()},
        )
        spent = workspace.budget.spent()
    assert spent.last_day == 200, "300 of 500 stay free"
    assert [one.path for one in asked[-4:]] == [span.request().path for span in can_wait[:4]]
    made = {
        "/".join(event.asset_key.path): event.materialization.metadata  # type: ignore[union-attr]
        for event in done.get_asset_materialization_events()
    }
    assert made["landing/usage_day"]["periods_read_again_for_the_month"].value == len(every["usage_day"]) - 2
    assert made["landing/usage_week"]["requests_postponed"].value == 1
    assert "failure" not in made["landing/usage_week"]
    outcome = read_outcome(settings, "", done.run_id, done.all_events, succeeded=done.success)
    assert (outcome.failures, outcome.warnings, outcome.checks_failed) == ([], [], 0)
    assert outcome.requests_postponed == sum(span.requests for span in can_wait[4:])
    assert outcome.go_on_at is None


@pytest.mark.parametrize("raises", [False, True])
def test_exports_that_fail_are_warnings_that_name_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raises: bool
) -> None:
    """They are optional: the first few are named, the run succeeds, and what the budget had no room for comes later."""
    failures = [f"no export of day {n}" for n in range(5)]

    def fetch_exports(self: Workspace, days: list[date]) -> Fetched:
        assert days == [date(2026, 9, 21), date(2026, 9, 20), date(2026, 9, 19)]
        if raises:
            raise TransientFailure("another process holds the ledger")
        return Fetched(requests_made=7, failures=failures, postponed=2)

    monkeypatch.setattr(Workspace, "fetch_exports", fetch_exports)
    monkeypatch.setattr(landing, "warm_up", lambda: None)
    settings = settings_for(tmp_path)
    with DagsterInstance.ephemeral() as instance:
        done = materialize(
            [landing.fetch],
            selection=[landing.EXPORTS],
            instance=instance,
            resources={
                "workspace": Workspace(settings, clock=lambda: instant("2026-09-21T06:30")),
                jobs.ASKING: landing.Asking(),
            },
        )
    assert done.success
    [made] = done.get_asset_materialization_events()
    metadata = {name: value.value for name, value in made.step_materialization_data.materialization.metadata.items()}
    assert metadata["periods_asked"] == 3
    if raises:
        assert metadata["failure"] == "another process holds the ledger"
        return
    assert metadata["failure"] == "no export of day 0; no export of day 1; no export of day 2; 2 more"
    assert (metadata["requests_made"], metadata["requests_postponed"]) == (7, 4)


def test_what_a_response_holds_is_counted() -> None:
    """Rows and the newest period, whichever way the endpoint states it; a body that cannot be read holds nothing."""
    body = b'{"data": [{"date": "2026-01-05", "model_permaslug": "a/b", "total_tokens": "7"}], "meta": {"as_of": '
    body += b'"2026-01-06T06:30:00Z", "version": "v1", "start_date": "2026-01-05", "end_date": "2026-01-05"}}'
    received = Received.of("/datasets/rankings-daily", body)
    assert received == Received(1, date(2026, 1, 5))
    assert Received.of("/datasets/rankings-daily", b"<html>") == Received()
