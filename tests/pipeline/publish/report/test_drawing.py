"""Labels beside their points: apart from each other, off the lines, and within the plot."""

from __future__ import annotations

from typing import Any

from pipeline.publish.report import drawing

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
