"""What tokens cost by list price: by hand, and as planted figures with any part of completions give it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.warehouse.readings import (
    M2,
    CatalogueReading,
    Reading,
    Snapshot,
    Tables,
    entry,
    settled_day,
)

pytestmark = pytest.mark.made_up_levels

MONDAY = date(2026, 3, 2)
CHEAP, DEAR, EMBEDDING = "minimax/cheap", "anthropic/dear", "openai/embedding"
NAMES = {"cheap": CHEAP, "dear": DEAR}
MODELS = (CHEAP, f"{CHEAP}:free", "minimax/other", DEAR)
Cell = tuple[str, int]


def day_of(number: int) -> date:
    return MONDAY + timedelta(days=number)


def read_on(number: int, **prices: tuple[str, str]) -> CatalogueReading:
    """The catalogue of the morning of a day: dollars a million tokens, of prompt and of completion, by name."""
    entries = tuple(
        entry(NAMES.get(name, name), *(Decimal(price) / 1_000_000 for price in of_million))
        for name, of_million in prices.items()
    )
    return CatalogueReading(datetime.combine(day_of(number), time(6, 30), UTC), entries)


def week_of(rows: Mapping[str, int], *, days: int = 7, first: int = 0) -> list[Reading]:
    """The same million-fold rows on each day."""
    listed = [(name, 1_000_000 * tokens) for name, tokens in rows.items()]
    return [settled_day(str(day_of(first + n)), listed) for n in range(days)]


def shares(tables: Tables, of: str = "model") -> dict[str, dict[str, Any]]:
    found = tables.records("from marts.spend_share_weekly where spend_of = $of", of=of)
    return {row["subject"]: row for row in found}


PRICES = {"cheap": ("0.3", "1.2"), "dear": ("3", "15")}


def test_a_week_by_hand(tables: Tables) -> None:
    """Nine million tokens of one model and one million of another each day: 9 × 0.3 against 1 × 15 dollars, and so on."""
    tables.build(read_on(-1, **PRICES), week_of({CHEAP: 9, DEAR: 1, "other": 10}))
    found = shares(tables)
    cheap, dear = found[CHEAP], found[DEAR]
    assert (cheap["listed_tokens"], cheap["priced_tokens"], cheap["unpriced_tokens"]) == (63_000_000, 63_000_000, 0)
    assert (cheap["priced_token_share"], cheap["covered_token_share"], cheap["unpriced_token_share"]) == (0.9, 0.5, 0)
    assert [cheap[f"list_spend_usd_{end}"] for end in ("lower", "estimate", "upper")] == [
        Decimal(usd) for usd in ("18.9", "33.075", "75.6")
    ]
    assert cheap["list_spend_share_lower"] == pytest.approx(2.7 / 17.7)
    assert cheap["list_spend_share_upper"] == pytest.approx(10.8 / 13.8)
    assert cheap["list_spend_share_estimate"] == pytest.approx(9 * 0.525 / (9 * 0.525 + 6))
    assert dear["list_spend_share_lower"] == pytest.approx(3 / 13.8)
    assert dear["list_spend_share_upper"] == pytest.approx(15 / 17.7)
    assert (cheap["days_priced"], cheap["days_in_week"], cheap["completion_token_share_estimate"]) == (7, 7, 0.25)
    authors = shares(tables, "author")
    assert authors["minimax"]["list_spend_share_lower"] == cheap["list_spend_share_lower"]
    assert set(authors) == {"minimax", "anthropic"}


def test_a_past_day_is_priced_at_its_price(tables: Tables) -> None:
    """The price falls on Thursday: three days at the old price, four at the new one, and later catalogues change nothing."""
    fallen = {**PRICES, "cheap": ("0.1", "0.4")}
    tables.build(
        read_on(-1, **PRICES), read_on(3, **fallen), read_on(20, cheap=("9", "9"), dear=("9", "9")), week_of({CHEAP: 1})
    )
    (row,) = shares(tables).values()
    assert row["list_spend_usd_lower"] == 3 * Decimal("0.3") + 4 * Decimal("0.1")
    assert row["list_spend_usd_upper"] == 3 * Decimal("1.2") + 4 * Decimal("0.4")
    assert row["price_retrieved_at"] == datetime(2026, 3, 5, 6, 30, tzinfo=UTC)
    assert "2026-03-05T06:30:00Z" in row["price_citation"]


def test_free_costs_nothing_and_says_so(tables: Tables) -> None:
    """A free variant counts at 0, whether the catalogue knows it or not; a share of its model's tokens is free then."""
    tables.build(read_on(-1, **PRICES), week_of({CHEAP: 1, f"{CHEAP}:free": 3, DEAR: 1, f"{DEAR}:free:online": 1}))
    found = shares(tables)
    assert (found[CHEAP]["priced_tokens"], found[CHEAP]["zero_price_tokens"]) == (28_000_000, 21_000_000)
    assert found[CHEAP]["list_spend_usd_upper"] == 7 * Decimal("1.2")
    assert (found[DEAR]["zero_price_tokens"], found[DEAR]["unpriced_token_share"]) == (7_000_000, 0)


