"""The simulated endpoints beside rankings and catalogue: tasks, session cost, benchmarks, apps.

Belongs here: what each of them takes, refuses and answers. An endpoint is a function of the world, the query and the
time; its body is what the published contract says. Not here: keys and limits (simulator), the apps themselves
(simulated_apps), the endpoints' requests as we send them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import numpy as np

from pipeline.simulator.apps import SESSION_WINDOW_DAYS, SUBCATEGORIES, TURN_RANGES, apps_of
from pipeline.simulator.queries import (
    Refusal,
    choice,
    integer,
    last_complete_day,
    resolved_window,
    stamp,
)
from pipeline.simulator.world import FLOOR, Floats, Model, World, bell, prices, uniform

# --- Tasks --------------------------------------------------------------------------------------------------

TASK_WINDOW_DAYS = 7
MODELS_OF_A_TAG = 10

# What a tag is called, its weight within its macro category, and thousands of tokens a request.
MACRO_CATEGORIES = {
    "code": """
code:general_impl | Code Generation | 30 | 36
code:debugging | Debugging | 21 | 40
code:file_read_write | File I/O | 14 | 34
code:review_security | Code Review | 9 | 30
code:shell_execution | Shell Execution | 8 | 28
code:frontend_ui | Frontend & UI | 8 | 38
code:repo_scan | Repo Scanning | 5 | 33
code:devops_config | DevOps & Config | 3 | 35
code:sql_database | SQL & Database | 2 | 26
""",
    "data": """
data:extraction | Data Extraction | 68 | 4
data:transformation | Data Transformation | 32 | 4.5
""",
    "agent": """
agent:workflow_execution | Workflow Execution | 55 | 30
agent:multi_step_planning | Multi-step Planning | 22 | 28
agent:tool_dispatch | Tool Dispatch | 9 | 14
agent:memory_extraction | Memory Extraction | 8 | 16
agent:web_search | Web Search | 6 | 15
""",
    "general": """
