from datetime import date, timedelta
from typing import Any

from pipeline.publish.report.charts import spend
from pipeline.publish.report.section import Row, Section
from tests.pipeline.publish.report.charts.found import found

FIRST = date(2025, 11, 17)


def _row(number: int, tokens: float | None, estimate: float | None, **more: Any) -> Row:
    return {
        "week_start": FIRST + timedelta(weeks=number), "subject": "minimax", "is_provisional": False,
        "priced_token_share": tokens, "list_spend_share_estimate": estimate,
        "list_spend_share_lower": estimate and 0.2 * estimate, "list_spend_share_upper": estimate and 4 * estimate, **more,
    }  # fmt: skip


ROWS = [
    _row(0, 0.038, 0.012),
    _row(1, 0.028, 0.011),
    *(_row(number, None, None) for number in range(2, 9)),
    _row(9, 0.027, 0.01),
]


def _section(rows: list[Row], **more: Any) -> Section:
    return spend.section(found({"spend": rows}, **more))


def test_the_title_has_the_best_week_by_tokens_and_names_the_estimate() -> None:
    title = _section(ROWS).title
    assert title == "MiniMax had 3.8 % of tokens but an estimated 1.2 % of list spend, week of 17 November 2025"


def test_a_maker_that_is_dearer_than_the_mean_is_not_called_cheap() -> None:
    title = _section([_row(0, 0.012, 0.039)]).title
    assert title == "MiniMax had 1.2 % of tokens and an estimated 3.9 % of list spend, week of 17 November 2025"


def test_weeks_without_a_price_are_a_band_and_no_row() -> None:
    section = _section(ROWS)
    assert len(section.rows) == 3
    assert section.datasets["unpriced"] == [
        {"from": FIRST + timedelta(weeks=2), "until": FIRST + timedelta(weeks=9), "label": "no list price"}
    ]


def test_a_short_band_has_no_words() -> None:
    section = _section([ROWS[0], _row(1, None, None), _row(2, 0.02, 0.01)])
    assert [row["label"] for row in section.datasets["unpriced"]] == [""]


def test_a_week_that_may_still_change_claims_nothing() -> None:
    title = _section([_row(0, 0.038, 0.012, is_provisional=True)]).title
    assert title == "MiniMax’s share of list spend beside its share of tokens"


def test_an_estimate_is_shown_with_its_range() -> None:
    row = _section(ROWS).rows[0]
    assert (row["tokens_text"], row["spend_text"]) == ("3.8 %", "about 1.2 % (0.2 % to 4.8 %)")


def test_prices_are_left_out_of_a_page_that_is_passed_on() -> None:
    section = _section(ROWS, is_local=False)
    assert not section.rows
    assert not any(section.datasets.values())
    assert "3.8" not in section.title
    assert section.nothing == "Share of spend is not shown: catalogue prices may not be republished."


def test_without_a_catalogue_the_line_in_its_place_names_what_is_missing() -> None:
    section = _section([_row(0, None, None)])
    assert not section.rows
    assert "needs an API key" in section.nothing
