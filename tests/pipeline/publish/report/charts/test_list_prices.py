"""List prices: M2 against the dearest of those known, on the local page alone."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.contracts.table import M2
from pipeline.publish.report.charts import list_prices
from tests.pipeline.publish.report.charts.found import found


def price(slug: str, prompt: float, completion: float, *, is_free: bool = False) -> dict[str, Any]:
    return {
        "week_start": date(2025, 11, 3), "coding_rank": 3, "base_permaslug": slug,
        "model_permaslug": f"{slug}:free" if is_free else slug, "is_free": is_free, "prompt_usd_per_million": prompt,
        "completion_usd_per_million": completion, "blended_usd_per_million": (3 * prompt + completion) / 4,
        "listed_on": date(2025, 11, 7), "citation": "a catalogue", "price_table": "reference.list_prices",
    }  # fmt: skip


SONNET = price("anthropic/claude-4.5-sonnet-20250929", 3, 15)
OWN, FREE = price(M2, 0.15, 0.45), price(M2, 0, 0, is_free=True)


def test_the_title_has_both_prices_and_the_day() -> None:
    section = list_prices.section(found({"list_prices": [price("x-ai/grok", 0.2, 1.5), SONNET, OWN, FREE]}))
    assert section.title == "M2 listed at $0.225, Claude Sonnet 4.5 at $6.00, 7 November 2025"
    assert section.note.startswith("3 of the nine")
    assert [row["said"] for row in section.rows if row["is_m2"]] == ["$0.225", "$0.00"]


def test_without_a_price_to_compare_with_it_claims_nothing() -> None:
    plain = "List prices of the top nine in coding, M2’s best week"
    for rows in ([OWN, FREE], [SONNET, FREE], []):
        assert list_prices.section(found({"list_prices": rows})).title == plain


def test_prices_of_the_catalogue_are_not_hosted() -> None:
    """The line in its place says why; where there are none, it says that instead."""
    hosted = list_prices.section(found({"list_prices": [SONNET, OWN]}, is_local=False))
    assert hosted.rows == hosted.datasets["prices"] == []
    assert "6.00" not in hosted.title + hosted.note + hosted.nothing
    assert "no licence" in hosted.nothing
    assert "no licence" not in list_prices.section(found({})).nothing
