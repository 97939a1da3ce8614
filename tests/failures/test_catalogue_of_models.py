"""The live catalogue: units and exact prices, pages, odd entries, ids that are renamed, stealth models and routers.

Real responses lie beside the checkout: ``cases/files`` holds those that once failed, ``history/models`` the long history.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from pipeline import store
from pipeline.contracts.tables import TABLES
from pipeline.load import loading
from pipeline.load.report import LoadReport
from pipeline.openrouter.endpoints.models import MODELS
from pipeline.run.session import MOST_PAGES, Workspace
from pipeline.simulator.server import Simulator
from tests import support
from tests.failures import troubles
from tests.failures.conftest import Answers
from tests.support import Loaded

pytestmark = pytest.mark.without_page

CASES = support.SHARED / "cases" / "files"
HISTORY = support.HISTORY / "models"

needs_cases = pytest.mark.skipif(not CASES.is_dir(), reason="the cases do not lie beside this checkout")

PRICES = ("core.model_prices", "core.model_catalogue")


def failing_checks(tables: Loaded) -> dict[str, int]:
    """How many rows each check finds that should find none, of tables that hold rows."""
    found = {
        name: store.failing_rows(tables.con, select).count
        for table in TABLES.values()
        if table.schema in ("core", "marts")
        for name, select in store.checks(table).items()
    }
    return {name: count for name, count in found.items() if count}


Build = Callable[[Path], Loaded]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """A folder of recorded responses, imported, loaded and built once for all tests that look at it."""
    with ExitStack() as stack:
        yield cache(lambda folder: stack.enter_context(contextmanager(support.loaded)(tmp_path_factory, folder)))


def entries_of(folder: Path) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """Every entry of every recorded catalogue of a folder, with the instant of its reading."""
    for file in sorted(folder.rglob("*.json.gz")):
        recorded = json.loads(gzip.decompress(file.read_bytes()))
        for entry in recorded["response"]["body"]["data"]:
            yield datetime.fromisoformat(recorded["retrieved_at"]), entry


# --- F39: every real catalogue is accepted ---------------------------------------------------------------------------------


@support.needs_history
def test_f39_every_recorded_catalogue_is_accepted(built: Build) -> None:
    """24 of all modalities and 41 of text models, with every entry of each."""
    tables = built(HISTORY)
    imported = tables.rows("select series, count(*) from raw.exchanges group by all order by all")
    assert imported == [("models", 41), ("models/all", 24)]
    assert tables.report.verdicts == {"loaded": 24 + 41}
    assert tables.rows("from raw.quarantine") == []
    assert [name for name, outcome in tables.report.outcomes.items() if not outcome.passed] == []
    counted = tables.rows(
        "select series, count(*) from raw.readings join raw.catalogue_rows using (block_hash) group by all"
    )
    assert dict(counted).keys() == {"models", "models/all"}
    assert dict(counted)["models/all"] > 400 * 24
    assert dict(counted)["models"] > 300 * 41


AT = "2025-11-20T07:00"


def landed(answers: Answers, *spoils: troubles.Spoil, at: str = AT, names: Iterable[str] = PRICES) -> LoadReport:
    """Load a simulated catalogue that was spoilt, and build these tables."""
    answers.land("models/all", "2025-11-20", "2025-11-20", at, *spoils)
    answers.load(names)
    return answers.report


def in_every(part: int, **values: Any) -> troubles.Spoil:
    """Change one entry in so many."""
    return lambda found: [one.update(values) for one in found["data"][::part]]


NEW_KIND = {"architecture": {"output_modalities": ["smell"]}, "pricing": {"whiff": "3"}}
ACCEPTED: dict[str, tuple[troubles.Spoil, int]] = {
    "one entry that is not priced by the token though it gives text": (
        troubles.entry(3, pricing={"prompt": "0.36", "completion": "0"}),
        1,
    ),
    "one entry with a price below zero": (troubles.entry(3, pricing={"prompt": "-2", "completion": "0"}), 1),
    "one entry that names no author": (troubles.entry(3, canonical_slug="Whisper"), 1),
    "one entry that is not an object": (lambda found: found["data"].append("an entry"), 1),
    "a third of a new kind, priced in an unknown way": (in_every(3, **NEW_KIND), 0),
    "a third without any price": (in_every(3, pricing=None), -1),
}


@pytest.mark.parametrize(("spoil", "aside"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_f39_an_odd_entry_costs_only_itself(answers: Answers, spoil: troubles.Spoil, aside: int) -> None:
    """What cannot be read is in quarantine with its reason; the rest of the catalogue is of this reading."""
    report = landed(answers, spoil)
    assert report.verdicts == {"loaded": 1}
    assert report.unresolved == []
    (counted,) = answers.rows("select count(*) as entries from core.model_catalogue")
    quarantined = answers.rows("select reason, row_content from raw.quarantine")
    assert all(row["reason"] and row["row_content"] for row in quarantined)
    if aside >= 0:
        assert len(quarantined) == aside
    assert counted["entries"] > 55
    assert report.outcomes["every_entry_is_typed"].passed == (aside == 0)


def test_f39_half_a_catalogue_is_not_the_next_one(answers: Answers) -> None:
    """Fewer than half the entries of the reading before, though it says that it is whole."""
    landed(answers, names=())
    cut: troubles.Spoil = lambda found: found.update(data=found["data"][:55], total_count=55)  # noqa: E731
    many: troubles.Spoil = lambda found: found["data"].extend(  # noqa: E731
        one | {"id": f"{one['id']}:batch"} for one in list(found["data"])
    )
    landed(answers, many, lambda found: found.update(total_count=len(found["data"])), at="2025-11-21T07:00", names=())
    report = landed(answers, cut, at="2025-11-22T07:00", names=())
    assert report.verdicts == {"refused": 1}
    assert "snapshot_keeps_its_length" in report.unresolved[0]["reason"]


# --- F40: a price has its unit, or is NULL ---------------------------------------------------------------------------------


@needs_cases
def test_f40_what_is_not_priced_by_the_token_has_no_price_per_million(built: Build) -> None:
    """Transcription and speech keep the price that the catalogue states, and its unit; no token of theirs has one."""
    tables = built(CASES / "prices-of-other-units")
    assert tables.report.verdicts == {"loaded": 1}
    odd = "id in (select id from core.model_catalogue where output_modalities in ('transcription', 'speech'))"
    assert tables.rows(f"select count(*), count(prompt_usd_per_unit) from core.model_catalogue where {odd}") == [(28, 28)]  # noqa: S608
    assert tables.rows(
        "select model_permaslug, price_unit, prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million "
        "from core.model_prices where model_permaslug in ('openai/whisper-1', 'deepgram/nova-3-20260714', "
        "'mistralai/voxtral-mini-transcribe-2602') order by 1"
    ) == [
        (model, "audio time or token", None, None, None)
        for model in ("deepgram/nova-3-20260714", "mistralai/voxtral-mini-transcribe-2602", "openai/whisper-1")
    ]
    assert tables.rows(
        "select count(*) from core.model_prices join core.model_catalogue using (price_unit) "
        "where price_unit not in ('token', 'input token') and "
        "coalesce(prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million) is not null"
    ) == [(0,)]
    assert tables.rows(
        "select price_unit, prompt_usd_per_unit, prompt_usd_per_token from core.model_catalogue "
        "where id = 'openai/whisper-1'"
    ) == [("audio time or token", Decimal("0.006"), None)]
    assert failing_checks(tables) == {}


def test_f40_embeddings_are_priced_by_the_tokens_they_take(answers: Answers) -> None:
    """They have a price of a million prompt tokens, none of a completion, and no blend of both; so is their usage priced."""
    landed(answers)
    (row,) = answers.rows(
        "select price_unit, prompt_usd_per_million > 0 as has_prompt, completion_usd_per_million, blended_usd_per_million "
        "from core.model_prices where model_permaslug = 'openai/text-embedding-3-small'"
    )
    assert row == {
        "price_unit": "input token",
        "has_prompt": True,
        "completion_usd_per_million": None,
        "blended_usd_per_million": None,
    }
    assert answers.rows(
        "select price_unit, prompt_usd_per_million from core.model_prices where model_permaslug = 'openai/whisper-1'"
    ) == [{"price_unit": "audio time or token", "prompt_usd_per_million": None}]


# --- F40: exact, from the text to the table --------------------------------------------------------------------------------


@support.needs_history
def test_f40_every_price_of_the_long_history_is_exact(built: Build) -> None:
    """Of all spans of all prices none differs from the exact decimal of the text of its reading."""
    tables = built(HISTORY)
    written: dict[tuple[str, datetime], set[tuple[Decimal, Decimal]]] = {}
    for at, entry in entries_of(HISTORY):
        _, _, variant = entry["id"].partition(":")
        name = entry["canonical_slug"] + (f":{variant}" if variant else "")
        prompt, completion = (Decimal(entry["pricing"][one]) for one in ("prompt", "completion"))
        written.setdefault((name, at), set()).add((1_000_000 * prompt, 1_000_000 * completion))
    spans = tables.rows(
        "select model_permaslug, known_from, prompt_usd_per_million, completion_usd_per_million, blended_usd_per_million "
        "from core.model_prices where price_unit = 'token' and prompt_usd_per_million is not null and variant <> 'free'"
    )
    assert len(spans) > 1_000
    differing = [
        (name, at)
        for name, at, prompt, completion, blended in spans
        if (prompt, completion) not in written[name, at] or blended != (3 * prompt + completion) / 4
    ]
    assert differing == []
    # M2's price as it rose: as in the week of its peak until the catalogue of 15 November, then one through all of November.
    assert tables.rows(
        "select known_from, prompt_usd_per_million, completion_usd_per_million from core.model_prices "
        "where model_permaslug = 'minimax/minimax-m2' and known_from < '2026-01-01' order by known_from"
    ) == [
        (datetime(2025, 11, 7, 18, 15, 38, 404190, UTC), Decimal("0.15"), Decimal("0.45")),
        (datetime(2025, 11, 15, 17, 33, 58, 658847, UTC), Decimal("0.255"), Decimal("1.02")),
    ]
    assert failing_checks(tables) == {}


# --- F41: a page is not the catalogue --------------------------------------------------------------------------------------


@needs_cases
def test_f41_a_page_is_never_taken_for_the_whole(built: Build) -> None:
    """A first page that links the next, and a page from the middle, are refused; the 120 entries stay, and their prices."""
    tables = built(CASES / "catalogue-page-believed-whole")
    assert tables.report.verdicts == {"loaded": 1, "refused": 2}
    reasons = {row["reason"] for row in tables.report.unresolved}
    assert all("no_page_is_missing" in reason for reason in reasons)
    assert tables.rows("select count(*) from core.model_catalogue") == [(120,)]
    assert tables.rows("select count(*) from core.model_prices where known_to is not null") == [(0,)]


@pytest.fixture
def asked(tmp_path: Path) -> Callable[..., tuple[LoadReport, list[dict[str, Any]], Simulator]]:
    """Ask a simulated source for its catalogue over HTTP as a run does, and load what came."""

    def ask(**source: Any) -> tuple[LoadReport, list[dict[str, Any]], Simulator]:
        now = support.instant("2026-02-10T07:00")
        simulator = Simulator(clock=lambda: now, limits=None, **source)
        workspace = Workspace(support.settings_for(tmp_path, simulated=True), clock=lambda: now, simulator=simulator)
        with workspace.running():
            workspace.ask(MODELS.request(output_modalities="all"))
            with workspace.store.writer() as con:
                report = loading.load(con, workspace.landing, run_id="test")
                return report, store.rows(con, "select id from raw.catalogue_rows order by id"), simulator

    return ask


def test_f41_pages_are_put_together(asked: Callable[..., Any], tmp_path: Path) -> None:
    """A source that begins to give 60 entries at a time is asked on, and all of them are one reading."""
    report, found, simulator = asked(catalogue_page=60)
    whole = json.loads(Simulator(clock=simulator._clock, limits=None).respond(
        "GET", "/api/v1/models", {"output_modalities": "all"}, {}
    ).body)["data"]  # fmt: skip
    assert len(whole) > 80
    assert [row["id"] for row in found] == sorted(entry["id"] for entry in whole)
    assert report.verdicts == {"loaded": len(simulator.requests)} == {"loaded": -(-len(whole) // 60)}
    assert [request.query.get("offset") for request in simulator.requests] == [None, "60"]


def spoilt_page(number: int, change: Callable[[Any], object]) -> Callable[..., Any]:
    """The source as it is, but for one of its pages."""
    count = 0

    def tamper(path: str, query: Mapping[str, str], answer: Any) -> Any:
        nonlocal count
        count += 1
        return troubles.body(change)(answer) if count == number else answer

    return tamper


UNWHOLE: dict[str, tuple[int, Callable[[Any], object], str]] = {
    "a page that names no next one though there are more": (1, lambda found: found["links"].update(next=None), "no_page"),
    "a page that leads back to itself": (2, lambda found: found["links"].update(next="/models?offset=60"), "no_page"),
    "a page that leads past entries": (1, lambda found: found["links"].update(next="/models?offset=80"), "no_page"),
    "pages that count otherwise": (2, lambda found: found.update(total_count=found["total_count"] + 1), "renewed"),
    "a page that does not say where the next begins": (1, lambda found: found["links"].update(next="/models"), "`links`"),
    "a page that leads past a single entry": (1, lambda found: found["links"].update(next="/models?offset=61"), "no_page"),
    "a page that lacks entries": (2, lambda found: found["data"].__delitem__(slice(20, None)), "no_page"),
    "a page that cannot be read": (2, lambda found: found.pop("data"), "lacks data"),
}


@pytest.mark.parametrize(("number", "change", "reason"), UNWHOLE.values(), ids=UNWHOLE.keys())
def test_f41_pages_that_are_not_the_whole_are_refused(
    asked: Callable[..., Any], number: int, change: Callable[[Any], object], reason: str
) -> None:
    """Nothing of them is loaded, and the reason is said."""
    report, found, _ = asked(catalogue_page=60, tamper=spoilt_page(number, change))
    assert set(report.verdicts) == {"refused"}
    assert any(reason in one["reason"] for one in report.unresolved), report.unresolved
    assert found == []


def test_f41_a_source_without_end_does_not_spend_the_budget(asked: Callable[..., Any]) -> None:
    """One that gives an entry at a time is asked no more than so often, and refused."""
    report, found, simulator = asked(catalogue_page=1)
    assert len(simulator.requests) == MOST_PAGES
    assert set(report.verdicts) == {"refused"}
    assert found == []


def test_f41_an_entry_less_than_the_source_counts_is_no_page(answers: Answers) -> None:
    """It counts an entry that it does not list: the run warns, and that catalogue shows nothing gone. With one in 25 it is a
    part of the catalogue, and refused.
    """
    bare = ["core.known_variants"]
    assert landed(answers, names=bare).verdicts == {"loaded": 1}
    variants = "select model_permaslug, gone_from from core.known_variants where gone_from is not null"
    report = landed(answers, lambda found: found["data"].pop(), at="2025-11-20T19:00", names=bare)
    assert report.verdicts == {"loaded": 1}
    assert not report.outcomes["no_entry_is_missing"].passed
    assert answers.rows(variants) == []
    # The same list, by a source that counts no more than it gives, does show it.
    landed(
        answers,
        lambda found: found.update(data=found["data"][:-1], total_count=len(found["data"]) - 1),
        at="2025-11-20T20:00",
        names=bare,
    )
    assert len(answers.rows(variants)) == 1
    report = landed(answers, lambda found: found.update(data=found["data"][:-6]), at="2025-11-21T07:00", names=())
    assert report.verdicts == {"refused": 1}
    assert "no_page_is_missing" in report.unresolved[0]["reason"]


# --- F44: history follows the model ----------------------------------------------------------------------------------------


@needs_cases
def test_f44_a_renamed_id_keeps_its_price_history(built: Build) -> None:
    """reka/reka-edge becomes rekaai/reka-edge under one slug: its prices go on from where they were."""
    tables = built(CASES / "id-renamed-under-one-slug")
    first, second, third = (
        datetime.fromisoformat(at)
        for at in (
            "2026-03-26T02:55:56.763657+00:00",
            "2026-03-27T03:17:21.223297+00:00",
            "2026-04-02T02:54:10.765274+00:00",
        )
    )
    assert tables.rows(
        "select prompt_usd_per_million, completion_usd_per_million, known_from, known_to from core.model_prices "
        "where model_permaslug = 'rekaai/reka-edge-2603' order by known_from"
    ) == [(Decimal("0.2"), Decimal("0.2"), first, second), (Decimal("0.1"), Decimal("0.1"), second, None)]
    assert tables.rows(
        "select id, min(known_from), arg_max_null(known_to, known_from) from core.model_catalogue_vintages "
        "where canonical_slug = 'rekaai/reka-edge-2603' group by id order by 2"
    ) == [("reka/reka-edge", first, third), ("rekaai/reka-edge", third, None)]
    assert failing_checks(tables) == {}


def renamed(old: str, new: str) -> troubles.Spoil:
    return troubles.entry(old, id=new)


def test_f44_a_name_of_two_ids_has_one_price_at_a_time(answers: Answers) -> None:
    """While both stand the one that stands longer speaks; what the other said before it came stays."""
    both: troubles.Spoil = troubles.again(
        "openai/gpt-4o-mini", id="openai/gpt-4o-mini-new", pricing={"prompt": "0.000002", "completion": "0.000002"}
    )
    whole: troubles.Spoil = lambda found: found.update(total_count=len(found["data"]))  # noqa: E731
    priced = {"pricing": {"prompt": "0.000001", "completion": "0.000001"}}
    for day, spoils in enumerate(
        (
            [troubles.entry("openai/gpt-4o-mini", **priced)],
            [troubles.entry("openai/gpt-4o-mini", **priced), both, whole],
            [both, troubles.unlisted("openai/gpt-4o-mini"), whole],
        )
    ):
        at = support.instant(AT) + timedelta(days=day)
        answers.land("models/all", "2025-11-20", "2025-11-20", f"{at:%Y-%m-%dT%H:%M}", *spoils)
    answers.load(PRICES)
    found = answers.rows(
        "select blended_usd_per_million as usd, known_from, known_to from core.model_prices "
        "where model_permaslug = 'openai/gpt-4o-mini' order by known_from"
    )
    second = support.instant(AT) + timedelta(days=1)
    assert [(row["usd"], row["known_from"], row["known_to"]) for row in found] == [
        (Decimal(1), support.instant(AT), second),
        (Decimal(2), second, None),
    ]


# --- F42: unknown is unknown -----------------------------------------------------------------------------------------------


@needs_cases
def test_f42_the_weights_of_a_stealth_model_are_unknown(built: Build) -> None:
    """A week of real days: what belongs to a model whose maker is hidden could be open or closed, and is in both bounds."""
    tables = built(CASES / "stealth-counts-as-closed")
    found = {
        weights: tuple(None if value is None else round(value, 6) for value in values)
        for weights, *values in tables.rows(
            "select weights, platform_token_share, platform_token_share_lower, platform_token_share_upper "
            "from marts.open_weight_token_share_weekly where week_start = '2026-06-22'"
        )
    }
    assert found == {
        "closed": (0.271133, 0.271133, 0.403557),
        "open": (0.596443, 0.596443, 0.728867),
        "unclassified": (0.074375, None, None),
        "other": (0.058049, None, None),
    }
    assert tables.rows(
        "select class_tokens, block_tokens from core.class_token_shares where scope = 'platform' and grain = 'week' "
        "and classification = 'weights' and model_class = 'unclassified'"
    ) == [(3_474_837_878_336, 46_720_348_192_435)]
    assert tables.rows(
        "select has_open_weights, is_stealth, is_router from core.models where base_permaslug = 'openrouter/owl-alpha'"
    ) == [(None, True, False)]
    assert failing_checks(tables) == {}


@needs_cases
def test_f42_routers_are_no_stealth_models(built: Build) -> None:
    """What passes requests on has no maker to hide and no weights, whatever it is called and costs."""
    tables = built(CASES / "routers-as-stealth")
    assert tables.rows(
        "select base_permaslug, is_router, is_stealth, has_open_weights from core.models "
        "where author = 'openrouter' or base_permaslug like '~%' order by 1"
    ) == [
        (name, True, False, None)
        for name in (
            *("openrouter/auto", "openrouter/auto-beta", "openrouter/bodybuilder", "openrouter/free", "openrouter/fusion"),
            *("openrouter/pareto-code", "~deepseek/deepseek-v4-flash-latest"),
        )
    ]
    assert tables.rows(
        "select count(*) from core.model_prices where base_permaslug in ('openrouter/auto', 'openrouter/fusion') "
        "and prompt_usd_per_million is not null"
    ) == [(0,)]
    assert failing_checks(tables) == {}
