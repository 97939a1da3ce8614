"""The catalogue for programs leads from a question to the right table, column and denominator.

Belongs here: questions as people ask them, each with the answer that a program has to find in ``warehouse/catalogue.json``.
Not here: whether the file is stale (``test_contracts``).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from pipeline.contracts import catalogue
from pipeline.contracts.tables import TABLES
from tests.support import Loaded


@dataclass(frozen=True)
class Asked:
    """A question, and where its answer is. ``share_of`` is a part of the column's denominator, "" where it is no share."""

    question: str
    table: str
    column: str
    share_of: str
    where: str = "true"


M2 = "minimax/minimax-m2"
QUESTIONS = (
    Asked("In which week did MiniMax M2's share of coding peak, and at which rank?", "marts.m2_coding_share_weekly",
          "coding_token_share", "category=programming", "coding_rank is not null"),
    Asked("Who led the coding leaderboard in the week of 3 November 2025?", "marts.coding_leaderboard_weekly",
          "coding_token_share", "category=programming", "week_start = '2025-11-03' and coding_rank = 1"),
    Asked("How large was the share of the whole M2 family with its successors?", "marts.lineage_share_weekly",
          "lineage_coding_token_share", "category=programming"),
    Asked("Which bounds has the share of a model in weeks that do not list it?", "marts.coding_share_weekly",
          "coding_token_share_upper", "category=programming", "coding_token_share is null"),
    Asked("How many tokens of M2 were free on its busiest day?", "marts.m2_usage_daily", "free_tokens", ""),
    Asked("How much of its usage did the model keep when the free window ended?", "marts.free_windows",
          "after_7d_token_share", "platform in the same days", f"base_permaslug = '{M2}'"),
    Asked("How much of all usage goes through free variants?", "marts.free_share_daily", "free_token_share",
          "platform on the same day"),
    Asked("Which share do Chinese makers have, compared with other countries?", "marts.country_token_share_weekly",
          "platform_token_share", "all tokens of the platform"),
    Asked("How large is the share of models with open weights?", "marts.open_weight_token_share_weekly",
          "coding_token_share", "category=programming"),
    Asked("What share of spend do makers have at list prices?", "marts.spend_share_weekly", "list_spend_share_estimate",
          "list spend of all listed tokens with a price"),
    Asked("Which labs lead at the second gateway by day?", "marts.gateway_lab_share_daily", "gateway_share",
          "second gateway on the same day"),
    Asked("Which apps use most tokens?", "marts.app_usage_weekly", "app_token_share", "another source than the apps"),
    Asked("What share of roleplay or marketing does a model variant have?", "core.category_usage_weekly",
          "category_token_share", "same category", "category = 'programming'"),
    Asked("Which tasks are requests for, debugging or translation?", "core.task_shares", "classified_token_share",
          "could classify"),
    Asked("Which part of the platform did a model variant have on a day?", "core.model_usage_daily",
          "platform_token_share", "all tokens of the platform", "usage_date = '2025-11-11'"),
)  # fmt: skip

EMPTY_WITHOUT_A_KEY = {"marts.gateway_lab_share_daily", "marts.spend_share_weekly", "marts.app_usage_weekly",
                       "marts.open_weight_token_share_weekly"}  # fmt: skip

COMMON_WORDS = """
    a an and at by did do does for has have how in is it its m of on or the to was were what when which who with
"""


@pytest.fixture(scope="module")
def read() -> dict[str, Any]:
    """The file, as a program that knows nothing else reads it."""
    found: dict[str, Any] = json.loads(catalogue.FILE.read_text())
    return found


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z0-9]+", text.lower())) - set(COMMON_WORDS.split())


def led_to(read: dict[str, Any], question: str) -> str:
    """The table whose answers have most words of the question, each counted the more the fewer tables have it."""
    answers: dict[str, set[str]] = {
        name: words(table["answers"]) for name, table in read["tables"].items() if "answers" in table
    }
    weight = {word: 1 / sum(word in one for one in answers.values()) for one in answers.values() for word in one}
    return max(answers, key=lambda name: sum(weight[word] for word in answers[name] & words(question)))


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.table)
def test_a_question_leads_to_its_table_column_and_denominator(read: dict[str, Any], asked: Asked) -> None:
    """By the words of the question alone; the column says what the share is a part of, or that it counts tokens."""
    assert led_to(read, asked.question) == asked.table
    columns = read["tables"][asked.table]["columns"].replace("?", "").split()
    assert asked.column in columns
    column = read["columns"][asked.column]
    if asked.share_of:
        assert asked.share_of in column["denominator"]
    else:
        assert (column["unit"], column.get("denominator")) == ("tokens", None)


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda asked: asked.table)
def test_what_the_catalogue_names_can_be_queried(read: dict[str, Any], recording: Loaded, asked: Asked) -> None:
    """On a built file, with key and citation beside the figure; rows come wherever the recording has some."""
    table = read["tables"][asked.table]
    cited = ", citation" if "citation" in table["columns"].replace("?", "").split() else ""
    key = ", ".join(table["key"].split())
    query = f"select {key}, {asked.column}{cited} from {asked.table} where {asked.where} limit 5"  # noqa: S608 - texts of this file
    rows = recording.rows(query)
    needs_key = asked.table in EMPTY_WITHOUT_A_KEY or (asked.table == "core.task_shares" and not rows)
    assert needs_key or rows
    assert all("OpenRouter" in row[-1] for row in rows if cited)


def test_figures_that_differ_only_by_denominator_are_told_apart(read: dict[str, Any]) -> None:
    """M2's share of coding and of the platform are different figures: no two of these denominators are the same text."""
    names = ("coding_token_share", "platform_token_share", "list_spend_share_estimate", "gateway_share", "app_token_share")
    assert len({read["columns"][name]["denominator"] for name in names}) == len(names)


def test_every_share_has_its_denominator(read: dict[str, Any]) -> None:
    """A new share cannot come without one; what has no denominator is no share."""
    for name, column in read["columns"].items():
        assert ("fraction" in column.get("unit", "")) == ("denominator" in column), name


def test_answers_are_of_tables_that_exist() -> None:
    """A table that is renamed takes its answers along."""
    assert catalogue._ANSWERS.keys() <= TABLES.keys()
