"""Rows in, rows out: what is said of makers, countries, weights and stealth models, and of what nobody classified."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.support import Row, instant
from tests.warehouse.names import CITED, M2, W1, W2
from tests.warehouse.readings import (
    CatalogueReading,
    Reading,
    Tables,
    bounded,
    days_of_week,
    entry,
    settled_day,
    settled_week,
)

pytestmark = pytest.mark.made_up_levels

CLAUDE, QWEN, TONGYI, GROK = "anthropic/claude-x", "qwen/qwen-x", "alibaba/tongyi-x", "x-ai/grok-x"
UNKNOWN = "newcomer/first-try"
STEALTH, STEALTH_2 = "openrouter/some-alpha", "stealth/thing"
W2_END = "2026-01-18"
DAY, NEXT_DAY = "2026-01-05", "2026-01-06"


@pytest.fixture
def decisions(tables: Tables) -> Iterator[Tables]:
    """Tables whose reference rows a test may change; they are as before after it."""
    for name in ("open_weights", "stealth_models"):
        tables.decide(f"create or replace temp table {name}_before as from reference.{name}")
    yield tables
    for name in ("open_weights", "stealth_models"):
        tables.decide(f"truncate reference.{name}")
        tables.decide(f"insert into reference.{name} from {name}_before")


def build_with_catalogue(
    tables: Tables, readings: list[Reading], catalogues: list[tuple[str, list[dict[str, Any]]]]
) -> None:
    tables.build(readings, [CatalogueReading(instant(at), tuple(entries)) for at, entries in catalogues])


def shares(tables: Tables, mart: str, key: str, measure: str, period: str) -> dict[str, tuple[Any, Any, Any]]:
    """Share and bounds of each class in a period."""
    time = "usage_date" if mart.endswith("daily") else "week_start"
    return {row[key]: bounded(row, measure) for row in tables.records(f"from marts.{mart}") if str(row[time]) == period}


def author_day(tables: Tables, period: str) -> dict[str, tuple[Any, Any, Any]]:
    return shares(tables, "author_token_share_daily", "canonical_author", "platform_token_share", period)


def country_week(tables: Tables, period: str, measure: str = "coding_token_share") -> dict[str, tuple[Any, Any, Any]]:
    return shares(tables, "country_token_share_weekly", "country", measure, period)


def weights_week(tables: Tables, period: str, measure: str = "coding_token_share") -> dict[str, tuple[Any, Any, Any]]:
    return shares(tables, "open_weight_token_share_weekly", "weights", measure, period)


def missing(tables: Tables) -> list[tuple[Any, ...]]:
    return tables.rows(
        "select attribute, subject, last_listed_on::varchar, platform_token_share "
        "from ops.unclassified order by attribute, subject"
    )


def about(low: float, high: float) -> tuple[Any, Any, Any]:
    """A listed class: the share is the lower bound."""
    return pytest.approx(low), pytest.approx(low), pytest.approx(high)


# --- authors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            [(CLAUDE, 40), (QWEN, 20), (f"{QWEN}:free", 5), (TONGYI, 10), (UNKNOWN, 5), ("other", 20)],
            {
                "anthropic": about(0.40, 0.65),
                "qwen": about(0.35, 0.60),
                "unclassified": (0.05, None, None),
                "other": (0.20, None, None),
            },
            id="Alibaba's models have two names, variants are summed; bounds add the unclassified 5 and other 20",
        ),
        pytest.param(
            [(CLAUDE, 75), (QWEN, 25)],
            {
                "anthropic": about(0.75, 0.75),
                "qwen": about(0.25, 0.25),
                "unclassified": (0, None, None),
                "other": (0, None, None),
            },
            id="without other nothing is censored",
        ),
        pytest.param(
            [("openrouter/hunter-alpha", 30), (STEALTH, 10), ("openrouter/auto", 20), ("other", 40)],
            {"unclassified": (pytest.approx(0.6), None, None), "other": (0.4, None, None)},
            id="stealth models and routers belong to no author, also once the maker is known, and none is missing",
        ),
    ],
)
def test_authors_of_a_day(tables: Tables, rows: list[Row], expected: dict[str, tuple[Any, Any, Any]]) -> None:
    """Share and bounds of each maker; the past of a stealth model is not relabelled."""
    tables.build(settled_day(DAY, rows))
    assert author_day(tables, DAY) == expected
    assert [subject for _, subject, *_ in missing(tables) if subject.startswith("openrouter")] == []
    unmasked = "select unmasked_as from reference.stealth_models where base_permaslug = 'openrouter/hunter-alpha'"
    assert tables.rows(unmasked) == [("xiaomi/mimo-v2-pro-20260318",)]


def test_an_absent_author_has_a_row_with_bounds(tables: Tables) -> None:
    """Absent is not zero: NULL between nothing and all that is unclassified or not listed, from the first listed day on."""
    tables.build(
        settled_day(DAY, [(CLAUDE, 90), ("other", 10)]), settled_day(NEXT_DAY, [(GROK, 70), (UNKNOWN, 5), ("other", 25)])
    )
    assert author_day(tables, NEXT_DAY)["anthropic"] == (None, 0, pytest.approx(0.30))
    assert "x-ai" not in author_day(tables, DAY)
    assert author_day(tables, DAY)["unclassified"] == (0, None, None)


def test_authors_of_coding_are_by_week(tables: Tables) -> None:
    """The coding share has coding as its denominator, whatever the platform says."""
    tables.build(settled_week(W1, [(M2, 20), (f"{M2}:free", 30), ("other", 50)]), days_of_week(W1, [(M2, 1), ("other", 99)]))
    found = shares(tables, "author_coding_token_share_weekly", "canonical_author", "coding_token_share", W1)
    assert found["minimax"] == about(0.5, 1)


# --- countries -----------------------------------------------------------------------------------------------------------


def test_countries_of_a_week(tables: Tables) -> None:
    """Makers of one country are summed; platform and coding are measured apart, each with its own bounds."""
    tables.build(
        settled_week(W1, [(M2, 30), (QWEN, 20), (CLAUDE, 25), (UNKNOWN, 10), ("other", 15)]),
        days_of_week(W1, [(M2, 10), (CLAUDE, 80), ("other", 10)]),
    )
    assert country_week(tables, W1) == {
        "CN": about(0.50, 0.75),
        "US": about(0.25, 0.50),
        "unclassified": (0.10, None, None),
        "other": (0.15, None, None),
    }
    assert country_week(tables, W1, "platform_token_share") == {
        "CN": about(0.10, 0.20),
        "US": about(0.80, 0.90),
        "unclassified": (0, None, None),
        "other": (0.10, None, None),
    }


def test_a_maker_without_a_known_country_is_asked_for(tables: Tables) -> None:
    """Who made it is known, where is not: classified as an author, not as a country."""
    tables.build(settled_day(DAY, [("poolside/laguna-x", 40), ("poolside/laguna-y", 20), ("other", 40)]))
    assert author_day(tables, DAY)["poolside"] == about(0.6, 1)
    assert ("country", "poolside", DAY, pytest.approx(0.6)) in missing(tables)
    assert [subject for kind, subject, *_ in missing(tables) if kind == "author"] == []


def test_the_platform_share_of_a_week_is_of_all_its_days(tables: Tables) -> None:
    """Six of seven days are no week, but for one with a day that does not exist (F33); a model that is listed on one day
    counts for that: 7 × 10 of 7 × 100 and one day more of 50."""
    platform = "platform_token_share"
    tables.build(settled_week(W1, [(M2, 90), ("other", 10)]), days_of_week(W1, [(M2, 5), ("other", 5)], without=(DAY,)))
    assert country_week(tables, W1, platform)["CN"] == (None, None, None)
    assert country_week(tables, W1)["CN"] == about(0.9, 1)
    tables.build(days_of_week("2025-06-09", [(M2, 30), ("other", 70)], without=("2025-06-15",)))
    assert country_week(tables, "2025-06-09", platform)["CN"] == about(0.3, 1)
    assert country_week(tables, "2025-06-09")["CN"] == (None, None, None)
    week = days_of_week(W1, [(M2, 10), ("other", 90)], without=(DAY,))
    tables.build(week, settled_day(DAY, [(M2, 10), (QWEN, 50), ("other", 40)]))
    assert country_week(tables, W1, platform)["CN"] == about(120 / 700, 1)


def test_a_row_with_a_cut_week_says_so(tables: Tables) -> None:
    """A row with a measure from a week cut at nine models is `top9`; it is cited by the newest answer behind it."""
    tables.build(settled_week(W1, [(M2, 9), ("other", 1)], capture="top9"), days_of_week(W1, [(M2, 10), ("other", 90)]))
    rows = tables.rows("select distinct capture, citation, is_provisional from marts.country_token_share_weekly")
    # Days are read four days after, the last one on 2026-01-15; the week on 2026-01-15 as well.
    assert rows == [("top9", CITED.format("2026-01-15T06:30:00"), False)]


# --- weights -------------------------------------------------------------------------------------------------------------


def test_open_weights_by_the_catalogue(tables: Tables) -> None:
    """A place of the weights makes them open, none makes them closed; a model in no catalogue is neither."""
    build_with_catalogue(
        tables,
        [settled_week(W1, [(M2, 40), (f"{M2}:free", 10), (GROK, 20), (UNKNOWN, 5), ("other", 25)])],
        [("2026-01-06T06:30", [entry(M2, hugging_face_id="MiniMaxAI/MiniMax-M2"), entry(GROK)])],
    )
    assert weights_week(tables, W1) == {
        "open": about(0.50, 0.80),
        "closed": about(0.20, 0.50),
        "unclassified": (0.05, None, None),
        "other": (0.25, None, None),
    }
    assert [(kind, subject) for kind, subject, *_ in missing(tables)] == [("author", "newcomer"), ("open weights", UNKNOWN)]


def test_weights_are_those_of_their_time(tables: Tables) -> None:
    """Weights opened later do not change the weeks before; before the first catalogue, the first one stands."""
    rows: list[Row] = [(M2, 60), ("other", 40)]
    build_with_catalogue(
        tables,
        [settled_week("2025-12-29", rows), settled_week(W1, rows), settled_week(W2, rows)],
        [
            ("2026-01-06T06:30", [entry(M2)]),
            ("2026-01-12T06:30", [entry(M2, hugging_face_id="MiniMaxAI/MiniMax-M2")]),
            ("2026-01-19T06:30", []),
        ],
    )
    assert weights_week(tables, "2025-12-29")["closed"] == about(0.6, 1)
    assert weights_week(tables, W1)["closed"] == about(0.6, 1)
    assert weights_week(tables, W2)["open"] == about(0.6, 1)
    assert weights_week(tables, W2)["closed"] == (None, 0, pytest.approx(0.4))
    assert tables.rows(
        "select valid_from::varchar, valid_to::varchar, has_open_weights from core.model_weights order by all"
    ) == [("0001-01-01", "2026-01-12", False), ("2026-01-12", None, True)]
    assert tables.rows("select has_open_weights from core.models") == [(True,)]


def test_people_outweigh_the_catalogue(decisions: Tables) -> None:
    """The longest pattern that fits decides, for all days, in the catalogue or not."""
    decisions.decide("""
        insert into reference.open_weights by name
        select unnest(['newcomer/*', 'newcomer/first-*', 'x-ai/grok-x']) as model_pattern,
            unnest([false, true, true]) as has_open_weights, 'test' as reason, 'test' as source
    """)
    build_with_catalogue(
        decisions,
        [settled_week(W1, [(UNKNOWN, 10), ("newcomer/second-try", 20), (GROK, 30), ("other", 40)])],
        [("2026-01-06T06:30", [entry(GROK)])],
    )
    assert decisions.rows("select base_permaslug, has_open_weights from core.models order by all") == [
        (UNKNOWN, True),
        ("newcomer/second-try", False),
        (GROK, True),
    ]
    assert weights_week(decisions, W1)["open"] == about(0.4, 0.8)


# --- stealth and routers -----------------------------------------------------------------------------------------------


def kinds(tables: Tables) -> dict[str, list[bool | None]]:
    """Whether each model is a router or a stealth model, and whether its weights are open."""
    query = "select base_permaslug, is_router, is_stealth, has_open_weights from core.models"
    return {name: rest for name, *rest in tables.rows(query)}


def test_routers_are_told_by_their_names(tables: Tables) -> None:
    """What OpenRouter offers under its own name, and the redirects, pass requests on; a redirect is no model."""
    names = ["openrouter/auto", "openrouter/auto-beta", "openrouter/new", "~anthropic/claude-opus-latest", CLAUDE]
    tables.build(settled_day(DAY, [*((name, 10) for name in [*names, "openrouter/some-beta"]), ("other", 40)]))
    assert kinds(tables) == {
        CLAUDE: [False, False, False],
        "openrouter/auto": [True, False, None],
        "openrouter/auto-beta": [True, False, None],
        "openrouter/new": [True, False, None],
        "openrouter/some-beta": [False, True, None],
        "~anthropic/claude-opus-latest": [True, False, None],
    }


def test_a_price_that_varies_is_that_of_a_router(tables: Tables) -> None:
    """By the newest catalogue that lists it; it has no weights, though the catalogue may name a place."""
    varies = {"prompt_usd_per_token": Decimal(-1), "completion_usd_per_token": Decimal(-1)}
    build_with_catalogue(
        tables,
        [settled_day(DAY, [("a/router", 10), (GROK, 10), ("other", 40)])],
        [
            ("2026-01-06T06:30", [entry("a/router", hugging_face_id="a/place"), entry(GROK) | varies]),
            ("2026-01-12T06:30", [entry("a/router", hugging_face_id="a/place") | varies, entry(GROK)]),
        ],
    )
    assert kinds(tables) == {"a/router": [True, False, None], GROK: [False, False, False]}
    assert missing(tables) == []


def test_a_stealth_model_has_unknown_weights_until_its_maker_is_known(decisions: Tables) -> None:
    """In the catalogue it has no repository, which says nothing; then it has those of the model it was, on all days."""
    decisions.decide("""
        insert into reference.stealth_models by name
        select unnest(['openrouter/quiet-alpha', 'openrouter/loud-alpha']) as base_permaslug,
            unnest(['minimax/minimax-m2', 'a/not-known']) as unmasked_as, 'test' as reason, 'test' as source
    """)
    names = ["openrouter/quiet-alpha", "openrouter/loud-alpha", "openrouter/still-alpha"]
    build_with_catalogue(
        decisions,
        [settled_week(W1, [*((name, 10) for name in names), (GROK, 30), ("other", 40)])],
        [("2026-01-06T06:30", [*map(entry, names), entry(GROK), entry(M2, hugging_face_id="MiniMaxAI/MiniMax-M2")])],
    )
    assert [kinds(decisions)[name][2] for name in names] == [True, None, None]
    assert weights_week(decisions, W1) == {
        "open": about(0.1, 0.7),
        "closed": about(0.3, 0.9),
        "unclassified": (0.2, None, None),
        "other": (0.4, None, None),
    }


# --- models --------------------------------------------------------------------------------------------------------------


def test_models_of_every_ranking_and_of_the_catalogue(tables: Tables) -> None:
    """Listed in whatever series, or only in the catalogue: one row, with the first and the newest period."""
    other_category = Reading(
        "category_week/roleplay", date(2025, 12, 29), instant("2026-01-08T06:30"), ((GROK, 7), ("other", 3))
    )
    build_with_catalogue(
        tables,
        [other_category, settled_week(W2, [(GROK, 6), ("other", 4)]), settled_day(DAY, [(CLAUDE, 5), ("other", 5)])],
        [("2026-01-06T06:30", [entry(QWEN)])],
    )
    found = tables.rows(
        "select base_permaslug, first_listed_on::varchar, last_listed_on::varchar from core.models order by base_permaslug"
    )
    assert found == [(CLAUDE, DAY, DAY), (QWEN, None, None), (GROK, "2025-12-29", W2_END)]


def test_a_model_in_the_catalogue_alone_is_not_asked_for(tables: Tables) -> None:
    """What no ranking lists moves no figure."""
    build_with_catalogue(tables, [settled_day(DAY, [(CLAUDE, 5), ("other", 5)])], [("2026-01-06T06:30", [entry(UNKNOWN)])])
    assert tables.rows("select count(*) from core.models where base_permaslug = $model", model=UNKNOWN) == [(1,)]
    assert missing(tables) == []


def test_a_share_asked_for_is_of_the_newest_day(tables: Tables) -> None:
    """An author's models are summed on the newest day that lists any of them; one listed in coding alone has none."""
    tables.build(
        settled_day(DAY, [(UNKNOWN, 50), ("other", 50)]),
        settled_day(NEXT_DAY, [("newcomer/second-try", 10), ("newcomer/second-try:free", 20), ("other", 70)]),
        settled_week(W2, [("elsewhere/coder", 50), ("other", 50)]),
    )
    assert missing(tables) == [
        ("author", "elsewhere", W2_END, None),
        ("author", "newcomer", NEXT_DAY, pytest.approx(0.3)),
        ("open weights", "elsewhere/coder", W2_END, None),
        ("open weights", UNKNOWN, DAY, 0.5),
        ("open weights", "newcomer/second-try", NEXT_DAY, pytest.approx(0.3)),
    ]
