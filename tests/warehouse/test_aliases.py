"""Renames: a model that the source renamed is counted as the one it was, wherever it is listed, from the next run on.

Belongs here: what ``reference.model_aliases`` does to every table. Not here: what may be written there (``test_checks``).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.landing import Landing
from pipeline.load import loading
from pipeline.publish.compare import _CLASSES
from pipeline.settings import DataDir
from tests.support import instant
from tests.warehouse.readings import M2, CatalogueReading, Tables, settled_day, settled_week

RENAMED, RIVAL = "minimax/m2-classic", "a/rival"
W1, W2, W3 = "2026-01-05", "2026-01-12", "2026-01-19"
SHARES = """
    select week_start::varchar, coding_token_share
    from marts.coding_share_weekly
    where base_permaslug = $model
    order by all
"""
ENTRIES = [{"id": name, "canonical_slug": name, "name": "M2", "prompt_usd_per_token": 1} for name in (M2, RENAMED)]


@pytest.fixture(autouse=True)
def no_alias_stays(tables: Tables) -> Iterator[None]:
    yield
    tables.decide("truncate reference.model_aliases")


def rename(tables: Tables, alias: str = RENAMED, model: str = M2) -> None:
    tables.decide("insert into reference.model_aliases values ($alias, $model, 'renamed', 'here')", alias=alias, model=model)


def test_a_renamed_model_is_one_model_in_every_table(tables: Tables) -> None:
    """Its weeks, its days, its entries of the catalogue and its scores go on under the name that it had."""
    rename(tables)
    tables.build(
        settled_week(W1, [(M2, 40), (RIVAL, 50), ("other", 10)]),
        settled_week(W2, [(RENAMED, 30), (RIVAL, 60), ("other", 10)]),
        settled_day(W1, [(M2, 4), (RIVAL, 5), ("other", 1)]),
        settled_day(W2, [(f"{RENAMED}:free", 3), (RIVAL, 6), ("other", 1)]),
        CatalogueReading(instant("2026-01-06T06:30"), (ENTRIES[0],)),
        CatalogueReading(instant("2026-01-13T06:30"), (ENTRIES[1],)),
    )
    assert tables.rows(SHARES, model=M2) == [(W1, 0.4), (W2, 0.3)]
    assert tables.rows(SHARES, model=RENAMED) == []
    days = "select usage_date::varchar, default_tokens, free_tokens, total_tokens from marts.m2_usage_daily order by all"
    assert tables.rows(days) == [(W1, 4, None, 4), (W2, None, 3, 3)]
    for name in ("models", "model_kinds", "model_prices", "model_catalogue", "known_variants"):
        models = {row["base_permaslug"] for row in tables.records(f"from core.{name}")}
        assert models - {RIVAL} == {M2}, name
    assert tables.rows("select distinct author from core.model_variants where base_permaslug = $model", model=M2) == [
        ("minimax",)
    ]
    as_listed = "select distinct model_permaslug from core.category_usage_weekly where week_start = $week and rank = 2"
    assert tables.rows(as_listed, week=W2) == [(RENAMED,)], "the source's own name stays beside it"


def test_both_names_in_one_block_are_summed(tables: Tables) -> None:
    """While the source lists both, they are two variants of one model: shares add up, what a block lacks is bounded."""
    rename(tables)
    tables.build(
        settled_week(W1, [(M2, 40), (RENAMED, 10), (RIVAL, 40), ("other", 10)]),
        settled_week(W2, [(RENAMED, 30), (RIVAL, 60), ("other", 10)]),
    )
    found = tables.rows("""
        select coding_token_share, coding_rank, unlisted_variants, coding_token_share_upper
        from marts.coding_share_weekly
        where base_permaslug = 'minimax/minimax-m2'
        order by week_start
    """)
    assert found == [(0.5, 1, 0, 0.5), (0.3, 2, 1, pytest.approx(0.4))]


def test_the_maker_is_that_of_the_model(tables: Tables) -> None:
    """A model that moved to another maker's name is counted with the maker of the name that it is counted as."""
    rename(tables, alias="b/moved")
    tables.build(settled_week(W1, [("b/moved", 40), (RIVAL, 60)]))
    assert tables.rows("select author from marts.coding_share_weekly where base_permaslug = $model", model=M2) == [
        ("minimax",)
    ]


def test_a_changed_file_acts_at_the_next_load(tables: Tables, tmp_path: Path) -> None:
    """Without a new response, and without anything being deleted: a new line joins two names, a removed one parts them."""
    tables.build(settled_week(W1, [(M2, 40), (RIVAL, 60)]), settled_week(W2, [(RENAMED, 30), (RIVAL, 70)]))
    assert tables.rows(SHARES, model=RENAMED) == [(W2, 0.3)]
    hashes = tables.rows("select distinct block_hash from raw.block_rows order by all")
    rename(tables)
    loading.load(tables.con, Landing(DataDir(tmp_path)), run_id="renamed")
    assert tables.rows("select distinct base_permaslug from raw.block_rows order by all") == [(RIVAL,), (M2,)]
    tables.decide("truncate reference.model_aliases")
    loading.load(tables.con, Landing(DataDir(tmp_path)), run_id="parted")
    assert tables.rows("select distinct base_permaslug from raw.block_rows order by all") == [(RIVAL,), (RENAMED,), (M2,)]
    assert tables.rows("select distinct block_hash from raw.block_rows order by all") == hashes


def test_a_circle_is_refused(tables: Tables) -> None:
    """Two names that lead to each other lead to no model: both lines are named."""
    rename(tables)
    rename(tables, alias=M2, model=RENAMED)
    (check,) = store.checks(TABLES["reference.model_aliases"]).values()
    assert store.failing_rows(tables.con, check).count == 2


def test_what_moves_by_an_alias_is_reclassified() -> None:
    """Every table that names models rests on the aliases; `diff` takes another file of them for another classification."""
    assert "reference.model_aliases" in _CLASSES
    definitions = store.definitions()
    for name in ("block_rows", "task_rows", "session_cost_rows", "benchmark_rows", "catalogue_rows"):
        assert "reference.model_aliases" in definitions[f"raw.{name}"]["reads"], name
    assert "reference.model_aliases" not in definitions["raw.app_rows"]["reads"]
