"""Withdrawing a wrong response by its id: on record in landing, reversible, and the tables are those of a rebuild."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import store
from pipeline.failures import PermanentFailure
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.load.report import describe_refusal
from pipeline.settings import DataDir
from tests.failures.conftest import load, raw
from tests.failures.test_wrong_sources import believed, built_anew, verdicts
from tests.pipeline.load.validation.test_levels import rows_of
from tests.support import exchange, instant, rankings_body

FIRST_AT, SECOND_AT, THIRD_AT = (instant(f"2026-01-{day}T06:30") for day in (19, 20, 21))
DAYS = [date(2026, 1, 18) - timedelta(days=n) for n in range(12)]


def land(path: Path, *, scale: float) -> list[str]:
    """Twelve days; then the newest of them again and the next one, at ``scale``; then one more day as it should be."""
    for at, days, factor in (
        (FIRST_AT, DAYS, 1.0),
        (SECOND_AT, [date(2026, 1, 18), date(2026, 1, 19)], scale),
        (THIRD_AT, [date(2026, 1, 20)], 1.0),
    ):
        land_days(path, at, days, factor)
    return list(Landing(DataDir(path)).ids())


def land_days(path: Path, at: datetime, days: Sequence[date], scale: float) -> None:
    first, last = min(days), max(days)
    body = rankings_body({day: rows_of(day, scale=scale) for day in days}, as_of=at, start=first, end=last)
    asked = {"period": "day", "start_date": first.isoformat(), "end_date": last.isoformat()}
    Landing(DataDir(path)).append(exchange(body, asked, at=at))


def test_what_was_loaded_is_taken_out_and_brought_back(tmp_path: Path) -> None:
    """A run leaves out what was rejected since the last one, with its reason, and reads it again once that is undone."""
    data = tmp_path / "data"
    _, wrong, _ = land(data, scale=3)
    load(data)
    before = raw(data)
    landing = Landing(DataDir(data))
    landing.reject([wrong], "of another account")
    report = load(data)
    assert report.verdicts_changed == 1
    assert verdicts(data)[SECOND_AT] == ("rejected", "of another account")
    assert believed(data) == {FIRST_AT, THIRD_AT}
    assert raw(data) == built_anew(data)
    landing.reject([wrong], None)
    load(data)
    assert raw(data) == before
    assert [decision.why for decision in landing.decisions()] == ["of another account", None]


def test_a_refusal_is_resolved_by_rejecting_what_was_refused(tmp_path: Path) -> None:
    """What nobody will ever read well again blocks publishing until it is withdrawn, and the refusal says how."""
    data = tmp_path / "data"
    land(data, scale=1)
    land_days(data, instant("2026-01-22T06:30"), [date(2026, 1, 21)], 1000)
    (refusal,) = load(data).unresolved
    wrong = refusal["exchange_id"]
    assert f"`openrouter-usage reject {wrong} --why '…'`" in describe_refusal(refusal)
    Landing(DataDir(data)).reject([wrong], "not the API's")
    report = load(data)
    assert (report.unresolved, report.verdicts_changed) == ([], 1)
    assert raw(data) == built_anew(data)


def test_what_no_series_asks_can_be_rejected_too(tmp_path: Path) -> None:
    landing = Landing(DataDir(tmp_path))
    landed = landing.append(exchange({"data": []}, {}, at=FIRST_AT, path="/datasets/unheard-of"))
    load(tmp_path)
    landing.reject([landed.exchange_id], "not ours")
    load(tmp_path)
    assert verdicts(tmp_path)[FIRST_AT] == ("rejected", "not ours")


def test_decisions_of_another_landing_stay_as_they_are(tmp_path: Path) -> None:
    """Where several landings lead to one database, each knows its own decisions alone: nobody undoes those of another."""
    data, other = tmp_path / "data", tmp_path / "other"
    _, wrong, _ = land(data, scale=1)
    Landing(DataDir(data)).reject([wrong], "wrong")
    load(data)
    before = raw(data)
    land_days(other, instant("2026-01-22T06:30"), [date(2026, 1, 21)], 1.0)
    with store.Store(DataDir(data)).writer() as con:
        report = loading.load(con, Landing(DataDir(other)), run_id="other")
    assert (report.verdicts, report.judged_again, report.damaged) == ({"loaded": 1}, 0, [])
    assert verdicts(data)[SECOND_AT] == ("rejected", "wrong")
    assert len(raw(data)["exchanges"]) == len(before["exchanges"]) + 1


def test_a_rejected_response_covers_nothing(tmp_path: Path) -> None:
    """What it told of is asked for again."""
    data = tmp_path / "data"
    _, _, newest = land(data, scale=1)
    Landing(DataDir(data)).reject([newest], "wrong")
    load(data)
    with store.Store(DataDir(data)).writer() as con:
        read = {row["period_start"] for row in store.rows(con, store.read_sql("internal/read_periods"))}
    assert date(2026, 1, 20) not in read
    assert date(2026, 1, 19) in read


@pytest.mark.parametrize("is_rejected", [False, True])
def test_a_decision_that_changes_nothing_is_one_line(tmp_path: Path, is_rejected: bool) -> None:
    landing = Landing(DataDir(tmp_path))
    one, other, _ = land(tmp_path, scale=1)
    if is_rejected:
        landing.reject([one], "wrong")
    with pytest.raises(PermanentFailure, match=f"{one} is already rejected: wrong" if is_rejected else "is not rejected"):
        landing.reject([other if is_rejected else one, one], "again" if is_rejected else None)
    assert list(landing.rejections()) == [one] * is_rejected


def test_an_unknown_id_is_one_line_and_changes_nothing(tmp_path: Path) -> None:
    one, *_ = land(tmp_path, scale=1)
    with pytest.raises(PermanentFailure, match=r"no response in .* is named nonsense, so nothing was changed"):
        Landing(DataDir(tmp_path)).reject([one, "nonsense"], "wrong")
    assert Landing(DataDir(tmp_path)).rejections() == {}


def test_decisions_come_with_a_backup_and_back(tmp_path: Path) -> None:
    """Both sides keep what the other one has decided; the newer word counts, and a damaged record is mended."""
    here, there = Landing(DataDir(tmp_path / "here")), Landing(DataDir(tmp_path / "there"))
    one, other, _ = land(tmp_path / "here", scale=1)
    here.reject([one], "wrong")
    here.backup(tmp_path / "there")
    assert there.rejections() == {one: "wrong"}
    there.reject([one], None)
    there.reject([other], "wrong as well")
    here.restore(tmp_path / "there")
    assert here.rejections() == {other: "wrong as well"}
    record = here.root / "rejections.jsonl"
    whole = record.read_bytes()
    record.write_bytes(whole[:-9])
    assert any("rejections.jsonl is damaged" in problem for problem in here.verify()[1])
    with pytest.raises(PermanentFailure, match=r"rejections\.jsonl is damaged"):
        load(tmp_path / "here")
    with pytest.raises(PermanentFailure, match=r"rejections\.jsonl is damaged"):
        here.backup(tmp_path / "there")
    here.restore(tmp_path / "there")
    assert record.read_bytes() == whole
    assert [json.loads(line)["why"] for line in whole.decode().splitlines()] == ["wrong", None, "wrong as well"]
