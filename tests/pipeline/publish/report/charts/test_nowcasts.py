"""Nowcasts: the error beside that of no change, how often intervals held, and where something simpler does as well."""

from __future__ import annotations

from typing import Any

from pipeline.publish.report.charts import nowcasts
from tests.pipeline.publish.report.charts.found import found


def score(days: int, method: str, error: float, **more: Any) -> dict[str, Any]:
    return {
        "days_known": days, "nowcast_method": method, "is_backtest": False, "forecasts": 322, "weeks_scored": 49,
        "mean_absolute_error_pp": error, "coverage_share_50": 0.49, "coverage_share_80": 0.81, "coverage_share_95": 0.96,
        "mean_weighted_interval_score_pp": 0.9, "is_better_than_no_change": None if method == nowcasts.NO_CHANGE else True,
        "is_better_than_last_day": None if method == nowcasts.LAST_DAY else True, "is_small_sample": False, **more,
    }  # fmt: skip


def rows(**more: Any) -> list[dict[str, Any]]:
    return [
        score(days, method, error - 0.1 * days, **(more if method == nowcasts.OURS else {}))
        for days in (0, 7)
        for method, error in ((nowcasts.OURS, 2.2), (nowcasts.LAST_DAY, 2.3), (nowcasts.NO_CHANGE, 3.0))
    ]


def test_the_title_has_both_errors_and_the_note_the_coverage() -> None:
    section = nowcasts.section(found({"nowcasts": rows()}))
    assert section.title == "With 7 days known, nowcasts missed by 1.5 points, assuming no change by 2.3"
    assert "50, 80 and 95 % held 49 %, 81 % and 96 % of 322 shares in 49 weeks" in section.note
    assert "no better" not in section.note
    assert "afterwards" not in section.note


def test_where_something_simpler_does_as_well_the_note_says_so() -> None:
    note = nowcasts.section(found({"nowcasts": rows(is_better_than_last_day=False, is_backtest=True)})).note
    assert "With 0 and 7 days known it is not better than “last day carried on”." in note
    assert "computed afterwards" in note


def test_without_intervals_none_is_said_to_have_held() -> None:
    none = dict.fromkeys(("coverage_share_50", "coverage_share_80", "coverage_share_95"))
    section = nowcasts.section(found({"nowcasts": rows(**none, is_small_sample=True)}))
    assert "held" not in section.note
    assert "chance decides" in section.note
    assert nowcasts.section(found({})).title == "How far nowcasts of coding shares miss"