def test_only_free_tokens_have_no_share_of_spend(tables: Tables) -> None:
    """Nothing is spent: a share of it is not known, and not 0."""
    tables.build(read_on(-1, **PRICES), week_of({f"{CHEAP}:free": 3}))
    (row,) = shares(tables).values()
    assert (row["list_spend_usd_upper"], row["zero_price_tokens"], row["priced_token_share"]) == (0, 21_000_000, 1)
    assert {row[f"list_spend_share_{end}"] for end in ("lower", "estimate", "upper")} == {None}


def test_what_has_no_price_is_in_no_share(tables: Tables) -> None:
    """A model the catalogue lacks, and one that it lists from Friday on: unknown until then, never 0."""
    tables.build(read_on(-1, dear=PRICES["dear"]), read_on(4, **PRICES), week_of({CHEAP: 1, DEAR: 1, "c/unknown": 2}))
    found = shares(tables)
    assert (found[CHEAP]["priced_tokens"], found[CHEAP]["unpriced_tokens"]) == (3_000_000, 4_000_000)
    assert found[CHEAP]["list_spend_usd_lower"] == 3 * Decimal("0.3")
    assert found[CHEAP]["unpriced_token_share"] == pytest.approx((4 + 14) / 28)
    unknown = found["c/unknown"]
    assert (unknown["priced_tokens"], unknown["list_spend_usd_upper"], unknown["list_spend_share_upper"]) == (0, None, None)
    assert shares(tables, "author")["unclassified"]["unpriced_tokens"] == 14_000_000


def test_a_model_that_left_the_catalogue_has_no_price_from_then_on(tables: Tables) -> None:
    tables.build(read_on(-1, **PRICES), read_on(2, dear=PRICES["dear"]), week_of({CHEAP: 1, DEAR: 1}))
    assert shares(tables)[CHEAP]["priced_tokens"] == 2_000_000


@pytest.mark.parametrize(
    ("unit", "completion", "priced"),
    [("input token", None, 7_000_000), ("character or token", None, 0), ("token", "-1", 0), ("token", None, 0)],
)
def test_units_are_respected(tables: Tables, unit: str, completion: str | None, priced: int) -> None:
    """Embeddings are paid for by their prompts alone; what is not priced by the token, or varies, has no price."""
    catalogue = read_on(-1, **PRICES)
    embedding = {
        "id": EMBEDDING,
        "canonical_slug": EMBEDDING,
        "name": "Embedding",
        "price_unit": unit,
        "prompt_usd_per_unit": Decimal("0.0000002"),
        "completion_usd_per_unit": completion and Decimal(completion),
    }
    tables.build(CatalogueReading(catalogue.at, (*catalogue.entries, embedding)), week_of({EMBEDDING: 1, DEAR: 1}))
    row = shares(tables)[EMBEDDING]
    assert row["priced_tokens"] == priced
    expected = Decimal("1.4") if priced else None
    assert (row["list_spend_usd_lower"], row["list_spend_usd_upper"]) == (expected, expected)


