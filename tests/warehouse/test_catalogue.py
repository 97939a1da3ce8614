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
HISTORIES: dict[str, tuple[list[list[dict[str, Any]]], list[tuple[Any, ...]]]] = {
    "a changed price begins a line, the entry beside it goes on": (
        [[X, Y], [NEWER, Y]],
        [("a/x", OLD, FIRST, SECOND), ("a/x", NEW, SECOND, None), ("b/y", OLD, FIRST, None)],
    ),
    "read the same again, or another entry changed: no line": (
        [[X], [X], [X, Y]],
        [("a/x", OLD, FIRST, None), ("b/y", OLD, THIRD, None)],
    ),
    "an entry ends with the first reading without it": (
        [[X, Y], [X, Y], [Y], [Y]],
        [("a/x", OLD, FIRST, THIRD), ("b/y", OLD, FIRST, None)],
    ),
    "an entry that returns begins again, and the gap stays": (
        [[X, Y], [Y], [X, Y]],
        [("a/x", OLD, FIRST, SECOND), ("a/x", OLD, THIRD, None), ("b/y", OLD, FIRST, None)],
    ),
    "a price that comes back is three lines": (
        [[X], [NEWER], [X]],
        [("a/x", OLD, FIRST, SECOND), ("a/x", NEW, SECOND, THIRD), ("a/x", OLD, THIRD, None)],
    ),
    "NULL differs from every price, and equals NULL": (
        [[X], [entry("a/x", None)], [entry("a/x", None)]],
        [("a/x", OLD, FIRST, SECOND), ("a/x", None, SECOND, None)],
    ),
    "variants share the slug, not the line": (
        [[X, entry("a/x:free", "0"), entry("a/x:free:online", "0")]],
        [("a/x", OLD, FIRST, None), ("a/x:free", 0, FIRST, None), ("a/x:free:online", 0, FIRST, None)],
    ),
}


@pytest.mark.parametrize(("read", "expected"), HISTORIES.values(), ids=HISTORIES.keys())
def test_a_line_for_each_content_of_an_entry(
    tables: Tables, read: list[list[dict[str, Any]]], expected: list[tuple[Any, ...]]
) -> None:
    """From its first reading to the first one without it; content is stored once, the order of import is no matter."""
    readings = [
        CatalogueReading(at, tuple(entries)) for at, entries in zip((FIRST, SECOND, THIRD, FOURTH), read, strict=False)
    ]
    whole = [(id_, id_.partition(":")[2] or "default", *rest) for id_, *rest in expected]
    assert lines(tables, *reversed(readings)) == lines(tables, *readings) == whole
    assert tables.rows("select distinct canonical_slug from core.model_catalogue_vintages where id like 'a/%'") == [("a/x",)]
    stored = {repr(sorted(entries, key=repr)): len(entries) for entries in read}
    assert tables.rows("select count(*) from raw.catalogue_rows") == [(sum(stored.values()),)]


@pytest.mark.parametrize(
    "change",
    [
        {"canonical_slug": "a/x-20260105"},
        {"name": "Another name"},
        {"created_at": instant("2026-01-01T00:00")},
        {"context_length": 200_000},
        {"hugging_face_id": "a/x"},
        {"input_modalities": "text,image"},
        {"output_modalities": "text"},
        {"completion_usd_per_token": Decimal("0.0000012")},
        {"intelligence_index": 61.5},
        {"coding_index": 50.0},
        {"agentic_index": 0.0},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_changed_field_begins_a_line(tables: Tables, change: dict[str, Any]) -> None:
    """A line stands for one content of all fields, not for one price."""
    lines(tables, CatalogueReading(FIRST, (entry("a/x"),)), CatalogueReading(SECOND, (entry("a/x", **change),)))
    (name,) = change
    found = [one[name] for one in tables.records("from core.model_catalogue_vintages order by known_from")]
    assert found[1:] == [change[name]]
    assert found[0] != change[name]


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


@pytest.mark.parametrize(
    ("ts", "expected"),
    [
        ("2026-01-05 06:29:59.999999Z", []),
        ("2026-01-05 06:30:00Z", [("a/x", OLD), ("b/y", OLD)]),
        ("2026-01-05 23:00:00Z", [("a/x", OLD), ("b/y", OLD)]),
        ("2026-01-06 06:29:59.999999Z", [("a/x", OLD), ("b/y", OLD)]),
        ("2026-01-06 06:30:00Z", [("a/x", NEW)]),
        ("2026-01-07 06:30:00Z", [("a/x", NEW), ("b/y", OLD)]),
        ("infinity", [("a/x", NEW), ("b/y", OLD)]),
    ],
)
def test_the_catalogue_as_it_was_known(tables: Tables, ts: str, expected: list[tuple[Any, ...]]) -> None:
    """An instant belongs to the reading taken at it or last before it."""
    lines(
        tables,
        whole(FIRST, entry("a/x"), entry("b/y")),
        whole(SECOND, entry("a/x", "0.0000002")),
        whole(THIRD, entry("a/x", "0.0000002"), entry("b/y")),
    )
    query = "select id, prompt_usd_per_token from model_catalogue_as_of($ts) order by id"
    assert tables.rows(query, ts=ts) == expected


def test_the_newest_catalogue_lists_what_is_listed_now(tables: Tables) -> None:
    """An entry that has ended is in the vintages, not in the catalogue; each says since when it is as it is."""
    lines(tables, whole(FIRST, entry("a/x"), entry("b/y")), whole(SECOND, entry("a/x"), entry("a/x:free", "0")))
    assert tables.rows("select id, canonical_slug, variant, known_from from core.model_catalogue order by id") == [
        ("a/x", "a/x", "default", FIRST),
        ("a/x:free", "a/x", "free", SECOND),
    ]
