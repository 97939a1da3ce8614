"""Reading bodies: what the contract promises is typed, a bad row is set aside, a changed envelope is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.failures import PermanentFailure
from pipeline.openrouter.endpoints.rankings import RANKINGS_SCHEMA, read_rankings
from pipeline.openrouter.endpoints.response import Answer
from pipeline.series import ENDPOINTS

META = {"as_of": "2026-02-03T06:30:00Z", "version": "v1", "start_date": "2026-02-01", "end_date": "2026-02-02"}
# What the meta of any dataset holds.
ANY_META = META | {
    **dict.fromkeys(("window_days", "window_end_date", "source_url", "citation", "model_count", "task_type")),
    "source": "artificial-analysis",
}
GOOD_ROWS = [
    {"date": "2026-02-01", "model_permaslug": "minimax/minimax-m2:free", "total_tokens": "84323736444"},
    {"date": "2026-02-01", "model_permaslug": "other", "total_tokens": "9007199254740993"},
]
Reader = Callable[[bytes], Answer]
READERS = pytest.mark.parametrize(
    "read", [shape.read for shape in ENDPOINTS.values()], ids=[*(one.name for one in ENDPOINTS.values())]
)


def rankings(rows: Any = None, *, meta: Any = None, **fields: Any) -> bytes:
    return json.dumps(
        {"data": GOOD_ROWS if rows is None else rows, "meta": META if meta is None else meta, **fields}
    ).encode()


def row(**changes: Any) -> dict[str, Any]:
    return {"date": "2026-02-02", "model_permaslug": "a/b", "total_tokens": "5"} | changes


def without(mapping: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}


# --- good answers --------------------------------------------------------------------------------------------------


def test_rankings_are_typed() -> None:
    """Dates are dates, tokens integers to the last digit past 2^53, and the answer's order is kept."""
    answer = read_rankings(rankings())
    assert answer.rows.rows() == [
        (1, date(2026, 2, 1), "minimax/minimax-m2:free", 84323736444),
        (2, date(2026, 2, 1), "other", 9007199254740993),
    ]
    assert dict(answer.rows.schema) == RANKINGS_SCHEMA
    assert answer.as_of == datetime(2026, 2, 3, 6, 30, tzinfo=UTC)
    assert (answer.resolved_start, answer.resolved_end) == (date(2026, 2, 1), date(2026, 2, 2))
    assert (answer.rows_read, answer.bad_rows, answer.unknown_fields) == (2, [], ())


def test_an_answer_without_rows_is_read() -> None:
    """An empty list is the contract's envelope: whether it is believed is for others to say."""
    answer = read_rankings(rankings([]))
    assert (answer.rows_read, answer.rows.height) == (0, 0)


def test_an_instant_is_read_in_any_zone() -> None:
    """The source's clock is kept in UTC."""
    answer = read_rankings(rankings(meta=META | {"as_of": "2026-02-03T08:30:00.5+02:00"}))
    assert answer.as_of == datetime(2026, 2, 3, 6, 30, 0, 500_000, tzinfo=UTC)


def test_the_largest_figure_is_read_to_the_digit() -> None:
    """Eighteen digits fit, and so does a figure below zero: whether it is believed is for others to say."""
    answer = read_rankings(rankings([row(total_tokens="9" * 18), row(total_tokens="-7")]))
    assert answer.rows["total_tokens"].to_list() == [10**18 - 1, -7]


# --- unknown fields ------------------------------------------------------------------------------------------------


def test_unknown_fields_are_reported_and_their_rows_kept() -> None:
    """An additive field is named wherever it stands, and nothing is refused for it (F28)."""
    rows = [*GOOD_ROWS, row(reasoning_tokens="1"), row(reasoning_tokens="2", rank=3)]
    answer = read_rankings(rankings(rows, meta=META | {"license": "CC BY 4.0"}, links={}))
    assert answer.unknown_fields == ("links", "meta.license", "rank", "reasoning_tokens")
    assert (answer.rows.height, answer.bad_rows) == (4, [])


# --- envelopes -----------------------------------------------------------------------------------------------------

NO_ENVELOPE: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "empty"),
    "blank": (b" \r\n\t", "empty"),
    "web page": (b"\n<!DOCTYPE html><html></html>", "web page"),
    "text": (b"upstream connect error", "no JSON"),
    "cut": (rankings()[:-20], "no JSON"),
    "two objects": (rankings() * 2, "no JSON"),
    "not UTF-8": (b'{"data": "\xff"}', "no JSON"),
    "UTF-16": (rankings().decode().encode("utf-16"), "no JSON"),
    "NaN": (b'{"data": [], "meta": {"version": NaN}}', "NaN is no JSON number"),
    "Infinity": (b'{"data": [-Infinity]}', "-Infinity is no JSON number"),
    "a key twice": (b'{"data": [], "data": [1]}', "twice"),
    "a key twice within": (b'{"data": [{"id": "a", "id": "b"}]}', "twice"),
    "nested lists": (b"[" * 100_000, "no JSON"),
    "nested lists, closed": (b'{"data": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "no JSON"),
    "nested objects": (b'{"data":' * 100_000 + b"1" + b"}" * 100_000, "no JSON"),
    "a number of many digits": (b'{"data": [' + b"9" * 10_000 + b"]}", "no JSON"),
    "list": (b"[]", "no JSON object"),
    "null": (b"null", "no JSON object"),
    "number": (b"5", "no JSON object"),
    "no data": (b'{"meta": {}}', "lacks data"),
    "an error instead": (b'{"error": {"code": 500}}', "lacks data"),
}


