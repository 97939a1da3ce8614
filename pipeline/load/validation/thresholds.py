"""Where plausible ends: every threshold of a check on meaning, with the evidence for it.

Belongs here: numbers and what they rest on. Not here: how a figure is measured (``levels``), what is said where one is
passed (``expectations``).

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
    the simulator's: nothing of the kind was recorded.
    """

    least: float | None
    most: float | None
    observed: tuple[float, float]
    evidence: str
    is_blocking: bool = True
    is_simulated: bool = False

    def holds(self, value: float | None) -> bool:
        """What could not be measured, for want of anything to compare with, passes."""
        if value is None:
            return True
        return (self.least is None or value >= self.least) and (self.most is None or value <= self.most)

    def arguments(self, column: str) -> dict[str, Any]:
        """The declaration of the check."""
        ends = {"min_value": self.least, "max_value": self.most}
        return {"column": column, **{name: end for name, end in ends.items() if end is not None}}


THRESHOLDS: Mapping[str, Threshold] = {
    "known_author_share": Threshold(
        0.5, None, (0.934, 1.0),
        "Share of a block's listed tokens held by authors in reference.authors, and by models whose maker the source hides. "
        "Apps that are stored as models hold 0.",
    ),
    "total_to_median": Threshold(
        1 / 8, 8, (0.643, 1.596),
        "Tokens of a block of an exact series to the median of its 7 nearest closed periods; 0.437 to 1.533 at the "
        "simulator. The documented fall, when apps took the place of models, was to 0.064.",
    ),
    "sampled_total_to_median": Threshold(
        1 / 50, 50, (0.188, 2.412),
        "The same of a sampled series, whose levels the source scales as it likes: 0.188 in the first recorded week. What "
        "is left to refuse is a wrong unit, 1000 times off.",
    ),
    "other_to_median": Threshold(
        1 / 50, 50, (0.129, 2.043),
        "The same of the row `other`, which neither order nor rank guard.",
    ),
    "largest_gap": Threshold(
        None, 100, (1.251, 9.474),
        "How many times a row's tokens exceed those of the next listed row; 13.1 at most at the simulator. One value in "
        "another unit is 1000 times off, and the order of rows leaves it only the two ends.",
    ),
    "turnover": Threshold(
        None, 0.6, (0.0, 0.333),
        "Share of the shorter list's models that the nearest block does not list: 3 of 9 in a recorded week, 0.16 of the "
        "top 50 from day to day.",
    ),
    "nearer_to_another": Threshold(
        None, 0.25, (-0.754, -0.022),
        "How much nearer a category's shares are to another category's than to its own nearest ones, as half the sum of "
        "differences; 1 where they are another's exactly. At the simulator, as one category alone was recorded: its shares "
        "moved by 0.447 at most from week to week.",
        is_simulated=True,
    ),
    "repeats_another_period": Threshold(
        None, 0, (0, 0),
        "Whether a block equals that of another period, row by row: none that was recorded does. A source that is frozen "
        "gives one day's figures under the next day's date.",
    ),
    "window_drift": Threshold(
        None, 0.15, (0.0, 0.0),
        "By how much the median app of a trailing window moved since the reading before of the same window, as a share of "
        "one of its days. 105 pairs of the API's readings of one window agree to the token in every app. The site's own "
        "list, whose window ends when it is read, differs by 0.34 to 1.21; a day of models was restated by 0.024 at most.",
    ),
    "tokens_to_reading_before": Threshold(
        0.99, None, (0.9994, 1.024),
        "Tokens of a period to those of its reading before; of a list of apps, those of the apps that both readings have. "
        "Days of models were restated up to 1.024, and down: 26 days of May and June 2026 lost 0.005 to 0.061 %, a row of "
        "them up to 0.77 %. A week that is running only grows.",
    ),
    "restated_to": Threshold(
        None, 1.1, (0.9994, 1.024),
        "The same where the period was closed at the reading before: 1.024 on 2026-07-18.",
        is_blocking=False,
    ),
    "rows_to_reading_before": Threshold(
        0.5, None, (0.938, 1.076),
        "Rows of a snapshot to those of its reading before. The default limit of the source once cut 651 rows to 100.",
    ),
}  # fmt: skip
"""By the column that is measured."""


def hold(measured: Mapping[str, Any]) -> bool:
    """Whether no blocking threshold is passed."""
    return all(threshold.holds(measured.get(name)) for name, threshold in THRESHOLDS.items() if threshold.is_blocking)