roleplay_fiction | Roleplay & Fiction | 21 | 6
classification_tagging | Classification | 19 | 2.5
conversational_reply | Conversation | 14 | 9
qa_knowledge | Q&A & Knowledge | 12 | 8
content_writing | Content Writing | 11 | 5
customer_support | Customer Support | 6 | 6
summarization | Summarization | 6 | 5
research_report | Research & Reports | 4 | 14
translation | Translation | 2 | 1.2
finance_trading | Finance & Trading | 2 | 8
security_audit | Security Audit | 1.5 | 17
devops | DevOps | 1 | 19
math | Math | .5 | 4
""",
}
# How a model's tokens go to the macro categories: of its programming, and of the rest.
SPLIT = {"code": (0.7, 0.0), "data": (0.0, 0.13), "agent": (0.3, 0.32), "general": (0.0, 0.55)}


@dataclass(frozen=True)
class _Task:
    """One tag with its tokens and requests by model."""

    tag: str
    name: str
    macro: str
    tokens: Floats
    requests: Floats


def tasks(world: World, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """/classifications/task: shares of the 7 days up to the last complete one, to three decimals."""
    choice(query, "window", ("7d",))
    last = last_complete_day(now)
    found = list(_tasks(world, last))
    tokens, requests = (float(sum(part.sum() for part in parts)) for parts in _columns(found))
    macros = {}
    for macro in MACRO_CATEGORIES:
        parts = _columns([task for task in found if task.macro == macro])
        macros[macro] = tuple(float(sum(part.sum() for part in column)) for column in parts)
    rows = [
        {
            "tag": task.tag,
            "display_name": task.name,
            "macro_category": task.macro,
            "usage_share": _share(task.requests.sum(), requests),
            "token_share": _share(task.tokens.sum(), tokens),
            "category_usage_share": _share(task.requests.sum(), macros[task.macro][1]),
            "category_token_share": _share(task.tokens.sum(), macros[task.macro][0]),
            "models": list(_tag_models(world, task)),
        }
        for task in sorted(found, key=lambda task: (-task.requests.sum(), task.tag))
    ]
    return {
        "data": {
            "window_days": TASK_WINDOW_DAYS,
            "as_of": last.isoformat(),
            "macro_categories": [
                {
                    "key": macro,
                    "label": macro.title(),
                    "usage_share": _share(macros[macro][1], requests),
                    "token_share": _share(macros[macro][0], tokens),
                }
                for macro in MACRO_CATEGORIES
            ],
            "classifications": rows,
        }
    }


def _columns(found: list[_Task]) -> tuple[list[Floats], list[Floats]]:
    return [task.tokens for task in found], [task.requests for task in found]


def _tasks(world: World, last: date) -> Iterator[_Task]:
    """Each tag's tokens and requests; a model's code tags together are in proportion to its programming."""
    end = world.index(last) + 1
    text = np.array([model.outputs[0] == "text" for model in world.models])
    used = world.truth[max(end - TASK_WINDOW_DAYS, 0) : max(end, 0)].sum(axis=0) * text
    if not used.any():
        return
    programming = world.sampled_share("category", "programming")
    verbosity = np.exp(0.5 * bell(world.seed, "verbosity", world.keys))
    for macro, text_of_tags in MACRO_CATEGORIES.items():
        lines = [[part.strip() for part in line.split("|")] for line in text_of_tags.strip().splitlines()]
        of_programming, of_rest = SPLIT[macro]
        volume = used * (of_programming * programming + of_rest * (1.0 - programming))
        weights = np.array(
            [float(weight) * np.exp(0.35 * bell(world.seed, "tag", tag, world.keys)) for tag, _, weight, _ in lines]
        )
        weights /= weights.sum(axis=0)
        for (tag, name, _, size), weight in zip(lines, weights, strict=True):
            sample = np.exp(0.04 * bell(world.seed, "sample", tag, world.keys, last.toordinal()))
            tokens = volume * weight * sample
            yield _Task(tag, name, macro, tokens, tokens / (float(size) * 1e3 * verbosity))


def _tag_models(world: World, task: _Task) -> Iterator[dict[str, Any]]:
    """The top models by requests; a variant is a model of its own."""
    for k in np.lexsort((world.alphabetical, -task.requests))[:MODELS_OF_A_TAG]:
        if task.requests[k] > 0:
            yield {
                "id": world.slugs[k],
                "tag_usage_share": _share(task.requests[k], task.requests.sum()),
                "tag_token_share": _share(task.tokens[k], task.tokens.sum()),
            }


def _share(part: float, whole: float) -> float:
    return round(float(part) / whole, 3) if whole > 0 else 0.0


# --- Session cost -------------------------------------------------------------------------------------------


def session_cost(world: World, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """/datasets/session-cost: cells of the snapshot that ends with the last complete Sunday, in pages."""
    turns = choice(query, "turn_range", TURN_RANGES)
    limit, offset = integer(query, "limit", 100, 1, 500), integer(query, "offset", 0, 0, 5000)
    last = last_complete_day(now)
    end = last - timedelta(days=(last.weekday() + 1) % 7)
    published = end - timedelta(days=SESSION_WINDOW_DAYS - 1) >= FLOOR
    apps = apps_of(world.seed)
    cells = [
        {
            "app_slug": cell.app.slug,
            "app_name": apps.name(cell.app, end),
            "turn_range": cell.turn_range,
            "model_permaslug": cell.model.permaslug,
            "median_session_cost_usd": cell.median_usd,
        }
        for cell in (apps.session_costs(end) if published else ())
        if query.get("app_slug", cell.app.slug) == cell.app.slug
        and query.get("model", cell.model.permaslug) == cell.model.permaslug
        and turns in (None, cell.turn_range)
    ]
    return {
        "data": cells[offset : offset + limit],
        "meta": {
            "as_of": stamp(now),
            "version": "v1",
            "window_days": SESSION_WINDOW_DAYS if published else None,
            "window_end_date": end.isoformat() if published else None,
        },
    }


# --- Benchmarks ---------------------------------------------------------------------------------------------

BENCHMARK_SOURCES = {
    "artificial-analysis": (
        "SIMULATED, no score is real. Source: Artificial Analysis (artificialanalysis.ai) via OpenRouter"
        " (openrouter.ai/rankings).",
        "https://artificialanalysis.ai",
    ),
    "design-arena": (
        "SIMULATED. Source: Design Arena (designarena.ai) via OpenRouter (openrouter.ai/rankings).",
        "https://www.designarena.ai",
    ),
    "openrouter": ("SIMULATED. Source: OpenRouter (openrouter.ai/rankings).", "https://openrouter.ai/rankings"),
}
INDICES = {"intelligence": "intelligence_index", "coding": "coding_index", "agentic": "agentic_index"}
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


def benchmarks(world: World, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """/benchmarks: Artificial Analysis' indices. The other sources are known, and have nothing in this world."""
    source = choice(query, "source", tuple(BENCHMARK_SOURCES))
    task = choice(query, "task_type", (*INDICES, "search"))
    kind = choice(
        query,
        "benchmark_type",
        (
            *("gpqa_diamond", "tau_bench_verified_airline"),
            *("search_browsecomp", "search_hle", "search_dsqa", "search_widesearch"),
        ),
    )
    choice(query, "arena", ("models", "builders", "agents"))
    choice(query, "search_surface", ("server-tool", "plugin"))
    choice(query, "include_run_config", ("true", "false"))
    most = integer(query, "max_results", 10**9 - 1, 1)
    searching = task == "search" or (kind or "").startswith("search_")
    items = [] if searching or source not in (None, "artificial-analysis") else list(_scores(world, now.date()))
    index = INDICES.get(task or "", "intelligence_index")
    if task in INDICES:
        items = [item for item in items if item[index] is not None]
    items.sort(key=lambda item: (-(item[index] or 0.0), item["model_permaslug"]))
    items = items[:most]
    citation, url = BENCHMARK_SOURCES[source] if source else (None, None)
    return {
        "data": items,
        "meta": {
            "as_of": stamp(datetime.combine(now.date(), time(), now.tzinfo)),  # the scores are taken over at midnight
            "version": "v1",
            "source": source,
            "source_url": url,
            "citation": citation,
            "model_count": len({item["model_permaslug"] for item in items}),
            "task_type": task,
        },
    }


