"""The head of the page for one model: a headline, a sentence and up to four figures, by one template.

Belongs here: what is true of a model and therefore said. Not here: figures (``warehouse/report/stories.sql``), how it is
worded (``words``). Nothing is claimed that the rows do not hold: no peak across days that were not fetched, no "free" where
most was paid, and "while … lost", never "took from", as shares of a whole do not show who switched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pipeline.publish.report.names import display, family
from pipeline.publish.report.section import Row
from pipeline.publish.report.words import Words

_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}
_NEAR = 0.04  # of the fraction: 12.3 % is an eighth, 11.4 % is not a ninth of anything
_MOSTLY = 0.5
_NOTABLE_POINTS, _NOTABLE_FALL = 1.0, -0.2
_FEW_WEEKS, _WEEKS_A_MONTH = 8, 365.25 / 12 / 7
_NUMBERS = 12  # as far as numbers are written as words


@dataclass(frozen=True)
class Figure:
    value: str
    label: str


@dataclass(frozen=True)
class Story:
    """What the first screen says of a model."""

    headline: str
    lede: str
    figures: tuple[Figure, ...]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def of_models(models: Sequence[Row], stories: Sequence[Row], words: Words) -> dict[str, Story]:
    """The story of every model that can be chosen; of one without a final week of coding, that it has none yet."""
    told = {row["base_permaslug"]: row for row in stories}
    return {
        row["base_permaslug"]: of_model(told[row["base_permaslug"]], row, words)
        if row["base_permaslug"] in told
        else Story(words("story.no_peak", name=display(row["base_permaslug"])), words("story.no_peak_lede"), ())
        for row in models
    }


def nothing(words: Words) -> Story:
    """Where coding was never fetched, or lists nothing."""
    return Story(words("story.nothing"), words("story.nothing_lede"), ())


def of_model(story: Row, model: Row, words: Words) -> Story:
    name = display(story["base_permaslug"])
    headline = f"{_rise(story, name, words)}{_price(story, words)}"
    return Story(headline, _lede(story, model, words), tuple(_figures(story, words)))


def _price(story: Row, words: Words) -> str:
    """How much of it was free in the weeks that the headline is about: all, most, or nothing to say."""
    share = story["free_share_to_peak_week"] or 0
    if share <= _MOSTLY:
        return ""
    return words("story.all_free" if share == 1 else "story.mostly_free")


def _rise(story: Row, name: str, words: Words) -> str:
    share = story["peak_share"]
    height = next(
        (words(f"fraction.{name}") for part, name in _PARTS.items() if abs(share * part - 1) <= _NEAR),
        words("story.height", share=share),
    )
    weeks = (story["peak_week"] - story["first_week"]).days // 7 + 1
    if _is_rise_seen(story):
        return words("story.rose", name=name, height=height, weeks=_weeks(weeks, words))
    return words("story.peaked", name=name, height=height, week=story["peak_week"])


def _is_rise_seen(story: Row) -> bool:
    """Whether the headline names the weeks of the rise: they were few, and the one before them was fetched."""
    few = story["peak_week"] - story["first_week"] < timedelta(weeks=_FEW_WEEKS)
    return few and story["before_week"] is not None


def _weeks(number: int, words: Words) -> str:
    key = f"number.{number}"
    return words("story.weeks_one", number=words(key)) if number == 1 else words("story.weeks", number=words(key))


def _lede(story: Row, model: Row, words: Words) -> str:
    """Up to three clauses: who lost in the same weeks, what the end of free use did, who of its family went further."""
    clauses = []
    if story["loser"] is not None and story["loser_change_pp"] <= -_NOTABLE_POINTS:
        lost = round(-story["loser_change_pp"])
        points = words("story.point" if lost == 1 else "story.points", number=_number(lost, words))
        key = "story.loser" if _is_rise_seen(story) else "story.loser_rising"
        clauses.append(words(key, loser=story["loser"], points=points))
    if story["free_end_change"] is not None and story["free_end_change"] <= _NOTABLE_FALL:
        clauses.append(words("story.free_end", change=-story["free_end_change"]))
    if story["heir"] is not None:
        key = "story.heir_led" if story["heir_rank"] == 1 else "story.heir"
        months = max(1, round((story["heir_week"] - story["peak_week"]).days / 7 / _WEEKS_A_MONTH))
        later = words("story.later_one" if months == 1 else "story.later", number=_number(months, words))
        heir = {"heir": family(story["heir"]), "share": story["heir_share"], "rank": story["heir_rank"]}
        clauses.append(words(key, later=later, **heir))
    if not clauses or (len(clauses) == 1 and story["heir"] is None):
        clauses.append(_since(story, model, words))
    return words.sentence(clauses)


def _since(story: Row, model: Row, words: Words) -> str:
    """Where it is now, for a model whose story has little else."""
    if model["newest_rank"] is not None:
        return words("story.now", share=model["newest_share"], rank=model["newest_rank"], week=model["newest_week"])
    return words("story.last_listed", week=model["last_listed"])


def _number(value: int, words: Words) -> str:
    return words(f"number.{value}") if 1 <= value <= _NUMBERS else words("number.more", value=value)


def _figures(story: Row, words: Words) -> list[Figure]:
    def figure(value: str, label: str, **given: Any) -> Figure:
        return Figure(words(f"figure.{value}", **given), words(f"figure.{label}", **given))

    peak = {"share": story["peak_share"], "week": story["peak_week"], "rank": story["peak_rank"]}
    found = [figure("percent", "peak", **peak)]
    if story["free_share_to_peak_day"]:
        found.append(figure("whole_percent", "free", share=story["free_share_to_peak_day"]))
    elif story["peak_day_tokens"] is not None:
        found.append(figure("billions", "busiest", tokens=story["peak_day_tokens"], day=story["peak_day"]))
    if story["loser"] is not None and story["loser_change_pp"] <= -_NOTABLE_POINTS:
        span = {"start": story["before_week"], "end": story["peak_week"]}
        found.append(figure("points", "loser", points=story["loser_change_pp"], loser=story["loser"], **span))
    if story["heir"] is not None:
        heir = {"share": story["heir_share"], "week": story["heir_week"], "rank": story["heir_rank"]}
        found.append(figure("percent", "heir", heir=family(story["heir"]), **heir))
    return found
