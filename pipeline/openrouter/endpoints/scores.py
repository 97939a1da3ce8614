"""What the catalogue and the benchmarks both state of a model: scores, and prices of prompts and completions.

Belongs here: reading both. Not here: of which responses they are part (``models``, ``benchmarks``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

from pipeline.openrouter.endpoints import fields
from pipeline.openrouter.endpoints.rows import Kind

PRICE = pl.Decimal(fields.PRICE_PRECISION, fields.PRICE_SCALE)
INDICES = ("intelligence_index", "coding_index", "agentic_index")


def _number_or_null(value: Any, name: str) -> float | None:
    return None if value is None else fields.number(value, name)


INDEX = Kind(pl.Float64(), _number_or_null, float | None)
"""What was not measured is null."""


def prices(
    pricing: Mapping[str, Any], *, per: str, required: Collection[str] = ("prompt", "completion")
) -> dict[str, Decimal | None]:
    return {
        f"{name}_usd_per_{per}": fields.price(pricing[name], name)
        if name in required or pricing.get(name) is not None
        else None
        for name in ("prompt", "completion")
    }
