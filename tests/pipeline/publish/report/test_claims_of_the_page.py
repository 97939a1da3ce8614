"""What the page claims: no peak across days that were not read, no accent for what is only a bound."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest

from pipeline.contracts.table import M2
from pipeline.publish.report import drawing, page, sentences
from pipeline.publish.report.charts import claims, measures, share, tokens
from pipeline.publish.report.section import Section

FIRST = date(2025, 11, 3)


def peak(tokens: dict[int, int], *, read: set[int], first_week: int = 0) -> str:
    """What is said of a model with these tokens (in millions) by day, when these days were read."""
    other = [{"base_permaslug": "other", "usage_date": FIRST + timedelta(days=day), "paid": 1, "free": 0} for day in read]
    own = [
        {"base_permaslug": M2, "usage_date": FIRST + timedelta(days=day), "paid": paid, "free": 0}
        for day, paid in tokens.items()
    ]
    section = Section("tokens", "tokens_daily", "", "", "", [], [*other, *own])
    found = page._peak_days([section], {M2: {"first_listed": FIRST + timedelta(days=first_week)}})
    row: dict[str, Any] = {
        "base_permaslug": M2, "peak_coding_token_share": 0.1, "peak_week": FIRST, "best_rank": 3,
        "weeks_at_best_rank": 1, "weeks_about_level": 0, "best_rank_week": FIRST, "is_launch_observed": False,
    }  # fmt: skip
    return sentences.of_model(row, found[M2])["tokens"]


def test_a_peak_is_said_where_every_day_was_read() -> None:
    """From the first listing to the last one."""
    assert peak({0: 1000, 1: 3000, 2: 2000}, read={0, 1, 2, 3}) == "M2 peaked at 3.0 billion tokens on 2025-11-04"


@pytest.mark.parametrize("first_week", [0, -7])
def test_no_peak_is_said_across_days_before_it_that_were_not_read(first_week: int) -> None:
    """The busiest of the days read is no peak of a model whose rise was not seen."""
    said = peak({0: 1000, 5: 3000}, read={0, 5}, first_week=first_week)
    assert said == "M2: its busiest day is not known, as days since it was first listed were not read"


def test_a_peak_is_one_of_the_days_up_to_the_first_that_was_not_read() -> None:
    """Of what came after a gap nothing is claimed."""
    said = peak({0: 1000, 1: 3000, 2: 2000, 9: 500}, read={0, 1, 2, 9})
    assert said == "M2 peaked at 3.0 billion tokens on 2025-11-04, of the days read without a gap up to 2025-11-05"


def test_bounds_never_wear_the_accent_colour() -> None:
    """What is not listed is grey: the accent is for what was measured."""
    layers = [layer for spec in (share.drawn("m"), measures.drawn(5), tokens.drawn("m")) for layer in spec["layer"]]
    bounds = [one for one in layers if re.search(r"!isValid\(|upper > ", json.dumps(one.get("transform", [])))]
    assert len(bounds) >= 5
    marks = [json.dumps([one["mark"], one["encoding"].get("color"), one["encoding"].get("fill")]) for one in bounds]
    assert [text for text in marks if drawing.LIT in text or drawing.HATCH in text] == []


class ClaimsFound:
    """Rows of the query of claims, and of no other."""

    is_local = False

    def __init__(self, *rows: dict[str, Any]) -> None:
        self._rows = rows

    def __call__(self, query: str) -> list[dict[str, Any]]:
        assert query == "claims"
        return [dict(row) for row in self._rows]


def test_a_claim_that_holds_only_for_what_was_counted_says_so() -> None:
    """Both verdicts are in the row, the second with its bounds, and the headline counts them apart."""
    of_m2 = {
        "claim": "of M2", "verdict": "confirmed", "claimed_value": 8e10, "measured_value": 8.4e10, "unit": "tokens a day",
        "claimed_denominator": None, "platform_verdict": None, "platform_value_lower": None, "platform_value_upper": None,
        "citation": "a line", "may_republish": True,
    }  # fmt: skip
    counted = of_m2 | {
        "claimed_value": 1.4, "measured_value": 1.404, "unit": "ratio of tokens", "claimed_denominator": "the nine rows",
        "platform_verdict": "refuted", "platform_value_lower": 0.7342, "platform_value_upper": 0.9795,
    }  # fmt: skip
    unknown = counted | {"verdict": "not measurable", "platform_verdict": "not measurable", "platform_value_lower": None}
    found = claims.section(ClaimsFound(of_m2, counted, unknown, counted | {"platform_value_upper": None}))
    assert found.finding == "Of 4 claims 3 are confirmed, 2 of them only in the rows counted"
    said = ["refuted: 0.7342 to 0.9795", "not measurable", "refuted: 0.7342 or more"]
    assert [row["by_platform"] for row in found.rows] == [None, *said]
    assert [row["counted_as"] for row in found.rows[:2]] == ["tokens a day", "ratio of tokens, in the nine rows"]
    assert claims.section(ClaimsFound(of_m2)).finding == "Of 1 claims 1 are confirmed, 0 refuted"
