"""What was exported, what moved between two exports, how good the nowcasts were: in sentences and tables.

Belongs here: what is said of them. Not here: exporting, comparing, scoring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from pipeline.run.facts import Facts
from pipeline.terminal.show import SHOWN_LINES, line, safe, table, warning
from pipeline.terminal.summary import SIMULATED
from pipeline.wording import number

SHOWN_COLUMNS = 4

REASONS = {
    "new_period": "a period that was read for the first time",
    "ran_on": "the period was not over when it was read before",
    "restated": "the source gave other figures when it was read again",
    "read_again": "read again with the same figures",
    "became_final": "no longer provisional",
    "became_provisional": "provisional again, as it was fetched once more",
    "follows": "computed from other periods too, and those moved",
    "reclassified": "other makers, lineages, weights or stealth models of the same fetch",
    "new_code": "another definition of the same fetch",
    "other_capture": "read to another depth",
    "period_left": "a period that only the first one has",
    "unexplained": "neither a fetch nor a definition explains it",
}
"""Why a row of two exports differs, as ``compare`` names it."""


def exported(facts: Facts) -> None:
    """Where the package is, and which tables are not in it."""
    line(f"{facts['path']}{f' — {SIMULATED}' if facts['simulated'] else ''}")
    line(f"  as of      {facts['as_of']:%Y-%m-%d %H:%M:%S}Z")
    line(f"  tables     {number(facts['tables'])}, {number(facts['rows'])} rows, {facts['size_bytes'] / 1e6:,.1f} MB")
    line(f"  story      {number(facts['story'])} files with the rows behind the charts of the page")
    for name, reason in facts["left_out"].items():
        line(f"  left out   {name}: {reason}")


def difference(found: Facts) -> None:
    """What moved between two exports."""
    simulated = f" — {SIMULATED}" if found["after"]["simulated"] else ""
    for side, name in (("before", "From"), ("after", "To  ")):
        one = found[side]
        code = f"version {one['version']}, commit {one['git_commit'] or 'unknown'}"
        line(f"{name} {one['path']}, as of {one['as_of']}, {code}{simulated}")
    if found["before"]["as_of"] > found["after"]["as_of"]:
        warning("the first export is the newer one: the changes are listed backwards")
    if found["definitions"]:
        line(f"Other definitions: {', '.join(found['definitions'])}")
    if not found["tables"]:
        line(f"Nothing moved: {number(found['same_tables'])} tables are the same.")
        return
    line("")
    rows = []
    for one in found["tables"]:
        why = " or ".join(one["reasons"]).replace("_", " ") + (f" ({one['left_out']})" if "left_out" in one else "")
        more = len(one["columns"]) - SHOWN_COLUMNS
        columns = ", ".join(one["columns"][:SHOWN_COLUMNS]) + (f" and {more} more" if more > 0 else "")
        moved = "–" if one["rows"] is None else number(one["rows"])
        rows.append([safe(one["table"]), one["change"], safe(why), moved, safe(columns)])
    table(("table", "change", "reason", "rows", "columns"), rows)
    for reason in sorted({reason for one in found["tables"] for reason in one["reasons"]}):
        line(f"  {reason.replace('_', ' ')}: {REASONS[reason]}")
    line(f"{number(found['same_tables'])} tables are the same.")
    _restated(found["restated"])


def _restated(periods: Sequence[Mapping[str, Any]]) -> None:
    if not periods:
        return
    rows = []
    for one in sorted(periods, key=lambda period: -abs(period["relative_change"] or 0))[:SHOWN_LINES]:
        tokens = ("–" if one[side] is None else number(int(one[side])) for side in ("tokens_before", "tokens_after"))
        change = "–" if one["relative_change"] is None else f"{100 * one['relative_change']:+.4f} %"
        rows.append([safe(one["series"]), str(one["period_start"]), *tokens, change])
    line("")
    table(("restated", "period", "tokens before", "tokens after", "change"), rows)
    if len(periods) > SHOWN_LINES:
        line(f"… and {number(len(periods) - SHOWN_LINES)} more periods: --format json lists all")


def backtest(found: Sequence[Mapping[str, Any]]) -> None:
    """Whether the intervals held, and which simple method was not beaten, with which numbers of days known."""
    verdicts = (
        ("is_coverage_near_nominal", "coverage within 5 points of 50, 80 and 95 %"),
        ("beats_no_change", "better than no change, by weighted interval score"),
        ("beats_last_day", "better than the last day carried on, by weighted interval score"),
    )
    for of, group in groupby(found, key=lambda row: (row["scored_models"], row["is_backtest"])):
        scores = list(group)
        kind = "never issued, scored in hindsight" if of[1] else "issued before the week was read"
        small = ", a small sample" if any(row["is_small_sample"] for row in scores) else ""
        line(f"{safe(of[0])}, {kind}, {max(row['weeks'] for row in scores)} weeks{small}")
        for name, says in verdicts:
            failed = [str(row["days_known"]) for row in scores if row[name] is False]
            unknown = [str(row["days_known"]) for row in scores if row[name] is None]
            parts = [f"no with {', '.join(failed)} days known"] if failed else []
            parts += [f"too few earlier errors with {', '.join(unknown)} days known"] if unknown else []
            line(f"  {says}: {'; '.join(parts) or 'yes'}")
