"""Claims: one that holds only for the rows that were counted says so, and none about prices is hosted."""

from __future__ import annotations

from typing import Any

from pipeline.publish.report.charts import claims
from tests.pipeline.publish.report.charts.found import found

OF_M2: dict[str, Any] = {
    "claim": "of M2", "claim_zh": "关于 M2", "evidence": "days", "evidence_zh": "各日", "source": "a paper",
    "source_zh": "某报", "claimed_denominator_zh": None,
    "verdict": "confirmed", "claimed_value": 8e10, "measured_value": 8.4e10, "unit": "tokens a day",
    "claimed_denominator": None, "platform_verdict": None, "platform_value_lower": None, "platform_value_upper": None,
    "citation": "a line", "may_republish": True,
}  # fmt: skip
COUNTED = OF_M2 | {
    "claimed_value": 1.4, "measured_value": 1.404, "unit": "ratio of tokens", "claimed_denominator": "the nine rows",
    "claimed_denominator_zh": "九行",
    "platform_verdict": "refuted", "platform_value_lower": 0.7342, "platform_value_upper": 0.9795,
}  # fmt: skip


def test_a_claim_that_holds_only_for_what_was_counted_says_so() -> None:
    """Both verdicts are in the row, the second with its bounds, and the title counts them apart."""
    unknown = COUNTED | {"verdict": "not measurable", "platform_verdict": "not measurable", "platform_value_lower": None}
    section = claims.section(found({"claims": [OF_M2, COUNTED, unknown, COUNTED | {"platform_value_upper": None}]}))
    assert section.title == "1 of 4 claims confirmed, 2 more only for the rows the press counted"
    said = ["refuted: 0.7342 to 0.9795", "not measurable", "refuted: 0.7342 or more"]
    assert [row["by_platform"] for row in section.rows] == [None, *said]
    assert [row["counted_as"] for row in section.rows[:2]] == ["tokens a day", "ratio of tokens, in the nine rows"]
    assert [row["measured_value"] for row in section.rows[:2]] == ["84,000,000,000", "1.404"]


def test_claims_in_chinese() -> None:
    """Each text that the table has is of the page's language."""
    section = claims.section(found({"claims": [COUNTED]}, language="zh"))
    [row] = section.rows
    assert (row["claim"], row["evidence"], row["source"]) == ("关于 M2", "各日", "某报")
    assert row["counted_as"] == "token 之比，统计范围：九行"


def test_without_such_claims_the_title_counts_the_refuted() -> None:
    section = claims.section(found({"claims": [OF_M2, OF_M2 | {"verdict": "refuted"}]}))
    assert section.title == "1 of 2 claims confirmed, 1 refuted"
    assert claims.section(found({})).title == "Claims, and what was measured"


def test_claims_about_prices_are_not_hosted() -> None:
    """A ratio of two prices is a figure of the prices, too: it is left out, and the note counts it."""
    price = OF_M2 | {"claim": "of prices", "unit": "ratio of prices", "may_republish": False}
    hosted = claims.section(found({"claims": [OF_M2, price]}, is_local=False))
    assert [row["claim"] for row in hosted.rows] == ["of M2"]
    assert "Left out of this page: 1 claim about prices and scores" in hosted.note
    assert hosted.citations == ["a line", "Licence: CC BY 4.0."]
    local = claims.section(found({"claims": [OF_M2, price]}))
    assert len(local.rows) == 2
    assert "Left out" not in local.note


def test_a_share_is_a_percentage_and_a_ratio_a_number() -> None:
    rows = [
        OF_M2 | {"unit": "share of tokens", "claimed_value": 0.61, "measured_value": 0.60549},
        OF_M2 | {"unit": "change of share", "claimed_value": 0.0, "measured_value": -0.0396},
        COUNTED | {"unit": "share of tokens", "platform_value_lower": 0.4696, "platform_value_upper": 0.5291},
    ]
    [share, change, counted] = claims.section(found({"claims": rows})).rows
    assert (share["claimed_value"], share["measured_value"]) == ("61.0 %", "60.5 %")
    assert change["measured_value"] == "−4.0 points"
    assert counted["by_platform"] == "refuted: 47.0 % to 52.9 %"
