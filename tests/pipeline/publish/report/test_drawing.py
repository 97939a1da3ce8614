"""Labels beside their points: apart from each other, off the lines, and within the plot. Specifications are valid."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import altair as alt
import pytest
from altair.utils.schemapi import SchemaValidationError

from pipeline.publish.report import drawing, kept
from pipeline.publish.report.drawing import finished, rows_of, specification
from pipeline.publish.report.section import Found
from pipeline.publish.report.sections import sections_of
from pipeline.publish.report.words import LANGUAGES, Language, words

SHAPE: dict[str, Any] = {"at": lambda row: row["at"], "domain": ((0.0, 0.0), (10.0, 10.0)), "height": 300}


def places(
    labels: list[dict[str, Any]], lines: list[list[drawing.Point]], *, is_narrow: bool = False
) -> dict[str, tuple[Any, ...]]:
    found = drawing.placed(labels, lines, **SHAPE)
    return {row["label"]: (row["align"], row["dx"], row["dy"]) for row in found if row["is_narrow"] is is_narrow}


def test_a_label_is_to_the_right_of_its_point_unless_a_line_is_there() -> None:
    point = {"label": "name", "at": (5.0, 5.0)}
    assert places([point], [])["name"] == ("left", 8, 0)
    _, _, below = places([point], [[(5.0, 5.0), (10.0, 5.0)]])["name"]
    assert below != 0


def test_labels_of_one_point_are_apart_and_the_last_has_no_room() -> None:
    names = [{"label": f"name {one}", "at": (5.0, 5.0)} for one in range(30)]
    found = places(names, [])
    assert 4 <= len(found) < len(names)
    assert len(set(found.values())) == len(found)


def test_a_label_stays_within_the_plot_and_is_short_on_a_phone() -> None:
    point = {"label": "a long name of a model", "short": "name", "at": (10.0, 5.0)}
    assert places([point], [])["a long name of a model"][0] == "right"
    assert set(places([point], [], is_narrow=True)) == {"name"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_part_of_a_specification_is_valid(monkeypatch: pytest.MonkeyPatch, language: Language) -> None:
    """As Altair checks it when it is made, which is left out where a page is drawn."""
    monkeypatch.setattr(drawing, "debug_mode", lambda _: nullcontext())
    monkeypatch.setattr(kept, "_texts", {})
    sections = sections_of(Found(lambda query: (), words(language)))
    assert [section.key for section in sections if section.spec is None] == ["claims"]
    with pytest.raises(SchemaValidationError):
        specification(_invalid)()


def _invalid() -> dict[str, Any]:
    axis = alt.Axis(tickCount="many")  # type: ignore[arg-type] # what is invalid
    return finished(rows_of("rows").mark_line().encode(x=alt.X("week:T", axis=axis)), height=9)