@READERS
@pytest.mark.parametrize(("body", "reason"), NO_ENVELOPE.values(), ids=NO_ENVELOPE.keys())
def test_what_is_no_answer_is_refused(read: Reader, body: bytes, reason: str) -> None:
    """A body that is no JSON object with `data` is refused, with the reason (F1, F3)."""
    with pytest.raises(PermanentFailure, match=reason):
        read(body)


@READERS
@pytest.mark.parametrize("data", [{}, {"2026-02-01": []}, None, "rows", 5, True])
def test_data_of_another_type_is_refused(read: Reader, data: Any) -> None:
    """Rows come in a list; those of tasks in two, within an object."""
    with pytest.raises(PermanentFailure, match=r"`data` (is no list|lacks as_of)"):
        read(json.dumps({"data": data, "meta": ANY_META}).encode())


CHANGED_META: dict[str, tuple[Any, str]] = {
    **{f"no {name}": (without(META, name), f"lacks {name}") for name in META},
    "empty": ({}, "lacks as_of, end_date, start_date, version"),
    "null": (None, "lacks"),
    "list": (["as_of"], "lacks"),
    "version 2": (META | {"version": "v2"}, "version"),
    "version as a number": (META | {"version": 1}, "version"),
    "impossible date": (META | {"start_date": "2026-02-30"}, "start_date"),
    "date with a time": (META | {"end_date": "2026-02-02T00:00:00Z"}, "end_date"),
    "no date": (META | {"end_date": None}, "end_date"),
    "instant without a zone": (META | {"as_of": "2026-02-03T06:30:00"}, "zone"),
    "instant as a number": (META | {"as_of": 1770100000}, "as_of"),
    "no instant": (META | {"as_of": "now"}, "as_of"),
}


@pytest.mark.parametrize(("meta", "reason"), CHANGED_META.values(), ids=CHANGED_META.keys())
def test_changed_meta_is_refused(meta: Any, reason: str) -> None:
    """Rows are not filed where the source does not say for which days, when and by which contract it answered (F3)."""
    with pytest.raises(PermanentFailure, match=reason):
        read_rankings(json.dumps({"data": GOOD_ROWS, "meta": meta}).encode())


def test_an_answer_without_meta_is_refused() -> None:
    """Rankings without `meta` are not the contract's."""
    with pytest.raises(PermanentFailure, match="lacks meta"):
        read_rankings(b'{"data": []}')


# --- rows ----------------------------------------------------------------------------------------------------------

BAD_ROWS: dict[str, tuple[Any, str]] = {
    **{f"no {name}": (without(row(), name), f"{name} is missing") for name in row()},
    "renamed field": (without(row(), "total_tokens") | {"tokens": "5"}, "total_tokens is missing"),
    "tokens as a number": (row(total_tokens=5), "decimal string"),
    "tokens as a float": (row(total_tokens=5.0), "decimal string"),
    "tokens as a float string": (row(total_tokens="5.0"), "decimal string"),
    "tokens in words": (row(total_tokens="1.2T"), "decimal string"),
    "tokens with an exponent": (row(total_tokens="1e9"), "decimal string"),
    "tokens with separators": (row(total_tokens="1_000"), "decimal string"),
    "tokens in other digits": (row(total_tokens="٣"), "decimal string"),
    "tokens with a blank": (row(total_tokens=" 5"), "decimal string"),
    "tokens with a line end": (row(total_tokens="5\n"), "decimal string"),
    "no tokens": (row(total_tokens=""), "decimal string"),
    "19 digits": (row(total_tokens="1" * 19), "18 digits"),
    "300 digits": (row(total_tokens="9" * 300), "18 digits"),
    "tokens true": (row(total_tokens=True), "decimal string"),
    "tokens null": (row(total_tokens=None), "decimal string"),
    "tokens in a list": (row(total_tokens=["5"]), "decimal string"),
    "impossible date": (row(date="2026-02-30"), "day is out of range"),
    "short date": (row(date="2026-2-3"), "YYYY-MM-DD"),
    "compact date": (row(date="20260203"), "YYYY-MM-DD"),
    "week date": (row(date="2026-W06-2"), "YYYY-MM-DD"),
    "date with a time": (row(date="2026-02-03T00:00:00Z"), "YYYY-MM-DD"),
    "date as a number": (row(date=20260203), "YYYY-MM-DD"),
    "no date": (row(date=None), "YYYY-MM-DD"),
    "empty name": (row(model_permaslug=""), "1 to 300"),
    "long name": (row(model_permaslug="a/" + "b" * 299), "1 to 300"),
    "name null": (row(model_permaslug=None), "1 to 300"),
    "name as a list": (row(model_permaslug=["a/b"]), "1 to 300"),
    "a list": (["2026-02-01", "a/b", "5"], "indices"),
    "a text": ("a/b", "indices"),
    "a number": (5, "subscriptable"),
    "null": (None, "subscriptable"),
}


