"""The questions of ``warehouse/queries`` and the notebook, on the recording that every clone has.

Belongs here: what holds for each question, its answer, and the notebook. Not here: the README's questions (``test_docs``).
"""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts.tables import MACROS
from pipeline.publish import saved_queries
from pipeline.settings import DATA_DIR_VARIABLE, WAREHOUSE, DataDir
from tests import answers
from tests.support import Loaded

RISE = [date(2025, 10, 27) + timedelta(days=7 * n) for n in range(6)]
RIVALS = ["x-ai/grok-code-fast-1", "anthropic/claude-4.5-sonnet-20250929"]


WITHHELD = [
    "do_list_prices_agree_with_measured_spend",
    "is_this_only_openrouter",
    "what_did_m2_cost_beside_claude",
    "what_does_intelligence_cost",
]
"""The questions whose rows may not be shown."""
NEEDS_KEY = {"how_much_of_coding_has_open_weights", "which_apps_moved_with_m2", *WITHHELD}
"""The questions that have no answer here: the recording has no catalogue, no scores, no lists of apps, and nothing of the
second gateway."""
HAS_ONE_VIEW = "what_did_m2_cost_beside_claude"
"""The one of them with a row even so: the ratio of list prices that are noted by hand."""


def withheld(recording: Loaded) -> set[str]:
    """The tables that may not be passed on."""
    return {name for (name,) in recording.rows("select table_name from reference.table_sources where not may_republish")}


def test_answers_are_what_the_tables_say(recording: Loaded) -> None:
    """Each question has the answer that stands beside it, and the index names each: else run `make answers`."""
    wanted = answers.wanted(recording.con)
    assert [path.name for path, page in wanted.items() if not path.exists() or path.read_text() != page] == []
    assert sorted(saved_queries.FOLDER.glob("*.md")) == sorted(wanted)


@pytest.mark.parametrize("asked", saved_queries.questions(), ids=lambda one: one.path.stem)
def test_question_keeps_the_habits(recording: Loaded, asked: saved_queries.Question) -> None:
    """It names the public tables it reads; its rows have one order, nothing of today, and something to cite them by."""
    named = {f"{MACROS[table].schema}.{table}" if table in MACROS else table for table in asked.tables}
    assert named == store.references(asked.sql)
    assert {table.partition(".")[0] for table in named} <= {"core", "marts", "reference"}
    assert asked.asked.endswith("?")
    for moving in ("now(", "current_", "today(", "age(", "random(", "ops."):
        assert moving not in asked.sql
    names, rows = store.ask(recording.con, asked.sql)
    ((parsed,),) = recording.rows("select json_serialize_sql($asked)", asked=asked.sql)
    (ordered,) = [
        one["orders"] for one in json.loads(parsed)["statements"][0]["node"]["modifiers"] if one["type"] == "ORDER_MODIFIER"
    ]
    places = [names.index(one["expression"]["column_names"][0]) for one in ordered if "column_names" in one["expression"]]
    assert len({tuple(row[place] for place in places) for row in rows}) == len(rows)
    assert bool(rows) == (asked.path.stem not in NEEDS_KEY - {HAS_ONE_VIEW})
    assert {"citation", "line_to_print"} & set(names)


def test_no_answer_passes_on_what_has_no_licence(recording: Loaded) -> None:
    """A question whose tables may not be passed on stands without a figure; every other one with its rows and citation."""
    asked = saved_queries.questions()
    assert [one.path.stem for one in asked if one.licensed & withheld(recording)] == WITHHELD
    for one in asked:
        text = one.answer.read_text()
        has_answer = one.path.stem not in NEEDS_KEY
        assert ("\n| " in text, "Source: OpenRouter" in text) == (has_answer, has_answer)
        assert ("This needs a key" in text) == (not has_answer)
        assert ("no licence" in text.partition("This needs")[2]) == (not one.licensed.isdisjoint(withheld(recording)))


