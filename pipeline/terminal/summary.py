"""The summary of a run, in sentences.

Belongs here: what is said of a run. Not here: what it did (``run.outcome``), its form for programs (``run.facts``).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pipeline.run.facts import Facts, of_run
from pipeline.run.jobs import DAILY, IMPORT
from pipeline.run.outcome import Outcome
from pipeline.settings import MODES
from pipeline.terminal.show import SHOWN_LINES, error, line, note, result, warning
from pipeline.wording import count, describe_m2, minute, number

SIMULATED = "SIMULATED data, not OpenRouter's"
_NAMES: Mapping[str, str] = {DAILY: "run", IMPORT: "import"}


def outcome(done: Outcome, form: str = "text") -> None:
    """Summarise a run, and exit 1 if it failed."""
    for message in done.warnings[:SHOWN_LINES]:
        warning(message)
    for message in done.failures[:SHOWN_LINES]:
        error(message)
    for messages, kind in ((done.warnings, "warnings"), (done.failures, "failures")):
        if len(messages) > SHOWN_LINES:
            note(f"… and {number(len(messages) - SHOWN_LINES)} more {kind}: see the run in the UI")
    result(of_run(done), form, lambda facts: _summary(facts, done.imported))
    if done.go_on_at is not None:
        warning(
            f"the day's budget is spent, {count(done.requests_postponed, 'request')} left: run `openrouter-usage backfill` "
            f"again after {minute(done.go_on_at)}"
        )
    if not done.succeeded:
        sys.exit(1)


def _summary(facts: Facts, imported: Mapping[str, Any] | None) -> None:
    simulated = f" — {SIMULATED}" if facts["simulated"] else ""
    verdict = "finished" if facts["succeeded"] else "failed"
    line(f"{_NAMES.get(facts['job'], facts['job'])} {verdict} in {facts['seconds']:,.1f} s{simulated}")
    if facts["job"] == IMPORT:
        _imported(imported)
        return
    if facts["job"] == DAILY:
        line(f"  mode       {facts['mode']}, {MODES[facts['mode']]}")
    _requests(facts)
    for unit, counts in facts["periods"].items():
        grew = "changed" if unit == "snapshots" else "grew"  # a list without a period only changes
        line(
            f"  {unit:<10} {number(counts['new'])} new, {number(counts['grew'])} {grew}, "
            f"{number(counts['restated'])} restated, {number(counts['unchanged'])} unchanged"
        )
    for why, excluded in facts["excluded"].items():
        line(f"  excluded   {count(excluded, 'response')} kept in landing: {why}")
    line(f"  checks     {number(facts['checks_passed'])} passed, {number(facts['checks_failed'])} failed")
    if facts["m2"]:
        line(f"  M2         {describe_m2(facts['m2'])}")
    unchanged = "" if facts["published_now"] else " (unchanged)"
    if facts["published"]:
        line(f"  database   {facts['published']}{unchanged}")
        if facts["page"]:
            line(f"  page       {facts['page']}{unchanged}")


def _requests(facts: Facts) -> None:
    left = facts["requests_left_today"]
    if left is not None or facts["requests_sent"]:
        line(f"  requests   {number(facts['requests_sent'])} sent{'' if left is None else f', {number(left)} left today'}")
    if facts["requests_postponed"] and facts["continue_after"] is None:
        line(f"  postponed  {count(facts['requests_postponed'], 'request')}, to the next run")
    if facts["export_requests_sent"] or facts["export_requests_postponed"]:
        later = facts["export_requests_postponed"]
        rest = f", {number(later)} left to the next run" if later else ""
        line(f"  exports    {count(facts['export_requests_sent'], 'request')} sent without a key{rest}")
    if facts["unreachable"]:
        hosts = facts["unreachable"]
        line(f"  sources    {number(len(hosts))} not reached: {', '.join(hosts)}")


def _imported(imported: Mapping[str, Any] | None) -> None:
    if imported is None:
        return
    new, present = imported["exchanges_new"], imported["exchanges_there_before"]
    line(f"  responses  {number(new)} new, {number(present)} already in landing")
    for endpoint, responses in imported["new_by_endpoint"].items():
        line(f"             {number(responses)} of {endpoint}")
    unasked = imported["asked_by_no_series"]
    for question, responses in list(unasked.items())[:SHOWN_LINES]:
        line(f"  not loaded {number(responses)} of {question}: no series makes this request, so it changes no table")
    if len(unasked) > SHOWN_LINES:
        line(f"             and {number(len(unasked) - SHOWN_LINES)} more requests that no series makes")
    if new + present > sum(unasked.values()):
        line("  next       openrouter-usage rebuild, with the same --data-dir")