def test_days_before_the_first_catalogue_do_not_count(tables: Tables) -> None:
    """The catalogue was first read on Saturday: two days, and all that is said of the week is of them."""
    tables.build(
        read_on(5, **PRICES), week_of({CHEAP: 1, DEAR: 1, "other": 2}, first=-7), week_of({CHEAP: 1, DEAR: 1, "other": 2})
    )
    found = shares(tables)
    assert {(row["week_start"], row["days_priced"], row["listed_tokens"]) for row in found.values()} == {
        (MONDAY, 2, 2_000_000)
    }
    assert found[CHEAP]["covered_token_share"] == 0.5


def test_a_week_with_a_day_missing_has_no_row(tables: Tables) -> None:
    """As for other shares of a week of the platform: the running week is not one."""
    tables.build(read_on(-1, **PRICES), week_of({CHEAP: 1}, days=6))
    assert shares(tables) == {}


def test_exact_beyond_doubles(tables: Tables) -> None:
    """A token more than doubles tell apart costs a token more."""
    many = 2**53 + 1
    rows = [settled_day(str(day_of(n)), [(CHEAP, many if n == 0 else 1)]) for n in range(7)]
    tables.build(read_on(-1, cheap=("1", "1")), rows)
    assert shares(tables)[CHEAP]["list_spend_usd_lower"] == Decimal(many + 6) / 1_000_000


# --- sessions ------------------------------------------------------------------------------------------------------------


def cell(model: str, usd: float, app: str = "cline", turns: str = "2-9-turns") -> dict[str, Any]:
    return {"app_slug": app, "turn_range": turns, "model_permaslug": model, "median_session_cost_usd": usd}


def test_sessions_are_compared_where_both_are_there(tables: Tables) -> None:
    """Each member of the lineage with each model of Claude, in the same app and number of turns; others are left out."""
    m21, sonnet, opus = "minimax/minimax-m2.1", "anthropic/claude-4.5-sonnet-20250929", "anthropic/claude-4.8-opus-20260528"
    cells = (
        *(cell(M2, 0.25), cell(m21, 0.5), cell(sonnet, 2.0), cell(opus, 5.0)),
        *(cell(M2, 0.1, turns="1-turn"), cell(M2, 9.0, "kilo"), cell(sonnet, 3.0, turns="50-plus-turns")),
        # Neither of the lineage, nor of a cost that is known, nor Claude's.
        *(cell("minimax/minimax-m2-her", 0.5), cell("openai/gpt-5", 1.0), cell(opus, 0.0, "zero"), cell(M2, 1.0, "zero")),
    )
    sunday = day_of(6)
    tables.build(Snapshot("session_cost", datetime(2026, 3, 10, 6, 30, tzinfo=UTC), cells, sunday))
    found = tables.rows(
        "select window_end, app_slug, turn_range, model_permaslug, claude_permaslug, session_cost_ratio "
        "from marts.session_cost_comparison order by all"
    )
    expected = [(m21, sonnet, 0.25), (m21, opus, 0.1), (M2, sonnet, 0.125), (M2, opus, 0.05)]
    assert sorted(found) == sorted((sunday, "cline", "2-9-turns", *one) for one in expected)


def test_sessions_are_compared_in_their_own_window(tables: Tables) -> None:
    """A week later the source lists Claude no longer: the old window stays, the new one has no row."""
    both = (cell(M2, 0.5), cell("anthropic/claude-4.5-sonnet-20250929", 2.0))
    first, later = (Snapshot("session_cost", datetime(2026, 3, on, 6, 30, tzinfo=UTC), cells, day_of(n))
                    for on, cells, n in ((10, both, 6), (17, both[:1], 13)))  # fmt: skip
    tables.build(first, later)
    row = tables.record("from marts.session_cost_comparison")
    assert (row["window_end"], row["median_session_cost_usd"], row["claude_session_cost_usd"]) == (day_of(6), 0.5, 2.0)
    assert row["citation"].startswith("Source: OpenRouter Data API (openrouter.ai/docs/cookbook")


