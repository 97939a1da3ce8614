"""Token totals of models by day, week or month: ``/datasets/rankings-daily``.

Belongs here: its rows and how they are read. Not here: what all endpoints share (``request``, ``response``).
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.openrouter.endpoints.endpoint import CC_BY, Endpoint
from pipeline.openrouter.endpoints.response import Answer, read_dated
from pipeline.openrouter.endpoints.rows import DAY, TEXT, TOKENS, Row

CATEGORIES = (
    *("programming", "roleplay", "marketing", "marketing/seo", "technology", "science"),
    *("translation", "legal", "finance", "health", "trivia", "academia"),
)
"""Sampled, by week and month only; they go with no other filter. So do the language types."""
LANGUAGE_TYPES = ("natural", "programming")

MODALITIES = ("text", "image", "image_output", "audio", "tool_calling")
CONTEXT_BUCKETS = ("1K", "10K", "100K", "1M", "10M")

ROW = Row(period_start=("date", DAY), model_permaslug=TEXT, total_tokens=TOKENS)


def read_rankings(body: bytes) -> Answer:
    """Read an answer of ``/datasets/rankings-daily``. Raises PermanentFailure where the envelope is not the contract's."""
    return read_dated(body, ROW, dated_by="date")


def _in_full(params: Mapping[str, str]) -> dict[str, str]:
    return {"period": "week" if "category" in params or "language_type" in params else "day", **params}


RANKINGS = Endpoint(
    path="/datasets/rankings-daily",
    title="usage",
    name="rankings",
    table="block_rows",
    read=read_rankings,
    schema=ROW.schema,
    citation="Source: OpenRouter (openrouter.ai/rankings)",
    licence=CC_BY,
    # A row's period is that of its block.
    volatile=frozenset({"position", "period_start"}),
    in_full=_in_full,
)
