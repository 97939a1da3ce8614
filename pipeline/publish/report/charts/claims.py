"""Claims, and what was measured. No chart: a table."""

from __future__ import annotations

from pipeline.publish.report.section import LEFT_OUT, Column, Found, Section
from pipeline.publish.report.sentences import Row

_LARGE = 1e6  # from here on claims are shown to the unit


def section(found: Found) -> Section:
    claims = found("claims")
    rows = [row for row in claims if found.is_local or row["may_republish"]]
    counted = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("confirmed", "refuted")}
    only_counted = sum(row["verdict"] == "confirmed" and row["platform_verdict"] not in (None, "confirmed") for row in rows)
    for row in rows:
        row["by_platform"] = _by_platform(row)
        row["counted_as"] = ", in ".join(filter(None, (row["unit"], row["claimed_denominator"])))
        for name in ("claimed_value", "measured_value"):
            row[name] = _shown(row[name])
    return Section(
        key="claims",
        query="claims",
        what="What was said of M2 when it rose, and of Chinese models in 2026, compared with what was fetched. The press "
        "counted the nine or ten largest rows that OpenRouter shows: such claims are measured by these, and by all tokens.",
        missing="Not measurable means that no series fetched here could confirm or refute it; undecided, that what is not "
        "listed could turn it."
        + (f" {len(claims) - len(rows)} claims about prices and scores {LEFT_OUT}" if len(rows) < len(claims) else ""),
        citations=[
            *sorted({row["citation"] for row in rows} - {None}),
            "No licence to pass on prices and scores was found." if found.is_local else "Licence: CC BY 4.0.",
        ],
        caption="Claims, and what was measured",
        columns=[
            Column("claim", "claim"), Column("verdict", "verdict"), Column("by_platform", "by all tokens"),
            Column("claimed_value", "claimed"), Column("measured_value", "measured"), Column("counted_as", "unit"),
            Column("evidence", "evidence"), Column("source", "said by"),
        ],
        rows=rows,
        finding=f"Of {len(rows)} claims {counted['confirmed']} are confirmed"
        + (f", {only_counted} of them only in the rows counted" if only_counted else f", {counted['refuted']} refuted"),
    )  # fmt: skip


def _by_platform(row: Row) -> str | None:
    """The verdict by all tokens of the platform, with the bounds that it rests on."""
    verdict, lower, upper = row["platform_verdict"], row["platform_value_lower"], row["platform_value_upper"]
    if lower is None:
        return str(verdict) if verdict else None
    return f"{verdict}: {_shown(lower)}" + (" or more" if upper is None else f" to {_shown(upper)}")


def _shown(value: float | None) -> str | None:
    return None if value is None else f"{value:,.4g}" if abs(value) < _LARGE else f"{value:,.0f}"
