"""/benchmarks: Artificial Analysis' indices. No other source is in this world."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any

from pipeline.simulator.queries import Asked, Endpoint, choice, stamp
from pipeline.simulator.world import FLOOR, Model, World, bell, uniform

SOURCE = "artificial-analysis"
CITATION = (
    "SIMULATED, no score is real. Source: Artificial Analysis (artificialanalysis.ai) via OpenRouter"
    " (openrouter.ai/rankings)."
)
INDICES = ("intelligence_index", "coding_index", "agentic_index")
SCORED_FOR_DAYS = 550  # older models are no longer listed
REMEASURED_EVERY_DAYS = 40

# The intelligence of those whose standing the story needs; the others follow from their launch.
TOLD_SCORES = {
    "minimax/minimax-m2": 61.0,
    "openai/gpt-5-2025-08-07": 68.0,
    "anthropic/claude-4.5-sonnet-20250929": 63.0,
    "x-ai/grok-4-fast": 60.0,
    "openai/gpt-oss-120b": 58.0,
    "minimax/minimax-m2.1": 64.0,
    "minimax/minimax-m2.5-20260211": 67.0,
}
CROWD_SCORED = 0.4  # the part of the other models that is scored


def answer(asked: Asked) -> dict[str, Any]:
    today = asked.now.date()
    items = sorted(_scores(asked.world, today), key=lambda item: (-(item[INDICES[0]] or 0.0), item["model_permaslug"]))
    return asked.body(
        items,
        as_of=stamp(datetime.combine(today, time(), asked.now.tzinfo)),  # the scores are taken over at midnight
        source=SOURCE,
        source_url="https://artificialanalysis.ai",
        citation=CITATION,
        model_count=len(items),
        task_type=None,
    )


def _scores(world: World, today: date) -> Iterator[dict[str, Any]]:
    """An item for each scored model, variants counted as one; some lack an index, some a price."""
    families: dict[str, list[Model]] = {}
    for model in world.models:
        families.setdefault(model.base, []).append(model)
    for base, models in families.items():
        launch = min(model.launch for model in models)
        if launch > today or not _is_scored(world, models[0], (today - launch).days):
            continue
        paid = next((model for model in models if not model.variant), None)
        yield {
            "source": SOURCE,
            "model_permaslug": base,
            "display_name": f"SIMULATED {models[0].title}",
            **_indices(world, models[0], launch, today),
            "pricing": world.prices(paid, today) if paid and paid.alive(today) and paid.in_catalogue else None,
        }


def _is_scored(world: World, model: Model, age_days: int) -> bool:
    if model.base in TOLD_SCORES:
        return True
    if model.author == "openrouter" or "text" not in model.outputs or age_days > SCORED_FOR_DAYS:
        return False
    return world.is_told(model) or bool(uniform(world.seed, "scored", model.base)[0] < CROWD_SCORED)


def _indices(world: World, model: Model, launch: date, today: date) -> dict[str, float | None]:
    """The three indices, to one decimal: a trend over launches, and a little movement when they are measured again."""
    luck, coding, agentic = (float(bell(world.seed, "score", model.base, k)[0]) for k in range(3))
    months = (launch - FLOOR).days / 30.4
    trend = 86.0 - 44.0 * 0.5 ** (max(months, 0.0) / 14.0)
    level = TOLD_SCORES.get(model.base, trend + (4.0 * luck if world.is_told(model) else 5.0 * luck - 9.0))
    phase = int(REMEASURED_EVERY_DAYS * uniform(world.seed, "phase", model.base)[0])
    turn = (today.toordinal() + phase) // REMEASURED_EVERY_DAYS
    moved = [float(0.5 * bell(world.seed, "measured", model.base, turn, k)[0]) for k in range(3)]
    values = (
        level + moved[0],
        level * (0.74 + 0.2 * model.programming) + 4.0 * coding + moved[1],
        level * (0.72 + 0.15 * model.programming) + 6.0 * agentic + moved[2],
    )
    # The intelligence index is measured first; a few models never get the others.
    lacking = [0.0, 0.05, 0.10]
    seen = [float(uniform(world.seed, "lacking", model.base, k)[0]) for k in range(3)]
    told = model.base in TOLD_SCORES
    return {
        name: round(value, 1) if told or gap >= part else None
        for name, value, gap, part in zip(INDICES, values, seen, lacking, strict=True)
    }


ENDPOINT = Endpoint("/benchmarks", {"source": choice(SOURCE)}, answer)
