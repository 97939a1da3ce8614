"""/models: the catalogue of a day. It needs no key."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlencode

from pipeline.simulator.queries import Asked, Endpoint, anything, integer
from pipeline.simulator.world import PREFIX, Model, World, uniform

PATH = "/models"
CLOSED = ("anthropic", "google", "openai", "x-ai", "openrouter")  # no weights of theirs are published


def answer(asked: Asked) -> dict[str, Any]:
    wanted = set((asked["output_modalities"] or "text").split(","))
    today = asked.now.date()
    entries = [
        _entry(asked.world, model, today)
        for model in (*asked.world.models, *asked.world.unranked)
        # `:online` is a way of asking, not a model.
        if model.alive(today) and model.in_catalogue and "online" not in model.variant
        if "all" in wanted or wanted & set(model.outputs)
    ]
    entries.sort(key=lambda entry: (-entry["created"], entry["id"]))
    total, following = len(entries), None
    if asked.largest_page or {"limit", "offset"} & asked.query.keys():
        limit = min(asked["limit"], asked.largest_page or asked["limit"])
        end = asked["offset"] + limit
        if end < total:
            following = f"{PREFIX}{PATH}?{urlencode({**asked.query, 'offset': end, 'limit': limit})}"
        entries = entries[asked["offset"] : end]
    return {"data": entries, "total_count": total, "links": {"next": following}}


def _entry(world: World, model: Model, today: date) -> dict[str, Any]:
    size, reason = (float(uniform(world.seed, "catalogue", model.base, k)[0]) for k in (2, 3))
    context = 32_768 * 2 ** int(6 * size)
    parameters = ["max_tokens", "temperature", "top_p", "stop", "seed", "tools", "tool_choice"]
    reasoning = ["reasoning", "include_reasoning"] if reason > 0.5 else []  # noqa: PLR2004
    return {
        "id": model.catalogue_id,
        "canonical_slug": model.base,
        "hugging_face_id": None if model.author in CLOSED else model.base,
        "name": f"SIMULATED {model.author}: {model.title}{f' ({model.variant})' if model.variant else ''}",
        "created": int(datetime.combine(model.launch, time(12), UTC).timestamp()),
        "description": "An entry of the simulated catalogue: invented figures, not an offer.",
        "context_length": context,
        "architecture": {
            "modality": f"{'+'.join(model.inputs)}->{'+'.join(model.outputs)}",
            "input_modalities": list(model.inputs),
            "output_modalities": list(model.outputs),
            "tokenizer": "Other",
            "instruct_type": None,
        },
        "pricing": {**world.prices(model, today), "request": "0", "image": "0"},
        "top_provider": {
            "context_length": context,
            "max_completion_tokens": context // 4,
            "is_moderated": model.author in ("anthropic", "openai"),
        },
        "per_request_limits": None,
        "supported_parameters": parameters + reasoning,
        "default_parameters": {"temperature": None, "top_p": None, "frequency_penalty": None},
        "supported_voices": None,
        "knowledge_cutoff": None,
        "expiration_date": None,
        "links": {"details": f"{PREFIX}{PATH}/{model.base}/endpoints"},
    }


ENDPOINT = Endpoint(
    PATH,
    {"output_modalities": anything, "limit": integer(500, 1, 1000), "offset": integer(0, 0)},
    answer,
    needs_key=False,
)
