"""What a model is called, taken apart: the one place that does.

Belongs here: splitting ``author/model:variant``. Not here: which names are known, and whose they are (``warehouse``).
"""

from __future__ import annotations

import polars as pl

MODEL = "model_permaslug"
NO_MODELS = ("other", "*")
"""The rest of a block, and all models of a tag."""


def with_parts(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the parts of ``model_permaslug``: ``base_permaslug``, ``variant``, ``author``, ``is_other``.

    A name is split at its first colon, its author is what comes before the first slash. What names no model has no author.
    """
    name = pl.col(MODEL)
    base, variant = name.str.split_exact(":", 0).struct.field("field_0"), name.str.extract("(?s):(.*)$")
    return frame.with_columns(
        base_permaslug=base,
        variant=variant.fill_null("default"),
        author=pl.when(~name.is_in(NO_MODELS)).then(name.str.split_exact("/", 0).struct.field("field_0")),
        is_other=name == "other",
    )