@dataclass(frozen=True)
class World:
    """Tokens by variant and day, prices a million tokens by the day from which they are listed, and the part that is
    completions of each variant's tokens of each day."""

    tokens: Mapping[Cell, int]
    listed: Mapping[int, Mapping[str, tuple[Fraction, Fraction]]]
    completions: Mapping[Cell, Fraction]

    def cost(self, cell: Cell, completions: Fraction) -> Fraction:
        name, day = cell
        if name.endswith(":free"):
            return Fraction(0)
        prompt, completion = self.listed[max(first for first in self.listed if first <= day)][name]
        return self.tokens[cell] * ((1 - completions) * prompt + completions * completion)

    def ends(self, cells: Iterable[Cell]) -> tuple[Fraction, Fraction]:
        """The least and the most that these can cost."""
        both = [sorted((self.cost(cell, Fraction(0)), self.cost(cell, Fraction(1)))) for cell in cells]
        return sum((low for low, _ in both), Fraction(0)), sum((high for _, high in both), Fraction(0))

    def readings(self) -> list[CatalogueReading | Reading]:
        dollars = {
            first: {name: (str(float(prompt)), str(float(completion))) for name, (prompt, completion) in prices.items()}
            for first, prices in self.listed.items()
        }
        days = [
            settled_day(str(day_of(n)), [*((name, self.tokens[name, n]) for name in MODELS), ("other", 1)]) for n in range(7)
        ]
        return [*(read_on(first, **prices) for first, prices in dollars.items()), *days]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    cells = [(name, n) for name in MODELS for n in range(7)]
    price = st.integers(min_value=0, max_value=20_000).map(lambda number: Fraction(number, 1000))
    firsts = [-1, *sorted(draw(st.sets(st.integers(min_value=1, max_value=6), max_size=2)))]
    return World(
        {cell: draw(st.integers(min_value=1, max_value=9_000)) for cell in cells},
        {first: {name: (draw(price), draw(price)) for name in MODELS if ":" not in name} for first in firsts},
        {cell: Fraction(draw(st.integers(min_value=0, max_value=8)), 8) for cell in cells},
    )


def share(part: Fraction, rest: Fraction) -> Any:
    return pytest.approx(float(part / (part + rest))) if part + rest else None


@settings(
    max_examples=8,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(world=worlds())
def test_the_planted_truth_is_within(tables: Tables, world: World) -> None:
    """Whatever part of each variant's tokens of each day are completions, the true share is between the bounds; they are
    reached with the row's own at one end and all others at the other. Cheaper completions than prompts are no exception."""
    tables.build(world.readings())
    for of, ends_at in (("model", ":"), ("author", "/")):
        rows = shares(tables, of)
        assert set(rows) == {name.split(ends_at)[0] for name in MODELS}
        for subject, row in rows.items():
            own = [cell for cell in world.tokens if cell[0].split(ends_at)[0] == subject]
            others = [cell for cell in world.tokens if cell not in own]
            (least, most), (others_least, others_most) = world.ends(own), world.ends(others)
            assert row["list_spend_share_lower"] == share(least, others_most)
            assert row["list_spend_share_upper"] == share(most, others_least)
            for parts, name in ((dict.fromkeys(world.tokens, Fraction(1, 4)), "estimate"), (world.completions, "truth")):
                mine, rest = (sum((world.cost(cell, parts[cell]) for cell in cells), Fraction(0)) for cells in (own, others))
                if name == "estimate":
                    assert row["list_spend_share_estimate"] == share(mine, rest)
                elif mine + rest:
                    truth = float(mine / (mine + rest))
                    assert (
                        (row["list_spend_share_lower"] or 0) - 1e-12 <= truth <= (row["list_spend_share_upper"] or 1) + 1e-12
                    )
