"""The second gateway beside ours: two populations, never one sum; list spend is not hosted."""

from __future__ import annotations

from datetime import date
from typing import Any

from pipeline.publish.report.charts import gateway
from tests.pipeline.publish.report.charts.found import found

VERCEL = '© 2026 Vercel. "AI Gateway Leaderboard Data" is licensed under CC BY 4.0.'


def week(day: int, there: float | None, **more: Any) -> dict[str, Any]:
    return {
        "week_start": date(2025, 11, day), "platform_token_share": 0.06, "platform_token_share_lower": 0.06,
        "platform_token_share_upper": 0.13, "list_spend_share_estimate": 0.01, "gateway_request_mean_share": there,
        "gateway_token_mean_share": there, "gateway_spend_mean_share": there, "gateway_days": 7, "is_provisional": False,
        "platform_citation": "OpenRouter", "price_citation": "prices", "gateway_citation": VERCEL, **more,
    }  # fmt: skip


def test_the_title_is_of_the_highest_final_week() -> None:
    section = gateway.section(found({"gateway": [week(3, 0.074), week(10, 0.06), week(17, 0.2, is_provisional=True)]}))
    assert section.title == "MiniMax: 7.4 % of Vercel’s tokens, 6–13 % of OpenRouter’s, 3 November 2025"
    assert section.citations == ["OpenRouter", VERCEL, "prices"]


def test_a_week_of_one_gateway_claims_nothing_of_the_other() -> None:
    bounds = dict.fromkeys(("platform_token_share", "platform_token_share_lower", "platform_token_share_upper"))
    section = gateway.section(found({"gateway": [week(3, 0.074, **bounds)]}))
    assert section.title == "MiniMax: 7.4 % of Vercel’s tokens in the week of 3 November 2025"
    assert "platform_token_share" not in {row["series"] for row in section.rows}
    for rows in ([], [week(3, 0.074, is_provisional=True)]):
        assert gateway.section(found({"gateway": rows})).title == "MiniMax on OpenRouter and at Vercel AI Gateway"


def test_list_spend_is_on_the_local_page_alone() -> None:
    hosted = gateway.section(found({"gateway": [week(3, 0.074)]}, is_local=False))
    assert "list_spend_share_estimate" not in {row["series"] for row in hosted.rows}
    assert hosted.table_rows is not None
    assert all("list_spend_share_estimate" not in row for row in hosted.table_rows)
    assert hosted.citations == ["OpenRouter", VERCEL]
    assert "list_spend_share_estimate" not in {column.name for column in hosted.columns}
