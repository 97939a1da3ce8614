"""The step that fetches: one series that fails costs no other, whatever the reason, and is named where people look."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from dagster import DagsterInstance, materialize

from assets import landing
from pipeline.failures import PermanentFailure, TransientFailure
from pipeline.openrouter.endpoints.request import Request
from pipeline.run import jobs
from pipeline.run.exports import Fetched
from pipeline.run.outcome import read_outcome
from pipeline.run.session import Workspace
from pipeline.series import ASKED
from tests.support import instant, settings_for


@pytest.mark.parametrize("is_ours_to_fix", [False, True])
def test_a_series_that_fails_costs_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_ours_to_fix: bool) -> None:
    """The shared check and the asset say why; an error of the code fails the run, once all that has no past was fetched."""
    asked: list[str] = []

    def ask(self: Workspace, request: Request, *, leave: int = 0) -> None:
        asked.append(request.path)
        if request.path == "/benchmarks":
            raise ZeroDivisionError("of ours") if is_ours_to_fix else PermanentFailure("the source answered 404")
        self.requests_made += 1

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
    assert made["landing/benchmarks/artificial-analysis"].metadata["failure"].value == "the source answered 404"
    assert outcome.warnings == ["not fetched: benchmarks/artificial-analysis: the source answered 404"]
    assert outcome.requests_made == len(asked) - 1
    [shared] = [one for one in done.get_asset_check_evaluations() if one.check_name == landing.OTHERS_FETCHED]
    assert not shared.passed
    assert shared.metadata["failing_series"].value == "benchmarks/artificial-analysis"


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
        return Fetched(requests_made=7, files=1, failures=failures, postponed=2)

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
