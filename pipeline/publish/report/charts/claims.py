"""Claims, and what was measured. No chart: a table."""

from __future__ import annotations

from pipeline.publish.report.section import LEFT_OUT, Column, Found, Section

_LARGE = 1e6  # from here on claims are shown to the unit


def section(found: Found) -> Section:
    claims = found("claims")
    rows = [row for row in claims if found.is_local or row["may_republish"]]
    for row in rows:
        for name in ("claimed_value", "measured_value"):
            row[name] = (
                None if row[name] is None else f"{row[name]:,.4g}" if abs(row[name]) < _LARGE else f"{row[name]:,.0f}"
            )
    counted = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("confirmed", "refuted")}
    return Section(
        key="claims",
        query="claims",
        what="What was said of M2 when it rose, against what the readings say.",
        missing="Not measurable means that no series read here could confirm or refute it."
        + (f" {len(claims) - len(rows)} claims about prices and scores {LEFT_OUT}" if len(rows) < len(claims) else ""),
        citations=[
            *sorted({row["citation"] for row in rows} - {None}),
            "No licence to pass on prices and scores was found." if found.is_local else "Licence: CC BY 4.0.",
        ],
        caption="Claims, and what was measured",
        columns=[
            Column("claim", "claim"), Column("verdict", "verdict"), Column("claimed_value", "claimed"),
            Column("measured_value", "measured"), Column("unit", "unit"), Column("evidence", "evidence"),
            Column("source", "said by"),
        ],
        rows=rows,
        finding=f"Of {len(rows)} claims {counted['confirmed']} are confirmed, {counted['refuted']} refuted, "
        f"{len(rows) - sum(counted.values())} not measurable here",
    )  # fmt: skip
