"""The recording in ``warehouse/recordings/``: what it holds, and the figures that a build made of it alone gives.

Belongs here: what every clone has. Not here: the larger recordings beside the checkout (``warehouse.test_recordings``),
the documents' answers (``test_docs``).
"""

from __future__ import annotations

import gzip
import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.landing import endpoint_of
from pipeline.openrouter import recorded
from tests import recording as command
from tests.support import HISTORY, RECORDINGS, SHARED, Loaded, needs_history, needs_recordings

FILES = sorted(RECORDINGS.rglob("*.json.gz"))
MOST_BYTES = 1_500_000
ACCOUNT = re.compile(r"\b(?:by|of) ([\w-]+)/([\w-]+)")
NAMED = re.compile(r"github|gitlab|https?://|\b[\w.-]+/[\w.-]+ at [0-9a-f]{7,}|committed by")


def test_it_is_small() -> None:
    """Every clone carries it, so it has a weight that it may not pass."""
    assert 0 < sum(file.stat().st_size for file in RECORDINGS.rglob("*") if file.is_file()) < MOST_BYTES


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_it_holds_rankings_alone(file: Path) -> None:
    """No catalogue, no scores, no apps: rows of the rankings, their licence and citation, and no account's name."""
    exchange, _, provenance = recorded.read(file)
    body = json.loads(exchange.body)
    assert endpoint_of(exchange.url) == "/datasets/rankings-daily"
    assert exchange.status == 200
    assert {name for row in body["data"] for name in row} == {"date", "model_permaslug", "total_tokens"}
    assert body.keys() == {"data", "meta"}
    assert body["meta"].keys() == {"as_of", "version", "start_date", "end_date"}
    cited = f"Source: OpenRouter (openrouter.ai/rankings), as of {exchange.retrieved_at:%Y-%m-%dT%H:%M:%SZ}. "
    assert provenance.endswith(cited + "Licensed under CC BY 4.0.")
    assert not NAMED.search(provenance)


@needs_recordings
@needs_history
def test_it_names_no_account() -> None:
    """Neither the accounts that kept the responses in public nor their repositories are named, here or in the README."""
    folders = (HISTORY / "rankings-daily", SHARED / "recordings" / "rankings-daily")
    kept = {recorded.read(file).provenance for folder in folders for file in folder.rglob("*.json.gz")}
    names = {name for provenance in kept for account in ACCOUNT.findall(provenance) for name in account}
    assert len(names) > 5
    text = (RECORDINGS / "README.md").read_text() + "".join(recorded.read(file).provenance for file in FILES)
    assert [name for name in names if name in text] == []


@needs_recordings
@needs_history
def test_the_command_gives_the_same_bytes(tmp_path: Path) -> None:
    """What is in the folder is what ``make recording`` writes, and nothing else; each body is the one that was recorded."""
    (tmp_path / "left.json").write_text("{}")
    command.write(SHARED, tmp_path)
    written = {file.relative_to(tmp_path): file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    assert written.pop(Path("README.md")) == (RECORDINGS / "README.md").read_bytes()
    assert written.keys() == {file.relative_to(RECORDINGS) for file in FILES}
    for path, content in written.items():
        assert gzip.decompress(content) == gzip.decompress((RECORDINGS / path).read_bytes())
        [origin] = [path_ for path_ in (HISTORY / path, SHARED / "recordings" / path) if path_.exists()]
        assert recorded.read(origin)[:2] == recorded.read(RECORDINGS / path)[:2]


def test_a_source_that_lacks_a_response_changes_nothing(tmp_path: Path) -> None:
    """The folder is emptied only once every file was read."""
    (tmp_path / "kept").write_text("")
    with pytest.raises(FileNotFoundError, match="has no recorded response"):
        command.write(tmp_path / "nowhere", tmp_path)
    assert (tmp_path / "kept").exists()


RISE = [date(2025, 10, 27) + timedelta(days=7 * n) for n in range(6)]

FIGURES: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "every day since 2025 but the two that the source lacks": (
        "select min(usage_date), max(usage_date), count(distinct usage_date) from core.model_usage_daily",
        [(date(2025, 1, 1), date(2026, 8, 3), 578)],
    ),
    "M2 peaks when it is folded": (
        "select usage_date, total_tokens from marts.m2_usage_daily order by total_tokens desc nulls last limit 1",
        [(date(2025, 11, 11), 84_323_736_444)],
    ),
    "M2 is third in coding for six weeks": (
        "select week_start, round(coding_token_share, 4) from marts.m2_coding_share_weekly where coding_rank = 3 order by 1",
        list(zip(RISE, (0.0751, 0.1231, 0.0994, 0.0704, 0.0663, 0.0613), strict=True)),
    ),
    "its use fell by 54 % when the free variant left": (
        "select round(100 * (1 - max(total_tokens) filter (usage_date = '2025-11-12') "
        "/ max(total_tokens) filter (usage_date = '2025-11-11'))) from marts.m2_usage_daily",
        [(54,)],
    ),
    "18 July as known on the day after": (
        "select sum(total_tokens)::bigint from model_usage_daily_as_of('2026-07-19 12:00:00Z') "
        "where usage_date = '2026-07-18'",
        [(7_865_670_510_190,)],
    ),
    "18 July as known now": (
        "select sum(total_tokens)::bigint from core.model_usage_daily where usage_date = '2026-07-18'",
        [(8_050_764_751_145,)],
    ),
    "26 days of May and June were lowered": (
        "select min(period_start), max(period_start), count(distinct period_start), count(*), "
        "bool_and(tokens_after < tokens_before), max(known_after)::date from marts.restatements "
        "where period_start between '2026-05-23' and '2026-06-17' and known_after::date = '2026-07-24'",
        [(date(2026, 5, 23), date(2026, 6, 17), 26, 26 * 51, True, date(2026, 7, 24))],
    ),
    "nothing needs what a key adds": ("select count(*) from core.model_catalogue", [(0,)]),
}


def test_nothing_is_refused(recording: Loaded) -> None:
    """Every response is loaded, every blocking check passes, no row is quarantined."""
    assert recording.report.verdicts == {"loaded": len(FILES)}
    blocking = [one for one in recording.report.outcomes.values() if one.expectation.is_blocking]
    assert blocking
    assert [one.expectation.name for one in blocking if not one.passed] == []
    assert recording.rows("from raw.quarantine") == []


@pytest.mark.parametrize(("query", "answer"), FIGURES.values(), ids=FIGURES.keys())
def test_figure(recording: Loaded, query: str, answer: list[tuple[Any, ...]]) -> None:
    """One figure that the recording is known to hold."""
    assert recording.rows(query) == answer