def test_the_story_stands_in_the_answers(recording: Loaded) -> None:
    """80 billion on 2025-11-11 alone, third for six weeks behind two models, successors up to M2.5 in February."""

    def answer(name: str) -> list[dict[str, Any]]:
        return store.rows(recording.con, (saved_queries.FOLDER / f"{name}.sql").read_text())

    days = answer("when_did_m2_pass_80_billion_tokens")
    assert [(day["usage_date"], day["free_tokens"] + day["paid_tokens"]) for day in days if day["is_80_billion"]] == [
        (date(2025, 11, 11), 84_323_736_444)
    ]
    assert [week["week_start"] for week in answer("who_stood_above_m2") if set(week["models_above"]) == set(RIVALS)] == RISE
    launches = {one["base_permaslug"]: one for one in answer("how_did_m2_compare_with_other_launches")}
    assert launches["minimax/minimax-m2"]["coding_token_share_percent"] == 6.63
    heirs = {one["base_permaslug"]: (one["best_coding_rank"], one["peak_week"]) for one in answer("who_succeeded_m2")}
    assert heirs["minimax/minimax-m2.5-20260211"] == (1, date(2026, 2, 16))
    assert heirs["minimax/minimax-m3-20260531"] == (None, None)
    known = answer("what_was_known_on_a_date")
    assert [(one["platform_tokens"], one["is_provisional"]) for one in known] == [
        (7_865_670_510_190, True),
        (8_050_764_751_145, False),
        (8_050_764_751_145, False),
    ]


def run_notebook(data_dir: DataDir, monkeypatch: pytest.MonkeyPatch) -> tuple[str, dict[str, Any]]:
    """What the notebook shows of a directory, as HTML, and what its cells define."""
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(data_dir.path))
    spec = spec_from_file_location("notebook", WAREHOUSE / "notebooks" / "m2_coding_share.py")
    assert spec is not None
    assert spec.loader is not None
    notebook = module_from_spec(spec)
    spec.loader.exec_module(notebook)
    outputs, defined = notebook.app.run()
    return "".join(one.text for one in outputs if one is not None), dict(defined)


def test_notebook_draws_the_charts_of_the_page(recording: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run without a browser: whichever charts the page has can be drawn, and a question is answered with its citation."""
    shown, defined = run_notebook(recording.data_dir, monkeypatch)
    assert "SIMULATED" not in shown
    assert "<svg" in shown
    assert len(defined["charts"]) > 5
    for section in defined["charts"].values():
        drawn = defined["draw"](section, "minimax/minimax-m2").text
        assert "<path" in drawn, section.key
        assert "var(--" not in drawn, section.key
        assert "url(#hatch" not in drawn or 'id="hatch"' in drawn, section.key
    assert "minimax/minimax-m2" in defined["listed"]
    assert len(defined["asked"]) == len(saved_queries.questions())
    assert all(line.startswith("Source: OpenRouter") for line in defined["citations"])
    assert set(defined["cited"]["table_name"]) >= {"marts.m2_coding_share_weekly"}


def test_notebook_says_what_is_simulated_or_missing(
    recording: Loaded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulated data is called so; where nothing was published it says what to do, and asks nothing."""
    data_dir = DataDir(tmp_path)
    shown, defined = run_notebook(data_dir, monkeypatch)
    assert "publishes it" in shown
    assert "charts" not in defined
    data_dir.mark_simulated()
    shutil.copy(recording.data_dir.published, data_dir.published)
    shown, defined = run_notebook(data_dir, monkeypatch)
    assert "SIMULATED" in shown
    assert "drawn" in defined


def test_nowcasts_are_scored_without_a_key(recording: Loaded) -> None:
    """Coverage is near nominal and no change is beaten, whatever is known; with 0 or 1 days the last day is the same."""
    scores = store.rows(recording.con, store.read_sql("internal/backtest"))
    everything = [row for row in scores if row["scored_models"] == "all"]
    assert [row["days_known"] for row in everything] == list(range(8))
    for row in everything:
        assert {row["is_backtest"], row["is_coverage_near_nominal"], row["beats_no_change"]} == {True}
        assert row["beats_last_day"] == (row["days_known"] >= 2)
        assert (row["weeks"] >= 48, row["is_small_sample"]) == (True, False)
    m2 = next(row for row in scores if row["scored_models"] != "all" and row["days_known"] == 7)
    assert (m2["forecasts"], m2["error_pp"], m2["no_change_pp"], m2["is_small_sample"]) == (9, 0.59, 1.51, True)


def test_january_is_put_at_something(recording: Loaded) -> None:
    """Weeks that do not list M2, with an interval and the certain bound; without a listed day there is no estimate."""
    path = saved_queries.FOLDER / "what_would_the_week_of_5_january_have_been.sql"
    found = store.rows(recording.con, path.read_text())
    assert [(row["estimate_percent"], row["from_percent_80"], row["to_percent_80"]) for row in found] == [
        (1.55, 1.17, 2.04),
        (0.84, 0.61, 1.16),
        (None, None, None),
        (None, None, None),
    ]
    assert [row["certain_at_most_percent"] for row in found] == [2.61, 2.6, 3.0, 3.6]
