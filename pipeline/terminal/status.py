"""How things are: six lines, and on demand a table of every series.

Belongs here: what is said of the state of a data directory. Not here: what is stale (``alerts.freshness``), its form for
programs (``run.facts``).
"""

from __future__ import annotations

from datetime import timedelta

from pipeline.run.facts import Facts
from pipeline.terminal.show import line, safe, table
from pipeline.wording import age, count, moment, number

SHOWN_PROBLEMS = 3
_KINDS = {
    "run": "the newest run failed",
    "published": "no new data",
    "stale": "{} is stale",
    "frozen": "{} does not change",
    "unread": "{} was never fetched",
    "refused": "a response of {} was rejected",
}
"""What is wrong, by the first part of an incident's key."""


def status(facts: Facts, *, is_all: bool = False) -> None:
    line(f"  problems   {_problems(facts)}")
    line(f"  data       {_data(facts)}")
    line(f"  coverage   {_coverage(facts)}")
    line(f"  last run   {_last_run(facts)}")
    line(f"  requests   {_left(facts)}")
    page = f", {facts['page'].relative_to(facts['data_dir'])}" if facts["page"] else ""
    line(f"  files      {facts['data_dir']}: {facts['published'].name}{page}")
    if is_all:
        line("")
        _table(facts)
        for one in facts["incidents"]:
            line(f"open since {moment(one['since'])}: {one['message']}")


def _problems(facts: Facts) -> str:
    found = []
    for one in facts["incidents"]:
        kind, _, name = one["key"].partition("/")
        found.append(_KINDS.get(kind, one["message"]).format(name))
    if not found:
        return "nothing is wrong"
    more = len(found) - SHOWN_PROBLEMS
    rest = f", and {number(more)} more (status --all lists them)" if more > 0 else ""
    return f"{'; '.join(found[:SHOWN_PROBLEMS])}{rest}"


def _data(facts: Facts) -> str:
    mode = f"{facts['mode']}, SIMULATED" if facts["simulated"] else facts["mode"]
    days = f"days to {facts['exact_days_to']}" if facts["exact_days_to"] else "no days"
    coding = f"coding to {facts['coding_to']}" if facts["coding_to"] else "no coding"
    old = f", {_age(facts['exact_days_age_hours'])} old" if facts["exact_days_to"] else ""
    return f"{mode}{old}: {days}, {coding}"


def _coverage(facts: Facts) -> str:
    empty = [(facts["series_never_fetched"], "never fetched"), (facts["series_needing_a_key"], "need a key")]
    rest = "".join(f", {number(found)} {why}" for found, why in empty if found)
    missing = f", {number(facts['periods_missing'])} missing" if facts["periods_missing"] else ""
    series = f"{number(facts['series_with_data'])} of {number(len(facts['series']))} series"
    return f"{series}{rest}; {count(facts['periods'], 'period')}{missing}"


def _last_run(facts: Facts) -> str:
    published = f"published {moment(facts['built_at'])}" if facts["built_at"] else "nothing published by a run"
    return f"failed; last {published}" if facts["last_run_failed"] else published


def _left(facts: Facts) -> str:
    """The requests left today: with the key, where there is one, else by host."""
    budgets = [one for one in facts["budgets"] if one["with_key"]] or facts["budgets"]
    if any(one["left"] is None for one in budgets):
        return "not limited, or not known"
    if budgets[0]["with_key"]:
        return f"{number(budgets[0]['left'])} of {number(budgets[0]['per_day'])} left today"
    left = (f"{number(one['left'])} of {number(one['per_day'])} for {one['host']}" for one in budgets)
    return f"left today: {', '.join(left)}"


def _age(hours: float | None) -> str:
    return age(None if hours is None else timedelta(hours=hours))


def _table(facts: Facts) -> None:
    """Every series that has data or is expected to."""
    rows = [
        [
            safe(one["series"]),
            str(one["newest"] or "–"),
            _age(one["age_hours"]),
            number(one["periods"]) if one["newest"] else "–",
            number(one["periods_missing"]) if one["newest"] else "–",
            number(one["periods_provisional"]) if one["newest"] else "–",
            str(one["first"] or "–"),
            moment(one["known_since"]) if one["known_since"] else "–",
            f"[red]{safe(one['state'])}[/]" if not one["fresh"] else safe(one["state"]),
        ]
        for one in facts["series"]
    ]
    headers = ("series", "newest", "age", "periods", "missing", "provisional", "first", "known since", "state")
    table(headers, rows, optional=("first", "known since", "provisional", "missing", "periods"))
