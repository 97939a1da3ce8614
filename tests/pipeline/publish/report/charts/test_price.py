"""Price and score: counted against M2, drawn on the local page alone, with the maker of the scores named."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import price
from tests.pipeline.publish.report.charts.found import found


def scored(slug: str, usd: float, score: float, *, efficient: bool = False) -> dict[str, Any]:
    return {
        "snapshot_on": date(2025, 11, 19), "base_permaslug": slug, "intelligence_index": score,
        "is_pareto_efficient": efficient,
        "blended_usd_per_million": usd, "is_of_lineage": slug.startswith("minimax/minimax-m"), "citation": "scores of a day",
    }  # fmt: skip


ROWS = [
    scored("a/cheap", 0.1, 50, efficient=True),
    scored(M2, 0.3, 60, efficient=True),
    scored("a/dear", 9, 70, efficient=True),
]


def test_the_title_counts_the_others() -> None:
    section = price.section(found({"price": [*ROWS, scored("a/gift", 0, 40)]}))
    assert section.title == "19 November 2025: 1 of 2 models cheaper than M2, 1 scored higher"
    assert section.table_rows is not None
    assert (len(section.rows), len(section.table_rows)) == (3, 4)
    assert {row["label"] for row in section.datasets["names"]} == {"Cheap", "M2", "Dear"}


def test_without_m2_it_counts_the_efficient_ones() -> None:
    section = price.section(found({"price": [ROWS[0], ROWS[2], scored("a/worse", 10, 60)]}))
    assert section.title == "19 November 2025: 2 of 3 models offered the best score for their price"
    assert price.section(found({})).title == "Intelligence against price"


def test_names_without_room_are_left_out() -> None:
    crowd = [scored(f"a/model-with-a-name-{one}", 1 + one / 1000, 60 + one / 1000, efficient=True) for one in range(20)]
    section = price.section(found({"price": [*crowd, *ROWS]}))
    for is_narrow in (False, True):
        names = [row["label"] for row in section.datasets["names"] if row["is_narrow"] is is_narrow]
        assert "M2" in names
        assert 3 <= len(names) < len(section.rows)


def test_scores_and_prices_are_not_hosted() -> None:
    hosted = price.section(found({"price": ROWS}, is_local=False))
    assert hosted.rows == hosted.table_rows == hosted.datasets["price"] == []
    assert "Artificial Analysis" in hosted.nothing
    local = price.section(found({"price": ROWS}))
    assert local.citations is not None
    assert "Artificial Analysis" in local.citations[0]
    assert "scores of a day" in local.citations
