"""The README is under test: its figures and answers are asked again of the recorded responses, its commands exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import store
from pipeline.cli import COMMANDS
from pipeline.landing import Landing
from pipeline.settings import ROOT, DataDir
from pipeline.wording import percent
from tests.support import RECORDINGS, load_and_build, needs_recordings

README = (ROOT / "README.md").read_text()
QUESTION = re.compile(r"```sql\n(.*?)```\n\n```\n(.*?)```", re.DOTALL)
WEEK = re.compile(
    r"(\d{4}-\d\d-\d\d) \| (?:(\d+\.\d\d %)|not listed: at most (\d+\.\d\d %)) \| (\d+|–)(?: \| (\d+\.\d\d %))?"
)


@pytest.fixture(scope="module")
def con(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Connection]:
    data_dir = DataDir(tmp_path_factory.mktemp("readme"))
    for _ in Landing(data_dir).import_recorded(Path(RECORDINGS)):
        pass
    load_and_build(data_dir)
    store.Store(data_dir).publish()
    with store.Store(data_dir).reader() as reader:
        yield reader


@needs_recordings
@pytest.mark.parametrize(("question", "answer"), QUESTION.findall(README))
def test_answers_are_what_the_tables_say(con: store.Connection, question: str, answer: str) -> None:
    """Each question of the README has the answer that stands below it."""
    names, rows = store.ask(con, question)
    shown = [names, *[["–" if value is None else str(value) for value in row] for row in rows]]
    assert shown == [re.split(r"  +", line.strip()) for line in answer.strip().splitlines()]


@needs_recordings
def test_weeks_are_what_the_tables_say(con: store.Connection) -> None:
    """Each week in the README's first table has M2's share and rank, or its bound, and its lineage's share."""
    weeks = WEEK.findall(README)
    assert len(weeks) == 18
    for week, share, bound, rank, lineage in weeks:
        [row] = store.rows(con, "from marts.m2_coding_share_weekly where week_start = $week::date", week=week)
        assert (share or None) == (percent(row["coding_token_share"]) if row["coding_rank"] else None)
        assert (bound or None) == (None if row["coding_rank"] else percent(row["coding_token_share_upper"]))
        assert rank == str(row["coding_rank"] or "–")
        assert not lineage or lineage == percent(row["lineage_coding_token_share"])


@needs_recordings
def test_citation_is_the_one_of_the_rows(con: store.Connection) -> None:
    """The citation line below the table is the one that its rows carry."""
    citations = con.execute(
        "select distinct citation from marts.m2_coding_share_weekly where week_start between '2025-10-27' and '2026-02-23'"
    ).fetchall()
    assert [citation for (citation,) in citations] == re.findall(
        r"Source: OpenRouter .*?Z\. Licensed under CC BY 4\.0\.", README
    )


def test_every_verb_is_described() -> None:
    """The table of verbs names each verb of the command, and no other."""
    section = README.partition("## The command")[2].partition("\n## ")[0]
    described = {
        verb for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for verb in re.findall(r"`(\w+)", cell)
    }
    assert described == set(COMMANDS)
