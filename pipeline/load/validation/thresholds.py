"""Where plausible ends: every threshold of a check on meaning, with the evidence for it and what is said where it is passed.

Belongs here: all that is declared of a threshold; its texts are made from its numbers. Not here: how a figure is measured
(``levels``), handing verdicts to Great Expectations (``expectations``).

``observed`` are the extremes in recorded responses of the API (``python -m benchmarks.thresholds PATH`` measures them). A
threshold lies well beyond them: it has to tell another meaning from an unusual day, not to doubt the day. Where the source
is right all the same, a line in ``warehouse/reference/accepted_levels.csv`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Threshold:
    """``least`` and ``most`` are the last values that pass; None where that side has no end. ``is_simulated`` evidence is
    the simulator's: nothing of the kind was recorded. ``names`` is the column that holds what a failing block contradicts.
    """

    check: str
    least: float | None
    most: float | None
    observed: tuple[float, float]
    evidence: str
    says: str
    likely_cause: str
    is_blocking: bool = True
    is_simulated: bool = False
    names: str | None = None

    @property
    def description(self) -> str:
        return self.says.format(least=self.least, most=self.most).replace("%", " %")

    def holds(self, value: float | None) -> bool:
        """What could not be measured, for want of anything to compare with, passes."""
        if value is None:
            return True
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)


_ACCEPT = "if the source is right, say so in warehouse/reference/accepted_levels.csv and rebuild"

THRESHOLDS: Mapping[str, Threshold] = {
    "known_author_share": Threshold(
        "authors_are_known", 0.5, None, (0.934, 1.0),
        "Share of a block's listed tokens held by authors in reference.authors, and by models whose maker the source hides. "
        "Apps that are stored as models hold 0.",
        "At least {least:.0%} of a block's listed tokens are of makers that are known.",
        "the rows are apps or labels written like models, or of another section; if they are new makers, name them in "
        "warehouse/reference/authors.csv and rebuild",
    ),
    "total_to_median": Threshold(
        "total_is_on_scale", 1 / 8, 8, (0.643, 1.596),
        "Tokens of a block of an exact series to the median of its 7 nearest closed periods; 0.437 to 1.533 at the "
        "simulator. The documented fall, when apps took the place of models, was to 0.064.",
        "A block's tokens are within a factor of {most:g} of the median of its nearest closed periods.",
        f"the unit has changed, part of the response is missing, or something other than models is counted; {_ACCEPT}",
    ),
    "sampled_total_to_median": Threshold(
        "sampled_total_is_on_scale", 1 / 50, 50, (0.188, 2.412),
        "The same of a sampled series, whose levels the source scales as it likes: 0.188 in the first recorded week. What "
        "is left to reject is a wrong unit, 1000 times off.",
        "The tokens of a sampled block are within a factor of {most:g} of the median of its nearest closed periods.",
        f"the unit has changed, or part of the response is missing; {_ACCEPT}",
    ),
    "other_to_median": Threshold(
        "other_is_on_scale", 1 / 50, 50, (0.129, 2.043),
        "The same of the row `other`, which neither order nor rank guard.",
        "The row `other` is within a factor of {most:g} of the median of its nearest closed periods.",
        f"the unit of one value has changed, or the source cuts its list elsewhere; {_ACCEPT}",
    ),
    "largest_gap": Threshold(
        "neighbours_are_on_scale", None, 100, (1.251, 9.474),
        "How many times a row's tokens exceed those of the next listed row; 13.1 at most at the simulator. One value in "
        "another unit is 1000 times off, and the order of rows leaves it only the two ends.",
        "No row has more than {most:g} times the tokens of the row after it.",
        "one value is in another unit",
    ),
    "turnover": Threshold(
        "list_is_kept", None, 0.6, (0.0, 0.333),
        "Share of the shorter list's models that the nearest block does not list: 3 of 9 in a recorded week, 0.16 of the "
        "top 50 from day to day.",
        "At most {most:.0%} of the models listed were not listed in the nearest block.",
        f"the rows are of another section, or the list is sorted by something else; {_ACCEPT}",
    ),
    "nearer_to_another": Threshold(
        "section_is_its_own", None, 0.25, (-0.754, -0.022),
        "How much nearer a category's shares are to another category's than to its own nearest ones, as half the sum of "
        "differences; 1 where they are another's exactly. At the simulator, as one category alone was recorded: its shares "
        "moved by 0.447 at most from week to week.",
        "Shares of a category are closer to its own earlier shares than to those of another category.",
        f"the source gave one section's rows under another's name; {_ACCEPT}",
        is_simulated=True,
    ),
    "repeats_another_period": Threshold(
        "period_is_its_own", None, 0, (0, 0),
        "Whether a block equals one of another period, row by row: none that was recorded does. A source that is frozen "
        "gives one day's figures under the next day's date.",
        "No block is the same, row by row, as the block of another period.",
        "the source is frozen and gives an old period's figures under a new date",
    ),
    "window_drift": Threshold(
        "window_is_the_same", None, 0.15, (0.0, 0.0),
        "By how much the median app of a trailing window moved since the fetch before of the same window, as a share of "
        "one of its days. 105 pairs of the API's fetches of one window agree to the token in every app. The site's own "
        "list, whose window ends when it is read, differs by 0.34 to 1.21; a day of models was restated by 0.024 at most.",
        "Fetched again, the median app of a trailing window moved by at most {most:g} of one of its days.",
        "one of the two fetches is of another window or from another source; remove the wrong one with "
        "`openrouter-usage reject`",
        names="reading_before",
    ),
    "tokens_to_reading_before": Threshold(
        "tokens_do_not_fall", 0.99, None, (0.9994, 1.024),
        "Tokens of a period to those of its previous fetch; of a list of apps, those of the apps that both fetches have. "
        "Days of models were restated up to 1.024, and down: 26 days of May and June 2026 lost 0.005 to 0.061 %, a row of "
        "them up to 0.77 %. A week that is running only grows.",
        "Fetched again, a period has at least {least:.0%} of the tokens it had before; a week to date only grows.",
        f"part of the response is missing, or the source took tokens back; {_ACCEPT}",
    ),
    "restated_to": Threshold(
        "restatement_is_small", None, 1.1, (0.9994, 1.024),
        "The same where the period was closed at the previous fetch: 1.024 on 2026-07-18.",
        "Fetched again after its close, a period has at most {most:g} times the tokens it had before.",
        "the source restates more than it was ever seen to: marts.restatements lists it",
        is_blocking=False,
    ),
    "rows_to_reading_before": Threshold(
        "snapshot_keeps_its_length", 0.5, None, (0.938, 1.076),
        "Rows of a snapshot to those of its previous fetch. The default limit of the source once cut 651 rows to 100.",
        "A snapshot has at least {least:.0%} of the rows of the one before.",
        f"the response was cut, by a default limit or a filter that was not requested; {_ACCEPT}",
    ),
}  # fmt: skip
"""By the column that is measured."""

_BLOCKING = {threshold.check for threshold in THRESHOLDS.values() if threshold.is_blocking}


def passed_by(measured: Mapping[str, Any]) -> list[str]:
    """The checks whose thresholds the measures pass, in the order of their declaration: the one verdict on plausibility."""
    return [threshold.check for name, threshold in THRESHOLDS.items() if not threshold.holds(measured.get(name))]


def is_plausible(passed: list[str]) -> bool:
    """Whether no threshold is passed that refuses."""
    return _BLOCKING.isdisjoint(passed)
