"""The catalogue for programs, ``warehouse/catalogue.json``: tables, what they answer, and the denominators of shares.

Belongs here: what a program needs to choose a table and to say what a figure is of, beyond what the contracts say anyway.
Not here: the contracts (``tables``, ``columns``), the dictionary for people (``docs``), which writes both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from pipeline.contracts.columns import Column
from pipeline.contracts.tables import MACROS, TABLES, Table
from pipeline.settings import WAREHOUSE

FILE = WAREHOUSE / "catalogue.json"

_BLOCK = "all tokens of the same block, `other` included"
_PLATFORM = "all tokens of the platform in the same period, `other` included"
_CODING = "all tokens of the week in category=programming, `other` included (a sampled estimate)"
_WINDOW = "all of it that the source could classify in the trailing week, from a sample"

# What a share is a part of, by the name of its column: the first pattern that fits decides.
_DENOMINATORS: tuple[tuple[str, str], ...] = (
    (r"^coding_token_share_estimate|^no_change_token|^last_day_token", "all tokens of the same period in coding, estimated"),
    (r"^(peak_|lineage_)?coding_token_share|^smallest_listed_token_share|^other_token_share", _CODING),
    (r"^platform_token_share|^listed_share|^stealth_share", _PLATFORM),
    (r"^(before|after)_\d+d_token_share", "all tokens of the platform in the same days, `other` included"),
    (r"^free_token_share", "all tokens of the platform on the same day, `other` included"),
    (r"^model_free_token_share", "all listed tokens of the model in the free window"),
    (r"^category_token_share", "all tokens of the week in the same category, `other` included (a sampled estimate)"),
    (r"^language_token_share", "all tokens of the week in the same language type, `other` included (a sampled estimate)"),
    (r"^modality_token_share", "all tokens of the day in the same modality, `other` included"),
    (r"^context_token_share", "all tokens of the day in the same context bucket, `other` included"),
    (r"^(block_token|m2_token)_share", _BLOCK),
    (r"app_token_share$", "all tokens of the platform in the same week (another source than the apps)"),
    (r"^app_list_token_share", "all tokens of the platform in the same week (another source than the apps)"),
    (r"^list_spend_share", "the list spend of all listed tokens with a price in the same week"),
    (r"^covered_token_share", "all tokens of the platform on the days with prices, `other` included"),
    (r"^priced_token_share", "all tokens with a price in the same week"),
    (r"^unpriced_token_share", "the listed tokens of the same days"),
    (r"^completion_token_share", "the tokens of the same row"),
    (r"^gateway_spend_mean", "all measured spend at the second gateway, day by day"),
    (r"^gateway_token_mean", "all tokens at the second gateway, day by day"),
    (r"^gateway_request_mean", "all requests at the second gateway, day by day"),
    (r"^(gateway|peak_gateway)(_mean)?_share", "all of the same metric at the second gateway on the same day"),
    (r"^classified_(token|request)_share", _WINDOW),
    (r"^(model_)?macro_(token|request)_share", "all of the same macro category in the trailing week, from a sample"),
    (r"^tag_(token|request)_share", "all of the same task in the trailing week, from a sample"),
    (r"^measure_share", "what the column `measure` of the row says: the definition differs from measure to measure"),
    (r"^visible_token_share", "the tokens of the nine largest rows of the week"),
    (r"^top_50_token_share", "the tokens of the fifty largest rows of the week"),
    (r"^(changed|upward)_pair_share", "pairs of fetches, not tokens"),
    (r"^coverage_share", "scored forecasts, not tokens"),
    (r"^peak_share_percentile", "the other launches, not tokens"),
    (r"^(shorter_stay|survival)_share", "stays in the list, not tokens"),
)

# Which questions a table answers, in the words of those who ask. Tables that are steps on the way to these have none.
_ANSWERS: Mapping[str, str] = {
    "marts.m2_coding_share_weekly": "MiniMax M2's share of coding by week, its rank and its peak week",
    "marts.coding_share_weekly": "one model's share of coding by week, with bounds for the weeks that do not list it",
    "marts.coding_leaderboard_weekly": "who led coding in a week: leaderboard, ranks and changes of rank",
    "marts.lineage_share_weekly": "share of coding of a family together: M2 and its successors M2.1, M2.5, M2.7, M3",
    "marts.m2_usage_daily": "tokens of MiniMax M2 by day, free and paid, and its busiest day",
    "marts.free_windows": "when a model was free, when its free window ended and how much of its usage it kept",
    "marts.free_share_daily": "how much of all usage goes through free variants, by day",
    "marts.country_token_share_weekly": "share of Chinese, American and other makers: countries by week",
    "marts.open_weight_token_share_weekly": "share of models with open weights beside closed ones, by week",
    "marts.author_token_share_daily": "share of a maker (author) of the whole platform by day",
    "marts.author_coding_token_share_weekly": "share of a maker (author) of coding by week",
    "marts.spend_share_weekly": "share of spend: what models and makers cost at list prices",
    "marts.gateway_lab_share_daily": "share of labs at the second gateway (Vercel AI Gateway) by day",
    "marts.gateway_comparison_weekly": "OpenRouter beside the second gateway, makers by week",
    "marts.app_usage_weekly": "which apps use most tokens, by week",
    "marts.launch_curves": "launches compared, week by week since the first listing, with peak and half-life",
    "marts.event_studies": "what moved around a release, a change of price or the end of a free window",
    "marts.coding_intensity_weekly": "whether a model is used more for coding than for anything else",
    "marts.coding_concentration_weekly": "how concentrated coding is: Herfindahl index, effective number of models",
    "marts.coding_share_error_weekly": "sampling error of shares of coding: which ranks are certain",
    "marts.coding_share_nowcast": "estimate (nowcast) of a share of coding for a week that is not final",
    "marts.restatements": "which published figures were revised later, and by how much",
    "marts.claim_checks": "whether a public claim about OpenRouter usage is confirmed or refuted",
    "marts.m2_milestones": "milestones of MiniMax M2: first days, passes, records",
    "marts.events": "what happened lately: entries, exits, passes and jumps",
    "marts.citations": "how to cite a table, its licence, whether it may be republished",
    "core.model_usage_daily": "tokens and share of the platform of any model variant by day",
    "core.model_usage_weekly": "tokens and share of the platform of any model variant by week",
    "core.category_usage_weekly": "share of any category (marketing, roleplay, science, …) of any model variant by week",
    "core.task_shares": "which tasks requests are for, such as debugging or translation, in the trailing week",
    "core.task_macro_model_shares": "share of models in a macro category of tasks in the trailing week",
}

_GUIDE: Mapping[str, Any] = {
    "rules": [
        "State the denominator with every share: a share of coding, of the platform and of spend are different figures.",
        "NULL is not zero. A model that is not listed has at most its *_upper bound; use *_lower and *_upper.",
        "In `columns` of a table ? marks those that may be NULL there. A name means the same in every table.",
        "Weeks of categories are scaled samples: quote their shares and ranks, never their token levels.",
        "is_provisional: later fetches may still change the row. Say so.",
        "Models are named by base_permaslug (variants summed) in marts, by model_permaslug in core. `other` is not a model.",
        "A figure as it was known at an instant: the macros main.<table>_as_of('2026-07-19 12:00:00Z').",
    ],
    "cite": "Print the row's `citation` beside the figure; of a table without that column, that of marts.citations. Where "
    "marts.citations.may_republish is false, quote single figures and publish no rows.",
    "open": {
        "file": "openrouter.duckdb in the data directory: replaced as a whole by each run, so open it anew for each session",
        "cli": 'openrouter-usage sql --format json "from marts.m2_coding_share_weekly"',
        "mcp": {
            "mcpServers": {
                "openrouter-usage": {
                    "command": "uvx",
                    "args": ["mcp-server-motherduck", "--db-path", "/path/to/openrouter.duckdb"],
                }
            }
        },
        "mcp_note": "Since its version 1 this server opens files read-only unless --read-write is given; version 0 needs "
        "--read-only. It is not part of this project and is not tested by it.",
    },
    "queries": "warehouse/queries: one select a question, each with its answer beside it",
}


def denominator(column: Column) -> str | None:
    """What a share is a part of; None of a column that is no share."""
    if column.unit is None or "fraction" not in column.unit:
        return None
    return next((text for pattern, text in _DENOMINATORS if re.search(pattern, column.name)), None)


def catalogue() -> dict[str, Any]:
    """Columns stand once, as a name means the same in every table; ``?`` in a table marks one that may be NULL there."""
    used = {column.name: column for table in TABLES.values() for column in table.columns}
    return {
        "about": "Token usage on OpenRouter, by model, day, week and category. Generated from pipeline/contracts.",
        **_GUIDE,
        "tables": {name: _table(table) for name, table in TABLES.items()},
        "macros": {
            macro.name: {"parameter": macro.parameter, "rows_of": macro.table, "description": macro.description}
            for macro in MACROS.values()
        },
        "columns": {name: _column(used[name]) for name in sorted(used)},
    }


def _table(table: Table) -> dict[str, Any]:
    answers = {"answers": _ANSWERS[table.full_name]} if table.full_name in _ANSWERS else {}
    return {
        **answers,
        "grain": table.description,
        "key": " ".join(table.key),
        "columns": " ".join(table.marked_columns),
    }


def _column(column: Column) -> dict[str, str]:
    shown = {"type": column.type, "meaning": column.description}
    if column.unit:
        shown["unit"] = column.unit
    if share_of := denominator(column):
        shown["denominator"] = share_of
    return {**shown, "null": _null(column)}


def _null(column: Column) -> str:
    """What NULL means where the column may be NULL: the part of the description that says so."""
    parts = re.split(r"(?<=[.;]) ", column.description)
    said = [part.rstrip(";.") for part in parts if "NULL" in part]
    return "; ".join(said) if said else "not known; never zero"


def written() -> str:
    """The file as it should be."""
    return json.dumps(catalogue(), indent=1, ensure_ascii=False) + "\n"
