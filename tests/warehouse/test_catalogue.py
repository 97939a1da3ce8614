"""The model catalogue's entries: a line per content, from when to when it was the known one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.support import instant
from tests.warehouse.readings import CatalogueReading, Tables

pytestmark = pytest.mark.made_up_levels

FIRST, SECOND, THIRD, FOURTH = (instant(f"2026-01-0{day}T06:30") for day in (5, 6, 7, 8))
LINES = """
    select id, variant, prompt_usd_per_token, known_from, known_to
    from core.model_catalogue_vintages
    order by id, known_from
"""


def entry(id_: str, price: str | None = "0.000000300000000", **changes: Any) -> dict[str, Any]:
    """An entry of the catalogue; what is not given is NULL."""
    return {
        "id": id_,
        "canonical_slug": id_.partition(":")[0],
        "name": "A model",
        "prompt_usd_per_token": None if price is None else Decimal(price),
        **changes,
    }


def lines(tables: Tables, *readings: CatalogueReading) -> list[tuple[Any, ...]]:
    """What core makes of these readings, each loaded by itself."""
    tables.build(readings, at_once=1)
    return tables.rows(LINES)


OLD, NEW = Decimal("0.0000003"), Decimal("0.0000002")


X, Y, NEWER = entry("a/x"), entry("b/y"), entry("a/x", "0.0000002")
# --- the text models alone, and the whole catalogue ------------------------------------------------------------------


def text_models(at: Any, *entries: dict[str, Any]) -> CatalogueReading:
    return CatalogueReading(at, entries)


def whole(at: Any, *entries: dict[str, Any]) -> CatalogueReading:
    return CatalogueReading(at, entries, "models/all")


def test_an_unchanged_entry_goes_on_when_the_whole_catalogue_is_read(tables: Tables) -> None:
    """The catalogue is one: that it is asked for otherwise ends no line, and what is new to it begins one."""
    assert lines(
        tables, text_models(FIRST, entry("a/x")), whole(SECOND, entry("a/x"), entry("b/image")), whole(THIRD, entry("a/x"))
    ) == [("a/x", "default", OLD, FIRST, None), ("b/image", "default", OLD, SECOND, THIRD)]


def test_a_price_that_changed_in_between_begins_a_line(tables: Tables) -> None:
    """With the first reading of the whole catalogue, which is the first that has it."""
    assert lines(tables, text_models(FIRST, entry("a/x")), whole(SECOND, entry("a/x", "0.0000002"))) == [
        ("a/x", "default", OLD, FIRST, SECOND),
        ("a/x", "default", NEW, SECOND, None),
    ]


def test_the_text_models_say_nothing_once_all_was_read(tables: Tables) -> None:
    """What they do not list has not gone, and what they say of the rest is older news."""
    readings = (
        whole(SECOND, entry("a/x"), entry("b/image")),
        text_models(SECOND, entry("a/x", "0.0000002")),
        text_models(THIRD, entry("a/x", "0.0000002")),
        whole(FOURTH, entry("a/x"), entry("b/image")),
    )
    alone = lines(tables, readings[0], readings[3])
    assert alone == [("a/x", "default", OLD, SECOND, None), ("b/image", "default", OLD, SECOND, None)]
    assert lines(tables, *readings) == lines(tables, *reversed(readings)) == alone


def test_text_models_imported_later_are_put_before(tables: Tables) -> None:
    """A recording from before the first reading of all still tells what was the price then."""
    assert lines(tables, whole(THIRD, entry("a/x")), text_models(FIRST, entry("a/x", "0.0000002"), entry("c/gone"))) == [
        ("a/x", "default", NEW, FIRST, THIRD),
        ("a/x", "default", OLD, THIRD, None),
        ("c/gone", "default", OLD, FIRST, THIRD),
    ]


# --- the newest, and as of an instant --------------------------------------------------------------------------------


def test_the_newest_catalogue_lists_what_is_listed_now(tables: Tables) -> None:
    """An entry that has ended is in the vintages, not in the catalogue; each says since when it is as it is."""
    lines(tables, whole(FIRST, entry("a/x"), entry("b/y")), whole(SECOND, entry("a/x"), entry("a/x:free", "0")))
    assert tables.rows("select id, canonical_slug, variant, known_from from core.model_catalogue order by id") == [
        ("a/x", "a/x", "default", FIRST),
        ("a/x:free", "a/x", "free", SECOND),
    ]