def _scores(world: World, today: date) -> Iterator[dict[str, Any]]:
    """An item for each scored model, variants counted as one; some lack an index, some a price."""
    families: dict[str, list[Model]] = {}
    for model in world.models:
        families.setdefault(model.base, []).append(model)
    for base, models in families.items():
        launch = min(model.launch for model in models)
        if not launch <= today or not _is_scored(world, models[0], (today - launch).days):
            continue
        paid = next((model for model in models if not model.variant), None)
        priced = paid is not None and paid.alive(today) and paid.in_catalogue
        scores = _indices(world, models[0], launch, today)
        yield {
            "source": "artificial-analysis",
            "model_permaslug": base,
            "display_name": f"SIMULATED {models[0].title}",
            **scores,
            "pricing": prices(paid, world.price(paid, today)) if paid and priced else None,
        }


def _is_scored(world: World, model: Model, age_days: int) -> bool:
    if model.base in TOLD_SCORES:
        return True
    if model.author == "openrouter" or "text" not in model.outputs or age_days > SCORED_FOR_DAYS:
        return False
    return world.is_told(model) or uniform(world.seed, "scored", model.base)[0] < CROWD_SCORED


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
        for name, value, gap, part in zip(INDICES.values(), values, seen, lacking, strict=True)
    }


# --- Apps ---------------------------------------------------------------------------------------------------


def app_rankings(world: World, query: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """/datasets/app-rankings: apps by tokens or by growth, in one window, ranked after filtering, in pages."""
    sort = choice(query, "sort", ("popular", "trending")) or "popular"
    group = choice(query, "category", tuple(SUBCATEGORIES))
    tag = choice(query, "subcategory", tuple(tag for tags in SUBCATEGORIES.values() for tag in tags))
    if group and tag and tag not in SUBCATEGORIES[group]:
        raise Refusal(400, f"subcategory {tag!r} does not belong to category {group!r}")
    limit, offset = integer(query, "limit", 50, 1, 100), integer(query, "offset", 0, 0, 100)
    start, end = resolved_window(query, now)

    apps, today = apps_of(world.seed), now.date()
    tokens = apps.volumes(start, end, today)
    order: Floats = tokens.astype(np.float64)
    if sort == "trending":
        span = (end - start).days + 1
        first = start - timedelta(days=3 * span)
        order -= apps.volumes(first, start - timedelta(days=1), today) / 3.0
    wanted = {tag} if tag else set(SUBCATEGORIES[group]) if group else None
    ranked = [
        k
        for k in np.lexsort((apps.ids, -order))
        if tokens[k] > 0 and order[k] > 0 and (wanted is None or wanted & set(apps.apps[k].subcategories))
    ]
    return {
        "data": [
            {
                "rank": rank,
                "app_id": apps.apps[k].app_id,
                "app_name": apps.name(apps.apps[k], today),
                "total_tokens": str(tokens[k]),
                "total_requests": int(tokens[k] / apps.request_size[k]) + 1,
            }
            for rank, k in enumerate(ranked[offset : offset + limit], offset + 1)
        ],
        "meta": {"as_of": stamp(now), "version": "v1", "start_date": start.isoformat(), "end_date": end.isoformat()},
    }