@pytest.mark.parametrize(("bad", "reason"), BAD_ROWS.values(), ids=BAD_ROWS.keys())
def test_a_row_that_cannot_be_typed_is_set_aside(bad: Any, reason: str) -> None:
    """The row goes aside with reason and content, the good ones around it stay at their places (F18, F27)."""
    answer = read_rankings(rankings([GOOD_ROWS[0], bad, GOOD_ROWS[1]]))
    assert answer.rows["position"].to_list() == [1, 3]
    assert answer.rows_read == 3
    (found,) = answer.bad_rows
    assert reason in found.reason
    assert found.content == json.dumps(bad)[:1000]


@pytest.mark.parametrize(
    ("bad", "period"),
    [
        (row(total_tokens=5), date(2026, 2, 2)),
        (without(row(), "model_permaslug"), date(2026, 2, 2)),
        (row(date="2026-2-2"), None),
        (without(row(), "date"), None),
        ([1], None),
    ],
)
def test_a_bad_row_names_its_period_where_it_can(bad: Any, period: date | None) -> None:
    """The block that lost a row is known as long as the row's date can be read."""
    assert [found.period_start for found in read_rankings(rankings([bad])).bad_rows] == [period]


def test_a_name_of_300_characters_is_read() -> None:
    """The longest name that is believed to be one."""
    assert read_rankings(rankings([row(model_permaslug="a/" + "b" * 298)])).bad_rows == []


def test_a_large_bad_row_is_shown_in_part() -> None:
    """What is set aside is shown, but a row of a megabyte does not go into the tables."""
    (found,) = read_rankings(rankings([row(total_tokens="9" * 1_000_000)])).bad_rows
    assert len(found.content) == 1000


# --- anything at all -----------------------------------------------------------------------------------------------

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)
almost_rows = st.lists(
    json_values
    | st.fixed_dictionaries(
        {},
        optional={
            "date": st.sampled_from(["2026-02-01", "2026-02-30"]) | json_values,
            "model_permaslug": st.sampled_from(["a/b", "other"]) | json_values,
            "total_tokens": st.from_regex(r"-?[0-9]{1,20}", fullmatch=True) | json_values,
        },
    ),
    max_size=5,
)
almost_meta = st.fixed_dictionaries(
    {},
    optional={
        "version": st.just("v1") | json_values,
        "as_of": st.just("2026-02-03T06:30:00Z") | json_values,
        "start_date": st.dates().map(str) | json_values,
        "end_date": st.dates().map(str) | json_values,
    },
)
almost_rankings = st.fixed_dictionaries({"data": almost_rows | json_values, "meta": almost_meta | json_values})


def read_or_refuse(read: Reader, body: bytes) -> None:
    try:
        answer = read(body)
    except PermanentFailure:
        return
    # One item of an answer may make several rows.
    assert answer.rows["position"].n_unique() + len(answer.bad_rows) == answer.rows_read


@READERS
@settings(max_examples=150, deadline=2000)
@given(body=st.binary(max_size=200) | (json_values | almost_rankings).map(lambda value: json.dumps(value).encode()))
def test_no_body_is_more_than_refused(read: Reader, body: bytes) -> None:
    """Any bytes and any JSON are read or refused: nothing else is raised, no row is lost, and it takes no second."""
    read_or_refuse(read, body)


@settings(max_examples=150, deadline=2000)
@given(rows=almost_rows)
def test_no_row_is_more_than_set_aside(rows: list[Any]) -> None:
    """Whatever the rows are, each of them is either typed or set aside with a reason."""
    answer = read_rankings(rankings(rows))
    assert answer.rows.height + len(answer.bad_rows) == answer.rows_read == len(rows)
    assert all(found.reason for found in answer.bad_rows)


def test_half_a_character_costs_only_its_row() -> None:
    """A lone surrogate, which JSON can write and no table can hold, sets its row aside."""
    answer = read_rankings(rankings([row(), row(model_permaslug="a/\ud800")]))
    assert (answer.rows.height, len(answer.bad_rows)) == (1, 1)


def test_instant_before_all_time_is_refused() -> None:
    """A time that UTC cannot express is named, not raised raw."""
    with pytest.raises(PermanentFailure, match="as_of"):
        read_rankings(rankings(meta=META | {"as_of": "0001-01-01T00:00:00+14:00"}))
