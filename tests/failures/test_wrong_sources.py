"""What was recorded elsewhere may be something else than the API's response: then it is excluded, with its reason."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.landing import Landing
from pipeline.load.report import describe_refusal
from pipeline.openrouter.client import Exchange
from pipeline.settings import DataDir
from tests.failures.conftest import Raw, load, raw
from tests.support import SHARED, apps_body, exchange, instant, recorded

CASES = SHARED / "cases" / "files"
needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the cases do not lie beside this checkout")

APPS = "/datasets/app-rankings"
POPULAR = {"sort": "popular", "limit": "100", "offset": "0"}
TOLD_AT, RECORDED_AT = instant("2026-01-21T09:42:47"), instant("2026-01-21T09:41:26")
FRONTEND = 1.012
"""The least by which the median app of the site's own list differed from the API's."""


def window(at: datetime, factor: float = 1.0, *, hidden: Sequence[int] = ()) -> dict[str, Any]:
    """A response of the popular apps of 30 days, each with ``factor`` times its tokens, but for those that are hidden."""
    end = at.date() - timedelta(days=1)
    body = apps_body(30, as_of=at, start=end - timedelta(days=29), end=end)
    rows = [row for row in body["data"] if row["rank"] not in hidden]
    for rank, row in enumerate(rows, start=1):
        row |= {"rank": rank, "total_tokens": str(int(int(row["total_tokens"]) * factor))}
    return body | {"data": rows}


def told(at: datetime, factor: float = 1.0) -> Exchange:
    """The window as the source gives it to us."""
    return exchange(window(at, factor), POPULAR, at=at, path=APPS)


def record(path: Path, at: datetime, factor: float) -> Path:
    """A file of somebody who says that it is the API's response of that time."""
    path.mkdir(parents=True, exist_ok=True)
    file = path / f"{at:%Y%m%dT%H%M%S}.json"
    file.write_text(json.dumps(recorded(window(at, factor), POPULAR, at=at, path=APPS)))
    return file


def import_(path: Path, files: Path) -> None:
    assert all(is_new for _, _, is_new in Landing(DataDir(path)).import_recorded(files))


def built_anew(path: Path) -> Raw:
    """What one load of the whole landing gives."""
    other = path.with_name(f"{path.name}-anew")
    shutil.rmtree(other, ignore_errors=True)
    shutil.copytree(path / "landing", other / "landing")
    load(other)
    return raw(other)


def verdicts(path: Path) -> dict[datetime, tuple[str, str | None]]:
    """Verdict and reason of each response, by the time of reading."""
    with store.Store(DataDir(path)).writer() as con:
        rows = store.rows(con, "select retrieved_at, outcome, reason from raw.exchanges")
    return {row["retrieved_at"]: (row["outcome"], row["reason"]) for row in rows}


def believed(path: Path) -> set[datetime]:
    with store.Store(DataDir(path)).writer() as con:
        return {at for (at,) in con.execute("select retrieved_at from raw.readings").fetchall()}


# --- F53 -----------------------------------------------------------------------------------------------------------------


@needs_cases
def test_f53_a_known_wrong_source_is_excluded_with_its_reason(tmp_path: Path) -> None:
    """The site's own list, recorded a minute before the API's response, is kept and not read; nothing fails for it."""
    import_(tmp_path / "data", CASES / "recorded-apps-are-not-the-api")
    report = load(tmp_path / "data")
    assert report.verdicts == {"wrong source": 1, "loaded": 1}
    assert report.unresolved == []
    (why,) = report.excluded
    assert "the site's frontend, not from the API" in why
    assert {at.isoformat()[:19] for at in believed(tmp_path / "data")} == {"2026-07-21T09:42:47"}


@pytest.mark.parametrize("order", ["recorded first", "told first", "together"])
def test_f53_a_recording_that_contradicts_our_own_response_is_excluded(tmp_path: Path, order: str) -> None:
    """Whichever is loaded first, the recording goes, and both are named; the tables are those of a rebuild."""
    data = tmp_path / "data"
    record(tmp_path / "recorded", RECORDED_AT, FRONTEND)
    landing = Landing(DataDir(data))
    if order == "recorded first":
        import_(data, tmp_path / "recorded")
        assert load(data).verdicts == {"loaded": 1}
    landed = landing.append(told(TOLD_AT))
    if order == "told first":
        assert load(data).verdicts == {"loaded": 1}
    if order != "recorded first":
        import_(data, tmp_path / "recorded")
    load(data)
    assert believed(data) == {TOLD_AT}
    verdict, reason = verdicts(data)[RECORDED_AT]
    assert verdict == "contradicted"
    assert landed.exchange_id in str(reason)
    assert raw(data) == built_anew(data)


def test_f53_a_recording_that_agrees_with_our_own_response_is_read(tmp_path: Path) -> None:
    """A restatement of the newest day moves a window of 30 days by a thirtieth of it."""
    record(tmp_path / "recorded", RECORDED_AT, 1 - 0.024 / 30)
    import_(tmp_path / "data", tmp_path / "recorded")
    Landing(DataDir(tmp_path / "data")).append(told(TOLD_AT))
    assert load(tmp_path / "data").verdicts == {"loaded": 2}


def test_f53_of_two_recordings_that_contradict_each_other_the_later_is_refused(tmp_path: Path) -> None:
    """Neither was told to us: the refusal names both, and the command that withdraws the wrong one."""
    data = tmp_path / "data"
    record(tmp_path / "recorded", RECORDED_AT, FRONTEND)
    record(tmp_path / "recorded", TOLD_AT, 1.0)
    import_(data, tmp_path / "recorded")
    (refusal,) = load(data).unresolved
    wrong, right = Landing(DataDir(data)).ids()
    said = describe_refusal(refusal)
    assert "window_is_the_same" in said
    assert said.index(wrong) < said.index(right)
    assert f"openrouter-usage reject {right} --why" in said
    Landing(DataDir(data)).reject([wrong], "the site's own list")
    assert load(data).unresolved == []
    assert believed(data) == {TOLD_AT}
    assert raw(data) == built_anew(data)


@needs_cases
def test_f53_an_app_that_the_source_hides_does_not_refuse_the_list(tmp_path: Path) -> None:
    """The sixth app, 2.9 % of the list, is gone from the next reading: the others have what they had."""
    import_(tmp_path, CASES / "app-hidden-between-readings")
    report = load(tmp_path)
    assert report.verdicts == {"loaded": 2}
    assert report.unresolved == []


def test_f53_a_list_whose_apps_lost_tokens_is_refused(tmp_path: Path) -> None:
    """Hiding excuses what is not there, and nothing that is."""
    data = tmp_path / "data"
    for at, factor in ((RECORDED_AT, 1.0), (TOLD_AT, 0.98)):
        Landing(DataDir(data)).append(told(at, factor))
    (refusal,) = load(data).unresolved
    assert refusal["retrieved_at"] == TOLD_AT
    assert refusal["first_period"] is None or refusal["first_period"] == date(2026, 1, 20)
