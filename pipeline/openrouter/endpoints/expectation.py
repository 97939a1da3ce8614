"""What must hold of a batch of rows: the form of a declaration, and what several declarations say.

Belongs here: an expectation as data. Not here: which there are (each endpoint's file, ``load.validation.expectations``),
running them (``load.validation.run``).
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

BLOCK = ("exchange_id", "period_start")
"""What names a block of a response."""

IS_MODEL = pl.col("model_permaslug").str.contains(r"^~?[^\s\x1c-\x1f/:]+/[^\s\x1c-\x1f]+\z")
DESCENDS = pl.col("tokens_of_row_before") >= pl.col("total_tokens")


def once(*key: str) -> pl.Expr:
    return pl.struct(*key).is_unique()


@dataclass(frozen=True)
class Expectation:
    """``batch`` is the name of a frame; of an endpoint's rows its ``name``. ``holds`` is true in each row that is as it must
    be; what is NULL was not there to judge.

    ``measure`` is the column of ``levels`` whose extremes are reported. ``names`` is the column of the response that what
    fails contradicts, where a refusal has to name both.
    """

    name: str
    batch: str
    holds: pl.Expr
    description: str
    likely_cause: str
    is_blocking: bool = True
    measure: str | None = None
    names: str | None = None

    @property
    def columns(self) -> list[str]:
        """The columns that it judges."""
        return [self.measure] if self.measure else list(dict.fromkeys(self.holds.meta.root_names()))
