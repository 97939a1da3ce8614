"""What OpenRouter documents of its API: documents in, differences from what this version knows out, each once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import instant
from tests.warehouse.readings import Reading, Snapshot, Tables, open_tables, settled_day

pytestmark = pytest.mark.made_up_levels

DAILY, APPS = "/datasets/rankings-daily", "/datasets/app-rankings"
FIRST, SECOND, THIRD = instant("2026-01-01T06:30"), instant("2026-02-01T06:30"), instant("2026-03-01T06:30")
Part = tuple[str, str, str]
KNOWN: tuple[Part, ...] = (
    (DAILY, "endpoint", DAILY),
    (DAILY, "parameter", "category"),
    (DAILY, "value of category", "finance"),
    (DAILY, "value of category", "programming"),
    (DAILY, "field", "data"),
    (DAILY, "field", "data.date"),
    (DAILY, "required field", "data.date"),
    (DAILY, "field", "meta"),
    (APPS, "endpoint", APPS),
    (APPS, "parameter", "sort"),
)
GAMING = (DAILY, "value of category", "gaming")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tables]:
    with open_tables(tmp_path_factory.mktemp("documented")) as opened:
        opened.decide("delete from reference.known_api")
        for part in KNOWN:
            endpoint, name, value = part
            opened.decide("insert into reference.known_api values ($a, $b, $c)", a=endpoint, b=name, c=value)
        yield opened


def document(at: Any, *parts: Part, **changes: Any) -> Snapshot:
    names = ("endpoint", "documented_part", "documented_value")
    return Snapshot("contract", at, tuple(dict(zip(names, part, strict=True)) for part in parts), **changes)


def without(*parts: Part) -> list[Part]:
    return [part for part in KNOWN if part not in parts]


def titles(tables: Tables, *read: Snapshot | Reading) -> list[str]:
    tables.build(*read)
    return [title for (title,) in tables.rows("select title from marts.events order by event_id")]


def test_nothing_is_reported_of_a_document_that_is_known(tables: Tables) -> None:
    """Nor where no document was ever fetched."""
    assert titles(tables, document(FIRST, *KNOWN), document(SECOND, *KNOWN)) == []
    assert tables.rows("select count(*) from core.documented_api") == [(len(KNOWN),)]
    assert titles(tables, settled_day("2026-01-05", [("a/b", 5)])) == []


def test_a_new_category_is_one_event(tables: Tables) -> None:
    """Since the document that first had it, and of no model."""
    tables.build(document(FIRST, *KNOWN), document(SECOND, *KNOWN, GAMING), document(THIRD, *KNOWN, GAMING))
    found = tables.record("from marts.events")
    assert found["title"] == f"OpenRouter documents a new category: gaming, for {DAILY}"
    assert found["event_id"] == f"documented{DAILY}/value of category/gaming/2026-02-01"
    assert (found["event_kind"], found["series"], found["is_provisional"]) == ("documented", "contract", False)
    assert (found["known_from"], found["period_start"], found["retrieved_at"]) == (SECOND, SECOND.date(), THIRD)
    assert found["citation"].startswith("Source: OpenRouter (openrouter.ai/openapi.json), as of 2026-03-01")
    nothing = ("base_permaslug", "author", "category", "value", "previous_value", "unit", "previous_retrieved_at")
    assert [found[name] for name in nothing] == [None] * len(nothing)
    assert "2026-02-01 06:30 UTC" in found["evidence"]
    assert "docs/extend.md" in found["evidence"]
    behind = [row["documented_value"] for row in tables.records(found["evidence_query"])]
    assert sorted(behind) == ["finance", "gaming", "programming"]


@pytest.mark.parametrize(
    ("more", "title"),
    [
        (("/datasets/teams", "endpoint", "/datasets/teams"), "documents a new endpoint: /datasets/teams"),
        ((DAILY, "parameter", "context_bucket"), f"documents a new parameter: context_bucket, of {DAILY}"),
        ((APPS, "value of sort_by", "x"), f"documents a new sort by: x, for {APPS}"),
        ((DAILY, "field", "data.cost"), f"documents a new field: data.cost, of {DAILY}"),
        ((DAILY, "required field", "meta"), f"documents a new required field: meta, of {DAILY}"),
    ],
)
def test_each_part_is_named(tables: Tables, more: Part, title: str) -> None:
    assert titles(tables, document(FIRST, *KNOWN, more)) == [f"OpenRouter {title}"]


@pytest.mark.parametrize(
    ("gone", "title"),
    [
        ((APPS, "endpoint", APPS), f"endpoint: {APPS}"),
        ((DAILY, "parameter", "category"), f"parameter: category, of {DAILY}"),
        ((DAILY, "value of category", "finance"), f"category: finance, for {DAILY}"),
        ((DAILY, "field", "data"), f"field: data, of {DAILY}"),
        ((DAILY, "required field", "data.date"), f"required field: data.date, of {DAILY}"),
    ],
)
def test_what_goes_as_a_whole_is_one_event(tables: Tables, gone: Part, title: str) -> None:
    """A parameter with its values, a field with those within it, an endpoint with all that is documented of it."""
    endpoint, part, value = gone
    within = [
        one
        for one in KNOWN
        if one[0] == endpoint
        and (part == "endpoint" or one[1] == f"value of {value}" or (part == "field" and one[2].startswith(value)))
    ]
    tables.build(document(FIRST, *KNOWN), document(SECOND, *without(gone, *within)))
    found = tables.record("from marts.events")
    assert found["title"] == f"OpenRouter no longer documents the {title}"
    assert (found["event_kind"], found["known_from"]) == ("no_longer_documented", SECOND)


def test_what_was_never_documented_is_missed_since_the_first_document(tables: Tables) -> None:
    tables.build(document(SECOND, *without(KNOWN[2])), document(THIRD, *without(KNOWN[2])))
    assert tables.record("from marts.events")["known_from"] == SECOND


def test_what_is_documented_again_is_no_event_any_more(tables: Tables) -> None:
    """A new value that goes again is none either; one that comes back is another event."""
    back = document(THIRD, *KNOWN, GAMING)
    assert titles(tables, document(FIRST, *KNOWN, GAMING), document(SECOND, *KNOWN)) == []
    assert titles(tables, document(FIRST, *KNOWN), document(SECOND, *without(KNOWN[2])), document(THIRD, *KNOWN)) == []
    tables.build(document(FIRST, *KNOWN, GAMING), document(SECOND, *KNOWN), back)
    assert tables.record("from marts.events")["event_id"].endswith("/gaming/2026-03-01")


def test_a_value_that_this_version_learned_is_no_event(tables: Tables) -> None:
    """Adding the line to warehouse/reference/known_api.csv settles it."""
    endpoint, part, value = GAMING
    tables.decide("insert into reference.known_api values ($a, $b, $c)", a=endpoint, b=part, c=value)
    try:
        assert titles(tables, document(FIRST, *KNOWN, GAMING)) == []
    finally:
        tables.decide("delete from reference.known_api where documented_value = 'gaming'")


def test_differences_as_they_were_known(tables: Tables) -> None:
    """As of an instant before the document that shows it there is no event, nor the value."""
    tables.build(document(FIRST, *KNOWN), document(SECOND, *KNOWN, GAMING), document(THIRD, *KNOWN))
    asked = "select count(*) from events_as_of($ts) where series = 'contract'"
    documented = "select count(*) from documented_api_as_of($ts) where documented_value = 'gaming'"
    for ts, count in ((FIRST, 0), (SECOND, 1), (THIRD, 0)):
        assert tables.rows(asked, ts=ts.isoformat()) == [(count,)]
        assert tables.rows(documented, ts=ts.isoformat()) == [(count,)]


parts = st.sampled_from([*KNOWN, GAMING, (DAILY, "field", "data.cost"), ("/datasets/teams", "endpoint", "/datasets/teams")])


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(documents=st.lists(st.sets(parts, min_size=1), min_size=1, max_size=3))
def test_events_are_the_outermost_differences(tables: Tables, documents: list[set[Part]]) -> None:
    """Of any documents the newest counts: each difference has an event, or lies within one that has."""
    at = (FIRST, SECOND, THIRD)
    tables.build(*(document(when, *sorted(one)) for when, one in zip(at, documents, strict=False)))
    newest, known = documents[-1], set(KNOWN)
    found = tables.rows("select event_kind, count(*) from marts.events group by all")
    expected = {"documented": outermost(newest - known), "no_longer_documented": outermost(known - newest)}
    assert dict(found) == {kind: len(one) for kind, one in expected.items() if one}
    assert tables.rows("select count(*) from core.documented_api") == [(len(newest),)]


def outermost(differing: set[Part]) -> set[Part]:
    def is_within(one: Part, whole: Part) -> bool:
        (endpoint, part, value), (whole_endpoint, whole_part, whole_value) = one, whole
        if endpoint != whole_endpoint or one == whole:
            return False
        if whole_part == "field":
            return part in ("field", "required field") and f"{value}.".startswith(f"{whole_value}.")
        return whole_part == "endpoint" or (whole_part == "parameter" and part == f"value of {whole_value}")

    return {one for one in differing if not any(is_within(one, whole) for whole in differing)}
