"""The plan of the next run, in a table and sentences.

Belongs here: what is said of a plan. Not here: what is planned (``planning``), its form for programs (``run.facts``).
"""

from __future__ import annotations

from collections import Counter

from pipeline.run.facts import Facts
from pipeline.settings import KEY_VARIABLE
from pipeline.terminal.show import line, safe, table
from pipeline.wording import count, duration, long_day, minute, number

SOURCES = {"site": "OpenRouter's web site", "gateway": "the second gateway"}


def plan(facts: Facts) -> None:
    """Every request, in order, and why it is sent; then how they go through the limits."""
    is_keyed = facts["mode"] != "keyless"
    line(f"Plan for {facts['data_dir']} ({facts['mode']})")
    if not is_keyed:
        line(f"No request to the Data API: {KEY_VARIABLE} is not set.")
    if facts["requests"] or is_keyed:
        _requests(facts)
    if facts["exports"]["requests"]:
        line("")
        files = facts["exports"]["files"]
        line(
            f"Daily exports, counted apart: at most {count(facts['exports']['requests'], 'request')}, for "
            f"{count(files, 'dated file')} and {'its manifest' if files == 1 else 'their manifests'}."
        )
    _without_a_key(facts)
    if is_keyed:
        _history(facts)
        _forecast(facts)


def _requests(facts: Facts) -> None:
    rows = [
        [
            str(n),
            safe(one["series"]),
            str(one["from"] or "now"),
            str(one["to"] or "now"),
            number(one["periods"]),
            f"{'≥ ' if one['may_have_more_pages'] else ''}{number(one['requests'])}",
            _why(one),
        ]
        for n, one in enumerate(facts["requests"], start=1)
    ]
    table(("no", "series", "from", "to", "periods", "requests", "why"), rows, optional=("requests", "why"))
    if monthly := sum(one["again_for_the_month"] for one in facts["requests"]):
        line("")
        before = long_day(facts["fetched_again_before"])
        line(f"{count(monthly, 'period')} last fetched before {before}: fetched again for the month.")


def _why(one: Facts) -> str:
    """Why its periods are fetched: never fetched, fetched again by each run, or for the month; and whether that can wait."""
    if one["snapshot"]:
        return "each month" if one["each_month"] else "each run"
    counted = ((one["new"], "new"), (one["again"], "again"), (one["again_for_the_month"], "again, monthly"))
    can_wait = ["can wait"] if one["can_wait"] else []
    return "; ".join([*(f"{number(periods)} {why}" for periods, why in counted if periods), *can_wait])


def _without_a_key(facts: Facts) -> None:
    by_source: Counter[str] = Counter()
    for one in facts["requests"]:
        if one["source"] in SOURCES:
            by_source[one["source"]] += one["requests"]
    if by_source:
        line("")
    for source, requests in by_source.items():
        line(f"Without a key, counted apart: {count(requests, 'request')} to {SOURCES[source]}.")


def _history(facts: Facts) -> None:
    """How the plan compares with a full history, and with the most that this may take."""
    rows = [[safe(one["kind"]), number(one["requests"]), number(one["at_most"])] for one in facts["by_kind"]]
    line("")
    table(("kind", "requests", "at most"), [*rows, ["total", number(facts["needed"]), number(facts["at_most"])]])
    line("")
    since = f"a full history since {long_day(facts['first_day'])}"
    if not facts["is_full_history"]:
        line(f"The next run needs {count(facts['needed'], 'request')}; {since} needs {number(facts['full_history'])}.")
        return
    again = ", parts of which were fetched before" if facts["is_repeated"] else ""
    extra = facts["needed"] - facts["at_most"]
    more = f"{number(extra)} more than the fewest requests" if extra > 0 else "the fewest requests possible"
    apart = ", ".join(one["kind"] for one in facts["by_kind"] if one["each_period_apart"])
    pages = f"; of {apart} one for each page of each period" if apart else ""
    line(
        f"This is {since}{again}, in {more}: {number(facts['days'])} days / 366, rounded up, for each series, and one for "
        f"each snapshot{pages}."
    )


def _forecast(facts: Facts) -> None:
    """How long the requests take, and whether they fit into the day."""
    coming, limits = facts["forecast"], facts["limits"]
    if coming["requests"] == 0:
        line("Nothing to fetch now.")
    elif limits["per_day"] is None:
        line(f"{count(coming['requests'], 'request')}, without limits.")
        return
    else:
        _time(facts)
    if facts["deferrable"] and limits["per_day"] is not None:
        postponed = facts["postponed"]
        then = f"{number(postponed)} of them are left to the next run" if postponed else "all of them are sent now"
        line(
            f"{count(facts['deferrable'], 'request')} can wait, and {'is' if facts['deferrable'] == 1 else 'are'} sent only "
            f"while {number(facts['kept_from_deferrable'])} of {number(limits['per_day'])} a day stay free: {then}."
        )


def _time(facts: Facts) -> None:
    coming, limits = facts["forecast"], facts["limits"]
    if coming["fits"]:
        pause = f", {duration(coming['pause_seconds'])} of it waiting" if coming["pause_seconds"] else ""
        line(
            f"{count(coming['fits'], 'request')} in about {duration(coming['seconds'])}{pause}: "
            f"{coming['response_seconds']:.1f} s a response, at most {number(limits['per_minute'])} a minute, of which "
            f"{number(limits['used_last_minute'])} are used."
        )
    used = f"{number(limits['used_last_day'])} of {number(limits['per_day'])} used in the last 24 h"
    reserve = f", {number(facts['kept'])} kept for the daily run" if facts["kept"] else ""
    if coming["continue_after"] is None:
        left = limits["per_day"] - limits["used_last_day"] - coming["requests"]
        line(f"All fit into the day: {used}{reserve}, {number(left)} will be left.")
        return
    rest = coming["requests"] - coming["fits"]
    line(
        f"Not all fit into the day: {used}{reserve}. {number(rest)} are left; continue after "
        f"{minute(coming['continue_after'])}. No request is repeated."
    )
